//! The table of costs: time, arithmetic, memory planned and measured.

use super::number::{NONE, bytes, count, seconds};
use super::parts::ReportPart;
use super::table::{ColumnHeading, RuleTable};
use crate::experiment::RuleResult;
use maud::{Markup, html};

/// The table.
pub fn cost(part: &ReportPart<'_>) -> Markup {
    let comparison = part.comparison;
    let headings = vec![
        ColumnHeading::over("time of learning", &["s / epoch", "samples / s"]),
        ColumnHeading::over("multiply-adds a sample", &["forward", "signal", "update", "total"]),
        ColumnHeading::over("memory planned", &["persistent", "transient"]),
        ColumnHeading::over("peak measured", &["learning", "process"]),
    ];
    let threads = comparison.threads;
    let caption = html! {
        "What learning takes, with batches of " (comparison.batch) " on " (threads)
        (if threads == 1 { " thread. " } else { " threads. " })
        "Persistent: weights, optimizer state, feedback matrices. Transient: what a learning step needs beside them. "
        "Learning: the most in use during learning, both included. Process: the data and the evaluations too."
    };
    let rows = comparison.rules.iter().map(|rule| (rule.rule.clone(), row(rule))).collect();
    RuleTable { caption, headings, rows }.markup()
}

fn row(rule: &RuleResult) -> Vec<Markup> {
    let (cost, adds) = (&rule.cost, rule.cost.multiply_adds);
    // times and peaks are 0 where nothing finished or nobody counted
    let measured = |text: String, there: bool| if there { text } else { NONE.into() };
    let cells = [
        measured(seconds(cost.seconds_per_epoch), rule.finished > 0),
        measured(
            count(cost.samples_per_second.round() as u64),
            cost.samples_per_second.is_finite() && rule.finished > 0,
        ),
        count(adds.forward),
        count(adds.signal),
        count(adds.update),
        count(adds.total),
        bytes(cost.persistent_bytes),
        bytes(cost.transient_bytes),
        measured(bytes(cost.learning_peak_bytes), cost.learning_peak_bytes > 0),
        measured(bytes(cost.peak_bytes), cost.peak_bytes > 0),
    ];
    cells.into_iter().map(|cell| html! { (cell) }).collect()
}
