//! A network that answers and learns one row at a time, in f32 or in int8, whole or as a list of what is not 0 in it.
//!
//! | file | one sentence |
//! |---|---|
//! | `float.rs` | In f32, on the host's fast loops. |
//! | `whole.rs` | In int8, as a microcontroller does. |

mod float;
mod whole;

use crate::kernels::Fast;
use crate::kernels::aligned::Aligned;
use crate::learner::int8::{self as integer, Integer};
use crate::settings::options::{Arithmetic, ConfigError, Settings};
use float::Float;
use openloop_core::integer::{self as int8, Int8State};
use openloop_core::{Checked, Layer, Plan, Shape, Spec, Targets};
use std::borrow::Cow;
use whole::Whole;

/// A value that is not 0, and the number of its input: what an event-driven sensor sends.
pub type InputEvent = (usize, f32);

/// What a learner is: everything that must be saved, the rest follows from the settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// Weights and biases, layer by layer; none in int8.
    pub parameters: Aligned,
    /// The hidden layers' own classifiers, under a rule whose readout learns.
    pub readouts: Aligned,
    /// The optimizer's state.
    pub optimizer: Aligned,
    /// Weights and biases in int8.
    pub integer: Option<Integer>,
    /// Learning steps taken.
    pub steps: u64,
    /// Changes of int8 weights that saturated.
    pub saturated: u32,
}

/// A network and all that it needs to learn.
#[derive(Debug)]
pub struct Learner {
    settings: Settings,
    layers: Vec<Layer>,
    numbers: Numbers,
    answer: Vec<f32>,
    /// A row for events to be written into, and out of again.
    row: Aligned,
}

/// What it computes with.
#[derive(Debug)]
enum Numbers {
    Float(Float),
    Whole(Whole),
}

impl Learner {
    /// A fresh network for rows of `features` values and `outputs` classes; in int8, a value of x is taken as
    /// round(x 2^`input_bits`).
    ///
    /// # Errors
    /// A network that does not fit, or that int8 does not have.
    pub fn new(settings: Settings, (features, outputs): (usize, usize), input_bits: u8) -> Result<Self, ConfigError> {
        let layers = check(&settings, (features, outputs))?;
        let network = checked(&layers, &settings);
        let drawn = match settings.arithmetic {
            Arithmetic::F32 => float::fresh(&network, &settings),
            Arithmetic::Int8 => whole::fresh(network, &settings, input_bits),
        };
        let weights = drawn.map_err(|error| unfit(&settings, error))?;
        Self::with(settings, (features, outputs), weights)
    }

    /// A network with known weights, which decide its arithmetic.
    ///
    /// # Errors
    /// A network that does not fit, or that int8 does not have.
    pub fn with(
        settings: Settings,
        (features, outputs): (usize, usize),
        mut weights: Weights,
    ) -> Result<Self, ConfigError> {
        let layers = check(&settings, (features, outputs))?;
        let network = checked(&layers, &settings);
        let state = Int8State { step: weights.steps, saturated: weights.saturated };
        let numbers = match weights.integer.take() {
            None => Float::with(&network, &settings, weights).map(Numbers::Float),
            Some(integer) => Whole::with(network, &settings, integer, state).map(Numbers::Whole),
        };
        let numbers = numbers.map_err(|error| unfit(&settings, error))?;
        Ok(Learner { answer: vec![0.0; outputs], row: Aligned::zeros(features), settings, layers, numbers })
    }

