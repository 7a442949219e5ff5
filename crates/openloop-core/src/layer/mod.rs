//! The layers: each a few free functions over slices, the slow and obvious version, kept for ever as the oracle that
//! every fast kernel is tested against.

pub mod dense;
pub mod dropout;

pub use dense::Dense;
pub use dropout::Dropout;

/// One link of the chain. Dense layers learn; dropout only passes values on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    /// Fully connected: a = act(W x + b).
    Dense(Dense),
    /// Silences random units while learning.
    Dropout(Dropout),
}

impl Layer {
    /// Values a sample brings in.
    pub const fn inputs(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.inputs,
            Layer::Dropout(dropout) => dropout.units,
        }
    }

    /// Values a sample leaves with.
    pub const fn outputs(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.outputs,
            Layer::Dropout(dropout) => dropout.units,
        }
    }

    /// Weights and biases.
    pub const fn parameters(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.parameters(),
            Layer::Dropout(_) => 0,
        }
    }

    /// Whether the layer has weights, and so takes part in learning.
    pub const fn learns(&self) -> bool {
        self.parameters() > 0
    }
}
