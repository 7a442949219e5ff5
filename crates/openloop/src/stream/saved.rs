//! The whole state of a stream in one model file, from which it goes on with the same bits; or its network in a device's blob.
//!
//! The file is an ordinary checkpoint, so that the network in it can be tested, asked and exported. Beside the network it
//! holds, under the key `stream`, everything else: setup, counts, detector, the rows whose labels are still to come, and as
//! tensors `stream.*` the baselines' weights and those rows' features.

use super::answer::TargetKind;
use super::baselines::Baselines;
use super::continuation::SeenData;
use super::linear::LinearState;
use super::own_inputs::OwnInputs;
use super::pending::{PendingRow, PendingRows};
use super::predictions::AnswersStart;
use super::prequential::Prequential;
use super::received::{RECEIVED, ReceivedMessages};
use super::row_learner::{RowLearner, RowSizes};
use super::scaling::{FeatureScaling, Standardisation};
use super::setup::StreamSetup;
use super::source::SourceDescription;
use super::state::{LINEAR, SavedState, WINDOW, per_feature, saved_scaling};
use super::target::{InputTarget, StreamTarget};
use super::warmup::ClassList;
use crate::data::{Preprocessing, WindowBuffer};
use crate::files::blob::{self as device, DeviceRates};
use crate::files::output::OutputProblem;
use crate::files::{Checkpoint, CheckpointError, Lock, Output, OutputKind, StreamRecord, TensorValues, UsedPath};
use crate::learner::{Counters, DataDescription, Snapshot, TrainingProgress};
use crate::settings::{ConfigError, Settings};
use openloop_core::Shape;
use std::borrow::Cow;
use std::io;
use std::path::Path;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// A stream's own model.
    Stream,
    /// A training run's checkpoint.
    Training,
    /// A device's blob, which is save number `sequence` of the device's.
    Blob {
        /// Its number.
        sequence: u32,
    },
}

/// What was read from a file.
pub struct SavedStream {
    checkpoint: Checkpoint<'static>,
    state: Option<(SavedState, StreamRecord)>,
    kind: ModelKind,
}

/// The place of a stream's model, which no other process writes as long as it is held.
pub struct ModelPlace {
    output: Output,
    _lock: Lock,
}

impl ModelPlace {
    /// At `path`.
    ///
    /// # Errors
    /// A path that cannot be written or is one of `used`, or that another process holds.
    pub fn take(path: &Path, used: &[UsedPath]) -> Result<Self, CheckpointError> {
        let output = Output::file(path, OutputKind::Model, used)?;
        let Some(target) = output.target().filter(|_| path != Path::new("-")) else {
            let problem = "a model is read and written again, which takes a file; name one";
            return Err(output.error(OutputProblem::Foreign(problem.into())).into());
        };
        let lock = Lock::take(target)?;
        Ok(ModelPlace { output, _lock: lock })
    }
}

/// The model file of a stream.
pub struct ModelFile {
    place: ModelPlace,
    /// If it is a device's blob, which it then stays: the number of this save. It is one more than that of the blob that was
    /// read, so that a device that holds both takes this one for the newer.
    sequence: Option<u32>,
}

impl ModelFile {
    /// At `place`, where a file of this kind is already, if one is.
    pub fn new(place: ModelPlace, kind: Option<ModelKind>) -> Self {
        let sequence = match kind {
            Some(ModelKind::Blob { sequence }) => Some(sequence.wrapping_add(1)),
            _ => None,
        };
        ModelFile { place, sequence }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.place.output.path()
    }

    /// Writes the file; a reader, or a power cut, sees the old one or the new one, whole.
    ///
    /// # Errors
    /// Whatever the system says. The file is then as it was.
    pub fn save(&self, stream: &Prequential, source: &SourceDescription) -> Result<(), CheckpointError> {
        let checkpoint = checkpoint(stream, source);
        let written = self.place.output.write_with(&mut |out| match self.sequence {
            Some(sequence) => {
                let blob = device::to_blob(&checkpoint, DeviceRates::default(), sequence).map_err(io::Error::other)?;
                out.write_all(&blob)
            }
            None => checkpoint.write_with(Some(&extra(stream, source)?), out),
        });
        Ok(written?)
    }
}

