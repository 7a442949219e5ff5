//! The mean and the deviation of a feature, in f64, of which no single value can make nonsense.
//!
//! **Fitted** to a warm-up: values further from the median than 16 times what nine tenths of them are within are left out. A feature that
//! differs from its value in fewer than 3 rows, or by less than f64 can tell, is constant: its deviation is 0.
//!
//! **Following** the rows, exponentially weighted over 1,000: with z = (x - mean) / deviation,
//!
//! ```text
//! mean += deviation z / 1000        deviation *= sqrt(1 + (z^2 (1 - 1/1000) - 1) / 1000)
//! ```
//!
//! so no square of a value is formed, and nothing overflows. A value beyond 8 deviations is a glitch and changes nothing, unless
//! there were 20 more of them than of others: then the sensor's level has changed, and the moments are taken from those.

use openloop_core::standardise::BOUND;
use serde::{Deserialize, Serialize};

/// Rows over which the moments forget.
const HORIZON: f64 = 1000.0;
/// Values beyond the bound, less those within it, that are no glitches but a new level.
const NEW_LEVEL: f64 = 20.0;
/// Values that must differ from a feature's only value before it counts as varying.
const VARYING: f64 = 3.0;
/// The share of the values that says how far values usually lie from the median.
const USUAL_SHARE: f64 = 0.9;
/// How many times as far a value may lie that a fit takes.
const FIT_LIMIT: f64 = 16.0;
/// What varies by less than this share of its mean is constant: f64 holds sixteen digits.
const CONSTANT: f64 = 1e-14;
/// Numbers of a [`Moments`] in a file.
pub(super) const NUMBERS: usize = 5;

/// The moments of one feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "[f64; NUMBERS]", try_from = "[f64; NUMBERS]")]
pub(super) struct Moments {
    pub mean: f64,
    /// 0 of a feature that was constant so far.
    pub deviation: f64,
    /// Values that lay beyond the bound, less those that lay within it.
    outside: f64,
    /// Their mean; of a constant feature the smallest distance from its mean.
    level: f64,
    /// The sum of their squared distances from their mean.
    squares: f64,
}

impl Moments {
    /// Those of a mean and a scale, 1 / deviation.
    pub fn of_scale(mean: f64, scale: f32) -> Self {
        let deviation = if scale > 0.0 { 1.0 / f64::from(scale) } else { 0.0 };
        Moments { mean, deviation, ..Moments::default() }
    }

    /// Fitted to all values of a feature, whose order changes.
    pub fn fit(values: &mut [f64]) -> Self {
        let Some(last) = values.len().checked_sub(1) else { return Moments::default() };
        let median = *values.select_nth_unstable_by(last / 2, f64::total_cmp).1;
        let mut distances: Vec<f64> = values.iter().map(|x| (x - median).abs()).collect();
        let at = (USUAL_SHARE * last as f64).round() as usize;
        let mut usual = *distances.select_nth_unstable_by(at, f64::total_cmp).1;
        let constant = Moments { mean: median, ..Moments::default() };
        if usual == 0.0 {
            // nearly always the same value: what is usual among the others
            distances.retain(|distance| *distance > 0.0);
            if (distances.len() as f64) < VARYING {
                return constant;
            }
            let half = distances.len() / 2;
            usual = *distances.select_nth_unstable_by(half, f64::total_cmp).1;
        }
        if !usual.is_finite() {
            return constant;
        }
        // in units of the usual distance, of which no square overflows
        let kept = values.iter().map(|x| (x - median) / usual).filter(|u| u.abs() <= FIT_LIMIT);
        let count = kept.clone().count() as f64;
        let mean = kept.clone().sum::<f64>() / count;
        let variance = kept.map(|u| (u - mean) * (u - mean)).sum::<f64>() / count;
        let deviation = usual * variance.sqrt();
        if deviation <= CONSTANT * median.abs() {
            return constant;
        }
        Moments { mean: median + usual * mean, deviation, ..Moments::default() }
    }

    /// 1 / deviation; 1 of a constant feature, which is only centred.
    pub fn scale(&self) -> f32 {
        let scale = (1.0 / self.deviation) as f32;
        if self.deviation > 0.0 { scale.clamp(f32::MIN_POSITIVE, f32::MAX) } else { 1.0 }
    }

    /// Takes in the value x.
    #[inline(always)]
    pub fn follow(&mut self, x: f64) {
        let z = (x - self.mean) / self.deviation;
        if z.abs() <= f64::from(BOUND) {
            self.mean += self.deviation * z / HORIZON;
            self.deviation *= (1.0 + (z * z * (1.0 - 1.0 / HORIZON) - 1.0) / HORIZON).sqrt();
            self.outside = (self.outside - 1.0).max(0.0);
        } else {
            self.take_outside(x);
        }
    }

    /// Takes in a value beyond the bound, or any value of a constant feature; a missing one, NaN, changes nothing.
    #[cold]
    fn take_outside(&mut self, x: f64) {
        let distance = (x - self.mean).abs();
        if distance.is_nan() {
            return; // a missing value
        }
        if self.deviation == 0.0 && distance <= CONSTANT * self.mean.abs() {
            return;
        }
        if self.outside == 0.0 {
            (self.level, self.squares) = (x, 0.0);
        }
        self.outside += 1.0;
        if self.deviation == 0.0 {
            self.level = if self.outside == 1.0 { distance } else { self.level.min(distance) };
            if self.outside == VARYING {
                (self.deviation, self.outside) = (self.level, 0.0);
            }
            return;
        }
        let from = x - self.level;
        self.level = (self.level + from / self.outside).clamp(f64::MIN, f64::MAX);
        self.squares = (self.squares + from * (x - self.level)).min(f64::MAX);
        if self.outside >= NEW_LEVEL {
            let deviation = (self.squares / self.outside).sqrt();
            // no less than before: neighbouring rows may be of one class
            *self = Moments { mean: self.level, deviation: self.deviation.max(deviation), ..Moments::default() };
        }
    }

