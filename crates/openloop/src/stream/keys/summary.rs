//! What came out of a stream with a learner for each key: figures over all of them, and of those that do worst.

use super::super::answer::TargetKind;
use super::super::baseline::BaselineChoice;
use super::super::score::ErrorFigures;
use super::figures::{KeyFigures, KeyTotals};
use super::index::KeyIndex;
use super::learner::Common;
use super::pool::KeyPool;
use super::record::{KeyRecord, KeyState};
use crate::settings::{ConfigError, Settings};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

/// Keys whose figures stand in the summary at most.
const MAX_KEYS: usize = 1000;
/// Judged rows from which on an accuracy says something of a key.
const ENOUGH_ROWS: u64 = 30;

/// The figures of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeySummary {
    /// The key.
    pub key: String,
    /// The name of its model's file, without the ending `.model`.
    pub file: String,
    /// How far it is: `warmup`, `running` or `stopped`.
    pub state: String,
    /// Why it was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Its rows, those of its warm-up and those that could not be used too.
    pub rows_taken: u64,
    /// Percent right of the rows judged; none of values.
    pub accuracy: Option<f64>,
    /// The same of every baseline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<String, Option<f64>>,
    /// The errors of values: mae, rmse and r2.
    #[serde(flatten)]
    pub error: Option<ErrorFigures>,
    /// The same of every baseline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline_errors: BTreeMap<String, Option<ErrorFigures>>,
    /// Rows answered after its warm-up.
    pub rows: u64,
    /// Rows whose label came.
    pub judged: u64,
    /// Rows that could not be used.
    pub bad_rows: u64,
    /// Learning steps.
    pub updates: u64,
    /// Drifts that were signalled.
    pub drift_count: u64,
    /// Rows that were flagged, where rows have no targets but themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flagged: Option<u64>,
}

/// The figures over all keys, and of the worst of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyedSummary {
    /// The input.
    pub data: String,
    /// The column of the keys.
    pub key: String,
    /// What is predicted: `classes` or `regression`.
    pub task: Option<String>,
    /// The learning rule.
    pub rule: String,
    /// The network.
    pub net: String,
    /// The policy.
    pub policy: String,
    /// Keys that came.
    pub keys: u64,
    /// Those that are in their warm-up.
    pub keys_in_warmup: u64,
    /// Those whose learner was given up.
    pub keys_stopped: u64,
    /// Learners that were in memory at the end.
    pub keys_in_memory: u64,
    /// How often a learner was read from its file.
    pub loads: u64,
    /// Rows answered.
    pub rows: u64,
    /// Rows whose label came.
    pub judged: u64,
    /// Rows that could not be used, those without a key too.
    pub bad_rows: u64,
    /// Rows without a key.
    pub rows_without_key: u64,
    /// Rows of keys whose learner was given up.
    pub unused_rows: u64,
    /// Rows of a class without an output.
    pub unknown_class_rows: u64,
    /// Values of features that were bounded.
    pub bounded_values: u64,
    /// Rows that were flagged, where rows have no targets but themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flagged: Option<u64>,
    /// Rows whose label is still to come.
    pub waiting: u64,
    /// Percent right of all rows judged; none of values.
    pub accuracy: Option<f64>,
    /// The same of every baseline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<String, Option<f64>>,
    /// The errors of values over all rows.
    #[serde(flatten)]
    pub error: Option<ErrorFigures>,
    /// The same of every baseline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline_errors: BTreeMap<String, Option<ErrorFigures>>,
    /// Learning steps.
    pub updates: u64,
    /// Learning steps that the policy `always` would have taken.
    pub possible_updates: u64,
    /// Drifts that were signalled.
    pub drift_count: u64,
    /// The keys, the worst first, at most 1,000 of them: by accuracy, or by R2 of values; those with fewer than 30 rows judged stand after
    /// the others.
    pub per_key: Vec<KeySummary>,
    /// Keys that are left out there.
    pub keys_left_out: u64,
    /// Seconds from the first answer of this process to its last.
    pub seconds: f64,
    /// Rows answered a second in this process.
    pub rows_per_second: f64,
    /// The most memory this process had allocated at once; 0 when allocations are not counted.
    pub peak_bytes: usize,
}

