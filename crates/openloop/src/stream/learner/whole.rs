//! The learner in int8: the core's integers, fed with quantised rows, as a microcontroller learns.

use super::{CHECKED, Weights, checked};
use crate::learner::int8::{self as integer, Integer, Room};
use crate::settings::options::Settings;
use openloop_core::integer::{Int8Network, Int8State};
use openloop_core::{Checked, Error, Layer};
use std::borrow::Cow;

/// Weights, and the memory that a row needs beside them.
#[derive(Debug)]
pub(super) struct Whole {
    integer: Integer,
    state: Int8State,
    room: Room,
}

/// Freshly drawn weights, for inputs of that many fraction bits.
pub(super) fn fresh(network: Checked<'_>, settings: &Settings, input_bits: u8) -> Result<Weights, Error> {
    Ok(Weights { integer: Some(Integer::new(network, settings, input_bits)?), ..Weights::default() })
}

impl Whole {
    /// A network with known weights.
    pub fn with(network: Checked<'_>, settings: &Settings, integer: Integer, state: Int8State) -> Result<Self, Error> {
        integer.fits(network)?;
        let room = Room::new(&Int8Network::new(network, integer::learning(settings, integer.input_bits))?);
        Ok(Whole { integer, state, room })
    }

    pub fn weights(&self) -> Cow<'_, Weights> {
        let Int8State { step, saturated } = self.state;
        Cow::Owned(Weights { integer: Some(self.integer.clone()), steps: step, saturated, ..Weights::default() })
    }

    pub fn set(&mut self, weights: Weights) {
        let Weights { integer, steps, saturated, .. } = weights;
        if let Some(integer) = integer {
            (self.integer, self.state) = (integer, Int8State { step: steps, saturated });
        }
    }

    /// What is kept beside the weights.
    pub fn state(&self) -> Int8State {
        self.state
    }

    pub fn input_bits(&self) -> u8 {
        self.integer.input_bits
    }

    pub fn infer(&mut self, (layers, settings): (&[Layer], &Settings), x: &[f32], answer: &mut [f32]) {
        let network = self.network(layers, settings);
        self.room.answer(&network, &self.integer, x, answer);
    }

    pub fn learn(&mut self, (layers, settings): (&[Layer], &Settings), x: &[f32], label: u32) {
        let network = self.network(layers, settings);
        self.room.learn(&network, &mut self.integer, &mut self.state, x, label);
    }

    fn network<'l>(&self, layers: &'l [Layer], settings: &Settings) -> Int8Network<'l> {
        Int8Network::new(checked(layers, settings), integer::learning(settings, self.integer.input_bits))
            .expect(CHECKED)
    }
}
