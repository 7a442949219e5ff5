//! The mean and the deviation of a value that comes again and again: exact over the first thousand, then exponentially weighted.

use serde::{Deserialize, Serialize};

/// Values over which they forget.
const HORIZON: u32 = 1000;
/// The most deviations from the mean that a standardised value says.
const BOUND: f64 = 8.0;

/// What is known of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u32,
    /// The mean.
    pub mean: f64,
    variance: f64,
}

impl Moments {
    /// Takes in a value: mean += (x - mean) / n, and the variance alike, with n the number of values, at most 1,000.
    pub fn follow(&mut self, x: f64) {
        self.count = (self.count + 1).min(HORIZON);
        let (n, before) = (f64::from(self.count), x - self.mean);
        self.mean += before / n;
        let variance = self.variance + (before * (x - self.mean) - self.variance) / n;
        // what overflows is no variance
        self.variance = if variance.is_finite() { variance } else { f64::MAX };
    }

    /// The standard deviation; 1 of a value that was always the same.
    pub fn deviation(&self) -> f64 {
        let deviation = self.variance.sqrt();
        if deviation > f64::MIN_POSITIVE { deviation } else { 1.0 }
    }

    /// (x - mean) / deviation, within 8 deviations.
    pub fn standardised(&self, x: f64) -> f32 {
        ((x - self.mean) / self.deviation()).clamp(-BOUND, BOUND) as f32
    }
}
