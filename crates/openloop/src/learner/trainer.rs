//! The training loop: batches in a seeded order, one learning step each, an evaluation after every epoch.
//!
//! A run's whole state is its learner's and a few counters ([`TrainingProgress`]): everything random is a function of the seed and the
//! counters, so a run that stops at any batch can continue from there with the same bits.

mod rows;

use super::best::BestWeights;
use super::counters::Counters;
use super::evaluation::{EvaluatedLayers, Evaluation, evaluate};
use super::fold::answer_alike;
use super::inputs::{FrontEnd, Inputs, RowSet, split};
use super::layout;
use super::learner::{Learner, NotFinite, Workload};
use super::model::{DataDescription, Model};
use super::network::Network;
use super::progress::{Diverged, Epoch, EpochEnd, TrainingProgress};
use super::quality::RegressionQuality;
use super::snapshot::Snapshot;
use super::start::{self, check_data, check_memory, network_error};
use super::targets::BatchTargets;
use super::weights::NetworkWeights;
use crate::data::{DataSet, Preprocessing};
use crate::kernels::Fast;
use crate::kernels::aligned::Aligned;
use crate::settings::net::Net;
use crate::settings::{ConfigError, Settings};
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Outcome, Plan, Rule};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Training rows from which the share of non-zero inputs is estimated.
const ROWS_FOR_SHARE: usize = 64;
/// Minimum number of samples between two callbacks.
const MIN_SAMPLES_BETWEEN_CALLBACKS: usize = 64;

/// Why learning and evaluating cannot fail once a trainer is made.
const CHECKED: &str = "network, weights and data were checked against each other when the trainer was made";

/// What a run goes on from: a learner's state, how it sees features, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState {
    /// The learner's state.
    pub snapshot: Snapshot<'static>,
    /// How raw features become inputs.
    pub preprocessing: Preprocessing,
    /// Where the run stands.
    pub progress: TrainingProgress,
    /// The weights after the best epoch, where there are validation rows.
    pub best: Option<BestWeights>,
}

/// What a training loop calls between learning steps; it says whether to go on.
pub type Callback<'c> = dyn FnMut(&Trainer) -> ControlFlow<()> + Send + 'c;

/// A network that is being trained on a data set.
#[derive(Debug)]
pub struct Trainer {
    learner: Learner,
    preprocessing: Preprocessing,
    about: DataDescription,
    progress: TrainingProgress,
    best: Option<BestWeights>,
    data: Arc<DataSet>,
    kernels: Arc<Fast>,
    inputs: Inputs,
    x: Aligned,
    targets: BatchTargets,
    outcomes: Vec<Outcome>,
}

impl Trainer {
    /// A fresh network.
    ///
    /// # Errors
    /// A network that does not fit the data.
    pub fn new(settings: Settings, data: Arc<DataSet>, kernels: Arc<Fast>) -> Result<Self, ConfigError> {
        let network = start::network(&settings, &data)?;
        check_memory(&network, &settings, &data)?;
        let weights = start::weights(&network, &settings, &data, &kernels)?;
        let preprocessing = data.preprocessing.clone();
        let setup = TrainerParts { settings, data, kernels, preprocessing };
        setup.trainer(network, weights, |network, settings, workload, weights| {
            Ok((Learner::new(network, settings, workload, weights)?, TrainingProgress::default()))
        })
    }

