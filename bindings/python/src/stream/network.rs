//! A network that learns row by row and grows: an input where a feature appears, an output where a class does.
//!
//! A new input's weights are 0, so that it changes no answer before it has taught something; the first features' weights, and those of
//! new outputs, are drawn. All others stay. Inputs grow by a quarter at least, so that many features cost few copies; those that
//! wait for a feature are 0.

use super::moments::Moments;
use crate::errors::value_error;
use openloop::core::{Dense, Layer, Targets};
use openloop::data::{DataSet, Features, Split, TargetUnits, Targets as DataTargets};
use openloop::kernels::Fast;
use openloop::kernels::aligned::Aligned;
use openloop::learner::{Counters, Learner, Network, NetworkWeights, Snapshot, Workload};
use openloop::settings::{Options, Settings};
use openloop::stream::{DriftDetector, DriftSignal};
use pyo3::PyResult;
use pyo3::exceptions::{PyFloatingPointError, PyRuntimeError};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A network has no fewer outputs for classes.
const LEAST_CLASSES: usize = 2;
/// An answer that is further off than so many deviations of the targets counts as wrong.
const FAR_OFF: f32 = 0.5;

/// What is taught by a row.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// The number of a class.
    Class(usize),
    /// A real value.
    Value(f64),
}

impl Target {
    /// Classes that there are at least.
    pub fn classes(self) -> usize {
        match self {
            Target::Class(class) => class + 1,
            Target::Value(_) => 0,
        }
    }
}

/// What it counts and follows, beside the weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Followed {
    /// Of the features.
    pub moments: Vec<Moments>,
    /// Whether a feature is a text that is there or not, which is 1 or 0 and not standardised.
    pub texts: Vec<bool>,
    /// Of the targets.
    pub target: Moments,
    detector: DriftDetector,
    /// The detector's result for the last row.
    pub signal: DriftSignal,
    /// How often it signalled a drift.
    pub drifts: u64,
}

/// A network that grows.
pub struct GrowingNetwork {
    options: Options,
    standardises: bool,
    has_classes: bool,
    kernels: Fast,
    learner: Option<Learner>,
    classes: usize,
    /// What it counts and follows.
    pub followed: Followed,
    row: Vec<f32>,
    answer: Vec<f32>,
}

/// The state of a network as it is kept.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    followed: Followed,
    classes: usize,
    sizes: Option<(usize, usize)>,
    steps: u64,
    samples: u64,
    weights: Vec<f32>,
    readouts: Vec<f32>,
}

impl GrowingNetwork {
    /// A network that has seen nothing; it learns as the options say.
    pub fn new(options: Options, standardises: bool, has_classes: bool) -> PyResult<Self> {
        let kernels = Fast::new(1).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let network = GrowingNetwork {
            options,
            standardises,
            has_classes,
            kernels,
            learner: None,
            classes: 0,
            followed: Followed::default(),
            row: Vec::new(),
            answer: Vec::new(),
        };
        // what cannot run is refused before the first row
        network.settings(1, network.outputs())?;
        Ok(network)
    }

    /// Makes room for so many features and classes, which are no fewer than before.
    pub fn grow(&mut self, features: usize, classes: usize) -> PyResult<()> {
        let had = self.followed.moments.len();
        self.followed.moments.resize(features.max(had), Moments::default());
        self.classes = classes.max(self.classes);
        let Some(learner) = &self.learner else { return self.start() };
        let (inputs, outputs) = (learner.network().inputs(), learner.network().outputs());
        if self.followed.moments.len() <= inputs && self.outputs() <= outputs {
            return Ok(());
        }
        let grown = if self.followed.moments.len() > inputs { inputs + inputs / 4 } else { inputs };
        let grown = self.resized(learner, self.followed.moments.len().max(grown), self.outputs())?;
        self.install(grown);
        Ok(())
    }

    /// Learns from a row, of which NaN is a missing value.
    pub fn learn(&mut self, raw: &[f64], target: Target) -> PyResult<()> {
        let Followed { moments, texts, .. } = &mut self.followed;
        let numbers = moments.iter_mut().zip(texts).zip(raw).filter(|((_, is_text), x)| !**is_text && x.is_finite());
        numbers.for_each(|((moments, _), x)| moments.follow(*x));
        self.fill_row(raw);
        let (label, value);
        let targets = match target {
            Target::Class(class) => {
                label = [class as u32];
                Targets::Labels(&label)
            }
            Target::Value(t) => {
                self.followed.target.follow(t);
                value = [self.followed.target.standardised(t)];
                Targets::Values(&value)
            }
        };
        let (mut loss, mut wrong) = (0.0, false);
        let Some(learner) = &mut self.learner else { return Ok(()) };
        learner
            .learn(&self.kernels, &self.row, &targets, &mut |seen| (loss, wrong) = (seen.loss, seen.wrong > 0))
            .map_err(value_error)?;
        if !loss.is_finite() {
            let words = format!("learning diverged: the loss of a row is {loss}; a smaller learning rate may help");
            return Err(PyFloatingPointError::new_err(words));
        }
        self.followed.judge(if self.has_classes { wrong } else { loss.sqrt() > FAR_OFF });
        Ok(())
    }

