//! The heart: which teaching signal a hidden layer gets, from what, and when it may learn.
//!
//! A rule is data. With row vectors, y the network's output, t the target, a_k a hidden layer's output and
//! delta_k the gradient at its sums, every rule differs in one thing, the signal that arrives at a_k:
//!
//! | rule | signal at a_k | made of | may learn |
//! |---|---|---|---|
//! | `bp` | delta_{k+1} W_{k+1} | the next layer's delta and its weights | after the whole backward walk reached it |
//! | `fa` | delta_{k+1} B_{k+1} | the same delta, fixed random B shaped like W | after the whole backward walk reached it |
//! | `dfa` | (y - t) B_k | the output error, fixed random B_k `[C, N_k]` | after the output |
//! | `sdfa` | sign(y - t) B_k | the error's sign | after the output |
//! | `drtp` | t B_k | the label alone: one row of B_k | **in the forward walk** |
//! | `local-error` | (softmax(a_k G_k^T) - t) G_k | the layer's own output, fixed random readout G_k | **in the forward walk** |
//! | `local-error-learned` | (softmax(a_k R_k^T + b) - t) R_k | the same; the readout R_k, b starts as G_k, 0 and learns by its own error | **in the forward walk** |
//! | `shallow` | none | - | never: only the output layer learns |
//!
//! Then always delta_k = signal * act'(z_k), and the layer's gradient is delta_k^T a_{k-1}. The output layer learns by
//! its own error under every rule.
//!
//! Sources: `bp` to `shallow`: Frenkel, Lefebvre and Bol, "Learning without feedback", Frontiers in Neuroscience 2021;
//! `fa`: Lillicrap et al., Nature Communications 2016; `dfa`: Noekland, NeurIPS 2016; `local-error`: Mostafa, Ramesh and
//! Cauwenberghs, "Deep supervised learning using local errors", Frontiers in Neuroscience 2018; its learned readout is the
//! layer's own classifier of Belilovsky, Eickenberg and Oyallon, "Decoupled greedy learning of CNNs", ICML 2020.

use crate::loss::{Loss, Targets, softmax};

/// A learning rule for the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Backpropagation.
    Bp,
    /// Feedback alignment.
    Fa,
    /// Direct feedback alignment.
    Dfa,
    /// Direct feedback alignment by the error's sign.
    Sdfa,
    /// Direct random target projection.
    Drtp,
    /// Local error through a fixed random readout.
    LocalError,
    /// Local error through a readout that learns too.
    LocalErrorLearned,
    /// Hidden layers stay as they were drawn: the control.
    Shallow,
}

/// Where a hidden layer's teaching signal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teacher {
    /// The next layer's delta times a matrix: its weights, or a `fixed` random matrix of the same shape.
    NextLayer {
        /// Whether the matrix is the fixed random one.
        fixed: bool,
    },
    /// Coefficients `[batch, C]` times the layer's fixed random matrix `[C, N_k]`.
    Projection(Coefficients),
    /// No signal.
    Nothing,
}

/// What is projected onto a hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coefficients {
    /// y - t
    Error,
    /// sign(y - t), with sign(0) = 0
    ErrorSign,
    /// t
    Target,
    /// softmax(a_k G_k^T) - t; without the softmax for mean squared error
    LocalError,
}

impl Rule {
    /// All rules, in the paper's order, then those beyond it.
    pub const ALL: [Rule; 8] = [
        Rule::Bp,
        Rule::Fa,
        Rule::Dfa,
        Rule::Sdfa,
        Rule::Drtp,
        Rule::Shallow,
        Rule::LocalError,
        Rule::LocalErrorLearned,
    ];

