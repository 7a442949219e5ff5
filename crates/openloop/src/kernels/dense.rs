//! The dense layer by matrix products: forward, backward and update, split by blocks of neurons.

use super::Fast;
use super::blocks::{Columns, Parts, Slices};
use super::loops;
use super::product::{Operand, Output, multiply};
use super::sparse::{LANES, Sparse};
use openloop_core::kernels::{LocalStep, Pass, Projection, Room};
use openloop_core::layer::Dense;
use openloop_core::matrix::Matrix;
use openloop_core::memory::Trainable;
use openloop_core::optimizer::Step;
use std::cell::RefCell;
use std::ops::Range;

/// Samples in one piece of work that is split by sample.
const SAMPLES: usize = 16;
/// Neurons whose gradient is made before the optimizer uses it up: few, so that it stays in the cache.
const NEURONS: usize = 16;

thread_local! {
    /// The gradient of the few neurons a thread is working on.
    static GRADIENT: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// a = act(W x + b), a block of neurons for the whole batch at a time.
pub fn forward(fast: &Fast, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    let (weights, bias) = parameters.split_at(layer.weights());
    let (inputs, batch) = (layer.inputs, x.len() / layer.inputs);
    let columns = Columns::new(a, layer.outputs);
    let multiply_adds = batch * layer.weights();
    let dense = |units: Range<usize>| {
        let rows = &weights[units.start * inputs..units.end * inputs];
        // SAFETY: blocks are disjoint, so no other thread touches these columns
        unsafe {
            let out = columns.range(units.clone());
            multiply(out, Operand::new(x, inputs), Operand::new(rows, inputs).transposed());
            for sample in 0..batch {
                let z = columns.row(sample, units.clone());
                loops::bias_and_activation(layer.activation, &bias[units.clone()], z);
            }
        }
    };
    let sparse = |list: &Sparse, units: Range<usize>| {
        for units in lanes(units) {
            let rows = &weights[units.start * inputs..units.end * inputs];
            list.forward(rows, units.clone(), |sample, z| {
                // SAFETY: blocks are disjoint, so no other thread touches these columns
                let a = unsafe { columns.row(sample, units.clone()) };
                a.copy_from_slice(z);
                loops::bias_and_activation(layer.activation, &bias[units.clone()], a);
            });
        }
    };
    fast.with_list(x, inputs, |list| match list {
        Some(list) => fast.for_blocks(layer.outputs, layer.block(), multiply_adds, |units| sparse(list, units)),
        None => fast.for_blocks(layer.outputs, layer.block(), multiply_adds, dense),
    });
}

/// The parts of a range of neurons that a sparse product takes together.
fn lanes(units: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    units.clone().step_by(LANES).map(move |first| first..units.end.min(first + LANES))
}

/// gradient = delta M, a block of inputs at a time.
pub fn input_gradient(fast: &Fast, layer: &Dense, weights: &[f32], delta: &[f32], gradient: &mut [f32]) {
    let batch = delta.len() / layer.outputs;
    let block = Dense { outputs: layer.inputs, ..*layer }.block();
    let columns = Columns::new(gradient, layer.inputs);
    fast.for_blocks(layer.inputs, block, batch * layer.weights(), |range| {
        let right = Operand::new(weights, layer.inputs).columns(range.clone());
        // SAFETY: blocks are disjoint, so no other thread touches these columns
        unsafe { multiply(columns.range(range), Operand::new(delta, layer.outputs), right) };
    });
}

/// One optimizer step on some neurons, a block at a time.
pub fn update(fast: &Fast, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step) {
    let parts = Parts::new(own);
    let Pass { units, x, delta } = pass;
    let batch = x.len() / layer.inputs;
    let multiply_adds = batch * units.len() * layer.inputs;
    fast.with_list(x, layer.inputs, |list| {
        fast.for_blocks(units.len(), layer.block(), multiply_adds, |range| {
            let delta = Operand::new(delta, units.len()).columns(range.clone());
            let neurons = units.start + range.start..units.start + range.end;
            // SAFETY: blocks are disjoint ranges of neurons
            unsafe { update_block(layer, &parts, neurons, (x, list), delta, step) };
        });
    });
}

/// The neurons learn a few at a time: their gradient is made, used up by the optimizer and forgotten.
///
/// # Safety
/// No other thread may touch these neurons' parameters and state.
unsafe fn update_block(
    layer: &Dense,
    parts: &Parts<'_>,
    neurons: Range<usize>,
    (x, list): (&[f32], Option<&Sparse>),
    delta: Operand<'_>,
    step: &Step,
) {
    let together = if list.is_some() { LANES } else { NEURONS };
    GRADIENT.with_borrow_mut(|gradient| {
        gradient.resize(together * (layer.inputs + 1), 0.0);
        for first in neurons.clone().step_by(together) {
            let last = neurons.end.min(first + together);
            let (weights, bias) = gradient.split_at_mut(together * layer.inputs);
            let (weights, bias) = (&mut weights[..(last - first) * layer.inputs], &mut bias[..last - first]);
            let delta = delta.columns(first - neurons.start..last - neurons.start);
            match list {
                Some(list) => list.gradient(delta, weights),
                None => multiply(Output::new(weights, layer.inputs), delta.transposed(), Operand::new(x, layer.inputs)),
            }
            delta.column_sums(bias);
            // SAFETY: the caller's promise; weights and biases of different neurons lie apart
            unsafe {
                parts.step(step, first * layer.inputs, weights);
                parts.step(step, layer.weights() + first, bias);
            }
        }
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
    let parts = Parts::new(own);
    let (batch, block) = (x.len() / layer.inputs, layer.block());
    let coefficients = &*room.coefficients;
    let room = (room.signal, batch * block);
    fast.with_list(x, layer.inputs, |list| {
        fast.for_blocks_with_room((layer.outputs, block), batch * layer.weights(), room, |units, signal| {
            let delta = &mut signal[..batch * units.len()];
            project_block(&step.projection, units.clone(), coefficients, delta);
            for (delta, a) in delta.chunks_exact_mut(units.len()).zip(a.chunks_exact(layer.outputs)) {
                loops::gate(layer.activation, &a[units.clone()], delta);
            }
            let delta = Operand::new(delta, units.len());
            // SAFETY: blocks are disjoint ranges of neurons
            unsafe { update_block(layer, &parts, units, (x, list), delta, step.step) };
        })
    });
}

/// out = factor C M, split by samples.
pub fn project(fast: &Fast, projection: &Projection<'_>, range: Range<usize>, coefficients: &[f32], out: &mut [f32]) {
    let (rows, width) = (projection.outputs, range.len());
    let batch = coefficients.len() / rows;
    let samples = Slices::new(out);
    fast.for_blocks(batch, SAMPLES, batch * rows * width, |some| {
        // SAFETY: blocks are disjoint ranges of samples
        let out = unsafe { samples.range(some.start * width..some.end * width) };
        project_block(projection, range.clone(), &coefficients[some.start * rows..some.end * rows], out);
    });
}

/// out = factor C M, on this thread.
pub fn project_block(projection: &Projection<'_>, range: Range<usize>, coefficients: &[f32], out: &mut [f32]) {
    let Projection { matrix, outputs, columns, factor } = *projection;
    match matrix {
        Matrix::Stored(values) => loops::product(values, (outputs, columns), range, coefficients, factor, out),
        _ => matrix.product(outputs, columns, range, coefficients, factor, out),
    }
}

/// out = a M^T, split by samples.
pub fn read_out(fast: &Fast, projection: &Projection<'_>, a: &[f32], out: &mut [f32]) {
    let Projection { matrix, outputs: rows, columns, .. } = *projection;
    let Matrix::Stored(values) = matrix else { return matrix.read_out(rows, columns, a, out) };
    let batch = out.len() / rows;
    let samples = Slices::new(out);
    fast.for_blocks(batch, SAMPLES, batch * rows * columns, |some| {
        // SAFETY: blocks are disjoint ranges of samples
        let out = unsafe { samples.range(some.start * rows..some.end * rows) };
        let left = Operand::new(&a[some.start * columns..some.end * columns], columns);
        multiply(Output::new(out, rows), left, Operand::new(values, columns).transposed());
    });
}
