//! The fully connected layer: a = act(W x + b).

use crate::activation::Activation;
use crate::matrix::Matrix;
use crate::optimizer::Step;
use crate::weights::Trainable;
use core::ops::Range;

/// A fully connected layer. Its parameters lie as W `[outputs, inputs]` row-major, then b `[outputs]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Values in.
    pub inputs: usize,
    /// Neurons, values out.
    pub outputs: usize,
    /// The nonlinearity.
    pub activation: Activation,
}

impl Dense {
    /// Weights alone.
    pub const fn weights(&self) -> usize {
        self.inputs * self.outputs
    }

    /// Weights and biases.
    pub const fn parameters(&self) -> usize {
        self.weights() + self.outputs
    }

    /// Neurons that learn from a local rule together: an eighth of the layer, at least 32 (or all), a multiple of 16. A
    /// teaching signal is made for one block at a time.
    ///
    /// It depends on the layer alone, never on threads, so that sums are always formed in the same order.
    pub const fn block(&self) -> usize {
        let block = self.outputs.div_ceil(8).next_multiple_of(16);
        match (block < 32, self.outputs < 32) {
            (true, true) => self.outputs,
            (true, false) => 32,
            (false, _) => block,
        }
    }

    /// The blocks, first to last.
    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (outputs, block) = (self.outputs, self.block());
        (0..outputs).step_by(block).map(move |first| first..outputs.min(first + block))
    }
}

/// a = act(W x + b).
///
/// `parameters: [outputs, inputs] + [outputs]`, `x: [batch, inputs]`, `a: [batch, outputs]`.
pub fn forward(layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    let (weights, bias) = parameters.split_at(layer.weights());
    for (x, a) in x.chunks_exact(layer.inputs).zip(a.chunks_exact_mut(layer.outputs)) {
        for ((a, row), b) in a.iter_mut().zip(weights.chunks_exact(layer.inputs)).zip(bias) {
            *a = row.iter().zip(x).fold(*b, |sum, (w, x)| sum + w * x);
        }
    }
    layer.activation.apply(a);
}

/// gradient = delta M: what reaches the layer's input, through its own weights (backprop) or a fixed matrix (FA).
///
/// `delta: [batch, outputs]`, `matrix: [outputs, inputs]`, `gradient: [batch, inputs]`.
pub fn input_gradient(layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
    matrix.product(layer.outputs, layer.inputs, 0..layer.inputs, delta, 1.0, gradient);
}

/// One optimizer step on the neurons `units` by the gradients delta^T x and sum delta, neuron by neuron.
///
/// `x: [batch, inputs]`, `delta: [batch, units]`, `row: [inputs]` holds the gradient of one neuron's weights: the
/// gradient of the whole matrix is never stored.
pub fn update(
    layer: &Dense,
    mut own: Trainable<'_>,
    units: Range<usize>,
    x: &[f32],
    delta: &[f32],
    step: &Step,
    row: &mut [f32],
) {
    let width = units.len();
    for (i, neuron) in units.enumerate() {
        row.fill(0.0);
        let mut bias_gradient = 0.0;
        for (x, delta) in x.chunks_exact(layer.inputs).zip(delta.chunks_exact(width)) {
            row.iter_mut().zip(x).for_each(|(g, x)| *g += delta[i] * x);
            bias_gradient += delta[i];
        }
        own.step(step, neuron * layer.inputs, row);
        own.step(step, layer.weights() + neuron, &[bias_gradient]);
    }
}
