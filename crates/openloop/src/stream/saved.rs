//! The whole state of a stream in one model file, from which it goes on with the same bits.
//!
//! The file is an ordinary checkpoint, so that the network in it can be tested, asked and exported. Beside the network it
//! holds, under the key `stream`, everything else: setup, counts, detector, the rows whose labels are still to come, and as
//! tensors `stream.*` the baselines' weights and those rows' features.

use super::baselines::{Baseline, Baselines, Labels};
use super::detector::{Detector, Signal};
use super::held::{Held, Queue};
use super::learner::{Learner, Weights};
use super::policy;
use super::prequential::{Prequential, Tally};
use super::scaling::Scaling;
use super::setup::Setup;
use super::source::Description;
use super::warmup::Classes;
use crate::checkpoint::{Checkpoint, CheckpointError, Extra, Values, write_whole};
use crate::config::{ConfigError, Settings};
use crate::data::Preprocessing;
use crate::integer::Integer;
use crate::model::{About, Model};
use crate::train::Progress;
use openloop_core::Shape;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::Path;

/// What is no tensor.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    setup: Setup,
    has_segments: bool,
    known_classes: usize,
    tally: Tally,
    detector: Detector,
    signal: Signal,
    policy: policy::Memory,
    labels: Labels,
    /// Each with the learning steps that its network has taken, if it has one.
    baselines: Vec<(Baseline, Option<u64>)>,
    waiting: Vec<Held>,
}

/// What was read from a file.
pub struct Saved {
    checkpoint: Checkpoint<'static>,
    state: Option<(State, Extra)>,
}

/// Writes the file; a reader, or a power cut, sees the old one or the new one, whole.
///
/// # Errors
/// Whatever the system says. The file is then as it was.
pub fn save(stream: &Prequential, source: &Description, path: &Path) -> Result<(), CheckpointError> {
    let error = |what| move |error| CheckpointError::System { path: path.into(), what, error };
    let bytes = to_bytes(stream, source).map_err(error("write the model"))?;
    write_whole(path, &path.with_extension("partial"), &bytes).map_err(error("write the model"))
}

/// The file's bytes.
fn to_bytes(stream: &Prequential, source: &Description) -> std::io::Result<Vec<u8>> {
    let (learner, weights) = (&stream.learner, stream.learner.weights());
    let Shape { channels, height, width } = Shape::flat(learner.layers()[0].inputs());
    let about = About {
        data: source.name.clone(),
        shape: [channels, height, width],
        outputs: stream.classes.names().len(),
        classes: stream.classes.names().to_vec(),
        columns: source.columns.clone(),
        fingerprint: 0,
    };
    let model = Model {
        layers: learner.layers().to_vec(),
        loss: learner.settings().loss,
        parameters: weights.parameters.clone(),
        integer: weights.integer.clone(),
        preprocessing: stream.scaling.preprocessing().clone(),
        about,
    };
    let Weights { steps, saturated, .. } = *weights;
    let progress = Progress { step: steps, samples: steps, saturated, ..Progress::default() };
    let checkpoint = Checkpoint {
        model: Cow::Owned(model),
        settings: learner.settings().written(),
        readouts: Cow::Borrowed(&weights.readouts),
        optimizer: Cow::Borrowed(&weights.optimizer),
        progress: Cow::Owned(progress),
    };
    checkpoint.to_bytes_with(Some(&extra(stream, source)?))
}

fn extra(stream: &Prequential, source: &Description) -> std::io::Result<Extra> {
    let state = State {
        setup: stream.setup.clone(),
        has_segments: source.has_segments,
        known_classes: stream.classes.known(),
        tally: stream.tally.clone(),
        detector: stream.detector,
        signal: stream.signal,
        policy: stream.policy,
        labels: stream.baselines.labels().clone(),
        baselines: stream.baselines.iter().map(|(which, own)| (which, own.map(Learner::steps))).collect(),
        waiting: stream.queue.rows().cloned().collect(),
    };
    let floats = |name: &str, values: Vec<f32>| (name.to_string(), Values::Floats(values.into()));
    let mut tensors = vec![
        floats("variance", stream.scaling.variance().to_vec()),
        floats("frozen.offset", stream.baselines.scaling().offset.clone()),
        floats("frozen.scale", stream.baselines.scaling().scale.clone()),
        floats("waiting", stream.queue.rows().flat_map(|row| &row.x).copied().collect()),
    ];
    for (which, own) in stream.baselines.iter().filter_map(|(which, own)| Some((which.name(), own?.weights()))) {
        tensors.push(floats(&format!("{which}.parameters"), own.parameters.to_vec()));
        tensors.push(floats(&format!("{which}.readouts"), own.readouts.to_vec()));
        tensors.push(floats(&format!("{which}.optimizer"), own.optimizer.to_vec()));
        let bytes = own.integer.as_ref().map_or_else(Vec::new, |integer| integer.parameters.clone());
        tensors.push((format!("{which}.bytes"), Values::Bytes(bytes.into())));
    }
    tensors.retain(|(_, values)| !values.is_empty());
    Ok(Extra::new(serde_json::to_value(state)?, tensors))
}

