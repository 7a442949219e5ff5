//! Windows over the rows of a log: N moments, one row each, of C channels become one sample.

use super::DataError;
use super::window_features::WindowFeatures;
use openloop_core::Shape;
use serde::{Deserialize, Serialize};

/// Moments of a window at most, and rows between two windows at most.
const MAX_MOMENTS: usize = 1_000_000;
/// Nanoseconds in a second.
const NANOSECONDS: f64 = 1e9;
/// A row that comes more than so many steps after the one before begins a new recording.
const STEPS_TO_GAP: f64 = 1.5;

/// What was asked of windows; what was left out is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskedWindows {
    /// Moments of a window.
    pub moments: Option<usize>,
    /// Rows between the first moments of two windows.
    pub hop: Option<usize>,
    /// What a window becomes.
    pub features: Option<WindowFeatures>,
}

impl AskedWindows {
    /// Whether rows are to become windows.
    pub fn is_some(&self) -> bool {
        self.moments.is_some()
    }

    /// The windows asked for; none where rows stay samples. The hop is one window where nothing is said: no row is in two of them.
    ///
    /// # Errors
    /// A hop or features without a window, a window of fewer moments than its features need, a hop of 0, numbers out of all proportion.
    pub fn checked(&self) -> Result<Option<Windows>, DataError> {
        let refuse = |problem: String, remedy: &str| Err(DataError::Request { problem, remedy: remedy.into() });
        let Some(moments) = self.moments else {
            return match (self.hop, self.features) {
                (None, None) => Ok(None),
                (Some(hop), _) => {
                    refuse(format!("--hop {hop} without --window"), "say with --window N how many rows make a sample")
                }
                (_, Some(features)) => {
                    let remedy = "say with --window N how many rows make a sample";
                    refuse(format!("--features {features} without --window"), remedy)
                }
            };
        };
        let (hop, features) = (self.hop.unwrap_or(moments), self.features.unwrap_or_default());
        let least = features.least_moments();
        if !(least..=MAX_MOMENTS).contains(&moments) {
            let remedy = format!("take {least} to {MAX_MOMENTS} rows");
            return refuse(format!("--window {moments} with --features {features}"), &remedy);
        }
        if !(1..=MAX_MOMENTS).contains(&hop) {
            let remedy =
                format!("a window starts 1 to {MAX_MOMENTS} rows after the one before; leave --hop out for {moments}");
            return refuse(format!("--hop {hop}"), &remedy);
        }
        Ok(Some(Windows { moments, hop, features, time: None, step: None }))
    }

    /// Refuses other windows than those of a model, `own`.
    ///
    /// # Errors
    /// What was asked and is not the model's.
    pub fn check_same(&self, own: Option<&Windows>) -> Result<(), DataError> {
        let remedy = || "leave --window, --hop and --features out, or train another model".into();
        let (Some(asked), Some(own)) = (self.checked()?, own) else {
            return match (self.is_some(), own) {
                (true, None) => {
                    let problem = "--window, but the model takes single rows".into();
                    Err(DataError::Request { problem, remedy: remedy() })
                }
                _ => Ok(()),
            };
        };
        if (asked.moments, asked.hop, asked.features) == (own.moments, own.hop, own.features) {
            return Ok(());
        }
        let problem = format!("windows of {asked}, but the model takes windows of {own}");
        Err(DataError::Request { problem, remedy: remedy() })
    }
}

/// How rows become samples, as a model keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Windows {
    /// Rows of a window, N.
    pub moments: usize,
    /// Rows between the first moments of two windows that follow each other.
    pub hop: usize,
    /// What a window becomes.
    #[serde(default, skip_serializing_if = "WindowFeatures::is_raw")]
    pub features: WindowFeatures,
    /// The column that says when a row was measured; it is no channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<String>,
    /// Nanoseconds between two rows that follow each other: the median of the training data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<u64>,
}

impl Windows {
    /// The column that says when a row was measured.
    pub fn time(&self) -> Option<&str> {
        self.time.as_deref()
    }

    pub(super) fn with_time(self, time: Option<String>) -> Self {
        Windows { time, ..self }
    }

    /// Values of a sample of so many channels.
    pub fn values(&self, channels: usize) -> usize {
        channels.saturating_mul(self.features.values(self.moments))
    }

    /// The shape of a sample: a raw window of C channels is `[C, N, 1]`, so that a convolution slides along time; all else is a list.
    pub fn shape(&self, channels: usize) -> Shape {
        match self.features {
            WindowFeatures::Raw => Shape { channels, height: self.moments, width: 1 },
            _ => Shape::flat(self.values(channels)),
        }
    }

    /// Whether a window starts before the one before it has ended.
    pub fn overlap(&self) -> bool {
        self.hop < self.moments
    }

