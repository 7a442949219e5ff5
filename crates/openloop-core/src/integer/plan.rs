//! What memory an int8 network needs, known before anything runs.

use super::memory::Int8State;
use super::network::Int8Network;
use crate::rule::Teacher;

/// Bytes and values, all `const`, so that a device sizes its static arrays by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int8Plan {
    /// Weights and biases, a byte each.
    pub parameters: usize,
    /// Outputs of hidden layers, a byte each: two for a local rule, all of them else.
    pub activations: usize,
    /// Sums, probabilities and signals, four bytes each.
    pub values: usize,
    /// Weights and biases of readouts that learn, a byte each.
    pub readouts: usize,
    /// The second bytes of all weights and biases, where there are any.
    pub fractions: usize,
}

impl Int8Plan {
    /// For learning, sample by sample. Feedback matrices take nothing: they are drawn from the seed.
    pub const fn learning(network: &Int8Network<'_>) -> Self {
        let rule = network.settings().rule;
        let waits = !rule.is_local();
        let walking = walking_buffers(network);
        let signals = match rule.teacher() {
            Teacher::NextLayer { .. } => 2 * widest_hidden(network),
            _ if rule.learns_readout() => widest_hidden(network),
            _ => 0,
        };
        let (parameters, readouts) = (parameters(network), readouts(network));
        Int8Plan {
            parameters,
            readouts,
            fractions: if network.settings().fractions { parameters + readouts } else { 0 },
            activations: if waits { hidden(network) } else { walking.0 + walking.1 },
            values: network.outputs() + signals,
        }
    }

    /// For [`infer`](super::infer) alone.
    pub const fn inference(network: &Int8Network<'_>) -> Self {
        let walking = walking_buffers(network);
        let (parameters, activations) = (parameters(network), walking.0 + walking.1);
        Int8Plan { parameters, activations, values: network.outputs(), readouts: 0, fractions: 0 }
    }

    /// Bytes that survive from step to step: parameters, readouts, their second bytes and the [`Int8State`].
    pub const fn persistent_bytes(&self) -> usize {
        self.parameters + self.readouts + self.fractions + size_of::<Int8State>()
    }

    /// Bytes that matter only within a step.
    pub const fn transient_bytes(&self) -> usize {
        self.activations + self.values * size_of::<i32>()
    }
}

/// The sizes of the two buffers that a forward walk fills in turn.
pub(super) const fn walking_buffers(network: &Int8Network<'_>) -> (usize, usize) {
    let (mut sizes, mut k) = ([0, 0], 0);
    while k + 1 < network.depth() {
        let outputs = network.sizes(k).1;
        if sizes[k % 2] < outputs {
            sizes[k % 2] = outputs;
        }
        k += 1;
    }
    (sizes[0], sizes[1])
}

pub(super) const fn widest_hidden(network: &Int8Network<'_>) -> usize {
    let (a, b) = walking_buffers(network);
    if a > b { a } else { b }
}

const fn hidden(network: &Int8Network<'_>) -> usize {
    let (mut sum, mut k) = (0, 0);
    while k + 1 < network.depth() {
        sum += network.sizes(k).1;
        k += 1;
    }
    sum
}

const fn parameters(network: &Int8Network<'_>) -> usize {
    let (mut sum, mut k) = (0, 0);
    while k < network.depth() {
        let (inputs, outputs) = network.sizes(k);
        sum += (inputs + 1) * outputs;
        k += 1;
    }
    sum
}

const fn readouts(network: &Int8Network<'_>) -> usize {
    let (mut sum, mut k) = (0, 0);
    while let Some(readout) = network.readout(k) {
        sum += readout.parameters();
        k += 1;
    }
    sum
}
