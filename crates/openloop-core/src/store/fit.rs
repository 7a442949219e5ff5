//! Whether the parts of a blob fit together: what reader and writer both ask.

use super::error::Error;
use super::format::MAX_WEIGHTS;
use super::head::{Arithmetic, Head};
use crate::layer::Layer;
use crate::spec::{check_layer, check_output};

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
    last: Option<Layer>,
}

impl Fit {
    /// Adds the next layer of a network whose first `frozen` layers stay as they are.
    pub(super) fn add(&mut self, layer: Layer, frozen: u16) -> Result<(), Error> {
        check_layer(self.layers, self.last.as_ref().map(Layer::outputs), &layer).map_err(Error::Network)?;
        if let Some(hidden) = self.last.filter(Layer::learns) {
            self.hidden += 1;
            self.units += hidden.outputs() as u64;
        }
        self.inputs = if self.layers == 0 { layer.inputs() } else { self.inputs };
        // a record's layer is never a normalised one, which has more parameters
        self.parameters += (layer.weights() + layer.weight_shape().0) as u64;
        if self.layers < frozen as usize {
            self.frozen = self.parameters;
        }
        self.last = Some(layer);
        self.layers += 1;
        Ok(())
    }

    /// Whether they are the layers of a blob with this head; gives the number of f32 values that its state starts with.
    pub(super) fn check(&self, head: &Head) -> Result<usize, Error> {
        let last = self.last.ok_or(Error::Network(crate::Error::NoLayers))?;
        check_output(&last, head.loss).map_err(Error::Network)?;
        let classes = last.outputs() as u64;
        if self.units * classes > MAX_WEIGHTS {
            return Err(Error::TooLarge { layer: self.layers - 1 });
        }
        let divides = |count: usize, values: usize| count > 0 && values.is_multiple_of(count);
        let (fewer, more) = (head.offsets.min(head.scales), head.offsets.max(head.scales));
        if !divides(fewer, more) || !divides(more, self.inputs) {
            return Err(Error::WrongLength {
                what: "the standardisation",
                found: 4 * fewer,
                expected: 4 * self.inputs,
            });
        }
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
