//! A front of convolutions and pooling that does not learn, in integers: what stands before the layers of an [`Int8Network`](super::Int8Network).
//!
//! An input of x stands for x / 2^`input_bits`, a convolution's output for a / 2^7, as those of hidden layers do, and a weight for
//! w / 2^b, where b is the largest number from 6 to 14 with which the largest weight of the convolution is a byte. So
//!
//! ```text
//! s = sum over the filter of w x + round(bias 2^(b + input bits)),    a = 127 tanh(s), looked up
//! ```
//!
//! Pooling keeps the largest a of a window, or the mean, rounded to the nearest, halves up. A convolution and the pooling behind it are
//! computed together, one pooled row after the other, so that the map between them is nowhere. The weights never change and may lie in
//! flash: [`quantise`] makes them from those in f32, on a PC or on the device.

use crate::activation::Activation;
use crate::error::{Error, expect_length};
use crate::layer::{Along, Conv, Layer, Pool, Pooling};
use crate::shape::Shape;
use crate::spec::check_layer;

/// Fraction bits of what a front gives, and so of what the first layer behind it takes.
pub const FRONT_BITS: u8 = 7;
/// Fraction bits of weights.
const LEAST_BITS: u32 = 6;
const MOST_BITS: u32 = 14;
/// Fraction bits of inputs.
const MOST_INPUT_BITS: u8 = 14;
/// Most weights of a filter: no sum over them leaves 30 bits.
const MAX_PATCH: usize = 32_768;
/// Most that a bias can be, so that no sum wraps.
const MAX_BIAS: i32 = 1 << 29;

/// A front that can run. Only [`Int8Front::new`] makes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Int8Front<'a> {
    layers: &'a [Layer],
    input_bits: u8,
}

/// What memory it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int8FrontSizes {
    /// Weights, a byte each.
    pub weights: usize,
    /// Biases and, before those of each convolution, its weights' fraction bits: four bytes each.
    pub biases: usize,
    /// Bytes of room for what passes from one convolution to the next.
    pub room: usize,
}

/// Its numbers in integers, convolution after convolution. They may lie in flash.
#[derive(Clone, Copy, Debug)]
pub struct Int8FrontWeights<'w> {
    /// `[channels, patch]`.
    pub weights: &'w [i8],
    /// The weights' fraction bits, then the biases, `[1 + channels]`.
    pub biases: &'w [i32],
}

/// A convolution and the pooling behind it.
#[derive(Clone, Copy, Debug)]
pub struct Int8Stage<'a> {
    layer: &'a Conv,
    pool: Option<&'a Pool>,
    /// Fraction bits of its inputs.
    pub input_bits: u8,
}

impl Int8Stage<'_> {
    /// The convolution; one of a single column lies ([`Conv::lying`]).
    pub const fn conv(&self) -> Conv {
        self.layer.lying()
    }

    /// Height and width of a pooling window over its maps: 1 where there is no pooling.
    pub const fn windows(&self) -> [usize; 2] {
        match self.pool {
            Some(pool) => self.turned(pool.windows()),
            None => [1, 1],
        }
    }

    /// What is kept of a window.
    pub const fn pooling(&self) -> Pooling {
        match self.pool {
            Some(pool) => pool.pooling,
            None => Pooling::Max,
        }
    }

    /// Height and width of a pooled map.
    pub const fn map(&self) -> [usize; 2] {
        let Shape { height, width, .. } = self.output();
        self.turned([height, width])
    }

    /// Values that a sample leaves with.
    pub const fn outputs(&self) -> usize {
        self.output().size()
    }

    const fn output(&self) -> Shape {
        match self.pool {
            Some(pool) => pool.output(),
            None => self.layer.output(),
        }
    }

    /// Height and width, of a convolution that lies the other way round.
    const fn turned(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        let lies = matches!(self.layer.along, Along::Height) && self.layer.input.width == 1;
        if lies { [width, height] } else { [height, width] }
    }
}

impl<'a> Int8Front<'a> {
    /// Checks that layers can run in int8, as the front of a network.
    ///
    /// # Errors
    /// [`Error::NoLayers`] for none; what [`Spec::check`](crate::Spec::check) says of layers that do not fit each other;
    /// [`Error::IntegerFront`] for another layer than a convolution with tanh, without normalisation and with at most 32,768 weights a
    /// filter, or one pooling layer behind it; [`Error::IntegerInput`] for more than 14 fraction bits of the input.
    pub const fn new(layers: &'a [Layer], input_bits: u8) -> Result<Self, Error> {
        if layers.is_empty() {
            return Err(Error::NoLayers);
        }
        if input_bits > MOST_INPUT_BITS {
            return Err(Error::IntegerInput);
        }
        let (mut k, mut given, mut is_behind_conv) = (0, None, false);
        while k < layers.len() {
            if let Err(error) = check_layer(k, given, &layers[k]) {
                return Err(error);
            }
            is_behind_conv = match &layers[k] {
                Layer::Conv(conv) if has_int8(conv) => true,
                Layer::Pool(_) if is_behind_conv => false,
                _ => return Err(Error::IntegerFront { layer: k }),
            };
            given = Some(layers[k].outputs());
            k += 1;
        }
        Ok(Int8Front { layers, input_bits })
    }

