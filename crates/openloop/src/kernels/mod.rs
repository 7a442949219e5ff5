//! Fast arithmetic for the host, behind the core's [`Kernels`] trait. The only folder with `unsafe`.
//!
//! Matrix products come from the `gemm` library, the loops around them are the core's own, compiled once for each
//! instruction set and chosen at run time. Work is split into blocks whose size depends on the layer alone, and each
//! block is computed by one thread from start to end: the number of threads changes the time, never the bits.

mod blocks;
mod loops;
mod product;

use blocks::{Columns, Slices, block_size};
use openloop_core::kernels::Kernels;
use openloop_core::layer::Dense;
use openloop_core::matrix::Matrix;
use openloop_core::memory::Trainable;
use openloop_core::optimizer::{Slots, Step};
use product::{Operand, Output, multiply};
use rayon::prelude::*;
use std::cell::RefCell;

/// Multiply-adds below which a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 200_000;
/// Samples in one piece of work that is split by sample.
const SAMPLES: usize = 16;

thread_local! {
    /// The gradient of the block of neurons a thread is working on.
    static GRADIENT: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The host's kernels over a pool of threads.
#[derive(Debug)]
pub struct Fast {
    pool: rayon::ThreadPool,
}

impl Fast {
    /// Kernels over `threads` threads; 0 means one for each processor.
    ///
    /// # Errors
    /// When the system refuses to start the threads.
    pub fn new(threads: usize) -> Result<Self, rayon::ThreadPoolBuildError> {
        Ok(Fast { pool: rayon::ThreadPoolBuilder::new().num_threads(threads).build()? })
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Runs `work` on the pool, so that the many small parallel loops in it need not wake it up each time.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        if self.threads() == 1 { work() } else { self.pool.install(work) }
    }

    /// Calls `work(first, last)` for the blocks of `0..length`, on several threads when the whole is worth it.
    fn for_blocks(&self, length: usize, size: usize, multiply_adds: usize, work: impl Fn(usize, usize) + Sync) {
        let block = |first: usize| work(first, (first + size).min(length));
        if self.threads() == 1 || multiply_adds < WORTH_A_THREAD || length <= size {
            (0..length).step_by(size).for_each(block);
        } else {
            let blocks = || (0..length.div_ceil(size)).into_par_iter().for_each(|b| block(b * size));
            self.pool.install(blocks);
        }
    }
}

impl Kernels for Fast {
    fn dense_forward(&self, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        let (weights, bias) = parameters.split_at(layer.weights());
        let (inputs, outputs, batch) = (layer.inputs, layer.outputs, x.len() / layer.inputs);
        let columns = Columns::new(a, outputs);
        self.for_blocks(outputs, block_size(outputs), batch * layer.weights(), |first, last| {
            let rows = &weights[first * inputs..last * inputs];
            // SAFETY: blocks are disjoint, so no other thread touches these columns
            unsafe {
                let out = columns.range(first, last);
                multiply(out, Operand::new(x, inputs), Operand::new(rows, inputs).transposed());
                for sample in 0..batch {
                    loops::bias_and_activation(layer.activation, &bias[first..last], columns.row(sample, first, last));
                }
            }
        });
    }

    fn dense_input_gradient(&self, layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
        let Matrix::Stored(weights) = matrix else {
            return openloop_core::layer::dense::input_gradient(layer, matrix, delta, gradient);
        };
        let batch = delta.len() / layer.outputs;
        let columns = Columns::new(gradient, layer.inputs);
        self.for_blocks(layer.inputs, block_size(layer.inputs), batch * layer.weights(), |first, last| {
            let right = Operand::new(weights, layer.inputs).columns(first, last);
            // SAFETY: blocks are disjoint, so no other thread touches these columns
            unsafe { multiply(columns.range(first, last), Operand::new(delta, layer.outputs), right) };
        });
    }

    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, x: &[f32], delta: &[f32], step: &Step, _row: &mut [f32]) {
        let (inputs, outputs, batch) = (layer.inputs, layer.outputs, x.len() / layer.inputs);
        let parameters = Slices::new(own.parameters);
        let (slots_first, slots_second) = (Slices::new(own.slots.first), Slices::new(own.slots.second));
        self.for_blocks(outputs, block_size(outputs), batch * layer.weights(), |first, last| {
            let change = |from: usize, to: usize, gradient: &[f32]| {
                // SAFETY: blocks are disjoint ranges of neurons, and so are their weights, biases and states
                let (own, slots) = unsafe {
                    let slots = Slots { first: slots_first.range(from, to), second: slots_second.range(from, to) };
                    (parameters.range(from, to), slots)
                };
                loops::optimizer_step(step, own, gradient, slots);
            };
            GRADIENT.with_borrow_mut(|gradient| {
                let (weights, neurons) = ((last - first) * inputs, last - first);
                gradient.resize(weights + neurons, 0.0);
                let (weight_gradient, bias_gradient) = gradient.split_at_mut(weights);
                let left = Operand::new(delta, outputs).columns(first, last).transposed();
                multiply(Output::new(weight_gradient, inputs), left, Operand::new(x, inputs));
                bias_gradient.fill(0.0);
                for delta in delta.chunks_exact(outputs) {
                    bias_gradient.iter_mut().zip(&delta[first..last]).for_each(|(g, d)| *g += d);
                }
                change(first * inputs, last * inputs, weight_gradient);
                change(layer.weights() + first, layer.weights() + last, bias_gradient);
            });
        });
    }

    fn project(&self, matrix: Matrix<'_>, columns: usize, coefficients: (usize, &[f32]), factor: f32, out: &mut [f32]) {
        let (rows, coefficients) = coefficients;
        let Matrix::Stored(values) = matrix else {
            return matrix.product(rows, columns, coefficients, factor, out);
        };
        let batch = coefficients.len() / rows;
        let samples = Slices::new(out);
        self.for_blocks(batch, SAMPLES, batch * rows * columns, |first, last| {
            // SAFETY: blocks are disjoint ranges of samples
            let out = unsafe { samples.range(first * columns, last * columns) };
            loops::product(values, rows, columns, &coefficients[first * rows..last * rows], factor, out);
        });
    }

    fn read_out(&self, matrix: Matrix<'_>, rows: usize, columns: usize, a: &[f32], out: &mut [f32]) {
        let Matrix::Stored(values) = matrix else { return matrix.read_out(rows, columns, a, out) };
        let batch = out.len() / rows;
        let samples = Slices::new(out);
        self.for_blocks(batch, SAMPLES, batch * rows * columns, |first, last| {
            // SAFETY: blocks are disjoint ranges of samples
            let out = unsafe { samples.range(first * rows, last * rows) };
            let left = Operand::new(&a[first * columns..last * columns], columns);
            multiply(Output::new(out, rows), left, Operand::new(values, columns).transposed());
        });
    }
}
