//! Fast arithmetic for the host, behind the core's [`Kernels`] trait. The only folder with `unsafe`.
//!
//! Matrix products come from the `gemm` library, the loops around them are the core's own, compiled once for each
//! instruction set and chosen at run time. Work is split into blocks whose size depends on the layer and the batch alone,
//! and each block is computed by one thread from start to end: the number of threads changes the time, never the bits.

pub mod aligned;
mod blocks;
mod conv;
mod dense;
mod direct;
mod instructions;
mod loops;
mod panel_batches;
mod panel_loops;
mod panels;
mod patches;
mod prefetch;
mod product;
mod row_loops;
mod single;
mod sparse;
mod transpose;
mod vector;

pub use instructions::{Instructions, instructions};
pub(crate) use loops::{integer_infer, integer_learn};
pub use loops::{scale_bytes, scale_floats};
use openloop_core::kernels::{Kernels, LocalStep, Pass, Projection, Room};
use openloop_core::layer::{Conv, Dense, Layer, Pool};
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::Step;
use openloop_core::weights::Trainable;
pub use panels::{Panels, Turn};
pub use prefetch::prefetch;
use rayon::prelude::*;
use single::{Sample, Stretches};
use sparse::Sparse;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Multiply-adds below which a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 1_000_000;

/// Inputs below which making or listing them is not worth a second thread.
const INPUTS_WORTH_A_THREAD: usize = 100_000;
/// Samples whose inputs a thread makes together.
const MADE_TOGETHER: usize = 32;

/// The host's kernels over a pool of threads.
#[derive(Debug)]
pub struct Fast {
    pool: rayon::ThreadPool,
    /// Sums over parts of a batch, before they are added up.
    sums: Mutex<Vec<f32>>,
    /// What is not zero in a batch.
    lists: Mutex<Lists>,
}

/// Room for what is found out about a batch's inputs.
#[derive(Debug, Default)]
struct Lists {
    /// One for each batch.
    sparse: Vec<Sparse>,
    stretches: Stretches,
}

