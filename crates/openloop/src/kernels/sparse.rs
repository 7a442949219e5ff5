//! Inputs that are mostly zeros, as pictures of digits and many sensors' readings are: only what is not zero is listed, and
//! so multiplied.
//!
//! A batch is listed by sample for the forward product, and by input for the gradient of weights that lie in
//! [panels](super::panels).

use super::instructions::for_each_instruction_set;
use super::loops;
use super::vector::{Entry, LANES};
use std::ops::Range;

/// Inputs whose weights in a panel stay in the nearest cache while a batch's samples are multiplied with them.
pub const STRETCH: usize = 13 * LANES;

/// Batches with at most this share of values that are not zero are taken as sparse.
const SPARSE: f64 = 1.0 / 3.0;
/// Samples below which laying the weights out anew costs more than it brings.
const FEWEST_SAMPLES: usize = 16;

/// What is not zero in a line of a matrix. Unsafe code relies on it that all entries stand `below` a number; only this file
/// makes lines.
#[derive(Clone, Copy, Debug)]
pub struct Line<'l> {
    entries: &'l [Entry],
    below: usize,
}

impl<'l> Line<'l> {
    /// The entries.
    #[inline(always)]
    pub fn entries(self) -> &'l [Entry] {
        self.entries
    }

    /// Every entry's place is less.
    #[inline(always)]
    pub fn below(self) -> usize {
        self.below
    }
}

/// What is not zero in each line of a matrix.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Beyond the last line's end is room, whose content means nothing.
    entries: Vec<Entry>,
    /// Where each line's entries start, and where the last one's end.
    starts: Vec<u32>,
    /// Every entry's place is less.
    below: usize,
}

impl Lists {
    /// What is not zero in a line.
    #[inline(always)]
    pub fn of(&self, line: usize) -> Line<'_> {
        self.range(line..line + 1)
    }

    /// What is not zero in some lines.
    #[inline(always)]
    fn range(&self, lines: Range<usize>) -> Line<'_> {
        let range = self.starts[lines.start] as usize..self.starts[lines.end] as usize;
        Line { entries: &self.entries[range], below: self.below }
    }

    /// All entries.
    fn all(&self) -> &[Entry] {
        &self.entries[..self.end()]
    }

    /// Where the last line ends.
    fn end(&self) -> usize {
        self.starts.last().map_or(0, |end| *end as usize)
    }

    fn make_room(&mut self, count: usize) {
        if self.entries.len() < count {
            self.entries.resize(count, Entry { at: 0, value: 0.0 });
        }
    }
}

/// A batch, by sample and by input.
#[derive(Clone, Debug, Default)]
pub struct Sparse {
    /// A line is a stretch of [`STRETCH`] inputs of a sample.
    by_sample: Lists,
    pub by_input: Lists,
    inputs: usize,
}

impl Sparse {
    /// Lists what is not zero in `x: [batch, inputs]`, where that is little enough and the batch large enough to be worth
    /// laying weights out anew.
    pub fn list_if_sparse(&mut self, x: &[f32], inputs: usize) -> bool {
        let worth_it = x.len() >= FEWEST_SAMPLES * inputs && loops::share_not_zero(x, inputs) <= SPARSE;
        if worth_it {
            self.list(x, inputs);
        }
        worth_it
    }

    /// Lists what is not zero in `x: [batch, inputs]`, by sample.
    pub fn list(&mut self, x: &[f32], inputs: usize) {
        self.inputs = inputs;
        let list = &mut self.by_sample;
        list.below = inputs;
        list.starts.clear();
        list.starts.push(0);
        for sample in x.chunks_exact(inputs) {
            list.make_room(list.end() + inputs + LANES);
            list_not_zero(sample, &mut list.entries, &mut list.starts);
        }
    }

    /// Stretches of a sample's inputs.
    #[inline(always)]
    pub fn stretches(&self) -> usize {
        self.inputs.div_ceil(STRETCH)
    }

    /// What is not zero in a stretch of a sample's inputs.
    #[inline(always)]
    pub fn stretch(&self, sample: usize, stretch: usize) -> Line<'_> {
        self.by_sample.of(sample * self.stretches() + stretch)
    }

    /// What is not zero in a sample.
    pub fn sample(&self, sample: usize) -> Line<'_> {
        let lines = sample * self.stretches()..(sample + 1) * self.stretches();
        self.by_sample.range(lines)
    }

    /// Sorts the entries by input, samples in their order.
    pub fn sort_by_input(&mut self) {
        let batch = self.batch();
        self.by_input.make_room(self.len());
        let stretches = self.stretches();
        let Sparse { by_sample, by_input: Lists { entries, starts, below }, inputs } = self;
        *below = batch;
        starts.clear();
        starts.resize(*inputs + 1, 0);
        by_sample.all().iter().for_each(|entry| starts[entry.at as usize + 1] += 1);
        (0..*inputs).for_each(|input| starts[input + 1] += starts[input]);
        for sample in 0..batch {
            for entry in by_sample.range(sample * stretches..(sample + 1) * stretches).entries {
                let place = &mut starts[entry.at as usize];
                entries[*place as usize] = Entry { at: sample as u32, value: entry.value };
                *place += 1;
            }
        }
        // each start has moved to its end, which is the next one's start
        starts.copy_within(0..*inputs, 1);
        starts[0] = 0;
    }

    /// Inputs of a sample.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Samples.
    pub fn batch(&self) -> usize {
        (self.by_sample.starts.len() - 1) / self.stretches()
    }

    /// Values that are not zero.
    pub fn len(&self) -> usize {
        self.by_sample.all().len()
    }
}

for_each_instruction_set! {
    /// Writes what is not 0 in a sample to `entries`, from the last of `starts` on, and adds to `starts` where each stretch of
    /// [`STRETCH`] inputs ends. There must be room for [`LANES`] more entries than there are values.
    pub fn list_not_zero<vectors>(sample: &[f32], entries: &mut [Entry], starts: &mut Vec<u32>) {
        let mut last = starts.last().map_or(0, |start| *start as usize);
        for (number, stretch) in sample.chunks(STRETCH).enumerate() {
            let first = number * STRETCH;
            let (whole, rest) = stretch.as_chunks::<LANES>();
            for (number, values) in whole.iter().enumerate() {
                let room = entries[last..].first_chunk_mut().expect("room for a whole vector");
                last += vectors.list(values, (first + number * LANES) as u32, room);
            }
            for (at, &value) in (first + whole.len() * LANES..).zip(rest) {
                entries[last] = Entry { at: at as u32, value };
                last += usize::from(value != 0.0);
            }
            starts.push(last as u32);
        }
    }
}
