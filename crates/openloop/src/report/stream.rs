//! The report of a stream: accuracy or errors over time, by segment, drifts, confusion with and without learning.

use super::anomaly;
use super::classes_over_time::classes_over_time;
use super::course::course;
use super::machine::Machine;
use super::measure::{Measure, percent};
use super::number::{NONE, count, plural, rate};
use super::page::{PageSection, provenance, shell};
use super::table::wide;
use crate::experiment::statistics::share_interval;
use crate::stream::{ErrorFigures, SegmentSummary, StreamSummary, shown_error};
use maud::{Markup, html};

/// What the terms mean.
const TERMS: [(&str, &str); 6] = [
    (
        "right",
        "answers that were the row\u{2019}s class, in percent of the rows whose label came. Every row is answered before it is learned from.",
    ),
    ("frozen", "the network, and the scaling of its features, as they were after the warm-up."),
    (
        "last-label, majority",
        "answers without a network: the class of the last labelled row, the most frequent class so far.",
    ),
    (
        "kappa",
        "Cohen\u{2019}s kappa: 0 is what chance with the same shares of answers would have, 1 is perfect. Against the last label: 0 is what the class of the last labelled row would have.",
    ),
    ("learning step", "one update of the weights from one labelled row."),
    (
        "drift",
        "the detector (HDDM_A) saw the network\u{2019}s error rate grow by more than chance allows, once in a thousand.",
    ),
];
/// What the terms mean where targets are values.
const TERMS_OF_VALUES: [(&str, &str); 6] = [
    (
        "MAE, RMSE",
        "the mean of the absolute errors, and the root of the mean squared error, in the unit of the target. Every row is answered before it is learned from.",
    ),
    (
        "R2",
        "1 less the squared errors divided by the squared distances of the targets from their mean over the same rows: 1 is perfect.",
    ),
    ("frozen", "the network, and the scaling of its features, as they were after the warm-up."),
    (
        "last-value, mean, linear",
        "answers without a network: the last target, the mean of all so far, and recursive least squares that forget one part in 500 a row.",
    ),
    ("learning step", "one update of the weights from one labelled row."),
    (
        "drift",
        "the detector (HDDM_A) saw the network\u{2019}s absolute error, on a scale of 4 times its median, grow by more than chance allows, once in a thousand.",
    ),
];
/// Segments in the table at most.
const MAX_SEGMENTS: usize = 60;
/// Classes in a confusion at most.
const MAX_CLASSES: usize = 20;

/// The whole file.
pub fn stream_page(summary: &StreamSummary, command: &str) -> String {
    let title = format!("{} on {}: learning from a stream", summary.rule, summary.data);
    let making = PageSection { id: "making", title: "How it was made", body: provenance_section(summary, command) };
    if let Some(figures) = &summary.anomaly {
        let (happened, segments) = (anomaly::summary_list(summary, figures), anomaly::segments(summary, figures));
        let sections = [
            PageSection { id: "stream", title: "What happened", body: happened },
            PageSection { id: "segments", title: "By segment", body: segments },
            making,
        ];
        return shell(&title, Some(&lead(summary)), None, &sections, &anomaly::TERMS).into_string();
    }
    let measure = Measure::of(summary);
    let by_target = match measure {
        Measure::Right => {
            Some(PageSection { id: "confusion", title: "Which classes are taken for which", body: confusions(summary) })
        }
        Measure::Mae if summary.per_target.is_empty() => None,
        Measure::Mae => Some(PageSection { id: "targets", title: "By target", body: per_target(summary) }),
    };
    let by_class = summary.by_class.as_ref().map(|figures| PageSection {
        id: "classes",
        title: "By class",
        body: classes_over_time(summary, figures),
    });
    let sections: Vec<PageSection<'_>> = [
        Some(PageSection { id: "stream", title: "What happened", body: summary_list(summary) }),
        Some(PageSection { id: "segments", title: "By segment", body: segments(summary) }),
        by_class,
        by_target,
        Some(making),
    ]
    .into_iter()
    .flatten()
    .collect();
    let terms: &[(&str, &str)] = if measure == Measure::Right { &TERMS } else { &TERMS_OF_VALUES };
    shell(&title, Some(&lead(summary)), None, &sections, terms).into_string()
}

fn lead(summary: &StreamSummary) -> String {
    let StreamSummary { net, rows, judged, classes, .. } = summary;
    let arithmetic = summary.arithmetic.as_ref().map_or_else(String::new, |name| format!(" in {name}"));
    format!(
        "Network {net}{arithmetic}, {}: {} answered after the warm-up, {} of them with a label that came.",
        match summary.targets.is_empty() {
            _ if summary.anomaly.is_some() => "its own inputs as targets".into(),
            true => plural(classes.len(), "class").replace("classs", "classes"),
            false => plural(summary.targets.len(), "target"),
        },
        plural(*rows as usize, "row"),
        count(*judged)
    )
}

