//! Whether the parts of a blob fit together: what reader and writer both ask.

use super::error::Error;
use super::format::MAX_WEIGHTS;
use super::head::{Arithmetic, Head};
use crate::activation::Activation;
use crate::layer::{Dense, Layer};
use crate::spec::{allows_output, check_layer};

/// What the layers say about the parts that follow them, gathered layer by layer.
#[derive(Default)]
pub(super) struct Fit {
    layers: usize,
    inputs: usize,
    parameters: u64,
    /// Of the first layers, which stay as they are.
    frozen: u64,
    /// Hidden layers that learn, and their outputs.
    hidden: u64,
    units: u64,
    /// What the last layer gives, and its activation, if it is dense.
    outputs: Option<usize>,
    dense: Option<Activation>,
    learns: bool,
}

impl Fit {
    /// Adds the next layer of a network whose first `frozen` layers stay as they are.
    pub(super) fn add(&mut self, layer: &Layer, frozen: u16) -> Result<(), Error> {
        check_layer(self.layers, self.outputs, layer).map_err(Error::Network)?;
        if let Some(hidden) = self.outputs
            && self.learns
        {
            self.hidden += 1;
            self.units += hidden as u64;
        }
        self.inputs = if self.layers == 0 { layer.inputs() } else { self.inputs };
        // a record's layer is never a normalised one, which has more parameters
        self.parameters += (layer.weights() + layer.weight_shape().0) as u64;
        if self.layers < frozen as usize {
            self.frozen = self.parameters;
        }
        self.outputs = Some(layer.outputs());
        self.dense = if let Layer::Dense(Dense { activation, .. }) = layer { Some(*activation) } else { None };
        self.learns = layer.learns();
        self.layers += 1;
        Ok(())
    }

    /// Whether they are the layers of a blob with this head; gives the number of f32 values that its state starts with.
    pub(super) fn check(&self, head: &Head) -> Result<usize, Error> {
        let classes = self.outputs.ok_or(Error::Network(crate::Error::NoLayers))? as u64;
        let activation = self.dense.ok_or(Error::Network(crate::Error::LastLayerNotDense))?;
        if !allows_output(activation, head.loss) {
            return Err(Error::Network(crate::Error::OutputActivation));
        }
        if self.units * classes > MAX_WEIGHTS {
            return Err(Error::TooLarge { layer: self.layers - 1 });
        }
        check_standardisation(head, self.inputs)?;
        // in int8 what learns takes a byte, and what stays is f32
        let readouts = if head.about.rule.learns_readout() { (self.units + self.hidden) * classes } else { 0 };
        let expected = match head.about.arithmetic {
            Arithmetic::F32 => 4 * (self.parameters + readouts),
            Arithmetic::Int8 => self.parameters + 3 * self.frozen,
        };
        if head.state as u64 != expected {
            return Err(Error::WrongLength { what: "the state", found: head.state, expected: expected as usize });
        }
        Ok(match head.about.arithmetic {
            Arithmetic::F32 => head.state / 4,
            Arithmetic::Int8 => self.frozen as usize,
        })
    }
}

/// Whether there are as many offsets and scales as can stand for equal parts of the inputs.
pub(super) fn check_standardisation(head: &Head, inputs: usize) -> Result<(), Error> {
    let divides = |count: usize, values: usize| count > 0 && values.is_multiple_of(count);
    let (fewer, more) = (head.offsets.min(head.scales), head.offsets.max(head.scales));
    match divides(fewer, more) && divides(more, inputs) {
        true => Ok(()),
        false => Err(Error::WrongLength { what: "the standardisation", found: 4 * fewer, expected: 4 * inputs }),
    }
}
