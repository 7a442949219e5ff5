//! All memory of a learner whose shape the compiler knows.

use super::health::Health;
use super::learner::Lent;

/// `PARAMETERS` and `SCRATCH` values, as [`Sizes`](super::Sizes) says, and the counters. All zeros at the start, so a static
/// one costs no flash.
#[derive(Clone, Debug)]
pub struct Arena<const PARAMETERS: usize, const SCRATCH: usize> {
    /// Weights and biases, layer by layer: for each W `[outputs, inputs]` row-major, then b `[outputs]`.
    pub parameters: [f32; PARAMETERS],
    /// Means nothing between samples, so other work may use it.
    pub scratch: [f32; SCRATCH],
    /// What went wrong so far.
    pub health: Health,
}

impl<const PARAMETERS: usize, const SCRATCH: usize> Arena<PARAMETERS, SCRATCH> {
    /// Zeros: [`Learner::init`](super::Learner::init) draws the weights, or a saved model is copied in.
    pub const fn new() -> Self {
        Arena { parameters: [0.0; PARAMETERS], scratch: [0.0; SCRATCH], health: Health::NEW }
    }

    /// What a call of a [`Learner`](super::Learner) takes.
    pub fn lend(&mut self) -> Lent<'_> {
        Lent { parameters: &mut self.parameters, scratch: &mut self.scratch, health: &mut self.health }
    }
}

impl<const PARAMETERS: usize, const SCRATCH: usize> Default for Arena<PARAMETERS, SCRATCH> {
    fn default() -> Self {
        Self::new()
    }
}
