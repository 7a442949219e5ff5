//! The dense layer by matrix products: forward, backward and update, split by blocks of neurons.

use super::blocks::{Columns, ParameterBlocks, Slices, step_by};
use super::fast::{Fast, Inputs};
use super::loops;
use super::panel_loops::{self, WIDTH};
use super::product::{Operand, Output, multiply};
use super::row_loops;
use super::single::Sample;
use super::sparse::Sparse;
use super::transpose::transpose;
use crate::kernels::aligned::Aligned;
use openloop_core::kernels::{LocalStep, Pass, Projection, Room, add_own};
use openloop_core::layer::Dense;
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::Step;
use openloop_core::weights::Trainable;
use std::cell::RefCell;
use std::ops::Range;

/// Samples in one piece of work that is split by sample.
const SAMPLES: usize = 16;
/// Neurons whose gradient is made before the optimizer uses it up: few, so that it stays in the cache.
const NEURONS: usize = 16;

thread_local! {
    /// The gradient of the few neurons a thread is working on, and their signals with the samples side by side: the library
    /// would make room for such a copy at every product.
    static GRADIENT: RefCell<Aligned> = const { RefCell::new(Aligned::new()) };
    /// The weights of the neurons a thread is working on, input by input, for a sparse batch's forward product.
    static PANEL: RefCell<Aligned> = const { RefCell::new(Aligned::new()) };
}

/// The inputs of a batch, and what they are like.
#[derive(Clone, Copy)]
struct Batch<'b> {
    x: &'b [f32],
    like: Inputs<'b>,
}

/// a = act(W x + b), a block of neurons for the whole batch at a time.
pub fn forward(fast: &Fast, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    let (weights, bias) = parameters.split_at(layer.weights());
    let columns = Columns::new(a, layer.outputs);
    let multiply_adds = x.len() / layer.inputs * layer.weights();
    fast.with_inputs(x, layer.inputs, |like| {
        fast.for_blocks(layer.outputs, layer.block(), multiply_adds, |units| {
            let rows = &weights[units.start * layer.inputs..units.end * layer.inputs];
            // SAFETY: blocks are disjoint, so no other thread touches these columns
            unsafe { forward_block(layer, (rows, &bias[units.clone()]), Batch { x, like }, &columns, units) };
        });
    });
}

/// The outputs of some neurons, whose weights are `rows`.
///
/// # Safety
/// No other thread may touch these columns of the outputs.
unsafe fn forward_block(
    layer: &Dense,
    (rows, bias): (&[f32], &[f32]),
    Batch { x, like }: Batch<'_>,
    columns: &Columns<'_>,
    units: Range<usize>,
) {
    let inputs = layer.inputs;
    // SAFETY: the caller's promise; no two rows are alive together
    let row = |sample, units| unsafe { columns.row(sample, units) };
    match like {
        Inputs::Single(sample) => row_loops::rows_times_sample(rows, sample, row(0, units.clone())),
        Inputs::Sparse(list) => {
            for some in step_by(units.clone(), WIDTH) {
                let own = (some.start - units.start) * inputs..(some.end - units.start) * inputs;
                listed_forward(list, &rows[own], some.len(), |sample, z| row(sample, some.clone()).copy_from_slice(z));
            }
        }
        Inputs::Any => {
            // SAFETY: the caller's promise
            let out = unsafe { columns.range(units.clone()) };
            multiply(out, Operand::new(x, inputs), Operand::new(rows, inputs).transposed());
        }
    }
    for sample in 0..x.len() / inputs {
        loops::bias_and_activation(layer.activation, bias, row(sample, units.clone()));
    }
}

