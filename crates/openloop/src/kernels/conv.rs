//! The convolution by matrix products: the input under the filter at each place becomes a column of a small matrix
//! ("im2col"), a few output rows at a time, so that it stays in the cache and is never stored as a whole.

use super::Fast;
use super::blocks::Slices;
use super::dense::project_block;
use super::loops;
use super::patches::{Patches, places_at_once};
use super::product::{Operand, Output, add_product, multiply};
use openloop_core::kernels::{LocalStep, Room};
use openloop_core::layer::Conv;
use openloop_core::memory::Trainable;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::PoisonError;

/// Parts that a batch's gradient is summed in, each by one thread, before they are added in order: more than the usual
/// number of threads, and always the same, so that the sums do not depend on it.
const PARTS: usize = 8;

thread_local! {
    /// The columns a thread is working on.
    static COLUMNS: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
    /// The teaching signal of the sample a thread is working on.
    static SIGNAL: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
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
    let (weights, bias) = parameters.split_at(layer.weights());
    let (inputs, out) = (layer.input.size(), layer.output());
    let (outputs, span) = (out.size(), out.height * out.width);
    let batch = x.len() / inputs;
    let samples = Slices::new(a);
    fast.for_blocks(batch, 1, batch * layer.weights() * span, |sample| {
        let sample = sample.start;
        // SAFETY: samples are disjoint
        let a = unsafe { samples.range(sample * outputs..(sample + 1) * outputs) };
        for_columns(layer, &x[sample * inputs..][..inputs], |places, columns| {
            let out = Output::columns(a, span, places.clone());
            multiply(out, Operand::new(weights, layer.patch()), Operand::new(columns, places.len()));
        });
        for (plane, b) in a.chunks_exact_mut(span).zip(bias) {
            loops::shift_and_activate(layer.activation, *b, plane);
        }
    });
}

/// The transposed convolution of delta with filters `[channels, patch]`, split by samples.
pub fn input_gradient(fast: &Fast, layer: &Conv, weights: &[f32], delta: &[f32], gradient: &mut [f32]) {
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
    let (inputs, outputs) = (layer.input.size(), layer.output().size());
    let (coefficients, classes) = (&*room.coefficients, step.projection.outputs);
    let gradient = &mut room.gradient[..layer.parameters()];
    gradient.fill(0.0);
    in_parts(fast, layer, x.len() / inputs, gradient, |sample, gradient| {
        SIGNAL.with_borrow_mut(|signal| {
            signal.resize(outputs, 0.0);
            project_block(&step.projection, 0..outputs, &coefficients[sample * classes..][..classes], signal);
            loops::gate(layer.activation, &a[sample * outputs..][..outputs], signal);
            accumulate_sample(layer, &x[sample * inputs..][..inputs], signal, gradient);
        });
    });
    own.step(step.step, 0, gradient);
}

/// gradient += one sample's part: delta times its columns, transposed, and the sums of delta for the biases.
fn accumulate_sample(layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
    let out = layer.output();
    let span = out.height * out.width;
    let (weights, bias) = gradient.split_at_mut(layer.weights());
    for_columns(layer, x, |places, columns| {
        let width = places.len();
        let delta = Operand::new(delta, span).columns(places);
        add_product(Output::new(weights, layer.patch()), delta, Operand::new(columns, width).transposed());
    });
    for (bias, delta) in bias.iter_mut().zip(delta.chunks_exact(span)) {
        *bias += loops::sum(delta);
    }
}

/// gradient += the sum over the samples of what `add(sample, gradient)` adds.
///
/// The batch is cut into [`PARTS`], whatever the number of threads; each is summed by one thread, and the sums are added in
/// order.
fn in_parts(fast: &Fast, layer: &Conv, batch: usize, gradient: &mut [f32], add: impl Fn(usize, &mut [f32]) + Sync) {
    let size = gradient.len();
    // taken out, not locked: a thread that waits for the parts may be lent to another network's step
    let mut sums = std::mem::take(&mut *fast.sums.lock().unwrap_or_else(PoisonError::into_inner));
    sums.clear();
    sums.resize(PARTS * size, 0.0);
    let parts = Slices::new(&mut sums);
    let multiply_adds = batch * layer.weights() * layer.output().size() / layer.channels;
    fast.for_blocks(PARTS, 1, multiply_adds, |part| {
        // SAFETY: the parts' sums lie apart
        let gradient = unsafe { parts.range(part.start * size..part.end * size) };
        for sample in part.start * batch / PARTS..part.end * batch / PARTS {
            add(sample, gradient);
        }
    });
    for sum in sums.chunks_exact(size) {
        gradient.iter_mut().zip(sum).for_each(|(g, s)| *g += s);
    }
    *fast.sums.lock().unwrap_or_else(PoisonError::into_inner) = sums;
}
