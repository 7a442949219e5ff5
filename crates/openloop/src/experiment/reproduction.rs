//! What a reproduction finds: comparisons beside the figures that were published for them.

use super::result::Comparison;
use serde::{Deserialize, Serialize};

/// The paper's table of one data set, or its synthetic tasks, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reproduction {
    /// `mnist`, `cifar10` or `synthetic`.
    pub task: String,
    /// Where it was not exactly the paper's amount of work, in words: trials, epochs, rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortened: Option<String>,
    /// A section for each network or task, in the paper's order.
    pub sections: Vec<ReproductionSection>,
}

/// One network of a table, or one synthetic task: every rule, measured and published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReproductionSection {
    /// As the paper calls it.
    pub title: String,
    /// What was measured.
    pub comparison: Comparison,
    /// What was published, where anything was.
    pub published: Vec<Published>,
    /// Where the published figures come from, and how exactly they are known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// A published figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// The rule.
    pub rule: String,
    /// The test error in percent; for a regression the test loss.
    pub value: f64,
    /// Its standard deviation over the trials, where it was given.
    pub std: Option<f64>,
    /// The angle in degrees between the rule's teaching signal and backpropagation's at the end, for each hidden layer;
    /// empty where none was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub angles: Vec<f64>,
}

impl ReproductionSection {
    /// What was published for a rule.
    pub fn published(&self, rule: &str) -> Option<&Published> {
        self.published.iter().find(|published| published.rule == rule)
    }

    /// A rule's mean figure minus the published one; none if either is missing.
    pub fn difference(&self, rule: &str) -> Option<f64> {
        let measured = self.comparison.rules.iter().find(|result| result.rule == rule)?.mean?;
        Some(measured - self.published(rule)?.value)
    }
}
