//! What memory a network needs: named regions, their size and how long they live, known before anything runs.
//!
//! Everything here is `const`, so a device can size its static arrays by it.

use crate::layer::Layer;
use crate::rule::{CoefficientInput, Rule, Teacher};
use crate::spec::{Checked, readout_grid};
use crate::training::Training;

/// How long a region's content must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// From step to step: this is the state that is saved.
    Persistent,
    /// From the forward walk to the end of the step.
    Step,
    /// While one layer is at work.
    Layer,
}

/// One named piece of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// What it holds.
    pub name: &'static str,
    /// How many f32 values.
    pub values: usize,
    /// How long they matter.
    pub lifetime: Lifetime,
}

impl Region {
    /// Its size in bytes.
    pub const fn bytes(&self) -> usize {
        self.values * size_of::<f32>()
    }
}

/// The memory of a network under a rule, an optimizer and a batch size. All counts are f32 values.
///
/// A local rule needs room for two neighbouring layers' outputs, whatever the depth; a rule that waits for the error
/// keeps every layer's output until the walk back has used it, and then its delta in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Weights and biases.
    pub parameters: usize,
    /// The hidden layers' own classifiers, under a rule whose readout learns.
    pub readouts: usize,
    /// The optimizer's state.
    pub optimizer: usize,
    /// The fixed random matrices, when they are stored.
    pub feedback: usize,
    /// Layer outputs: two for a local rule, all of them else.
    pub activations: usize,
    /// Teaching signals: a block of one layer for a local rule, one layer's for the others.
    pub signals: usize,
    /// What is projected, `[batch, C]`; under a rule that reads the output at length 1 also what was read, `[batch, C]`.
    pub coefficients: usize,
    /// The gradient of one neuron's weights, or of a convolution's.
    pub gradient: usize,
    /// What normalised convolutions keep of their sums: of one layer for a local rule, of all of them else.
    pub normalised: usize,
    /// What a pooled readout sees of a layer, and the signal at it.
    pub cells: usize,
    /// Those of the coefficients that are kept to know what was read.
    pub(crate) unit_readouts: usize,
    /// Whether activations must survive the whole step.
    keeps_activations: bool,
}

impl Plan {
    /// The plan for learning in batches of up to `batch` samples.
    #[inline]
    pub const fn learning(network: &Checked<'_>, training: &Training, batch: usize) -> Self {
        Plan::of(network, training, batch, batch, !training.rule.is_local())
    }

    /// The plan for [`crate::network::learn_batches`], with batches of up to `batch` samples, up to `samples` in all: a local rule
    /// keeps what passes from layer to layer of all of them.
    pub const fn learning_batches(network: &Checked<'_>, training: &Training, batch: usize, samples: usize) -> Self {
        Plan::of(network, training, batch, samples, !training.rule.is_local())
    }

    /// The plan for [`crate::network::signals`], which keeps every output under any rule.
    pub const fn watching(network: &Checked<'_>, training: &Training, batch: usize) -> Self {
        Plan::of(network, training, batch, batch, true)
    }

    #[inline]
    const fn of(
        network: &Checked<'_>,
        training: &Training,
        batch: usize,
        samples: usize,
        keeps_activations: bool,
    ) -> Self {
        let (layers, readouts) = (network.layers(), readouts(network, training.rule));
        let walking = walking_buffers(layers);
        let unit_readouts = match training.rule.teacher() {
            Teacher::Projection(of) if matches!(of.input(), CoefficientInput::UnitReadout) => batch * network.outputs(),
            _ => 0,
        };
        let passed_on = if keeps_activations { batch } else { samples };
        let signals = match training.rule.teacher() {
            _ if keeps_activations => batch * widest_signal(network, training.rule),
            _ => local_signal(network, training.rule, batch),
        };
        Plan {
            parameters: parameters(layers),
            readouts,
            optimizer: (parameters(layers) + readouts) * training.optimizer.slots(),
            feedback: feedback(network, training.rule),
            activations: passed_on * if keeps_activations { all_outputs(layers) } else { walking.0 + walking.1 },
            signals,
            coefficients: match training.rule.teacher() {
                Teacher::Projection(_) => passed_on * network.outputs() + unit_readouts,
                _ => 0,
            },
            cells: 2 * batch * most_cells(network, training.rule),
            unit_readouts,
            gradient: widest_gradient(network, training.rule),
            normalised: normalised(layers, batch, keeps_activations),
            keeps_activations,
        }
    }

    /// Values of scratch a learning step needs.
    #[inline]
    pub const fn scratch(&self) -> usize {
        self.activations + self.signals + self.coefficients + self.gradient + self.normalised + self.cells
    }

    /// Values of scratch that `infer` needs for `batch` samples.
    pub const fn inference(network: &Checked<'_>, batch: usize) -> usize {
        let (a, b) = walking_buffers(network.layers());
        batch * (a + b)
    }

    /// Bytes that survive from step to step: parameters, readouts, optimizer state, feedback.
    pub const fn persistent_bytes(&self) -> usize {
        (self.parameters + self.readouts + self.optimizer + self.feedback) * size_of::<f32>()
    }