/// The bytes of a stream's model file.
///
/// # Errors
/// Contents that cannot be written down.
pub(super) fn to_bytes(stream: &Prequential, source: &SourceDescription) -> io::Result<Vec<u8>> {
    checkpoint(stream, source).to_bytes_with(Some(&extra(stream, source)?))
}

/// The network as it is now.
fn checkpoint<'s>(stream: &'s Prequential, source: &SourceDescription) -> Checkpoint<'s> {
    let learner = stream.learner();
    let shape = source.window_shape().unwrap_or_else(|| Shape::flat(learner.network().inputs()));
    let Shape { channels, height, width } = shape;
    let (units, classes) = match &stream.target {
        // in deviations that follow the rows: what they are now
        StreamTarget::Inputs(inputs) => (Some(stream.scaling.current().units(&inputs.names)), Vec::new()),
        target => (target.units().cloned(), target.classes().to_vec()),
    };
    let about = DataDescription {
        units,
        data: source.name.clone(),
        shape: [channels, height, width],
        outputs: stream.target.outputs(),
        classes,
        columns: source.columns.clone(),
        fingerprint: 0,
    };
    Checkpoint {
        snapshot: learner.snapshot(),
        preprocessing: Cow::Owned(stream.scaling.current().preprocessing()),
        about: Cow::Owned(about),
        settings: learner.settings().saved(),
        progress: Cow::Owned(TrainingProgress::default()),
        best: None,
        // single samples have the same bits with any
        instructions: None,
    }
}

/// The saved state beside the network.
fn extra(stream: &Prequential, source: &SourceDescription) -> io::Result<StreamRecord> {
    let state = SavedState {
        setup: stream.setup.clone(),
        has_segments: source.has_segments,
        window: source.window.as_ref().map(|buffer| buffer.place().clone()),
        file: source.file,
        known_classes: stream.target.known_classes(),
        stats: stream.stats.clone(),
        detector: stream.detector,
        error_scale: stream.target.units().map(|_| stream.error_scale.clone()),
        signal: stream.signal,
        policy: stream.policy,
        budget: stream.setup.label_budget.map(|_| stream.budget),
        anomaly: stream.anomaly().cloned(),
        targets: stream.baselines.history().counts().clone(),
        baselines: stream.baselines.iter().map(|(which, own)| (which, own.map(|own| own.counters().steps))).collect(),
        waiting: stream.pending.rows().cloned().collect(),
    };
    let floats = |name: &str, values: Vec<f32>| (name.to_string(), TensorValues::Floats(values.into()));
    let doubles = |name: &str, values: Vec<f64>| (name.to_string(), TensorValues::Doubles(values.into()));
    let mut tensors = vec![
        doubles("offset", stream.scaling.current().offset().to_vec()),
        doubles("moments", stream.scaling.numbers()),
        doubles("frozen.offset", stream.baselines.scaling().offset().to_vec()),
        floats("frozen.scale", stream.baselines.scaling().scale().to_vec()),
        floats("waiting", stream.pending.rows().flat_map(|row| &row.x).copied().collect()),
        doubles(WINDOW, source.window.as_ref().map(WindowBuffer::moments).unwrap_or_default()),
        (RECEIVED.to_string(), TensorValues::Bytes(stream.received.to_bytes().into())),
    ];
    if let Some(LinearState { weights, diagonal, upper }) = stream.baselines.history().linear() {
        tensors.extend(LINEAR.into_iter().zip([weights, diagonal, upper]).map(|(name, values)| doubles(name, values)));
    }
    for (which, own) in stream.baselines.iter().filter_map(|(which, own)| Some((which.name(), own?.snapshot()))) {
        tensors.push(floats(&format!("{which}.parameters"), own.weights.floats().to_vec()));
        tensors.push(floats(&format!("{which}.readouts"), own.readouts.to_vec()));
        tensors.push(floats(&format!("{which}.optimizer"), own.optimizer.to_vec()));
        let bytes = own.weights.int8().map_or_else(Vec::new, |int8| int8.parameters.clone());
        tensors.push((format!("{which}.bytes"), TensorValues::Bytes(bytes.into())));
    }
    tensors.retain(|(_, values)| !values.is_empty());
    Ok(StreamRecord::new(serde_json::to_value(state)?, tensors))
}

