//! Everything that decides what a stream does, beside its network and its data.

use super::baseline::Baseline;
use super::budget::LabelBudget;
use super::policy::Policy;
use super::scaling::Adaptation;
use serde::{Deserialize, Serialize};

/// What to do with a row that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnBadRow {
    /// Say so, count it, go on.
    Skip,
    /// End the stream there; what was learned is saved.
    Stop,
}

openloop_core::named!(OnBadRow: "on-bad-row" { Skip = "skip", Stop = "stop" });

/// What a stream without labels flags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnomalySetup {
    /// The labels of normal rows, for judging; none where labels are not read.
    pub normal: Vec<String>,
    /// Deviations of the cube root of the score, above its mean, beyond which a row is flagged.
    pub deviations: f32,
    /// Flagged rows, less a quarter of the others, from which on they are learned from.
    pub relearn_after: u64,
}

/// How a stream is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamSetup {
    /// Rows of the warm-up; none means the first segment up to 10,000, else 500.
    pub warmup: Option<u64>,
    /// Passes over it.
    pub warmup_epochs: u32,
    /// Places for classes that it does not know.
    pub reserve: usize,
    /// What becomes of the standardisation after it.
    pub adaptation: Adaptation,
    /// When the network learns.
    pub policy: Policy,
    /// Labels come that many rows late.
    pub delay: u64,
    /// Only every so many rows' labels may be learned from.
    pub label_every: u64,
    /// Only of a share of the rows a label is asked for; none means of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_budget: Option<LabelBudget>,
    /// The probability that a label is made wrong.
    pub label_noise: f32,
    /// What is flagged, where rows have no targets but themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anomaly: Option<AnomalySetup>,
    /// What runs beside the network.
    pub baselines: Vec<Baseline>,
    /// Rows of a segment where the data name none.
    pub segment_rows: u64,
    /// What to do with a row that cannot be used.
    pub on_bad_row: OnBadRow,
}
