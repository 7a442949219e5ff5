//! The summary of a stream.

use super::anomaly_figures::AnomalyFigures;
use super::answer::TargetKind;
use super::baseline::Baseline;
use super::class_figures::ClassFigures;
use super::counts::{Confusion, Interval, OutcomeCounts};
use super::monitor::RECENT_ROWS;
use super::policy::Policy;
use super::prequential::Prequential;
use super::score::ErrorFigures;
use super::source::SourceDescription;
use super::warnings::{self, Compared};
use openloop_core::store::Arithmetic;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A part of the stream. Accuracies are percentages of the rows whose label came; none where none did, or where targets are values.
/// Errors are those of values, in the targets' unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentSummary {
    /// The data's own name for it, or its number; the first is the warm-up.
    pub segment: String,
    /// Rows in it.
    pub rows: u64,
    /// Rows whose label came.
    pub judged: u64,
    /// Right answers of the network that learns.
    pub accuracy: Option<f64>,
    /// Right answers of the network as it was after the warm-up.
    pub frozen_accuracy: Option<f64>,
    /// Errors of the network that learns.
    #[serde(flatten)]
    pub errors: Option<ErrorFigures>,
    /// Errors of every baseline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline_errors: BTreeMap<String, Option<ErrorFigures>>,
    /// Learning steps.
    pub updates: u64,
    /// Rows that were flagged, where rows have no targets but themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flagged: Option<u64>,
}

/// The errors of one of several targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetErrors {
    /// What it is called.
    pub target: String,
    /// Those of the network.
    #[serde(flatten)]
    pub errors: ErrorFigures,
}

/// The result of a stream. The warm-up counts in no figure but its own segment's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamSummary {
    /// Learning rule.
    pub rule: String,
    /// Hidden layers.
    pub net: String,
    /// Whether targets are classes or values: classes or regression.
    #[serde(default = "classes")]
    pub task: String,
    /// The data.
    pub data: String,
    /// A note to show with every figure on this data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Seed.
    pub seed: u64,
    /// The numbers computed with, where they are not f32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<String>,
    /// Changes of int8 weights that would have left the byte, or were too large themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saturated: Option<u32>,
    /// Learning rate of the output layer.
    pub lr: f32,
    /// Learning rate of the hidden layers.
    pub hidden_lr: f32,
    /// When the network learned: always, on-drift, on-error, low-confidence or never.
    pub policy: String,
    /// Rows that a label may come late by.
    pub delay: u64,
    /// Every so many rows' labels could be learned from.
    pub label_every: u64,
    /// Which labels were asked for; none without a budget.
    #[serde(flatten)]
    pub asked: Option<AskedLabels>,
    /// The probability that a label was made wrong.
    pub label_noise: f32,
    /// The classes, in the order of the confusion; none of values.
    pub classes: Vec<String>,
    /// The targets' names, where they are values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Rows of the warm-up; 0 where the stream started from a network.
    #[serde(default)]
    pub warmup_rows: u64,
    /// Rows answered after the warm-up.
    pub rows: u64,
    /// Rows whose label came.
    pub judged: u64,
    /// Rows that could not be used.
    pub bad_rows: u64,
    /// Rows of a class without an output: judged, counted as wrong, not learned from and in no confusion.
    #[serde(default)]
    pub unknown_class_rows: u64,
    /// Values of features that lay beyond 8 deviations and were taken as 8, those of the warm-up too.
    #[serde(default)]
    pub bounded_values: u64,
    /// Those of the rows that could not be used that were messages over the limit.
    #[serde(default)]
    pub too_large: u64,
    /// Labels whose row was not pending.
    pub stray_labels: u64,
    /// Messages that came again and were not used again.
    #[serde(default)]
    pub repeated: u64,
    /// Rows whose labels are still to come.
    pub waiting: usize,
    /// Right answers of the network, in percent of the rows judged.
    pub accuracy: Option<f64>,
    /// The same of the network as it was after the warm-up.
    pub frozen_accuracy: Option<f64>,
    /// The same of every baseline.
    pub baselines: BTreeMap<String, Option<f64>>,
    /// Errors of the network where targets are values: mae, rmse and r2, in the targets' unit; of several targets their means.
    #[serde(flatten)]
    pub errors: Option<ErrorFigures>,
    /// Those of the last 400 rows or a few more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recent: Option<ErrorFigures>,
    /// Those of every baseline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline_errors: BTreeMap<String, Option<ErrorFigures>>,
    /// Those of the network for each of several targets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per_target: Vec<TargetErrors>,
    /// Learning steps after the warm-up.
    pub updates: u64,
    /// Learning steps that the policy `always` would have taken.
    pub possible_updates: u64,
    /// The rows after which a drift was signalled, the first thousand of them.
    pub drifts: Vec<u64>,
    /// How often one was.
    pub drift_count: u64,
    /// The stream in parts.
    pub segments: Vec<SegmentSummary>,
    /// Accuracy over time: the parts of the curve, each with its rows and right answers.
    pub curve: Vec<CurvePoint>,
    /// Right and wrong answers of the network: `[true class][answer]`.
    pub confusion: Vec<Vec<u64>>,
    /// Those of the network as it was after the warm-up; empty without that baseline.
    pub frozen_confusion: Vec<Vec<u64>>,
    /// What was flagged, where rows have no targets but themselves.
    #[serde(flatten)]
    pub anomaly: Option<AnomalyFigures>,
    /// Figures by class, and figures that the shares of classes do not raise; none of values.
    #[serde(flatten)]
    pub by_class: Option<ClassFigures>,
    /// Warnings, such as a baseline that is as good as the network.
    pub warnings: Vec<String>,
    /// Seconds from the first answer of this process to its last.
    pub seconds: f64,
    /// Rows answered a second in this process.
    pub rows_per_second: f64,
    /// The most memory this process had allocated at once; 0 when allocations are not counted.
    pub peak_bytes: usize,
    /// Weights and biases.
    pub parameters: usize,
}