/// Calls `put(sample, z)` with z = W x for some neurons, at most [`WIDTH`], whose weights are `rows: [units, inputs]`: they
/// are copied into a panel, input by input, so that an input that is 0 is passed over.
fn listed_forward(list: &Sparse, rows: &[f32], units: usize, mut put: impl FnMut(usize, &[f32])) {
    let inputs = list.inputs();
    PANEL.with_borrow_mut(|panel| {
        let panel = panel.room_for(inputs * WIDTH);
        transpose((rows, inputs), (panel, WIDTH), (units, inputs));
        let mut z = vec![0.0; list.batch() * WIDTH];
        panel_loops::listed_sums(list, panel, WIDTH, &mut z);
        z.chunks_exact(WIDTH).enumerate().for_each(|(sample, z)| put(sample, &z[..units]));
    });
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
    let parts = ParameterBlocks::new(own);
    let Pass { units, x, delta } = pass;
    let batch = x.len() / layer.inputs;
    let multiply_adds = batch * units.len() * layer.inputs;
    fast.with_inputs(x, layer.inputs, |like| {
        fast.for_blocks(units.len(), layer.block(), multiply_adds, |range| {
            let delta = Operand::new(delta, units.len()).columns(range.clone());
            let neurons = units.start + range.start..units.start + range.end;
            // SAFETY: blocks are disjoint ranges of neurons
            unsafe { update_block(layer, &parts, neurons, Batch { x, like }, delta, step) };
        });
    });
}

/// The neurons learn a few at a time: their gradient is made, used up by the optimizer and forgotten.
///
/// # Safety
/// No other thread may touch these neurons' parameters and state.
unsafe fn update_block(
    layer: &Dense,
    parts: &ParameterBlocks<'_>,
    neurons: Range<usize>,
    Batch { x, like }: Batch<'_>,
    delta: Operand<'_>,
    step: &Step,
) {
    let inputs = layer.inputs;
    if let (Inputs::Single(sample), Some(rate)) = (like, step.plain_rate()) {
        let delta = delta.first_row();
        // SAFETY: the caller's promise
        let (rows, _) = unsafe { parts.change(neurons.start * inputs..neurons.end * inputs) };
        row_loops::step_rows(rate, rows, delta, sample);
        // SAFETY: the caller's promise; weights and biases lie apart
        return unsafe { parts.step(step, layer.weights() + neurons.start, delta) };
    }
    GRADIENT.with_borrow_mut(|gradient| {
        let batch = x.len() / inputs;
        let room = gradient.room_for(NEURONS * (inputs + batch) + neurons.len());
        let (room, bias) = room.split_at_mut(NEURONS * (inputs + batch));
        delta.column_sums(bias);
        // SAFETY: the caller's promise; weights and biases lie apart
        unsafe {
            update_rows(inputs, parts, neurons.clone(), Batch { x, like }, delta, step, room);
            parts.step(step, layer.weights() + neurons.start, bias);
        }
    });
}

/// The weights of some neurons learn, a few rows at a time.
///
/// # Safety
/// No other thread may touch these neurons' parameters and state.
unsafe fn update_rows(
    inputs: usize,
    parts: &ParameterBlocks<'_>,
    neurons: Range<usize>,
    Batch { x, like }: Batch<'_>,
    delta: Operand<'_>,
    step: &Step,
    room: &mut [f32],
) {
    let batch = x.len() / inputs;
    let (gradient, turned) = room.split_at_mut(NEURONS * inputs);
    for some in step_by(neurons.clone(), NEURONS) {
        let delta = delta.columns(some.start - neurons.start..some.end - neurons.start);
        let gradient = &mut gradient[..some.len() * inputs];
        if let Inputs::Single(_) = like {
            loops::outer_product(delta.first_row(), x, gradient);
        } else {
            let turned = &mut turned[..some.len() * batch];
            transpose(delta.strided_rows(), (turned, batch), (batch, some.len()));
            let turned = Operand::of_rows(turned, some.len());
            multiply(Output::new(gradient, inputs), turned, Operand::new(x, inputs));
        }
        // SAFETY: the caller's promise
        unsafe { parts.step(step, some.start * inputs, gradient) };
    }
}

