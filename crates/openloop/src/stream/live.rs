//! How a stream goes at the moment: what a dashboard shows.

use super::baselines::Baseline;
use super::counts::{Confusion, OutcomeCounts};
use super::detector::DriftSignal;
use super::prequential::Prequential;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Points of the curve that are shown.
const POINTS: usize = 40;
/// Rows that "lately" means at least.
const LATELY: u64 = 400;
/// Looks back for rates and recalls.
const LOOKS: usize = 20;

/// A moment of a stream.
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
    pub lately: [Option<f64>; 2],
    /// Percent right in the last parts of the curve.
    pub curve: Vec<Option<f64>>,
    /// The classes, each with the share of its latest rows that were answered rightly.
    pub recall: Vec<(String, Option<f64>)>,
    /// What the detector says.
    pub signal: DriftSignal,
    /// How often it signalled a drift.
    pub drifts: u64,
    /// Rows whose labels are still to come.
    pub waiting: usize,
    /// Bytes allocated; 0 when nobody counts.
    pub memory: usize,
}

/// Remembers enough of the last looks to tell rates.
#[derive(Debug, Default)]
pub struct StreamMonitor {
    looks: VecDeque<(Instant, OutcomeCounts, Confusion)>,
}

impl StreamMonitor {
    /// How it goes now.
    pub fn look(&mut self, stream: &Prequential) -> StreamStatus {
        let (tally, now) = (stream.tally(), Instant::now());
        self.looks.push_back((now, tally.total.clone(), tally.confusion.clone()));
        if self.looks.len() > LOOKS {
            self.looks.pop_front();
        }
        let (then, total, confusion) = &self.looks[0];
        let new = tally.total.since(total);
        // a slow stream has few rows between two looks
        let lately = |k: usize| match new.judged {
            LATELY.. => new.accuracy(k),
            _ => tally.curve.lately(LATELY, k),
        };
        let seconds = (now - *then).max(Duration::from_millis(1)).as_secs_f64();
        let frozen = stream.baselines().position(Baseline::Frozen).map(|k| 1 + k);
        let recent = tally.confusion.since(confusion);
        let classes = &stream.classes().names()[..stream.classes().known()];
        StreamStatus {
            rows: tally.total.rows,
            rows_per_second: new.rows as f64 / seconds,
            updates: tally.total.updates,
            updates_per_second: new.updates as f64 / seconds,
            lately: [lately(0), frozen.and_then(lately)],
            curve: tally.curve.parts.iter().rev().take(POINTS).rev().map(|part| part.counts.accuracy(0)).collect(),
            recall: classes.iter().enumerate().map(|(k, name)| (name.clone(), recent.recall(k))).collect(),
            signal: stream.signal(),
            drifts: tally.drift_count,
            waiting: stream.waiting(),
            memory: peak_alloc::PeakAlloc.current_usage(),
        }
    }
}
