//! Dense layers whose weights lie in panels while they learn.
//!
//! A panel holds the weights of [`WIDTH`] neurons input by input, `[inputs, neurons]`, in the place where their rows
//! would be; so an input meets all of them in one stretch of memory, and one that is 0 is not looked at. Nothing is laid
//! out anew in a step, no lanes are added up in the end, and a gradient is used up as soon as a few inputs' is made.
//!
//! Inputs that are mostly 0 are listed; other batches are taken as a whole where the instruction set is wide enough for it
//! ([`panel_batches`]). Every sum is formed in a fixed order, so the bits do not depend on the threads. Those of single samples do
//! not depend on the instruction set either; those of batches do, as matrix products' do.
//!
//! Where a layer's signal is known beforehand, some panels learn from several batches before others see the first: their weights
//! then come from memory once for all of them.

use super::blocks::{Columns, Parts, step_by};
use super::dense::project_block;
use super::fast::Fast;
use super::instructions::{Instructions, instructions};
use super::loops;
use super::panel_batches;
use super::panel_loops::{self, Met, WIDTH};
use super::product::Operand;
use super::sparse::Sparse;
use super::transpose::transpose;
use crate::kernels::aligned::Aligned;
use openloop_core::kernels::{Kernels, LocalStep, LocalSteps, Pass, Projection, Room};
use openloop_core::layer::{Conv, Dense, Layer, Pool};
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::{Optimizer, Step};
use openloop_core::rule::Coefficients;
use openloop_core::share::Share;
use openloop_core::weights::Trainable;
use std::cell::RefCell;
use std::ops::Range;

/// Panels whose neurons a thread takes together, at most: a batch of many inputs is not read anew for each of them.
const MOST_TOGETHER: usize = 2;
/// Blocks that a layer with panels enough is cut into at least.
const FEWEST_BLOCKS: usize = 4;

thread_local! {
    /// The sums or deltas of the neurons a thread is working on, panel by panel `[batch, neurons]`, and after them the gradient
    /// of their biases.
    static ROOM: RefCell<Aligned> = const { RefCell::new(Aligned::new()) };
}

/// Kernels under which some layers' weights lie in panels: layers from which no signal is handed down.
#[derive(Debug)]
pub struct Panels<'f> {
    fast: &'f Fast,
    layers: &'f [Dense],
}

/// A batch, as panels meet it.
#[derive(Clone, Copy)]
enum Batch<'b> {
    /// What is not 0 of it, and all of it.
    Listed(&'b Sparse, &'b [f32]),
    /// All of it.
    Whole(&'b [f32]),
}

impl<'b> Batch<'b> {
    /// A batch as it is best met; `list` has room for what is not 0, by sample and, if asked for and there are several, by input.
    fn meet(x: &'b [f32], inputs: usize, by_input: bool, list: &'b mut Sparse) -> Self {
        if x.len() > inputs && Panels::take_whole_batches() && loops::share_not_zero(x, inputs) > 0.5 {
            return Batch::Whole(x);
        }
        list.list(x, inputs);
        if by_input && x.len() > inputs {
            list.turn_over();
        }
        Batch::Listed(list, x)
    }

    /// Values that are met.
    fn met(&self) -> usize {
        match self {
            Batch::Listed(list, _) => list.len(),
            Batch::Whole(x) => x.len(),
        }
    }
}

/// Which way a layer's weights are turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// From rows to panels.
    IntoPanels,
    /// From panels to rows.
    IntoRows,
}

impl<'f> Panels<'f> {
    /// Kernels under which the weights of every layer like one of `layers` lie in panels.
    pub fn new(fast: &'f Fast, layers: &'f [Dense]) -> Self {
        Panels { fast, layers }
    }