fn drifts(count: u64) -> String {
    match count {
        0 => {
            "No drift was signalled: the detector watches the network\u{2019}s own errors, and saw no increase.".into()
        }
        count => format!("A drift was signalled {}.", plural(count as usize, "time")),
    }
}

fn summary_list(summary: &StreamSummary) -> Markup {
    let StreamSummary { accuracy, frozen_accuracy, updates, possible_updates, policy, drift_count, .. } = summary;
    html! {
        p class="summary" {
            @match Measure::of(summary) {
                Measure::Right => {
                    "The network that kept learning was right in " strong { (percent(*accuracy)) " %" } " of the rows"
                    @if frozen_accuracy.is_some() { ", the same network frozen after the warm-up in " strong { (percent(*frozen_accuracy)) " %" } }
                }
                Measure::Mae => {
                    "The network that kept learning had a mean absolute error of " strong { (figures(summary.errors)[0]) }
                    " in the unit of the target"
                    @if let Some(frozen) = summary.baseline_errors.get("frozen") {
                        ", the same network frozen after the warm-up of " strong { (figures(*frozen)[0]) }
                    }
                }
            }
            ". It took " (count(*updates)) " learning steps of " (count(*possible_updates)) " that were possible (policy "
            code { (policy) } "). " (drifts(*drift_count))
        }
        @if let Some(note) = &summary.note { p class="note" { strong { "Note: " } (note) } }
        @for warning in &summary.warnings { p class="note" { strong { "Warning: " } (warning) } }
        (course(summary))
        @match Measure::of(summary) {
            Measure::Right => (baselines(summary)),
            Measure::Mae => (baselines_of_values(summary)),
        }
    }
}

/// The network and every baseline.
fn baselines(summary: &StreamSummary) -> Markup {
    wide(
        "table",
        html! {
            table class="few" {
                caption {
                    "After the warm-up, in the same run. What learning is worth is the distance to frozen; what the network is worth, that to the "
                    "others. In brackets the 95 % interval of the share (Wilson), as if the rows were independent."
                }
                thead { tr { th scope="col" { "who answers" } th scope="col" { "right, % [95 % interval]" } } }
                tbody {
                    tr {
                        th scope="row" { "learning (" (summary.rule) ")" }
                        td { strong { (percent(summary.accuracy)) } (interval(summary.accuracy, summary.judged)) }
                    }
                    @for (name, accuracy) in &summary.baselines {
                        tr { th scope="row" { (name) } td { (percent(*accuracy)) (interval(*accuracy, summary.judged)) } }
                    }
                }
            }
        },
    )
}

/// MAE, RMSE and R2.
fn figures(errors: Option<ErrorFigures>) -> [String; 3] {
    let Some(ErrorFigures { mae, rmse, r2 }) = errors else { return [NONE; 3].map(String::from) };
    [shown_error(mae), shown_error(rmse), r2.map_or_else(|| NONE.into(), |r2| format!("{r2:.3}"))]
}

/// The network and every baseline, by their errors.
fn baselines_of_values(summary: &StreamSummary) -> Markup {
    wide(
        "table",
        html! {
            table class="few" {
                caption {
                    "After the warm-up, in the same run, in the unit of the target. What learning is worth is the distance to frozen; what the "
                    "network is worth, that to the others."
                }
                thead { tr { th scope="col" { "who answers" } th scope="col" { "MAE" } th scope="col" { "RMSE" } th scope="col" { "R2" } } }
                tbody {
                    tr {
                        th scope="row" { "learning (" (summary.rule) ")" }
                        @for figure in figures(summary.errors) { td { strong { (figure) } } }
                    }
                    @for (name, errors) in &summary.baseline_errors {
                        tr { th scope="row" { (name) } @for figure in figures(*errors) { td { (figure) } } }
                    }
                }
            }
        },
    )
}

/// The network's errors, target by target.
fn per_target(summary: &StreamSummary) -> Markup {
    wide(
        "table",
        html! {
            table class="few" {
                caption { "The network that kept learning, each target in its own unit." }
                thead { tr { th scope="col" { "target" } th scope="col" { "MAE" } th scope="col" { "RMSE" } th scope="col" { "R2" } } }
                tbody {
                    @for one in &summary.per_target {
                        tr { th scope="row" { (one.target) } @for figure in figures(Some(one.errors)) { td { (figure) } } }
                    }
                }
            }
        },
    )
}

