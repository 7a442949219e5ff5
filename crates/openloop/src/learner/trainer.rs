//! The training loop: batches in a seeded order, one learning step each, an evaluation after every epoch.
//!
//! A run's whole state is its parameters, its optimizer's state and a few counters ([`Progress`]): everything random is a
//! function of the seed and the counters, so a run that stops at any batch can continue from there with the same bits.

use crate::data::{DataSet, Targets};
use crate::files::checkpoint::Checkpoint;
use crate::kernels::Fast;
use crate::kernels::aligned::Aligned;
use crate::learner::center;
use crate::learner::inputs::{Inputs, Rows};
use crate::learner::int8::{self as integer, Room};
use crate::learner::layout;
use crate::learner::model::{About, EVALUATION_BATCH, Evaluation, Model};
use crate::learner::pipeline::{Pipeline, Steps};
use crate::settings::net::Net;
use crate::settings::options::{Arithmetic, ConfigError, Init, Settings};
use openloop_core::integer::Network;
use openloop_core::random::{Purpose, Stream};
use openloop_core::{
    Batches, Clock, Feedback, Kernels, Layer, Layout, Memory, Optimizer, Outcome, Plan, Rule, Spec, Training, plan,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};

/// The number of samples that the decay of the learning rates counts in.
pub const DECAY_SAMPLES: f32 = 10_000.0;

/// Samples after which a rate that decays so is half of what it was, as int8 arithmetic and a device's blob count them.
pub(crate) fn half_after(decay: f32) -> u32 {
    (DECAY_SAMPLES / decay) as u32
}

/// Training rows that are looked at to see how many inputs are 0.
const SHOWN: usize = 64;
/// Samples that are learned from before somebody looks at the clock, where a batch is not more.
const UNWATCHED: usize = 64;
/// Samples that a layer learns from before the layer behind it sees the first, at most.
const AHEAD: usize = 256;
/// Values of room for them that even a small network may have.
const LITTLE_ROOM: usize = 1 << 13;

/// Training rows from which the scale of an int8 network's inputs follows.
const LOOKED_AT: usize = 1_000;

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Epochs finished.
    pub epoch: u32,
    /// Samples seen in the epoch under way.
    pub seen: usize,
    /// Learning steps taken.
    pub step: u64,
    /// Samples learned from.
    pub samples: u64,
    /// Changes of int8 weights that saturated.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub saturated: u32,
    /// What the learning steps of the epoch under way saw before they changed anything.
    pub running: Evaluation,
    /// One entry for each finished epoch.
    pub history: Vec<Epoch>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A finished epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// What the learning steps saw, each before it changed the weights.
    pub train: Evaluation,
    /// On the test rows, after the epoch.
    pub test: Evaluation,
}

/// The run left the numbers behind.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("training diverged in epoch {epoch}, step {step}: {quantity} is {value}; a smaller --lr may help")]
pub struct Diverged {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// The step, counted from 1 over the whole run.
    pub step: u64,
    /// What is no longer a number.
    pub quantity: &'static str,
    /// Its value.
    pub value: f32,
}

/// Why a call of [`Trainer::train_epoch`] came back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ended {
    /// The epoch is finished; this is how long its learning steps took in this process.
    Epoch(Duration),
    /// The watcher asked to stop; the state is whole and can be saved.
    Stopped,
}

/// What a run goes on from.
#[derive(Debug)]
pub struct State {
    /// The network.
    pub model: Model,
    /// The hidden layers' own classifiers, under a rule whose readout learns.
    pub readouts: Aligned,
    /// The optimizer's state: the layers', then the readouts'.
    pub optimizer: Aligned,
    /// Where the run stands.
    pub progress: Progress,
}

