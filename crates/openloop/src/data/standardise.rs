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
pub fn origin(features: &[f64], size: usize) -> Vec<f64> {
    origin_of_rows(size, &|each| features.chunks_exact(size.max(1)).for_each(each))
}

/// The same for rows of `size` features that are visited.
pub fn origin_of_rows(size: usize, rows: &EachRow<'_, f64>) -> Vec<f64> {
    let (mut mean, mut exact) = (vec![0.0f64; size], vec![true; size]);
    let (mut lowest, mut highest) = (vec![f64::INFINITY; size], vec![f64::NEG_INFINITY; size]);
    let count = known(size, rows);
    // a missing value has no part in this
    rows(&mut |row| {
        for (k, &value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            mean[k] += value / count[k];
            exact[k] &= f64::from(value as f32) == value;
            (lowest[k], highest[k]) = (lowest[k].min(value), highest[k].max(value));
        }
    });
    let mut variance = vec![0.0f64; size];
    rows(&mut |row| {
        for (k, &value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let distance = value - mean[k];
            variance[k] += distance * distance / count[k];
        }
    });
    let needed = |k: usize| {
        let largest = lowest[k].abs().max(highest[k].abs());
        let constant = highest[k] - lowest[k] <= ROUNDING * largest;
        !exact[k] && !constant && largest > MAX_DEVIATIONS * libm::sqrt(variance[k])
    };
    let origin: Vec<f64> = (0..size).map(|k| if needed(k) { mean[k] } else { 0.0 }).collect();
    if origin.iter().all(|origin| *origin == 0.0) { Vec::new() } else { origin }
}

/// The values of whole rows, relative to `origin`, which is empty for 0.
pub fn relative(features: &[f64], origin: &[f64]) -> Vec<f32> {
    if origin.is_empty() {
        return features.iter().map(|value| *value as f32).collect();
    }
    let row =
        |row: &[f64]| -> Vec<f32> { row.iter().zip(origin).map(|(value, origin)| (value - origin) as f32).collect() };
    features.chunks_exact(origin.len()).flat_map(row).collect()
}

/// Calls a function with each of some rows.
pub type EachRow<'r, T> = dyn Fn(&mut dyn FnMut(&[T])) + 'r;

/// How many values of each feature are not missing in these rows.
fn known<T: Copy + Into<f64>>(size: usize, rows: &EachRow<'_, T>) -> Vec<f64> {
    let (mut count, mut missing) = (0.0, vec![0.0; size]);
    rows(&mut |row| {
        count += 1.0;
        let holes = missing.iter_mut().zip(row).filter(|(_, value)| (**value).into().is_nan());
        holes.for_each(|(missing, _)| *missing += 1.0);
    });
    missing.into_iter().map(|missing| count - missing).collect()
}

/// Mean 0 and standard deviation 1 for each feature over the rows `rows` of `features: [_, size]`, in which a missing value, NaN, is
/// the mean of the others.
pub(super) fn standardise(features: &[f32], size: usize, rows: &[u32]) -> Preprocessing {
    standardise_rows(size, rows.len(), &|each| {
        rows.iter().for_each(|row| each(&features[*row as usize * size..][..size]));
    })
}

/// The same for `count` rows of `size` features that are visited.
pub(super) fn standardise_rows(size: usize, count: usize, rows: &EachRow<'_, f32>) -> Preprocessing {
    let count = count as f64;
    let known = known(size, rows);
    let mut mean = vec![0.0f64; size];
    rows(&mut |row| {
        mean.iter_mut().zip(row).for_each(|(sum, &value)| *sum += if value.is_nan() { 0.0 } else { f64::from(value) });
    });
    // of a feature without values in these rows it is 0
    mean.iter_mut().zip(&known).for_each(|(sum, known)| *sum /= known.max(1.0));
    let offset: Vec<f32> = mean.iter().map(|&mean| mean as f32).collect();
    let mut variance = vec![0.0f64; size];
    let mut constant = vec![true; size];
    let mut first = vec![f32::NAN; size];
    rows(&mut |row| {
        for (i, &value) in row.iter().enumerate() {
            if value.is_nan() {
                continue;
            }
            let distance = f64::from(value) - mean[i];
            variance[i] += distance * distance / count;
            first[i] = if first[i].is_nan() { value } else { first[i] };
            constant[i] &= value == first[i];
        }
    });
    let scale = |(&variance, &constant): (&f64, &bool)| {
        let scale = (1.0 / libm::sqrt(variance)) as f32;
        if constant || !scale.is_finite() { 1.0 } else { scale }
    };
    let scale = variance.iter().zip(&constant).map(scale).collect();
    Preprocessing { offset, scale, origin: Vec::new() }
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