/// What is known of a batch's inputs.
#[derive(Clone, Copy)]
enum Inputs<'l> {
    /// Most are not 0.
    Any,
    /// Most are 0.
    Sparse(&'l Sparse),
    /// There is one sample.
    Single(Sample<'l>),
}

impl Fast {
    /// Kernels over `threads` threads; 0 means one for each processor.
    ///
    /// # Errors
    /// When the system refuses to start the threads.
    pub fn new(threads: usize) -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(Fast { pool, sums: Mutex::default(), lists: Mutex::default() })
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Runs `work` on the pool, so that the many small parallel loops in it need not wake it up each time.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        if self.threads() == 1 { work() } else { self.pool.install(work) }
    }

    /// Calls `work` with what `x: [batch, inputs]` is like.
    fn with_inputs(&self, x: &[f32], inputs: usize, work: impl FnOnce(Inputs<'_>)) {
        if x.len() == inputs {
            return match Sample::without_gaps(x) {
                Some(sample) => work(Inputs::Single(sample)),
                None => self.with_room_for_lists(|lists| work(Inputs::Single(lists.stretches.look(x)))),
            };
        }
        self.with_room_for_lists(|lists| {
            let list = first(&mut lists.sparse);
            if list.list_if_sparse(x, inputs) {
                work(Inputs::Sparse(list));
            } else {
                work(Inputs::Any);
            }
        });
    }

    /// Calls `work` with what is not zero in `x: [batch, inputs]`, by sample.
    fn with_list(&self, x: &[f32], inputs: usize, work: impl FnOnce(&Sparse)) {
        self.with_room_for_lists(|lists| {
            let list = first(&mut lists.sparse);
            list.list(x, inputs);
            work(list);
        });
    }

    fn with_room_for_lists(&self, work: impl FnOnce(&mut Lists)) {
        // taken out, not locked: a thread that waits for others may be lent to another network's step
        let mut lists = std::mem::take(&mut *self.lists.lock().unwrap_or_else(PoisonError::into_inner));
        work(&mut lists);
        *self.lists.lock().unwrap_or_else(PoisonError::into_inner) = lists;
    }

    /// Calls `work(number of the first, rows, out)` for parts of `rows` and of `out: [rows, width]`, on several threads when the
    /// whole is worth it.
    pub(crate) fn for_rows(
        &self,
        rows: &[u32],
        (width, out): (usize, &mut [f32]),
        work: impl Fn(usize, &[u32], &mut [f32]) + Sync + Send,
    ) {
        if self.threads() == 1 || out.len() < INPUTS_WORTH_A_THREAD {
            return work(0, rows, out);
        }
        let parts = rows.par_chunks(MADE_TOGETHER).zip(out.par_chunks_mut(MADE_TOGETHER * width)).enumerate();
        self.pool.install(|| parts.for_each(|(number, (rows, out))| work(number * MADE_TOGETHER, rows, out)));
    }

    /// What `work` makes of each item, with room of its own; on several threads when all the `values` are worth it.
    fn map<'r, T: Send, S: Send + Default, R: Send>(
        &self,
        items: impl ExactSizeIterator<Item = T>,
        rooms: &'r mut Vec<S>,
        values: usize,
        work: impl Fn((T, &'r mut S)) -> R + Sync + Send,
    ) -> Vec<R> {
        rooms.resize_with(rooms.len().max(items.len()), S::default);
        let items = items.zip(rooms);
        if self.threads() == 1 || values < INPUTS_WORTH_A_THREAD || items.len() == 1 {
            return items.map(work).collect();
        }
        let items: Vec<_> = items.collect();
        self.pool.install(|| items.into_par_iter().map(work).collect())
    }

    /// Calls `work` for the ranges of `size` that make up `0..length`, on several threads when the whole is worth it.
    fn for_blocks(&self, length: usize, size: usize, multiply_adds: usize, work: impl Fn(Range<usize>) + Sync) {
        let block = |first: usize| work(first..length.min(first + size));
        if self.threads() == 1 || multiply_adds < WORTH_A_THREAD || length <= size {
            (0..length).step_by(size).for_each(block);
        } else {
            let blocks = || (0..length.div_ceil(size)).into_par_iter().for_each(|b| block(b * size));
            self.pool.install(blocks);
        }
    }

    /// As [`Fast::for_blocks`], with a part of `room` of `needed` values for each range that is worked on at the same time.
    ///
    /// Which part serves which range depends on the threads, what is computed in it does not.
    fn for_blocks_with_room(
        &self,
        (length, size): (usize, usize),
        multiply_adds: usize,
        (room, needed): (&mut [f32], usize),
        work: impl Fn(Range<usize>, &mut [f32]) + Sync,
    ) {
        let workers = (room.len() / needed.max(1)).clamp(1, self.threads());
        let blocks = length.div_ceil(size.max(1));
        let from = |worker: usize, stride: usize, room: &mut [f32]| {
            for b in (worker..blocks).step_by(stride) {
                work(b * size..length.min((b + 1) * size), room);
            }
        };
        if workers == 1 || multiply_adds < WORTH_A_THREAD {
            from(0, 1, room);
        } else {
            let parts = room.par_chunks_exact_mut(needed).take(workers).enumerate();
            self.pool.install(|| parts.for_each(|(worker, room)| from(worker, workers, room)));
        }
    }
}

/// The first of some rooms, which is made if there is none.
fn first<S: Default>(rooms: &mut Vec<S>) -> &mut S {
    if rooms.is_empty() {
        rooms.push(S::default());
    }
    &mut rooms[0]
}

impl Kernels for Fast {
    fn dense_forward(&self, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        dense::forward(self, layer, parameters, x, a);
    }

    fn dense_input_gradient(&self, layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
        match matrix {
            Matrix::Stored(weights) => dense::input_gradient(self, layer, weights, delta, gradient),
            _ => openloop_core::layer::dense::input_gradient(layer, matrix, delta, gradient),
        }
    }

    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step, _row: &mut [f32]) {
        dense::update(self, layer, own, pass, step);
    }

    fn conv_forward(&self, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        conv::forward(self, layer, parameters, x, a);
    }

    fn conv_input_gradient(&self, layer: &Conv, matrix: Matrix<'_>, delta: &[f32], out: &mut [f32], row: &mut [f32]) {
        match matrix {
            Matrix::Stored(weights) => conv::input_gradient(self, layer, weights, delta, out),
            _ => openloop_core::layer::conv::input_gradient(layer, matrix, delta, out, row),
        }
    }

    fn conv_accumulate(&self, layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
        conv::accumulate(self, layer, x, delta, gradient);
    }

    fn pool_forward(&self, layer: &Pool, x: &[f32], out: &mut [f32]) {
        let (inputs, outputs) = (layer.input.size(), layer.output().size());
        let samples = blocks::Slices::new(out);
        self.for_blocks(x.len() / inputs, 4, x.len(), |range| {
            // SAFETY: blocks are disjoint ranges of samples
            let out = unsafe { samples.range(range.start * outputs..range.end * outputs) };
            loops::pool_forward(layer, &x[range.start * inputs..range.end * inputs], out);
        });
    }

    fn pool_input_gradient(&self, layer: &Pool, x: &[f32], signal: &[f32], gradient: &mut [f32]) {
        let (inputs, outputs) = (layer.input.size(), layer.output().size());
        let samples = blocks::Slices::new(gradient);
        self.for_blocks(x.len() / inputs, 4, x.len(), |range| {
            // SAFETY: blocks are disjoint ranges of samples
            let gradient = unsafe { samples.range(range.start * inputs..range.end * inputs) };
            let signal = &signal[range.start * outputs..range.end * outputs];
            openloop_core::layer::pool::input_gradient(
                layer,
                &x[range.start * inputs..range.end * inputs],
                signal,
                gradient,
            );
        });
    }

    fn project(&self, projection: &Projection<'_>, range: Range<usize>, coefficients: &[f32], out: &mut [f32]) {
        dense::project(self, projection, range, coefficients, out);
    }

    fn read_out(&self, projection: &Projection<'_>, a: &[f32], out: &mut [f32]) {
        dense::read_out(self, projection, a, out);
    }

    fn step_at_once(&self, step: &LocalStep<'_>, own: Trainable<'_>, x: &[f32], a: &mut [f32], room: Room<'_>) {
        match step.layer {
            Layer::Dense(layer) => dense::step_at_once(self, layer, step, own, (x, a), room),
            Layer::Conv(layer) => conv::step_at_once(self, layer, step, own, (x, a), room),
            Layer::Pool(_) | Layer::Dropout(_) => self.forward(step.layer, own.parameters, x, a),
        }
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
        dense::learn(self, layer, step, own, (x, a), room);
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
        conv::learn(self, layer, step, own, (x, a), room);
    }
}