impl SavedStream {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that is unreadable, no model, or damaged.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let what = "read the model";
        let bytes = std::fs::read(path).map_err(|error| CheckpointError::System { path: path.into(), what, error })?;
        Self::from_bytes(&bytes).map_err(|problem| CheckpointError::Content { path: path.into(), problem })
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let (checkpoint, extra, kind) = if device::is_blob(bytes) {
            let (checkpoint, sequence) = device::from_blob(bytes)?;
            (checkpoint, None, ModelKind::Blob { sequence })
        } else {
            let (checkpoint, extra) = Checkpoint::from_bytes_with(bytes)?;
            let kind = if extra.is_some() { ModelKind::Stream } else { ModelKind::Training };
            (checkpoint, extra, kind)
        };
        if checkpoint.about.classes.is_empty() && checkpoint.about.units.is_none() {
            return Err("its network gives values of which no unit is known".into());
        }
        let state = extra.map(|extra| match SavedState::read(&extra, &checkpoint) {
            Ok(state) => Ok((state, extra)),
            Err(problem) => Err(format!("the description of its stream is damaged: {problem}")),
        });
        Ok(SavedStream { checkpoint, state: state.transpose()?, kind })
    }

    /// What its network was made for.
    pub fn about(&self) -> &DataDescription {
        &self.checkpoint.about
    }

    /// The last moments of its rows, if these become windows.
    pub fn window(&self) -> Option<WindowBuffer> {
        let (state, record) = self.state.as_ref()?;
        state.window(record, self.about())
    }

    /// Whether its network gives classes, values or what it gets.
    pub fn kind_of_targets(&self) -> TargetKind {
        let own = self.state.as_ref().map(|(state, _)| state.kind(self.about()));
        own.unwrap_or_else(|| TargetKind::of(self.about()))
    }

    /// What kind of file it was.
    pub fn kind(&self) -> ModelKind {
        self.kind
    }

    /// Whether it is a device's blob, which has no names for its classes.
    pub fn is_blob(&self) -> bool {
        matches!(self.kind, ModelKind::Blob { .. })
    }

    /// Names the classes of a network that has no names for them.
    pub fn name_classes(&mut self, names: Vec<String>) {
        self.checkpoint.about.to_mut().classes = names;
    }

    /// Nothing is to go on but its network and standardisation.
    pub fn drop_stream_state(&mut self) {
        self.checkpoint.about.to_mut().data.clear();
    }

    /// Whether features are changed before its network sees them.
    pub fn standardises(&self) -> bool {
        let Preprocessing { offset, scale, origin } = &*self.checkpoint.preprocessing;
        !origin.is_empty() || offset.iter().any(|offset| *offset != 0.0) || scale.iter().any(|scale| *scale != 1.0)
    }

    /// Whether each feature has a mean, which a missing one can be taken as.
    pub fn has_means(&self) -> bool {
        self.checkpoint.preprocessing.means(self.about().features()).is_some()
    }

    /// The rows that it has seen.
    pub(super) fn seen(&self) -> SeenData {
        match &self.state {
            Some((state, _)) => SeenData { name: self.about().data.clone(), file: state.file, last: state.stats.row },
            None => SeenData { name: String::new(), file: None, last: 0 },
        }
    }

    /// Where it begins to answer: after its last row if it `goes_on`, else with new counts.
    pub fn answers_start(&self, goes_on: bool) -> AnswersStart {
        match &self.state {
            Some((state, _)) if goes_on => AnswersStart::After { row: state.stats.row, answered: state.stats.answered },
            _ => AnswersStart::Recount,
        }
    }

    /// The stream over `source`: if it `goes_on` with its counts, else with new ones.
    ///
    /// # Errors
    /// Settings that do not fit the network.
    pub fn into_stream(
        self,
        setup: StreamSetup,
        settings: Settings,
        source: &SourceDescription,
        goes_on: bool,
    ) -> Result<Prequential, ConfigError> {
        let kind = self.kind_of_targets();
        let Checkpoint { snapshot, preprocessing, about, .. } = self.checkpoint;
        let (preprocessing, about) = (preprocessing.into_owned(), about.into_owned());
        let (features, outputs) = (about.features(), about.outputs);
        let known = self.state.as_ref().map_or(outputs, |(state, _)| state.known_classes);
        let target = match (about.units, &setup.anomaly) {
            (Some(units), Some(anomaly)) => StreamTarget::Inputs(InputTarget::new(units.names, anomaly.normal.clone())),
            (Some(units), None) => StreamTarget::Values(units),
            (None, _) => StreamTarget::Classes(ClassList::from_saved(about.classes, known)),
        };
        // what a training run counted as samples is a stream's steps: its rates fall with the steps
        let steps = snapshot.counters.steps;
        let counters = Counters { samples: steps, ..snapshot.counters };
        let learner = RowLearner::resume(settings, Snapshot { counters, ..snapshot }, kind)?;
        let Some((state, mut extra)) = self.state else {
            let current = Standardisation::of_preprocessing(per_feature(preprocessing, features));
            let scaling = FeatureScaling::of(setup.adaptation, current, None);
            return start_stream(setup, learner, scaling, target, source);
        };
        let scaling = saved_scaling(setup.adaptation, preprocessing, &extra);
        // what the network learned from, it learned from under whatever address
        let received =
            extra.take_bytes(RECEIVED).and_then(|bytes| ReceivedMessages::from_bytes(&bytes)).unwrap_or_default();
        if !goes_on {
            let own = state.anomaly.map(|own| OwnInputs::of(own.counted_anew()));
            return Ok(Prequential { received, own, ..start_stream(setup, learner, scaling, target, source)? });
        }
        let baselines = baselines::restored(&state, &mut extra, learner.learner(), kind)?;
        let mut stream = Prequential::resume(setup, learner, baselines, scaling, target, source.has_segments);
        (stream.stats, stream.received) = (state.stats, received);
        (stream.detector, stream.signal, stream.policy) = (state.detector, state.signal, state.policy);
        stream.budget = state.budget.unwrap_or_default();
        stream.own = state.anomaly.map(OwnInputs::of);
        state.error_scale.into_iter().for_each(|scale| stream.error_scale = scale);
        let x = extra.take("waiting").unwrap_or_default();
        let row = |(row, x): (PendingRow, &[f32])| PendingRow { x: x.to_vec(), ..row };
        stream.pending = PendingRows::of(state.waiting.into_iter().zip(x.chunks_exact(features)).map(row).collect());
        Ok(stream)
    }
}

/// A stream whose counts begin: the baselines start from the network as it is now.
fn start_stream(
    setup: StreamSetup,
    learner: RowLearner,
    scaling: FeatureScaling,
    target: StreamTarget,
    source: &SourceDescription,
) -> Result<Prequential, ConfigError> {
    let own = learner.learner();
    let sizes = RowSizes { outputs: target.outputs(), ..RowSizes::of(own.network(), target.kind()) };
    let mut baselines = Baselines::new(&setup.baselines, own.settings(), sizes, own.input_bits())?;
    baselines.freeze(&own.snapshot(), scaling.current());
    Ok(Prequential::resume(setup, learner, baselines, scaling, target, source.has_segments))
}

#[cfg(test)]
mod altered;
mod asked;
mod baselines;