    /// What it learned, as it is saved.
    pub fn weights(&self) -> Cow<'_, Weights> {
        match &self.numbers {
            Numbers::Float(float) => float.weights(),
            Numbers::Whole(whole) => whole.weights(),
        }
    }

    /// Learning steps taken.
    pub fn steps(&self) -> u64 {
        match &self.numbers {
            Numbers::Float(float) => float.steps(),
            Numbers::Whole(whole) => whole.state().step,
        }
    }

    /// Changes of int8 weights that saturated; none in f32.
    pub fn saturated(&self) -> Option<u32> {
        match &self.numbers {
            Numbers::Float(_) => None,
            Numbers::Whole(whole) => Some(whole.state().saturated),
        }
    }

    /// Fraction bits of its inputs; 0 in f32.
    pub fn input_bits(&self) -> u8 {
        match &self.numbers {
            Numbers::Float(_) => 0,
            Numbers::Whole(whole) => whole.input_bits(),
        }
    }

    /// Gives it other weights of the same sizes and arithmetic.
    pub fn set(&mut self, weights: Weights) {
        match &mut self.numbers {
            Numbers::Float(float) => float.set(weights),
            Numbers::Whole(whole) => whole.set(weights),
        }
    }

    /// How it learns.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The chain of layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Weights and biases.
    pub fn parameter_count(&self) -> usize {
        openloop_core::plan::parameters(&self.layers)
    }

    /// Memory that lasts from row to row, and what a row needs beside it, in bytes.
    pub fn planned_bytes(&self) -> (usize, usize) {
        let network = checked(&self.layers, &self.settings);
        match &self.numbers {
            Numbers::Float(_) => {
                let plan = Plan::learning(&network, &self.settings.training(), 1);
                (plan.persistent_bytes(), plan.transient_bytes())
            }
            Numbers::Whole(whole) => {
                let network = int8::Int8Network::new(network, integer::learning(&self.settings, whole.input_bits()));
                let plan = int8::Int8Plan::learning(&network.expect(CHECKED));
                (plan.persistent_bytes(), plan.transient_bytes())
            }
        }
    }

    /// The answer to a row: a probability for each class.
    pub fn infer(&mut self, kernels: &Fast, x: &[f32]) -> &[f32] {
        let network = (&self.layers[..], &self.settings);
        match &mut self.numbers {
            Numbers::Float(float) => float.infer(kernels, network, x, &mut self.answer),
            Numbers::Whole(whole) => whole.infer(network, x, &mut self.answer),
        }
        &self.answer
    }

    /// Learns from a row.
    pub fn learn(&mut self, kernels: &Fast, x: &[f32], label: u32) {
        let network = (&self.layers[..], &self.settings);
        match &mut self.numbers {
            Numbers::Float(float) => float.learn(kernels, network, x, label),
            Numbers::Whole(whole) => whole.learn(network, x, label),
        }
    }

    /// As [`Learner::infer`], for a row that is 0 but for some events.
    ///
    /// # Errors
    /// [`openloop_core::Error::WrongLength`] for an event at an input that the network has not.
    pub fn infer_events(&mut self, kernels: &Fast, events: &[InputEvent]) -> Result<&[f32], openloop_core::Error> {
        self.with_events(events, |learner, row| _ = learner.infer(kernels, row))?;
        Ok(&self.answer)
    }

    /// As [`Learner::learn`], for a row that is 0 but for some events. What is 0 costs no arithmetic, and of several events at
    /// an input the last counts.
    ///
    /// # Errors
    /// [`openloop_core::Error::WrongLength`] for an event at an input that the network has not; a label out of range.
    pub fn learn_events(
        &mut self,
        kernels: &Fast,
        events: &[InputEvent],
        label: u32,
    ) -> Result<(), openloop_core::Error> {
        let labels = [label];
        checked(&self.layers, &self.settings).check_targets(self.settings.rule, &Targets::Labels(&labels))?;
        self.with_events(events, |learner, row| learner.learn(kernels, row, label))
    }

    fn with_events(
        &mut self,
        events: &[InputEvent],
        work: impl FnOnce(&mut Self, &[f32]),
    ) -> Result<(), openloop_core::Error> {
        let expected = self.row.len();
        if let Some((input, _)) = events.iter().find(|(input, _)| *input >= expected) {
            return Err(openloop_core::Error::WrongLength { what: "the input", found: input + 1, expected });
        }
        let mut row = std::mem::take(&mut self.row);
        events.iter().for_each(|&(input, value)| row[input] = value);
        work(self, &row);
        events.iter().for_each(|&(input, _)| row[input] = 0.0);
        self.row = row;
        Ok(())
    }

    /// Learns from a row and gives the answer from before: in one go where the rule and the arithmetic allow it.
    pub fn answer_and_learn(&mut self, kernels: &Fast, x: &[f32], label: u32) -> &[f32] {
        let network = (&self.layers[..], &self.settings);
        match &mut self.numbers {
            Numbers::Float(float) if self.settings.rule.is_local() => {
                float.learn(kernels, network, x, label);
                float.answered(network, &mut self.answer);
            }
            _ => {
                self.infer(kernels, x);
                self.learn(kernels, x, label);
            }
        }
        &self.answer
    }

    /// Whether all of its numbers are numbers.
    pub fn is_finite(&self) -> bool {
        match &self.numbers {
            Numbers::Float(float) => float.is_finite(),
            Numbers::Whole(_) => true,
        }
    }
}

