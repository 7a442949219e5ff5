//! The targets of the rows of a batch, gathered from those of a data set, with how much each row counts.

use super::row_weights::row_weights;
use crate::data::{DataSet, Targets};
use crate::settings::Settings;

/// The weights of the training rows, and a buffer for a batch's targets.
#[derive(Debug)]
pub(super) struct BatchTargets {
    row_weights: Option<Vec<f32>>,
    labels: Vec<u32>,
    values: Vec<f32>,
    weights: Vec<f32>,
}

impl BatchTargets {
    /// A buffer for batches of the training rows.
    pub fn new(settings: &Settings, data: &DataSet) -> Self {
        let row_weights = row_weights(settings, data);
        BatchTargets { row_weights, labels: Vec::new(), values: Vec::new(), weights: Vec::new() }
    }

    /// The targets of `rows`, of which each has `outputs` outputs.
    pub fn gather(&mut self, targets: &Targets, rows: &[u32], outputs: usize) -> openloop_core::Targets<'_> {
        let weights = self.row_weights.as_ref().map(|all| {
            self.weights.clear();
            self.weights.extend(rows.iter().map(|&row| all[row as usize]));
            &self.weights[..]
        });
        match targets {
            Targets::Labels(labels) => {
                self.labels.clear();
                self.labels.extend(rows.iter().map(|&row| labels[row as usize]));
                match weights {
                    None => openloop_core::Targets::Labels(&self.labels),
                    Some(weights) => openloop_core::Targets::WeightedLabels(&self.labels, weights),
                }
            }
            Targets::Values(values) => {
                self.values.clear();
                for &row in rows {
                    self.values.extend_from_slice(&values[row as usize * outputs..][..outputs]);
                }
                match weights {
                    None => openloop_core::Targets::Values(&self.values),
                    Some(weights) => openloop_core::Targets::WeightedValues(&self.values, weights),
                }
            }
        }
    }
}
