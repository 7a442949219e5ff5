//! How much each training row counts: the weight of its class.

use crate::data::{DataSet, Targets};
use crate::settings::Settings;

/// The weight of each training row, divided by their mean, so that learning rates keep their meaning; none if all count the same.
pub(super) fn row_weights(settings: &Settings, data: &DataSet) -> Option<Vec<f32>> {
    let (Some(weights), Targets::Labels(labels)) = (&settings.class_weights, &data.train.targets) else { return None };
    let mut rows = vec![0; data.classes.len()];
    labels.iter().for_each(|label| rows[*label as usize] += 1);
    let per_class = weights.per_class(&data.classes, &rows);
    let sum: f64 = per_class.iter().zip(&rows).map(|(weight, rows)| f64::from(*weight) * *rows as f64).sum();
    let mean = sum / labels.len() as f64;
    Some(labels.iter().map(|label| (f64::from(per_class[*label as usize]) / mean) as f32).collect())
}