/// The scale of a network's inputs, from those of the warm-up `x`: fraction bits in int8, 0 in f32.
///
/// # Errors
/// Inputs that int8 has no room for.
pub fn input_bits(settings: &Settings, x: &[f32]) -> Result<u8, ConfigError> {
    match settings.arithmetic {
        Arithmetic::F32 => Ok(0),
        Arithmetic::Int8 => integer::input_bits(x),
    }
}

/// The layers of a network that can learn from rows of `features` values and `outputs` classes.
///
/// # Errors
/// A network that does not fit, or that int8 does not have.
pub(super) fn check(settings: &Settings, (features, outputs): (usize, usize)) -> Result<Vec<Layer>, ConfigError> {
    let layers = settings.layers_for(Shape::flat(features), outputs)?;
    let network = Spec { layers: &layers, loss: settings.loss }.check().map_err(|error| unfit(settings, error))?;
    if settings.arithmetic == Arithmetic::Int8 {
        integer::check(settings, &network, false)?;
    }
    Ok(layers)
}

fn unfit(settings: &Settings, error: openloop_core::Error) -> ConfigError {
    ConfigError::Network { net: settings.net.to_string(), data: "the stream".into(), error }
}

fn checked<'l>(layers: &'l [Layer], settings: &Settings) -> Checked<'l> {
    Spec { layers, loss: settings.loss }.check().expect(CHECKED)
}

const CHECKED: &str = "the network was checked and its memory sized by the plan when the learner was made";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::options::Options;

    fn learner(net: &str, arithmetic: &str) -> Learner {
        let options = Options { net: Some(net.into()), arithmetic: Some(arithmetic.into()), ..Options::default() };
        Learner::new(options.settings().unwrap(), (40, 3), 5).unwrap()
    }

    #[test]
    fn a_list_of_events_teaches_what_the_whole_row_teaches_and_leaves_no_trace_in_the_next() {
        let kernels = Fast::new(1).unwrap();
        for (net, arithmetic) in [("fc32", "f32"), ("fc8", "f32"), ("fc8", "int8")] {
            let (mut whole, mut listed) = (learner(net, arithmetic), learner(net, arithmetic));
            for i in 0..20 {
                let events = [(i, 1.0), ((7 * i + 3) % 40, -0.5)];
                let mut row = [0.0; 40];
                events.iter().for_each(|&(input, value)| row[input] = value);
                whole.learn(&kernels, &row, i as u32 % 3);
                listed.learn_events(&kernels, &events, i as u32 % 3).unwrap();
                assert_eq!(whole.infer(&kernels, &row), listed.infer_events(&kernels, &events).unwrap());
            }
            assert_eq!(whole.weights(), listed.weights());
        }
    }

    #[test]
    fn an_event_or_a_label_that_is_nowhere_changes_nothing() {
        let (kernels, mut learner) = (Fast::new(1).unwrap(), learner("fc32", "f32"));
        let before = learner.weights().into_owned();
        assert!(learner.learn_events(&kernels, &[(40, 1.0)], 0).is_err());
        assert!(learner.learn_events(&kernels, &[(4, 1.0)], 3).is_err());
        assert!(learner.infer_events(&kernels, &[(0, 1.0), (41, 1.0)]).is_err());
        assert_eq!(*learner.weights(), before);
    }
}
