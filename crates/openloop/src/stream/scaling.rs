//! Standardisation of a stream's features: fitted on the warm-up and kept, or going on with every row.

use crate::data::Preprocessing;
use serde::{Deserialize, Serialize};

/// Rows over which an adapting standardisation forgets.
const HORIZON: f32 = 1000.0;
/// A feature that varies less than this is only centred.
const SMALLEST_VARIANCE: f32 = 1e-20;

/// How the mean and the deviation change after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Adaptation {
    /// They do not change.
    Fixed,
    /// They follow the features, exponentially weighted: mean += (x - mean) / 1000, and the variance alike. The labels are
    /// not needed for that.
    Online,
    /// There are none: features are used as they come.
    Off,
}

openloop_core::named!(Adaptation: "standardise" { Online = "online", Fixed = "warmup", Off = "off" });

/// x' = (x - mean) / deviation, for each feature.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureScaling {
    adaptation: Adaptation,
    /// Mean and 1 / deviation, or whatever a model came with.
    preprocessing: Preprocessing,
    /// The variance; only where the standardisation adapts.
    variance: Vec<f32>,
}

impl FeatureScaling {
    /// Fitted to `rows: [n, features]`.
    pub fn fit(adaptation: Adaptation, features: usize, rows: &[f64]) -> Self {
        let count = (rows.len() / features.max(1)).max(1) as f64;
        let (mut mean, mut square) = (vec![0.0f64; features], vec![0.0f64; features]);
        for row in rows.chunks_exact(features.max(1)) {
            mean.iter_mut().zip(row).for_each(|(mean, &x)| *mean += x / count);
        }
        for row in rows.chunks_exact(features.max(1)) {
            let deviation = row.iter().zip(&mean).map(|(&x, mean)| x - mean);
            square.iter_mut().zip(deviation).for_each(|(square, d)| *square += d * d / count);
        }
        if adaptation == Adaptation::Off {
            let preprocessing = Preprocessing::new(vec![0.0; features], vec![1.0; features]);
            return FeatureScaling { adaptation, preprocessing, variance: Vec::new() };
        }
        let variance: Vec<f32> = square.iter().map(|&square| square as f32).collect();
        let scale = variance.iter().map(|&variance| inverse_deviation(variance)).collect();
        let offset = mean.iter().map(|&mean| mean as f32).collect();
        FeatureScaling::from_preprocessing(adaptation, Preprocessing::new(offset, scale), Some(variance))
    }

    /// As a model has it; `variance` where it is known to more than the scale tells.
    pub fn from_preprocessing(
        adaptation: Adaptation,
        preprocessing: Preprocessing,
        variance: Option<Vec<f32>>,
    ) -> Self {
        let variance = match adaptation {
            Adaptation::Online => {
                variance.unwrap_or_else(|| preprocessing.scale.iter().map(|scale| 1.0 / (scale * scale)).collect())
            }
            _ => Vec::new(),
        };
        FeatureScaling { adaptation, preprocessing, variance }
    }

    /// Mean and scale as they are now.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// What must be saved beside them; empty where they stay.
    pub fn variance(&self) -> &[f32] {
        &self.variance
    }

    /// Standardises a row, then learns from it.
    pub fn apply(&mut self, raw: &[f64], out: &mut [f32]) {
        standardise(&self.preprocessing, raw, out);
        if self.adaptation != Adaptation::Online {
            return;
        }
        let Preprocessing { offset, scale, origin } = &mut self.preprocessing;
        let moments = offset.iter_mut().zip(scale).zip(&mut self.variance);
        for (k, (((mean, scale), variance), &x)) in moments.zip(raw).enumerate() {
            let x = x - origin.get(k).copied().unwrap_or(0.0);
            let distance = (x - f64::from(*mean)) as f32;
            *mean += distance / HORIZON;
            *variance += (distance * (x - f64::from(*mean)) as f32 - *variance) / HORIZON;
            *scale = inverse_deviation(*variance);
        }
    }
}

/// Standardises one row or more: the distance is formed in f64, so that a small change of a large number is kept.
pub(super) fn standardise(preprocessing: &Preprocessing, raw: &[f64], out: &mut [f32]) {
    let Preprocessing { offset, scale, origin } = preprocessing;
    for (raw, out) in raw.chunks_exact(offset.len()).zip(out.chunks_exact_mut(offset.len())) {
        for (k, (((out, &x), &offset), &scale)) in out.iter_mut().zip(raw).zip(offset).zip(scale).enumerate() {
            let x = x - origin.get(k).copied().unwrap_or(0.0);
            *out = (x - f64::from(offset)) as f32 * scale;
        }
    }
}

fn inverse_deviation(variance: f32) -> f32 {
    if variance > SMALLEST_VARIANCE { 1.0 / variance.sqrt() } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fitted_feature_has_mean_0_and_deviation_1_and_a_constant_one_is_centred() {
        let rows = [1.0, 5.0, 3.0, 5.0, 5.0, 5.0];
        let mut scaling = FeatureScaling::fit(Adaptation::Fixed, 2, &rows);
        let mut out = [0.0; 2];
        scaling.apply(&rows[4..], &mut out);
        assert!((out[0] - 1.224_744_9).abs() < 1e-6 && out[1] == 0.0, "{out:?}");
        let before = scaling.clone();
        scaling.apply(&[1e6, 1e6], &mut out);
        assert_eq!(scaling, before);
    }

    #[test]
    fn an_adapting_standardisation_follows_a_sensor_that_moves_away() {
        let rows: Vec<f64> = (0..100).map(|k| f64::from(k % 2)).collect();
        let mut scaling = FeatureScaling::fit(Adaptation::Online, 1, &rows);
        let mut out = [0.0];
        for k in 0..10_000 {
            scaling.apply(&[20.0 + 4.0 * f64::from(k % 2)], &mut out);
        }
        assert!((out[0] - 1.0).abs() < 0.01, "{out:?}");
        let again = FeatureScaling::from_preprocessing(
            Adaptation::Online,
            scaling.preprocessing().clone(),
            Some(scaling.variance().to_vec()),
        );
        assert_eq!(again, scaling);
    }
}