    /// As numbers for a file.
    pub fn numbers(&self) -> [f64; NUMBERS] {
        [self.mean, self.deviation, self.outside, self.level, self.squares]
    }

    /// From a file's numbers; none if no values lead to them.
    pub fn of_numbers(numbers: &[f64; NUMBERS]) -> Option<Self> {
        let [mean, deviation, outside, level, squares] = *numbers;
        let possible = numbers.iter().all(|number| number.is_finite())
            && deviation >= 0.0
            && (0.0..NEW_LEVEL).contains(&outside)
            && squares >= 0.0;
        possible.then_some(Moments { mean, deviation, outside, level, squares })
    }
}

impl From<Moments> for [f64; NUMBERS] {
    fn from(moments: Moments) -> Self {
        moments.numbers()
    }
}

impl TryFrom<[f64; NUMBERS]> for Moments {
    type Error = &'static str;

    fn try_from(numbers: [f64; NUMBERS]) -> Result<Self, Self::Error> {
        Moments::of_numbers(&numbers).ok_or("moments that no values lead to")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0, 1, 2, ... 9, 0, ... in some unit.
    fn sensor(rows: usize, unit: f64) -> Vec<f64> {
        (0..rows).map(|k| unit * (k % 10) as f64).collect()
    }

    #[test]
    fn a_fit_is_the_same_in_any_unit_and_whatever_glitches_are_among_the_values() {
        let deviation = 8.25f64.sqrt();
        for unit in [1e-300, 1e-12, 1.0, 1e20, 1e300] {
            let clean = Moments::fit(&mut sensor(500, unit));
            let mut values = sensor(500, unit);
            (0..20).for_each(|k| values[25 * k] = [f64::MAX, 9.96921e36 * unit.max(1.0), -1e9 * unit][k % 3]);
            let found = Moments::fit(&mut values);
            assert!((clean.mean / unit - 4.5).abs() < 1e-9 && (clean.deviation / unit - deviation).abs() < 1e-9);
            assert!((found.mean / unit - 4.5).abs() < 0.1 && (found.deviation / unit - deviation).abs() < 0.1);
        }
    }

    #[test]
    fn what_does_not_vary_is_constant_at_any_level_and_a_rare_flag_varies() {
        for level in [0.0, 1e-12, 1.7e12, -1e30] {
            let mut values = vec![level; 100];
            values[7] = 1e36;
            let constant = Moments::fit(&mut values);
            assert_eq!((constant.mean, constant.deviation, constant.scale()), (level, 0.0, 1.0));
        }
        let mut clock: Vec<f64> = (0..100).map(|k| 1.7e12 + f64::from(k)).collect();
        assert!((Moments::fit(&mut clock).deviation - 28.866).abs() < 0.001);
        let mut flag: Vec<f64> = (0..100).map(|k| f64::from(k % 20 == 0)).collect();
        assert!((Moments::fit(&mut flag).deviation - 0.2179).abs() < 0.001);
    }

    #[test]
    fn glitches_move_nothing_however_many_there_are_among_good_values() {
        let fitted = Moments::fit(&mut sensor(500, 1.0));
        let mut moments = fitted;
        for (k, x) in sensor(20_000, 1.0).into_iter().enumerate() {
            moments.follow(if k % 7 == 1 { [1e20, f64::MAX, -f64::MAX][k % 3] } else { x });
        }
        assert!((moments.mean - fitted.mean).abs() < 0.2 && (moments.deviation - fitted.deviation).abs() < 0.2);
    }

    #[test]
    fn a_new_level_is_followed_and_so_is_the_return_to_the_old_one() {
        let mut moments = Moments::fit(&mut sensor(500, 1.0));
        for (unit, level) in [(1.0, 1e6), (0.0, 9.96921e36), (1.0, 0.0), (1e3, 5e9)] {
            sensor(2000, unit).into_iter().for_each(|x| moments.follow(level + x));
            let z = |x: f64| ((level + x - moments.mean) * f64::from(moments.scale())).abs();
            assert!(z(0.0) < 4.0 && z(9.0 * unit) < 4.0, "{level}: {moments:?}");
        }
    }

    #[test]
    fn a_constant_feature_begins_to_vary_and_one_glitch_is_not_that() {
        let mut moments = Moments::fit(&mut [5.0; 100]);
        moments.follow(1e20);
        (0..100).for_each(|_| moments.follow(5.0));
        assert_eq!((moments.mean, moments.deviation), (5.0, 0.0));
        (0..3000).for_each(|k| moments.follow(5.0 + f64::from(k % 2)));
        assert!((moments.deviation - 0.5).abs() < 0.1 && (moments.mean - 5.5).abs() < 0.1, "{moments:?}");
    }

    #[test]
    fn they_are_the_same_after_a_file_and_what_no_values_lead_to_is_refused() {
        let mut moments = Moments::fit(&mut sensor(50, 1.0));
        [3.0, 1e300, -1e300, f64::MAX, f64::MIN].into_iter().for_each(|x| moments.follow(x));
        assert_eq!(Moments::of_numbers(&moments.numbers()), Some(moments));
        for (place, bad) in [(0, f64::NAN), (1, -1.0), (1, f64::INFINITY), (2, 20.0), (2, -1.0), (4, -1.0)] {
            let mut numbers = moments.numbers();
            numbers[place] = bad;
            assert_eq!(Moments::of_numbers(&numbers), None);
        }
    }
}
