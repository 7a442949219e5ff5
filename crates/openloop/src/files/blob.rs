//! The device's blob on the PC: a checkpoint becomes one, and one, learned further on a device, becomes a checkpoint.
//!
//! A blob holds the network, its standardisation, rule, seed and rates. It knows neither optimizer state (a device learns by
//! plain gradient steps) nor the names of data, columns and classes: classes are called by their numbers.

use super::checkpoint::Checkpoint;
use super::device_rates;
use super::output::OutputError;
use crate::data::{Preprocessing, SplitKind};
use crate::kernels::aligned::Aligned;
use crate::learner::{
    Counters, DataDescription, Int8Weights, Network, NetworkWeights, Snapshot, TrainingProgress, folded, whole_readouts,
};
use crate::settings::clock::{DECAY_SAMPLES, half_after};
use crate::settings::net::Net;
use crate::settings::{ConfigError, Init, ReadoutMaps, SavedSettings};
use openloop_core::store::{self, Arithmetic, Contents, Head, Section, SectionMut, Standardisation};
use openloop_core::{Activation, Layer, OptimizerKind};
use std::borrow::Cow;

/// Why a network was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A name that is not on the list, or a rate out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The network cannot be written down as a blob.
    #[error("this network fits no device blob: {0}")]
    Blob(store::Error),
    /// The network's parts do not fit each other.
    #[error("this network cannot answer: {0}")]
    Network(openloop_core::Error),
    /// The network's parts do not fit each other.
    #[error("this network fits no ONNX model: {0}")]
    Onnx(openloop_core::Error),
    /// No device runs this network, or learns by its rule.
    #[error("this network becomes no C source: {0}")]
    CSource(openloop_core::Error),
    /// A column whose cells no operator reads.
    #[error(
        "column \"{column}\" holds dates, which ONNX has no operator for; train without it, or with its parts as numbers"
    )]
    OnnxDate {
        /// The column.
        column: String,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// The rates a device is to learn with; none means those of the run, if it took plain gradient steps, else rates by which the
/// network stays as good as it is on its own data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DeviceRates {
    /// Of the output layer.
    pub output: Option<f32>,
    /// Of the hidden layers.
    pub hidden: Option<f32>,
}

/// Whether these are the bytes of a blob, or were meant to be.
pub fn is_blob(bytes: &[u8]) -> bool {
    bytes.starts_with(&store::MAGIC)
}

/// The blob of a trained network, as save number `sequence`; normalisation is folded into weights and biases, and pooled
/// readouts become ones of whole maps that answer alike.
///
/// # Errors
/// A network that is too large for the format, or a rate out of range.
pub fn to_blob(checkpoint: &Checkpoint<'_>, rates: DeviceRates, sequence: u32) -> Result<Vec<u8>, ExportError> {
    let Snapshot { network, weights, readouts, .. } = &checkpoint.snapshot;
    let about = describe(checkpoint, rates)?;
    // of an int8 network no device has use for them
    let readouts = if weights.int8().is_some() { Vec::new() } else { whole_readouts(network, about.rule, readouts) };
    let (network, weights) = &folded(network, weights).map_err(ExportError::Network)?;
    let bytes = weights.int8().map_or(&[][..], |int8| &int8.parameters);
    let state = [Section::F32(weights.floats()), Section::F32(&readouts), Section::I8(bytes)];
    let Preprocessing { offset, scale, .. } = &checkpoint.preprocessing.clone().into_owned().relative_to(&[]);
    let contents = Contents { network: network.whole(), about, offset, scale, state: &state };
    let mut bytes = vec![0; contents.length()];
    contents.write_to(sequence, &mut bytes).map_err(ExportError::Blob)?;
    Ok(bytes)
}

/// What a blob says of a run.
fn describe(checkpoint: &Checkpoint<'_>, rates: DeviceRates) -> Result<store::About, ExportError> {
    let written = &checkpoint.settings;
    let own = device_rates::rates(checkpoint).map_err(ExportError::Network)?;
    let decays = own.decay && rates == DeviceRates::default();
    let int8 = checkpoint.snapshot.weights.int8();
    Ok(store::About {
        arithmetic: if int8.is_some() { Arithmetic::Int8 } else { Arithmetic::F32 },
        rule: written.rule,
        scaling: written.scaling,
        regression: checkpoint.about.classes.is_empty(),
        frozen: checkpoint.snapshot.network.frozen() as u16,
        seed: written.seed,
        samples: checkpoint.snapshot.counters.samples,
        hidden_rate: rates.hidden.unwrap_or(own.hidden),
        output_rate: rates.output.unwrap_or(own.output),
        half_after: if decays { half_after(written.lr_decay) } else { 0 },
        input_bits: int8.map_or(0, |int8| int8.input_bits),
        front_bits: int8.and_then(|int8| int8.front_bits),
    })
}

/// A decay with that many; the smallest close by, so that it gives the same number again.
fn decay(half: u32) -> f32 {
    let near = DECAY_SAMPLES / half as f32;
    let exact = [near, near.next_down(), near.next_down().next_down()].into_iter().find(|d| half_after(*d) == half);
    if half == 0 { 0.0 } else { exact.unwrap_or(near) }
}

