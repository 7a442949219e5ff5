//! The one learner: a network, its weights, and all that it needs to learn from samples and to answer.
//!
//! It owns everything, so it can live inside a training run, a stream, or an object of another language. What decides a bit is
//! saved in a [`Snapshot`]; the rest follows from the settings. Its inputs are those of the layers that learn: raw samples, or
//! what a frozen front end makes of them ([`super::inputs`]).

use super::counters::Counters;
pub use super::float::Workload;
use super::float::{FloatBuffers, LearnerState};
use super::int8::{Int8Buffers, Int8Weights};
use super::network::Network;
use super::snapshot::Snapshot;
use super::weights::NetworkWeights;
use crate::kernels::Fast;
use crate::kernels::aligned::Aligned;
use crate::settings::Settings;
use crate::settings::int8::learning as int8_settings;
use openloop_core::error::expect_length;
use openloop_core::{
    Error, Feedback, Layer, Layout, Memory, Optimizer, Outcome, Plan, Rule, Targets, Training, integer,
};
use std::borrow::Cow;
use std::ops::Range;

/// A value that is not a finite number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NotFinite {
    /// The quantity.
    pub quantity: &'static str,
    /// The value.
    pub value: f32,
}

/// A network that learns and answers, in f32 or in int8.
#[derive(Debug)]
pub struct Learner {
    settings: Settings,
    network: Network,
    weights: NetworkWeights,
    readouts: Aligned,
    optimizer: Aligned,
    counters: Counters,
    /// Empty in int8.
    float: FloatBuffers,
    /// Empty in f32.
    int8: Int8Buffers,
    /// A sample for events to be written into, all 0 between calls.
    pub(super) event_sample: Aligned,
}

impl Learner {
    /// A learner that has not learned yet.
    ///
    /// # Errors
    /// Settings that the network has no learner for.
    pub fn new(
        network: Network,
        settings: Settings,
        workload: Workload,
        mut weights: NetworkWeights,
    ) -> Result<Self, Error> {
        let sizes = Plan::learning(&network.learning(), &settings.training(), 1);
        let (mut readouts, mut optimizer) = (Aligned::new(), Aligned::new());
        match &mut weights.int8 {
            Some(int8) => int8.prepare(network.learning(), &settings)?,
            None => {
                readouts = NetworkWeights::draw_readouts(&network, &settings)?;
                optimizer = Aligned::zeros(sizes.optimizer);
            }
        }
        Self::assemble(network, settings, workload, weights, (readouts, optimizer), Counters::default())
    }

    /// A learner that goes on from a saved state.
    ///
    /// # Errors
    /// [`Error::WrongLength`] for a state of another rule or optimizer.
    pub fn resume(settings: Settings, workload: Workload, snapshot: Snapshot<'_>) -> Result<Self, Error> {
        let Snapshot { network, weights, readouts, optimizer, counters } = snapshot;
        let beside = (readouts.into_owned().into(), optimizer.into_owned().into());
        Self::assemble(network.into_owned(), settings, workload, weights.into_owned(), beside, counters)
    }

    fn assemble(
        network: Network,
        settings: Settings,
        workload: Workload,
        weights: NetworkWeights,
        (readouts, optimizer): (Aligned, Aligned),
        counters: Counters,
    ) -> Result<Self, Error> {
        let (mut float, mut int8) = (FloatBuffers::default(), Int8Buffers::default());
        match weights.int8() {
            Some(own) => {
                own.expect_prepared(network.learning(), &settings)?;
                int8 = Int8Buffers::new(network.learning(), &settings, own.input_bits)?;
            }
            None => {
                let sizes = Plan::learning(&network.learning(), &settings.training(), 1);
                expect_length("the readouts", readouts.len(), sizes.readouts)?;
                expect_length("the optimizer state", optimizer.len(), sizes.optimizer)?;
                float = FloatBuffers::new(&network, &settings, workload)?;
            }
        }
        let event_sample = Aligned::new();
        Ok(Learner { settings, network, weights, readouts, optimizer, counters, float, int8, event_sample })
    }

    /// How it learns.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// How much it learned.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Changes of int8 weights that saturated; none in f32.
    pub fn saturated(&self) -> Option<u32> {
        self.weights.int8().map(|_| self.counters.saturated)
    }

    /// Fraction bits of its inputs; none in f32.
    pub fn input_bits(&self) -> Option<u8> {
        self.weights.int8().map(|int8| int8.input_bits)
    }

    /// The number of weights and biases.
    pub fn parameter_count(&self) -> usize {
        self.weights.count()
    }

    /// The output layer's learning rate at this moment.
    pub fn rate(&self) -> f32 {
        self.settings.clock(self.counters.steps, self.counters.samples).output_rate
    }

    /// The memory that steps in f32 of up to `batch` samples are planned for.
    pub fn plan(&self, batch: usize) -> Plan {
        Plan::learning(&self.network.learning(), &self.settings.training(), batch)
    }