/// The interval of a share in percent of `judged` rows.
fn interval(accuracy: Option<f64>, judged: u64) -> String {
    let right = |accuracy: f64| (accuracy / 100.0 * judged as f64).round() as u64;
    let ends = accuracy.and_then(|accuracy| share_interval(right(accuracy), judged));
    ends.map_or_else(String::new, |[low, high]| format!(" [{:.1}, {:.1}]", 100.0 * low, 100.0 * high))
}

fn segments(summary: &StreamSummary) -> Markup {
    let (all, measure) = (&summary.segments, Measure::of(summary));
    let row = |(k, segment): (usize, &SegmentSummary)| {
        html! {
            tr {
                th scope="row" { (segment.segment) @if k == 0 && segment.segment != "warm-up" && segment.updates == 0 { " (warm-up)" } }
                td { (count(segment.rows)) } td { (count(segment.judged)) }
                @for figure in measure.of_segment(segment) { td { (figure) } }
                td { (count(segment.updates)) }
            }
        }
    };
    let step = all.len().div_ceil(MAX_SEGMENTS).max(1);
    wide(
        "table",
        html! {
                table {
                    caption {
                        "The warm-up is answered by the network after it was trained on it."
                        @if step > 1 { " One segment in " (step) " is shown, of " (all.len()) "." }
                    }
                    thead { tr {
                        th scope="col" { "segment" } th scope="col" { "rows" } th scope="col" { "labelled" }
                        th scope="col" { (measure.name()) } th scope="col" { (measure.frozen_name()) } th scope="col" { "learning steps" }
                    } }
                    tbody { @for (k, segment) in all.iter().enumerate().step_by(step) { (row((k, segment))) } }
                }
        },
    )
}

fn confusions(summary: &StreamSummary) -> Markup {
    if summary.classes.len() > MAX_CLASSES {
        return html! { p { "There are too many classes to show them here; --json holds all of it." } };
    }
    html! {
        @if !summary.frozen_confusion.is_empty() {
            h3 { "Without learning: frozen after the warm-up" }
            (confusion(summary, &summary.frozen_confusion))
        }
        h3 { "Learning" }
        (confusion(summary, &summary.confusion))
    }
}

fn confusion(summary: &StreamSummary, table: &[Vec<u64>]) -> Markup {
    wide(
        "table",
        html! {
                table class={ "few" @if summary.classes.len() > 3 { " broad" } } {
                    caption { "A row for each true class: how many of its rows were answered with each class. Right answers are bold." }
                    thead { tr { th scope="col" { "true class" } @for class in &summary.classes { th scope="col" { (class) } } th scope="col" { "right, %" } } }
                    tbody {
                        @for (truth, row) in table.iter().enumerate() {
                            @let all: u64 = row.iter().sum();
                            tr {
                                th scope="row" { (summary.classes[truth]) }
                                @for (answer, n) in row.iter().enumerate() {
                                    td { @if answer == truth { strong { (count(*n)) } } @else { (count(*n)) } }
                                }
                                td { (percent((all > 0).then(|| 100.0 * row[truth] as f64 / all as f64))) }
                            }
                        }
                    }
                }
        },
    )
}

/// Of which rows labels came, when, and how many were wrong on purpose.
fn labels(summary: &StreamSummary) -> String {
    let rows = match summary.label_every {
        1 => "of every row".into(),
        rows => format!("of one row in {rows}"),
    };
    let when = match summary.delay {
        0 => "at once".into(),
        delay => format!("{} late", plural(delay as usize, "row")),
    };
    let noise = summary.label_noise;
    let wrong = if noise > 0.0 { format!(", made wrong with probability {noise}") } else { String::new() };
    format!("{rows}, {when}{wrong}")
}

fn provenance_section(summary: &StreamSummary, command: &str) -> Markup {
    let more = html! {
        dt { "Seed" } dd { (summary.seed) }
        dt { "Learning rate" } dd { (rate(summary.lr)) ", hidden layers " (rate(summary.hidden_lr)) }
        dt { "Arithmetic" } dd {
            (summary.arithmetic.as_deref().unwrap_or("f32"))
            @if let Some(saturated) = summary.saturated { ", " (plural(saturated as usize, "change")) " saturated" }
        }
        dt { "Labels" } dd { @if summary.anomaly.is_some() { "none learned from" } @else { (labels(summary)) } }
        dt { "Rows that could not be used" } dd { (count(summary.bad_rows)) }
        @if summary.targets.is_empty() && summary.anomaly.is_none() {
            dt { "Rows of a class without an output, counted as wrong" } dd { (count(summary.unknown_class_rows)) }
        }
        dt { "Values that were bounded to 8 deviations" } dd { (count(summary.bounded_values)) }
        dt { "Speed" } dd { (count(summary.rows_per_second as u64)) " rows a second" }
    };
    provenance(command, env!("CARGO_PKG_VERSION"), &Machine::here(), more)
}
