//! What a reproduction finds: comparisons beside the figures that were published for them.

use super::result::Comparison;
use serde::{Deserialize, Serialize};

/// The paper's tables for one data set, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reproduction {
    /// `mnist`, `cifar10` or `synthetic`.
    pub task: String,
    /// How much of the paper's work was done, in words, where it was not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortened: Option<String>,
    /// A section for each network or task, in the paper's order.
    pub sections: Vec<Section>,
}

/// One network of a table, or one synthetic task: every rule, measured and published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// As the paper calls it.
    pub title: String,
    /// What was measured.
    pub comparison: Comparison,
    /// What was published, where anything was.
    pub published: Vec<Published>,
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
}
