//! The pool of threads the kernels run on, how work is cut into blocks for it, and what is known of a batch's inputs.

use super::single::{Sample, Stretches};
use super::sparse::Sparse;
use openloop_core::Targets;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Multiply-adds below which a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 1_000_000;

/// Inputs below which making or listing them is not worth a second thread.
const INPUTS_WORTH_A_THREAD: usize = 100_000;
/// Samples whose inputs a thread makes together.
const MADE_TOGETHER: usize = 32;

/// Makes coefficients `[batch, outputs]` of targets, in the place of what they are made of: the network's output, or a layer's readout.
pub type MakeCoefficients = dyn Fn(usize, &Targets<'_>, &mut [f32]) + Send + Sync;

/// The host's kernels over a pool of threads.
pub struct Fast {
    pool: rayon::ThreadPool,
    /// A rule of the user's own, in the place of what the settings say.
    pub(super) own_rule: Option<Box<MakeCoefficients>>,
    /// Sums over parts of a batch, before they are added up.
    pub(super) sums: Mutex<Vec<f32>>,
    /// What is not zero in a batch.
    lists: Mutex<Lists>,
}

/// Room for what is found out about a batch's inputs.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// One for each batch.
    pub sparse: Vec<Sparse>,
    stretches: Stretches,
}

/// What is known of a batch's inputs.
#[derive(Clone, Copy)]
pub(super) enum Inputs<'l> {
    /// Most are not 0.
    Any,
    /// Most are 0.
    Sparse(&'l Sparse),
    /// There is one sample.
    Single(Sample<'l>),
}

impl std::fmt::Debug for Fast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let own_rule = self.own_rule.is_some();
        f.debug_struct("Fast").field("threads", &self.threads()).field("own_rule", &own_rule).finish_non_exhaustive()
    }
}

impl Fast {
    /// Kernels over `threads` threads; 0 means one for each processor.
    ///
    /// # Errors
    /// When the system refuses to start the threads.
    pub fn new(threads: usize) -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(Fast { pool, own_rule: None, sums: Mutex::default(), lists: Mutex::default() })
    }

    /// The same, whose rules that read the network's output or a readout make their coefficients by a function of the user's.
    pub fn with_own_rule(self, make: Box<MakeCoefficients>) -> Self {
        Fast { own_rule: Some(make), ..self }
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
    pub(super) fn with_inputs(&self, x: &[f32], inputs: usize, work: impl FnOnce(Inputs<'_>)) {
        if x.len() == inputs {
            return match Sample::without_gaps(x) {
                Some(sample) => work(Inputs::Single(sample)),
                None => self.with_room_for_lists(|lists| work(Inputs::Single(lists.stretches.scan(x)))),
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
    pub(super) fn with_list(&self, x: &[f32], inputs: usize, work: impl FnOnce(&Sparse)) {
        self.with_room_for_lists(|lists| {
            let list = first(&mut lists.sparse);
            list.list(x, inputs);
            work(list);
        });
    }

    pub(super) fn with_room_for_lists(&self, work: impl FnOnce(&mut Lists)) {
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
    pub(super) fn map<'r, T: Send, S: Send + Default, R: Send>(
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
    pub(super) fn for_blocks(
        &self,
        length: usize,
        size: usize,
        multiply_adds: usize,
        work: impl Fn(Range<usize>) + Sync,
    ) {
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
    pub(super) fn for_blocks_with_room(
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
