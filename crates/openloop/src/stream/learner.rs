//! A network that answers and learns one row at a time, whole or as a list of what is not 0 in it. Nothing is allocated
//! after it is made.

use crate::aligned::Aligned;
use crate::config::{ConfigError, Settings};
use crate::kernels::{Fast, Panels, Turn};
use crate::layout;
use openloop_core::{Checked, Clock, Dense, Feedback, Kernels, Layer, Memory, Plan, Shape, Spec, Targets, plan};
use std::borrow::Cow;

/// The share of inputs that is not 0, as long as nobody has seen a row.
const UNKNOWN: f64 = 1.0;

/// A value that is not 0, and the number of its input: what an event-driven sensor sends.
pub type InputEvent = (usize, f32);

/// What a learner is: everything that must be saved, the rest follows from the settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// Weights and biases, layer by layer.
    pub parameters: Aligned,
    /// The hidden layers' own classifiers, under a rule whose readout learns.
    pub readouts: Aligned,
    /// The optimizer's state.
    pub optimizer: Aligned,
    /// Learning steps taken.
    pub steps: u64,
}

/// A network and all that it needs to learn.
#[derive(Debug)]
pub struct Learner {
    settings: Settings,
    layers: Vec<Layer>,
    weights: Weights,
    feedback: Vec<f32>,
    scratch: Aligned,
    answer: Vec<f32>,
    /// The layer whose weights lie in panels, if one's do.
    panels: Option<Dense>,
    /// A row for events to be written into, and out of again.
    row: Aligned,
}

impl Learner {
    /// A fresh network for rows of `features` values and `outputs` classes.
    ///
    /// # Errors
    /// A network that does not fit.
    pub fn new(settings: Settings, features: usize, outputs: usize) -> Result<Self, ConfigError> {
        let layers = settings.layers_for(Shape::flat(features), outputs)?;
        let error = |error| ConfigError::Network { net: settings.net.to_string(), data: "the stream".into(), error };
        let network = Spec { layers: &layers, loss: settings.loss }.check().map_err(error)?;
        let sizes = Plan::learning(&network, &settings.training(), 1);
        let mut parameters = Aligned::zeros(plan::parameters(&layers));
        let mut readouts = Aligned::zeros(sizes.readouts);
        openloop_core::initialize(&network, settings.seed, &mut parameters).map_err(error)?;
        openloop_core::draw_readouts(&network, settings.rule, settings.seed, &mut readouts).map_err(error)?;
        let weights = Weights { parameters, readouts, optimizer: Aligned::zeros(sizes.optimizer), steps: 0 };
        Self::with(settings, features, outputs, weights)
    }

    /// A network with known weights.
    ///
    /// # Errors
    /// A network that does not fit.
    pub fn with(settings: Settings, features: usize, outputs: usize, weights: Weights) -> Result<Self, ConfigError> {
        let layers = settings.layers_for(Shape::flat(features), outputs)?;
        let error = |error| ConfigError::Network { net: settings.net.to_string(), data: "the stream".into(), error };
        let network = Spec { layers: &layers, loss: settings.loss }.check().map_err(error)?;
        let sizes = Plan::learning(&network, &settings.training(), 1);
        let mut feedback = vec![0.0; sizes.feedback];
        openloop_core::draw_feedback(&network, settings.rule, settings.seed, &mut feedback).map_err(error)?;
        let scratch = Aligned::zeros(sizes.scratch().max(Plan::inference(&network, 1)));
        let panels = layout::choose(network.layers(), 1, UNKNOWN);
        let (answer, row) = (vec![0.0; outputs], Aligned::zeros(features));
        let mut learner = Learner { answer, settings, layers, weights, feedback, scratch, panels, row };
        learner.turn_own(Turn::IntoPanels);
        Ok(learner)
    }