    /// The mean of each channel from those of a sample's values; of statistics it is not a number, as none of them is that mean.
    pub(super) fn channel_means(&self, means: &[f64], channels: usize) -> Vec<f64> {
        match self.features {
            WindowFeatures::Raw => means.iter().step_by(self.moments).copied().collect(),
            _ => vec![f64::NAN; channels],
        }
    }

    /// The names of a sample's values from those of its channels.
    pub(super) fn value_names(&self, channels: &[String]) -> Vec<String> {
        let names = self.features.value_names(self.moments);
        channels.iter().flat_map(|channel| names.iter().map(move |name| format!("{channel}: {name}"))).collect()
    }

    /// What contradicts itself, as numbers from a file may.
    ///
    /// # Errors
    /// Numbers that no training run would have written.
    pub(crate) fn check(&self) -> Result<(), String> {
        let asked = AskedWindows { moments: Some(self.moments), hop: Some(self.hop), features: Some(self.features) };
        asked.checked().map(|_| ()).map_err(|error| error.to_string())
    }

    /// Whether a row at the time `now` begins a new recording, after one at the time `before`, both in seconds: more than 1.5 steps
    /// lie between the two, or the clock was set back.
    pub fn is_gap(&self, before: f64, now: f64) -> bool {
        let passed = now - before;
        self.step.is_some_and(|step| passed > STEPS_TO_GAP * step as f64 / NANOSECONDS) || passed < 0.0
    }

    pub(super) fn has_step(&self) -> bool {
        self.step.is_some()
    }

    /// With the step between rows, the median of `passed`, the seconds between rows that follow each other.
    pub(super) fn with_step(self, mut passed: Vec<f64>) -> Self {
        passed.retain(|passed| *passed > 0.0);
        passed.sort_unstable_by(f64::total_cmp);
        let step = passed.get(passed.len() / 2).map(|step| (step * NANOSECONDS).round() as u64);
        Windows { step, ..self }
    }
}

/// `16 moments, hop 8, as stats`; a window as it is goes without saying.
impl std::fmt::Display for Windows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} moments, hop {}", self.moments, self.hop)?;
        match self.features {
            WindowFeatures::Raw => Ok(()),
            features => write!(f, ", as {features}"),
        }
    }
}

/// Counts the rows of a recording, and says with which of them a window is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowClock {
    /// Rows of the recording so far.
    rows: u64,
}

impl WindowClock {
    /// Takes a row, which may begin a new recording; true if it is the last moment of a window: the N-th row, and every M-th after it
    /// for a hop of M.
    pub fn tick(&mut self, windows: &Windows, is_new_recording: bool) -> bool {
        self.rows = if is_new_recording { 1 } else { self.rows + 1 };
        self.rows.checked_sub(windows.moments as u64).is_some_and(|more| more.is_multiple_of(windows.hop as u64))
    }

    /// Rows of the recording so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(moments: usize, hop: usize) -> Windows {
        AskedWindows { moments: Some(moments), hop: Some(hop), features: None }.checked().unwrap().unwrap()
    }

    #[test]
    fn a_window_is_complete_after_its_moments_and_then_with_every_hop() {
        let complete = |moments, hop| {
            let mut clock = WindowClock::default();
            let windows = windows(moments, hop);
            (0..12).filter(|row| clock.tick(&windows, *row == 7)).collect::<Vec<_>>()
        };
        assert_eq!(complete(3, 1), [2, 3, 4, 5, 6, 9, 10, 11]);
        assert_eq!(complete(3, 3), [2, 5, 9]);
        assert_eq!(complete(2, 4), [1, 5, 8]);
    }

    #[test]
    fn the_step_is_the_median_and_more_than_one_and_a_half_of_it_or_a_step_back_is_a_gap() {
        let windows = windows(3, 1).with_step(vec![0.02, 0.02, 5.0, 0.02, -3.0, 0.02]);
        assert_eq!(windows.step, Some(20_000_000));
        for (now, is_gap) in [(1.02, false), (1.029, false), (1.031, true), (0.9, true), (1.0, false)] {
            assert_eq!(windows.is_gap(1.0, now), is_gap, "{now}");
        }
    }

    #[test]
    fn a_hop_of_0_and_options_without_a_window_are_refused_by_name() {
        let refused =
            |moments, hop, features| AskedWindows { moments, hop, features }.checked().unwrap_err().to_string();
        assert!(refused(Some(8), Some(0), None).contains("--hop 0"));
        assert!(refused(None, Some(8), None).contains("--hop 8 without --window"));
        assert!(refused(None, None, Some(WindowFeatures::Stats)).contains("--features stats without --window"));
        assert!(refused(Some(1), None, None).contains("--window 1 with --features raw"));
        assert!(refused(Some(3), None, Some(WindowFeatures::Spectrum)).contains("--window 3 with --features spectrum"));
    }
}