impl KeyedSummary {
    pub(super) fn of(
        pool: &KeyPool,
        common: &Common,
        index: &KeyIndex,
        totals: KeyTotals,
        (answered, spent): (u64, Duration),
    ) -> Result<Self, ConfigError> {
        let names = baselines(common)?;
        let mut all: Vec<(&KeyRecord, KeyFigures)> =
            pool.records().iter().enumerate().map(|(at, record)| (record, pool.figures(at))).collect();
        let is_unlabelled = common.kind == Some(TargetKind::Inputs);
        match is_unlabelled {
            true => all
                .sort_by(|(_, a), (_, b)| b.flagged_share().partial_cmp(&a.flagged_share()).unwrap_or(Ordering::Equal)),
            false => all.sort_by(|(_, a), (_, b)| worse(a, b)),
        }
        let settings = settings(common)?;
        let (figures, seconds) = (&totals.figures, spent.as_secs_f64());
        Ok(KeyedSummary {
            data: common.description.name.clone(),
            key: index.column.clone(),
            task: common.kind.map(|kind| kind.to_string()),
            rule: settings.rule.name().into(),
            net: settings.net.to_string(),
            policy: policy(common)?,
            keys: totals.keys,
            keys_in_warmup: totals.in_warmup,
            keys_stopped: totals.stopped,
            keys_in_memory: totals.in_memory,
            loads: pool.loads,
            rows: figures.rows,
            judged: figures.judged,
            bad_rows: figures.bad + totals.without_key,
            rows_without_key: totals.without_key,
            unused_rows: totals.unused,
            unknown_class_rows: figures.unknown_class,
            bounded_values: figures.bounded,
            flagged: is_unlabelled.then_some(figures.flagged),
            waiting: figures.waiting,
            accuracy: figures.accuracy(0),
            baselines: accuracies(figures, &names),
            error: totals.errors(0),
            baseline_errors: errors(&names, |k| totals.errors(k)),
            updates: figures.updates,
            possible_updates: figures.possible_updates,
            drift_count: figures.drifts,
            keys_left_out: all.len().saturating_sub(MAX_KEYS) as u64,
            per_key: all
                .iter()
                .take(MAX_KEYS)
                .map(|(record, figures)| KeySummary {
                    flagged: is_unlabelled.then_some(figures.flagged),
                    ..KeySummary::of(record, figures, &names)
                })
                .collect(),
            seconds,
            rows_per_second: if seconds > 0.0 { answered as f64 / seconds } else { 0.0 },
            peak_bytes: peak_alloc::PeakAlloc.peak_usage(),
        })
    }
}

impl KeySummary {
    fn of(record: &KeyRecord, figures: &KeyFigures, names: &[&str]) -> Self {
        let error = |k: usize| figures.errors.get(k).copied().flatten();
        KeySummary {
            key: record.key.clone(),
            file: record.file.clone(),
            state: match record.state {
                KeyState::Warmup => "warmup".into(),
                KeyState::Running => "running".into(),
                KeyState::Stopped => "stopped".into(),
            },
            problem: record.problem.clone(),
            rows_taken: record.rows,
            accuracy: figures.accuracy(0),
            baselines: accuracies(figures, names),
            error: error(0),
            baseline_errors: errors(if figures.errors.is_empty() { &[] } else { names }, error),
            rows: figures.rows,
            judged: figures.judged,
            bad_rows: figures.bad,
            updates: figures.updates,
            drift_count: figures.drifts,
            flagged: None,
        }
    }
}

/// The accuracy of every baseline; nothing of values.
fn accuracies(figures: &KeyFigures, names: &[&str]) -> BTreeMap<String, Option<f64>> {
    let names = if figures.right.is_empty() { &[] } else { names };
    (1..).zip(names).map(|(k, name)| (name.to_string(), figures.accuracy(k))).collect()
}

/// The errors of every baseline.
fn errors(names: &[&str], of: impl Fn(usize) -> Option<ErrorFigures>) -> BTreeMap<String, Option<ErrorFigures>> {
    let all: BTreeMap<String, Option<ErrorFigures>> =
        (1..).zip(names).map(|(k, name)| (name.to_string(), of(k))).collect();
    if of(0).is_some() { all } else { BTreeMap::new() }
}

/// The baselines' names in their order, once it is known what the targets are.
fn baselines(common: &Common) -> Result<Vec<&'static str>, ConfigError> {
    let Some(kind) = common.kind else { return Ok(Vec::new()) };
    let all = BaselineChoice::baselines(&common.options.baselines, kind)?;
    Ok(all.iter().map(|one| one.name()).collect())
}

fn settings(common: &Common) -> Result<Settings, ConfigError> {
    let kind = common.kind.unwrap_or(TargetKind::Classes);
    common.options.settings(kind, common.description.sample_shape().size())
}

fn policy(common: &Common) -> Result<String, ConfigError> {
    let kind = common.kind.unwrap_or(TargetKind::Classes);
    Ok(common.options.setup(kind)?.policy.name().into())
}

/// Keys that do worse come first, and those of which nothing can be said last.
fn worse(a: &KeyFigures, b: &KeyFigures) -> Ordering {
    let has_enough = |one: &KeyFigures| one.judged >= ENOUGH_ROWS;
    let score = |one: &KeyFigures| match one.errors.first() {
        None => one.accuracy(0),
        Some(errors) => errors.as_ref().and_then(|errors| errors.r2),
    };
    let by_score = match (score(a), score(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    has_enough(b).cmp(&has_enough(a)).then(by_score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_key_with_enough_rows_comes_first() {
        let of = |judged, right| KeyFigures { judged, right: vec![right], ..KeyFigures::default() };
        let mut all = [of(0, 0), of(100, 90), of(29, 0), of(100, 50), of(10, 9)];
        all.sort_by(worse);
        assert_eq!(all, [of(100, 50), of(100, 90), of(29, 0), of(10, 9), of(0, 0)]);
        let of = |r2| {
            let errors = vec![Some(ErrorFigures { mae: 1.0, rmse: 1.0, r2 })];
            KeyFigures { judged: 50, errors, ..KeyFigures::default() }
        };
        let mut all = [of(None), of(Some(0.9)), of(Some(-1.0))];
        all.sort_by(worse);
        assert_eq!(all, [of(Some(-1.0)), of(Some(0.9)), of(None)]);
    }
}
