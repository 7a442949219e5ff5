//! What the report of a model tells: [`ModelReport`].

use crate::learner::quality::{ClassificationQuality, Examination, RegressionQuality};
use crate::run::metrics::EpochReport;
use openloop_core::Shape;

/// What the report of a model tells.
#[derive(Clone, Debug)]
pub struct ModelReport<'r> {
    /// The page's heading.
    pub title: String,
    /// What was tested, in a line.
    pub lead: String,
    /// What must be said beside every figure.
    pub note: Option<&'r str>,
    /// The command that made it, as it was typed.
    pub command: String,
    /// Every epoch; empty where they are not known.
    pub curve: &'r [EpochReport],
    /// Rows that were tested.
    pub rows: usize,
    /// The share of wrong answers, in percent; none for measured values.
    pub error: Option<f64>,
    /// The figures of the classes.
    pub classes: Option<&'r ClassificationQuality>,
    /// The figures of measured values.
    pub values: Option<&'r RegressionQuality>,
    /// Where it fails and what it looks at.
    pub examination: &'r Examination,
    /// The shape of a sample.
    pub shape: Shape,
    /// The names of the features.
    pub features: Vec<String>,
}
