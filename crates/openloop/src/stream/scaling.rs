//! Standardisation of a stream's features: fitted on the warm-up and kept, or going on with every row; bounded in both cases.

use super::moments::{self, Moments};
use crate::data::{Preprocessing, TargetUnits};
use crate::kernels::known_or_0;
use openloop_core::standardise::{BOUND, is_identity};
use serde::{Deserialize, Serialize};

/// The part of a deviation by which an offset may be rounded to f32, so that a device has the same.
const ROUNDED: f64 = 0.01;

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

/// x' = (x - offset) scale for each feature, within [`BOUND`]. The distance x - offset is formed in f64, so that a small change
/// of a large number is kept; the rest are the bits of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardisation {
    offset: Vec<f64>,
    scale: Vec<f32>,
    bound: f32,
}

impl Standardisation {
    /// Of offsets and scales; values are taken as they come, without a bound, where all of them are 0 and 1.
    pub fn new(offset: Vec<f64>, scale: Vec<f32>) -> Self {
        let rounded: Vec<f32> = offset.iter().map(|offset| *offset as f32).collect();
        let bound = if is_identity(&rounded, &scale) { f32::INFINITY } else { BOUND };
        Standardisation { offset, scale, bound }
    }

    /// A network's own.
    pub fn of_preprocessing(preprocessing: Preprocessing) -> Self {
        let Preprocessing { offset, scale, origin } = preprocessing;
        let origin = origin.into_iter().chain(std::iter::repeat(0.0));
        Standardisation::new(
            offset.into_iter().zip(origin).map(|(offset, origin)| f64::from(offset) + origin).collect(),
            scale,
        )
    }

    /// Subtracted first.
    pub fn offset(&self) -> &[f64] {
        &self.offset
    }

    /// Multiplied after.
    pub fn scale(&self) -> &[f32] {
        &self.scale
    }

    /// The units of its values, which have these names.
    pub fn units(&self, names: &[String]) -> TargetUnits {
        let deviation = self.scale.iter().map(|scale| 1.0 / f64::from(*scale)).collect();
        TargetUnits { names: names.to_vec(), mean: self.offset.clone(), deviation }
    }

    /// For whoever computes in f32: the offsets are rounded, and those that must not be are origins.
    pub fn preprocessing(&self) -> Preprocessing {
        let far = |(offset, scale): (&f64, &f32)| if is_near_f32(*offset, *scale) { 0.0 } else { *offset };
        let origin: Vec<f64> = self.offset.iter().zip(&self.scale).map(far).collect();
        let rest = self.offset.iter().zip(&origin).map(|(offset, origin)| (offset - origin) as f32).collect();
        let origin = if origin.iter().all(|origin| *origin == 0.0) { Vec::new() } else { origin };
        Preprocessing { offset: rest, scale: self.scale.clone(), origin }
    }

    /// Standardises a row or more, in which a missing value, NaN, is the mean; gives the number of values that were bounded.
    pub fn apply(&self, raw: &[f64], out: &mut [f32]) -> u64 {
        let (features, mut bounded) = (self.offset.len().max(1), 0);
        for (raw, out) in raw.chunks_exact(features).zip(out.chunks_exact_mut(features)) {
            for (((out, &x), offset), scale) in out.iter_mut().zip(raw).zip(&self.offset).zip(&self.scale) {
                let y = known_or_0((x - offset) as f32 * scale);
                *out = y.clamp(-self.bound, self.bound);
                bounded += u64::from(y.abs() > self.bound);
            }
        }
        bounded
    }
}

/// The standardisation of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureScaling {
    adaptation: Adaptation,
    current: Standardisation,
    /// What it follows; only where it adapts.
    moments: Vec<Moments>,
}

impl FeatureScaling {
    /// Fitted to `rows: [n, features]`.
    pub fn fit(adaptation: Adaptation, features: usize, rows: &[f64]) -> Self {
        if adaptation == Adaptation::Off {
            let current = Standardisation::new(vec![0.0; features], vec![1.0; features]);
            return FeatureScaling { adaptation, current, moments: Vec::new() };
        }
        let mut values = Vec::new();
        let mut fit = |feature: usize| {
            values.clear();
            values.extend(rows.iter().skip(feature).step_by(features).filter(|value| !value.is_nan()));
            Moments::fit(&mut values)
        };
        let moments: Vec<Moments> = (0..features).map(&mut fit).collect();
        let offset = |moments: &Moments| match adaptation {
            Adaptation::Online => moments.mean,
            _ => rounded(moments),
        };
        let current =
            Standardisation::new(moments.iter().map(offset).collect(), moments.iter().map(Moments::scale).collect());
        FeatureScaling::of(adaptation, current, Some(moments))
    }

    /// As a model has it; without the moments that an adapting one followed, they are taken from its offsets and scales.
    pub(super) fn of(adaptation: Adaptation, current: Standardisation, moments: Option<Vec<Moments>>) -> Self {
        let moments = match adaptation {
            Adaptation::Online => moments.unwrap_or_else(|| {
                let each = current.offset.iter().zip(&current.scale);
                each.map(|(offset, scale)| Moments::of_scale(*offset, *scale)).collect()
            }),
            _ => Vec::new(),
        };
        // what follows the features soon differs from the identity
        let bound = if adaptation == Adaptation::Online { BOUND } else { current.bound };
        FeatureScaling { adaptation, current: Standardisation { bound, ..current }, moments }
    }

