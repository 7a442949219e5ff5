//! Dense layers whose weights lie in panels while they learn.
//!
//! A panel holds the weights of [`WIDTH`] neurons input by input, `[inputs, neurons]`, in the place where their rows
//! would be; so the weights of an input lie side by side, and those of an input that is 0 are not read. Nothing is
//! transposed in a step, no lanes are added up in the end, and a gradient is used up as soon as that of a few inputs is made.
//!
//! Inputs that are mostly 0 are listed; other batches are taken as a whole where the instruction set is wide enough for it
//! ([`panel_batches`](super::panel_batches)). Every sum is formed in a fixed order, so the bits do not depend on the threads. Those of single samples do
//! not depend on the instruction set either; those of batches do, as matrix products' do.
//!
//! Where a layer's signal is known beforehand, some panels learn from several batches before others get the first: their weights
//! then come from memory once for all of them.

use super::blocks::{Columns, ParameterBlocks};
use super::dense::project_block;
use super::fast::Fast;
use super::panel_blocks::{Batch, Signal, for_panels, forward_block, step_block, step_by_signal, with_room};
use super::panel_loops::{self, SampleInputs, WIDTH};
use super::transpose::transpose;
use openloop_core::kernels::{LocalStep, LocalSteps, Pass, Room};
use openloop_core::layer::Dense;
use openloop_core::optimizer::{Optimizer, Step};
use openloop_core::rule::Coefficients;
use openloop_core::weights::{Layout, Trainable};
use std::ops::Range;

/// Panels in a block of work, at most: a batch of many inputs is read once for all of them.
const MOST_PANELS: usize = 2;
/// Blocks that a layer with enough panels is cut into, at least.
const FEWEST_BLOCKS: usize = 4;

/// Moves a layer's weights, or what an optimizer keeps for them, from the other layout into `layout`.
pub fn repack(layer: &Dense, layout: Layout, weights: &mut [f32]) {
    let mut before = vec![0.0; WIDTH.min(layer.outputs) * layer.inputs];
    for panel in weights[..layer.weights()].chunks_mut(WIDTH * layer.inputs) {
        let (before, width) = (&mut before[..panel.len()], panel.len() / layer.inputs);
        before.copy_from_slice(panel);
        match layout {
            Layout::Panels => transpose((before, layer.inputs), (panel, width), (width, layer.inputs)),
            Layout::Rows => transpose((before, width), (panel, layer.inputs), (layer.inputs, width)),
        }
    }
}

