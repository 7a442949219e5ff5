//! The memory a caller lends for a learning step.

use crate::math;
use crate::matrix::{Matrix, SquareWaves};
use crate::random::{Purpose, Stream};
use crate::rule::{FixedMatrix, Rule};
use crate::weights::Layout;

/// Everything a network writes to while learning. [`crate::plan::Plan`] says how long each slice must be.
#[derive(Debug)]
pub struct Memory<'a> {
    /// Weights and biases, layer by layer.
    pub parameters: &'a mut [f32],
    /// How the weights of each layer, and what the optimizer keeps for them, lie; empty where all lie in rows.
    pub layouts: &'a [Layout],
    /// The hidden layers' own classifiers, layer by layer, under a rule whose readout learns; empty under all others.
    pub readouts: &'a mut [f32],
    /// The optimizer's state, layer by layer, each `[slots, parameters]`; then that of the readouts.
    pub optimizer: &'a mut [f32],
    /// The fixed random matrices.
    pub feedback: Feedback<'a>,
    /// Room for activations and signals; its content means nothing between calls.
    pub scratch: &'a mut [f32],
}

impl Memory<'_> {
    /// The same memory, for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Memory<'_> {
        let Memory { parameters, layouts, readouts, optimizer, feedback, scratch } = self;
        Memory { parameters, layouts, readouts, optimizer, feedback: *feedback, scratch }
    }
}

/// The fixed random matrices of a rule.
#[derive(Clone, Copy, Debug)]
pub enum Feedback<'a> {
    /// Stored, layer by layer.
    Stored(&'a [f32]),
    /// Drawn again from this seed whenever they are read: 0 bytes, more arithmetic, the same bits.
    Seeded(u64),
}

/// The fixed matrix `[rows, columns]` of a layer under a rule, as it is without being stored.
pub fn feedback_matrix(rule: Rule, seed: u64, layer: usize, rows: usize, columns: usize) -> Matrix<'static> {
    match rule.fixed_matrix() {
        FixedMatrix::Random => {
            let (stream, bound) = feedback_stream(seed, layer, columns.max(1));
            Matrix::Seeded { stream, bound }
        }
        FixedMatrix::Waves => Matrix::Waves(SquareWaves::new(rows, columns)),
    }
}

/// How a fixed random matrix is drawn: uniform within sqrt(6 / columns), the reference code's He bound.
pub fn feedback_stream(seed: u64, layer: usize, columns: usize) -> (Stream, f32) {
    (Stream::new(seed, Purpose::Feedback, layer as u32), math::sqrt(6.0 / columns as f32))
}
