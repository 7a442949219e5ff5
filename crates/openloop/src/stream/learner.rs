//! A network that answers and learns one row at a time. Nothing is allocated after it is made.

use crate::config::{ConfigError, Settings};
use crate::kernels::Fast;
use crate::train::DECAY_SAMPLES;
use openloop_core::{Clock, Feedback, Layer, Memory, Plan, Shape, Spec, Targets, plan};

/// What a learner is: everything that must be saved, the rest follows from the settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Weights and biases, layer by layer.
    pub parameters: Vec<f32>,
    /// The hidden layers' own classifiers, under a rule whose readout learns.
    pub readouts: Vec<f32>,
    /// The optimizer's state.
    pub optimizer: Vec<f32>,
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
    scratch: Vec<f32>,
    answer: Vec<f32>,
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
        let mut parameters = vec![0.0; plan::parameters(&layers)];
        let mut readouts = vec![0.0; sizes.readouts];
        openloop_core::initialize(&network, settings.seed, &mut parameters).map_err(error)?;
        openloop_core::draw_readouts(&network, settings.rule, settings.seed, &mut readouts).map_err(error)?;
        let weights = Weights { parameters, readouts, optimizer: vec![0.0; sizes.optimizer], steps: 0 };
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
        let scratch = vec![0.0; sizes.scratch().max(Plan::inference(&network, 1))];
        Ok(Learner { answer: vec![0.0; outputs], settings, layers, weights, feedback, scratch })
    }

    /// What it learned.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Gives it other weights of the same sizes.
    pub fn set(&mut self, weights: Weights) {
        self.weights = weights;
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
        let network = Spec { layers: &self.layers, loss: self.settings.loss }.check();
        Plan::learning(&network.expect(CHECKED), &self.settings.training(), 1)
    }

    /// The answer to a row: a probability for each class.
    pub fn infer(&mut self, kernels: &Fast, x: &[f32]) -> &[f32] {
        let network = Spec { layers: &self.layers, loss: self.settings.loss }.check().expect(CHECKED);
        let y = openloop_core::infer(kernels, &network, &self.weights.parameters, x, &mut self.scratch);
        self.answer.copy_from_slice(y.expect(CHECKED));
        &self.answer
    }

    /// Learns from a row.
    pub fn learn(&mut self, kernels: &Fast, x: &[f32], label: u32) {
        let clock = self.clock();
        let training = self.settings.training();
        let network = Spec { layers: &self.layers, loss: self.settings.loss }.check().expect(CHECKED);
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

    /// Learns from a row and gives the answer from before: in one go where the rule allows it.
    pub fn answer_and_learn(&mut self, kernels: &Fast, x: &[f32], label: u32) -> &[f32] {
        if !self.settings.rule.is_local() {
            self.infer(kernels, x);
            self.learn(kernels, x, label);
            return &self.answer;
        }
        self.learn(kernels, x, label);
        let network = Spec { layers: &self.layers, loss: self.settings.loss }.check().expect(CHECKED);
        openloop_core::answers(&network, self.settings.rule, 1, &self.scratch).expect("a local rule keeps its answers")
    }

    /// Whether all of its numbers are numbers.
    pub fn is_finite(&self) -> bool {
        let Weights { parameters, readouts, optimizer, .. } = &self.weights;
        [parameters, readouts, optimizer].into_iter().flatten().all(|value| value.is_finite())
    }

    fn clock(&self) -> Clock {
        let samples = self.weights.steps;
        let decay = 1.0 + self.settings.decay * (samples as f32 / DECAY_SAMPLES);
        Clock {
            step: samples + 1,
            samples,
            hidden_rate: self.settings.hidden_rate / decay,
            output_rate: self.settings.rate / decay,
        }
    }
}

const CHECKED: &str = "the network was checked and its memory sized by the plan when the learner was made";
