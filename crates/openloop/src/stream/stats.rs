//! The statistics of a stream: outcomes in total, by segment, over time and by class.

use super::answer::{Answers, Truth};
use super::class_counts::ClassCourse;
use super::counts::{Confusion, Interval, Intervals, OutcomeCounts};
use super::pending::PendingRow;
use super::score::{MAX_COUNT, Predictors};
use super::setup::StreamSetup;
use super::unknown::UNKNOWN_CLASS;
use serde::{Deserialize, Serialize};

/// Rows in a point of the curve, until points are joined.
const POINT: u64 = 20;
/// Points of the curve at most.
const POINTS: usize = 120;
/// Segments at most, where they are so many rows each.
const SEGMENTS: usize = 1000;

/// Drifts whose rows are kept.
const DRIFTS: usize = 1000;

/// A count that older files do not have.
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Everything that is counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamStatistics {
    /// The last row that was taken, bad ones too.
    pub row: u64,
    /// The last row that was answered; none before the first, or in a model of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<u64>,
    /// Rows that could not be used.
    pub bad: u64,
    /// Values of features that were bounded, those of the warm-up too.
    #[serde(default)]
    pub bounded: u64,
    /// Labels whose row is not pending.
    #[serde(rename = "strays")]
    pub unmatched_labels: u64,
    /// Rows whose class has no output; judged, and in no confusion.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown_class: u64,
    /// Messages over the limit, which are bad rows too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub too_large: u64,
    /// Messages that came again and were not used again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeated: u64,
    /// Training labels: labels that the network was allowed to learn from.
    #[serde(rename = "taught")]
    pub training_labels: u64,
    /// The whole stream after the warm-up.
    pub total: OutcomeCounts,
    /// The warm-up.
    pub warmup: Interval,
    /// The segments after it.
    pub segments: Intervals,
    /// The answers over time.
    pub curve: Intervals,
    /// The network's answers by class.
    pub confusion: Confusion,
    /// The frozen network's.
    pub frozen_confusion: Confusion,
    /// The network's answers by class, over time.
    #[serde(default, skip_serializing_if = "ClassCourse::is_empty")]
    pub classes: ClassCourse,
    /// The rows after which a drift was signalled, the first thousand of them.
    pub drifts: Vec<u64>,
    /// How often one was.
    pub drift_count: u64,
}

impl StreamStatistics {
    /// Whether these are counts of such predictors and so many classes.
    pub(super) fn fits(&self, predictors: Predictors, classes: usize) -> bool {
        let StreamStatistics {
            row,
            bad,
            bounded,
            unmatched_labels,
            unknown_class,
            too_large,
            repeated,
            training_labels,
            drift_count,
            ..
        } = self;
        let counts = [&self.total, &self.warmup.counts].into_iter().all(|counts| counts.fits(predictors));
        let intervals = [&self.segments, &self.curve].into_iter().all(|intervals| intervals.fits(predictors));
        let confusions = [&self.confusion, &self.frozen_confusion].into_iter().all(|counts| counts.fits(classes));
        let numbers =
            [row, bad, bounded, unmatched_labels, unknown_class, too_large, repeated, training_labels, drift_count];
        let answered = self.answered.is_none_or(|answered| answered <= *row);
        let by_class = confusions && self.classes.fits(classes);
        answered && counts && intervals && by_class && numbers.iter().all(|count| **count <= MAX_COUNT)
    }

    /// The counts that a row belongs to: those of all rows, of its segment and of its part of the curve.
    pub(super) fn of_row(&mut self, [segment, point]: [usize; 2]) -> impl Iterator<Item = &mut OutcomeCounts> {
        let StreamStatistics { total, segments, curve, .. } = self;
        [Some(total), segments.counts_mut(segment), curve.counts_mut(point)].into_iter().flatten()
    }

    /// Counts the answers, to a row that belongs to these parts, of which the truth is known; `frozen` is the frozen network's number
    /// among the predictors.
    pub(super) fn judge(&mut self, row: &PendingRow, frozen: Option<usize>) {
        let PendingRow { answers, truth, intervals, .. } = row;
        self.of_row(*intervals).for_each(|counts| counts.judge(answers, truth));
        let (Answers::Classes(answers), Truth::Class(truth)) = (answers, truth) else { return };
        if *truth == UNKNOWN_CLASS {
            self.unknown_class += 1;
            return;
        }
        self.confusion.add(*truth, answers[0]);
        self.classes.add(self.confusion.classes(), *truth, answers[0], self.total.rows);
        frozen.iter().for_each(|frozen| self.frozen_confusion.add(*truth, answers[*frozen]));
    }

    /// A drift was signalled after the last row.
    pub(super) fn note_drift(&mut self) {
        self.drift_count += 1;
        if self.drifts.len() < DRIFTS {
            self.drifts.push(self.row);
        }
    }

    /// Nothing yet.
    pub fn new(predictors: Predictors, classes: usize, setup: &StreamSetup, has_segments: bool) -> Self {
        let segments = match has_segments {
            true => Intervals::named(predictors),
            false => Intervals::of_size(setup.segment_rows, SEGMENTS, predictors),
        };
        StreamStatistics {
            row: 0,
            answered: None,
            bad: 0,
            bounded: 0,
            unmatched_labels: 0,
            unknown_class: 0,
            too_large: 0,
            repeated: 0,
            training_labels: 0,
            total: OutcomeCounts::new(predictors),
            warmup: Interval { name: "warm-up".into(), counts: OutcomeCounts::new(predictors) },
            segments,
            curve: Intervals::of_size(POINT, POINTS, predictors),
            confusion: Confusion::new(classes),
            frozen_confusion: Confusion::new(classes),
            classes: ClassCourse::default(),
            drifts: Vec::new(),
            drift_count: 0,
        }
    }
}
