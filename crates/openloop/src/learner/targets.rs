//! The targets of the rows of a batch, gathered from those of a data set.

use crate::data::Targets;

/// A buffer for a batch's targets.
#[derive(Debug, Default)]
pub(super) struct BatchTargets {
    labels: Vec<u32>,
    values: Vec<f32>,
}

impl BatchTargets {
    /// The targets of `rows`, of which each has `outputs` outputs.
    pub fn gather(&mut self, targets: &Targets, rows: &[u32], outputs: usize) -> openloop_core::Targets<'_> {
        match targets {
            Targets::Labels(labels) => {
                self.labels.clear();
                self.labels.extend(rows.iter().map(|&row| labels[row as usize]));
                openloop_core::Targets::Labels(&self.labels)
            }
            Targets::Values(values) => {
                self.values.clear();
                for &row in rows {
                    self.values.extend_from_slice(&values[row as usize * outputs..][..outputs]);
                }
                openloop_core::Targets::Values(&self.values)
            }
        }
    }
}
