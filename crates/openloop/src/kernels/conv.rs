//! The convolution by matrix products: the input under the filter at each place becomes a column of a small matrix
//! ("im2col"), a few output rows at a time, so that it stays in the cache and is never stored as a whole. Layers that suit it go
//! without columns, a few filters at a time ([`direct`]). An input of one column is taken as one of a single row, so that values that
//! follow each other in time are copied and multiplied together.

use super::blocks::{Slices, step_by};
use super::dense::project_block;
use super::direct::{self, Padded};
use super::fast::Fast;
use super::loops;
use super::patches::{Patches, places_at_once};
use super::product::{Operand, Output, add_product, multiply};
use openloop_core::kernels::{LocalStep, Room, add_own};
use openloop_core::layer::Conv;
use openloop_core::weights::Trainable;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::PoisonError;

/// Parts that a batch's gradient is summed in, each by one thread, before they are added in order: more than the usual
/// number of threads, and always the same, so that the sums do not depend on it.
const PARTS: usize = 8;

/// Outputs whose signal is made and gated while it is in the nearest cache.
const SIGNAL_BLOCK: usize = 2048;

/// Filters whose outputs and signal for a sample are in the nearest cache together.
const NEAR: usize = 4;

thread_local! {
    /// The columns a thread is working on.
    static COLUMNS: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
    /// The teaching signal of the sample a thread is working on.
    static SIGNAL: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Some filters of a layer, as a layer of their own.
struct Filters<'l> {
    all: &'l Conv,
    own: Conv,
    channels: Range<usize>,
}

impl<'l> Filters<'l> {
    /// A layer's filters, [`NEAR`] at a time.
    fn groups(all: &'l Conv) -> impl Iterator<Item = Self> {
        let group = |channels: Range<usize>| Filters { all, own: Conv { channels: channels.len(), ..*all }, channels };
        step_by(0..all.channels, NEAR).map(group)
    }

    /// Where their outputs stand in a sample's.
    fn places(&self) -> Range<usize> {
        let span = self.all.output().height * self.all.output().width;
        self.channels.start * span..self.channels.end * span
    }

    /// Where their weights stand among the layer's parameters.
    fn weights(&self) -> Range<usize> {
        self.channels.start * self.all.patch()..self.channels.end * self.all.patch()
    }

    /// Where their biases stand among the layer's parameters.
    fn biases(&self) -> Range<usize> {
        self.all.weights() + self.channels.start..self.all.weights() + self.channels.end
    }

    /// a = act(W * x + b) for one sample.
    fn forward(&self, parameters: &[f32], padded: Padded<'_>, a: &mut [f32]) {
        direct::convolve(&self.own, &parameters[self.weights()], padded, a);
        shift_and_activate(&self.own, &parameters[self.biases()], 0..a.len() / self.own.channels, a);
    }

    /// The layer's gradient += one sample's part.
    fn accumulate(&self, padded: Padded<'_>, delta: &[f32], gradient: &mut [f32]) {
        direct::add_gradient(&self.own, padded, delta, &mut gradient[self.weights()]);
        if !self.all.norm {
            accumulate_bias(&self.own, delta, &mut gradient[self.biases()]);
        }
    }
}

/// Calls `work(rows, places, columns)` for a few output rows after the other: their places, and room for a matrix
/// `[patch, places]`.
fn for_rows(layer: &Conv, mut work: impl FnMut(Range<usize>, Range<usize>, &mut [f32])) {
    let out = layer.output();
    COLUMNS.with_borrow_mut(|columns| {
        let at_once = places_at_once(layer);
        columns.resize(layer.patch() * at_once * out.width, 0.0);
        for first in (0..out.height).step_by(at_once) {
            let rows = first..out.height.min(first + at_once);
            let places = rows.start * out.width..rows.end * out.width;
            let columns = &mut columns[..layer.patch() * places.len()];
            work(rows, places, columns);
        }
    });
}

/// Calls `work(places, columns)` with the columns under the filters of a sample, a few output rows at a time.
fn for_columns(layer: &Conv, x: &[f32], mut work: impl FnMut(Range<usize>, &[f32])) {
    for_rows(layer, |rows, places, columns| {
        Patches::new(layer).gather(x, rows, columns);
        work(places, columns);
    });
}

/// a = act(W * x + b), split by samples.
pub fn forward(fast: &Fast, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    let layer = &layer.lying();
    let (inputs, out) = (layer.input.size(), layer.output());
    let (outputs, span) = (out.size(), out.height * out.width);
    let batch = x.len() / inputs;
    let samples = Slices::new(a);
    fast.for_blocks(batch, 1, batch * layer.weights() * span, |sample| {
        let sample = sample.start;
        // SAFETY: samples are disjoint
        let a = unsafe { samples.range(sample * outputs..(sample + 1) * outputs) };
        forward_sample(layer, parameters, &x[sample * inputs..][..inputs], a);
    });
}