/// A network that is being trained on a data set.
#[derive(Debug)]
pub struct Trainer<'d> {
    /// The network.
    pub model: Model,
    /// The hidden layers' own classifiers, under a rule whose readout learns.
    pub readouts: Aligned,
    /// The optimizer's state: the layers', then the readouts'.
    pub optimizer: Aligned,
    /// Where the run stands.
    pub progress: Progress,
    settings: Settings,
    data: &'d DataSet,
    kernels: &'d Fast,
    inputs: Inputs<'d>,
    feedback: Vec<f32>,
    scratch: Aligned,
    x: Aligned,
    targets: BatchTargets,
    clocks: Vec<Clock>,
    outcomes: Vec<Outcome>,
    /// Batches that are learned from layer by layer.
    together: usize,
    /// The layouts in which the layers learn; none for an int8 run.
    layouts: Vec<Layout>,
    /// Whether the weights lie so now: only while an epoch is under way. Otherwise they lie in rows.
    packed: bool,
    /// The layers spread over threads, if they are.
    pipeline: Option<Pipeline>,
    /// Of an int8 run.
    room: Room,
}

impl<'d> Trainer<'d> {
    /// A fresh network.
    ///
    /// # Errors
    /// A network that does not fit the data.
    pub fn new(settings: Settings, data: &'d DataSet, kernels: &'d Fast) -> Result<Self, ConfigError> {
        let layers = settings.layers(data)?;
        check_memory(&layers, &settings, data)?;
        let parameters = Aligned::zeros(plan::parameters(&layers));
        let preprocessing = data.preprocessing.clone();
        let (loss, about) = (settings.loss, About::of(data));
        let mut model = Model { layers, loss, parameters, integer: None, preprocessing, about };
        let mut parameters = std::mem::take(&mut model.parameters);
        let spec = Spec { layers: &model.layers, loss: settings.loss };
        let sized =
            spec.check().and_then(|network| openloop_core::initialize(&network, settings.seed, &mut parameters));
        sized.map_err(|error| network_error(&settings, &model.about, error))?;
        if settings.init == Init::Zero {
            zero_dense_weights(&model.layers, &mut parameters);
        }
        model.parameters = parameters;
        if settings.arithmetic == Arithmetic::Int8 {
            draw_integers(&mut model, &settings, data, kernels)?;
        }
        let network = check(&model, &settings)?;
        let plan = Plan::learning(&network, &settings.training(), 1);
        let mut readouts = Aligned::zeros(plan.readouts);
        openloop_core::draw_readouts(&network, settings.rule, settings.seed, &mut readouts)
            .map_err(|error| network_error(&settings, &model.about, error))?;
        let state = State { model, readouts, optimizer: Aligned::zeros(plan.optimizer), progress: Progress::default() };
        Self::at(settings, data, kernels, state)
    }

