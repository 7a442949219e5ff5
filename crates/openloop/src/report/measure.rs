//! What the report of a stream shows of the answers: the share of right ones, or the mean absolute error of values.

use super::number::NONE;
use crate::stream::{CurvePoint, ErrorFigures, SegmentSummary, StreamSummary, shown_error};
use std::collections::BTreeMap;

/// The figure that tables and charts show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Right answers in percent of the rows whose label came.
    Right,
    /// The mean absolute error, in the targets' unit.
    Mae,
}

impl Measure {
    /// That of a stream.
    pub fn of(summary: &StreamSummary) -> Self {
        if summary.targets.is_empty() { Measure::Right } else { Measure::Mae }
    }

    /// The heading of a column, or of an axis.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Right => "right, %",
            Measure::Mae => "MAE",
        }
    }

    /// The heading of the frozen network's column.
    pub fn frozen_name(self) -> &'static str {
        match self {
            Measure::Right => "frozen, %",
            Measure::Mae => "frozen, MAE",
        }
    }

    /// The figures of a segment: of the network, and of the frozen one.
    pub fn of_segment(self, segment: &SegmentSummary) -> [String; 2] {
        match self {
            Measure::Right => [segment.accuracy, segment.frozen_accuracy].map(percent),
            Measure::Mae => [segment.errors, named(&segment.baseline_errors, "frozen")].map(mae),
        }
    }

    /// The figure of the network in a part of the curve; of a baseline, if one is named.
    pub fn of_point(self, point: &CurvePoint, baseline: Option<&str>) -> Option<f64> {
        match (self, baseline) {
            (Measure::Right, None) => point.accuracy,
            (Measure::Right, Some(name)) => point.baselines.get(name).copied().flatten(),
            (Measure::Mae, None) => point.errors.map(|errors| errors.mae),
            (Measure::Mae, Some(name)) => named(&point.baseline_errors, name).map(|errors| errors.mae),
        }
    }

    /// The names of the baselines.
    pub fn baselines(self, summary: &StreamSummary) -> Vec<&str> {
        match self {
            Measure::Right => summary.baselines.keys().map(String::as_str).collect(),
            Measure::Mae => summary.baseline_errors.keys().map(String::as_str).collect(),
        }
    }
}

fn named(errors: &BTreeMap<String, Option<ErrorFigures>>, name: &str) -> Option<ErrorFigures> {
    errors.get(name).copied().flatten()
}

/// A share in percent.
pub fn percent(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| NONE.into(), |value| format!("{value:.1}"))
}

/// The mean absolute error.
pub fn mae(errors: Option<ErrorFigures>) -> String {
    errors.map_or_else(|| NONE.into(), |errors| shown_error(errors.mae))
}
