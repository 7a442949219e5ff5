//! Cheap random words: a hash of a counter, so that nothing but the seed and the step need be kept.

use super::network::Int8Layer;

/// What a sequence of words is for.
#[derive(Clone, Copy)]
pub(super) enum RandomUse {
    /// Initial weights and biases.
    Weights = 1,
    /// The fixed random matrix that carries a layer's teaching signal.
    Feedback,
    /// The rounding of a layer's changes in one step.
    Rounding,
}

/// A bijection of 32-bit words in which every bit of the input reaches every bit of the output; multipliers and shifts are
/// the "lowbias32" that Chris Wellons found by search (2018).
#[inline(always)]
pub(super) const fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Where the words of a layer start: word `i` is `mix(key + i)`.
#[inline(always)]
pub(super) const fn key(seed: u64, layer: &Int8Layer, purpose: RandomUse) -> u32 {
    mix(mix(seed as u32 ^ (purpose as u32) << 28) ^ (seed >> 32) as u32 ^ layer.number << 8)
}

impl Int8Layer {
    /// Where the words of the matrix that carries its signal start: four values of a row in a word, `hash(start + i)`. For a program that
    /// draws the matrix by itself.
    pub const fn feedback_start(&self, seed: u64) -> u32 {
        key(seed, self, RandomUse::Feedback)
    }

    /// Where the words start that round its changes; see [`Int8Layer::feedback_start`].
    pub const fn rounding_start(&self, seed: u64) -> u32 {
        key(seed, self, RandomUse::Rounding)
    }
}

/// The four values of a word, odd numbers from -127 to 127: their mean is 0.
#[inline(always)]
pub(super) const fn four(word: u32) -> [i32; 4] {
    const fn odd(byte: u32) -> i32 {
        (byte as i8 | 1) as i32
    }
    [odd(word), odd(word >> 8), odd(word >> 16), odd(word >> 24)]
}

/// The step of the rounding noise: both halves of a word that grows by it spread evenly over their 16 bits (the golden
/// section in the upper half, the square root of 2 in the lower).
pub(super) const NOISE_STEP: u32 = 0x9E37_6A09;