    /// Fraction bits of its inputs.
    pub const fn input_bits(&self) -> u8 {
        self.input_bits
    }

    /// Values a sample brings in.
    pub const fn inputs(&self) -> usize {
        match self.layers {
            [first, ..] => first.inputs(),
            [] => 0,
        }
    }

    /// Values it makes of a sample: the inputs of the layers behind it, with [`FRONT_BITS`].
    pub const fn outputs(&self) -> usize {
        match self.layers {
            [.., last] => last.outputs(),
            [] => 0,
        }
    }

    /// Weights and biases in f32.
    pub const fn parameters(&self) -> usize {
        crate::plan::parameters(self.layers)
    }

    /// The memory it needs.
    pub const fn sizes(&self) -> Int8FrontSizes {
        let (even, odd) = self.between();
        let (mut weights, mut biases, mut k) = (0, 0, 0);
        while k < self.layers.len() {
            if let Layer::Conv(conv) = &self.layers[k] {
                weights += conv.weights();
                biases += 1 + conv.channels;
            }
            k += 1;
        }
        Int8FrontSizes { weights, biases, room: even + odd }
    }

    /// The two buffers that stages fill in turn, but for the last.
    pub(super) const fn between(&self) -> (usize, usize) {
        let (mut sizes, mut number, mut k) = ([0, 0], 0, 0);
        while let Some((stage, next)) = self.stage(k) {
            if next < self.layers.len() && sizes[number % 2] < stage.outputs() {
                sizes[number % 2] = stage.outputs();
            }
            (number, k) = (number + 1, next);
        }
        (sizes[0], sizes[1])
    }

    /// The stage whose convolution is layer `k`, and the layer after it; none where there is no convolution.
    pub const fn stage(&self, k: usize) -> Option<(Int8Stage<'a>, usize)> {
        if k >= self.layers.len() {
            return None;
        }
        let Layer::Conv(layer) = &self.layers[k] else { return None };
        let input_bits = if k == 0 { self.input_bits } else { FRONT_BITS };
        if k + 1 < self.layers.len()
            && let Layer::Pool(pool) = &self.layers[k + 1]
        {
            return Some((Int8Stage { layer, pool: Some(pool), input_bits }, k + 2));
        }
        Some((Int8Stage { layer, pool: None, input_bits }, k + 1))
    }
}

const fn has_int8(conv: &Conv) -> bool {
    !conv.norm && matches!(conv.activation, Activation::Tanh) && conv.patch() <= MAX_PATCH
}

/// The front's numbers in integers, from those in f32, which lie as in [`conv::forward`](crate::layer::conv::forward), layer after layer.
/// [`Int8Front::sizes`] tells the lengths. The same bits on every machine.
///
/// # Errors
/// [`Error::WrongLength`] for a slice that does not fit.
pub fn quantise(
    front: &Int8Front<'_>,
    parameters: &[f32],
    weights: &mut [i8],
    biases: &mut [i32],
) -> Result<(), Error> {
    let sizes = front.sizes();
    expect_length("the parameters", parameters.len(), front.parameters())?;
    expect_length("the weights", weights.len(), sizes.weights)?;
    expect_length("the biases", biases.len(), sizes.biases)?;
    let (mut rest, mut weights, mut biases, mut k) = (parameters, weights, biases, 0);
    while let Some((stage, next)) = front.stage(k) {
        let (own, others) = rest.split_at_checked(stage.layer.parameters()).unwrap_or_default();
        let (own_weights, own_biases) = own.split_at_checked(stage.layer.weights()).unwrap_or_default();
        let bits = weight_bits(own_weights);
        let bytes = weights.split_off_mut(..own_weights.len()).unwrap_or_default();
        bytes.iter_mut().zip(own_weights).for_each(|(byte, w)| *byte = nearest(*w, bits).clamp(-127, 127) as i8);
        let words = biases.split_off_mut(..1 + stage.layer.channels).unwrap_or_default();
        if let Some((first, words)) = words.split_first_mut() {
            *first = bits as i32;
            for (word, bias) in words.iter_mut().zip(own_biases) {
                *word = nearest(*bias, bits + stage.input_bits as u32).clamp(-MAX_BIAS, MAX_BIAS);
            }
        }
        (rest, k) = (others, next);
    }
    Ok(())
}

/// The most fraction bits with which no weight leaves a byte.
fn weight_bits(weights: &[f32]) -> u32 {
    let largest = weights.iter().fold(0f32, |largest, w| largest.max(w.abs()));
    let mut bits = MOST_BITS;
    while bits > LEAST_BITS && nearest(largest, bits) > 127 {
        bits -= 1;
    }
    bits
}

/// value 2^bits, to the nearest whole number, halves away from 0.
fn nearest(value: f32, bits: u32) -> i32 {
    let scaled = value * (1u32 << bits) as f32;
    (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i32
}