/// A local step whose signal does not depend on the layer's output, fused: forward pass and update of a block of neurons while
/// its weights are in the cache.
pub fn local_step(
    fast: &Fast,
    layer: &Dense,
    step: &LocalStep<'_>,
    own: Trainable<'_>,
    (x, a): (&[f32], &mut [f32]),
    room: Room<'_>,
) {
    let (parts, columns) = (ParameterBlocks::new(own), Columns::new(a, layer.outputs));
    let coefficients = &*room.coefficients;
    in_blocks(fast, layer, (x, room.signal), |batch, units, delta| {
        project_block(&step.projection, units.clone(), coefficients, delta);
        // SAFETY: blocks are disjoint, so no other thread touches these neurons and their columns
        unsafe {
            match (batch.like, step.step.plain_rate()) {
                (Inputs::Single(sample), Some(rate)) => {
                    let a = columns.row(0, units.clone());
                    forward_and_step_block(layer, &parts, units, sample, (delta, a), rate);
                }
                _ => forward_and_update_block(layer, &parts, units, batch, (delta, &columns), step.step),
            }
        }
    });
}

/// Forward pass and plain step of some neurons by one sample; the signal in `delta` becomes the gradient at their sums.
///
/// # Safety
/// No other thread may touch these neurons' parameters.
unsafe fn forward_and_step_block(
    layer: &Dense,
    parts: &ParameterBlocks<'_>,
    units: Range<usize>,
    sample: Sample<'_>,
    (delta, a): (&mut [f32], &mut [f32]),
    rate: f32,
) {
    // SAFETY: the caller's promise; weights and biases lie apart
    let (rows, bias) = unsafe {
        let (rows, _) = parts.change(units.start * layer.inputs..units.end * layer.inputs);
        let (bias, _) = parts.change(layer.weights() + units.start..layer.weights() + units.end);
        (rows, bias)
    };
    row_loops::forward_and_step_rows(rate, layer.activation, sample, rows, bias, delta, a);
    bias.iter_mut().zip(delta).for_each(|(b, delta)| *b -= rate * *delta);
}

/// Forward pass and update of some neurons by a batch; the signal in `delta` becomes the gradient at their sums.
///
/// # Safety
/// No other thread may touch these neurons' parameters, state and columns.
unsafe fn forward_and_update_block(
    layer: &Dense,
    parts: &ParameterBlocks<'_>,
    units: Range<usize>,
    batch: Batch<'_>,
    (delta, columns): (&mut [f32], &Columns<'_>),
    step: &Step,
) {
    // SAFETY: the caller's promise; the weights are read before they change
    unsafe {
        let rows = parts.values(units.start * layer.inputs..units.end * layer.inputs);
        let bias = parts.values(layer.weights() + units.start..layer.weights() + units.end);
        forward_block(layer, (rows, bias), batch, columns, units.clone());
        for (sample, delta) in delta.chunks_exact_mut(units.len()).enumerate() {
            loops::gate(layer.activation, columns.row(sample, units.clone()), delta);
        }
        let delta = Operand::new(delta, units.len());
        update_block(layer, parts, units, batch, delta, step);
    }
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
    let (parts, coefficients) = (ParameterBlocks::new(own), &*room.coefficients);
    in_blocks(fast, layer, (x, room.signal), |batch, units, delta| {
        project_block(&step.projection, units.clone(), coefficients, delta);
        let samples = delta.chunks_exact_mut(units.len()).zip(a.chunks_exact(layer.outputs));
        for (sample, (delta, a)) in samples.enumerate() {
            add_own(step.own, sample, &a[units.clone()], delta);
            loops::gate(layer.activation, &a[units.clone()], delta);
        }
        let delta = Operand::new(delta, units.len());
        // SAFETY: blocks are disjoint ranges of neurons
        unsafe { update_block(layer, &parts, units, batch, delta, step.step) };
    });
}

/// Calls `work` for each block of neurons, with room for its delta `[batch, neurons]`.
fn in_blocks(
    fast: &Fast,
    layer: &Dense,
    (x, room): (&[f32], &mut [f32]),
    work: impl Fn(Batch<'_>, Range<usize>, &mut [f32]) + Sync,
) {
    let (samples, block) = (x.len() / layer.inputs, layer.block());
    fast.with_inputs(x, layer.inputs, |like| {
        let blocks = (layer.outputs, block);
        fast.for_blocks_with_room(blocks, samples * layer.weights(), (room, samples * block), |units, room| {
            let delta = &mut room[..samples * units.len()];
            work(Batch { x, like }, units, delta);
        });
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