    /// Turns a layer's weights, or what an optimizer keeps for them.
    pub fn turn(layer: &Dense, turn: Turn, weights: &mut [f32]) {
        let mut before = vec![0.0; WIDTH.min(layer.outputs) * layer.inputs];
        for panel in weights[..layer.weights()].chunks_mut(WIDTH * layer.inputs) {
            let (before, width) = (&mut before[..panel.len()], panel.len() / layer.inputs);
            before.copy_from_slice(panel);
            match turn {
                Turn::IntoPanels => transpose((before, layer.inputs), (panel, width), (width, layer.inputs)),
                Turn::IntoRows => transpose((before, width), (panel, layer.inputs), (layer.inputs, width)),
            }
        }
    }

    /// Whether batches that are not sparse are taken as a whole: by an instruction set whose registers hold a tile's sums.
    pub fn take_whole_batches() -> bool {
        instructions() == Instructions::Avx512
    }

    fn has(&self, layer: &Dense) -> bool {
        self.layers.contains(layer)
    }

    /// Calls `work` with each batch of `size` samples of `x` as its inputs are best met, which depends on them alone.
    fn with_batches(&self, x: &[f32], inputs: usize, size: usize, by_input: bool, work: impl FnOnce(&[Batch<'_>])) {
        self.fast.with_room_for_lists(|lists| {
            let meet = |(x, list)| Batch::meet(x, inputs, by_input, list);
            work(&self.fast.map(x.chunks((size * inputs).max(1)), &mut lists.sparse, x.len(), meet));
        });
    }

    /// Calls `work` with the one batch in `x`.
    fn with_batch(&self, x: &[f32], inputs: usize, by_input: bool, work: impl FnOnce(Batch<'_>)) {
        self.with_batches(x, inputs, x.len() / inputs, by_input, |batches| {
            if let [batch] = *batches {
                work(batch);
            }
        });
    }

    /// Calls `work` for each block of neurons of a layer.
    fn for_blocks(&self, layer: &Dense, passes: usize, batches: &[Batch<'_>], work: impl Fn(Range<usize>) + Sync) {
        let whole = batches.iter().any(|batch| matches!(batch, Batch::Whole(_)));
        let together = if whole { (layer.outputs / (FEWEST_BLOCKS * WIDTH)).clamp(1, MOST_TOGETHER) } else { 1 };
        let met: usize = batches.iter().map(|batch| batch.met()).sum();
        self.fast.for_blocks(layer.outputs, together * WIDTH, passes * met * layer.outputs, work);
    }

    fn forward(&self, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        let (weights, bias) = parameters.split_at(layer.weights());
        let columns = Columns::new(a, layer.outputs);
        self.with_batch(x, layer.inputs, false, |batch| {
            self.for_blocks(layer, 1, &[batch], |units| {
                let panels = &weights[units.start * layer.inputs..units.end * layer.inputs];
                // SAFETY: panels are disjoint, so no other thread touches these columns
                let row = |sample, units| unsafe { columns.row(sample, units) };
                answer(layer, (panels, &bias[units.clone()]), batch, units, row);
            });
        });
    }

    fn update(&self, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step) {
        let Pass { units: all, x, delta } = pass;
        assert!(all == (0..layer.outputs), "neurons in panels learn together");
        let parts = Parts::new(own);
        self.with_batch(x, layer.inputs, true, |batch| {
            self.for_blocks(layer, 1, &[batch], |units| {
                with_room(x.len() / layer.inputs, &units, |deltas, bias| {
                    for_panels(&units, deltas, |units, deltas| {
                        let own = deltas.chunks_exact_mut(units.len()).zip(delta.chunks_exact(all.len()));
                        own.for_each(|(own, delta)| own.copy_from_slice(&delta[units.clone()]));
                    });
                    // SAFETY: panels are disjoint, so no other thread touches these neurons
                    unsafe { learn(layer, &parts, units.clone(), batch, deltas, bias, step) };
                });
            });
        });
    }

    /// Steps by single samples with plain gradient descent: a panel answers and learns in one go.
    fn learn_from_samples(
        &self,
        layer: &Dense,
        steps: &LocalSteps<'_>,
        own: Trainable<'_>,
        (x, a): (&[f32], &mut [f32]),
        coefficients: &[f32],
    ) {
        let (parts, columns) = (Parts::new(own), Columns::new(a, layer.outputs));
        self.fast.with_list(x, layer.inputs, |list| {
            // worth a thread for four times as much as a batch: while the layers behind take sample by sample, it falls asleep
            let multiply_adds = 2 * list.len() * layer.outputs / 4;
            self.fast.for_blocks(layer.outputs, WIDTH, multiply_adds, |units| {
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
                    let met = Met::best(x, list.sample(sample));
                    panel_loops::answer_and_step_panel(rate, layer.activation, met, panel, bias, signal, a);
                }
            });
        });
    }

    /// Steps by batches: some panels answer and learn from one after the other, before other panels see the first.
    fn learn_from_batches(
        &self,
        layer: &Dense,
        steps: &LocalSteps<'_>,
        own: Trainable<'_>,
        (x, a): (&[f32], &mut [f32]),
        coefficients: &[f32],
    ) {
        let (parts, columns) = (Parts::new(own), Columns::new(a, layer.outputs));
        self.with_batches(x, layer.inputs, steps.batches.size, true, |batches| {
            self.for_blocks(layer, 2, batches, |units| {
                for (b, &batch) in batches.iter().enumerate() {
                    let samples = steps.samples(b);
                    // SAFETY: panels are disjoint, so no other thread touches these neurons and columns
                    unsafe {
                        let row = |sample, units| columns.row(samples.start + sample, units);
                        let panels = parts.values(units.start * layer.inputs..units.end * layer.inputs);
                        let bias = parts.values(layer.weights() + units.start..layer.weights() + units.end);
                        answer(layer, (panels, bias), batch, units.clone(), row);
                        let row = |sample, units| &*columns.row(samples.start + sample, units);
                        let own = samples.start * steps.outputs..samples.end * steps.outputs;
                        let signal = (&steps.projection(b), &coefficients[own]);
                        teach(layer, &parts, units.clone(), batch, signal, row, &steps.step(b));
                    }
                }
            });
        });
    }
}

/// Calls `work` with room for values of some neurons, panel by panel `[batch, neurons]`, and for one value of each.
fn with_room(batch: usize, units: &Range<usize>, work: impl FnOnce(&mut [f32], &mut [f32])) {
    ROOM.with_borrow_mut(|room| {
        let (values, one) = room.room_for((batch + 1) * units.len()).split_at_mut(batch * units.len());
        work(values, one);
    });
}

/// Calls `work` with each panel's neurons and their part of `values`, which are laid out panel by panel.
fn for_panels(units: &Range<usize>, values: &mut [f32], mut work: impl FnMut(Range<usize>, &mut [f32])) {
    let (each, mut rest) = (values.len() / units.len(), values);
    for panel in step_by(units.clone(), WIDTH) {
        let (own, others) = std::mem::take(&mut rest).split_at_mut(each * panel.len());
        work(panel, own);
        rest = others;
    }
}

/// a = act(W x + b) for the neurons `units` of some panels; those to a sample are written to `row`.
fn answer<'a>(
    layer: &Dense,
    (panels, bias): (&[f32], &[f32]),
    batch: Batch<'_>,
    units: Range<usize>,
    row: impl Fn(usize, Range<usize>) -> &'a mut [f32],
) {
    let finish = |some: &Range<usize>, z: &mut [f32]| {
        loops::bias_and_activation(layer.activation, &bias[some.start - units.start..some.end - units.start], z);
    };
    let panel = |some: &Range<usize>, columns: Range<usize>| {
        let first = (some.start - units.start) * layer.inputs;
        &panels[first + columns.start * some.len()..first + columns.end * some.len()]
    };
    match batch {
        Batch::Listed(list, _) if list.batch() == 1 => {
            for some in step_by(units.clone(), WIDTH) {
                let z = row(0, some.clone());
                panel_loops::sparse_sums(list.sample(0), panel(&some, 0..layer.inputs), z);
                finish(&some, z);
            }
        }
        Batch::Listed(list, x) => with_room(x.len() / layer.inputs, &units, |z, _| {
            for_panels(&units, z, |some, z| {
                panel_loops::listed_sums(list, panel(&some, 0..layer.inputs), some.len(), z);
                for (sample, z) in z.chunks_exact(some.len()).enumerate() {
                    let a = row(sample, some.clone());
                    a.copy_from_slice(z);
                    finish(&some, a);
                }
            });
        }),
        Batch::Whole(x) => with_room(x.len() / layer.inputs, &units, |z, _| {
            z.fill(0.0);
            for columns in panel_batches::stretches(layer.inputs) {
                let stretch = panel_batches::Stretch::new(x, layer.inputs, columns.clone());
                for_panels(&units, z, |some, z| {
                    panel_batches::add_sums(panel(&some, columns.clone()), some.len(), stretch, z);
                });
            }
            for_panels(&units, z, |some, z| {
                for (sample, z) in z.chunks_exact(some.len()).enumerate() {
                    let a = row(sample, some.clone());
                    a.copy_from_slice(z);
                    finish(&some, a);
                }
            });
        }),
    }
}

/// The second half of a local step for the neurons of some panels, whose answers to a sample `row` knows.
///
/// # Safety
/// No other thread may touch these neurons' parameters and state.
unsafe fn teach<'a>(
    layer: &Dense,
    parts: &Parts<'_>,
    units: Range<usize>,
    batch: Batch<'_>,
    (projection, coefficients): (&Projection<'_>, &[f32]),
    row: impl Fn(usize, Range<usize>) -> &'a [f32],
    step: &Step,
) {
    with_room(coefficients.len() / projection.outputs, &units, |deltas, bias| {
        for_panels(&units, deltas, |units, deltas| {
            project_block(projection, units.clone(), coefficients, deltas);
            for (sample, delta) in deltas.chunks_exact_mut(units.len()).enumerate() {
                loops::gate(layer.activation, row(sample, units.clone()), delta);
            }
        });
        // SAFETY: the caller's promise
        unsafe { learn(layer, parts, units.clone(), batch, deltas, bias, step) };
    });
}

/// One optimizer step on the neurons of some panels by their `deltas`, panel by panel `[batch, neurons]`; with room for the
/// gradient of their biases.
///
/// # Safety
/// No other thread may touch these neurons' parameters and state.
unsafe fn learn(
    layer: &Dense,
    parts: &Parts<'_>,
    units: Range<usize>,
    batch: Batch<'_>,
    deltas: &mut [f32],
    bias: &mut [f32],
    step: &Step,
) {
    for_panels(&units, deltas, |some, deltas| {
        let bias = &mut bias[some.start - units.start..some.end - units.start];
        Operand::new(deltas, some.len()).column_sums(bias);
    });
    // SAFETY: the caller's promise, here and below
    let change = |some: &Range<usize>, columns: Range<usize>| unsafe {
        let first = some.start * layer.inputs;
        parts.change(first + columns.start * some.len()..first + columns.end * some.len())
    };
    match batch {
        Batch::Listed(list, x) => for_panels(&units, deltas, |some, deltas| {
            let (panel, mut slots) = change(&some, 0..layer.inputs);
            match (list.batch(), step.plain_rate()) {
                (1, Some(rate)) => {
                    panel_loops::step_panel_by_sample(rate, Met::Listed(list.sample(0)), deltas, panel);
                }
                (1, None) => panel_loops::step_panel_with_state(step, x, deltas, panel, &mut slots),
                _ => panel_loops::step_panel(step, &list.by_input, deltas, panel, some.len(), &mut slots),
            }
        }),
        Batch::Whole(x) => {
            for columns in panel_batches::stretches(layer.inputs) {
                let stretch = panel_batches::Stretch::new(x, layer.inputs, columns.clone());
                for_panels(&units, deltas, |some, deltas| {
                    let (panel, mut slots) = change(&some, columns.clone());
                    panel_batches::step_panel_by_batch(step, stretch, deltas, panel, some.len(), &mut slots);
                });
            }
        }
    }
    // SAFETY: the caller's promise; weights and biases lie apart
    unsafe { parts.step(step, layer.weights() + units.start, bias) };
}

impl Kernels for Panels<'_> {
    fn dense_forward(&self, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        if self.has(layer) {
            self.forward(layer, parameters, x, a)
        } else {
            self.fast.dense_forward(layer, parameters, x, a)
        }
    }

    fn dense_input_gradient(&self, layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
        assert!(!self.has(layer), "no signal is handed down from a layer in panels");
        self.fast.dense_input_gradient(layer, matrix, delta, gradient);
    }

    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step, row: &mut [f32]) {
        if self.has(layer) {
            self.update(layer, own, pass, step)
        } else {
            self.fast.dense_update(layer, own, pass, step, row)
        }
    }

