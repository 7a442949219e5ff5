//! All that a stream without labels keeps beside its network and the counts of every stream.

use super::super::score::MAX_COUNT;
use super::alarms::Alarms;
use super::course::ScoreCourse;
use super::ranked::RankedScores;
use super::threshold::Threshold;
use serde::{Deserialize, Serialize};

/// The state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnomalyState {
    /// What is flagged.
    pub threshold: Threshold,
    /// Rows that were.
    pub flagged: u64,
    /// The scores of labelled rows.
    pub ranked: RankedScores,
    /// The stretches of anomalies.
    pub alarms: Alarms,
    /// Scores over time.
    pub course: ScoreCourse,
}

impl AnomalyState {
    /// The same threshold over rows that are counted anew.
    pub fn counted_anew(self) -> Self {
        AnomalyState { threshold: self.threshold, ..AnomalyState::default() }
    }

    /// Whether rows can lead to it.
    pub(in crate::stream) fn is_possible(&self) -> bool {
        let parts = self.ranked.is_possible() && self.alarms.is_possible() && self.course.is_possible();
        parts && self.flagged <= MAX_COUNT
    }
}
