//! The unit of real-valued targets: a network learns them with mean 0 and standard deviation 1, a user sees them as they were.

use serde::{Deserialize, Serialize};

/// What real-valued targets are called, and how they are standardised: z = (t - mean) / deviation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetUnits {
    /// Their names.
    pub names: Vec<String>,
    /// Their means over the training rows.
    pub mean: Vec<f64>,
    /// Their standard deviations over the training rows; 1 for a target that is the same in all of them.
    pub deviation: Vec<f64>,
}

impl Eq for TargetUnits {}

impl TargetUnits {
    /// The units of `targets: [rows, names.len()]`, those of the training rows.
    ///
    /// ```
    /// use openloop::data::TargetUnits;
    ///
    /// let units = TargetUnits::of(&[10.0, 30.0], vec!["price".into()]);
    /// assert_eq!((units.mean[0], units.deviation[0]), (20.0, 10.0));
    /// assert_eq!(units.standardised(&[30.0]), [1.0]);
    /// assert_eq!(units.restored(&[-1.0]), [10.0]);
    /// ```
    pub fn of(targets: &[f64], names: Vec<String>) -> Self {
        let width = names.len().max(1);
        let rows = (targets.len() / width).max(1) as f64;
        let column = |k: usize| targets.iter().skip(k).step_by(width);
        let mean: Vec<f64> = (0..names.len()).map(|k| column(k).map(|t| t / rows).sum()).collect();
        let deviation = (0..names.len()).map(|k| {
            let largest = column(k).fold(0.0, |most, t| f64::max(most, (t - mean[k]).abs()));
            // scaled first, so that no square overflows
            let squares: f64 = column(k).map(|t| ((t - mean[k]) / largest).powi(2) / rows).sum();
            let deviation = largest * squares.sqrt();
            if deviation.is_finite() && deviation > 0.0 { deviation } else { 1.0 }
        });
        TargetUnits { deviation: deviation.collect(), mean, names }
    }

    /// Standardised targets.
    pub fn standardised(&self, targets: &[f64]) -> Vec<f32> {
        let one = |(k, t): (usize, &f64)| ((t - self.mean[k]) / self.deviation[k]) as f32;
        targets.chunks(self.names.len().max(1)).flat_map(|row| row.iter().enumerate().map(one)).collect()
    }

    /// Targets in their own unit again.
    pub fn restored(&self, standardised: &[f32]) -> Vec<f64> {
        let one = |(k, z): (usize, &f32)| f64::from(*z) * self.deviation[k] + self.mean[k];
        standardised.chunks(self.names.len().max(1)).flat_map(|row| row.iter().enumerate().map(one)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_a_unit_of_its_own_and_large_ones_lose_nothing() {
        let targets = [1e12, 1.0, 1e12 + 2.0, 1.0];
        let units = TargetUnits::of(&targets, vec!["a".into(), "b".into()]);
        assert_eq!((units.mean.as_slice(), units.deviation.as_slice()), (&[1e12 + 1.0, 1.0][..], &[1.0, 1.0][..]));
        assert_eq!(units.standardised(&targets), [-1.0, 0.0, 1.0, 0.0]);
        assert_eq!(units.restored(&units.standardised(&targets)), targets);
    }

    #[test]
    fn targets_of_any_size_have_a_finite_deviation() {
        for size in [1e-200, 1e200, f64::MAX / 4.0] {
            let units = TargetUnits::of(&[size, -size], vec!["a".into()]);
            assert!((units.deviation[0] / size - 1.0).abs() < 1e-12, "{size}: {units:?}");
        }
    }
}