    /// A fresh run that starts from the weights (and the standardisation, and the number of samples seen) of another.
    ///
    /// # Errors
    /// Weights of another network than the settings ask for.
    pub fn from(settings: Settings, data: &'d DataSet, kernels: &'d Fast, start: State) -> Result<Self, ConfigError> {
        let fresh = Trainer::new(settings, data, kernels)?;
        let (own, model) = (&fresh.model, start.model);
        let kind = |model: &Model, readouts: &[f32]| (model.loss, model.integer.is_some(), readouts.len());
        if own.layers != model.layers || kind(own, &fresh.readouts) != kind(&model, &start.readouts) {
            let (start, asked) = (Net::of(&model.layers).to_string(), fresh.settings.net.to_string());
            return Err(ConfigError::OtherStart { start, asked });
        }
        // a fresh optimizer counts its steps anew; the decay of the rates goes on, and so does int8's rounding
        let Progress { step, samples, .. } = start.progress;
        let step = if model.integer.is_some() { step } else { 0 };
        let progress = Progress { step, samples, ..Progress::default() };
        let model = Model { about: About::of(data), ..model };
        let (settings, optimizer) = (fresh.settings, fresh.optimizer);
        Self::at(settings, data, kernels, State { model, readouts: start.readouts, optimizer, progress })
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// A network that does not fit the settings.
    pub fn at(settings: Settings, data: &'d DataSet, kernels: &'d Fast, state: State) -> Result<Self, ConfigError> {
        let State { model, readouts, optimizer, progress } = state;
        check_memory(&model.layers, &settings, data)?;
        let network = check(&model, &settings)?;
        let batch = settings.batch.min(data.train.len());
        let plan = Plan::learning(&network, &settings.training(), batch);
        let mut feedback = vec![0.0; plan.feedback];
        openloop_core::draw_feedback(&network, settings.rule, settings.seed, &mut feedback)
            .map_err(|error| network_error(&settings, &model.about, error))?;
        let mirror = settings.flip.then_some(settings.seed);
        let mut inputs = Inputs::new(data, &model, settings.front(), mirror, kernels);
        let (mut layouts, mut pipeline, mut together) = (Vec::new(), None, 1);
        if model.integer.is_none() {
            let share = layout::share_not_zero(&inputs.first(kernels, &model, SHOWN));
            layouts = layout::choose(network.layers(), settings.rule, batch, share);
            let (learning, amount) = ((&network, &settings.training()), (batch, kernels.threads()));
            pipeline = Pipeline::plan(settings.pipeline, learning, amount, (&layouts, share));
            if pipeline.is_none() && layout::has_panels(&layouts) && settings.rule.knows_its_signal() {
                let plan = Plan::learning_batches(&network, &settings.training(), batch, 1);
                together = (samples_ahead(&plan, inputs.width(), share).min(data.train.len()) / batch).max(1);
            }
        }
        let x = Aligned::zeros(together * batch * inputs.width());
        let plan = Plan::learning_batches(&network, &settings.training(), batch, together * batch);
        // each thread has a block of signal of its own
        let scratch = Aligned::zeros(plan.scratch() + (kernels.threads() - 1) * plan.signals);
        let targets = BatchTargets::default();
        let mut room = Room::default();
        if let Some(integer) = &model.integer {
            let network = check(&model, &settings)?;
            let network = Network::new(network, integer::learning(&settings, integer.input_bits))
                .map_err(|error| network_error(&settings, &model.about, error))?;
            room = Room::new(&network);
        }
        Ok(Trainer {
            model,
            readouts,
            optimizer,
            progress,
            settings,
            data,
            kernels,
            inputs,
            feedback,
            scratch,
            x,
            targets,
            clocks: Vec::new(),
            outcomes: Vec::new(),
            together,
            layouts,
            packed: false,
            pipeline,
            room,
        })
    }

    /// The settings of the run.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The run's state, to be saved.
    pub fn checkpoint(&self) -> Checkpoint<'_> {
        let (mut model, mut optimizer) = (Cow::Borrowed(&self.model), Cow::Borrowed(&*self.optimizer));
        if self.packed {
            self.repack(Layout::Rows, &mut model.to_mut().parameters, optimizer.to_mut());
        }
        Checkpoint {
            model,
            settings: self.settings.written(),
            readouts: Cow::Borrowed(&self.readouts),
            optimizer,
            progress: Cow::Borrowed(&self.progress),
        }
    }

    /// The bytes the run was planned for: those that last from step to step, and those that a step needs beside them.
    pub fn planned_bytes(&self) -> (usize, usize) {
        let network = check(&self.model, &self.settings).expect("the network was checked when the trainer was made");
        if let Some(integer) = &self.model.integer
            && let Ok(network) = Network::new(network, integer::learning(&self.settings, integer.input_bits))
        {
            let plan = openloop_core::integer::Plan::learning(&network);
            return (plan.persistent_bytes(), plan.transient_bytes());
        }
        let plan = self.plan();
        (plan.persistent_bytes(), plan.transient_bytes())
    }

    /// The memory that a run in f32 was planned for.
    pub fn plan(&self) -> Plan {
        let batch = self.settings.batch.min(self.data.train.len());
        let network = check(&self.model, &self.settings).expect("the network was checked when the trainer was made");
        Plan::learning(&network, &self.settings.training(), batch)
    }

    /// Loss and errors of the network as it is now.
    pub fn evaluate(&mut self, of: Rows) -> Evaluation {
        let split = match of {
            Rows::Train => &self.data.train,
            Rows::Test => &self.data.test,
        };
        let (model, inputs, kernels) = (&self.model, &mut self.inputs, self.kernels);
        let gather = |rows: &[u32], x: &mut [f32]| inputs.gather_plain(kernels, model, of, rows, x);
        model.evaluate_from(kernels, self.settings.front(), split, gather)
    }

