//! Features become f32 without losing what tells them apart, and get mean 0 and standard deviation 1.
//!
//! A reading of 5,800,000.31 m in f32 is off by up to 0.25 m. Where that matters, the column's mean is subtracted in f64 before its
//! values become f32: its *origin*. Ordinary columns have the origin 0, and their values the bits that they always had.

use super::Preprocessing;

/// A column whose largest value is that many standard deviations or more away from 0 needs an origin.
const MAX_DEVIATIONS: f64 = 1000.0;
/// Values that differ by less than so many times the precision of f64 are one value, written with rounding errors.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// What to subtract from each column of `features: [rows, size]` before its values become f32: its mean where that is large beside the
/// deviation and values are not exact in f32, else 0. Empty if that is 0 for all. It depends on all rows, so that it stays the same
/// however they are split; what it adds is taken back by the offset, which is of the training rows alone.
pub(super) fn origin(features: &[f64], size: usize) -> Vec<f64> {
    let rows = || features.chunks_exact(size.max(1));
    let (mut mean, mut exact) = (vec![0.0f64; size], vec![true; size]);
    let (mut lowest, mut highest) = (vec![f64::INFINITY; size], vec![f64::NEG_INFINITY; size]);
    let count = known(size, rows());
    // a missing value has no part in this
    let values = || rows().flat_map(|row| row.iter().enumerate()).filter(|(_, value)| !value.is_nan());
    for (k, &value) in values() {
        mean[k] += value / count[k];
        exact[k] &= f64::from(value as f32) == value;
        (lowest[k], highest[k]) = (lowest[k].min(value), highest[k].max(value));
    }
    let mut variance = vec![0.0f64; size];
    for (k, &value) in values() {
        let distance = value - mean[k];
        variance[k] += distance * distance / count[k];
    }
    let needed = |k: usize| {
        let largest = lowest[k].abs().max(highest[k].abs());
        let constant = highest[k] - lowest[k] <= ROUNDING * largest;
        !exact[k] && !constant && largest > MAX_DEVIATIONS * libm::sqrt(variance[k])
    };
    let origin: Vec<f64> = (0..size).map(|k| if needed(k) { mean[k] } else { 0.0 }).collect();
    if origin.iter().all(|origin| *origin == 0.0) { Vec::new() } else { origin }
}

/// The values of whole rows, relative to `origin`, which is empty for 0.
pub(super) fn relative(features: Vec<f64>, origin: &[f64]) -> Vec<f32> {
    if origin.is_empty() {
        return features.into_iter().map(|value| value as f32).collect();
    }
    let row =
        |row: &[f64]| -> Vec<f32> { row.iter().zip(origin).map(|(value, origin)| (value - origin) as f32).collect() };
    features.chunks_exact(origin.len()).flat_map(row).collect()
}

/// How many values of each feature are not missing in these rows.
fn known<'r, T: Copy + Into<f64> + 'r>(size: usize, rows: impl Iterator<Item = &'r [T]> + Clone) -> Vec<f64> {
    let is_missing = |value: &T| (*value).into().is_nan();
    let mut counts = vec![rows.clone().count() as f64; size];
    for row in rows.filter(|row| row.iter().any(is_missing)) {
        counts.iter_mut().zip(row).for_each(|(count, value)| *count -= f64::from(u8::from(is_missing(value))));
    }
    counts
}

/// Mean 0 and standard deviation 1 for each feature over the rows `rows` of `features: [_, size]`, in which a missing value, NaN, is
/// the mean of the others.
pub(super) fn standardise(features: &[f32], size: usize, rows: &[u32]) -> Preprocessing {
    let row = |row: u32| &features[row as usize * size..][..size];
    let count = rows.len() as f64;
    let known = known(size, rows.iter().map(|r| row(*r)));
    let mut mean = vec![0.0f64; size];
    for &r in rows {
        mean.iter_mut()
            .zip(row(r))
            .for_each(|(sum, &value)| *sum += if value.is_nan() { 0.0 } else { f64::from(value) });
    }
    // of a feature without values in these rows it is 0
    mean.iter_mut().zip(&known).for_each(|(sum, known)| *sum /= known.max(1.0));
    let offset: Vec<f32> = mean.iter().map(|&mean| mean as f32).collect();
    let mut variance = vec![0.0f64; size];
    let mut constant = vec![true; size];
    let first = first_known(size, rows.iter().map(|r| row(*r)));
    for &r in rows {
        for (i, &value) in row(r).iter().enumerate() {
            if value.is_nan() {
                continue;
            }
            let distance = f64::from(value) - mean[i];
            variance[i] += distance * distance / count;
            constant[i] &= value == first[i];
        }
    }
    let scale = |(&variance, &constant): (&f64, &bool)| {
        let scale = (1.0 / libm::sqrt(variance)) as f32;
        if constant || !scale.is_finite() { 1.0 } else { scale }
    };
    let scale = variance.iter().zip(&constant).map(scale).collect();
    Preprocessing { offset, scale, origin: Vec::new() }
}

/// The first value of each feature that is not missing.
fn first_known<'r>(size: usize, rows: impl Iterator<Item = &'r [f32]>) -> Vec<f32> {
    let mut first = vec![f32::NAN; size];
    for row in rows {
        first.iter_mut().zip(row).filter(|(first, _)| first.is_nan()).for_each(|(first, value)| *first = *value);
        if first.iter().all(|value| !value.is_nan()) {
            break;
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_whose_f32_would_lose_what_differs_have_an_origin() {
        let column = |values: &[f64]| origin(values, 1);
        assert!(matches!(column(&[5_800_000.1, 5_800_000.3])[..], [mean] if (mean - 5_800_000.2).abs() < 1e-6));
        for ordinary in
            [[0.1, 0.3], [1e6, 1e6 + 1.0], [123_456_789.0, 1.0], [0.3, 0.1 + 0.2], [1e30, -1e30], [7.1, 7.1]]
        {
            assert!(column(&ordinary).is_empty(), "{ordinary:?}");
        }
    }

    #[test]
    fn features_of_any_unit_have_deviation_1() {
        for unit in [1e-30, 1e-12, 1.0, 1e12, 1e25, 1e37] {
            let features: Vec<f32> = [1.0, 2.0, 3.0, 4.0].map(|value: f64| (value * unit) as f32).into();
            let found = standardise(&features, 1, &[0, 1, 2, 3]);
            let mut out = [0.0; 4];
            found.apply(1, &features, &mut out);
            let square = out.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 4.0;
            assert!((square - 1.0).abs() < 1e-4, "{unit}: {out:?}");
        }
    }
}