impl Saved {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that is unreadable, no model, or damaged.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let what = "read the model";
        let bytes = std::fs::read(path).map_err(|error| CheckpointError::System { path: path.into(), what, error })?;
        Self::from_bytes(&bytes).map_err(|problem| CheckpointError::Content { path: path.into(), problem })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let (checkpoint, extra) = Checkpoint::from_bytes_with(bytes)?;
        if checkpoint.model.about.classes.is_empty() {
            return Err("its network gives values and not classes".into());
        }
        let state = extra.map(|extra| match State::deserialize(&extra.state) {
            Ok(state) => Ok((state, extra)),
            Err(error) => Err(format!("the description of its stream is damaged: {error}")),
        });
        Ok(Saved { checkpoint, state: state.transpose()? })
    }

    /// What its network was made for.
    pub fn about(&self) -> &About {
        &self.checkpoint.model.about
    }

    /// Its settings, with the rates and the optimizer of `asked`.
    ///
    /// # Errors
    /// A file whose settings this program does not know.
    pub fn settings(&self, asked: &Settings) -> Result<Settings, ConfigError> {
        let written = self.checkpoint.settings.options();
        let saved = super::Options {
            rule: written.rule,
            net: written.net,
            activation: written.activation,
            optimizer: written.optimizer,
            lr: Some(asked.rate),
            hidden_lr: Some(asked.hidden_rate),
            arithmetic: written.arithmetic,
            seed: written.seed,
            ..super::Options::default()
        };
        Ok(Settings { loss: self.checkpoint.model.loss, ..saved.settings()? })
    }

    /// Whether it holds a stream over the data that `source` reads, which then goes on where it was.
    pub fn continues(&self, source: &Description) -> bool {
        self.state.is_some() && self.about().data == source.name
    }

    /// The last row that was seen.
    pub fn row(&self) -> u64 {
        self.state.as_ref().map_or(0, |(state, _)| state.tally.row)
    }

    /// The stream, going on over `source`: where it was if it read the same, with new counts otherwise.
    ///
    /// # Errors
    /// Settings that do not fit the network.
    pub fn into_stream(
        self,
        setup: Setup,
        settings: Settings,
        source: &Description,
    ) -> Result<Prequential, ConfigError> {
        let continues = self.continues(source);
        let Checkpoint { model, readouts, optimizer, progress, .. } = self.checkpoint;
        let model = model.into_owned();
        let (features, outputs) = (model.about.features(), model.about.outputs);
        let weights = Weights {
            parameters: model.parameters,
            readouts: readouts.into_owned().into(),
            optimizer: optimizer.into_owned().into(),
            integer: model.integer,
            steps: progress.step,
            saturated: progress.saturated,
        };
        let known = self.state.as_ref().map_or(outputs, |(state, _)| state.known_classes);
        let classes = Classes::with(model.about.classes, known);
        let learner = Learner::with(settings, (features, outputs), weights)?;
        let Some((state, mut extra)) = self.state else {
            let scaling = Scaling::with(setup.adaptation, spread(model.preprocessing, features), None);
            return fresh(setup, learner, scaling, classes, source);
        };
        let scaling = Scaling::with(setup.adaptation, model.preprocessing, extra.take("variance"));
        if !continues {
            return fresh(setup, learner, scaling, classes, source);
        }
        let baselines = saved_baselines(&state, &mut extra, &learner, (features, outputs))?;
        let mut stream = Prequential::with(setup, learner, baselines, scaling, classes, source.has_segments);
        stream.tally = state.tally;
        (stream.detector, stream.signal, stream.policy) = (state.detector, state.signal, state.policy);
        let x = extra.take("waiting").unwrap_or_default();
        let row = |(held, x): (Held, &[f32])| Held { x: x.to_vec(), ..held };
        stream.queue = Queue::of(state.waiting.into_iter().zip(x.chunks_exact(features)).map(row).collect());
        Ok(stream)
    }
}

fn saved_baselines(
    state: &State,
    extra: &mut Extra,
    learner: &Learner,
    sizes: (usize, usize),
) -> Result<Baselines, ConfigError> {
    let mut list = Vec::new();
    for &(which, steps) in &state.baselines {
        let bytes = extra.take_bytes(&format!("{}.bytes", which.name()));
        let integer = bytes.map(|parameters| Integer { parameters, input_bits: learner.input_bits() });
        let mut part = |what: &str| extra.take(&format!("{}.{what}", which.name())).unwrap_or_default();
        let weights = steps.map(|steps| Weights {
            parameters: part("parameters").into(),
            readouts: part("readouts").into(),
            optimizer: part("optimizer").into(),
            integer,
            steps,
            saturated: 0, // nobody counts those of a baseline
        });
        list.push((which, weights));
    }
    let mut values = |name: &str| extra.take(name).unwrap_or_default();
    let scaling = Preprocessing { offset: values("frozen.offset"), scale: values("frozen.scale") };
    Baselines::with(list, state.labels.clone(), scaling, learner.settings(), sizes)
}

/// A stream whose counts begin: the baselines start from the network as it is now.
fn fresh(
    setup: Setup,
    learner: Learner,
    scaling: Scaling,
    classes: Classes,
    source: &Description,
) -> Result<Prequential, ConfigError> {
    let sizes = (learner.layers()[0].inputs(), classes.names().len());
    let mut baselines = Baselines::new(&setup.baselines, learner.settings(), sizes, learner.input_bits())?;
    baselines.freeze(&learner.weights(), scaling.preprocessing());
    Ok(Prequential::with(setup, learner, baselines, scaling, classes, source.has_segments))
}

/// One mean and one scale for each feature.
fn spread(preprocessing: Preprocessing, features: usize) -> Preprocessing {
    let each = |values: Vec<f32>| {
        let length = features / values.len().max(1);
        values.iter().flat_map(|value| std::iter::repeat_n(*value, length)).collect()
    };
    Preprocessing { offset: each(preprocessing.offset), scale: each(preprocessing.scale) }
}
