//! A dense layer whose weights lie in panels while it learns: for a layer that sees mostly zeros, or few inputs at a time.
//!
//! A panel holds the weights of [`WIDTH`] neurons input by input, `[inputs, neurons]`, in the place where their rows
//! would be; so an input meets all of them in one stretch of memory, and one that is 0 is not looked at. Nothing is laid
//! out anew in a step, and a gradient is used up as soon as one input's is made.
//!
//! Every sum is formed in a fixed order, and multiplications and additions stay apart, so the bits depend neither on the
//! threads nor on the instruction set.

use super::Fast;
use super::blocks::{Columns, Parts, Slices};
use super::dense::project_block;
use super::loops;
use super::panel_loops::{self, Met, WIDTH};
use super::sparse::Sparse;
use super::transpose::transpose;
use crate::aligned::Aligned;
use openloop_core::kernels::{Kernels, LocalStep, Pass, Projection, Room};
use openloop_core::layer::{Conv, Dense, Pool};
use openloop_core::matrix::Matrix;
use openloop_core::memory::Trainable;
use openloop_core::optimizer::Step;
use std::cell::RefCell;
use std::ops::Range;

thread_local! {
    /// The deltas of the neurons a thread is working on, `[batch, neurons]`, and after them the gradient of their biases.
    static DELTAS: RefCell<Aligned> = const { RefCell::new(Aligned::new()) };
}

/// Kernels under which one layer's weights lie in panels: the first that learns, to whose input no signal is handed down.
#[derive(Debug)]
pub struct Panels<'f> {
    fast: &'f Fast,
    layer: Dense,
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
    /// Kernels under which the weights of every layer like `layer` lie in panels.
    pub fn new(fast: &'f Fast, layer: Dense) -> Self {
        Panels { fast, layer }
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

    fn forward(&self, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        let layer = &self.layer;
        let (weights, bias) = parameters.split_at(layer.weights());
        let columns = Columns::new(a, layer.outputs);
        self.fast.with_lists(x, layer.inputs, false, |list| {
            self.fast.for_blocks(layer.outputs, WIDTH, list.len() * layer.outputs, |units| {
                let panel = &weights[units.start * layer.inputs..units.end * layer.inputs];
                // SAFETY: panels are disjoint, so no other thread touches these columns
                let row = |sample| unsafe { columns.row(sample, units.clone()) };
                answer(layer, panel, &bias[units.clone()], list, row);
            });
        });
    }

    fn update(&self, own: Trainable<'_>, pass: Pass<'_>, step: &Step) {
        let Pass { units: all, x, delta } = pass;
        assert!(all == (0..self.layer.outputs), "neurons in panels learn together");
        let parts = Parts::new(own);
        self.fast.with_lists(x, self.layer.inputs, true, |list| {
            self.fast.for_blocks(all.len(), WIDTH, list.len() * all.len(), |units| {
                DELTAS.with_borrow_mut(|deltas| {
                    let deltas = deltas.room_for((list.batch() + 1) * units.len());
                    let own = deltas.chunks_exact_mut(units.len()).zip(delta.chunks_exact(all.len()));
                    own.for_each(|(own, delta)| own.copy_from_slice(&delta[units.clone()]));
                    // SAFETY: panels are disjoint, so no other thread touches these neurons
                    unsafe { learn(&self.layer, &parts, units, (list, x), deltas, step) };
                });
            });
        });
    }

    /// A local step by a single sample with plain gradient descent: a panel answers and learns in one go.
    fn answer_and_step(
        &self,
        step: &LocalStep<'_>,
        rate: f32,
        own: Trainable<'_>,
        (x, a): (&[f32], &mut [f32]),
        room: Room<'_>,
    ) {
        let (layer, coefficients) = (&self.layer, &*room.coefficients);
        let (parts, answers) = (Parts::new(own), Slices::new(a));
        self.fast.with_met(x, |met| {
            self.fast.for_blocks(layer.outputs, WIDTH, 2 * met.count() * layer.outputs, |units| {
                // SAFETY: panels are disjoint, so no other thread touches these neurons; weights and biases lie apart
                let (panel, bias, a) = unsafe {
                    let (panel, _) = parts.change(units.start * layer.inputs..units.end * layer.inputs);
                    let (bias, _) = parts.change(layer.weights() + units.start..layer.weights() + units.end);
                    (panel, bias, answers.range(units.clone()))
                };
                let signal = &mut [0.0; WIDTH][..units.len()];
                project_block(&step.projection, units, coefficients, signal);
                panel_loops::answer_and_step_panel(rate, layer.activation, met, panel, bias, signal, a);
            });
        });
    }

    /// The second half of a local step, after `answer` for the panels that have not answered yet.
    fn local_step<'a>(
        &self,
        step: &LocalStep<'_>,
        parts: &Parts<'_>,
        (x, coefficients): (&[f32], &[f32]),
        answer: impl Fn(&Sparse, Range<usize>) + Sync,
        row: impl Fn(usize, Range<usize>) -> &'a [f32] + Sync,
    ) {
        let layer = &self.layer;
        self.fast.with_lists(x, self.layer.inputs, true, |list| {
            self.fast.for_blocks(layer.outputs, WIDTH, 2 * list.len() * layer.outputs, |units| {
                answer(list, units.clone());
                DELTAS.with_borrow_mut(|deltas| {
                    let deltas = deltas.room_for((list.batch() + 1) * units.len());
                    let signal = &mut deltas[..list.batch() * units.len()];
                    project_block(&step.projection, units.clone(), coefficients, signal);
                    for (sample, delta) in signal.chunks_exact_mut(units.len()).enumerate() {
                        loops::gate(layer.activation, row(sample, units.clone()), delta);
                    }
                    // SAFETY: panels are disjoint, so no other thread touches these neurons
                    unsafe { learn(layer, parts, units, (list, x), deltas, step.step) };
                });
            });
        });
    }
}

