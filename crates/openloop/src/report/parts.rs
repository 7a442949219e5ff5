//! What a report is made of.

use super::machine::Machine;
use super::number::Unit;
use crate::experiment::{Comparison, Published, Reproduction};

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
    pub parts: Vec<ReportPart<'r>>,
}

/// A comparison, beside what was published.
#[derive(Clone, Copy, Debug)]
pub struct ReportPart<'r> {
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
            parts: vec![ReportPart { title: &comparison.net, comparison, published: &[], source: "" }],
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
        let part = |section: &'r crate::experiment::ReproductionSection| ReportPart {
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
}

impl<'r> ReportPart<'r> {
    /// The unit of its figure.
    pub(super) fn unit(&self) -> Unit {
        if self.comparison.figure.contains("error") { Unit::Percent } else { Unit::Loss }
    }

    /// What its figure is.
    pub(super) fn figure(&self) -> &'static str {
        match self.unit() {
            Unit::Percent => "test error",
            Unit::Loss if self.comparison.figure.contains("rmse") => "test RMSE",
            Unit::Loss => "test loss",
        }
    }

    /// The figure with its unit, as it stands above a column or at an axis.
    pub(super) fn figure_with_unit(&self) -> &'static str {
        if self.unit() == Unit::Percent { "test error, %" } else { self.figure() }
    }

    /// What one row of so many is in the unit of the figure: its share of all, in percent; 0 of a loss, which any row can change by any
    /// amount.
    pub(super) fn one_of(&self, rows: usize) -> f64 {
        if self.unit() == Unit::Percent && rows > 0 { 100.0 / rows as f64 } else { 0.0 }
    }

    /// What was published for a rule.
    pub(super) fn published(&self, rule: &str) -> Option<&'r Published> {
        self.published.iter().find(|published| published.rule == rule)
    }
}