/// The labels that were asked for within a budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskedLabels {
    /// The share of the rows that it allows.
    pub label_budget: f32,
    /// How these rows were chosen.
    pub ask: String,
    /// How many they were after the warm-up.
    pub labels_asked: u64,
}

impl AskedLabels {
    fn of(stream: &Prequential) -> Option<Self> {
        let budget = stream.setup().label_budget?;
        let (label_budget, ask) = (budget.share, budget.choice.to_string());
        Some(AskedLabels { label_budget, ask, labels_asked: stream.labels_asked() })
    }
}

/// A point of the curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Rows up to its end, the warm-up not counted.
    pub row: u64,
    /// As in a segment.
    pub accuracy: Option<f64>,
    /// As in a segment.
    pub frozen_accuracy: Option<f64>,
    /// Rows in this part whose label came.
    #[serde(default)]
    pub judged: u64,
    /// Accuracy of every baseline.
    #[serde(default)]
    pub baselines: BTreeMap<String, Option<f64>>,
    /// As in a segment.
    #[serde(flatten)]
    pub errors: Option<ErrorFigures>,
    /// As in a segment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline_errors: BTreeMap<String, Option<ErrorFigures>>,
}

/// The task of a summary of an older version.
fn classes() -> String {
    TargetKind::Classes.to_string()
}

impl SegmentSummary {
    fn of(stream: &Prequential, part: &Interval, frozen: Option<usize>) -> Self {
        let Interval { name, counts, .. } = part;
        SegmentSummary {
            segment: name.clone(),
            rows: counts.rows,
            judged: counts.judged,
            accuracy: counts.accuracy(0),
            frozen_accuracy: frozen.and_then(|k| counts.accuracy(k)),
            errors: counts.errors(0, stream.target().units()),
            baseline_errors: baseline_errors(stream, counts),
            updates: counts.updates,
            flagged: stream.anomaly().map(|_| counts.flagged),
        }
    }
}

/// The accuracy of every baseline; nothing of values.
fn baselines(stream: &Prequential, counts: &OutcomeCounts) -> BTreeMap<String, Option<f64>> {
    if stream.target().units().is_some() {
        return BTreeMap::new();
    }
    (1..).zip(stream.baselines().names()).map(|(k, name)| (name.into(), counts.accuracy(k))).collect()
}

/// The errors of every baseline; nothing of classes.
fn baseline_errors(stream: &Prequential, counts: &OutcomeCounts) -> BTreeMap<String, Option<ErrorFigures>> {
    let Some(units) = stream.target().units() else { return BTreeMap::new() };
    (1..).zip(stream.baselines().names()).map(|(k, name)| (name.into(), counts.errors(k, Some(units)))).collect()
}

/// The network's errors for each target, where there are several.
fn per_target(stream: &Prequential) -> Vec<TargetErrors> {
    let (Some(units), total) = (stream.target().units(), &stream.stats().total) else { return Vec::new() };
    let each = total.error_sums().and_then(|sums| sums.of_each_target(total.judged, 0, units)).unwrap_or_default();
    let named = units.names.iter().zip(each).map(|(name, errors)| TargetErrors { target: name.clone(), errors });
    if units.names.len() > 1 { named.collect() } else { Vec::new() }
}

