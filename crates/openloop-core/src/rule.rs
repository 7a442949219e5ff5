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
//! | `local-hinge` | G_k's row of c* minus that of t, while (a_k G_k^T) of t is less than 3 above that of c*, its strongest rival; else none | as local-error; a sample that is right by a margin teaches nothing | **in the forward walk** |
//! | `drtp-gated` | t B_k, while -(t B_k) a_k < 0.6 sum \|t B_k\|; else none | as drtp; the row it fetches anyway is also asked whether it is needed | **in the forward walk** |
//! | `shallow` | none | - | never: only the output layer learns |
//!
//! Then always delta_k = signal * act'(z_k), and the layer's gradient is delta_k^T a_{k-1}. The output layer learns by
//! its own error under every rule.
//!
//! Sources: `bp` to `shallow`: Frenkel, Lefebvre and Bol, "Learning without feedback", Frontiers in Neuroscience 2021;
//! `fa`: Lillicrap et al., Nature Communications 2016; `dfa`: Noekland, NeurIPS 2016; `local-error`: Mostafa, Ramesh and
//! Cauwenberghs, "Deep supervised learning using local errors", Frontiers in Neuroscience 2018; its learned readout is the
//! layer's own classifier of Belilovsky, Eickenberg and Oyallon, "Decoupled greedy learning of CNNs", ICML 2020;
//! `local-hinge` takes the loss of Crammer and Singer, "On the algorithmic implementation of multiclass kernel-based vector
//! machines", JMLR 2001, in its place; `drtp-gated` is Openloop's own.

use crate::loss::{Loss, Targets, rows_mut, softmax};

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
    /// Local error by the margin over the strongest rival class, through a fixed random readout.
    LocalHinge,
    /// Direct random target projection of those samples that the layer does not yet put far enough to their class's side.
    DrtpGated,
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
    /// c* - t where t is not yet [`MARGIN`] ahead of its strongest rival c*, else 0
    LocalHinge,
    /// t where the layer's output is not yet [`GATE`] of the way to its class, else 0
    GatedTarget,
}

/// How far `local-hinge` wants the readout of the right class above that of any other.
pub const MARGIN: f32 = 3.0;
/// How much of the largest possible agreement with its class's row `drtp-gated` wants of a layer's output.
pub const GATE: f32 = 0.6;

// in the paper's order, then those beyond it
crate::named!(Rule: "rule" {
    Bp = "bp",
    Fa = "fa",
    Dfa = "dfa",
    Sdfa = "sdfa",
    Drtp = "drtp",
    Shallow = "shallow",
    LocalError = "local-error",
    LocalErrorLearned = "local-error-learned",
    LocalHinge = "local-hinge",
    DrtpGated = "drtp-gated",
});

impl Rule {
    /// What teaches a hidden layer.
    pub const fn teacher(self) -> Teacher {
        match self {
            Rule::Bp => Teacher::NextLayer { fixed: false },
            Rule::Fa => Teacher::NextLayer { fixed: true },
            Rule::Dfa => Teacher::Projection(Coefficients::Error),
            Rule::Sdfa => Teacher::Projection(Coefficients::ErrorSign),
            Rule::Drtp => Teacher::Projection(Coefficients::Target),
            Rule::LocalError | Rule::LocalErrorLearned => Teacher::Projection(Coefficients::LocalError),
            Rule::LocalHinge => Teacher::Projection(Coefficients::LocalHinge),
            Rule::DrtpGated => Teacher::Projection(Coefficients::GatedTarget),
            Rule::Shallow => Teacher::Nothing,
        }
    }

    /// Whether the rule makes sense of class labels only, and not of real values.
    pub const fn needs_labels(self) -> bool {
        matches!(self, Rule::Drtp | Rule::DrtpGated | Rule::LocalHinge)
    }

    /// Whether a hidden layer's signal comes through a readout of its own that learns, and not through a fixed matrix.
    pub const fn learns_readout(self) -> bool {
        matches!(self, Rule::LocalErrorLearned)
    }

    /// Whether a hidden layer's signal is known before the layer has answered.
    pub const fn knows_its_signal(self) -> bool {
        matches!(self.teacher(), Teacher::Projection(Coefficients::Target))
    }

