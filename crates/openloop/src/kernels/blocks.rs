//! Disjoint pieces of one slice for several threads: what `chunks_mut` cannot cut, because the pieces of a matrix's
//! columns interleave and the pieces of weights, biases and optimizer state belong together.

use super::loops;
use super::product::Output;
use openloop_core::optimizer::{Slots, Step};
use openloop_core::weights::Trainable;
use std::marker::PhantomData;
use std::ops::Range;

/// A range in parts of `size`.
pub fn step_by(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(size).map(move |first| first..range.end.min(first + size))
}

/// A slice to be handed out in disjoint ranges. An empty slice gives empty ranges.
pub struct Slices<'a> {
    start: *mut f32,
    length: usize,
    lent: PhantomData<&'a mut [f32]>,
}

// SAFETY: f32 may be written from any thread; that ranges do not overlap is the duty of `range`'s caller.
unsafe impl Sync for Slices<'_> {}

impl<'a> Slices<'a> {
    pub fn new(slice: &'a mut [f32]) -> Self {
        Slices { start: slice.as_mut_ptr(), length: slice.len(), lent: PhantomData }
    }

    /// The values in `range`.
    ///
    /// # Safety
    /// Ranges that are alive at the same time must not overlap.
    // The lifetime is that of the slice, which is lent mutably for as long as `self` lives.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn range(&self, range: Range<usize>) -> &'a mut [f32] {
        if self.length == 0 {
            return &mut [];
        }
        assert!(range.start <= range.end && range.end <= self.length);
        // SAFETY: within the slice by the assertion; exclusive by the caller's promise
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}

/// A row-major matrix to be handed out in disjoint blocks of columns.
pub struct Columns<'a> {
    values: Slices<'a>,
    width: usize,
}

impl<'a> Columns<'a> {
    pub fn new(values: &'a mut [f32], width: usize) -> Self {
        assert!(values.len().is_multiple_of(width));
        Columns { values: Slices::new(values), width }
    }

    /// Some columns of all rows, as the target of a matrix product.
    ///
    /// # Safety
    /// Blocks of columns that are in use at the same time must not overlap.
    pub unsafe fn range(&self, range: Range<usize>) -> Output<'a> {
        assert!(range.start <= range.end && range.end <= self.width);
        // SAFETY: the block lies within the matrix; exclusive by the caller's promise
        unsafe { Output::block(self.values.start, self.values.length / self.width, self.width, range) }
    }

    /// Some columns of one row.
    ///
    /// # Safety
    /// As for [`Columns::range`], and no output of it may be alive.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn row(&self, row: usize, range: Range<usize>) -> &'a mut [f32] {
        assert!(range.start <= range.end && range.end <= self.width);
        // SAFETY: handed on to the caller
        unsafe { self.values.range(row * self.width + range.start..row * self.width + range.end) }
    }
}

/// A layer's parameters and their optimizer state, to be changed in disjoint ranges.
pub struct ParameterBlocks<'a> {
    parameters: Slices<'a>,
    first: Slices<'a>,
    second: Slices<'a>,
}

impl<'a> ParameterBlocks<'a> {
    pub fn new(own: Trainable<'a>) -> Self {
        let Slots { first, second } = own.slots;
        ParameterBlocks {
            parameters: Slices::new(own.parameters),
            first: Slices::new(first),
            second: Slices::new(second),
        }
    }

    /// Some parameters, to be read.
    ///
    /// # Safety
    /// No thread may change them meanwhile.
    pub unsafe fn values(&self, range: Range<usize>) -> &[f32] {
        // SAFETY: the caller's promise
        unsafe { self.parameters.range(range) }
    }

    /// Some parameters and their state, to be changed.
    ///
    /// # Safety
    /// No other thread may touch them.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn change(&self, range: Range<usize>) -> (&mut [f32], Slots<'_>) {
        // SAFETY: the caller's promise, for the parameters and so for their state
        unsafe {
            let slots = Slots { first: self.first.range(range.clone()), second: self.second.range(range.clone()) };
            (self.parameters.range(range), slots)
        }
    }

    /// One optimizer step on the parameters from `first` on, as many as `gradient` has.
    ///
    /// # Safety
    /// No other thread may touch these parameters.
    pub unsafe fn step(&self, step: &Step, first: usize, gradient: &[f32]) {
        // SAFETY: the caller's promise
        let (own, slots) = unsafe { self.change(first..first + gradient.len()) };
        loops::optimizer_step(step, own, gradient, slots);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_columns_interleave_without_overlap() {
        let mut values = [0.0; 12];
        let columns = Columns::new(&mut values, 4);
        for row in 0..3 {
            // SAFETY: the two ranges are disjoint and used one after the other
            unsafe {
                columns.row(row, 0..3).fill(1.0);
                columns.row(row, 3..4).fill(2.0);
            }
        }
        assert_eq!(values, [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0]);
    }

    #[test]
    #[should_panic]
    fn a_range_past_the_end_is_refused() {
        let mut values = [0.0; 4];
        // SAFETY: only one range is alive
        unsafe { Slices::new(&mut values).range(2..5) };
    }
}
