//! The fixed random matrix that carries a layer's signal: int8 values, drawn again from the seed whenever they are read.
//!
//! One random word gives four neighbouring values of a row, a row belongs to a class.

use super::network::{HIDDEN_BITS, Int8Layer, Int8Settings};
use super::random::{RandomUse, four, key, mix};
use super::tables::{ONE_BITS, softmax};
use crate::rule::{CoefficientInput, Coefficients, GATE, MARGIN, Number, Target, Units};

/// A layer's matrix G, `[C, outputs]`.
#[derive(Clone, Copy)]
pub(super) struct Feedback {
    key: u32,
    /// Words in a row.
    words: u32,
    bits: u32,
}

impl Feedback {
    pub(super) fn new(settings: &Int8Settings, layer: &Int8Layer) -> Self {
        let words = layer.outputs.div_ceil(4) as u32;
        Feedback { key: key(settings.seed, layer, RandomUse::Feedback), words, bits: layer.feedback_bits }
    }

    /// Four values of row `class`, from column `4 word` on.
    #[inline(always)]
    fn four(&self, class: usize, word: usize) -> [i32; 4] {
        let row = (class as u32).wrapping_mul(self.words);
        four(mix(self.key.wrapping_add(row).wrapping_add(word as u32)))
    }

    /// Without the coefficients of 0 at both ends, which most rules have: the first class that is left, and the rest.
    pub(super) fn trim(coefficients: &[i32]) -> (usize, &[i32]) {
        let first = coefficients.iter().take_while(|c| **c == 0).count();
        let after = coefficients.len() - coefficients.iter().rev().take_while(|c| **c == 0).count();
        (first, coefficients.get(first..after).unwrap_or_default())
    }

    /// The signal at the neurons from `first` on, in units of 2^-15: coefficients, in the same units and [trimmed](Self::trim), times G.
    #[inline(always)]
    pub(super) fn project(&self, (from, coefficients): (usize, &[i32]), first: usize, signal: &mut [i32]) {
        let mut kept = 0; // of what lies there, nothing at first, then all bits
        for (class, &coefficient) in (from..).zip(coefficients) {
            if coefficient != 0 {
                self.add_row(class, coefficient, first, kept, signal);
                kept = -1;
            }
        }
        if kept == 0 {
            signal.fill(0);
        }
    }

    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn add_row(&self, class: usize, coefficient: i32, first: usize, kept: i32, signal: &mut [i32]) {
        let sum = |signal: i32, g: i32| (signal & kept) + ((coefficient * g) >> 7);
        let (fours, []) = signal.as_chunks_mut() else {
            for (column, signal) in (first..).zip(signal) {
                *signal = sum(*signal, self.four(class, column / 4)[column % 4]);
            }
            return;
        };
        for (n, signal) in fours.iter_mut().enumerate() {
            let ([a, b, c, d], [e, f, g, h]) = (*signal, self.four(class, first / 4 + n));
            *signal = [sum(a, e), sum(b, f), sum(c, g), sum(d, h)];
        }
    }

    /// a times row `class`, and the sum of the row's absolute values.
    #[inline(always)]
    fn row_product(&self, class: usize, a: &[i8]) -> (i32, i32) {
        let (mut sum, mut size) = (0, 0);
        for (n, a) in a.chunks(4).enumerate() {
            for (a, g) in a.iter().zip(self.four(class, n)) {
                sum += *a as i32 * g;
                size += g.abs();
            }
        }
        (sum, size)
    }

    /// What a local rule projects onto a layer, from the layer's own output `a`, in units of 2^-15.
    pub(super) fn fill_coefficients(&self, rule: Coefficients, a: &[i8], label: usize, values: &mut [i32]) {
        if rule.input() == CoefficientInput::Readout {
            self.read_out(a, values);
        }
        let bits = 7 + HIDDEN_BITS + self.bits;
        rule.fill_row(values, Target::Label(label), &LayerOutput { feedback: self, a, label, bits });
    }

    fn read_out(&self, a: &[i8], values: &mut [i32]) {
        for (class, value) in values.iter_mut().enumerate() {
            *value = self.row_product(class, a).0;
        }
    }
}

/// What a hidden layer answered, where its coefficients are made.
struct LayerOutput<'f> {
    feedback: &'f Feedback,
    a: &'f [i8],
    label: usize,
    /// Fraction bits of its readout.
    bits: u32,
}

impl Units<i32> for LayerOutput<'_> {
    #[inline(always)]
    fn margin(&self) -> i32 {
        const { assert!(MARGIN as i32 as f32 == MARGIN) };
        (MARGIN as i32) << self.bits
    }

    /// A quotient that the integers do not have: the agreement is found here, and its two sides are compared.
    #[inline(always)]
    fn gate_is_open(&self, _: i32) -> bool {
        const PER_CENT: i32 = (100.0 * GATE) as i32;
        let (sum, size) = self.feedback.row_product(self.label, self.a);
        -(sum as i64) * 100 < size as i64 * 127 * PER_CENT as i64
    }

    #[inline(always)]
    fn softmax(&self, row: &mut [i32]) {
        softmax(row, self.bits);
    }
}

/// In units of 2^-15.
impl Number for i32 {
    const ZERO: i32 = 0;
    const ONE: i32 = 1 << ONE_BITS;

    #[inline(always)]
    fn minus(self, other: i32) -> i32 {
        self.saturating_sub(other)
    }

    #[inline(always)]
    fn sign(self) -> i32 {
        self.signum() << ONE_BITS
    }
}
