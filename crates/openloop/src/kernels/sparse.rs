//! Products with inputs that are mostly zeros, as pictures of digits and many sensors' readings are: only what is not zero
//! is multiplied.
//!
//! A batch is listed twice: by sample for the forward product, by input for the gradient. Neurons are taken [`LANES`] at a
//! time; their weights are laid out anew, input by input, so that one input meets all of them in one stretch of memory.
//! Every sum is formed in a fixed order, and multiplications and additions stay apart, so the bits depend neither on the
//! threads nor on the instruction set.

use super::loops;
use super::product::Operand;
use super::transpose::transpose;
use std::cell::RefCell;
use std::ops::Range;

/// Neurons that are worked on together.
pub const LANES: usize = 64;
/// Batches with at most one value in this many that is not zero are taken as sparse.
const SPARSE: usize = 3;
/// Samples below which laying the weights out anew costs more than it brings.
const FEWEST_SAMPLES: usize = 16;

thread_local! {
    /// The weights, or the gradient, of the neurons a thread is working on, input by input.
    static PANEL: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// A value that is not zero, and where it stands: an input of a sample, or a sample of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    pub at: u32,
    pub value: f32,
}

/// What is not zero in each line of a matrix.
#[derive(Clone, Debug, Default)]
struct Lists {
    entries: Vec<Entry>,
    /// Where each line's entries start, and where the last one's end.
    starts: Vec<u32>,
}

impl Lists {
    fn of(&self, line: usize) -> &[Entry] {
        &self.entries[self.starts[line] as usize..self.starts[line + 1] as usize]
    }
}

/// A sparse batch, by sample and by input.
#[derive(Clone, Debug, Default)]
pub struct Sparse {
    by_sample: Lists,
    by_input: Lists,
    inputs: usize,
}

impl Sparse {
    /// Lists what is not zero in `x: [batch, inputs]`, where that is little enough to be worth it.
    pub fn list(&mut self, x: &[f32], inputs: usize) -> bool {
        let batch = x.len() / inputs;
        let mut count = 0;
        loops::count_not_zero(x, &mut count);
        if batch < FEWEST_SAMPLES || count * SPARSE > x.len() {
            return false;
        }
        self.inputs = inputs;
        let Lists { entries, starts } = &mut self.by_sample;
        // one place more than needed: a zero is written too, and then written over
        entries.resize(count + 1, Entry { at: 0, value: 0.0 });
        starts.clear();
        starts.push(0);
        let mut end = 0;
        for sample in x.chunks_exact(inputs) {
            for (at, &value) in sample.iter().enumerate() {
                entries[end] = Entry { at: at as u32, value };
                end += usize::from(value != 0.0);
            }
            starts.push(end as u32);
        }
        entries.truncate(count);
        self.turn_over(batch);
        true
    }

    /// Sorts the same entries by input, samples in their order.
    fn turn_over(&mut self, batch: usize) {
        let Sparse { by_sample, by_input: Lists { entries, starts }, inputs } = self;
        starts.clear();
        starts.resize(*inputs + 1, 0);
        by_sample.entries.iter().for_each(|entry| starts[entry.at as usize + 1] += 1);
        (0..*inputs).for_each(|input| starts[input + 1] += starts[input]);
        entries.clear();
        entries.resize(by_sample.entries.len(), Entry { at: 0, value: 0.0 });
        for sample in 0..batch {
            for entry in by_sample.of(sample) {
                let place = &mut starts[entry.at as usize];
                entries[*place as usize] = Entry { at: sample as u32, value: entry.value };
                *place += 1;
            }
        }
        // each start has moved to its end, which is the next one's start
        starts.copy_within(0..*inputs, 1);
        starts[0] = 0;
    }

    /// Samples.
    pub fn batch(&self) -> usize {
        self.by_sample.starts.len() - 1
    }

    /// Calls `put(sample, z)` with z = W x for some neurons, at most [`LANES`], whose weights are `rows: [units, inputs]`.
    pub fn forward(&self, rows: &[f32], units: usize, mut put: impl FnMut(usize, &[f32])) {
        PANEL.with_borrow_mut(|panel| {
            panel.resize(self.inputs * LANES, 0.0);
            self.lay_out(rows, panel);
            let mut z = [0.0; LANES];
            for sample in 0..self.batch() {
                loops::sparse_sum(self.by_sample.of(sample), panel, &mut z);
                put(sample, &z[..units]);
            }
        });
    }

    /// Calls `take(units, gradient)` with gradient `[units, inputs]` = delta^T x for a few neurons after the other, for
    /// `delta: [batch, units]`, at most [`LANES`] units in all; `room` is for as many rows as are taken together.
    pub fn gradient(&self, delta: Operand<'_>, room: &mut [f32], mut take: impl FnMut(Range<usize>, &[f32])) {
        PANEL.with_borrow_mut(|panel| {
            panel.resize((self.inputs + self.batch()) * LANES, 0.0);
            let (panel, deltas) = panel.split_at_mut(self.inputs * LANES);
            let deltas = &mut deltas[..self.batch() * LANES];
            delta.copy_rows(deltas, LANES);
            for (input, out) in panel.chunks_exact_mut(LANES).enumerate() {
                let out: &mut [f32; LANES] = out.try_into().expect("chunks of so many lanes");
                loops::sparse_sum(self.by_input.of(input), deltas, out);
            }
            let (units, together) = (delta.width(), room.len() / self.inputs);
            for first in (0..units).step_by(together) {
                let some = first..units.min(first + together);
                let room = &mut room[..some.len() * self.inputs];
                transpose((&panel[first..], LANES), (room, self.inputs), (self.inputs, some.len()));
                take(some, room);
            }
        });
    }

    /// panel `[inputs, LANES]` = rows `[units, inputs]`, turned over.
    fn lay_out(&self, rows: &[f32], panel: &mut [f32]) {
        transpose((rows, self.inputs), (panel, LANES), (rows.len() / self.inputs, self.inputs));
    }
}
