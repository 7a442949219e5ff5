//! The report of a stream, class by class: figures in all, and how often each class was recognised as time went by.

use super::chart::{ChartUnit, StreamChart, StreamCurve};
use super::course::borders;
use super::measure::percent;
use super::number::{NONE, count};
use super::table::wide;
use crate::learner::quality::ClassQuality;
use crate::stream::{ClassFigures, ClassPoint, StreamSummary};
use maud::{Markup, html};

/// The looks of the lines; no more classes are drawn.
const LOOKS: [&str; 6] = ["drtp", "local-error", "fa", "dfa", "sdfa", "local-error-learned"];
/// Classes in the table at most.
const MAX_ROWS: usize = 20;

/// The figures and the chart.
pub fn classes_over_time(summary: &StreamSummary, figures: &ClassFigures) -> Markup {
    let drawn = hardest(&figures.per_class, LOOKS.len());
    let all = figures.per_class.iter().filter(|class| class.support > 0).count();
    let size = figures.class_curve.first().map_or(0, |point| point.support.iter().sum());
    html! {
        p {
            "Balanced accuracy " strong { (percent(figures.balanced_accuracy)) " %" } ", kappa " (two_digits(figures.kappa))
            ", against the last label " (two_digits(figures.kappa_temporal)) "."
        }
        @if figures.class_curve.len() > 1 {
            figure {
                (wide("chart", chart(summary, figures, &drawn, size).draw()))
                figcaption {
                    "How many of each class\u{2019}s rows were answered rightly, in percent. Each point is " (count(size))
                    " labelled rows of all classes, the last one what is left. "
                    @if drawn.len() < all { "Of " (all) " classes the " (drawn.len()) " that are recognised least often." }
                }
            }
        }
        (table(&figures.per_class))
    }
}

/// The numbers of the classes that are recognised least often, in their order.
fn hardest(classes: &[ClassQuality], most: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..classes.len()).filter(|k| classes[*k].recall.is_some()).collect();
    numbers.sort_by(|a, b| classes[*a].recall.unwrap_or(100.0).total_cmp(&classes[*b].recall.unwrap_or(100.0)));
    numbers.truncate(most);
    numbers.sort_unstable();
    numbers
}

/// The recall of the classes `drawn` over time; a point is so many rows.
fn chart<'s>(summary: &'s StreamSummary, figures: &'s ClassFigures, drawn: &[usize], size: u64) -> StreamChart<'s> {
    let ends = std::iter::once(0).chain(figures.class_curve.iter().map(|point| point.row));
    let middles: Vec<f64> =
        ends.zip(&figures.class_curve).map(|(from, point)| 0.5 * (from + point.row) as f64).collect();
    let trace = |(look, k): (&&'s str, &usize)| {
        let place = |(x, point): (&f64, &ClassPoint)| Some((*x, point.recall.get(*k).copied().flatten()?));
        StreamCurve {
            name: &figures.per_class[*k].class,
            style: look,
            points: middles.iter().zip(&figures.class_curve).filter_map(place).collect(),
            interval: Vec::new(),
            needs_room: true,
        }
    };
    StreamChart {
        id: "classes-course",
        title: "Right answers of each class over time",
        unit: ChartUnit::Percent,
        axis: "right, %",
        across: "row after the warm-up",
        traces: LOOKS.iter().zip(drawn).map(trace).collect(),
        least: 100.0 / size.max(1) as f64,
        marks: Vec::new(),
        borders: borders(summary),
    }
}

fn table(classes: &[ClassQuality]) -> Markup {
    let shown = hardest(classes, MAX_ROWS);
    let all = classes.iter().filter(|class| class.support > 0).count();
    wide(
        "table",
        html! {
            table class="few" {
                caption {
                    "Each class after the warm-up, in percent. Recall: of its rows, those answered with it. Precision: of the rows answered "
                    "with it, those that are of it. F1: their harmonic mean."
                    @if shown.len() < all { " Of " (all) " classes the " (shown.len()) " that are recognised least often." }
                }
                thead { tr {
                    th scope="col" { "class" } th scope="col" { "rows" } th scope="col" { "recall" } th scope="col" { "precision" }
                    th scope="col" { "F1" }
                } }
                tbody {
                    @for class in shown.iter().map(|k| &classes[*k]) {
                        tr {
                            th scope="row" { (class.class) }
                            td { (count(class.support)) } td { (percent(class.recall)) } td { (percent(class.precision)) }
                            td { (percent(class.f1)) }
                        }
                    }
                }
            }
        },
    )
}

fn two_digits(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.into(), |value| format!("{value:.2}"))
}