/// a = act(W * x + b) for one sample.
fn forward_sample(layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    if direct::suits(layer) {
        return Padded::with(layer, x, |padded| {
            Filters::groups(layer).for_each(|filters| filters.forward(parameters, padded, &mut a[filters.places()]));
        });
    }
    for_columns(layer, x, |places, columns| forward_places(layer, parameters, places, columns, a));
}

/// a = act(W columns + b) at some places of a sample.
fn forward_places(layer: &Conv, parameters: &[f32], places: Range<usize>, columns: &[f32], a: &mut [f32]) {
    let ((weights, bias), out) = (parameters.split_at(layer.weights()), layer.output());
    let out = Output::columns(a, out.height * out.width, places.clone());
    multiply(out, Operand::new(weights, layer.patch()), Operand::new(columns, places.len()));
    shift_and_activate(layer, bias, places, a);
}

/// a = act(a + b) at some places of a sample.
fn shift_and_activate(layer: &Conv, bias: &[f32], places: Range<usize>, a: &mut [f32]) {
    for (plane, b) in a.chunks_exact_mut(layer.output().height * layer.output().width).zip(bias) {
        loops::shift_and_activate(layer.activation, *b, &mut plane[places.clone()]);
    }
}

/// The transposed convolution of delta with filters `[channels, patch]`, split by samples.
pub fn input_gradient(fast: &Fast, layer: &Conv, weights: &[f32], delta: &[f32], gradient: &mut [f32]) {
    let layer = &layer.lying();
    let (inputs, out) = (layer.input.size(), layer.output());
    let (outputs, span) = (out.size(), out.height * out.width);
    let batch = delta.len() / outputs;
    let samples = Slices::new(gradient);
    fast.for_blocks(batch, 1, batch * layer.weights() * span, |sample| {
        let sample = sample.start;
        // SAFETY: samples are disjoint
        let gradient = unsafe { samples.range(sample * inputs..(sample + 1) * inputs) };
        gradient.fill(0.0);
        let delta = Operand::new(&delta[sample * outputs..][..outputs], span);
        for_rows(layer, |rows, places, columns| {
            let filters = Operand::new(weights, layer.patch()).transposed();
            multiply(Output::new(columns, places.len()), filters, delta.columns(places));
            Patches::new(layer).scatter(columns, rows, gradient);
        });
    });
}

/// gradient += what the samples contribute.
pub fn accumulate(fast: &Fast, layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
    let layer = &layer.lying();
    let (inputs, outputs) = (layer.input.size(), layer.output().size());
    in_parts(fast, layer, x.len() / inputs, gradient, |sample, gradient| {
        accumulate_sample(layer, &x[sample * inputs..][..inputs], &delta[sample * outputs..][..outputs], gradient);
    });
}

/// The second half of a local step: each sample's signal, slope and part of the gradient, then one optimizer step.
pub fn learn(
    fast: &Fast,
    layer: &Conv,
    step: &LocalStep<'_>,
    mut own: Trainable<'_>,
    (x, a): (&[f32], &[f32]),
    room: Room<'_>,
) {
    let layer = &layer.lying();
    let (inputs, outputs) = (layer.input.size(), layer.output().size());
    let (gradient, coefficients) = (&mut room.gradient[..layer.parameters()], &*room.coefficients);
    gradient.fill(0.0);
    in_parts(fast, layer, x.len() / inputs, gradient, |sample, gradient| {
        with_signal(outputs, |signal| {
            local_delta(layer, step, coefficients, (sample, 0..outputs), &a[sample * outputs..][..outputs], signal);
            accumulate_sample(layer, &x[sample * inputs..][..inputs], signal, gradient);
        });
    });
    own.step(step.step, 0, gradient);
}

/// A local step whose signal does not depend on the layer's output, fused: a sample is learned from while its output, and the
/// columns of its patches if all fit at once, are in the cache.
pub fn local_step(
    fast: &Fast,
    layer: &Conv,
    step: &LocalStep<'_>,
    mut own: Trainable<'_>,
    (x, a): (&[f32], &mut [f32]),
    room: Room<'_>,
) {
    let layer = &layer.lying();
    let (inputs, outputs) = (layer.input.size(), layer.output().size());
    let (gradient, coefficients) = (&mut room.gradient[..layer.parameters()], &*room.coefficients);
    let all_at_once = places_at_once(layer) >= layer.output().height;
    let (parameters, samples) = (&*own.parameters, Slices::new(a));
    gradient.fill(0.0);
    in_parts(fast, layer, x.len() / inputs, gradient, |sample, gradient| {
        let x = &x[sample * inputs..][..inputs];
        // SAFETY: samples are disjoint, and each is in one part
        let a = unsafe { samples.range(sample * outputs..(sample + 1) * outputs) };
        with_signal(outputs, |signal| {
            if direct::suits(layer) {
                return Padded::with(layer, x, |padded| {
                    for filters in Filters::groups(layer) {
                        let a = &mut a[filters.places()];
                        let signal = &mut signal[..a.len()];
                        filters.forward(parameters, padded, a);
                        local_delta(layer, step, coefficients, (sample, filters.places()), a, signal);
                        filters.accumulate(padded, signal, gradient);
                    }
                });
            }
            for_columns(layer, x, |places, columns| {
                forward_places(layer, parameters, places.clone(), columns, a);
                if all_at_once {
                    local_delta(layer, step, coefficients, (sample, 0..outputs), a, signal);
                    accumulate_places(layer, places, columns, signal, gradient);
                }
            });
            if !all_at_once {
                local_delta(layer, step, coefficients, (sample, 0..outputs), a, signal);
                for_columns(layer, x, |places, columns| accumulate_places(layer, places, columns, signal, gradient));
            }
            accumulate_bias(layer, signal, &mut gradient[layer.weights()..]);
        });
    });
    own.step(step.step, 0, gradient);
}