/// The parts of the curve.
fn curve(stream: &Prequential) -> Vec<CurvePoint> {
    let frozen = stream.baselines().position(Baseline::Frozen).map(|k| 1 + k);
    let mut row = 0;
    let point = |Interval { counts, .. }: &Interval| {
        row += counts.rows;
        CurvePoint {
            row,
            accuracy: counts.accuracy(0),
            frozen_accuracy: frozen.and_then(|k| counts.accuracy(k)),
            judged: counts.judged,
            baselines: baselines(stream, counts),
            errors: counts.errors(0, stream.target().units()),
            baseline_errors: baseline_errors(stream, counts),
        }
    };
    stream.stats().curve.list.iter().map(point).collect()
}

/// The answers to the rows of each class.
fn lists(confusion: &Confusion) -> Vec<Vec<u64>> {
    confusion.rows().map(<[u64]>::to_vec).collect()
}

impl StreamSummary {
    /// Of a stream over `source` that answered `rows` rows in `spent` in this process.
    pub fn of(stream: &Prequential, source: &SourceDescription, (rows, spent): (u64, Duration)) -> Self {
        let (stats, setup, settings) = (stream.stats(), stream.setup(), stream.learner().settings());
        let frozen = stream.baselines().position(Baseline::Frozen).map(|k| 1 + k);
        let segment = |part: &Interval| SegmentSummary::of(stream, part, frozen);
        let (target, units, seconds) = (stream.target(), stream.target().units(), spent.as_secs_f64());
        let warmup = std::iter::once(&stats.warmup).filter(|part| part.counts.rows > 0);
        let mut summary = StreamSummary {
            rule: settings.rule.name().into(),
            net: settings.net.to_string(),
            task: target.kind().to_string(),
            data: source.name.clone(),
            note: source.note.clone(),
            seed: settings.seed,
            arithmetic: (settings.arithmetic != Arithmetic::F32).then(|| settings.arithmetic.to_string()),
            saturated: stream.learner().saturated(),
            lr: settings.rate,
            hidden_lr: settings.hidden_rate,
            policy: setup.policy.name().into(),
            delay: setup.delay,
            label_every: setup.label_every,
            asked: AskedLabels::of(stream),
            label_noise: setup.label_noise,
            classes: target.classes().to_vec(),
            targets: units.map_or_else(Vec::new, |units| units.names.clone()),
            warmup_rows: stats.warmup.counts.rows,
            rows: stats.total.rows,
            judged: stats.total.judged,
            bad_rows: stats.bad,
            unknown_class_rows: stats.unknown_class,
            bounded_values: stats.bounded,
            too_large: stats.too_large,
            stray_labels: stats.unmatched_labels,
            repeated: stats.repeated,
            waiting: stream.waiting(),
            accuracy: stats.total.accuracy(0),
            frozen_accuracy: frozen.and_then(|k| stats.total.accuracy(k)),
            baselines: baselines(stream, &stats.total),
            errors: stats.total.errors(0, units),
            recent: stats.curve.recent(RECENT_ROWS).errors(0, units),
            baseline_errors: baseline_errors(stream, &stats.total),
            per_target: per_target(stream),
            updates: stats.total.updates,
            possible_updates: stats.training_labels,
            drifts: stats.drifts.clone(),
            drift_count: stats.drift_count,
            segments: warmup.chain(&stats.segments.list).map(segment).collect(),
            curve: curve(stream),
            confusion: lists(&stats.confusion),
            frozen_confusion: frozen.map_or_else(Vec::new, |_| lists(&stats.frozen_confusion)),
            anomaly: AnomalyFigures::of(stream),
            by_class: ClassFigures::of(stream),
            warnings: Vec::new(),
            seconds,
            rows_per_second: if seconds > 0.0 { rows as f64 / seconds } else { 0.0 },
            peak_bytes: peak_alloc::PeakAlloc.peak_usage(),
            parameters: stream.learner().parameter_count(),
        };
        summary.warnings = warnings::of(&summary.compared(), stream);
        summary
    }
}

impl StreamSummary {
    fn compared(&self) -> Compared<'_> {
        let StreamSummary { accuracy, judged, baselines, errors, baseline_errors, .. } = self;
        Compared { accuracy: *accuracy, judged: *judged, baselines, errors: *errors, baseline_errors }
    }
}

impl Policy {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Always => "always",
            Policy::OnDrift => "on-drift",
            Policy::OnError => "on-error",
            Policy::LowConfidence(_) => "low-confidence",
            Policy::Never => "never",
        }
    }
}
