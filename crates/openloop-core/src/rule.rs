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
//! | `lls` | (e G_k - (e o^T) u_k) / \|a_k\|, with u_k = a_k / \|a_k\|, o = u_k G_k^T, e = softmax(o) - t | the same of the output at length 1; G_k is square waves of 1 and -1 | **in the forward walk** |
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
//! `lls`: Apolinario, Roy and Frenkel, "LLS: local learning rule for deep neural networks inspired by neural activity
//! synchronization", WACV 2025;
//! `local-hinge` takes the loss of Crammer and Singer, "On the algorithmic implementation of multiclass kernel-based vector
//! machines", JMLR 2001, in its place; `drtp-gated` is Openloop's own.

mod coefficients;

pub use coefficients::{CoefficientInput, Coefficients, GATE, MARGIN};
pub(crate) use coefficients::{Number, Target, Units};

use crate::codes::codes;

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
    /// Local error of the output at length 1, through a fixed readout of square waves.
    Lls,
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

/// What a fixed matrix is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixedMatrix {
    /// Uniform values of a seed.
    Random,
    /// [`SquareWaves`](crate::matrix::SquareWaves).
    Waves,
}

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
    Lls = "lls",
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
            Rule::Lls => Teacher::Projection(Coefficients::CosineError),
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

    /// Whether a hidden layer is read out, by a fixed matrix or a learned one, so that its readout may be a pooled one.
    pub const fn reads_layers(self) -> bool {
        match self.teacher() {
            Teacher::Projection(of) => matches!(of.input(), CoefficientInput::Readout | CoefficientInput::UnitReadout),
            Teacher::NextLayer { .. } | Teacher::Nothing => false,
        }
    }

    /// What the fixed matrix of a hidden layer is made of.
    pub const fn fixed_matrix(self) -> FixedMatrix {
        match self {
            Rule::Lls => FixedMatrix::Waves,
            _ => FixedMatrix::Random,
        }
    }

    /// Whether a hidden layer's signal is known before the layer has answered.
    pub const fn knows_its_signal(self) -> bool {
        match self.teacher() {
            Teacher::Projection(coefficients) => matches!(coefficients.input(), CoefficientInput::Nothing),
            Teacher::NextLayer { .. } | Teacher::Nothing => false,
        }
    }

    /// Whether a hidden layer may learn the moment its own output exists.
    ///
    /// Without the feature `waiting-rules` nothing runs a rule that waits, and the answer is yes: the compiler leaves out what would
    /// wait.
    pub const fn is_local(self) -> bool {
        cfg!(not(feature = "waiting-rules")) || !self.waits()
    }

    /// Whether hidden layers wait for the error of the output.
    const fn waits(self) -> bool {
        match self.teacher() {
            Teacher::Projection(coefficients) => matches!(coefficients.input(), CoefficientInput::Output),
            Teacher::Nothing => false,
            Teacher::NextLayer { .. } => true,
        }
    }

    /// Whether this build has what the rule needs on a device.
    const fn is_built(self) -> bool {
        let reads_out = matches!(self, Rule::LocalError | Rule::LocalHinge);
        (cfg!(feature = "waiting-rules") || !self.waits()) && (cfg!(feature = "readout-rules") || !reads_out)
    }

    /// Whether hidden layers learn at all.
    pub const fn teaches_hidden_layers(self) -> bool {
        !matches!(self.teacher(), Teacher::Nothing)
    }

    /// Whether the matrix that carries a hidden layer's signal learns, and is no fixed one.
    pub const fn signal_matrix_learns(self) -> bool {
        matches!(self.teacher(), Teacher::NextLayer { fixed: false }) || self.learns_readout()
    }

    /// Whether [`device`](crate::device) learns by it. It keeps no readouts that learn, and has no loop for the agreement with a
    /// class's row, nor for outputs at length 1. Nor has it a rule whose feature is left out.
    pub const fn is_on_device(self) -> bool {
        match self {
            Rule::Bp | Rule::Fa | Rule::Dfa | Rule::Sdfa | Rule::Drtp | Rule::Shallow => self.is_built(),
            Rule::LocalError | Rule::LocalHinge => self.is_built(),
            Rule::LocalErrorLearned | Rule::DrtpGated | Rule::Lls => false,
        }
    }

    /// Whether [`integer`](crate::integer) learns by it. It draws no fixed matrices shaped like the weights, and has no square root. Nor
    /// has it a rule whose feature is left out.
    pub const fn has_int8(self) -> bool {
        match self {
            Rule::Bp | Rule::Dfa | Rule::Sdfa | Rule::Drtp | Rule::Shallow => self.is_built(),
            Rule::LocalError | Rule::LocalHinge | Rule::DrtpGated => self.is_built(),
            Rule::LocalErrorLearned => cfg!(feature = "fine-int8"),
            Rule::Fa | Rule::Lls => false,
        }
    }

    /// Whether the C library, its sources and the page learn by it in int8: they keep no readouts that learn.
    pub const fn is_on_int8_device(self) -> bool {
        self.has_int8() && !self.learns_readout()
    }

    codes! {
        Bp = 0,
        Fa = 1,
        Dfa = 2,
        Sdfa = 3,
        Drtp = 4,
        Shallow = 5,
        LocalError = 6,
        LocalErrorLearned = 7,
        LocalHinge = 8,
        DrtpGated = 9,
        Lls = 10,
    }
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
    fn only_shallow_teaches_no_hidden_layer() {
        assert!(Rule::ALL.iter().all(|rule| rule.teaches_hidden_layers() == (*rule != Rule::Shallow)));
    }

    #[test]
    fn codes_and_rules_match_one_to_one() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_code(rule.code()), Some(rule));
        }
        assert_eq!((0..=u8::MAX).filter_map(Rule::from_code).count(), Rule::ALL.len());
    }

    #[test]
    fn the_rules_whose_readouts_learn_are_on_no_device() {
        let refused = Rule::ALL.iter().filter(|rule| rule.learns_readout());
        assert!(refused.into_iter().all(|rule| !rule.is_on_device() && !rule.is_on_int8_device()));
    }
}