    /// Bytes that last from step to step, and bytes that a step of up to `batch` samples needs beside them, as planned.
    pub fn planned_bytes(&self, batch: usize) -> (usize, usize) {
        let Some(int8) = self.weights.int8() else {
            let plan = self.plan(batch);
            return (plan.persistent_bytes(), plan.transient_bytes());
        };
        let settings = int8_settings(&self.settings, int8.input_bits);
        let network = integer::Int8Network::new(self.network.learning(), settings);
        let plan = integer::Int8Plan::learning(&network.expect("checked when the learner was made"));
        (plan.persistent_bytes(), plan.transient_bytes())
    }

    /// The number of samples per call that is fastest.
    pub fn samples_per_call(&self) -> usize {
        if self.weights.int8().is_some() { 1 } else { self.float.samples_per_call() }
    }

    /// Whether its layers are spread over threads, each at its own batch.
    pub fn is_pipeline(&self) -> bool {
        self.float.is_pipeline()
    }

    /// Learns from samples `x: [samples, inputs of the learning layers]`, batch after batch; `on_batch` gets what each batch's
    /// step saw before it changed anything.
    ///
    /// # Errors
    /// Inputs or targets that the network cannot use: nothing has changed then.
    pub fn learn(
        &mut self,
        kernels: &Fast,
        x: &[f32],
        targets: &Targets<'_>,
        on_batch: &mut dyn FnMut(Outcome),
    ) -> Result<(), Error> {
        let (inputs, outputs) = (self.network.learning_inputs(), self.network.outputs());
        let samples = targets.batch(outputs);
        expect_length("the input", x.len(), samples * inputs)?;
        self.network.learning().check_targets(self.settings.rule, targets)?;
        let at_once = self.samples_per_part();
        for first in (0..samples).step_by(at_once) {
            let part = first..samples.min(first + at_once);
            let x = &x[part.start * inputs..part.end * inputs];
            self.learn_part(kernels, x, &targets.part(part, outputs), on_batch)?;
        }
        Ok(())
    }

    /// Samples that are learned from in one step, or in several without a pipeline.
    fn samples_per_part(&self) -> usize {
        if self.float.is_pipeline() { self.settings.batch } else { self.samples_per_call() }
    }

    fn learn_part(
        &mut self,
        kernels: &Fast,
        x: &[f32],
        targets: &Targets<'_>,
        on_batch: &mut dyn FnMut(Outcome),
    ) -> Result<(), Error> {
        let Learner { settings, network, weights, readouts, optimizer, counters, float, int8, .. } = self;
        let Some(own) = &mut weights.int8 else {
            let state = LearnerState { weights, readouts, optimizer, counters };
            return float.learn(kernels, network, settings, state, (x, targets), on_batch);
        };
        match *targets {
            Targets::Labels([label]) => {
                on_batch(int8.learn(network.learning(), settings, own, counters, (x, *label))?);
                Ok(())
            }
            Targets::WeightedLabels(..) | Targets::WeightedValues(..) => Err(Error::NoWeights),
            Targets::Labels(_) | Targets::Values(_) => Err(Error::LossNeedsLabels),
        }
    }

    /// As [`Learner::learn`], each layer at its own batch ([`Learner::is_pipeline`]); `gather(samples, x)` makes the inputs of some
    /// samples meanwhile.
    ///
    /// # Errors
    /// Targets that the network cannot use: nothing has changed then.
    pub(super) fn learn_in_pipeline(
        &mut self,
        targets: &Targets<'_>,
        gather: impl FnMut(Range<usize>, &mut [f32]) + Send,
        on_batch: impl FnMut(Outcome) + Send,
    ) -> Result<(), Error> {
        // its stages take the weights as they are laid out to learn
        self.pack();
        let Learner { settings, network, weights, readouts, optimizer, counters, float, .. } = self;
        let state = LearnerState { weights, readouts, optimizer, counters };
        float.learn_in_pipeline(network, settings, state, targets, gather, on_batch)
    }

    /// The answers `[samples, outputs]` to inputs `x` of the learning layers.
    ///
    /// # Errors
    /// Inputs or answers of another length.
    pub fn infer(&mut self, kernels: &Fast, x: &[f32], answers: &mut [f32]) -> Result<(), Error> {
        let samples = x.len() / self.network.learning_inputs();
        expect_length("the input", x.len(), samples * self.network.learning_inputs())?;
        expect_length("the answers", answers.len(), samples * self.network.outputs())?;
        let Learner { network, weights, float, int8, .. } = self;
        match weights.int8() {
            Some(own) => int8.infer(network.learning(), own, x, answers),
            None => float.infer(kernels, network, weights, x, answers),
        }
    }

    /// Learns from one sample and gives the answer from before: in one walk where the rule and the arithmetic allow it.
    ///
    /// # Errors
    /// An input or a target that the network cannot use: nothing has changed then.
    pub fn answer_and_learn(
        &mut self,
        kernels: &Fast,
        x: &[f32],
        targets: &Targets<'_>,
        answer: &mut [f32],
    ) -> Result<(), Error> {
        let in_one_walk = self.weights.int8().is_none() && self.settings.rule.is_local();
        if !in_one_walk {
            self.network.learning().check_targets(self.settings.rule, targets)?;
            self.infer(kernels, x, answer)?;
            return self.learn(kernels, x, targets, &mut |_| ());
        }
        self.learn(kernels, x, targets, &mut |_| ())?;
        match self.float.last_answer(&self.network, &self.settings) {
            Some(y) => {
                answer.copy_from_slice(y);
                Ok(())
            }
            None => Err(Error::RuleNotLocal),
        }
    }

