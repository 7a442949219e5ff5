//! The layers: each a few free functions over slices, the slow and obvious version, kept for ever as the oracle that
//! every fast kernel is tested against.
//!
//! The parameters of a layer that learns lie as a matrix of weights, one row for each neuron or filter, then the biases.

pub mod conv;
pub mod dense;
pub mod dropout;
pub mod pool;

use crate::activation::Activation;
pub use conv::Conv;
pub use dense::Dense;
pub use dropout::Dropout;
pub use pool::{Pool, Pooling};

/// One link of the chain. Dense and convolutional layers learn; the others only pass values on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    /// Fully connected: a = act(W x + b).
    Dense(Dense),
    /// Convolution: a = act(W * x + b).
    Conv(Conv),
    /// Keeps the largest or the mean value of each window.
    Pool(Pool),
    /// Silences random units while learning.
    Dropout(Dropout),
}

impl Layer {
    /// Values a sample brings in.
    pub const fn inputs(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.inputs,
            Layer::Conv(conv) => conv.input.size(),
            Layer::Pool(pool) => pool.input.size(),
            Layer::Dropout(dropout) => dropout.units,
        }
    }

    /// Values a sample leaves with.
    pub const fn outputs(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.outputs,
            Layer::Conv(conv) => conv.output().size(),
            Layer::Pool(pool) => pool.output().size(),
            Layer::Dropout(dropout) => dropout.units,
        }
    }

    /// Rows and columns of the weight matrix: neurons or filters, and weights of each. `(0, 0)` for a layer without weights.
    pub const fn weight_shape(&self) -> (usize, usize) {
        match self {
            Layer::Dense(dense) => (dense.outputs, dense.inputs),
            Layer::Conv(conv) => (conv.channels, conv.patch()),
            Layer::Pool(_) | Layer::Dropout(_) => (0, 0),
        }
    }

    /// Weights, without biases.
    pub const fn weights(&self) -> usize {
        let (units, columns) = self.weight_shape();
        units * columns
    }

    /// Weights and biases.
    pub const fn parameters(&self) -> usize {
        self.weights() + self.weight_shape().0
    }

    /// Whether the layer has weights, and so takes part in learning.
    pub const fn learns(&self) -> bool {
        self.parameters() > 0
    }

    /// The nonlinearity; identity for a layer that has none.
    pub const fn activation(&self) -> Activation {
        match self {
            Layer::Dense(dense) => dense.activation,
            Layer::Conv(conv) => conv.activation,
            Layer::Pool(_) | Layer::Dropout(_) => Activation::Identity,
        }
    }

    /// Values of teaching signal that a local rule makes at once, for a batch: a block of neurons of a dense layer for all
    /// samples, all outputs of a convolution for one sample.
    pub const fn signal(&self, batch: usize) -> usize {
        match self {
            Layer::Dense(dense) => batch * dense.block(),
            Layer::Conv(_) => self.outputs(),
            Layer::Pool(_) | Layer::Dropout(_) => 0,
        }
    }

    /// Values of gradient that an update holds at once: one neuron's weights in a dense layer, everything in a
    /// convolution, whose weights are few.
    pub const fn gradient(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.inputs,
            Layer::Conv(conv) => conv.parameters(),
            Layer::Pool(_) | Layer::Dropout(_) => 0,
        }
    }
}
