//! The current status of a stream, for a dashboard.

use super::baselines::Baseline;
use super::counts::{Confusion, OutcomeCounts};
use super::detector::DriftSignal;
use super::prequential::Prequential;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Points of the curve that are shown.
const CURVE_POINTS: usize = 40;
/// Minimum number of rows for the recent accuracy.
const RECENT_ROWS: u64 = 400;
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
    /// Percent right lately: the network, and the frozen one.
    pub recent_accuracy: [Option<f64>; 2],
    /// Percent right in the last parts of the curve.
    pub curve: Vec<Option<f64>>,
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
        let recent_accuracy = |k: usize| match new.judged {
            RECENT_ROWS.. => new.accuracy(k),
            _ => stats.curve.recent_accuracy(RECENT_ROWS, k),
        };
        let seconds = (now - *then).max(Duration::from_millis(1)).as_secs_f64();
        let frozen = stream.baselines().position(Baseline::Frozen).map(|k| 1 + k);
        let recent = stats.confusion.since(confusion);
        let classes = &stream.classes().names()[..stream.classes().known()];
        StreamStatus {
            rows: stats.total.rows,
            rows_per_second: new.rows as f64 / seconds,
            updates: stats.total.updates,
            updates_per_second: new.updates as f64 / seconds,
            recent_accuracy: [recent_accuracy(0), frozen.and_then(recent_accuracy)],
            curve: stats.curve.list.iter().rev().take(CURVE_POINTS).rev().map(|part| part.counts.accuracy(0)).collect(),
            recall: classes.iter().enumerate().map(|(k, name)| (name.clone(), recent.recall(k))).collect(),
            signal: stream.signal(),
            drifts: stats.drift_count,
            waiting: stream.waiting(),
            memory: peak_alloc::PeakAlloc.current_usage(),
        }
    }
}