    /// Learns to the end of the epoch under way, then evaluates on the test rows.
    ///
    /// `watch` is called after every learning step, or every few where they are small, with the state whole; when it says break,
    /// the call returns early.
    ///
    /// # Errors
    /// [`Diverged`] as soon as a loss or a weight is not a finite number.
    pub fn train_epoch(&mut self, watch: &mut (dyn FnMut(&Self) -> ControlFlow<()> + Send)) -> Result<Ended, Diverged> {
        let mut order: Vec<u32> = (0..self.data.train.len() as u32).collect();
        Stream::new(self.settings.seed, Purpose::Shuffle, self.progress.epoch).shuffle(&mut order);
        let kernels = self.kernels;
        self.repack_all(Layout::Panels);
        let ended = match self.pipeline.take() {
            Some(mut pipeline) => {
                let ended = self.learn_in_pipeline(&mut pipeline, &order, watch);
                self.pipeline = Some(pipeline);
                ended
            }
            None => kernels.run(|| self.learn_all(kernels, &order, watch)),
        };
        self.repack_all(Layout::Rows);
        if let Ok(Ended::Epoch(_)) = ended {
            self.finish_epoch()?;
        }
        ended
    }

    fn repack_all(&mut self, into: Layout) {
        let (mut parameters, mut optimizer) =
            (std::mem::take(&mut self.model.parameters), std::mem::take(&mut self.optimizer));
        self.repack(into, &mut parameters, &mut optimizer);
        (self.model.parameters, self.optimizer) = (parameters, optimizer);
        self.packed = layout::has_panels(&self.layouts) && into == Layout::Panels;
    }

    fn repack(&self, into: Layout, parameters: &mut [f32], optimizer: &mut [f32]) {
        if !layout::has_panels(&self.layouts) {
            return;
        }
        let (front, learning) = self.model.layers.split_at(self.settings.front());
        let parameters = &mut parameters[plan::parameters(front)..];
        layout::repack(learning, &self.layouts, into, self.settings.optimizer.slots(), parameters, optimizer);
    }

    fn learn_all<K: Kernels>(
        &mut self,
        kernels: &K,
        order: &[u32],
        watch: &mut (dyn FnMut(&Self) -> ControlFlow<()> + Send),
    ) -> Result<Ended, Diverged> {
        let mut spent = Duration::ZERO;
        while self.progress.seen < order.len() {
            let unwatched = UNWATCHED.next_multiple_of(self.settings.batch).max(self.together * self.settings.batch);
            let last = order.len().min(self.progress.seen + unwatched);
            let started = Instant::now();
            while self.progress.seen < last {
                self.learn_next(kernels, order, last)?;
            }
            spent += started.elapsed();
            if watch(self).is_break() && self.progress.seen < order.len() {
                return Ok(Ended::Stopped);
            }
        }
        Ok(Ended::Epoch(spent))
    }

    /// Learning steps on the rows that come next in `order`, none from `last` on.
    fn learn_next<K: Kernels>(&mut self, kernels: &K, order: &[u32], last: usize) -> Result<(), Diverged> {
        let (seen, batch) = (self.progress.seen, self.settings.batch);
        let rows = seen..last.min(seen + self.together * batch);
        if let ([_], Some(row)) = (&order[rows.clone()], order.get(rows.end)) {
            self.inputs.announce(*row);
        }
        let (rows, mut outcomes) = (&order[rows], std::mem::take(&mut self.outcomes));
        self.learn(kernels, rows, &mut outcomes);
        let counted =
            outcomes.drain(..).zip(rows.chunks(batch)).try_for_each(|(seen, rows)| self.count(seen, rows.len()));
        self.outcomes = outcomes;
        counted
    }

    fn learn_in_pipeline(
        &mut self,
        pipeline: &mut Pipeline,
        order: &[u32],
        watch: &mut (dyn FnMut(&Self) -> ControlFlow<()> + Send),
    ) -> Result<Ended, Diverged> {
        let (mut spent, batch) = (Duration::ZERO, self.settings.batch);
        while self.progress.seen < order.len() {
            let last = order.len().min(self.progress.seen + pipeline.samples());
            let rows = &order[self.progress.seen..last];
            let started = Instant::now();
            let outcomes = self.learn_together(pipeline, rows);
            spent += started.elapsed();
            outcomes.into_iter().zip(rows.chunks(batch)).try_for_each(|(seen, rows)| self.count(seen, rows.len()))?;
            if watch(self).is_break() && self.progress.seen < order.len() {
                return Ok(Ended::Stopped);
            }
        }
        Ok(Ended::Epoch(spent))
    }

