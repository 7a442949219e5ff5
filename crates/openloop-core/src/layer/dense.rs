//! The fully connected layer: a = act(W x + b).

use crate::activation::Activation;
use crate::matrix::Matrix;
use crate::memory::Trainable;
use crate::optimizer::Step;

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
    /// Weights and biases.
    pub const fn parameters(&self) -> usize {
        self.weights() + self.outputs
    }

    /// Weights alone.
    pub const fn weights(&self) -> usize {
        self.inputs * self.outputs
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
    matrix.product(layer.outputs, layer.inputs, delta, 1.0, gradient);
}

/// One optimizer step by the gradients delta^T x and sum delta, neuron by neuron.
///
/// `x: [batch, inputs]`, `delta: [batch, outputs]`, `row: [inputs]` holds the gradient of one neuron's weights: the
/// gradient of the whole matrix is never stored.
pub fn update(layer: &Dense, mut own: Trainable<'_>, x: &[f32], delta: &[f32], step: &Step, row: &mut [f32]) {
    let (weights, bias) = own.parameters.split_at_mut(layer.weights());
    for (neuron, w) in weights.chunks_exact_mut(layer.inputs).enumerate() {
        row.fill(0.0);
        let mut bias_gradient = 0.0;
        for (x, delta) in x.chunks_exact(layer.inputs).zip(delta.chunks_exact(layer.outputs)) {
            row.iter_mut().zip(x).for_each(|(g, x)| *g += delta[neuron] * x);
            bias_gradient += delta[neuron];
        }
        let first = neuron * layer.inputs;
        step.apply(w, row, own.slots.range(first, first + layer.inputs));
        let last = layer.weights() + neuron;
        step.apply(&mut bias[neuron..=neuron], &[bias_gradient], own.slots.range(last, last + 1));
    }
}
