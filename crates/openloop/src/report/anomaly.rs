//! The report of a stream without labels: scores and thresholds over time, what was flagged by segment, and how that fits labels, where
//! there are some.

use super::chart::{ChartUnit, StreamChart, StreamCurve};
use super::course::{borders, marks};
use super::measure::percent;
use super::number::{NONE, count, plural};
use super::table::wide;
use crate::stream::{AlarmFigures, AnomalyFigures, SegmentSummary, StreamSummary, shown_error};
use maud::{Markup, html};

/// What the terms mean.
pub const TERMS: [(&str, &str); 5] = [
    (
        "score",
        "the mean squared error of the network\u{2019}s answer, which is to be the row itself, in squared deviations of the columns; missing cells do not count. Every row is scored before it is learned from.",
    ),
    (
        "threshold",
        "rows with a higher score are flagged and not learned from. It follows the cube roots of the scores that are learned from: their mean plus so many deviations, to the third power.",
    ),
    (
        "AUC",
        "the share of the pairs of an anomaly and a normal row, by the labels, in which the anomaly has the higher score: 0.5 is chance, 1 is perfect.",
    ),
    ("stretch", "rows labelled as anomalies that follow each other."),
    ("learning step", "one update of the weights from one row, which needs no label."),
];
/// Segments in the table at most.
const MAX_SEGMENTS: usize = 60;

/// What happened.
pub fn summary_list(summary: &StreamSummary, figures: &AnomalyFigures) -> Markup {
    html! {
        p class="summary" {
            strong { (count(figures.flagged)) } " of " (plural(summary.rows as usize, "row")) " after the warm-up were flagged, "
            strong { (percent(figures.flagged_share)) " %" } ": their score was more than " (figures.flag_beyond)
            " deviations above the mean. It took " (count(summary.updates)) " learning steps. "
            @match summary.drift_count {
                0 => { "Flagged rows were never so many that they were learned from." }
                times => {
                    "Flagged rows were so many that they were learned from " (plural(times as usize, "time")) " (at "
                    (count(figures.relearn_after)) ", less a quarter of the others)."
                }
            }
        }
        @if let Some(note) = &summary.note { p class="note" { strong { "Note: " } (note) } }
        @for warning in &summary.warnings { p class="note" { strong { "Warning: " } (warning) } }
        (course(summary, figures))
        @if let Some(judged) = &figures.judged { (alarms(judged)) }
    }
}

/// Scores and thresholds over the rows.
fn course(summary: &StreamSummary, figures: &AnomalyFigures) -> Markup {
    let mut from = 0;
    let middles: Vec<f64> = figures
        .score_curve
        .iter()
        .map(|point| 0.5 * (std::mem::replace(&mut from, point.row) + point.row) as f64)
        .collect();
    let line = |of: &dyn Fn(usize) -> f64| middles.iter().enumerate().map(|(k, x)| (*x, of(k))).collect();
    let curve = |name, style, points| StreamCurve { name, style, points, interval: Vec::new(), needs_room: true };
    let points = &figures.score_curve;
    let chart = StreamChart {
        id: "course",
        title: &format!("Scores over the rows of {}", summary.data),
        unit: ChartUnit::Value,
        axis: "score",
        across: "row after the warm-up",
        traces: vec![
            curve("score", &summary.rule, line(&|k| points[k].score)),
            curve("threshold", "mean", line(&|k| points[k].threshold)),
        ],
        least: 0.0,
        marks: marks(summary),
        borders: borders(summary),
    };
    let size = points.first().map_or(0, |point| point.row);
    html! {
        figure {
            (wide("chart", chart.draw()))
            figcaption {
                "Score and threshold over the stream. Each point is " (count(size)) " rows, the last one what is left: the cube of the mean cube "
                "root. Dashed vertical lines: flagged rows are learned from, beginning there"
                @if summary.drifts.is_empty() { " (there were none)" } "."
            }
        }
    }
}

/// How flags fit labels.
fn alarms(judged: &AlarmFigures) -> Markup {
    let or_none =
        |value: Option<f64>, digits: usize| value.map_or_else(|| NONE.into(), |value| format!("{value:.digits$}"));
    wide(
        "table",
        html! {
            table class="few" {
                caption { "By the labels, which were not learned from; normal: " (judged.normal.join(", ")) "." }
                tbody {
                    tr { th scope="row" { "AUC of the scores" } td { strong { (or_none(judged.auc, 3)) } } }
                    tr { th scope="row" { "anomalies" } td { (count(judged.anomalies)) } }
                    tr { th scope="row" { "flagged rows that are anomalies, %" } td { (or_none(judged.alarm_precision, 1)) } }
                    tr { th scope="row" { "anomalies that are flagged, %" } td { (or_none(judged.alarm_recall, 1)) } }
                    tr { th scope="row" { "stretches found" } td { (count(judged.stretches_found)) " of " (count(judged.stretches)) } }
                    tr { th scope="row" { "rows to the first alarm of a stretch" } td { (or_none(judged.mean_delay, 1)) } }
                }
            }
        },
    )
}

/// What was flagged by segment.
pub fn segments(summary: &StreamSummary, figures: &AnomalyFigures) -> Markup {
    let (all, step) = (&summary.segments, summary.segments.len().div_ceil(MAX_SEGMENTS).max(1));
    let row = |segment: &SegmentSummary| {
        html! {
            tr {
                th scope="row" { (segment.segment) }
                td { (count(segment.rows)) } td { (count(segment.flagged.unwrap_or(0))) } td { (count(segment.updates)) }
            }
        }
    };
    wide(
        "table",
        html! {
            table {
                caption {
                    "The warm-up is not judged. The threshold is " (shown_error(f64::from(figures.threshold))) " at the end."
                    @if step > 1 { " One segment in " (step) " is shown, of " (all.len()) "." }
                }
                thead { tr {
                    th scope="col" { "segment" } th scope="col" { "rows" } th scope="col" { "flagged" } th scope="col" { "learning steps" }
                } }
                tbody { @for segment in all.iter().step_by(step) { (row(segment)) } }
            }
        },
    )
}
