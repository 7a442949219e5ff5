//! The networks that the programs train.

use openloop_core::device::{DeviceSettings, Learner, Sizes};
use openloop_core::{Activation, Checked, Dense, Error, Feedback, Layer, Loss, Rule, Spec};

/// A network, and its name.
#[derive(Clone, Copy)]
pub struct Net {
    /// Its sizes as `64-32-10`.
    pub name: &'static str,
    /// Its layers and loss.
    pub network: Checked<'static>,
}

/// For the digits.
pub const SMALL: Net = Net { name: "64-32-10", network: network(&[tanh(64, 32), linear(32, 10)]) };
/// Of the size that MNIST takes.
pub const LARGE: Net = Net { name: "784-100-10", network: network(&[tanh(784, 100), linear(100, 10)]) };

/// A classifier of these layers; for constants, where what is wrong stops the compiler.
pub const fn network(layers: &[Layer]) -> Checked<'_> {
    match (Spec { layers, loss: Loss::CrossEntropy }).check() {
        Ok(network) => network,
        Err(_) => panic!("these layers make no network"),
    }
}

/// A hidden layer.
pub const fn tanh(inputs: usize, outputs: usize) -> Layer {
    Layer::Dense(Dense { inputs, outputs, activation: Activation::Tanh })
}

/// An output layer.
pub const fn linear(inputs: usize, outputs: usize) -> Layer {
    Layer::Dense(Dense { inputs, outputs, activation: Activation::Identity })
}

/// The rules that are counted and compared.
pub const RULES: [Rule; 5] = [Rule::Drtp, Rule::LocalError, Rule::Shallow, Rule::Dfa, Rule::Bp];

impl Net {
    /// The memory it needs under a rule.
    pub const fn sizes(&self, rule: Rule) -> Sizes {
        Sizes::of(&self.network, rule)
    }

    /// The network with a rule and its feedback, and the same rate for all layers.
    ///
    /// # Errors
    /// As [`Learner::new`].
    pub fn learner<'f>(&self, rule: Rule, rate: f32, feedback: Feedback<'f>) -> Result<Learner<'f>, Error> {
        Learner::new(self.network, DeviceSettings { rule, hidden_rate: rate, output_rate: rate, feedback })
    }
}