    /// As it is now.
    pub fn current(&self) -> &Standardisation {
        &self.current
    }

    /// What must be saved beside it; empty where it stays.
    pub fn numbers(&self) -> Vec<f64> {
        self.moments.iter().flat_map(Moments::numbers).collect()
    }

    /// Standardises a row and, if it adapts and is to `follow`, learns from it; gives the number of values that were bounded.
    pub fn apply(&mut self, raw: &[f64], out: &mut [f32], follow: bool) -> u64 {
        let bounded = self.current.apply(raw, out);
        if follow {
            self.follow(raw);
        }
        bounded
    }

    /// Learns from a row, if it adapts.
    pub fn follow(&mut self, raw: &[f64]) {
        let Standardisation { offset, scale, .. } = &mut self.current;
        for (((moments, offset), scale), &x) in self.moments.iter_mut().zip(offset).zip(scale).zip(raw) {
            moments.follow(x);
            (*offset, *scale) = (moments.mean, moments.scale());
        }
    }
}

/// The moments of `features` features from a file's numbers; none if no values lead to them.
pub(super) fn moments_of(numbers: &[f64], features: usize) -> Option<Vec<Moments>> {
    let (each, rest) = numbers.as_chunks::<{ moments::NUMBERS }>();
    let whole = each.len() == features && rest.is_empty();
    each.iter().map(Moments::of_numbers).collect::<Option<Vec<_>>>().filter(|_| whole)
}

/// Whether an offset may be rounded to f32: that moves values by a small part of a deviation.
fn is_near_f32(offset: f64, scale: f32) -> bool {
    (f64::from(offset as f32) - offset).abs() * f64::from(scale) <= ROUNDED
}

/// The mean, rounded to f32 where that matters little.
fn rounded(moments: &Moments) -> f64 {
    if is_near_f32(moments.mean, moments.scale()) { f64::from(moments.mean as f32) } else { moments.mean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fitted_feature_has_mean_0_and_deviation_1_and_a_constant_one_is_centred() {
        let rows = [1.0, 5.0, 3.0, 5.0, 5.0, 5.0];
        let mut scaling = FeatureScaling::fit(Adaptation::Fixed, 2, &rows);
        let mut out = [0.0; 2];
        assert_eq!(scaling.apply(&rows[4..], &mut out, true), 0);
        assert!((out[0] - 1.224_744_9).abs() < 1e-6 && out[1] == 0.0, "{out:?}");
        let before = scaling.clone();
        assert_eq!((scaling.apply(&[1e6, -1e300], &mut out, true), out), (2, [BOUND, -BOUND]));
        assert_eq!(scaling, before);
    }

    #[test]
    fn an_adapting_standardisation_follows_a_sensor_that_moves_away_unless_told_not_to() {
        let rows: Vec<f64> = (0..100).map(|k| f64::from(k % 2)).collect();
        let mut scaling = FeatureScaling::fit(Adaptation::Online, 1, &rows);
        let mut out = [0.0];
        let before = scaling.clone();
        scaling.apply(&[20.0], &mut out, false);
        assert_eq!(scaling, before);
        for k in 0..10_000 {
            scaling.apply(&[20.0 + 4.0 * f64::from(k % 2)], &mut out, true);
        }
        assert!((out[0] - 1.0).abs() < 0.01, "{out:?}");
        let moments = moments_of(&scaling.numbers(), 1);
        assert!(moments.is_some() && moments_of(&scaling.numbers(), 2).is_none());
        assert_eq!(FeatureScaling::of(Adaptation::Online, scaling.current().clone(), moments), scaling);
    }

    #[test]
    fn a_missing_value_is_the_mean_of_the_rows_so_far_and_moves_nothing() {
        let rows = [1.0, 5.0, f64::NAN, 3.0, 3.0, f64::NAN, 2.0, 4.0];
        for adaptation in [Adaptation::Fixed, Adaptation::Online] {
            let mut scaling = FeatureScaling::fit(adaptation, 2, &rows);
            assert_eq!(scaling.current().offset(), [2.0, 4.0]);
            let (before, mut out) = (scaling.clone(), [9.0; 2]);
            assert_eq!((scaling.apply(&[f64::NAN, f64::NAN], &mut out, true), out), (0, [0.0, 0.0]));
            assert_eq!(scaling, before);
        }
        let mut none = FeatureScaling::fit(Adaptation::Online, 1, &[f64::NAN; 3]);
        (0..100).for_each(|_| _ = none.apply(&[f64::NAN], &mut [0.0], true));
        assert_eq!((none.current().offset(), none.current().scale()), (&[0.0][..], &[1.0][..]));
    }

    #[test]
    fn a_small_change_of_a_large_number_is_kept_and_a_device_gets_offsets_of_f32() {
        let rows: Vec<f64> = (0..100).map(|k| 1.7e12 + f64::from(k % 2)).collect();
        let scaling = FeatureScaling::fit(Adaptation::Fixed, 1, &rows);
        let mut out = [0.0; 2];
        scaling.current().apply(&rows[..2], &mut out);
        assert_eq!(out, [-1.0, 1.0]);
        let near = FeatureScaling::fit(Adaptation::Fixed, 1, &[0.1, 0.2, 0.4]);
        assert_eq!(near.current().offset()[0], f64::from(near.current().preprocessing().offset[0]));
    }
}
