//! Rows that come one at a time to a run that goes on: an epoch of one row each, without what an epoch of a data set prepares.

use super::{CHECKED, Trainer};
use crate::learner::{Diverged, Epoch, Evaluation};
use openloop_core::{Outcome, Targets};

impl Trainer {
    /// Whether [`Trainer::learn_row`] can be called: a network in f32 that learns from its first layer on, on one thread, from data without
    /// weights, augmentation and validation rows, of which there is one row.
    pub fn learns_rows(&self) -> bool {
        let is_plain = self.learner.weights().int8().is_none() && self.settings().frozen_layers() == 0;
        let data = &self.data;
        let is_one_row = data.train.len() == 1 && data.validation.is_none() && data.test.is_empty();
        is_plain && is_one_row && data.train.weights.is_empty() && !self.settings().flip && self.kernels.threads() == 1
    }

    /// Learns from one more row of features as they are measured, as an epoch over it alone would, and gives its loss. What the epochs
    /// before it found is forgotten.
    ///
    /// # Errors
    /// [`Diverged`] if the loss is not a finite number.
    ///
    /// # Panics
    /// If [`Trainer::learns_rows`] is false, the row has another length than those before, or the target is none of the network's.
    pub fn learn_row(&mut self, row: &[f64], target: &Targets<'_>) -> Result<f64, Diverged> {
        let x = self.x.room_for(row.len());
        self.preprocessing.apply_to_raw(row.len(), row, x);
        let (mut outcome, step) = (Outcome::default(), self.learner.counters().steps + 1);
        self.learner.learn(&self.kernels, x, target, &mut |seen| outcome = seen).expect(CHECKED);
        self.record_outcome(outcome, 1, step)?;
        let progress = &mut self.progress;
        progress.history.clear();
        let train = std::mem::take(&mut progress.running);
        progress.history.push(Epoch { train, test: Evaluation::default(), validation: None });
        (progress.epoch, progress.seen) = (progress.epoch + 1, 0);
        Ok(train.mean_loss())
    }
}