    /// Bytes that one step needs beside them.
    pub const fn transient_bytes(&self) -> usize {
        self.scratch() * size_of::<f32>()
    }

    /// Every region by name.
    pub const fn regions(&self) -> [Region; 10] {
        const fn region(name: &'static str, values: usize, lifetime: Lifetime) -> Region {
            Region { name, values, lifetime }
        }
        let walk = if self.keeps_activations { Lifetime::Step } else { Lifetime::Layer };
        [
            region("parameters", self.parameters, Lifetime::Persistent),
            region("readouts", self.readouts, Lifetime::Persistent),
            region("optimizer state", self.optimizer, Lifetime::Persistent),
            region("feedback", self.feedback, Lifetime::Persistent),
            region("activations", self.activations, walk),
            region("normalised sums", self.normalised, walk),
            region("signals", self.signals, Lifetime::Layer),
            region("averaged maps", self.cells, Lifetime::Layer),
            region("coefficients", self.coefficients, Lifetime::Layer),
            region("gradient", self.gradient, Lifetime::Layer),
        ]
    }
}

/// The sizes of the two buffers that a forward walk fills in turn, for one sample.
#[inline]
pub(crate) const fn walking_buffers(layers: &[Layer]) -> (usize, usize) {
    let (mut sizes, mut k) = ([0, 0], 0);
    while k < layers.len() {
        sizes[k % 2] = max(sizes[k % 2], layers[k].outputs());
        k += 1;
    }
    (sizes[0], sizes[1])
}

/// The widest place where a delta is formed, or to which a signal is passed. Only the rules that hand a signal down need
/// room for it at layers that do not learn.
pub(crate) const fn widest_signal(network: &Checked<'_>, rule: Rule) -> usize {
    let layers = network.layers();
    let (mut widest, mut k) = (network.outputs(), network.first_learning());
    while k < layers.len() {
        if layers[k].learns() || matches!(rule.teacher(), Teacher::NextLayer { .. }) {
            widest = max(widest, layers[k].outputs());
        }
        k += 1;
    }
    widest
}

/// The most signal that a hidden layer gets from a local rule at once, beside the output layer's delta.
#[inline]
const fn local_signal(network: &Checked<'_>, rule: Rule, batch: usize) -> usize {
    let layers = network.layers();
    let (mut widest, mut k) = (batch * network.outputs(), 0);
    while k < layers.len() && batch > 0 && !matches!(rule.teacher(), Teacher::Nothing) {
        if !network.is_output(k) {
            widest = max(widest, layers[k].signal(batch));
        }
        k += 1;
    }
    widest
}

/// The number of weights and biases of all layers.
#[inline]
pub const fn parameters(layers: &[Layer]) -> usize {
    let (mut sum, mut k) = (0, 0);
    while k < layers.len() {
        sum += layers[k].parameters();
        k += 1;
    }
    sum
}

const fn all_outputs(layers: &[Layer]) -> usize {
    let (mut sum, mut k) = (0, 0);
    while k < layers.len() {
        sum += layers[k].outputs();
        k += 1;
    }
    sum
}

/// The most gradient that an update holds at once; a readout's is that of one class.
#[inline]
const fn widest_gradient(network: &Checked<'_>, rule: Rule) -> usize {
    let (layers, mut widest, mut k) = (network.layers(), 0, 0);
    while k < layers.len() {
        widest = max(widest, layers[k].gradient());
        if let Some(readout) = network.readout(rule, k) {
            widest = max(widest, readout.inputs);
        }
        k += 1;
    }
    widest
}

/// The most that a pooled readout of a hidden layer sees of a sample.
#[inline]
const fn most_cells(network: &Checked<'_>, rule: Rule) -> usize {
    let (layers, mut most, mut k) = (network.layers(), 0, 0);
    while k < layers.len() {
        if let Some(grid) = readout_grid(rule, &layers[k]) {
            most = max(most, grid.cells());
        }
        k += 1;
    }
    most
}

/// What normalised convolutions keep of a batch: all of them, or the one that keeps most.
#[inline]
const fn normalised(layers: &[Layer], batch: usize, all: bool) -> usize {
    let (mut sum, mut most, mut k) = (0, 0, 0);
    while k < layers.len() {
        sum += layers[k].kept(batch);
        most = max(most, layers[k].kept(batch));
        k += 1;
    }
    if all { sum } else { most }
}

/// The number of weights and biases of all readouts that learn.
#[inline]
const fn readouts(network: &Checked<'_>, rule: Rule) -> usize {
    let (mut sum, mut k) = (0, 0);
    while k < network.layers().len() {
        if let Some(readout) = network.readout(rule, k) {
            sum += readout.parameters();
        }
        k += 1;
    }
    sum
}

#[inline]
const fn feedback(network: &Checked<'_>, rule: Rule) -> usize {
    let (mut sum, mut k) = (0, 0);
    while k < network.layers().len() {
        let (rows, columns) = network.feedback_shape(rule, k);
        sum += rows * columns;
        k += 1;
    }
    sum
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}
