//! What one layer learns: its weights and biases, and the optimizer's state for them.

use crate::optimizer::{Slots, Step};

/// A layer's parameters and their optimizer state.
#[derive(Debug)]
pub struct Trainable<'a> {
    /// Weights, then biases.
    pub parameters: &'a mut [f32],
    /// State for each of them.
    pub slots: Slots<'a>,
}

impl Trainable<'_> {
    /// One optimizer step on the parameters from `first` on, as many as `gradient` has.
    #[inline(always)]
    pub fn step(&mut self, step: &Step, first: usize, gradient: &[f32]) {
        let last = first + gradient.len();
        step.apply(&mut self.parameters[first..last], gradient, self.slots.range(first, last));
    }

    /// The same memory, for a shorter time.
    pub fn reborrow(&mut self) -> Trainable<'_> {
        Trainable { parameters: self.parameters, slots: Slots { first: self.slots.first, second: self.slots.second } }
    }
}