    /// Learning steps on the given training rows, batch by batch, the layers each at their own batch.
    fn learn_together(&mut self, pipeline: &mut Pipeline, rows: &[u32]) -> Vec<Outcome> {
        let (training, front, size) = (self.settings.training(), self.settings.front(), self.settings.batch);
        let targets = self.targets.gather(&self.data.train.targets, rows, self.model.about.outputs);
        self.settings.clocks(&self.progress, rows.len(), &mut self.clocks);
        let (batches, first) = (Batches { targets, size, clocks: &self.clocks }, self.progress.samples);
        let layers = self.model.layers.clone();
        let network = Spec { layers: &layers, loss: self.model.loss }.check();
        let network =
            network.and_then(|network| network.without_front(front)).expect("checked when the trainer was made");
        // the front end, if there is one, makes the inputs meanwhile
        let mut parameters = self.model.parameters.split_off(plan::parameters(&layers[..front]));
        let (inputs, model, kernels) = (&mut self.inputs, &self.model, self.kernels);
        let steps = Steps {
            network,
            training,
            parameters: &mut parameters,
            readouts: &mut self.readouts,
            optimizer: &mut self.optimizer,
            feedback: &self.feedback,
            batches,
        };
        let mut outcomes = Vec::with_capacity(self.clocks.len());
        let gather = |samples: Range<usize>, x: &mut [f32]| {
            let before = first + samples.start as u64;
            inputs.gather(kernels, model, &rows[samples], before, x);
        };
        pipeline.learn(steps, gather, |outcome| outcomes.push(outcome));
        self.model.parameters.append(parameters);
        outcomes
    }

    /// One learning step of an int8 network on a training row.
    fn learn_integers(&mut self, row: u32) -> Outcome {
        let front = self.settings.front();
        let Model { layers, loss, integer: Some(integer), .. } = &mut self.model else { return Outcome::default() };
        let network = Spec { layers, loss: *loss }
            .check()
            .and_then(|network| network.without_front(front))
            .and_then(|chain| Network::new(chain, integer::learning(&self.settings, integer.input_bits)))
            .expect("the network was checked when the trainer was made");
        let Targets::Labels(labels) = &self.data.train.targets else { return Outcome::default() };
        let label = labels[row as usize];
        let mut state = openloop_core::integer::State { step: self.progress.step, saturated: self.progress.saturated };
        let outcome = self.room.learn(&network, integer, &mut state, &self.x, label);
        self.progress.saturated = state.saturated;
        let loss = integer::loss(outcome.confidence.into()) as f32;
        Outcome { loss, wrong: usize::from(outcome.class != label) }
    }

    /// Learning steps on the given training rows, whose outcomes are added to `outcomes`.
    fn learn<K: Kernels>(&mut self, kernels: &K, rows: &[u32], outcomes: &mut Vec<Outcome>) {
        let (training, front, size) = (self.settings.training(), self.settings.front(), self.settings.batch);
        let x = &mut self.x[..rows.len() * self.inputs.width()];
        self.inputs.gather(self.kernels, &self.model, rows, self.progress.samples, x);
        if self.model.integer.is_some() {
            return outcomes.push(self.learn_integers(rows[0]));
        }
        self.settings.clocks(&self.progress, rows.len(), &mut self.clocks);
        let targets = self.targets.gather(&self.data.train.targets, rows, self.model.about.outputs);
        let batches = Batches { targets, size, clocks: &self.clocks };
        let Model { layers, loss, parameters, .. } = &mut self.model;
        let memory = Memory {
            parameters: &mut parameters[plan::parameters(&layers[..front])..],
            layouts: if self.packed { &self.layouts } else { &[] },
            readouts: &mut self.readouts,
            optimizer: &mut self.optimizer,
            feedback: Feedback::Stored(&self.feedback),
            scratch: &mut self.scratch,
        };
        let saw = &mut |outcome| outcomes.push(outcome);
        Spec { layers, loss: *loss }
            .check()
            .and_then(|network| network.without_front(front))
            .and_then(|network| openloop_core::learn_batches(kernels, &network, &training, memory, &batches, x, saw))
            .expect("the trainer sized its memory by the plan and its data was checked when it was loaded");
    }

