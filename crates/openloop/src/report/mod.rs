//! A report: the results of experiments as one HTML file that needs nothing else, to be sent, printed and kept.
//!
//! No script, no font, no picture is loaded: charts are SVG within the page. What a chart shows also stands in words for
//! those who cannot see it, rules differ in dashes and markers as well as in colour, and a print is black on white.
//!
//! | file | one sentence |
//! |---|---|
//! | `page.rs`, `style.css` | The page around the sections: head, contents, how it was made, what the terms mean. |
//! | `section.rs` | A comparison: summary, figures, curves, angles, cost, settings. |
//! | `stream.rs` | A stream: accuracy over time, segments, confusion. |
//! | `overview.rs` | A reproduction at a glance: measured beside published. |
//! | `words.rs` | What a comparison found, in a paragraph. |
//! | `figures.rs`, `cost.rs`, `settings.rs` | The tables. |
//! | `table.rs`, `number.rs` | How tables and numbers look. |
//! | `chart/` | The charts. |
//! | `machine.rs` | What is said of the machine. |
//! | `write.rs` | The file: whole or absent. |

mod chart;
mod cost;
mod figures;
mod machine;
mod number;
mod overview;
mod page;
mod section;
mod settings;
mod stream;
mod table;
mod words;
mod write;

pub use machine::Machine;
pub use stream::stream_page;
pub use write::{WriteError, check, write};

use crate::experiment::{Comparison, Published, Reproduction};
use number::Unit;

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct Report<'r> {
    /// The page's heading.
    pub title: String,
    /// The command that made the results, as it was typed.
    pub command: String,
    /// Where they were made.
    pub machine: Machine,
    /// How much of the work was done, in words, where it was not all of it.
    pub shortened: Option<&'r str>,
    /// One for each comparison.
    pub parts: Vec<Part<'r>>,
}

/// A comparison, beside what was published.
#[derive(Clone, Copy, Debug)]
pub struct Part<'r> {
    /// Its heading.
    pub title: &'r str,
    /// What was measured.
    pub comparison: &'r Comparison,
    /// What was published, where anything was.
    pub published: &'r [Published],
    /// Where the published figures come from; empty where nothing was.
    pub source: &'r str,
}

impl<'r> Report<'r> {
    /// The report of a single comparison made on this machine.
    pub fn of_comparison(comparison: &'r Comparison, command: &str) -> Self {
        let rules: Vec<&str> = comparison.rules.iter().map(|rule| &*rule.rule).collect();
        Report {
            title: format!("{} on {}", rules.join(", "), comparison.data),
            command: command.into(),
            machine: Machine::here(),
            shortened: None,
            parts: vec![Part { title: &comparison.net, comparison, published: &[], source: "" }],
        }
    }

    /// The report of a reproduction made on this machine.
    pub fn of_reproduction(reproduction: &'r Reproduction, command: &str) -> Self {
        let data = match &*reproduction.task {
            "mnist" => "MNIST",
            "cifar10" => "CIFAR-10",
            "synthetic" => "its synthetic tasks",
            other => other,
        };
        let part = |section: &'r crate::experiment::Section| Part {
            title: &section.title,
            comparison: &section.comparison,
            published: &section.published,
            source: &section.source,
        };
        Report {
            title: format!("The paper\u{2019}s results on {data}, measured again"),
            command: command.into(),
            machine: Machine::here(),
            shortened: reproduction.shortened.as_deref(),
            parts: reproduction.sections.iter().map(part).collect(),
        }
    }

    /// The whole file.
    pub fn html(&self) -> String {
        page::page(self).into_string()
    }
}

impl<'r> Part<'r> {
    /// The unit of its figure.
    fn unit(&self) -> Unit {
        if self.comparison.figure.contains("error") { Unit::Percent } else { Unit::Loss }
    }

    /// What its figure is.
    fn figure(&self) -> &'static str {
        if self.unit() == Unit::Percent { "test error" } else { "test loss" }
    }

    /// The figure with its unit, as it stands above a column or at an axis.
    fn figure_with_unit(&self) -> &'static str {
        if self.unit() == Unit::Percent { "test error, %" } else { "test loss" }
    }

    /// What was published for a rule.
    fn published(&self, rule: &str) -> Option<&'r Published> {
        self.published.iter().find(|published| published.rule == rule)
    }
}
