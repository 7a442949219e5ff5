//! The arithmetic a network is made of, as a trait: a host swaps in fast versions, a device takes the plain ones.

use crate::layer::{Dense, Dropout, Layer, dense, dropout};
use crate::loss::{Loss, Targets};
use crate::matrix::Matrix;
use crate::memory::Trainable;
use crate::optimizer::Step;
use crate::random::Stream;
use crate::rule::{Coefficients, Rule, Teacher};

/// Every method has the core's plain function as its default. Whatever replaces one must agree with it to rounding.
pub trait Kernels {
    /// a = act(W x + b); see [`dense::forward`].
    fn dense_forward(&self, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        dense::forward(layer, parameters, x, a);
    }

    /// gradient = delta M; see [`dense::input_gradient`].
    fn dense_input_gradient(&self, layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
        dense::input_gradient(layer, matrix, delta, gradient);
    }

    /// One optimizer step on a layer; see [`dense::update`].
    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, x: &[f32], delta: &[f32], step: &Step, row: &mut [f32]) {
        dense::update(layer, own, x, delta, step, row);
    }

    /// out = factor C M; see [`Matrix::product`].
    fn project(&self, matrix: Matrix<'_>, columns: usize, coefficients: (usize, &[f32]), factor: f32, out: &mut [f32]) {
        matrix.product(coefficients.0, columns, coefficients.1, factor, out);
    }

    /// out = a M^T; see [`Matrix::read_out`].
    fn read_out(&self, matrix: Matrix<'_>, rows: usize, columns: usize, a: &[f32], out: &mut [f32]) {
        matrix.read_out(rows, columns, a, out);
    }

    /// Dropout, in place; see [`dropout::silence`].
    fn dropout(&self, layer: &Dropout, stream: &Stream, first_sample: u64, values: &mut [f32]) {
        dropout::silence(layer, stream, first_sample, values);
    }

    /// The fused local step: a hidden layer's forward pass, teaching signal and update for a batch in one go.
    ///
    /// `a` receives the output computed with the weights *before* the update, so the layers after it see what they would
    /// have seen without learning. After the call, x is not needed again.
    fn local_step(&self, step: LocalStep<'_>, own: Trainable<'_>, x: &[f32], a: &mut [f32], room: Room<'_>) {
        self.dense_forward(step.layer, own.parameters, x, a);
        let Teacher::Projection(coefficients) = step.rule.teacher() else { return };
        let delta = &mut room.signal[..a.len()];
        self.local_signal(&step.projection(coefficients), a, room.coefficients, delta);
        step.layer.activation.gate(a, delta);
        self.dense_update(step.layer, own, x, delta, step.step, &mut room.row[..step.layer.inputs]);
    }

    /// A local rule's signal: coefficients (from the layer's own output or the target) times the layer's fixed matrix.
    ///
    /// `values: [batch, outputs]` is room for the coefficients.
    fn local_signal(&self, projection: &Projection<'_>, a: &[f32], values: &mut [f32], signal: &mut [f32]) {
        let Projection { coefficients, matrix, loss, outputs, targets, columns, factor } = *projection;
        if coefficients == Coefficients::LocalError {
            self.read_out(matrix, outputs, columns, a, values);
        }
        coefficients.fill(loss, outputs, targets, values);
        self.project(matrix, columns, (outputs, values), factor, signal);
    }
}

/// A projected teaching signal, ready to be computed.
#[derive(Clone, Copy, Debug)]
pub struct Projection<'a> {
    /// What is projected.
    pub coefficients: Coefficients,
    /// The layer's fixed matrix, `[outputs, columns]`.
    pub matrix: Matrix<'a>,
    /// The network's loss.
    pub loss: Loss,
    /// The network's outputs, C.
    pub outputs: usize,
    /// The batch's targets.
    pub targets: &'a Targets<'a>,
    /// The layer's outputs.
    pub columns: usize,
    /// The factor on the signal, from the scaling convention.
    pub factor: f32,
}

/// All that a hidden layer needs to know to learn on its own.
#[derive(Clone, Copy, Debug)]
pub struct LocalStep<'a> {
    /// The layer.
    pub layer: &'a Dense,
    /// The rule; it is local.
    pub rule: Rule,
    /// The layer's fixed matrix.
    pub matrix: Matrix<'a>,
    /// The network's loss and number of outputs.
    pub head: (Loss, usize),
    /// The batch's targets.
    pub targets: &'a Targets<'a>,
    /// The factor on the signal.
    pub factor: f32,
    /// The optimizer, with the hidden layers' learning rate.
    pub step: &'a Step,
}

impl<'a> LocalStep<'a> {
    fn projection(&self, coefficients: Coefficients) -> Projection<'a> {
        let LocalStep { layer, matrix, head: (loss, outputs), targets, factor, .. } = *self;
        Projection { coefficients, matrix, loss, outputs, targets, columns: layer.outputs, factor }
    }
}

/// Scratch for one layer's step.
#[derive(Debug)]
pub struct Room<'a> {
    /// At least `[batch, outputs of the layer]`.
    pub signal: &'a mut [f32],
    /// `[batch, outputs of the network]`, empty for rules that project nothing.
    pub coefficients: &'a mut [f32],
    /// At least `[inputs of the layer]`.
    pub row: &'a mut [f32],
}

impl Room<'_> {
    /// The same room, lent on.
    pub(crate) fn again(&mut self) -> Room<'_> {
        Room { signal: self.signal, coefficients: self.coefficients, row: self.row }
    }
}

/// The forward pass of one layer without learning. `x: [batch, inputs]`, `out: [batch, outputs]`.
pub(crate) fn infer_layer<K: Kernels>(kernels: &K, layer: &Layer, parameters: &[f32], x: &[f32], out: &mut [f32]) {
    match layer {
        Layer::Dense(dense) => kernels.dense_forward(dense, parameters, x, out),
        Layer::Dropout(_) => out.copy_from_slice(x),
    }
}

/// The core's own arithmetic: scalar, sequential, the same on every machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Kernels for Plain {}
