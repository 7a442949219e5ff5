//! The learner of a stream: it answers and learns one row at a time.
//!
//! Rows have the network's width and targets are classes or values that it has: both are checked where a row comes in, so its calls
//! do not fail.
//!
//! No single value can throw a network of values off its course: one further than 8 deviations from the mean is taken no further than
//! that from the network's own answer.

use super::answer::{TargetKind, Truth};
use crate::kernels::Fast;
use crate::learner::{
    Int8Weights, Learner, Network, NetworkWeights, Snapshot, Workload, check_copies, input_bits as bits_for,
};
use crate::settings::{Arithmetic, ConfigError, Settings};
use openloop_core::standardise::BOUND;
use openloop_core::{Error, Layer, Shape, Targets};
use std::borrow::Cow;

/// Networks of one size in a stream: its own, and the baselines frozen, shallow and bp.
const COPIES: usize = 4;
/// Why a call cannot fail.
const CHECKED: &str = "rows have the network's width, and targets are its own";

/// What a stream's network takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowSizes {
    /// The shape of a row's features: a list, or of windows channels by moments.
    pub shape: Shape,
    /// Classes, or values.
    pub outputs: usize,
    /// Which of both; a row's own inputs are values.
    pub kind: TargetKind,
}

impl RowSizes {
    /// Of a network whose outputs are classes or values.
    pub fn of(network: &Network, kind: TargetKind) -> Self {
        let first = network.layers().first();
        let shape = first.map_or_else(|| Shape::flat(network.inputs()), Layer::input_shape);
        RowSizes { shape, outputs: network.outputs(), kind }
    }
}

/// A learner, and room for its answer.
#[derive(Debug)]
pub struct RowLearner {
    learner: Learner,
    answer: Vec<f32>,
    /// Room for the values that are learned.
    values: Vec<f32>,
}

impl RowLearner {
    /// A fresh network; in int8, a value of x is taken as round(x 2^`input_bits`).
    ///
    /// # Errors
    /// A network that does not fit, or that int8 does not have.
    pub fn new(settings: Settings, sizes: RowSizes, input_bits: Option<u8>) -> Result<Self, ConfigError> {
        let network = check_network(&settings, sizes)?;
        let make = |settings: Settings| {
            let weights = match input_bits {
                None => NetworkWeights::draw(&network, &settings)?,
                Some(bits) => {
                    let int8 = Int8Weights::draw(network.learning(), &settings, bits)?;
                    NetworkWeights::new(&network, Vec::new().into(), Some(int8))?
                }
            };
            Learner::new(network, settings, Workload::STREAM, weights)
        };
        let network_error = network_error(&settings);
        Ok(Self::of(make(settings).map_err(network_error)?))
    }

    /// A network that learned already.
    ///
    /// # Errors
    /// A state that does not fit the settings.
    pub fn resume(settings: Settings, snapshot: Snapshot<'_>, kind: TargetKind) -> Result<Self, ConfigError> {
        let sizes = RowSizes::of(&snapshot.network, kind);
        // a training run's dropout is left out
        let network = check_network(&settings, sizes)?;
        let network_error = network_error(&settings);
        let weights = snapshot.weights.into_owned().of_network(&network).map_err(&network_error)?;
        let (network, weights) = (Cow::Owned(network), Cow::Owned(weights));
        let snapshot = Snapshot { network, weights, ..snapshot };
        Ok(Self::of(Learner::resume(settings, Workload::STREAM, snapshot).map_err(network_error)?))
    }

    fn of(mut learner: Learner) -> Self {
        learner.pack();
        RowLearner { answer: vec![0.0; learner.network().outputs()], values: Vec::new(), learner }
    }

    /// The learner.
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    /// Features of a row.
    pub fn features(&self) -> usize {
        self.learner.network().inputs()
    }

    /// Takes on the state of a learner of the same network, rule and arithmetic.
    pub fn restore(&mut self, snapshot: Snapshot<'_>) {
        self.learner.restore(snapshot).expect("a state of the same network, rule and arithmetic");
    }

    /// The answer to a row: a probability for each class, or the values in deviations.
    pub fn infer(&mut self, kernels: &Fast, x: &[f32]) -> &[f32] {
        self.learner.infer(kernels, x, &mut self.answer).expect(CHECKED);
        &self.answer
    }

    /// Learns from a row, if its target is known.
    pub fn learn(&mut self, kernels: &Fast, x: &[f32], truth: &Truth) {
        self.take_values(kernels, x, truth);
        let RowLearner { learner, values, .. } = self;
        if let Some(targets) = targets(truth, values) {
            learner.learn(kernels, x, &targets, &mut |_| ()).expect(CHECKED);
        }
    }

    /// Learns from a row, if its target is known, and gives the answer from before.
    pub fn answer_and_learn(&mut self, kernels: &Fast, x: &[f32], truth: &Truth) -> &[f32] {
        self.take_values(kernels, x, truth);
        let RowLearner { learner, values, answer } = self;
        match targets(truth, values) {
            Some(targets) => learner.answer_and_learn(kernels, x, &targets, answer).expect(CHECKED),
            None => learner.infer(kernels, x, answer).expect(CHECKED),
        }
        &self.answer
    }

    /// Takes values that are to be learned: those far out no further from the network's answer than the bound.
    fn take_values(&mut self, kernels: &Fast, x: &[f32], truth: &Truth) {
        let Truth::Values(values) = truth else { return };
        self.values.clear();
        self.values.extend(values.iter().map(|value| *value as f32));
        if self.values.iter().all(|value| value.abs() <= BOUND) {
            return;
        }
        self.learner.infer(kernels, x, &mut self.answer).expect(CHECKED);
        let near = |(value, y): (&mut f32, &f32)| *value = value.max(y - BOUND).min(y + BOUND);
        self.values.iter_mut().zip(&self.answer).for_each(near);
    }
}

/// What is learned from a row; `values` are those of its truth, if it has some.
fn targets<'a>(truth: &'a Truth, values: &'a [f32]) -> Option<Targets<'a>> {
    match truth {
        Truth::Unknown => None,
        Truth::Class(label) => Some(Targets::Labels(std::slice::from_ref(label))),
        Truth::Values(_) => Some(Targets::Values(values)),
    }
}

/// The scale of a network's inputs, from those of the warm-up `x`: fraction bits in int8, none in f32.
///
/// # Errors
/// Inputs that int8 has no room for.
pub(super) fn input_bits(settings: &Settings, x: &[f32]) -> Result<Option<u8>, ConfigError> {
    match settings.arithmetic {
        Arithmetic::F32 => Ok(None),
        Arithmetic::Int8 => bits_for(x).map(Some),
    }
}

/// The network that learns from rows.
///
/// # Errors
/// A network that does not fit, or that int8 does not have.
pub(super) fn check_network(settings: &Settings, sizes: RowSizes) -> Result<Network, ConfigError> {
    let is_measured = sizes.kind != TargetKind::Classes;
    let layers = settings.layers_for(sizes.shape, sizes.outputs, is_measured)?;
    let network = Network::new(layers, settings.loss, 0).map_err(network_error(settings))?;
    check_copies(&network, settings, COPIES)?;
    if settings.arithmetic == Arithmetic::Int8 {
        crate::settings::int8::check(settings, &network.whole(), is_measured)?;
    }
    Ok(network)
}

/// The network does not fit the stream.
pub(super) fn network_error(settings: &Settings) -> impl Fn(Error) -> ConfigError + use<> {
    let net = settings.net.to_string();
    move |error| ConfigError::Network { net: net.clone(), data: "the stream".into(), error }
}
