//! A network that is checked once, owns its layers, and lends itself to the core without failing.

use openloop_core::{Checked, Error, Layer, Loss, Spec, plan};

/// A chain of layers and its loss, of which the first `frozen` layers do not learn.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    loss: Loss,
    frozen: usize,
}

impl Network {
    /// Checks the layers.
    ///
    /// # Errors
    /// Layers that do not fit each other or the loss, or no layer that learns.
    pub fn new(layers: Vec<Layer>, loss: Loss, frozen: usize) -> Result<Self, Error> {
        Spec { layers: &layers, loss }.check()?.without_front(frozen)?;
        Ok(Network { layers, loss, frozen })
    }

    /// All layers, as the core takes them.
    pub fn whole(&self) -> Checked<'_> {
        Spec { layers: &self.layers, loss: self.loss }.check().expect("checked in Network::new, and never changed")
    }

    /// The layers that learn, as the core takes them; they keep their places in the random streams.
    pub fn learning(&self) -> Checked<'_> {
        self.whole().without_front(self.frozen).expect("checked in Network::new, and never changed")
    }

    /// All layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layers that do not learn.
    pub fn frozen_layers(&self) -> &[Layer] {
        &self.layers[..self.frozen]
    }

    /// The number of layers that do not learn.
    pub fn frozen(&self) -> usize {
        self.frozen
    }

    /// The loss.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// Values in a sample.
    pub fn inputs(&self) -> usize {
        self.whole().inputs()
    }

    /// Values that the first learning layer takes.
    pub fn learning_inputs(&self) -> usize {
        self.learning().inputs()
    }

    /// Values in an answer.
    pub fn outputs(&self) -> usize {
        self.whole().outputs()
    }

    /// Weights and biases of all layers.
    pub fn parameters(&self) -> usize {
        plan::parameters(&self.layers)
    }

    /// Weights and biases of the layers that do not learn.
    pub fn frozen_parameters(&self) -> usize {
        plan::parameters(self.frozen_layers())
    }

    /// The same layers, of which the first `frozen` do not learn.
    ///
    /// # Errors
    /// [`Error::NoLayers`] where none would be left to learn.
    pub fn with_frozen(&self, frozen: usize) -> Result<Self, Error> {
        Network::new(self.layers.clone(), self.loss, frozen)
    }
}