/// Calls `work` with room for a sample's signal.
pub(super) fn with_signal(outputs: usize, work: impl FnOnce(&mut [f32])) {
    SIGNAL.with_borrow_mut(|signal| {
        signal.resize(outputs, 0.0);
        work(signal);
    });
}

/// Delta, the gradient at the sums, of some `places` of a sample, those of whole channels, whose outputs there are `a`.
pub(super) fn local_delta(
    layer: &Conv,
    step: &LocalStep<'_>,
    coefficients: &[f32],
    (sample, places): (usize, Range<usize>),
    a: &[f32],
    signal: &mut [f32],
) {
    let classes = step.projection.outputs;
    let coefficients = &coefficients[sample * classes..][..classes];
    if let Some(grid) = step.grid() {
        let cells = grid.cells_of(&places);
        loops::spread(&grid, &step.at_cells[sample * grid.cells()..][cells], signal);
        return loops::gate(layer.activation, a, signal);
    }
    for some in step_by(places.clone(), SIGNAL_BLOCK) {
        let here = some.start - places.start..some.end - places.start;
        let signal = &mut signal[here.clone()];
        project_block(&step.projection, some, coefficients, signal);
        add_own(step.own, sample, &a[here.clone()], signal);
        loops::gate(layer.activation, &a[here], signal);
    }
}

/// gradient += one sample's part; a normalised layer's has the filters alone.
pub(super) fn accumulate_sample(layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
    if direct::suits(layer) {
        return Padded::with(layer, x, |padded| {
            Filters::groups(layer).for_each(|filters| filters.accumulate(padded, &delta[filters.places()], gradient));
        });
    }
    for_columns(layer, x, |places, columns| accumulate_places(layer, places, columns, delta, gradient));
    if !layer.norm {
        accumulate_bias(layer, delta, &mut gradient[layer.weights()..]);
    }
}

/// The filters' gradient += delta times the columns of some places, transposed.
fn accumulate_places(layer: &Conv, places: Range<usize>, columns: &[f32], delta: &[f32], gradient: &mut [f32]) {
    let (out, width) = (layer.output(), places.len());
    let delta = Operand::new(delta, out.height * out.width).columns(places);
    let weights = Output::new(&mut gradient[..layer.weights()], layer.patch());
    add_product(weights, delta, Operand::new(columns, width).transposed());
}

/// The biases' gradient += the sums of delta.
fn accumulate_bias(layer: &Conv, delta: &[f32], biases: &mut [f32]) {
    let out = layer.output();
    for (bias, delta) in biases.iter_mut().zip(delta.chunks_exact(out.height * out.width)) {
        *bias += loops::sum(delta);
    }
}

/// gradient += the sum over the samples of what `add(sample, gradient)` adds.
///
/// The batch is cut into [`PARTS`], whatever the number of threads; each is summed by one thread, and the sums are added in
/// order. A batch of fewer samples has a part for each, and no memory for parts without samples.
pub(super) fn in_parts(
    fast: &Fast,
    layer: &Conv,
    batch: usize,
    gradient: &mut [f32],
    add: impl Fn(usize, &mut [f32]) + Sync,
) {
    let (size, count) = (gradient.len(), PARTS.min(batch));
    // taken out, not locked: a thread that waits for the parts may be lent to another network's step
    let mut sums = std::mem::take(&mut *fast.sums.lock().unwrap_or_else(PoisonError::into_inner));
    sums.clear();
    sums.resize(count * size, 0.0);
    let parts = Slices::new(&mut sums);
    let multiply_adds = batch * layer.weights() * layer.output().size() / layer.channels;
    fast.for_blocks(count, 1, multiply_adds, |part| {
        // SAFETY: the parts' sums lie apart
        let gradient = unsafe { parts.range(part.start * size..part.end * size) };
        for sample in part.start * batch / count..part.end * batch / count {
            add(sample, gradient);
        }
    });
    for sum in sums.chunks_exact(size) {
        gradient.iter_mut().zip(sum).for_each(|(g, s)| *g += s);
    }
    *fast.sums.lock().unwrap_or_else(PoisonError::into_inner) = sums;
}
