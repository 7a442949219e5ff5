//! The options of a stream without labels.

use super::answer::TargetKind;
use super::setup::AnomalySetup;
use crate::settings::ConfigError;
#[cfg(feature = "clap")]
use crate::settings::headings;
use crate::settings::ranges::within;

/// Deviations of the score that a row is flagged beyond, where nothing is said.
const DEVIATIONS: f32 = 2.5;
/// Flagged rows, less a quarter of the others, after which the stream learns from them, where nothing is said.
const RELEARN_AFTER: u64 = 200;

/// What can be asked of a stream without labels.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct AnomalyOptions {
    /// Labels of normal rows, for --task anomaly
    ///
    /// Several are separated by commas. Every other label is that of an anomaly. Labels are compared with what was flagged and never
    /// learned from. [default: labels are not read]
    #[cfg_attr(feature = "clap", arg(long, value_name = "VALUES", help_heading = headings::DATA, value_delimiter = ',', hide_short_help = true))]
    pub normal: Vec<String>,
    /// Deviations beyond which --task anomaly flags a row [default: 2.5]
    ///
    /// Of the cube root of the score, above its mean.
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", help_heading = headings::LEARNING, hide_short_help = true, allow_negative_numbers = true))]
    pub flag_beyond: Option<f32>,
    /// Flagged rows after which they are learned from [default: 200]
    ///
    /// Four that are not flagged take one of them away: so many are no fault but another state. For --task anomaly.
    #[cfg_attr(feature = "clap", arg(long, value_name = "ROWS", help_heading = headings::LEARNING, hide_short_help = true))]
    pub relearn_after: Option<u64>,
}

impl AnomalyOptions {
    /// The setup; none where targets are learned.
    ///
    /// # Errors
    /// A number out of range, or options for other targets than these.
    pub fn setup(&self, kind: TargetKind, label: Option<&str>) -> Result<Option<AnomalySetup>, ConfigError> {
        if kind != TargetKind::Inputs {
            return self.check_unused(kind).map(|()| None);
        }
        if label.is_some() && self.normal.is_empty() {
            let (what, value) = ("label", label.unwrap_or_default().into());
            let instead = "--normal VALUE with it, which says the label of normal rows, or leave it out and name the column with --ignore";
            return Err(ConfigError::OfOtherTargets {
                what,
                value,
                targets: kind.described(),
                instead: instead.into(),
            });
        }
        let (deviations, relearn_after) =
            (self.flag_beyond.unwrap_or(DEVIATIONS), self.relearn_after.unwrap_or(RELEARN_AFTER));
        Ok(Some(AnomalySetup {
            normal: self.normal.clone(),
            deviations: within(
                deviations > 0.0 && deviations <= 100.0,
                "flag-beyond",
                deviations,
                "above 0 and at most 100",
            )?,
            relearn_after: within(
                (1..=1 << 40).contains(&relearn_after),
                "relearn-after",
                relearn_after,
                "from 1 to 2^40",
            )?,
        }))
    }

    fn check_unused(&self, kind: TargetKind) -> Result<(), ConfigError> {
        let asked = [
            ("normal", self.normal.first().cloned()),
            ("flag-beyond", self.flag_beyond.map(|value| value.to_string())),
            ("relearn-after", self.relearn_after.map(|value| value.to_string())),
        ];
        let refuse = |(what, value): (&'static str, Option<String>)| {
            let (value, targets) = (value?, kind.described());
            Some(ConfigError::OfOtherTargets { what, value, targets, instead: "--task anomaly with it".into() })
        };
        asked.into_iter().find_map(refuse).map_or(Ok(()), Err)
    }
}