/// Calls `work` with each batch of `size` samples of `x`, listed or whole, which depends on its inputs alone.
fn with_batches(fast: &Fast, x: &[f32], inputs: usize, size: usize, by_input: bool, work: impl FnOnce(&[Batch<'_>])) {
    fast.with_room_for_lists(|lists| {
        let classify = |(x, list)| Batch::classify(x, inputs, by_input, list);
        work(&fast.map(x.chunks((size * inputs).max(1)), &mut lists.sparse, x.len(), classify));
    });
}

/// Calls `work` with the one batch in `x`.
fn with_batch(fast: &Fast, x: &[f32], inputs: usize, by_input: bool, work: impl FnOnce(Batch<'_>)) {
    with_batches(fast, x, inputs, x.len() / inputs, by_input, |batches| {
        if let [batch] = *batches {
            work(batch);
        }
    });
}

/// Calls `work` for each block of neurons of a layer.
fn for_blocks(fast: &Fast, layer: &Dense, passes: usize, batches: &[Batch<'_>], work: impl Fn(Range<usize>) + Sync) {
    let whole = batches.iter().any(|batch| matches!(batch, Batch::Whole(_)));
    let panels = if whole { (layer.outputs / (FEWEST_BLOCKS * WIDTH)).clamp(1, MOST_PANELS) } else { 1 };
    let values: usize = batches.iter().map(|batch| batch.values()).sum();
    fast.for_blocks(layer.outputs, panels * WIDTH, passes * values * layer.outputs, work);
}

/// a = act(W x + b); `parameters` are the panels, then the biases.
pub fn forward(fast: &Fast, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    let (weights, bias) = parameters.split_at(layer.weights());
    let columns = Columns::new(a, layer.outputs);
    with_batch(fast, x, layer.inputs, false, |batch| {
        for_blocks(fast, layer, 1, &[batch], |units| {
            let panels = &weights[units.start * layer.inputs..units.end * layer.inputs];
            // SAFETY: panels are disjoint, so no other thread touches these columns
            let row = |sample, units| unsafe { columns.row(sample, units) };
            forward_block(layer, (panels, &bias[units.clone()]), batch, units, row);
        });
    });
}

/// One optimizer step on all neurons.
pub fn update(fast: &Fast, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step) {
    let Pass { units: all, x, delta } = pass;
    assert!(all == (0..layer.outputs), "a layer in panels is updated as a whole");
    let parts = ParameterBlocks::new(own);
    with_batch(fast, x, layer.inputs, true, |batch| {
        for_blocks(fast, layer, 1, &[batch], |units| {
            with_room(x.len() / layer.inputs, &units, |deltas, bias| {
                for_panels(&units, deltas, |units, deltas| {
                    let own = deltas.chunks_exact_mut(units.len()).zip(delta.chunks_exact(all.len()));
                    own.for_each(|(own, delta)| own.copy_from_slice(&delta[units.clone()]));
                });
                // SAFETY: panels are disjoint, so no other thread touches these neurons
                unsafe { step_block(layer, &parts, units.clone(), batch, deltas, bias, step) };
            });
        });
    });
}

/// The fused local steps by several batches, whose signals do not depend on the layer's output.
pub fn local_steps(
    fast: &Fast,
    layer: &Dense,
    steps: &LocalSteps<'_>,
    own: Trainable<'_>,
    (x, a): (&[f32], &mut [f32]),
    coefficients: &mut [f32],
) {
    Coefficients::Target.fill(steps.loss, steps.outputs, &steps.batches.targets, coefficients);
    if steps.batches.size == 1 && steps.training.optimizer == Optimizer::Sgd {
        learn_from_samples(fast, layer, steps, own, (x, a), coefficients);
    } else {
        learn_from_batches(fast, layer, steps, own, (x, a), coefficients);
    }
}

/// Steps by single samples with plain gradient descent: forward pass and step of a panel are one loop.
fn learn_from_samples(
    fast: &Fast,
    layer: &Dense,
    steps: &LocalSteps<'_>,
    own: Trainable<'_>,
    (x, a): (&[f32], &mut [f32]),
    coefficients: &[f32],
) {
    let (parts, columns) = (ParameterBlocks::new(own), Columns::new(a, layer.outputs));
    fast.with_list(x, layer.inputs, |list| {
        // worth a thread for four times as much as a batch: while the layers behind take sample by sample, it falls asleep
        let multiply_adds = 2 * list.len() * layer.outputs / 4;
        fast.for_blocks(layer.outputs, WIDTH, multiply_adds, |units| {
            // SAFETY: panels are disjoint, so no other thread touches these neurons; weights and biases lie apart
            let (panel, bias) = unsafe {
                let (panel, _) = parts.change(units.start * layer.inputs..units.end * layer.inputs);
                let (bias, _) = parts.change(layer.weights() + units.start..layer.weights() + units.end);
                (panel, bias)
            };
            for (sample, x) in x.chunks_exact(layer.inputs).enumerate() {
                let Some(rate) = steps.step(sample).plain_rate() else { return };
                let signal = &mut [0.0; WIDTH][..units.len()];
                let own = sample * steps.outputs..(sample + 1) * steps.outputs;
                project_block(&steps.projection(sample), units.clone(), &coefficients[own], signal);
                // SAFETY: panels are disjoint, so no other thread touches these columns
                let a = unsafe { columns.row(sample, units.clone()) };
                let inputs = SampleInputs::best(x, list.sample(sample));
                panel_loops::forward_and_step_panel(rate, layer.activation, inputs, panel, bias, signal, a);
            }
        });
    });
}

/// Steps by batches: some panels learn from one batch after the other, before other panels get the first.
fn learn_from_batches(
    fast: &Fast,
    layer: &Dense,
    steps: &LocalSteps<'_>,
    own: Trainable<'_>,
    (x, a): (&[f32], &mut [f32]),
    coefficients: &[f32],
) {
    let (parts, columns) = (ParameterBlocks::new(own), Columns::new(a, layer.outputs));
    with_batches(fast, x, layer.inputs, steps.batches.size, true, |batches| {
        for_blocks(fast, layer, 2, batches, |units| {
            for (b, &batch) in batches.iter().enumerate() {
                let samples = steps.samples(b);
                // SAFETY: panels are disjoint, so no other thread touches these neurons and columns
                unsafe {
                    let row = |sample, units| columns.row(samples.start + sample, units);
                    let panels = parts.values(units.start * layer.inputs..units.end * layer.inputs);
                    let bias = parts.values(layer.weights() + units.start..layer.weights() + units.end);
                    forward_block(layer, (panels, bias), batch, units.clone(), row);
                    let row = |sample, units| &*columns.row(samples.start + sample, units);
                    let own = samples.start * steps.outputs..samples.end * steps.outputs;
                    let signal =
                        Signal { projection: &steps.projection(b), coefficients: &coefficients[own], own: &[] };
                    step_by_signal(layer, &parts, units.clone(), batch, signal, row, &steps.step(b));
                }
            }
        });
    });
}

/// The second half of a local step: signal, slope and update, a block of neurons at a time.
pub fn learn(
    fast: &Fast,
    layer: &Dense,
    step: &LocalStep<'_>,
    own: Trainable<'_>,
    (x, a): (&[f32], &[f32]),
    room: Room<'_>,
) {
    let parts = ParameterBlocks::new(own);
    let signal = Signal { projection: &step.projection, coefficients: &*room.coefficients, own: step.own };
    with_batch(fast, x, layer.inputs, true, |batch| {
        for_blocks(fast, layer, 1, &[batch], |units| {
            let row = |sample: usize, units: Range<usize>| &a[sample * layer.outputs..][units];
            // SAFETY: panels are disjoint, so no other thread touches these neurons
            unsafe { step_by_signal(layer, &parts, units, batch, signal, row, step.step) };
        });
    });
}
