//! The parts of the C text that are the same for every network, and which of them a network needs.

use openloop_core::rule::{CoefficientInput, Coefficients, Teacher};
use openloop_core::{Activation, Loss, Rule};

pub(super) const CHECKS: &str = include_str!("parts/checks.h");
pub(super) const NUMBERS: &str = include_str!("parts/numbers.h");
pub(super) const FORWARD: &str = include_str!("parts/forward.h");
pub(super) const STANDARDISE: &str = include_str!("parts/standardise.h");
pub(super) const AS_THEY_COME: &str = include_str!("parts/as_they_come.h");
pub(super) const STATE: &str = include_str!("parts/state.h");
pub(super) const FACE_OF_CLASSES: &str = include_str!("parts/face_classes.h");
pub(super) const FACE_OF_VALUES: &str = include_str!("parts/face_values.h");
pub(super) const LEARN_FROM: &str = include_str!("parts/learn_from.h");
pub(super) const LARGEST: &str = include_str!("parts/largest.h");
pub(super) const CRC: &str = include_str!("parts/crc.h");
pub(super) const BYTES: &str = include_str!("parts/bytes.h");
pub(super) const STATE_IN_FLOATS: &str = include_str!("parts/state_floats.h");
pub(super) const STORE: &str = include_str!("parts/store.h");
pub(super) const SELF_TEST: &str = include_str!("parts/self_test.h");
pub(super) const END: &str = include_str!("parts/end.h");

const EXP: &str = include_str!("parts/exp.h");
const SOFTMAX: &str = include_str!("parts/softmax.h");
const MATRIX: &str = include_str!("parts/matrix.h");
const TEACH: &str = include_str!("parts/teach.h");
const READ_OUT: &str = include_str!("parts/read_out.h");
const SEND_DOWN: &str = include_str!("parts/send_down.h");
const MOVE: &str = include_str!("parts/move.h");
const CLASSES: &str = include_str!("parts/classes.h");
const VALUES: &str = include_str!("parts/values.h");

/// The functions by which layers with these activations answer under this loss, and those that the rule's coefficients need.
pub(super) fn functions(activations: &[Activation], loss: Loss, rule: Rule) -> Vec<&'static str> {
    let has = |activation| activations.contains(&activation);
    let needs_softmax = loss == Loss::CrossEntropy || is_softmax_read(rule, loss);
    let needs_sigmoid = loss == Loss::BinaryCrossEntropy || has(Activation::Sigmoid);
    let each = [
        (needs_softmax || needs_sigmoid, EXP),
        (has(Activation::Tanh), include_str!("parts/tanh.h")),
        (needs_sigmoid, include_str!("parts/sigmoid.h")),
        (has(Activation::Relu), include_str!("parts/relu.h")),
        (has(Activation::LeakyRelu), include_str!("parts/lrelu.h")),
        (needs_softmax, SOFTMAX),
    ];
    each.into_iter().filter_map(|(is_needed, part)| is_needed.then_some(part)).collect()
}

/// What a step by this rule is made of, in a network with hidden layers or without.
pub(super) fn learning(rule: Rule, loss: Loss, is_regression: bool, is_deep: bool) -> Vec<&'static str> {
    let mut parts = vec![if is_regression { VALUES } else { CLASSES }, MOVE];
    match rule.teacher() {
        _ if !is_deep => {}
        Teacher::NextLayer { fixed: false } => parts.push(SEND_DOWN),
        Teacher::NextLayer { fixed: true } => parts.push(MATRIX),
        Teacher::Projection(coefficients) => {
            parts.extend([MATRIX, TEACH]);
            if coefficients.input() == CoefficientInput::Readout {
                parts.push(READ_OUT);
            }
            parts.extend(fill(coefficients, loss));
        }
        Teacher::Nothing => {}
    }
    parts
}

/// Whether a layer's own answer becomes probabilities.
fn is_softmax_read(rule: Rule, loss: Loss) -> bool {
    rule.teacher() == Teacher::Projection(Coefficients::LocalError) && loss != Loss::MeanSquaredError
}

/// How what stands in the coefficients' place becomes the coefficients; none for those that a device does not know in f32.
fn fill(coefficients: Coefficients, loss: Loss) -> Option<&'static str> {
    const ERROR: &str = include_str!("parts/coefficients_error.h");
    match coefficients {
        Coefficients::Error => Some(ERROR),
        Coefficients::LocalError if loss == Loss::MeanSquaredError => Some(ERROR),
        Coefficients::ErrorSign => Some(include_str!("parts/coefficients_error_sign.h")),
        Coefficients::Target => Some(include_str!("parts/coefficients_target.h")),
        Coefficients::LocalError => Some(include_str!("parts/coefficients_local_error.h")),
        Coefficients::LocalHinge => Some(include_str!("parts/coefficients_local_hinge.h")),
        Coefficients::GatedTarget | Coefficients::CosineError => None,
    }
}

/// The parts of networks in int8.
pub(super) mod int8 {
    use openloop_core::Rule;
    use openloop_core::rule::{Coefficients, Teacher};

    pub(in super::super) const NUMBERS: &str = include_str!("parts/int8/numbers.h");
    pub(in super::super) const FORWARD: &str = include_str!("parts/int8/forward.h");
    pub(in super::super) const QUANTISE: &str = include_str!("parts/int8/quantise.h");
    pub(in super::super) const STANDARDISE: &str = include_str!("parts/int8/standardise.h");
    pub(in super::super) const AS_THEY_COME: &str = include_str!("parts/int8/as_they_come.h");
    pub(in super::super) const LEARN_FROM: &str = include_str!("parts/int8/learn_from.h");
    pub(in super::super) const STATE_IN_BYTES: &str = include_str!("parts/int8/state_bytes.h");
    pub(in super::super) const STATE_BEHIND_FRONT: &str = include_str!("parts/int8/state_behind_front.h");
    pub(in super::super) const SELF_TEST: &str = include_str!("parts/int8/self_test.h");
    pub(in super::super) const FRONT: &str = include_str!("parts/int8/front.h");
    const FEEDBACK: &str = include_str!("parts/int8/feedback.h");
    const ROW_PRODUCT: &str = include_str!("parts/int8/row_product.h");
    const CHANGE: &str = include_str!("parts/int8/change.h");
    const PASS_DOWN: &str = include_str!("parts/int8/pass_down.h");

    /// What a step by this rule is made of.
    pub(in super::super) fn learning(rule: Rule) -> Vec<&'static str> {
        let mut parts = vec![FEEDBACK, CHANGE];
        match rule.teacher() {
            Teacher::NextLayer { .. } => parts.push(PASS_DOWN),
            Teacher::Projection(coefficients) => parts.extend(fill(coefficients)),
            Teacher::Nothing => {}
        }
        parts
    }

    /// How the coefficients are found; where they are the output's error, it is there already. A cosine's are not known in int8.
    fn fill(coefficients: Coefficients) -> Vec<&'static str> {
        match coefficients {
            Coefficients::Error | Coefficients::CosineError => vec![],
            Coefficients::ErrorSign => vec![include_str!("parts/int8/coefficients_error_sign.h")],
            Coefficients::Target => vec![include_str!("parts/int8/coefficients_target.h")],
            Coefficients::LocalError => vec![ROW_PRODUCT, include_str!("parts/int8/coefficients_local_error.h")],
            Coefficients::LocalHinge => vec![ROW_PRODUCT, include_str!("parts/int8/coefficients_local_hinge.h")],
            Coefficients::GatedTarget => vec![ROW_PRODUCT, include_str!("parts/int8/coefficients_gated_target.h")],
        }
    }
}