    /// The number of training rows.
    pub fn training_rows(&self) -> usize {
        self.data.train.len()
    }

    /// Shows to `see(k, signal)` what `rule` (the run's own, or one without feedback matrices) would teach each hidden layer
    /// by some training rows, without dropout; last layer first. Changes nothing.
    pub fn signals(&mut self, rule: Rule, rows: &[u32], see: &mut dyn FnMut(usize, &[f32])) {
        let front = self.settings.front();
        let mut x = vec![0.0; rows.len() * self.inputs.width()];
        self.inputs.gather_plain(self.kernels, &self.model, Rows::Train, rows, &mut x);
        let targets = self.targets.gather(&self.data.train.targets, rows, self.model.about.outputs);
        let training = Training { rule, optimizer: Optimizer::Sgd, ..self.settings.training() };
        let layers: Vec<Layer> =
            self.model.layers.iter().copied().filter(|layer| !matches!(layer, Layer::Dropout(_))).collect();
        let own = rule == self.settings.rule;
        let network = Spec { layers: &layers, loss: self.model.loss }.check();
        let shown = network.and_then(|network| network.without_front(front)).and_then(|network| {
            let mut scratch = vec![0.0; Plan::watching(&network, &training, rows.len()).scratch()];
            let memory = Memory {
                parameters: &mut self.model.parameters[plan::parameters(&layers[..front])..],
                layouts: &[],
                readouts: if own { &mut self.readouts } else { &mut [] },
                optimizer: &mut [],
                feedback: Feedback::Stored(if own { &self.feedback } else { &[] }),
                scratch: &mut scratch,
            };
            openloop_core::signals(self.kernels, &network, &training, memory, &x, &targets, see)
        });
        shown.expect("the network was checked when the trainer was made, and the memory is sized by the plan");
    }

    fn clock(&self) -> Clock {
        self.settings.clock(self.progress.step, self.progress.samples)
    }

    /// The output layer's learning rate at this moment.
    pub fn rate(&self) -> f32 {
        self.clock().output_rate
    }

    fn count(&mut self, outcome: Outcome, samples: usize) -> Result<(), Diverged> {
        let progress = &mut self.progress;
        progress.seen += samples;
        progress.step += 1;
        progress.samples += samples as u64;
        progress.running.samples += samples;
        progress.running.loss += outcome.loss as f64;
        progress.running.wrong += outcome.wrong;
        self.finite("the training loss", outcome.loss)
    }

    fn finish_epoch(&mut self) -> Result<(), Diverged> {
        self.check_finite()?;
        let test = self.evaluate(Rows::Test);
        self.finite("the test loss", test.loss as f32)?;
        let progress = &mut self.progress;
        progress.history.push(Epoch { train: std::mem::take(&mut progress.running), test });
        progress.epoch += 1;
        progress.seen = 0;
        Ok(())
    }

    /// Looks for anything that a saved run could not go on from.
    ///
    /// # Errors
    /// [`Diverged`], naming what is not a finite number.
    pub fn check_finite(&self) -> Result<(), Diverged> {
        let strange = |values: &[f32]| values.iter().find(|v| !v.is_finite()).copied().unwrap_or(0.0);
        self.finite("a weight", strange(&self.model.parameters))?;
        self.finite("a weight of a readout", strange(&self.readouts))?;
        self.finite("a value of the optimizer's state", strange(&self.optimizer))
    }

    fn finite(&self, quantity: &'static str, value: f32) -> Result<(), Diverged> {
        let Progress { epoch, step, .. } = self.progress;
        if value.is_finite() { Ok(()) } else { Err(Diverged { epoch: epoch + 1, step, quantity, value }) }
    }
}

/// Samples for which there is room to be learned from layer by layer: what is kept of them takes as much memory as the network at
/// most, whose plan for one of them is given. `share` is how much of the first layer's `inputs` is not 0, and so listed.
fn samples_ahead(plan: &Plan, inputs: usize, share: f64) -> usize {
    let listed_twice = (4.0 * share * inputs as f64) as usize;
    let each = plan.activations + plan.coefficients + inputs + listed_twice;
    let network = plan.parameters + plan.optimizer + plan.feedback;
    AHEAD.min(network.max(LITTLE_ROOM) / each)
}

