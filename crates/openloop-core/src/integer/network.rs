//! The description of an int8 network, checked before anything runs.

use crate::activation::Activation;
use crate::error::Error;
use crate::layer;
use crate::loss::Loss;
use crate::rule::Rule;
use crate::spec::Checked;

/// Fraction bits of hidden outputs.
pub(super) const HIDDEN_BITS: u32 = 7;
/// Added to a layer's number for the random words of its readout.
const READOUT: u32 = 1 << 16;
/// Fraction bits of a rate.
pub(super) const RATE_BITS: u32 = 20;
/// Most inputs or outputs of a layer: no sum over them leaves 32 bits.
const MAX_UNITS: usize = 32_768;

/// A learning rate in units of 2^-20, below 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int8Rate(pub u32);

impl Int8Rate {
    /// The nearest rate to `value`; what is negative, too large or no number goes to the end of the range.
    pub const fn new(value: f32) -> Self {
        const ONE: f32 = (1 << RATE_BITS) as f32;
        let units = (value * ONE + 0.5) as u32;
        Int8Rate(if units < 1 << RATE_BITS { units } else { (1 << RATE_BITS) - 1 })
    }

    /// What is left of it after `samples`: rate / (1 + samples / half_after), the quotient taken in steps of 1/256.
    pub(super) const fn after(self, samples: u64, half_after: u32) -> u32 {
        let samples = if samples > u32::MAX as u64 { u32::MAX } else { samples as u32 };
        let unit = if half_after < 512 { 1 } else { half_after / 256 };
        let divisor = (samples / unit).saturating_add(256);
        (self.0 << 8).wrapping_div(divisor)
    }
}

/// How an int8 network learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int8Settings {
    /// The learning rule; fa and lls have no int8 version.
    pub rule: Rule,
    /// Seed of weights, feedback and rounding.
    pub seed: u64,
    /// Learning rate of the hidden layers.
    pub hidden_rate: Int8Rate,
    /// Learning rate of the output layer, and of readouts.
    pub output_rate: Int8Rate,
    /// Samples after which the rates are half of what they were; rounded down to a multiple of 256.
    pub half_after: u32,
    /// An input of x stands for x / 2^`input_bits`; at most 14.
    pub input_bits: u8,
    /// Whether every weight has a second byte, for what is less than its last bit.
    pub fractions: bool,
}

/// An int8 network that can run. Only [`Int8Network::new`] makes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Int8Network<'a> {
    chain: Checked<'a>,
    settings: Int8Settings,
}

/// One layer of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int8Layer {
    /// Values that come in.
    pub inputs: usize,
    /// Neurons.
    pub outputs: usize,
    /// Fraction bits of its inputs.
    pub input_bits: u32,
    /// Fraction bits of its weights: log2(inputs), within 6 and 8; in the output layer, whose rounding costs most, one more,
    /// within 6 and 9. A byte spans at least 4 times what they start within.
    pub weight_bits: u32,
    /// Fraction bits beyond 7 of the matrix that carries its signal.
    pub feedback_bits: u32,
    /// What its random words go by.
    pub(super) number: u32,
}

impl<'a> Int8Network<'a> {
    /// Checks that a network can run in int8.
    ///
    /// # Errors
    /// [`Error::IntegerLayer`] for a layer that is not dense, a hidden one without tanh, or one of more than 32,768 inputs
    /// or outputs; [`Error::IntegerLoss`] for a loss that is not cross-entropy; [`Error::IntegerRule`] for a rule that has no
    /// int8 version, or second bytes where the feature `fine-int8` is left out; [`Error::IntegerInput`] for more than 14 fraction bits of the input.
    pub const fn new(chain: Checked<'a>, settings: Int8Settings) -> Result<Self, Error> {
        if !matches!(chain.loss(), Loss::CrossEntropy) {
            return Err(Error::IntegerLoss);
        }
        if !settings.rule.has_int8() || (settings.fractions && cfg!(not(feature = "fine-int8"))) {
            return Err(Error::IntegerRule);
        }
        if settings.input_bits > 14 {
            return Err(Error::IntegerInput);
        }
        let (layers, mut k) = (chain.layers(), 0);
        while k < layers.len() {
            let layer::Layer::Dense(dense) = &layers[k] else { return Err(Error::IntegerLayer { layer: k }) };
            let hidden = k + 1 < layers.len();
            if dense.inputs > MAX_UNITS
                || dense.outputs > MAX_UNITS
                || (hidden && !matches!(dense.activation, Activation::Tanh))
            {
                return Err(Error::IntegerLayer { layer: k });
            }
            k += 1;
        }
        Ok(Int8Network { chain, settings })
    }