    fn local_steps(&self, steps: &LocalSteps<'_>, mut share: Share<'_>, x: &[f32], a: &mut [f32], mut room: Room<'_>) {
        let layer = match steps.layer {
            Layer::Dense(layer) if self.has(layer) && steps.training.rule.knows_its_signal() => layer,
            _ => return self.local_steps_in_order(steps, &mut share, x, a, &mut room),
        };
        Coefficients::Target.fill(steps.loss, steps.outputs, &steps.batches.targets, room.coefficients);
        if steps.batches.size == 1 && steps.training.optimizer == Optimizer::Sgd {
            self.learn_from_samples(layer, steps, share.own, (x, a), room.coefficients);
        } else {
            self.learn_from_batches(layer, steps, share.own, (x, a), room.coefficients);
        }
    }

    fn step_at_once(&self, step: &LocalStep<'_>, own: Trainable<'_>, x: &[f32], a: &mut [f32], room: Room<'_>) {
        self.fast.step_at_once(step, own, x, a, room);
    }

    fn learn_by_blocks(
        &self,
        layer: &Dense,
        step: &LocalStep<'_>,
        own: Trainable<'_>,
        x: &[f32],
        a: &[f32],
        room: Room<'_>,
    ) {
        if !self.has(layer) {
            return self.fast.learn_by_blocks(layer, step, own, x, a, room);
        }
        let (parts, coefficients) = (Parts::new(own), &*room.coefficients);
        self.with_batch(x, layer.inputs, true, |batch| {
            self.for_blocks(layer, 1, &[batch], |units| {
                let row = |sample: usize, units: Range<usize>| &a[sample * layer.outputs..][units];
                // SAFETY: panels are disjoint, so no other thread touches these neurons
                unsafe { teach(layer, &parts, units, batch, (&step.projection, coefficients), row, step.step) };
            });
        });
    }