/// Centres the filters of an int8 model and draws its dense layers.
fn draw_integers(model: &mut Model, settings: &Settings, data: &DataSet, kernels: &Fast) -> Result<(), ConfigError> {
    let front = settings.front();
    center::filters(model, front, data, kernels);
    let x = Inputs::unkept(data, model, front).first(kernels, model, LOOKED_AT);
    let chain = check(model, settings)?;
    let integer = integer::Integer::new(chain, settings, integer::input_bits(&x)?);
    model.integer = Some(integer.map_err(|error| network_error(settings, &model.about, error))?);
    model.parameters.truncate(plan::parameters(&model.layers[..front]));
    Ok(())
}

/// Sets the weights of every dense layer to 0 and leaves the biases as they were drawn.
fn zero_dense_weights(layers: &[Layer], parameters: &mut [f32]) {
    let mut rest = parameters;
    for layer in layers {
        let (own, others) = std::mem::take(&mut rest).split_at_mut(layer.parameters());
        if let Layer::Dense(dense) = layer {
            own[..dense.weights()].fill(0.0);
        }
        rest = others;
    }
}

/// Refuses a network that the system has no room for, before anything is allocated that would end the process.
fn check_memory(layers: &[Layer], settings: &Settings, data: &DataSet) -> Result<(), ConfigError> {
    let spec = Spec { layers, loss: settings.loss };
    let network = spec.check().map_err(|error| network_error(settings, &About::of(data), error))?;
    let batch = settings.batch.min(data.train.len());
    let plan = Plan::learning(&network, &settings.training(), batch);
    let evaluation = Plan::inference(&network, EVALUATION_BATCH.min(data.test.len().max(data.train.len())));
    let bytes = plan.persistent_bytes() + plan.transient_bytes() + evaluation * size_of::<f32>();
    match Vec::<u8>::new().try_reserve_exact(bytes) {
        Ok(()) => Ok(()),
        Err(_) => Err(ConfigError::Memory { net: settings.net.to_string(), bytes: bytes as f64 }),
    }
}

/// The part of the network that learns.
fn check<'m>(model: &'m Model, settings: &Settings) -> Result<openloop_core::Checked<'m>, ConfigError> {
    let spec = Spec { layers: &model.layers, loss: model.loss };
    let learning = spec.check().and_then(|network| network.without_front(settings.front()));
    learning.map_err(|error| network_error(settings, &model.about, error))
}

fn network_error(settings: &Settings, about: &About, error: openloop_core::Error) -> ConfigError {
    ConfigError::Network { net: settings.net.to_string(), data: about.data.clone(), error }
}

impl Settings {
    /// The clock of the step after `steps` steps and `samples` samples.
    pub(crate) fn clock(&self, steps: u64, samples: u64) -> Clock {
        let decay = 1.0 + self.decay * (samples as f32 / DECAY_SAMPLES);
        let (hidden_rate, output_rate) = (self.hidden_rate / decay, self.rate / decay);
        Clock { step: steps + 1, samples, hidden_rate, output_rate }
    }

    /// The clocks of the batches that the next `samples` samples make.
    fn clocks(&self, progress: &Progress, samples: usize, clocks: &mut Vec<Clock>) {
        clocks.clear();
        for (b, first) in (0..samples).step_by(self.batch).enumerate() {
            clocks.push(self.clock(progress.step + b as u64, progress.samples + first as u64));
        }
    }
}

/// Room for a batch's targets.
#[derive(Debug, Default)]
struct BatchTargets {
    labels: Vec<u32>,
    values: Vec<f32>,
}

impl BatchTargets {
    fn gather(&mut self, targets: &Targets, rows: &[u32], outputs: usize) -> openloop_core::Targets<'_> {
        match targets {
            Targets::Labels(labels) => {
                self.labels.clear();
                self.labels.extend(rows.iter().map(|&row| labels[row as usize]));
                openloop_core::Targets::Labels(&self.labels)
            }
            Targets::Values(values) => {
                self.values.clear();
                for &row in rows {
                    self.values.extend_from_slice(&values[row as usize * outputs..][..outputs]);
                }
                openloop_core::Targets::Values(&self.values)
            }
        }
    }
}