    /// What it learned, as it is saved.
    pub fn weights(&self) -> Cow<'_, Weights> {
        let mut weights = Cow::Borrowed(&self.weights);
        if self.panels.is_some() {
            self.turn(Turn::IntoRows, weights.to_mut());
        }
        weights
    }

    /// Learning steps taken.
    pub fn steps(&self) -> u64 {
        self.weights.steps
    }

    /// Gives it other weights of the same sizes.
    pub fn set(&mut self, weights: Weights) {
        self.weights = weights;
        self.turn_own(Turn::IntoPanels);
    }

    fn turn_own(&mut self, turn: Turn) {
        let mut weights = std::mem::take(&mut self.weights);
        self.turn(turn, &mut weights);
        self.weights = weights;
    }

    fn turn(&self, turn: Turn, weights: &mut Weights) {
        if let Some(layer) = &self.panels {
            layout::turn(layer, turn, self.settings.optimizer.slots(), &mut weights.parameters, &mut weights.optimizer);
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

    /// Memory that lasts from row to row, and what a row needs beside it, in bytes.
    pub fn plan(&self) -> Plan {
        Plan::learning(&checked(&self.layers, &self.settings), &self.settings.training(), 1)
    }

    /// The answer to a row: a probability for each class.
    pub fn infer(&mut self, kernels: &Fast, x: &[f32]) -> &[f32] {
        let network = checked(&self.layers, &self.settings);
        let (parameters, scratch) = (&self.weights.parameters, &mut self.scratch);
        let y = match self.panels {
            Some(layer) => openloop_core::infer(&Panels::new(kernels, layer), &network, parameters, x, scratch),
            None => openloop_core::infer(kernels, &network, parameters, x, scratch),
        };
        self.answer.copy_from_slice(y.expect(CHECKED));
        &self.answer
    }

    /// Learns from a row.
    pub fn learn(&mut self, kernels: &Fast, x: &[f32], label: u32) {
        match self.panels {
            Some(layer) => self.learn_with(&Panels::new(kernels, layer), x, label),
            None => self.learn_with(kernels, x, label),
        }
    }

    fn learn_with<K: Kernels>(&mut self, kernels: &K, x: &[f32], label: u32) {
        let clock = self.clock();
        let training = self.settings.training();
        let network = checked(&self.layers, &self.settings);
        let memory = Memory {
            parameters: &mut self.weights.parameters,
            readouts: &mut self.weights.readouts,
            optimizer: &mut self.weights.optimizer,
            feedback: Feedback::Stored(&self.feedback),
            scratch: &mut self.scratch,
        };
        let targets = Targets::Labels(std::slice::from_ref(&label));
        openloop_core::learn(kernels, &network, &training, memory, x, &targets, &clock).expect(CHECKED);
        self.weights.steps += 1;
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

    /// Learns from a row and gives the answer from before: in one go where the rule allows it.
    pub fn answer_and_learn(&mut self, kernels: &Fast, x: &[f32], label: u32) -> &[f32] {
        if !self.settings.rule.is_local() {
            self.infer(kernels, x);
            self.learn(kernels, x, label);
            return &self.answer;
        }
        self.learn(kernels, x, label);
        let network = checked(&self.layers, &self.settings);
        openloop_core::answers(&network, self.settings.rule, 1, &self.scratch).expect("a local rule keeps its answers")
    }

    /// Whether all of its numbers are numbers.
    pub fn is_finite(&self) -> bool {
        let Weights { parameters, readouts, optimizer, .. } = &self.weights;
        [parameters, readouts, optimizer].into_iter().flat_map(|values| &**values).all(|value| value.is_finite())
    }

    fn clock(&self) -> Clock {
        self.settings.clock(self.weights.steps, self.weights.steps)
    }
}

fn checked<'l>(layers: &'l [Layer], settings: &Settings) -> Checked<'l> {
    Spec { layers, loss: settings.loss }.check().expect(CHECKED)
}

const CHECKED: &str = "the network was checked and its memory sized by the plan when the learner was made";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::options::Options;

    fn learner(net: &str) -> Learner {
        let options = Options { net: Some(net.into()), ..Options::default() };
        Learner::new(options.settings().unwrap(), 40, 3).unwrap()
    }

    #[test]
    fn a_list_of_events_teaches_what_the_whole_row_teaches_and_leaves_no_trace_in_the_next() {
        let kernels = Fast::new(1).unwrap();
        for net in ["fc32", "fc8"] {
            let (mut whole, mut listed) = (learner(net), learner(net));
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
        let (kernels, mut learner) = (Fast::new(1).unwrap(), learner("fc32"));
        let before = learner.weights().into_owned();
        assert!(learner.learn_events(&kernels, &[(40, 1.0)], 0).is_err());
        assert!(learner.learn_events(&kernels, &[(4, 1.0)], 3).is_err());
        assert!(learner.infer_events(&kernels, &[(0, 1.0), (41, 1.0)]).is_err());
        assert_eq!(*learner.weights(), before);
    }
}