    /// Shows to `on_signal(k, signal)` what `rule` (its own, or one without feedback matrices) would teach each hidden layer, without
    /// dropout; last layer first. Changes nothing.
    ///
    /// # Errors
    /// Inputs or targets that the network cannot use.
    pub fn signals(
        &mut self,
        kernels: &Fast,
        rule: Rule,
        x: &[f32],
        targets: &Targets<'_>,
        on_signal: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), Error> {
        let packed = self.float.is_packed();
        self.unpack();
        let training = Training { rule, optimizer: Optimizer::Sgd, ..self.settings.training() };
        let layers = self.network.layers().iter().copied();
        let layers: Vec<Layer> = layers.filter(|layer| !matches!(layer, Layer::Dropout(_))).collect();
        let network = Network::new(layers, self.network.loss(), self.network.frozen())?;
        let (own, learning) = (rule == self.settings.rule, network.learning());
        let batch = targets.batch(network.outputs());
        let mut scratch = vec![0.0; Plan::watching(&learning, &training, batch).scratch()];
        let memory = Memory {
            parameters: &mut self.weights.floats[network.frozen_parameters()..],
            layouts: &[],
            readouts: if own { &mut self.readouts } else { &mut [] },
            optimizer: &mut [],
            feedback: Feedback::Stored(if own { self.float.feedback() } else { &[] }),
            scratch: &mut scratch,
        };
        let shown = openloop_core::signals(kernels, &learning, &training, memory, x, targets, on_signal);
        if packed {
            self.pack();
        }
        shown
    }

    /// Packs the weights into the layouts that learn fastest; inference works with either layout.
    pub fn pack(&mut self) {
        self.repack(Layout::Panels);
    }

    /// Unpacks the weights into rows, one per neuron.
    pub fn unpack(&mut self) {
        self.repack(Layout::Rows);
    }

    fn repack(&mut self, into: Layout) {
        let Learner { settings, network, weights, optimizer, float, .. } = self;
        if float.is_packed() != (into == Layout::Panels) && weights.int8.is_none() {
            float.pack(network, settings, into, &mut weights.floats, optimizer);
        }
    }

    /// The weights, neuron by neuron.
    pub fn weights(&self) -> Cow<'_, NetworkWeights> {
        self.snapshot().weights
    }

    /// Its state, to be saved.
    pub fn snapshot(&self) -> Snapshot<'_> {
        let (mut weights, mut optimizer) = (Cow::Borrowed(&self.weights), Cow::Borrowed(&*self.optimizer));
        if self.float.is_packed() {
            let (floats, state) = (&mut weights.to_mut().floats, optimizer.to_mut());
            self.float.repack(&self.network, &self.settings, Layout::Rows, floats, state);
        }
        Snapshot {
            network: Cow::Borrowed(&self.network),
            weights,
            readouts: Cow::Borrowed(&self.readouts),
            optimizer,
            counters: self.counters,
        }
    }

    /// Takes on a saved state of the same network, rule and optimizer.
    ///
    /// # Errors
    /// [`Error::WrongLength`] for a state of another size or arithmetic: nothing has changed then.
    pub fn restore(&mut self, snapshot: Snapshot<'_>) -> Result<(), Error> {
        let Snapshot { weights, readouts, optimizer, counters, .. } = snapshot;
        expect_length("the parameters", weights.floats().len(), self.weights.floats().len())?;
        let bytes = |weights: &NetworkWeights| weights.int8().map_or([0; 3], Int8Weights::lengths);
        let mut lengths = bytes(&weights).into_iter().zip(bytes(&self.weights));
        lengths.try_for_each(|(found, own)| expect_length("the int8 parameters", found, own))?;
        expect_length("the readouts", readouts.len(), self.readouts.len())?;
        expect_length("the optimizer state", optimizer.len(), self.optimizer.len())?;
        let packed = self.float.is_packed();
        self.unpack();
        self.weights = weights.into_owned();
        self.readouts.copy_from_slice(&readouts);
        self.optimizer.copy_from_slice(&optimizer);
        self.counters = counters;
        if packed {
            self.pack();
        }
        Ok(())
    }

    /// Checks that all weights and the optimizer state are finite numbers.
    ///
    /// # Errors
    /// The first value that is not a finite number.
    pub fn check_finite(&self) -> Result<(), NotFinite> {
        let check = |quantity, values: &[f32]| match values.iter().find(|value| !value.is_finite()) {
            Some(&value) => Err(NotFinite { quantity, value }),
            None => Ok(()),
        };
        check("a weight", &self.weights.floats)?;
        check("a weight of a readout", &self.readouts)?;
        check("a value of the optimizer's state", &self.optimizer)
    }
}
