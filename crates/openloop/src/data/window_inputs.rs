//! The inputs of samples from those of rows, and how they are scaled: each value of its own, the moments of a raw channel alike.

use super::recordings::CutWindows;
use super::standardise::{origin, relative, standardise};
use super::{Columns, DataError, Preprocessing, WindowFeatures};
use std::path::Path;

/// Samples, and how their values become inputs.
pub(super) struct ScaledSamples {
    /// `[samples, size]`, relative to the origin.
    pub features: Vec<f32>,
    pub preprocessing: Preprocessing,
}

/// The rows that some of the windows are made of, in their order; these windows themselves where each sample is a row.
pub(super) fn rows_of(columns: &Columns, cut: Option<&CutWindows>, samples: &[u32]) -> Vec<u32> {
    let (Some(windows), Some(cut)) = (columns.windows(), cut) else { return samples.to_vec() };
    let mut is_used = vec![false; cut.ends.iter().max().map_or(0, |last| *last as usize + 1)];
    for sample in samples {
        let end = cut.ends[*sample as usize] as usize;
        is_used[end + 1 - windows.moments..=end].fill(true);
    }
    (0..is_used.len() as u32).filter(|row| is_used[*row as usize]).collect()
}

/// The samples `[samples, columns.sample_inputs()]` from the inputs of the rows `[rows, columns.inputs()]`.
///
/// # Errors
/// If the system has no memory for them.
pub(super) fn samples_of(
    path: &Path,
    columns: &Columns,
    cut: Option<&CutWindows>,
    inputs: Vec<f64>,
) -> Result<Vec<f64>, DataError> {
    let (Some(windows), Some(cut)) = (columns.windows(), cut) else { return Ok(inputs) };
    let channels = columns.inputs();
    let mut out = Vec::new();
    if out.try_reserve_exact(cut.len().saturating_mul(columns.sample_inputs())).is_err() {
        let problem = format!("{}: {} windows do not fit into this system's memory", path.display(), cut.len());
        return Err(DataError::Request { problem, remedy: "take a larger --hop, or --features stats".into() });
    }
    for end in &cut.ends {
        let end = *end as usize + 1;
        let moments = inputs[(end - windows.moments) * channels..end * channels].chunks_exact(channels);
        windows.features.append(channels, moments, &mut out);
    }
    Ok(out)
}

/// Standardises samples by those of them to train on; `known` is the origin of a model, if there is one.
pub(super) fn scaled(columns: &Columns, samples: Vec<f64>, known: Option<&[f64]>, train: &[u32]) -> ScaledSamples {
    let (size, moments) = (columns.sample_inputs(), raw_moments(columns));
    let own = || match moments {
        1 => origin(&samples, size),
        _ => {
            let all: Vec<u32> = (0..(samples.len() / size) as u32).collect();
            let channels = columns.inputs();
            repeated(&origin(&moments_of(&samples, (channels, moments), &all), channels), moments)
        }
    };
    let origin = known.map_or_else(own, <[f64]>::to_vec);
    let features = relative(&samples, &origin);
    let preprocessing = Preprocessing { origin, ..standardise_samples(columns, &features, train) };
    ScaledSamples { features, preprocessing }
}

/// The moments of which a raw channel has a value each; 1 where each value of a sample stands for itself.
fn raw_moments(columns: &Columns) -> usize {
    columns.windows().filter(|windows| windows.features == WindowFeatures::Raw).map_or(1, |windows| windows.moments)
}

/// Mean and deviation of samples `features: [_, columns.sample_inputs()]` over those of them to train on; all moments of a raw channel
/// have the same.
pub(super) fn standardise_samples(columns: &Columns, features: &[f32], train: &[u32]) -> Preprocessing {
    let (channels, moments) = (columns.inputs(), raw_moments(columns));
    if moments == 1 {
        return standardise(features, columns.sample_inputs(), train);
    }
    let rows: Vec<u32> = (0..(train.len() * moments) as u32).collect();
    let Preprocessing { offset, scale, .. } =
        standardise(&moments_of(features, (channels, moments), train), channels, &rows);
    let [offset, scale] = [offset, scale].map(|values| repeated(&values, moments));
    Preprocessing::new(offset, scale)
}

/// Each value so many times.
fn repeated<T: Copy>(values: &[T], times: usize) -> Vec<T> {
    values.iter().flat_map(|value| std::iter::repeat_n(*value, times)).collect()
}

/// The moments of some raw windows `[_, channels, moments]` as rows `[windows, moments, channels]`.
fn moments_of<T: Copy>(samples: &[T], (channels, moments): (usize, usize), windows: &[u32]) -> Vec<T> {
    let mut out = Vec::with_capacity(windows.len() * channels * moments);
    for window in windows {
        let sample = &samples[*window as usize * channels * moments..][..channels * moments];
        out.extend(
            (0..moments).flat_map(|moment| (0..channels).map(move |channel| sample[channel * moments + moment])),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::windows::AskedWindows;
    use super::*;

    #[test]
    fn all_moments_of_a_channel_are_scaled_alike() {
        let asked = AskedWindows { moments: Some(2), hop: Some(1), features: None };
        let columns = Columns::new(vec!["a".into(), "b".into()], "label").with_windows(None, asked.checked().unwrap());
        // windows of two channels by two moments
        let samples = vec![1.0, 2.0, 10.0, 10.0, 2.0, 3.0, 10.0, 30.0, 9.0, 9.0, 9.0, 9.0];
        let ScaledSamples { features, preprocessing } = scaled(&columns, samples, None, &[0, 1]);
        assert_eq!(features.len(), 12);
        assert_eq!(preprocessing.offset, [2.0, 2.0, 15.0, 15.0]);
        let deviations = preprocessing.scale.iter().map(|scale| 1.0 / scale).collect::<Vec<f32>>();
        assert!((deviations[0] - 0.5f32.sqrt()).abs() < 1e-6 && (deviations[2] - 75f32.sqrt()).abs() < 1e-4);
        assert_eq!((deviations[0], deviations[2]), (deviations[1], deviations[3]));
    }
}
