//! How much each training row counts: the weight of its class times its own.

use crate::data::{DataSet, Targets};
use crate::settings::Settings;

/// The weight of each training row, divided by their mean, so that learning rates keep their meaning; none if all count the same.
pub(super) fn row_weights(settings: &Settings, data: &DataSet) -> Option<Vec<f32>> {
    let of_class = class_weights(settings, data);
    let own = Some(&data.train.weights).filter(|weights| !weights.is_empty());
    let weights: Vec<f64> = match (of_class, own) {
        (None, None) => return None,
        (Some(of_class), None) => of_class,
        (None, Some(own)) => own.iter().map(|weight| f64::from(*weight)).collect(),
        (Some(of_class), Some(own)) => of_class.iter().zip(own).map(|(a, b)| a * f64::from(*b)).collect(),
    };
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    // validation may have taken all rows that count
    (mean > 0.0).then(|| weights.iter().map(|weight| (weight / mean) as f32).collect())
}

/// The weight of each training row's class.
fn class_weights(settings: &Settings, data: &DataSet) -> Option<Vec<f64>> {
    let (Some(weights), Targets::Labels(labels)) = (&settings.class_weights, &data.train.targets) else { return None };
    let mut rows = vec![0; data.classes.len()];
    labels.iter().for_each(|label| rows[*label as usize] += 1);
    let per_class = weights.per_class(&data.classes, &rows);
    Some(labels.iter().map(|label| f64::from(per_class[*label as usize])).collect())
}
