//! What one layer learns: its weights and biases, how they lie in memory, and the optimizer's state for them.

use crate::optimizer::{Slots, Step};

/// How a layer's weights lie in memory; its biases follow them in any layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// `[outputs, inputs]` row-major: the weights of one neuron or filter, then those of the next. All kernels know it, and it
    /// is how weights are saved.
    #[default]
    Rows,
    /// In panels of some neurons, `[inputs, neurons]` each, in the place where their rows would be. Kernels that support it say
    /// how many neurons make a panel.
    Panels,
}

/// The layout of layer `k`; where none are given, all weights lie in rows.
pub(crate) fn layout_of(layouts: &[Layout], k: usize) -> Layout {
    layouts.get(k).copied().unwrap_or(Layout::Rows)
}

/// A layer's parameters, to be read.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// Weights, then biases.
    pub values: &'a [f32],
    /// How the weights lie.
    pub layout: Layout,
}

impl<'a> Weights<'a> {
    /// Weights that lie in rows, then biases.
    pub const fn in_rows(values: &'a [f32]) -> Self {
        Weights { values, layout: Layout::Rows }
    }
}

/// A layer's parameters and their optimizer state, to be changed.
#[derive(Debug)]
pub struct Trainable<'a> {
    /// Weights, then biases.
    pub parameters: &'a mut [f32],
    /// State for each of them, in the same layout.
    pub slots: Slots<'a>,
    /// How the weights lie.
    pub layout: Layout,
}

impl Trainable<'_> {
    /// The parameters, to be read.
    #[inline(always)]
    pub fn weights(&self) -> Weights<'_> {
        Weights { values: self.parameters, layout: self.layout }
    }

    /// One optimizer step on the parameters from `first` on, as many as `gradient` has.
    #[inline(always)]
    pub fn step(&mut self, step: &Step, first: usize, gradient: &[f32]) {
        let last = first + gradient.len();
        step.apply(&mut self.parameters[first..last], gradient, self.slots.range(first, last));
    }

    /// The same memory, for a shorter time.
    pub fn reborrow(&mut self) -> Trainable<'_> {
        let Trainable { parameters, slots: Slots { first, second }, layout } = self;
        Trainable { parameters, slots: Slots { first, second }, layout: *layout }
    }
}