    fn conv_forward(&self, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        self.fast.conv_forward(layer, parameters, x, a);
    }

    fn conv_input_gradient(&self, layer: &Conv, matrix: Matrix<'_>, delta: &[f32], out: &mut [f32], row: &mut [f32]) {
        self.fast.conv_input_gradient(layer, matrix, delta, out, row);
    }

    fn conv_accumulate(&self, layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
        self.fast.conv_accumulate(layer, x, delta, gradient);
    }

    fn learn_by_samples(
        &self,
        layer: &Conv,
        step: &LocalStep<'_>,
        own: Trainable<'_>,
        x: &[f32],
        a: &[f32],
        room: Room<'_>,
    ) {
        self.fast.learn_by_samples(layer, step, own, x, a, room);
    }

    fn pool_forward(&self, layer: &Pool, x: &[f32], out: &mut [f32]) {
        self.fast.pool_forward(layer, x, out);
    }

    fn pool_input_gradient(&self, layer: &Pool, x: &[f32], signal: &[f32], gradient: &mut [f32]) {
        self.fast.pool_input_gradient(layer, x, signal, gradient);
    }

    fn project(&self, projection: &Projection<'_>, range: Range<usize>, coefficients: &[f32], out: &mut [f32]) {
        self.fast.project(projection, range, coefficients, out);
    }

    fn read_out(&self, projection: &Projection<'_>, a: &[f32], out: &mut [f32]) {
        self.fast.read_out(projection, a, out);
    }
}
