//! How a network learns, and where a run stands: what a learning step depends on beside its parameters.

use crate::loss::{Scaling, Targets};
use crate::optimizer::Optimizer;
use crate::rule::Rule;
use core::ops::Range;

/// How a network learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// The learning rule.
    pub rule: Rule,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// How sums over a batch become steps.
    pub scaling: Scaling,
    /// The seed of the dropout masks.
    pub seed: u64,
}

/// Where a run stands: what a step depends on beside the parameters and the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// The number of this step, counted from 1.
    pub step: u64,
    /// Samples seen before this step.
    pub samples: u64,
    /// Learning rate of the hidden layers.
    pub hidden_rate: f32,
    /// Learning rate of the output layer.
    pub output_rate: f32,
}

/// Batches that are learned from one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Batches<'b> {
    /// The targets of their samples, batch after batch.
    pub targets: Targets<'b>,
    /// Samples in each; the last may have fewer.
    pub size: usize,
    /// Where the run stands at each.
    pub clocks: &'b [Clock],
}

impl<'b> Batches<'b> {
    /// The samples of batch `b` among those of all, when each has `outputs` outputs.
    #[inline]
    pub fn samples(&self, b: usize, outputs: usize) -> Range<usize> {
        let all = self.targets.batch(outputs);
        (b * self.size).min(all)..((b + 1) * self.size).min(all)
    }

    /// The targets of batch `b`, when each sample has `outputs` outputs.
    #[inline]
    pub fn targets(&self, b: usize, outputs: usize) -> Targets<'b> {
        self.targets.part(self.samples(b, outputs), outputs)
    }
}

/// What a learning step saw, before it changed anything.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The loss, summed over samples and outputs. NaN or infinite if the run diverged.
    pub loss: f32,
    /// Samples whose largest output was not their label's.
    pub wrong: usize,
}