/// The checkpoint of a blob, what `eval` and `predict` ask and what a run can start from; and the number of the save it is.
///
/// # Errors
/// What is wrong with it, in words.
pub fn from_blob(bytes: &[u8]) -> Result<(Checkpoint<'static>, u32), String> {
    let BlobContents { head, layers, preprocessing, mut parameters, integers } =
        parts(bytes).map_err(|error| error.to_string())?;
    let readouts = parameters.split_off(parameters.len().min(openloop_core::plan::parameters(&layers)));
    let (about, settings) = (about(&head, &layers), settings(&head, &layers));
    let int8 = head.about.arithmetic == Arithmetic::Int8;
    let (input_bits, front_bits) = (head.about.input_bits, head.about.front_bits);
    let int8 = int8.then_some(Int8Weights { front_bits, ..Int8Weights::without_front(integers, input_bits) });
    let text = |error: openloop_core::Error| error.to_string();
    let network = Network::new(layers, head.loss, head.about.frozen.into()).map_err(text)?;
    let weights = NetworkWeights::new(&network, Aligned::from(parameters), int8).map_err(text)?;
    let samples = head.about.samples;
    let checkpoint = Checkpoint {
        snapshot: Snapshot {
            network: Cow::Owned(network),
            weights: Cow::Owned(weights),
            readouts: Cow::Owned(readouts),
            optimizer: Cow::Owned(Vec::new()),
            counters: Counters { steps: samples, samples, saturated: 0 },
        },
        preprocessing: Cow::Owned(preprocessing),
        about: Cow::Owned(about),
        settings,
        progress: Cow::Owned(TrainingProgress::default()),
        best: None,
        instructions: None,
    };
    Ok((checkpoint, head.sequence))
}

/// What a blob holds.
pub(super) struct BlobContents {
    pub(super) head: Head,
    pub(super) layers: Vec<Layer>,
    pub(super) preprocessing: Preprocessing,
    pub(super) parameters: Vec<f32>,
    pub(super) integers: Vec<i8>,
}

pub(super) fn parts(mut bytes: &[u8]) -> Result<BlobContents, store::Error> {
    let head = store::open(&mut bytes)?;
    if head.length != bytes.len() {
        let (found, expected) = (bytes.len(), head.length);
        return Err(store::Error::WrongLength { what: "the file", found, expected });
    }
    let layers = (0..head.layers).map(|k| store::read_layer(&mut bytes, &head, k)).collect::<Result<Vec<_>, _>>()?;
    let mut preprocessing = Preprocessing::new(vec![0.0; head.offsets], vec![0.0; head.scales]);
    let room = Standardisation { offset: &mut preprocessing.offset, scale: &mut preprocessing.scale };
    let frozen = openloop_core::plan::parameters(&layers[..head.about.frozen.into()]);
    let floats = if head.about.arithmetic == Arithmetic::F32 { head.state / size_of::<f32>() } else { frozen };
    let (mut parameters, mut integers) = (vec![0.0; floats], vec![0; head.state - size_of::<f32>() * floats]);
    let state = &mut [SectionMut::F32(&mut parameters), SectionMut::I8(&mut integers)];
    store::read_state(&mut bytes, &head, room, state)?;
    Ok(BlobContents { head, layers, preprocessing, parameters, integers })
}

/// What a blob knows of the data it was made for.
fn about(head: &Head, layers: &[Layer]) -> DataDescription {
    let shape = layers[0].input_shape();
    let outputs = layers[layers.len() - 1].outputs();
    let classes = if head.about.regression { Vec::new() } else { (0..outputs).map(|k| k.to_string()).collect() };
    let shape = [shape.channels, shape.height, shape.width];
    DataDescription { data: String::new(), shape, outputs, classes, columns: None, units: None, fingerprint: 0 }
}

fn settings(head: &Head, layers: &[Layer]) -> SavedSettings {
    let about = &head.about;
    let activation = layers[..layers.len() - 1].iter().find(|layer| layer.learns()).map(Layer::activation);
    let dropout = layers.iter().find_map(|layer| match layer {
        Layer::Dropout(dropout) => Some(dropout.probability),
        _ => None,
    });
    SavedSettings {
        split_seed: 0,
        split: SplitKind::Random,
        test: None,
        labels: None,
        test_labels: None,
        validation: 0.0,
        patience: None,
        class_weights: None,
        rule: about.rule,
        net: Net::of(layers),
        readout_maps: ReadoutMaps::Whole,
        batch: 1,
        lr: about.output_rate,
        hidden_lr: about.hidden_rate,
        lr_decay: decay(about.half_after),
        optimizer: OptimizerKind::Sgd,
        loss: head.loss,
        activation: activation.unwrap_or(Activation::Tanh),
        scaling: about.scaling,
        dropout: dropout.unwrap_or(0.0),
        freeze_conv: about.frozen > 0,
        init: Init::Uniform,
        arithmetic: about.arithmetic,
        weight_bits: 8,
        flip: false,
        seed: about.seed,
    }
}
