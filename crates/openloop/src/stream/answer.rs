//! What a row is answered with, and what is known of its target: a class, or real values.

use super::unknown::UNKNOWN_CLASS;
use crate::learner::DataDescription;
use openloop_core::loss::largest;
use serde::{Deserialize, Serialize};

/// Whether a stream's targets are classes, real values, or the rows themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A class a row.
    Classes,
    /// A real value a row, or several.
    Values,
    /// None: the row itself is predicted, and flagged where that fails.
    Inputs,
}

openloop_core::named!(TargetKind: "task" { Classes = "classes", Values = "regression", Inputs = "anomaly" });

/// What is known of a row's target; of a row without one, whether it is normal, class 0, or an anomaly, class 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Truth {
    /// Nothing.
    #[default]
    Unknown,
    /// Its class, which may have no output.
    Class(u32),
    /// Its values in deviations from the mean of the targets, z = (t - mean) / deviation: `[targets]`
    Values(Vec<f64>),
}

impl TargetKind {
    /// What a network that was made for these data gives: classes or values. A stream knows where values are those of its own inputs.
    pub fn of(about: &DataDescription) -> Self {
        if about.units.is_some() { TargetKind::Values } else { TargetKind::Classes }
    }

    /// In a few words, for messages.
    pub const fn described(self) -> &'static str {
        match self {
            TargetKind::Classes => "classes",
            TargetKind::Values => "real values",
            TargetKind::Inputs => "rows without labels",
        }
    }
}

impl Truth {
    /// Whether something is known.
    pub fn is_known(&self) -> bool {
        *self != Truth::Unknown
    }

    /// Whether something can be learned from it: not from a class without an output.
    pub fn is_learnable(&self) -> bool {
        self.is_known() && *self != Truth::Class(UNKNOWN_CLASS)
    }

    /// As `clone_from`, in the buffer that it has.
    pub fn copy_from(&mut self, other: &Truth) {
        match other {
            Truth::Values(values) => self.set_values(values.iter().copied()),
            other => *self = other.clone(),
        }
    }

    /// Makes it some values, in the buffer that it has.
    pub(super) fn set_values(&mut self, values: impl Iterator<Item = f64>) {
        match self {
            Truth::Values(own) => {
                own.clear();
                own.extend(values);
            }
            other => *other = Truth::Values(values.collect()),
        }
    }
}

/// The answers to a row: of the network, then of each baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answers {
    /// Classes: `[predictors]`. Of a row without a target 1 where it was flagged.
    Classes(Vec<u32>),
    /// Values in deviations from the mean of the targets: `[predictors, targets]`
    Values(Vec<f64>),
}

impl Default for Answers {
    fn default() -> Self {
        Answers::Classes(Vec::new())
    }
}

impl Answers {
    /// As `clone_from`, in the buffer that it has.
    pub fn copy_from(&mut self, other: &Answers) {
        match (self, other) {
            (Answers::Classes(own), Answers::Classes(other)) => own.clone_from(other),
            (Answers::Values(own), Answers::Values(other)) => own.clone_from(other),
            (own, other) => *own = other.clone(),
        }
    }

    /// Takes the outputs `y` of predictor `k`'s network as its answer: the largest output's class, or the values.
    pub fn set_outputs(&mut self, k: usize, y: &[f32]) {
        match self {
            Answers::Classes(classes) => classes[k] = largest(y) as u32,
            Answers::Values(values) => {
                values[k * y.len()..][..y.len()].iter_mut().zip(y).for_each(|(value, y)| *value = f64::from(*y));
            }
        }
    }

    /// How far predictor 0's answer is from the truth: 0 or 1 where it is a class, else the mean distance of the values in
    /// deviations.
    pub fn error(&self, truth: &Truth) -> f64 {
        match (self, truth) {
            (Answers::Classes(answers), Truth::Class(class)) => f64::from(u8::from(answers[0] != *class)),
            (Answers::Values(answers), Truth::Values(values)) => {
                let distances = answers.iter().zip(values).map(|(y, t)| (y - t).abs());
                distances.sum::<f64>() / values.len().max(1) as f64
            }
            _ => 0.0,
        }
    }
}

/// An answer of the network, as it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer<'a> {
    /// A class.
    Class {
        /// Its name.
        name: &'a str,
        /// Its probability.
        confidence: f32,
    },
    /// Values.
    Values {
        /// What they are called.
        names: &'a [String],
        /// In the targets' own unit.
        values: &'a [f64],
    },
    /// How unlike the rows before it a row is.
    Anomaly {
        /// The mean squared error of the network's answer, in squared deviations of the inputs.
        score: f32,
        /// The score beyond which a row was flagged.
        threshold: f32,
        /// Whether this one was.
        is_flagged: bool,
    },
}

impl Answer<'_> {
    /// Whether it holds nothing that is no number.
    pub fn is_finite(&self) -> bool {
        match self {
            Answer::Class { confidence, .. } => confidence.is_finite(),
            Answer::Values { values, .. } => values.iter().all(|value| value.is_finite()),
            Answer::Anomaly { score, .. } => score.is_finite(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_answered_is_the_same_after_a_file() {
        for answers in [Answers::Classes(vec![0, 3]), Answers::Values(vec![1.0, 0.1 + 0.2, -0.0])] {
            let text = serde_json::to_string(&answers).unwrap();
            assert_eq!(serde_json::from_str::<Answers>(&text).unwrap(), answers, "{text}");
        }
        for truth in [Truth::Unknown, Truth::Class(2), Truth::Values(vec![2.0])] {
            let text = serde_json::to_string(&truth).unwrap();
            assert_eq!(serde_json::from_str::<Truth>(&text).unwrap(), truth, "{text}");
        }
    }
}
