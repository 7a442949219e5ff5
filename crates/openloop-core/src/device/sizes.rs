//! Every byte beforehand, in `const` context.

use crate::layer::{Conv, Dense, Layer};
use crate::rule::{Rule, Teacher};
use crate::spec::{Checked, readout_grid, seen};

/// Neurons whose signal is there at once, where a fixed matrix carries it to a layer.
pub(super) const PIECE: usize = 16;

/// Whether convolutions and pooling are part of this build; [`Learner::new`](super::Learner::new) refuses them where they are not.
pub(super) const WINDOWS: bool = cfg!(feature = "device-convolutions");

/// How many f32 values a network needs to learn by a rule, one sample at a time.
///
/// A local rule needs room for two neighbouring layers' outputs, whatever the depth; a rule that waits for the error keeps
/// every layer's output until the walk back has used it. A convolution's gradient is that of one weight at a time, under any rule.
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
    /// One hidden layer's signal; where a fixed matrix carries it from the outputs, the part of it for 16 neurons, or for one map of
    /// a convolution and the cells of that map which a pooled readout sees.
    pub signal: usize,
}

impl Sizes {
    /// For a checked network of layers that a device has; others count as nothing. A network with convolutions has sizes under the rules that
    /// wait for the error too, to compare with: it does not learn by them on a device.
    pub const fn of(network: &Checked<'_>, rule: Rule) -> Self {
        let (layers, mut k) = (network.layers(), 0);
        let mut sizes = Sizes::start(outputs_at(layers, layers.len() - 1));
        while k < layers.len() {
            sizes = match &layers[k] {
                Layer::Dense(dense) => sizes.with(dense, rule, k, layers.len()),
                layer if WINDOWS => sizes.with_windows(layer, rule, k),
                _ => sizes,
            };
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
        self = self.with_outputs(dense.outputs, rule, k);
        if k + 1 < layers {
            self.signal = max(self.signal, signal_of(dense, rule));
        }
        self
    }

    /// The same with a convolution or a pooling layer, which is a hidden one.
    const fn with_windows(mut self, layer: &Layer, rule: Rule, k: usize) -> Self {
        let Some(counts) = counts(layer) else { return self };
        self.parameters += counts.parameters;
        let (rows, columns) = windows_shape(layer, rule, k, self.error);
        self.feedback += rows * columns;
        self = self.with_outputs(counts.outputs, rule, k);
        self.signal = max(self.signal, windows_signal(layer, rule));
        self
    }

    #[inline(always)]
    const fn with_outputs(mut self, outputs: usize, rule: Rule, k: usize) -> Self {
        let (before, odd) = (self.activations, self.activations - self.even);
        if k.is_multiple_of(2) {
            self.even = max(self.even, outputs);
        }
        self.activations = match (rule.is_local(), k.is_multiple_of(2)) {
            (false, _) => before + outputs,
            (true, true) => self.even + odd,
            (true, false) => self.even + max(odd, outputs),
        };
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

/// What a layer takes and gives, and how many weights and biases it has.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) parameters: usize,
}

/// Those of a layer that a device runs; none of another one.
#[inline(always)]
pub(super) const fn counts(layer: &Layer) -> Option<Counts> {
    match layer {
        Layer::Dense(dense) => {
            Some(Counts { inputs: dense.inputs, outputs: dense.outputs, parameters: dense.parameters() })
        }
        _ if !WINDOWS => None,
        Layer::Conv(Conv { norm: true, .. }) => None,
        _ if layer.window().is_some() => {
            Some(Counts { inputs: layer.inputs(), outputs: layer.outputs(), parameters: layer.parameters() })
        }
        _ => None,
    }
}

/// As [`shape_of`], for a convolution or a pooling layer.
pub(super) const fn windows_shape(layer: &Layer, rule: Rule, k: usize, outputs: usize) -> (usize, usize) {
    match rule.teacher() {
        Teacher::Projection(_) if layer.learns() => (outputs, seen(rule, layer)),
        Teacher::NextLayer { fixed: true } if k > 0 => layer.weight_shape(),
        _ => (0, 0),
    }
}

/// As [`signal_of`], for a convolution or a pooling layer.
const fn windows_signal(layer: &Layer, rule: Rule) -> usize {
    match (layer, rule.teacher()) {
        (Layer::Conv(conv), Teacher::Projection(_)) => {
            let maps = conv.output();
            let cells = match readout_grid(rule, layer) {
                Some(grid) => grid.cells_of_a_map(),
                None => 0,
            };
            maps.height * maps.width + cells
        }
        (_, Teacher::NextLayer { .. }) => layer.outputs(),
        _ => 0,
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
