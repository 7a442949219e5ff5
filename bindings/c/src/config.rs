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
    /// Feedback alignment; in f32 only.
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
    /// Direct random target projection of samples that are not yet right; in int8 only.
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

/// A network of dense layers and how it learns. Zero is a sensible value for half_after, standardise, store_feedback, seed and,
/// in f32, input_bits.
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
    /// Not 0 to keep room for a standardisation of the inputs, 8 bytes an input; see openloop_standardise.
    pub standardise: u32,
    /// In f32: not 0 to keep the fixed random matrices in memory; 0 to draw them again from the seed for every sample.
    pub store_feedback: u32,
    /// Seed of everything random.
    pub seed: u64,
}

/// How a network learns, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) about: store::About,
    pub(crate) loss: core_::Loss,
    pub(crate) standardise: bool,
    pub(crate) store_feedback: bool,
}

impl Config {
    /// Everything but the layers, and the activation of the hidden ones.
    pub(crate) fn check(&self) -> Result<(How, core_::Activation), Status> {
        let arithmetic = match self.arithmetic {
            0 => store::Arithmetic::F32,
            1 => store::Arithmetic::Int8,
            _ => return Err(Status::BadConfig),
        };
        let most_bits = if arithmetic == store::Arithmetic::Int8 { 14 } else { 0 };
        if self.input_bits > most_bits || !is_rate(self.hidden_rate) || !is_rate(self.output_rate) {
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
            front_bits: None,
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
        let int8 = arithmetic == store::Arithmetic::Int8;
        if int8 && (activation != core_::Activation::Tanh || loss != core_::Loss::CrossEntropy) {
            return Err(Status::NotOnDevice);
        }
        let how = How { about, loss, standardise: self.standardise != 0, store_feedback: self.store_feedback != 0 };
        Ok((how, activation))
    }
}

/// Whether a network of a library with both arithmetics is in f32; where there is one, the compiler knows.
pub(crate) fn is_f32(arithmetic: store::Arithmetic) -> bool {
    cfg!(not(feature = "int8")) || (cfg!(feature = "f32") && arithmetic == store::Arithmetic::F32)
}

impl How {
    /// Whether this library was built with what the network needs.
    pub(crate) fn expect_built(&self) -> Result<(), Status> {
        let rule = self.about.rule;
        let is_built = match self.about.arithmetic {
            store::Arithmetic::F32 => cfg!(feature = "f32") && rule.is_on_device(),
            store::Arithmetic::Int8 => cfg!(feature = "int8") && rule.is_on_int8_device(),
        };
        if is_built { Ok(()) } else { Err(Status::NotOnDevice) }
    }
}

/// Whether a learning rate can be one.
pub(crate) fn is_rate(rate: f32) -> bool {
    (0.0..f32::INFINITY).contains(&rate)
}

/// The rule of a number in the header.
fn rule(number: u32) -> Result<core_::Rule, Status> {
    let rule = u8::try_from(number).ok().and_then(core_::Rule::from_code);
    // these have no number in the header
    rule.filter(|rule| !matches!(rule, core_::Rule::LocalErrorLearned | core_::Rule::Lls)).ok_or(Status::BadConfig)
}