/// a = act(W x + b) for a panel's neurons; those to a sample are written to `row`.
fn answer<'a>(layer: &Dense, panel: &[f32], bias: &[f32], list: &Sparse, row: impl Fn(usize) -> &'a mut [f32]) {
    for sample in 0..list.batch() {
        let z = row(sample);
        panel_loops::sparse_sums(list.by_sample.of(sample), panel, z);
        loops::bias_and_activation(layer.activation, bias, z);
    }
}

/// One optimizer step on a panel's neurons by their `deltas: [batch, neurons]`, with room for one more row behind them.
///
/// # Safety
/// No other thread may touch these neurons' parameters and state.
unsafe fn learn(
    layer: &Dense,
    parts: &Parts<'_>,
    units: Range<usize>,
    (list, x): (&Sparse, &[f32]),
    deltas: &mut [f32],
    step: &Step,
) {
    let width = units.len();
    let (deltas, bias) = deltas.split_at_mut(list.batch() * width);
    bias.fill(0.0);
    deltas.chunks_exact(width).for_each(|delta| bias.iter_mut().zip(delta).for_each(|(sum, d)| *sum += d));
    // SAFETY: the caller's promise
    let (panel, mut slots) = unsafe { parts.change(units.start * layer.inputs..units.end * layer.inputs) };
    match (list.batch(), step.plain_rate()) {
        (1, Some(rate)) => {
            panel_loops::step_panel_by_sample(rate, Met::Listed(list.by_sample.of(0)), deltas, panel);
        }
        (1, None) => panel_loops::step_panel_with_state(step, x, deltas, panel, &mut slots),
        _ => panel_loops::step_panel(step, &list.by_input, deltas, panel, width, &mut slots),
    }
    // SAFETY: the caller's promise; weights and biases lie apart
    unsafe { parts.step(step, layer.weights() + units.start, bias) };
}

impl Kernels for Panels<'_> {
    fn dense_forward(&self, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        if *layer == self.layer {
            self.forward(parameters, x, a)
        } else {
            self.fast.dense_forward(layer, parameters, x, a)
        }
    }

    fn dense_input_gradient(&self, layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
        assert!(*layer != self.layer, "no signal is handed down from a layer in panels");
        self.fast.dense_input_gradient(layer, matrix, delta, gradient);
    }

    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step, row: &mut [f32]) {
        if *layer == self.layer {
            self.update(own, pass, step)
        } else {
            self.fast.dense_update(layer, own, pass, step, row)
        }
    }

    fn step_at_once(
        &self,
        layer: &Dense,
        step: &LocalStep<'_>,
        own: Trainable<'_>,
        x: &[f32],
        a: &mut [f32],
        room: Room<'_>,
    ) {
        if *layer != self.layer {
            return self.fast.step_at_once(layer, step, own, x, a, room);
        }
        if let (true, Some(rate)) = (x.len() == layer.inputs, step.step.plain_rate()) {
            return self.answer_and_step(step, rate, own, (x, a), room);
        }
        let (parts, columns) = (Parts::new(own), Columns::new(a, layer.outputs));
        let first = |list: &Sparse, units: Range<usize>| {
            // SAFETY: panels are disjoint, and the weights are read before they change
            unsafe {
                let panel = parts.values(units.start * layer.inputs..units.end * layer.inputs);
                let bias = parts.values(layer.weights() + units.start..layer.weights() + units.end);
                answer(layer, panel, bias, list, |sample| columns.row(sample, units.clone()));
            }
        };
        // SAFETY: panels are disjoint, so no other thread touches these columns
        let row = |sample, units| unsafe { &*columns.row(sample, units) };
        self.local_step(step, &parts, (x, room.coefficients), first, row);
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
        if *layer != self.layer {
            return self.fast.learn_by_blocks(layer, step, own, x, a, room);
        }
        let row = |sample: usize, units: Range<usize>| &a[sample * layer.outputs..][units];
        self.local_step(step, &Parts::new(own), (x, room.coefficients), |_, _| {}, row);
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
