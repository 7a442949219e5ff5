//! Where a training run stands between its epochs, and how it ends.

use super::evaluation::Evaluation;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a run stands, beside what its learner counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingProgress {
    /// Epochs finished.
    pub epoch: u32,
    /// Samples seen in the epoch under way.
    pub seen: usize,
    /// What the learning steps of the epoch under way saw before they changed anything.
    pub running: Evaluation,
    /// One entry for each finished epoch.
    pub history: Vec<Epoch>,
}

/// A finished epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// What the learning steps saw, each before it changed the weights.
    pub train: Evaluation,
    /// On the test rows, after the epoch.
    pub test: Evaluation,
    /// On the validation rows, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Evaluation>,
}

/// A number of the run is no longer finite.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("training diverged in epoch {epoch}, step {step}: {quantity} is {value}; a smaller --lr may help")]
pub struct Diverged {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// The step, counted from 1 over the whole run.
    pub step: u64,
    /// What is no longer a number.
    pub quantity: &'static str,
    /// Its value.
    pub value: f32,
}

/// Why a call of [`super::trainer::Trainer::train_epoch`] came back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EpochEnd {
    /// The epoch is finished; this is how long its learning steps took in this process.
    Epoch(Duration),
    /// The callback asked to stop; the state is whole and can be saved.
    Stopped,
}
