//! A model's way into the device's blob and back.

use crate::error::Error;
use crate::model::Model;
use openloop_core::Spec;
use openloop_core::store::{self, Arithmetic, Contents, Section, SectionMut, Standardisation};

impl Model {
    /// The blob: network, rule, rates, standardisation and all weights. Each save has the next sequence number.
    ///
    /// # Errors
    /// Weights that are not finite.
    pub fn save(&mut self) -> Result<Vec<u8>, Error> {
        let network = Spec { layers: &self.layers, loss: self.loss }.check()?;
        let state = [Section::F32(&self.parameters)];
        let (offset, scale) = (one_if_equal(&self.offset), one_if_equal(&self.scale));
        let contents = Contents { network, about: self.about, offset, scale, state: &state };
        let mut bytes = vec![0; contents.length()];
        let sequence = self.sequence.wrapping_add(1);
        contents.write_to(sequence, &mut bytes)?;
        self.sequence = sequence;
        Ok(bytes)
    }

    /// The model of a blob.
    ///
    /// # Errors
    /// What is wrong with the file, or what a page cannot do with it.
    pub fn load(mut bytes: &[u8]) -> Result<Model, Error> {
        let source = &mut bytes;
        let head = store::open(source)?;
        if head.about.arithmetic != Arithmetic::F32 {
            return Err(Error::Integers);
        }
        if head.about.frozen > 0 {
            return Err(Error::Frozen);
        }
        if head.about.regression {
            return Err(Error::Values);
        }
        let layers = (0..head.layers).map(|k| store::read_layer(source, &head, k)).collect::<Result<Vec<_>, _>>()?;
        let mut model = Model::of(layers, head.loss, head.about)?;
        let standardisation = Standardisation { offset: &mut model.offset, scale: &mut model.scale };
        store::read_state(source, &head, standardisation, &mut [SectionMut::F32(&mut model.parameters)])?;
        model.sequence = head.sequence;
        Ok(model)
    }
}

/// One value for all inputs, where they have the same.
fn one_if_equal(values: &[f32]) -> &[f32] {
    match values.split_first() {
        Some((first, rest)) if rest.iter().all(|value| value == first) => values.get(..1).unwrap_or(values),
        _ => values,
    }
}
