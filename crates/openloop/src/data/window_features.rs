//! What a window of a log becomes: the values themselves, statistics of each channel, or these and its spectrum.
//!
//! Of the N moments x_0, x_1, ... of a channel, of which n are known:
//!
//! | value | formula |
//! |---|---|
//! | mean | m = (1/n) sum x_t |
//! | deviation | sqrt((1/n) sum (x_t - m)^2) |
//! | minimum, maximum | the least and the largest x_t |
//! | RMS | sqrt((1/n) sum x_t^2) |
//! | crossings | how often x_t - m changes its sign from one known moment to the next; a 0 has the sign before it |
//! | band b | ln(E_b + 10^-12), see [`spectrum`](super::spectrum) |
//!
//! All but the last are single passes over the window; a missing moment has no part in them and counts as the mean in the spectrum. A
//! channel without any known moment has no values: they are NaN, which standardisation makes the mean.

use super::spectrum::{bands, log_energies};
use serde::{Deserialize, Serialize};

/// Values of the statistics of a channel, in their order.
const STATISTICS: [&str; 6] = ["mean", "deviation", "minimum", "maximum", "RMS", "crossings"];

/// What a window becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowFeatures {
    /// Its values as they are, channel by channel, each in the order of time: `[C, N]`.
    #[default]
    Raw,
    /// Of each channel: mean, standard deviation, minimum, maximum, root mean square, zero crossings after the mean is subtracted.
    Stats,
    /// The same, and the logarithm of the energy in each octave of its spectrum.
    Spectrum,
}

openloop_core::named!(WindowFeatures: "features" { Raw = "raw", Stats = "stats", Spectrum = "spectrum" });

impl WindowFeatures {
    pub(super) fn is_raw(&self) -> bool {
        *self == WindowFeatures::Raw
    }

    /// Moments that a window must have.
    pub fn least_moments(&self) -> usize {
        if *self == WindowFeatures::Spectrum { 4 } else { 2 }
    }

    /// Values of a channel in a window of so many moments.
    pub fn values(&self, moments: usize) -> usize {
        match self {
            WindowFeatures::Raw => moments,
            WindowFeatures::Stats => STATISTICS.len(),
            WindowFeatures::Spectrum => STATISTICS.len() + bands(moments),
        }
    }

    /// The names of a channel's values.
    pub(super) fn value_names(&self, moments: usize) -> Vec<String> {
        match self {
            WindowFeatures::Raw => (0..moments).map(|moment| format!("moment {moment}")).collect(),
            _ => {
                let bands = (0..self.values(moments) - STATISTICS.len()).map(|band| format!("band {band}"));
                STATISTICS.iter().map(|name| (*name).to_string()).chain(bands).collect()
            }
        }
    }

    /// Appends the values of a window, channel by channel. `moments: [N, channels]` are its rows in the order of time, NaN where a value
    /// is missing.
    pub fn append<'r>(&self, channels: usize, moments: impl Iterator<Item = &'r [f64]> + Clone, out: &mut Vec<f64>) {
        let mut known = Vec::new();
        for channel in 0..channels {
            let values = moments.clone().map(|row| row[channel]);
            if self.is_raw() {
                out.extend(values);
                continue;
            }
            known.clear();
            known.extend(values.clone().filter(|value| !value.is_nan()));
            let statistics = statistics(&known);
            out.extend(statistics);
            if *self == WindowFeatures::Spectrum {
                let mean = statistics[0];
                let centred = values.map(|value| if value.is_nan() { 0.0 } else { value - mean }).collect();
                let first = out.len();
                log_energies(centred, out);
                if known.is_empty() {
                    out[first..].fill(f64::NAN);
                }
            }
        }
    }
}

/// Mean, deviation, minimum, maximum, root mean square and crossings of known values; NaN where there are none.
fn statistics(x: &[f64]) -> [f64; STATISTICS.len()] {
    if x.is_empty() {
        return [f64::NAN; STATISTICS.len()];
    }
    let count = x.len() as f64;
    let mean = x.iter().sum::<f64>() / count;
    let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
    let square = x.iter().map(|x| x * x).sum::<f64>() / count;
    let (least, largest) =
        (x.iter().copied().fold(f64::INFINITY, f64::min), x.iter().copied().fold(f64::MIN, f64::max));
    [mean, libm::sqrt(variance), least, largest, libm::sqrt(square), f64::from(crossings(x, mean))]
}

/// How often the values change from one side of the mean to the other; a value equal to it stays on the side of the one before.
fn crossings(x: &[f64], mean: f64) -> u32 {
    let sides = x.iter().map(|x| x - mean).filter(|distance| *distance != 0.0).map(|distance| distance > 0.0);
    let next = sides.clone().skip(1);
    sides.zip(next).map(|(before, now)| u32::from(before != now)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(features: WindowFeatures, rows: &[[f64; 2]]) -> Vec<f64> {
        let mut out = Vec::new();
        features.append(2, rows.iter().map(|row| &row[..]), &mut out);
        assert_eq!(out.len(), 2 * features.values(rows.len()));
        assert_eq!(features.value_names(rows.len()).len(), features.values(rows.len()));
        out
    }

    #[test]
    fn a_raw_window_is_one_channel_after_the_other_along_time() {
        let out = of(WindowFeatures::Raw, &[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]);
        assert_eq!(out, [1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
    }

    #[test]
    fn statistics_are_those_counted_by_hand() {
        let out = of(WindowFeatures::Stats, &[[1.0, 5.0], [5.0, 5.0], [3.0, 5.0], [-1.0, 5.0]]);
        // mean 2, squares of distances 1 + 9 + 1 + 9, sides - + + -
        let expected = [2.0, 5.0f64.sqrt(), -1.0, 5.0, 3.0, 2.0];
        assert_eq!(out[..6], expected);
        assert_eq!(out[6..], [5.0, 0.0, 5.0, 5.0, 5.0, 0.0]);
    }

    #[test]
    fn a_value_equal_to_the_mean_is_no_crossing_of_its_own() {
        assert_eq!(crossings(&[1.0, 0.0, -1.0, 0.0, 0.0, 2.0], 0.0), 2);
        assert_eq!(crossings(&[0.0, 0.0, 0.0], 0.0), 0);
        assert_eq!(crossings(&[1.0, 0.0, 1.0], 0.0), 0);
    }

    #[test]
    fn a_missing_moment_has_no_part_and_a_missing_channel_has_no_values() {
        let nan = f64::NAN;
        let out = of(WindowFeatures::Spectrum, &[[1.0, nan], [nan, nan], [3.0, nan], [nan, nan]]);
        assert_eq!(out[..6], [2.0, 1.0, 1.0, 3.0, 5.0f64.sqrt(), 1.0]);
        assert!(out[6].is_finite() && out[7..].iter().all(|value| value.is_nan()), "{out:?}");
    }
}