    /// How it learns.
    pub const fn settings(&self) -> &Int8Settings {
        &self.settings
    }

    /// The number of layers.
    pub const fn depth(&self) -> usize {
        self.chain.layers().len()
    }

    /// Values a sample brings in.
    pub const fn inputs(&self) -> usize {
        self.chain.inputs()
    }

    /// Classes.
    pub const fn outputs(&self) -> usize {
        self.chain.outputs()
    }

    /// Inputs and neurons of layer `k`; none where there is no such layer.
    pub(super) const fn sizes(&self, k: usize) -> (usize, usize) {
        let layers = self.chain.layers();
        match k < layers.len() {
            true => match &layers[k] {
                layer::Layer::Dense(dense) => (dense.inputs, dense.outputs),
                _ => (0, 0),
            },
            false => (0, 0),
        }
    }

    /// The readout that learns beside hidden layer `k`, if the rule has one: a layer from its outputs to the classes, scaled as the output layer is.
    pub const fn readout(&self, k: usize) -> Option<Int8Layer> {
        if cfg!(not(feature = "fine-int8")) || !self.settings.rule.learns_readout() || k + 1 >= self.depth() {
            return None;
        }
        let number = READOUT + self.chain.stream_number(k) as u32;
        Some(Int8Layer::new(self.sizes(k).1, self.outputs(), HIDDEN_BITS, 1, number))
    }

    /// Layer `k`, if there is one.
    pub const fn layer(&self, k: usize) -> Option<Int8Layer> {
        if k >= self.depth() {
            return None;
        }
        let input_bits = if k == 0 { self.settings.input_bits as u32 } else { HIDDEN_BITS };
        let (inputs, outputs) = self.sizes(k);
        let finer = (k + 1 == self.depth()) as u32;
        Some(Int8Layer::new(inputs, outputs, input_bits, finer, self.chain.stream_number(k) as u32))
    }
}

impl Int8Layer {
    /// A layer whose weights have `finer` fraction bits beyond those of a hidden one.
    const fn new(inputs: usize, outputs: usize, input_bits: u32, finer: u32, number: u32) -> Self {
        // the more inputs, the smaller the weights that a layer learns
        let log = if let Some(log) = inputs.checked_ilog2() { log } else { 0 };
        let (bits, most) = (log + finer, 8 + finer);
        let weight_bits = if bits < 6 {
            6
        } else if bits > most {
            most
        } else {
            bits
        };
        let feedback_bits = half_log(outputs / 6);
        Int8Layer { inputs, outputs, input_bits, weight_bits, feedback_bits, number }
    }

    /// Weights and biases, a byte each.
    pub const fn parameters(&self) -> usize {
        (self.inputs + 1) * self.outputs
    }

    /// The input that a bias is the weight of: 1.
    pub(super) const fn one(&self) -> i32 {
        1 << self.input_bits
    }

    /// Fraction bits of its sums.
    pub const fn sum_bits(&self) -> u32 {
        self.weight_bits + self.input_bits
    }
}

/// log2(sqrt(n)) to the nearest whole number, 0 for none.
const fn half_log(n: usize) -> u32 {
    match n.saturating_mul(2).checked_ilog2() {
        Some(log) => log / 2,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_of_weights_follows_from_a_layers_inputs_and_is_one_bit_finer_at_the_output() {
        let bits = |inputs, hidden| {
            let (first, last) = (Int8Layer::new(inputs, hidden, 7, 0, 0), Int8Layer::new(hidden, 10, 7, 1, 1));
            [first.weight_bits, last.weight_bits]
        };
        assert_eq!(bits(64, 32), [6, 6]);
        assert_eq!(bits(128, 64), [7, 7]);
        assert_eq!(bits(784, 500), [8, 9]);
        assert_eq!(bits(20, 4000), [6, 9]);
    }
}