    /// What it answers to a row: the probabilities of the classes seen, or a value in the unit of the targets; none before it has
    /// learned.
    pub fn answer(&mut self, raw: &[f64]) -> PyResult<Vec<f64>> {
        self.fill_row(raw);
        let Some(learner) = &mut self.learner else { return Ok(Vec::new()) };
        learner.infer(&self.kernels, &self.row, &mut self.answer).map_err(value_error)?;
        if !self.has_classes {
            let target = &self.followed.target;
            return Ok(vec![target.mean + f64::from(self.answer[0]) * target.deviation()]);
        }
        // an output that waits for its class has no part
        let known = &self.answer[..self.classes];
        let sum: f64 = known.iter().map(|p| f64::from(*p)).sum();
        let whole = if sum > 0.0 { sum } else { 1.0 };
        Ok(known.iter().map(|p| f64::from(*p) / whole).collect())
    }

    /// Its state.
    pub fn kept(&self) -> Kept {
        let learner = self.learner.as_ref();
        let counters = learner.map(Learner::counters).unwrap_or_default();
        let snapshot = learner.map(Learner::snapshot);
        Kept {
            followed: self.followed.clone(),
            classes: self.classes,
            sizes: learner.map(|learner| (learner.network().inputs(), learner.network().outputs())),
            steps: counters.steps,
            samples: counters.samples,
            weights: snapshot.as_ref().map(|snapshot| snapshot.weights.floats().to_vec()).unwrap_or_default(),
            readouts: snapshot.map(|snapshot| snapshot.readouts.to_vec()).unwrap_or_default(),
        }
    }

    /// Takes on a state.
    pub fn restore(&mut self, kept: Kept) -> PyResult<()> {
        if let Some((inputs, outputs)) = kept.sizes {
            let settings = self.settings(inputs, outputs)?;
            let network = self.network(&settings, inputs, outputs)?;
            let weights = NetworkWeights::new(&network, Aligned::from(kept.weights), None).map_err(value_error)?;
            let counters = Counters { steps: kept.steps, samples: kept.samples, saturated: 0 };
            let learner = self.learner_of(settings, network, weights, kept.readouts, counters)?;
            self.install(learner);
        }
        (self.followed, self.classes) = (kept.followed, kept.classes);
        Ok(())
    }

    /// The learner with as many inputs and outputs as there are features and classes, and its settings; none before the first row.
    pub fn trimmed(&self) -> PyResult<Option<Learner>> {
        let trim = |learner| self.resized(learner, self.followed.moments.len(), self.outputs());
        self.learner.as_ref().map(trim).transpose()
    }

    /// Classes seen.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Whether features are standardised.
    pub fn standardises(&self) -> bool {
        self.standardises
    }

    fn outputs(&self) -> usize {
        if self.has_classes { self.classes.max(LEAST_CLASSES) } else { 1 }
    }

    fn fill_row(&mut self, raw: &[f64]) {
        self.row.fill(0.0);
        for ((place, moments), x) in self.row.iter_mut().zip(&self.followed.moments).zip(raw) {
            if x.is_finite() {
                *place = if self.standardises { moments.standardised(*x) } else { *x as f32 };
            }
        }
    }

    fn start(&mut self) -> PyResult<()> {
        let (inputs, outputs) = (self.followed.moments.len(), self.outputs());
        if inputs == 0 {
            return Ok(());
        }
        let settings = self.settings(inputs, outputs)?;
        let network = self.network(&settings, inputs, outputs)?;
        let weights = NetworkWeights::draw(&network, &settings).map_err(value_error)?;
        let learner = Learner::new(network, settings, Workload::STREAM, weights).map_err(value_error)?;
        self.install(learner);
        Ok(())
    }

    fn install(&mut self, learner: Learner) {
        self.row = vec![0.0; learner.network().inputs()];
        self.answer = vec![0.0; learner.network().outputs()];
        self.learner = Some(learner);
    }