    /// Whether a hidden layer may learn the moment its own output exists.
    pub const fn is_local(self) -> bool {
        match self.teacher() {
            Teacher::Projection(coefficients) => !matches!(coefficients, Coefficients::Error | Coefficients::ErrorSign),
            Teacher::Nothing => true,
            Teacher::NextLayer { .. } => false,
        }
    }
}

impl Coefficients {
    /// Turns `values: [batch, outputs]` into the coefficients, in place.
    ///
    /// On entry they are the network's output y (`Error`, `ErrorSign`), the layer's readout a_k G_k^T (`LocalError`,
    /// `LocalHinge`), the agreement of a_k with its class's row in the class's place (`GatedTarget`), or anything (`Target`).
    pub fn fill(self, loss: Loss, outputs: usize, targets: &Targets<'_>, values: &mut [f32]) {
        match self {
            Coefficients::Target => one_hot(outputs, targets, values),
            Coefficients::LocalHinge => each_label(outputs, targets, values, |row, label, value| {
                let short = strongest_rival(row, label).filter(|(_, rival)| value - rival < MARGIN);
                row.fill(0.0);
                if let Some((rival, _)) = short {
                    put(row, rival, 1.0);
                    put(row, label, -1.0);
                }
            }),
            Coefficients::GatedTarget => each_label(outputs, targets, values, |row, label, value| {
                row.fill(0.0);
                put(row, label, if value < GATE { 1.0 } else { 0.0 });
            }),
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

/// values = t
fn one_hot(outputs: usize, targets: &Targets<'_>, values: &mut [f32]) {
    values.fill(0.0);
    targets.subtract_from(outputs, values);
    values.iter_mut().for_each(|v| *v = -*v);
}

/// Calls `change(row, label, the label's value)` for each sample; real values have no labels and are refused before, and so
/// are labels that the row does not have.
fn each_label(outputs: usize, targets: &Targets<'_>, values: &mut [f32], change: impl Fn(&mut [f32], usize, f32)) {
    if let Targets::Labels(labels) = targets {
        for (row, &label) in rows_mut(outputs, values).zip(*labels) {
            if let Some(&value) = row.get(label as usize) {
                change(row, label as usize, value);
            }
        }
    }
}

fn put(row: &mut [f32], class: usize, value: f32) {
    if let Some(place) = row.get_mut(class) {
        *place = value;
    }
}

/// The class other than `label` with the largest value, the first of equals, and that value; none where there is no other.
fn strongest_rival(row: &[f32], label: usize) -> Option<(usize, f32)> {
    let mut best = None;
    for (class, &value) in row.iter().enumerate().filter(|(class, _)| *class != label) {
        if best.is_none_or(|(_, best)| value > best) {
            best = Some((class, value));
        }
    }
    best
}

/// -1, 0 or 1; NaN stays NaN.
fn sign(v: f32) -> f32 {
    if v == 0.0 { 0.0 } else { 1.0f32.copysign(v) * if v.is_nan() { v } else { 1.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rules_that_need_no_error_are_local() {
        let waiting = [Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa];
        assert!(Rule::ALL.iter().all(|rule| rule.is_local() != waiting.contains(rule)));
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

    #[test]
    fn a_sample_that_is_right_by_the_margin_teaches_nothing() {
        let filled = |mut values: [f32; 3]| {
            Coefficients::LocalHinge.fill(Loss::CrossEntropy, 3, &Targets::Labels(&[1]), &mut values);
            values
        };
        assert_eq!(filled([0.5, 1.0, -2.0]), [1.0, -1.0, 0.0]);
        assert_eq!(filled([-3.0, 1.0, -2.5]), [0.0, 0.0, 0.0]);
        assert_eq!(filled([-3.0, 1.0, -1.9]), [0.0, -1.0, 1.0]);
        assert_eq!(filled([2.0, 2.0, 2.0]), [1.0, -1.0, 0.0]);
        let mut alone = [5.0];
        Coefficients::LocalHinge.fill(Loss::CrossEntropy, 1, &Targets::Labels(&[0]), &mut alone);
        assert_eq!(alone, [0.0], "without a rival there is nothing to be ahead of");
    }

    #[test]
    fn a_sample_that_is_on_its_classs_side_opens_no_gate() {
        let mut values = [0.0, 0.59, 0.0, 0.61, 0.0, 0.0];
        Coefficients::GatedTarget.fill(Loss::CrossEntropy, 3, &Targets::Labels(&[1, 0]), &mut values);
        assert_eq!(values, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
