//! The current status of a stream, for a dashboard.

use super::baseline::Baseline;
use super::counts::{Confusion, OutcomeCounts};
use super::detector::DriftSignal;
use super::prequential::Prequential;
use super::score::ErrorFigures;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Points of the curve that are shown.
const CURVE_POINTS: usize = 40;
/// Minimum number of rows for the recent accuracy.
pub(super) const RECENT_ROWS: u64 = 400;
/// Readings kept for rates and recalls.
const MAX_READINGS: usize = 20;

/// The status of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamStatus {
    /// Rows answered.
    pub rows: u64,
    /// Rows a second.
    pub rows_per_second: f64,
    /// Learning steps.
    pub updates: u64,
    /// Learning steps a second.
    pub updates_per_second: f64,
    /// Percent right lately: the network, and the frozen one. None of values.
    pub recent_accuracy: [Option<f64>; 2],
    /// Errors of values lately: the network's, and the frozen one's.
    pub recent_errors: [Option<ErrorFigures>; 2],
    /// Percent right in the last parts of the curve; of values the mean absolute error, in percent of the largest of these parts.
    pub curve: Vec<Option<f64>>,
    /// Whether targets are values.
    pub is_of_values: bool,
    /// The share of the latest rows that were flagged, in percent, and the threshold, where rows have no targets but themselves.
    pub flagged: Option<(f64, f32)>,
    /// The classes, each with the share of its latest rows that were answered rightly.
    pub recall: Vec<(String, Option<f64>)>,
    /// The detector's result.
    pub signal: DriftSignal,
    /// How often it signalled a drift.
    pub drifts: u64,
    /// Rows whose labels are still to come.
    pub waiting: usize,
    /// Bytes allocated; 0 when allocations are not counted.
    pub memory: usize,
}

/// Keeps the last readings, from which it computes rates.
#[derive(Debug, Default)]
pub struct StreamMonitor {
    readings: VecDeque<(Instant, OutcomeCounts, Confusion)>,
}

impl StreamMonitor {
    /// The current status.
    pub fn status(&mut self, stream: &Prequential) -> StreamStatus {
        let (stats, now) = (stream.stats(), Instant::now());
        self.readings.push_back((now, stats.total.clone(), stats.confusion.clone()));
        if self.readings.len() > MAX_READINGS {
            self.readings.pop_front();
        }
        let (then, total, confusion) = &self.readings[0];
        let new = stats.total.since(total);
        // a slow stream has few rows between two looks
        let is_enough = new.judged.max(new.flagged) >= RECENT_ROWS;
        let recent = if is_enough { &new } else { &stats.curve.recent(RECENT_ROWS) };
        let units = stream.target().units();
        let seconds = (now - *then).max(Duration::from_millis(1)).as_secs_f64();
        let frozen = stream.baselines().position(Baseline::Frozen).map(|k| 1 + k);
        let confusion = stats.confusion.since(confusion);
        let classes = &stream.target().classes()[..stream.target().known_classes()];
        StreamStatus {
            rows: stats.total.rows,
            rows_per_second: new.rows as f64 / seconds,
            updates: stats.total.updates,
            updates_per_second: new.updates as f64 / seconds,
            recent_accuracy: [recent.accuracy(0), frozen.and_then(|k| recent.accuracy(k))],
            recent_errors: [recent.errors(0, units), frozen.and_then(|k| recent.errors(k, units))],
            curve: curve(stream),
            is_of_values: units.is_some(),
            flagged: flagged(stream, recent),
            recall: classes.iter().enumerate().map(|(k, name)| (name.clone(), confusion.recall(k))).collect(),
            signal: stream.signal(),
            drifts: stats.drift_count,
            waiting: stream.waiting(),
            memory: peak_alloc::PeakAlloc.current_usage(),
        }
    }
}

/// The share of rows that were flagged, and the threshold.
fn flagged(stream: &Prequential, recent: &OutcomeCounts) -> Option<(f64, f32)> {
    let (state, setup) = (stream.anomaly()?, stream.setup().anomaly.as_ref()?);
    let share = 100.0 * recent.flagged as f64 / recent.rows.max(1) as f64;
    Some((share, state.threshold.score(setup.deviations)))
}

/// The last parts of the curve in percent; of rows without targets how many were not flagged.
fn curve(stream: &Prequential) -> Vec<Option<f64>> {
    let list = &stream.stats().curve.list;
    let last = || list[list.len().saturating_sub(CURVE_POINTS)..].iter().map(|part| &part.counts);
    if stream.anomaly().is_some() {
        let unflagged = |counts: &OutcomeCounts| 100.0 - 100.0 * counts.flagged as f64 / counts.rows.max(1) as f64;
        return last().map(|counts| Some(unflagged(counts))).collect();
    }
    let Some(units) = stream.target().units() else { return last().map(|counts| counts.accuracy(0)).collect() };
    let errors: Vec<Option<f64>> = last().map(|counts| Some(counts.errors(0, Some(units))?.mae)).collect();
    let largest = errors.iter().flatten().fold(f64::MIN_POSITIVE, |most, mae| most.max(*mae));
    errors.into_iter().map(|mae| mae.map(|mae| 100.0 * mae / largest)).collect()
}
