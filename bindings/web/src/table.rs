//! The models that a page has, by number, and the buffers through which values come and go.

use crate::error::Error;
use crate::model::Model;
use std::cell::RefCell;

/// Everything that lives between two calls.
#[derive(Default)]
pub(crate) struct Table {
    models: Vec<Option<Model>>,
    /// What a caller writes: samples, standardisation, sizes of layers.
    pub(crate) input: Vec<f32>,
    /// What a caller reads: answers, activations, signals.
    pub(crate) output: Vec<f32>,
    /// Files and names, both ways.
    pub(crate) bytes: Vec<u8>,
    /// The last error, in words.
    pub(crate) message: String,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

/// Lets `with` work on the table.
pub(crate) fn with_table<T>(with: impl FnOnce(&mut Table) -> T) -> T {
    TABLE.with_borrow_mut(with)
}

/// The result of a call as a number: what it gives, or -1 and a message.
pub(crate) fn answer(with: impl FnOnce(&mut Table) -> Result<u32, Error>) -> i32 {
    with_table(|table| {
        let result = with(table).and_then(|value| i32::try_from(value).map_err(|_| Error::TooLarge));
        result.unwrap_or_else(|error| {
            table.message = error.to_string();
            -1
        })
    })
}

impl Table {
    /// Puts a model into the first free place and gives its number.
    pub(crate) fn add(&mut self, model: Model) -> u32 {
        let free = self.models.iter().position(Option::is_none).unwrap_or(self.models.len());
        match self.models.get_mut(free) {
            Some(place) => *place = Some(model),
            None => self.models.push(Some(model)),
        }
        free as u32
    }

    /// Takes a model out.
    pub(crate) fn remove(&mut self, id: u32) -> Result<Model, Error> {
        self.models.get_mut(id as usize).and_then(Option::take).ok_or(Error::NoModel { id })
    }

    /// The model of a number.
    pub(crate) fn model(&self, id: u32) -> Result<&Model, Error> {
        self.models.get(id as usize).and_then(Option::as_ref).ok_or(Error::NoModel { id })
    }

    /// The model of a number, and the first `count` input values.
    pub(crate) fn model_and_input(
        &mut self,
        id: u32,
        count: u32,
    ) -> Result<(&mut Model, &[f32], &mut Vec<f32>), Error> {
        let model = self.models.get_mut(id as usize).and_then(Option::as_mut).ok_or(Error::NoModel { id })?;
        let input = self.input.get(..count as usize).ok_or(Error::Buffer)?;
        Ok((model, input, &mut self.output))
    }
}