    /// The name used on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Bp => "bp",
            Rule::Fa => "fa",
            Rule::Dfa => "dfa",
            Rule::Sdfa => "sdfa",
            Rule::Drtp => "drtp",
            Rule::LocalError => "local-error",
            Rule::LocalErrorLearned => "local-error-learned",
            Rule::Shallow => "shallow",
        }
    }

    /// The rule of that name.
    pub fn from_name(name: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// What teaches a hidden layer.
    pub const fn teacher(self) -> Teacher {
        match self {
            Rule::Bp => Teacher::NextLayer { fixed: false },
            Rule::Fa => Teacher::NextLayer { fixed: true },
            Rule::Dfa => Teacher::Projection(Coefficients::Error),
            Rule::Sdfa => Teacher::Projection(Coefficients::ErrorSign),
            Rule::Drtp => Teacher::Projection(Coefficients::Target),
            Rule::LocalError | Rule::LocalErrorLearned => Teacher::Projection(Coefficients::LocalError),
            Rule::Shallow => Teacher::Nothing,
        }
    }

    /// Whether a hidden layer's signal comes through a readout of its own that learns, and not through a fixed matrix.
    pub const fn learns_readout(self) -> bool {
        matches!(self, Rule::LocalErrorLearned)
    }

    /// Whether a hidden layer may learn the moment its own output exists.
    pub const fn is_local(self) -> bool {
        match self.teacher() {
            Teacher::Projection(Coefficients::Target | Coefficients::LocalError) | Teacher::Nothing => true,
            Teacher::Projection(Coefficients::Error | Coefficients::ErrorSign) | Teacher::NextLayer { .. } => false,
        }
    }
}

impl Coefficients {
    /// Turns `values: [batch, outputs]` into the coefficients, in place.
    ///
    /// On entry they are the network's output y (`Error`, `ErrorSign`), the layer's readout a_k G_k^T (`LocalError`), or
    /// anything (`Target`).
    pub fn fill(self, loss: Loss, outputs: usize, targets: &Targets<'_>, values: &mut [f32]) {
        match self {
            Coefficients::Target => {
                values.fill(0.0);
                targets.subtract_from(outputs, values);
                values.iter_mut().for_each(|v| *v = -*v);
            }
            Coefficients::LocalError => {
                if loss != Loss::MeanSquaredError {
                    softmax(outputs, values);
                }
                targets.subtract_from(outputs, values);
            }
            Coefficients::Error => targets.subtract_from(outputs, values),
            Coefficients::ErrorSign => {
                targets.subtract_from(outputs, values);
                values.iter_mut().for_each(|v| *v = sign(*v));
            }
        }
    }
}

/// -1, 0 or 1; NaN stays NaN.
fn sign(v: f32) -> f32 {
    if v == 0.0 { 0.0 } else { 1.0f32.copysign(v) * if v.is_nan() { v } else { 1.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_rules_match_one_to_one() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_name(rule.name()), Some(rule));
        }
        assert_eq!(Rule::from_name("drpt"), None);
    }

    #[test]
    fn only_the_rules_that_need_no_error_are_local() {
        let local = [Rule::Drtp, Rule::LocalError, Rule::LocalErrorLearned, Rule::Shallow];
        assert!(Rule::ALL.iter().all(|rule| rule.is_local() == local.contains(rule)));
    }

    #[test]
    fn coefficients_follow_their_formulas() {
        let targets = Targets::Labels(&[1]);
        let y = [0.25, 0.25, 0.5];
        let filled = |coefficients: Coefficients, mut values: [f32; 3]| {
            coefficients.fill(Loss::CrossEntropy, 3, &targets, &mut values);
            values
        };
        assert_eq!(filled(Coefficients::Error, y), [0.25, -0.75, 0.5]);
        assert_eq!(filled(Coefficients::ErrorSign, [0.0, 0.25, 0.5]), [0.0, -1.0, 1.0]);
        assert_eq!(filled(Coefficients::Target, y), [0.0, 1.0, 0.0]);
        let local = filled(Coefficients::LocalError, [0.0, 0.0, 0.0]);
        assert!((local[0] - 1.0 / 3.0).abs() < 1e-6 && (local[1] + 2.0 / 3.0).abs() < 1e-6);
        assert!(filled(Coefficients::ErrorSign, [f32::NAN, 0.0, 0.0])[0].is_nan());
    }
}
