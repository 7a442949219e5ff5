//! Every byte beforehand, in `const` context.

use crate::layer::{Dense, Layer};
use crate::rule::{Rule, Teacher};
use crate::spec::Checked;

/// Neurons whose signal is there at once, where a fixed matrix carries it to a layer.
pub(super) const PIECE: usize = 16;

/// How many f32 values a network of dense layers needs to learn by a rule, one sample at a time.
///
/// A local rule needs room for two neighbouring layers' outputs, whatever the depth; a rule that waits for the error keeps
/// every layer's output until the walk back has used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Weights and biases. They stay from sample to sample: this is the state that is saved.
    pub parameters: usize,
    /// The fixed random matrices, if they are stored rather than drawn again; they may lie in flash.
    pub feedback: usize,
    /// Layer outputs: two for a local rule, all of them else.
    pub activations: usize,
    /// How many of these belong to the buffer that layers 0, 2, 4, ... answer in, when only two outputs are kept.
    pub(super) even: usize,
    /// The error, or what else is projected: one value a class.
    pub error: usize,
    /// One hidden layer's signal; where a fixed matrix carries it from the outputs, the part of it for 16 neurons.
    pub signal: usize,
}

impl Sizes {
    /// For a checked network whose layers are all dense; other layers count as nothing.
    pub const fn of(network: &Checked<'_>, rule: Rule) -> Self {
        let (layers, mut k) = (network.layers(), 0);
        let mut sizes = Sizes::start(outputs_at(layers, layers.len() - 1));
        while k < layers.len() {
            if let Layer::Dense(dense) = &layers[k] {
                sizes = sizes.with(dense, rule, k, layers.len());
            }
            k += 1;
        }
        sizes
    }

    /// For a network that answers with so many values, before its layers are counted in: [`with`](Sizes::with) does it one by one, for
    /// a caller that has no room for all of them.
    pub const fn start(outputs: usize) -> Self {
        Sizes { parameters: 0, feedback: 0, activations: 0, even: 0, error: outputs, signal: 0 }
    }

    /// The same with the next layer, which is number `k` of `layers`, counted in.
    #[must_use]
    pub const fn with(mut self, dense: &Dense, rule: Rule, k: usize, layers: usize) -> Self {
        self.parameters += dense.parameters();
        let (rows, columns) = shape_of(dense, rule, k, layers, self.error);
        self.feedback += rows * columns;
        let (before, odd) = (self.activations, self.activations - self.even);
        if k.is_multiple_of(2) {
            self.even = max(self.even, dense.outputs);
        }
        self.activations = match (rule.is_local(), k.is_multiple_of(2)) {
            (false, _) => before + dense.outputs,
            (true, true) => self.even + odd,
            (true, false) => self.even + max(odd, dense.outputs),
        };
        if k + 1 < layers {
            self.signal = max(self.signal, signal_of(dense, rule));
        }
        self
    }

    /// Values of scratch: their content means nothing between samples.
    pub const fn scratch(&self) -> usize {
        self.activations + self.error + self.signal
    }

    /// Bytes that stay from sample to sample, stored feedback aside.
    pub const fn persistent_bytes(&self) -> usize {
        self.parameters * size_of::<f32>()
    }

    /// Bytes that one sample needs beside them, the stack aside.
    pub const fn transient_bytes(&self) -> usize {
        self.scratch() * size_of::<f32>()
    }
}

/// Rows and columns of the fixed matrix that carries layer `k`'s signal, as in [`Checked::feedback_shape`].
pub(super) const fn shape_of(dense: &Dense, rule: Rule, k: usize, layers: usize, outputs: usize) -> (usize, usize) {
    match rule.teacher() {
        Teacher::Projection(_) if k + 1 < layers => (outputs, dense.outputs),
        Teacher::NextLayer { fixed: true } if k > 0 => (dense.outputs, dense.inputs),
        _ => (0, 0),
    }
}

/// Values of a hidden layer's signal that are there at once.
const fn signal_of(dense: &Dense, rule: Rule) -> usize {
    match rule.teacher() {
        Teacher::Projection(_) if dense.outputs > PIECE => PIECE,
        Teacher::Nothing => 0,
        _ => dense.outputs,
    }
}

const fn outputs_at(layers: &[Layer], k: usize) -> usize {
    match k < layers.len() {
        true => match &layers[k] {
            Layer::Dense(dense) => dense.outputs,
            _ => 0,
        },
        false => 0,
    }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_four_bytes() {
        let sizes = Sizes { parameters: 7, feedback: 0, activations: 5, even: 3, error: 2, signal: 4 };
        assert_eq!(sizes.persistent_bytes(), 28);
        assert_eq!(sizes.transient_bytes(), 44, "activations, error and signal");
    }
}
