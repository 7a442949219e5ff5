//! The report of one model: how it learned, what it takes for what, whether its probabilities can be believed, where it fails, what it
//! looks at.

mod calibration;
mod confusion;
mod importance;
mod told;
mod worst;

pub use told::ModelReport;

use super::chart::{CurveChart, CurveUnit, CurveWidth, RuleCurve};
use super::machine::Machine;
use super::number::{NONE, Unit, count, plural};
use super::page::{PageSection, provenance, shell};
use super::table::wide;
use crate::experiment::Band;
use crate::learner::quality::ClassificationQuality;
use crate::run::metrics::EpochReport;
use maud::{Markup, html};

/// Classes in the table at most.
const MOST_CLASSES: usize = 30;

/// What the terms mean.
const TERMS: [(&str, &str); 5] = [
    ("precision", "of the rows answered as a class, the share that are of it."),
    (
        "recall",
        "of the rows of a class, the share that are answered so. Balanced accuracy is the mean recall of the classes.",
    ),
    (
        "calibration",
        "whether answers that are given with 80 % are right in 80 % of the rows. The calibration error is the mean distance, weighted by rows.",
    ),
    (
        "importance",
        "how much larger the error is when the values of one column are shuffled over the rows (mean of five shuffles). Columns that carry the same information share it.",
    ),
    ("test rows", "rows that the network did not learn from."),
];

impl ModelReport<'_> {
    /// The whole file.
    pub fn html(&self) -> String {
        let mut sections = vec![PageSection { id: "figures", title: "Figures", body: figures(self) }];
        let mut add = |id: &'static str, title: &'static str, body: Option<Markup>| {
            sections.extend(body.map(|body| PageSection { id, title, body }));
        };
        add("curves", "How it learned", curves(self));
        add("confusion", "What is taken for what", self.classes.map(confusion::section));
        add("calibration", "Whether probabilities can be believed", self.classes.and_then(calibration::section));
        add("importance", "What it looks at", importance::section(self));
        add("worst", "Where it fails", worst::section(self));
        let making = provenance(&self.command, env!("CARGO_PKG_VERSION"), &Machine::here(), html! {});
        add("making", "How it was made", Some(making));
        shell(&self.title, Some(&self.lead), None, &sections, &TERMS).into_string()
    }
}

/// The figures as a sentence, and each class or target on its own.
fn figures(report: &ModelReport<'_>) -> Markup {
    html! {
        @if let Some(note) = report.note { p class="note" { strong { "Note: " } (note) } }
        @if let (Some(error), Some(classes)) = (report.error, report.classes) {
            p class="summary" {
                "Wrong in " strong { (format!("{error:.2}")) " %" } " of " (plural(report.rows, "row")) "; balanced accuracy "
                strong { (format!("{:.2}", classes.balanced_accuracy)) " %" }
                @if let (Some(loss), Some(gap)) = (classes.log_loss, classes.calibration_error) {
                    ", log loss " (format!("{loss:.4}")) ", calibration error " (format!("{gap:.2}")) " %"
                }
                "."
            }
        }
        @if let Some(values) = report.values {
            p class="summary" {
                "Root mean squared error " strong { (Unit::Loss.write(values.rmse)) } ", that of answering the mean "
                (Unit::Loss.write(values.rmse_of_mean)) "; mean absolute error " (Unit::Loss.write(values.mae))
                @if let Some(r2) = values.r2 { ", R" sup { "2" } " " (format!("{r2:.4}")) }
                "."
            }
        }
        @if let Some(classes) = report.classes { (class_table(classes)) }
    }
}

/// Each class on its own, or those that are answered worst.
fn class_table(quality: &ClassificationQuality) -> Markup {
    let share = |share: Option<f64>| share.map_or_else(|| NONE.into(), |share| format!("{share:.2}"));
    let classes = quality.worst_classes(MOST_CLASSES);
    wide(
        "table",
        html! {
            table class="few" {
                caption {
                    "Each class on its own; precision, recall and F1 in percent."
                    @if classes.len() < quality.per_class.len() {
                        " The " (classes.len()) " with the lowest F1 of " (quality.per_class.len()) "; eval --json has all."
                    }
                }
                thead { tr {
                    th scope="col" { "class" } th scope="col" { "precision" } th scope="col" { "recall" } th scope="col" { "F1" }
                    th scope="col" { "rows" }
                } }
                tbody { @for class in classes {
                    tr {
                        th scope="row" { (class.class) } td { (share(class.precision)) } td { (share(class.recall)) }
                        td { (share(class.f1)) } td { (count(class.support)) }
                    }
                } }
            }
        },
    )
}

/// The learning curves; none where no epoch is known.
fn curves(report: &ModelReport<'_>) -> Option<Markup> {
    let last = report.curve.last()?;
    let is_error = last.test_error.is_some();
    let band = |value: &dyn Fn(&EpochReport) -> Option<f64>| {
        let mean: Option<Vec<f64>> = report.curve.iter().map(value).collect();
        mean.map(|mean| Band { mean, std: None })
    };
    let lines: [(&str, Option<Band>); 3] = match is_error {
        true => [
            ("training", band(&|epoch| epoch.train_error)),
            ("validation", band(&|epoch| epoch.validation_error)),
            ("test", band(&|epoch| epoch.test_error)),
        ],
        false => [
            ("training", band(&|epoch| Some(epoch.train_loss))),
            ("validation", band(&|epoch| epoch.validation_loss)),
            ("test", band(&|epoch| Some(epoch.test_loss))),
        ],
    };
    let drawn = lines.iter().filter_map(|(rule, band)| band.as_ref().map(|band| RuleCurve { rule, band })).collect();
    let (axis, unit) = if is_error { ("error, %", Unit::Percent) } else { ("loss", Unit::Loss) };
    let chart = CurveChart {
        id: "curve".into(),
        title: format!("{axis} by epoch"),
        axis,
        values: CurveUnit::Magnitudes(unit),
        least: if is_error { 100.0 / report.rows.max(1) as f64 } else { 0.0 },
        width: CurveWidth::Whole,
        room: &[],
        lines: drawn,
    };
    Some(html! {
        figure {
            (wide("chart", chart.draw().0))
            figcaption { "Training: as the learning steps saw it, while the network changed." }
        }
    })
}
