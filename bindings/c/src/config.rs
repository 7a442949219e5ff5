//! The description of a network in C, unchecked, and its way to a checked one.

use crate::Status;
use openloop_core as core_;
use openloop_core::store;

/// How a network calculates.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Single-precision floating point.
    F32 = 0,
    /// Eight-bit weights and activations.
    Int8 = 1,
}

/// What teaches the hidden layers.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Backpropagation.
    Bp = 0,
    /// Feedback alignment.
    Fa = 1,
    /// Direct feedback alignment.
    Dfa = 2,
    /// Direct feedback alignment by the error's sign.
    Sdfa = 3,
    /// Direct random target projection.
    Drtp = 4,
    /// Hidden layers stay as they were drawn.
    Shallow = 5,
    /// Local error through a fixed random readout.
    LocalError = 6,
    /// Local error by the margin over the strongest rival class.
    LocalHinge = 8,
    /// Direct random target projection of samples that are not yet right.
    DrtpGated = 9,
}

/// What a hidden layer does to its sums.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Hyperbolic tangent.
    Tanh = 1,
    /// Logistic function.
    Sigmoid = 2,
    /// Rectified linear unit.
    Relu = 3,
    /// Leaky rectified linear unit, of slope 0.01 below 0.
    LeakyRelu = 4,
}

/// What the output is held against.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Binary cross-entropy; the outputs are sigmoids.
    BinaryCrossEntropy = 0,
    /// Cross-entropy; the outputs are probabilities that sum to 1.
    CrossEntropy = 1,
}

/// A network of dense layers and how it learns. Zero is a sensible value for nothing but half_after, store_feedback and, in
/// f32, input_bits.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// `size_count` numbers: inputs, neurons of each hidden layer, outputs.
    pub sizes: *const u32,
    /// At least 2, at most 65.
    pub size_count: u32,
    /// An openloop_arithmetic.
    pub arithmetic: u32,
    /// An openloop_rule.
    pub rule: u32,
    /// An openloop_activation, that of the hidden layers; in int8 OPENLOOP_ACTIVATION_TANH.
    pub activation: u32,
    /// An openloop_loss; in int8 OPENLOOP_LOSS_CROSS_ENTROPY.
    pub loss: u32,
    /// In int8: a (standardised) input of x is taken as x 2^input_bits, at most 14; else 0.
    pub input_bits: u32,
    /// Learning rate of the hidden layers at the start.
    pub hidden_rate: f32,
    /// Learning rate of the output layer at the start.
    pub output_rate: f32,
    /// Samples after which the rates are half of what they were at the start; 0: they stay.
    pub half_after: u32,
    /// In f32: not 0 to keep the fixed random matrices in memory; 0 to draw them again from the seed for every sample.
    pub store_feedback: u32,
    /// Seed of everything random.
    pub seed: u64,
}

/// What a configuration says beside the layers, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) about: store::About,
    pub(crate) activation: core_::Activation,
    pub(crate) loss: core_::Loss,
    pub(crate) store_feedback: bool,
}

impl Config {
    /// Everything but the layers.
    pub(crate) fn check(&self) -> Result<Plan, Status> {
        let sensible = |rate: f32| rate.is_finite() && rate >= 0.0;
        if !sensible(self.hidden_rate) || !sensible(self.output_rate) {
            return Err(Status::BadConfig);
        }
        let arithmetic = match self.arithmetic {
            0 => store::Arithmetic::F32,
            1 => store::Arithmetic::Int8,
            _ => return Err(Status::BadConfig),
        };
        let most_bits = if arithmetic == store::Arithmetic::Int8 { 14 } else { 0 };
        if self.input_bits > most_bits {
            return Err(Status::BadConfig);
        }
        let about = store::About {
            arithmetic,
            rule: rule(self.rule)?,
            scaling: core_::Scaling::Mean,
            regression: false,
            frozen: 0,
            seed: self.seed,
            samples: 0,
            hidden_rate: self.hidden_rate,
            output_rate: self.output_rate,
            half_after: self.half_after,
            input_bits: self.input_bits as u8,
        };
        let activation = match self.activation {
            1 => core_::Activation::Tanh,
            2 => core_::Activation::Sigmoid,
            3 => core_::Activation::Relu,
            4 => core_::Activation::LeakyRelu,
            _ => return Err(Status::BadConfig),
        };
        let loss = match self.loss {
            0 => core_::Loss::BinaryCrossEntropy,
            1 => core_::Loss::CrossEntropy,
            _ => return Err(Status::BadConfig),
        };
        Ok(Plan { about, activation, loss, store_feedback: self.store_feedback != 0 })
    }
}

fn rule(number: u32) -> Result<core_::Rule, Status> {
    let rule = u8::try_from(number).ok().and_then(core_::Rule::from_code);
    // a readout that learns has no number in the header
    rule.filter(|rule| !rule.learns_readout()).ok_or(Status::BadConfig)
}