    /// A fresh run that starts from the weights (and the standardisation, and the number of samples seen) of another.
    ///
    /// # Errors
    /// Weights of another network than the settings ask for.
    pub fn from(
        settings: Settings,
        data: Arc<DataSet>,
        kernels: Arc<Fast>,
        start: TrainingState,
    ) -> Result<Self, ConfigError> {
        let TrainingState { snapshot, preprocessing, .. } = start;
        let preprocessing = preprocessing.relative_to(&data.preprocessing.origin);
        let Snapshot { network, weights, readouts, counters, .. } = snapshot;
        let asked = start::network(&settings, &data)?;
        let int8 = settings.arithmetic == crate::settings::Arithmetic::Int8;
        let other = || {
            let (start, asked) = (Net::of(network.layers()).to_string(), settings.net.to_string());
            ConfigError::OtherStart { start, asked }
        };
        let own_readouts = Plan::learning(&asked.learning(), &settings.training(), 1).readouts;
        let same = answer_alike(asked.layers(), network.layers()) && asked.loss() == network.loss();
        if !same || int8 != weights.int8().is_some() || (!int8 && own_readouts != readouts.len()) {
            return Err(other());
        }
        let network_error_of = |error| network_error(&settings, &DataDescription::of(&data), error);
        let weights = weights.into_owned().of_network(&asked).map_err(network_error_of)?;
        check_memory(&asked, &settings, &data)?;
        // a fresh optimizer counts its steps anew; the decay of the rates goes on, and so does int8's rounding
        let steps = if int8 { counters.steps } else { 0 };
        let counters = Counters { steps, saturated: 0, ..counters };
        let setup = TrainerParts { settings, data, kernels, preprocessing };
        setup.trainer(asked, weights, |network, settings, workload, weights| {
            let mut learner = Learner::new(network, settings, workload, weights)?;
            let fresh = learner.snapshot().into_owned();
            learner.restore(Snapshot { readouts, counters, ..fresh })?;
            Ok((learner, TrainingProgress::default()))
        })
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// A network that does not fit the settings.
    pub fn resume(
        settings: Settings,
        data: Arc<DataSet>,
        kernels: Arc<Fast>,
        state: TrainingState,
    ) -> Result<Self, ConfigError> {
        let TrainingState { snapshot, preprocessing, progress, best } = state;
        let preprocessing = preprocessing.relative_to(&data.preprocessing.origin);
        check_memory(&snapshot.network, &settings, &data)?;
        let Snapshot { network, weights, readouts, optimizer, counters } = snapshot;
        let setup = TrainerParts { settings, data, kernels, preprocessing };
        setup
            .trainer(network.into_owned(), weights.into_owned(), |network, settings, workload, weights| {
                let (network, weights) = (std::borrow::Cow::Owned(network), std::borrow::Cow::Owned(weights));
                let snapshot = Snapshot { network, weights, readouts, optimizer, counters };
                Ok((Learner::resume(settings, workload, snapshot)?, progress))
            })
            .map(|trainer| Trainer { best, ..trainer })
    }

    /// The learner.
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    /// How raw features become inputs.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// The data it trains on.
    pub fn about(&self) -> &DataDescription {
        &self.about
    }

    /// Where the run stands.
    pub fn progress(&self) -> &TrainingProgress {
        &self.progress
    }

    /// The weights after the best epoch so far, where there are validation rows.
    pub fn best(&self) -> Option<&BestWeights> {
        self.best.as_ref()
    }

    /// The settings of the run.
    pub fn settings(&self) -> &Settings {
        self.learner.settings()
    }

    /// The network as it is now, or as it was after the best epoch where there are validation rows, with what is needed to use it.
    pub fn model(&self) -> Model {
        let own = || self.learner.weights().into_owned();
        let weights = self.best.as_ref().map_or_else(own, |best| best.weights.clone());
        let network = self.learner.network().clone();
        Model::new(network, weights, self.preprocessing.clone(), self.about.clone()).expect(CHECKED)
    }

    /// The number of training rows.
    pub fn training_rows(&self) -> usize {
        self.data.train.len()
    }

    /// The memory that a run in f32 was planned for.
    pub fn plan(&self) -> Plan {
        self.learner.plan(self.settings().batch.min(self.data.train.len()))
    }

    /// The bytes the run was planned for: those that last from step to step, and those that a step needs beside them.
    pub fn planned_bytes(&self) -> (usize, usize) {
        self.learner.planned_bytes(self.settings().batch.min(self.data.train.len()))
    }

    /// Loss and errors of the network as it is now.
    pub fn evaluate(&mut self, of: RowSet) -> Evaluation {
        let split = split(&self.data, of);
        let (learner, inputs, kernels) = (&self.learner, &mut self.inputs, &self.kernels);
        let gather = |rows: &[u32], x: &mut [f32]| {
            inputs.gather_plain(kernels, of, rows, x);
            Ok(())
        };
        let weights = learner.weights();
        evaluate(kernels, (learner.network(), &weights), EvaluatedLayers::Learning, split, gather).expect(CHECKED)
    }

    /// Loss and errors on the training rows of the network after the best epoch.
    pub fn evaluate_best(&self) -> Evaluation {
        self.model().evaluate(&self.kernels, &self.data.train).expect(CHECKED)
    }

    /// The figures of a regression whose targets have units, on the test rows.
    pub fn test_values(&self) -> RegressionQuality {
        RegressionQuality::of_rows(&self.model(), &self.kernels, &self.data.test).expect(CHECKED)
    }

    /// Learns to the end of the epoch under way, then evaluates on the test rows.
    ///
    /// `callback` is called after every learning step, or every few where they are small, with the state whole; when it says
    /// break, the call returns early.
    ///
    /// # Errors
    /// [`Diverged`] as soon as a loss or a weight is not a finite number.
    pub fn train_epoch(&mut self, callback: &mut Callback<'_>) -> Result<EpochEnd, Diverged> {
        let mut order: Vec<u32> = (0..self.data.train.len() as u32).collect();
        Stream::new(self.settings().seed, Purpose::Shuffle, self.progress.epoch).shuffle(&mut order);
        let kernels = Arc::clone(&self.kernels);
        self.learner.pack();
        let ended = match self.learner.is_pipeline() {
            true => self.learn_all(&order, callback),
            false => kernels.run(|| self.learn_all(&order, callback)),
        };
        self.learner.unpack();
        if let Ok(EpochEnd::Epoch(_)) = ended {
            self.finish_epoch()?;
        }
        ended
    }

    /// Learning steps on all rows that are left, with the callback between them.
    fn learn_all(&mut self, order: &[u32], callback: &mut Callback<'_>) -> Result<EpochEnd, Diverged> {
        let (mut spent, batch) = (Duration::ZERO, self.settings().batch);
        let between = MIN_SAMPLES_BETWEEN_CALLBACKS.next_multiple_of(batch).max(self.learner.samples_per_call());
        while self.progress.seen < order.len() {
            let last = order.len().min(self.progress.seen.saturating_add(between));
            let started = Instant::now();
            while self.progress.seen < last {
                self.learn_next(order, last)?;
            }
            spent += started.elapsed();
            if callback(self).is_break() && self.progress.seen < order.len() {
                return Ok(EpochEnd::Stopped);
            }
        }
        Ok(EpochEnd::Epoch(spent))
    }

    /// Learning steps on the rows that come next in `order`, none from `last` on.
    fn learn_next(&mut self, order: &[u32], last: usize) -> Result<(), Diverged> {
        let (seen, batch) = (self.progress.seen, self.settings().batch);
        let rows = seen..last.min(seen + self.learner.samples_per_call());
        if let ([_], Some(row)) = (&order[rows.clone()], order.get(rows.end)) {
            self.inputs.prefetch(*row);
        }
        let (rows, mut outcomes) = (&order[rows], std::mem::take(&mut self.outcomes));
        let mut step = self.learner.counters().steps;
        match self.learner.is_pipeline() {
            true => self.learn_in_pipeline(rows, &mut outcomes),
            false => self.learn(rows, &mut outcomes),
        }
        let mut batches = outcomes.drain(..).zip(rows.chunks(batch));
        let counted = batches.try_for_each(|(outcome, rows)| {
            step += 1;
            self.record_outcome(outcome, rows.len(), step)
        });
        drop(batches);
        self.outcomes = outcomes;
        counted
    }

    /// Learning steps on some training rows, whose outcomes are added to `outcomes`.
    fn learn(&mut self, rows: &[u32], outcomes: &mut Vec<Outcome>) {
        let x = self.x.room_for(rows.len() * self.inputs.width());
        self.inputs.gather(&self.kernels, rows, self.learner.counters().samples, x);
        let targets = self.targets.gather(&self.data.train.targets, rows, self.about.outputs);
        let on_batch = &mut |outcome| outcomes.push(outcome);
        self.learner.learn(&self.kernels, x, &targets, on_batch).expect(CHECKED);
    }

    /// The same, each layer at its own batch.
    fn learn_in_pipeline(&mut self, rows: &[u32], outcomes: &mut Vec<Outcome>) {
        let Trainer { learner, data, kernels, inputs, targets, about, .. } = self;
        let targets = targets.gather(&data.train.targets, rows, about.outputs);
        let first = learner.counters().samples;
        let gather = |samples: Range<usize>, x: &mut [f32]| {
            let before = first + samples.start as u64;
            inputs.gather(kernels, &rows[samples], before, x);
        };
        learner.learn_in_pipeline(&targets, gather, |outcome| outcomes.push(outcome)).expect(CHECKED);
    }

    /// Shows to `on_signal(k, signal)` what `rule` (the run's own, or one without feedback matrices) would teach each hidden layer
    /// by some training rows, without dropout; last layer first. Changes nothing.
    pub fn signals(&mut self, rule: Rule, rows: &[u32], on_signal: &mut dyn FnMut(usize, &[f32])) {
        let mut x = vec![0.0; rows.len() * self.inputs.width()];
        self.inputs.gather_plain(&self.kernels, RowSet::Train, rows, &mut x);
        let targets = self.targets.gather(&self.data.train.targets, rows, self.about.outputs);
        self.learner.signals(&self.kernels, rule, &x, &targets, on_signal).expect(CHECKED);
    }

    fn record_outcome(&mut self, outcome: Outcome, samples: usize, step: u64) -> Result<(), Diverged> {
        let progress = &mut self.progress;
        progress.seen += samples;
        progress.running.samples += samples;
        progress.running.loss += outcome.loss as f64;
        progress.running.wrong += outcome.wrong;
        self.finite("the training loss", outcome.loss, step)
    }

    fn finish_epoch(&mut self) -> Result<(), Diverged> {
        self.check_finite()?;
        let test = self.evaluate(RowSet::Test);
        let steps = self.learner.counters().steps;
        self.finite("the test loss", test.loss as f32, steps)?;
        let validation = self.data.validation.is_some().then(|| self.evaluate(RowSet::Validation));
        self.finite("the validation loss", validation.map_or(0.0, |judged| judged.loss as f32), steps)?;
        let progress = &mut self.progress;
        progress.history.push(Epoch { train: std::mem::take(&mut progress.running), test, validation });
        progress.epoch += 1;
        progress.seen = 0;
        if progress.best_epoch() == Some(progress.epoch) {
            self.best = Some(BestWeights::of(&self.learner));
        }
        Ok(())
    }

    /// Checks that all weights and the optimizer state are finite numbers.
    ///
    /// # Errors
    /// [`Diverged`], naming what is not a finite number.
    pub fn check_finite(&self) -> Result<(), Diverged> {
        let step = self.learner.counters().steps;
        self.learner.check_finite().map_err(|NotFinite { quantity, value }| self.diverged(quantity, value, step))
    }

    fn finite(&self, quantity: &'static str, value: f32, step: u64) -> Result<(), Diverged> {
        if value.is_finite() { Ok(()) } else { Err(self.diverged(quantity, value, step)) }
    }

    fn diverged(&self, quantity: &'static str, value: f32, step: u64) -> Diverged {
        Diverged { epoch: self.progress.epoch + 1, step, quantity, value }
    }
}

/// What every trainer is made of.
struct TrainerParts {
    settings: Settings,
    data: Arc<DataSet>,
    kernels: Arc<Fast>,
    preprocessing: Preprocessing,
}

impl TrainerParts {
    /// The trainer whose learner `make` makes, for the work that these data are.
    fn trainer(
        self,
        network: Network,
        weights: NetworkWeights,
        make: impl FnOnce(
            Network,
            Settings,
            Workload,
            NetworkWeights,
        ) -> Result<(Learner, TrainingProgress), openloop_core::Error>,
    ) -> Result<Trainer, ConfigError> {
        let TrainerParts { settings, data, kernels, preprocessing } = self;
        check_data(&network, &settings, &data)?;
        let front = FrontEnd::of(&network, &weights, preprocessing.clone());
        let mirror = settings.flip.then_some(settings.seed);
        let mut inputs = Inputs::new(Arc::clone(&data), front, mirror, &kernels);
        let share_not_zero = layout::share_not_zero(&inputs.first_rows(&kernels, ROWS_FOR_SHARE));
        let workload = Workload { samples: data.train.len(), share_not_zero, threads: kernels.threads() };
        let about = DataDescription::of(&data);
        let (learner, progress) = make(network, settings.clone(), workload, weights)
            .map_err(|error| network_error(&settings, &about, error))?;
        let (x, targets, outcomes) = (Aligned::new(), BatchTargets::new(&settings, &data), Vec::new());
        Ok(Trainer { learner, preprocessing, about, progress, best: None, data, kernels, inputs, x, targets, outcomes })
    }
}