    /// The same learner with other numbers of inputs and outputs.
    fn resized(&self, learner: &Learner, inputs: usize, outputs: usize) -> PyResult<Learner> {
        let settings = self.settings(inputs, outputs)?;
        let network = self.network(&settings, inputs, outputs)?;
        let drawn = NetworkWeights::draw(&network, &settings).map_err(value_error)?;
        let (mut floats, old) = (drawn.floats().to_vec(), learner.snapshot());
        let pairs = old.network.layers().iter().copied().zip(network.layers().iter().copied());
        copy_layers(pairs.filter_map(dense_pair), old.weights.floats(), &mut floats);
        let mut readouts = NetworkWeights::draw_readouts(&network, &settings).map_err(value_error)?.to_vec();
        let own = |network: &Network| -> Vec<Dense> {
            (0..network.layers().len()).filter_map(|k| network.whole().readout(settings.rule, k)).collect()
        };
        copy_layers(own(&old.network).into_iter().zip(own(&network)), &old.readouts, &mut readouts);
        let weights = NetworkWeights::new(&network, Aligned::from(floats), None).map_err(value_error)?;
        self.learner_of(settings, network, weights, readouts, old.counters)
    }

    fn learner_of(
        &self,
        settings: Settings,
        network: Network,
        weights: NetworkWeights,
        readouts: Vec<f32>,
        counters: Counters,
    ) -> PyResult<Learner> {
        let snapshot = Snapshot {
            network: Cow::Owned(network),
            weights: Cow::Owned(weights),
            readouts: Cow::Owned(readouts),
            optimizer: Cow::Owned(Vec::new()),
            counters,
        };
        Learner::resume(settings, Workload::STREAM, snapshot).map_err(value_error)
    }

    fn settings(&self, inputs: usize, outputs: usize) -> PyResult<Settings> {
        self.options.complete(&self.described(inputs, outputs)?).map_err(value_error)
    }

    fn network(&self, settings: &Settings, inputs: usize, outputs: usize) -> PyResult<Network> {
        let layers = settings.layers(&self.described(inputs, outputs)?).map_err(value_error)?;
        Network::new(layers, settings.loss, 0).map_err(value_error)
    }

    /// A data set of one row that has so many features and outputs: what settings are completed for.
    fn described(&self, inputs: usize, outputs: usize) -> PyResult<DataSet> {
        let classes = (0..outputs).filter(|_| self.has_classes).map(|class| class.to_string()).collect();
        let (targets, units) = match self.has_classes {
            true => (DataTargets::Labels(vec![0]), None),
            false => (DataTargets::Values(vec![0.0]), Some(TargetUnits::of(&[0.0], vec!["target".into()]))),
        };
        let train = Split::new(Features::Floats(vec![0.0; inputs]), targets, inputs, outputs);
        let train = train.ok_or_else(|| value_error("a row without features"))?;
        let test = train.empty();
        DataSet::of_splits("a stream", train, test, classes, None, units).map_err(value_error)
    }
}

impl Followed {
    /// Tells the detector whether a row was answered wrongly.
    fn judge(&mut self, wrong: bool) {
        self.signal = self.detector.update(f64::from(u8::from(wrong)));
        self.drifts += u64::from(self.signal == DriftSignal::Drift);
    }
}

fn dense_pair((old, new): (Layer, Layer)) -> Option<(Dense, Dense)> {
    match (old, new) {
        (Layer::Dense(old), Layer::Dense(new)) => Some((old, new)),
        _ => None,
    }
}

/// Copies weights, layer by layer, to layers of other sizes: what both have. Inputs that the old ones lack get 0.
fn copy_layers(pairs: impl Iterator<Item = (Dense, Dense)>, old: &[f32], new: &mut [f32]) {
    let (mut old, mut new) = (old, new);
    for (from, to) in pairs {
        let (source, old_rest) = old.split_at(from.parameters());
        let (place, new_rest) = std::mem::take(&mut new).split_at_mut(to.parameters());
        let ((weights, bias), (new_weights, new_bias)) =
            (source.split_at(from.weights()), place.split_at_mut(to.weights()));
        let both = from.inputs.min(to.inputs);
        for (row, new_row) in weights.chunks_exact(from.inputs).zip(new_weights.chunks_exact_mut(to.inputs)) {
            new_row[..both].copy_from_slice(&row[..both]);
            new_row[both..].fill(0.0);
        }
        bias.iter().zip(new_bias).for_each(|(bias, new)| *new = *bias);
        (old, new) = (old_rest, new_rest);
    }
}
