//! What is measured in a run, apart from how it is shown or kept.

mod json_lines;
mod tensorboard;

pub use json_lines::JsonLines;
pub use tensorboard::EventWriter;

use crate::learner::{DataDescription, Epoch};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One finished epoch, as it is shown and logged. Errors are percentages of wrong answers, absent for a regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// Loss a sample, as the learning steps saw it.
    pub train_loss: f64,
    /// Error as the learning steps saw it.
    pub train_error: Option<f64>,
    /// Loss a test sample.
    pub test_loss: f64,
    /// Error on the test rows.
    pub test_error: Option<f64>,
    /// The root mean squared error on the test rows, in the unit of the target, where there is one target with a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_rmse: Option<f64>,
    /// Loss a validation sample, where there are such rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// Error on the validation rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_error: Option<f64>,
    /// The root mean squared error on the validation rows, as `test_rmse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_rmse: Option<f64>,
    /// The output layer's learning rate at the end of the epoch.
    pub learning_rate: f32,
    /// Time the learning steps took, in this process; not known of an epoch whose line of the log was lost.
    #[serde(default)]
    pub seconds: Option<f64>,
    /// The angle in degrees between the rule's teaching signal and backpropagation's at each hidden layer, first to last;
    /// empty if not measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub angles: Vec<f64>,
}

impl EpochReport {
    /// The report on `epoch`, the `number`-th, on data of which `about` tells.
    pub fn new(number: u32, epoch: &Epoch, about: &DataDescription, learning_rate: f32, seconds: Option<f64>) -> Self {
        let classes = !about.classes.is_empty();
        EpochReport {
            test_rmse: epoch.test.rmse(about.units.as_ref()),
            validation_loss: epoch.validation.map(|judged| judged.mean_loss()),
            validation_error: epoch.validation.filter(|_| classes).map(|judged| judged.error()),
            validation_rmse: epoch.validation.and_then(|judged| judged.rmse(about.units.as_ref())),
            epoch: number,
            train_loss: epoch.train.mean_loss(),
            train_error: classes.then(|| epoch.train.error()),
            test_loss: epoch.test.mean_loss(),
            test_error: classes.then(|| epoch.test.error()),
            learning_rate,
            seconds,
            angles: Vec::new(),
        }
    }

    /// Whether both say the same of the same epoch, as far as a checkpoint knows it.
    pub(super) fn is_of_same_epoch(&self, other: &Self) -> bool {
        let said = |report: &Self| EpochReport { seconds: None, angles: Vec::new(), ..report.clone() };
        said(self) == said(other)
    }

    /// The named curves a report adds a point to.
    pub fn scalars(&self) -> impl Iterator<Item = (Cow<'static, str>, f64)> {
        let angles = (1..).zip(&self.angles).map(|(layer, angle)| (format!("angle/hidden {layer}").into(), *angle));
        [
            ("loss/train", Some(self.train_loss)),
            ("loss/test", Some(self.test_loss)),
            ("error/train", self.train_error),
            ("error/test", self.test_error),
            ("rmse/test", self.test_rmse),
            ("loss/validation", self.validation_loss),
            ("error/validation", self.validation_error),
            ("rmse/validation", self.validation_rmse),
            ("learning_rate", Some(self.learning_rate as f64)),
            ("seconds_per_epoch", self.seconds),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name.into(), value)))
        .chain(angles)
    }
}
