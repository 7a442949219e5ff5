//! A run on disk: one safetensors file with weights, optimizer state and counters.
//!
//! | tensor | shape | what |
//! |---|---|---|
//! | `layer{k}.weight`, `layer{k}.bias` | `[outputs, inputs]` or `[channels, input channels, kernel, kernel]`, `[outputs]` or `[channels]` | parameters of layer k of the chain, all layers counted |
//! | `layer{k}.norm` | `[3, channels]` | scale, running mean and running variance of a normalised convolution, whose shift is its bias |
//! | `layer{k}.optimizer` | `[slots, parameters]` | optimizer state of layer k, weights then biases; a frozen layer has none |
//! | `layer{k}.readout.weight`, `layer{k}.readout.bias` | `[outputs of the network, outputs of the layer]`, `[outputs of the network]` | layer k's own classifier, under a rule whose readout learns |
//! | `layer{k}.readout.optimizer` | `[slots, parameters]` | its optimizer state |
//! | the same, of dtype I8 | | the dense layers of an int8 model; the rest of its metadata is `input_bits`, the fraction bits of their inputs, and `front_bits`, those of frozen layers that compute in integers too |
//! | `int8.readouts`, `int8.fractions` | `[n]` | of an int8 model, I8, in the core's panels: readouts that learn; second bytes of all weights, under `weight_bits` 16 |
//! | `preprocessing.offset`, `preprocessing.scale` | `[n]` | x' = (x - offset) scale, n = 1, channels or features |
//! | `best.weights`, `best.int8`, `best.readouts` | `[n]` | all of these after the epoch that did best on the validation rows, in the order of the layers |
//! | `stream.*` | `[n]` | what a stream keeps beside its network |
//!
//! The metadata has one key, `openloop`: a JSON object with `format` (1), `checksum` (CRC-32C of the other
//! parts of the object, then of the tensors in the order above), `about` (the data), `settings` and `progress`; where the features are
//! large beside their deviation `origin` (one number a feature, subtracted in f64 before the offset); and, of a training run,
//! `instructions`, the set it was computed with.
//! The feedback matrices are not stored: they are a function of the seed, which is.
//!
//! A file is written under another name, synced and renamed, so a reader never sees half a checkpoint and a full disk
//! or a power cut leaves the last good one. Nothing in it depends on the time or the number of threads, and of the machine only the
//! instructions: batches are summed in another order with AVX-512 than with AVX2, so their bits differ.

use super::best_tensors::{best_tensors, read_best};
use super::checkpoint_error::CheckpointError;
use super::network_tensors::{Int8Scales, NetworkTensors, TensorChoice, read_network, read_preprocessing, tensors};
use super::output::{Output, OutputKind};
use super::stream_record::{STREAM, StreamRecord};
use super::tensors::{Tensor, TensorValues, write_tensors};
use crate::data::{CRC32C, Preprocessing};
use crate::learner::{
    BestWeights, Counters, DataDescription, Epoch, Evaluation, Model, Network, Snapshot, TrainingProgress,
    TrainingState,
};
use crate::settings::net::LayerStyle;
use crate::settings::{ConfigError, SavedSettings};
use openloop_core::store::Arithmetic;
use safetensors::tensor::SafeTensors;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

/// The version of the layout above.
const FORMAT: u32 = 1;
/// The file's name inside a run's folder.
pub const FILE_NAME: &str = "checkpoint.safetensors";

/// Everything that a run needs to continue and a model needs to predict. Borrowed to be saved, owned when loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint<'a> {
    /// The learner's state: network, weights, readouts, optimizer state, counters.
    pub snapshot: Snapshot<'a>,
    /// How raw features become inputs.
    pub preprocessing: Cow<'a, Preprocessing>,
    /// The data it was made for.
    pub about: Cow<'a, DataDescription>,
    /// How it is trained.
    pub settings: SavedSettings,
    /// Where the run stands.
    pub progress: Cow<'a, TrainingProgress>,
    /// The weights after the best epoch, where there are validation rows: what a model is made of.
    pub best: Option<Cow<'a, BestWeights>>,
    /// The instructions that the process which saved it computed with, on which the bits of batches depend
    /// ([`crate::kernels::instructions`]); not known of a stream's model, a blob, or a file of an older version.
    pub instructions: Option<String>,
}

/// The JSON object in the file's metadata.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    format: u32,
    checksum: u32,
    about: DataDescription,
    settings: SavedSettings,
    progress: SavedProgress,
    /// Of an int8 model: fraction bits of the inputs of its dense layers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_bits: Option<u8>,
    /// The same of its frozen layers, where they compute in integers too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    front_bits: Option<u8>,
    /// What is subtracted from raw features in f64; left out where that is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    origin: Vec<f64>,
    /// The instructions that the run computed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instructions: Option<String>,
    /// What a stream keeps beside its network; see [`crate::stream`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stream: Option<StreamRecord>,
}

/// [`TrainingProgress`] and [`Counters`] as they stand in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedProgress {
    epoch: u32,
    seen: usize,
    step: u64,
    samples: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    saturated: u32,
    running: Evaluation,
    history: Vec<Epoch>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl SavedProgress {
    fn of(progress: &TrainingProgress, counters: Counters) -> Self {
        let TrainingProgress { epoch, seen, running, history } = progress.clone();
        let Counters { steps: step, samples, saturated } = counters;
        SavedProgress { epoch, seen, step, samples, saturated, running, history }
    }

    fn into_parts(self) -> (TrainingProgress, Counters) {
        let SavedProgress { epoch, seen, step: steps, samples, saturated, running, history } = self;
        (TrainingProgress { epoch, seen, running, history }, Counters { steps, samples, saturated })
    }
}

impl Checkpoint<'_> {
    /// The file's bytes.
    ///
    /// # Errors
    /// Contents that cannot be written down, such as more metadata than the format allows.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        self.to_bytes_with(None)
    }

    /// As [`Checkpoint::to_bytes`], with what a stream keeps.
    pub(crate) fn to_bytes_with(&self, extra: Option<&StreamRecord>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write_with(extra, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes the file's bytes, with what a stream keeps.
    pub(crate) fn write_with(&self, extra: Option<&StreamRecord>, out: &mut dyn Write) -> io::Result<()> {
        let mut tensors = self.tensors();
        let metadata = self.metadata(&tensors, extra)?;
        for (name, values) in extra.iter().flat_map(|extra| extra.names.iter().zip(&extra.tensors)) {
            tensors.push(Tensor {
                name: format!("{STREAM}{name}"),
                shape: vec![values.len()],
                values: values.borrowed(),
            });
        }
        write_tensors(out, &tensors, metadata)
    }

    /// Writes the file so that a reader, or a power cut, sees the old one or the new one, whole.
    ///
    /// # Errors
    /// Whatever the system says: no such folder, no permission, no space. The file at `path` is then as it was.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        self.save_to(&Output::file(path, OutputKind::Checkpoint, &[])?)
    }

    /// As [`Checkpoint::save`], to an output that is open.
    ///
    /// # Errors
    /// As [`Checkpoint::save`].
    pub fn save_to(&self, output: &Output) -> Result<(), CheckpointError> {
        Ok(output.write_with(&mut |out| self.write_with(None, out))?)
    }

    /// One key only: a map of several would be written in no fixed order.
    fn metadata(&self, tensors: &[Tensor<'_>], extra: Option<&StreamRecord>) -> io::Result<HashMap<String, String>> {
        let head = Metadata {
            format: FORMAT,
            checksum: self.checksum(tensors)?,
            about: self.about.clone().into_owned(),
            settings: self.settings.clone(),
            progress: SavedProgress::of(&self.progress, self.snapshot.counters),
            input_bits: self.snapshot.weights.int8().map(|int8| int8.input_bits),
            front_bits: self.snapshot.weights.int8().and_then(|int8| int8.front_bits),
            origin: self.preprocessing.origin.clone(),
            instructions: self.instructions.clone(),
            stream: extra.cloned(),
        };
        Ok(HashMap::from([("openloop".to_string(), serde_json::to_string(&head)?)]))
    }

    /// Reads a checkpoint's bytes.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn from_bytes(bytes: &[u8]) -> Result<Checkpoint<'static>, String> {
        Self::from_bytes_with(bytes).map(|(checkpoint, _)| checkpoint)
    }

    /// As [`Checkpoint::from_bytes`], with what a stream kept, if one did.
    pub(crate) fn from_bytes_with(bytes: &[u8]) -> Result<(Checkpoint<'static>, Option<StreamRecord>), String> {
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|error| format!("no whole safetensors file ({error})"))?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let text = metadata.metadata().as_ref().and_then(|map| map.get("openloop"));
        let text =
            text.ok_or("a safetensors file, but not one of Openloop's: the metadata key \"openloop\" is missing")?;
        check_format(text)?;
        let head: Metadata =
            serde_json::from_str(text).map_err(|error| format!("its description is damaged: {error}"))?;
        let (network, tensor_choice) = architecture(&head).map_err(|error| error.to_string())?;
        check_names(&head.about)?;
        let scales = int8_scales(&head)?;
        let NetworkTensors { weights, readouts, optimizer, count } =
            read_network(&tensors, &network, tensor_choice, scales)?;
        let found = tensors.names().iter().filter(|name| !name.starts_with(STREAM)).count();
        let best = read_best(&tensors, &weights, readouts.len())?;
        let expected = 2 + count + best.as_ref().map_or(0, |best| best_tensors(best).count());
        if found != expected {
            return Err(format!("it holds {found} tensors, but its network needs {expected}"));
        }
        let preprocessing = read_preprocessing(&tensors, head.about.features(), head.origin)?;
        let (progress, counters) = head.progress.into_parts();
        let snapshot = Snapshot {
            network: Cow::Owned(network),
            weights: Cow::Owned(weights),
            readouts: Cow::Owned(readouts),
            optimizer: Cow::Owned(optimizer),
            counters,
        };
        let (preprocessing, about) = (Cow::Owned(preprocessing), Cow::Owned(head.about));
        let progress = Cow::Owned(progress);
        let (settings, instructions) = (head.settings, head.instructions);
        let best = best.map(Cow::Owned);
        let checkpoint = Checkpoint { snapshot, preprocessing, about, settings, progress, best, instructions };
        if checkpoint.best.is_some() && checkpoint.progress.best_epoch().is_none() {
            return Err("it holds the weights of a best epoch, and its history knows none".into());
        }
        let tensors_read = checkpoint.tensors();
        let found = checkpoint.checksum(&tensors_read).map_err(|error| error.to_string())?;
        if !cfg!(fuzzing) && found != head.checksum {
            return Err("its checksum does not fit its content: a byte of it was changed".into());
        }
        drop(tensors_read);
        let extra = head.stream.map(|extra| extra.read(&tensors)).transpose()?;
        Ok((checkpoint, extra))
    }

    /// CRC-32C of everything that is saved.
    fn checksum(&self, tensors: &[Tensor<'_>]) -> io::Result<u32> {
        let mut digest = CRC32C.digest();
        let progress = SavedProgress::of(&self.progress, self.snapshot.counters);
        digest.update(&serde_json::to_vec(&(&*self.about, &self.settings, progress))?);
        if let Some(int8) = self.snapshot.weights.int8() {
            digest.update(&[int8.input_bits]);
            int8.front_bits.iter().for_each(|bits| digest.update(&[*bits]));
        }
        self.preprocessing.origin.iter().for_each(|origin| digest.update(&origin.to_le_bytes()));
        if let Some(instructions) = &self.instructions {
            digest.update(instructions.as_bytes());
        }
        for tensor in tensors {
            match &tensor.values {
                TensorValues::Floats(values) => {
                    values.chunks(4096).for_each(|values| digest.update(&TensorValues::Floats(values.into()).bytes()));
                }
                values => digest.update(&values.bytes()),
            }
        }
        Ok(digest.finalize())
    }

    /// Every tensor.
    pub(super) fn tensors(&self) -> Vec<Tensor<'_>> {
        let mut all = tensors(&self.snapshot, &self.preprocessing, tensor_choice(&self.settings));
        all.extend(self.best.iter().flat_map(|best| best_tensors(best)));
        all
    }

    /// The network, to be asked.
    ///
    /// # Errors
    /// Parts that do not fit each other, which no file that was read has.
    pub fn into_model(self) -> Result<Model, openloop_core::Error> {
        let Checkpoint { snapshot, preprocessing, about, .. } = self.at_best()?;
        let Snapshot { network, weights, .. } = snapshot;
        let (preprocessing, about) = (preprocessing.into_owned(), about.into_owned());
        Model::new(network.into_owned(), weights.into_owned(), preprocessing, about)
    }

    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Checkpoint<'static> {
        Checkpoint {
            snapshot: self.snapshot.into_owned(),
            preprocessing: Cow::Owned(self.preprocessing.into_owned()),
            about: Cow::Owned(self.about.into_owned()),
            settings: self.settings,
            progress: Cow::Owned(self.progress.into_owned()),
            best: self.best.map(|best| Cow::Owned(best.into_owned())),
            instructions: self.instructions,
        }
    }

    /// The same with the weights after its best epoch, where it has any, in the place of its last ones.
    ///
    /// # Errors
    /// Parts that do not fit each other, which no file that was read has.
    pub fn at_best(self) -> Result<Self, openloop_core::Error> {
        match self.best {
            None => Ok(self),
            Some(best) => Ok(Checkpoint { snapshot: best.into_owned().put_into(self.snapshot)?, best: None, ..self }),
        }
    }

    /// What a run goes on from.
    pub fn into_state(self) -> TrainingState {
        TrainingState {
            snapshot: self.snapshot.into_owned(),
            preprocessing: self.preprocessing.into_owned(),
            progress: self.progress.into_owned(),
            best: self.best.map(Cow::into_owned),
        }
    }
}

/// The fraction bits of an int8 network's inputs; none in f32.
fn int8_scales(head: &Metadata) -> Result<Option<Int8Scales>, String> {
    match (head.settings.arithmetic, head.input_bits, head.front_bits) {
        (Arithmetic::F32, None, None) => Ok(None),
        (Arithmetic::Int8, Some(input_bits @ 0..=14), front_bits @ (None | Some(0..=14))) => {
            Ok(Some(Int8Scales { input_bits, front_bits }))
        }
        (arithmetic, bits, front) => {
            Err(format!("arithmetic {arithmetic} with {bits:?} and {front:?} fraction bits of its inputs is unknown"))
        }
    }
}

/// The version is read before the rest, so that a newer file is named as such and not as a damaged one.
fn check_format(text: &str) -> Result<(), String> {
    let head: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("its description is damaged: {error}"))?;
    match head.get("format").and_then(serde_json::Value::as_u64) {
        Some(format) if format == u64::from(FORMAT) => Ok(()),
        Some(format) => Err(format!("its format is version {format}, but this program reads version {FORMAT}")),
        None => Err("its description names no format version".into()),
    }
}

fn tensor_choice(settings: &SavedSettings) -> TensorChoice {
    TensorChoice { rule: settings.rule, optimizer: settings.optimizer }
}

/// The network that the description names, and what is kept beside its weights.
fn architecture(head: &Metadata) -> Result<(Network, TensorChoice), ConfigError> {
    let (about, settings) = (&head.about, &head.settings);
    let style = LayerStyle::new(settings.activation, settings.dropout, settings.loss, about.units.is_some());
    let style = style.with_readouts_of(settings.readout_maps);
    let overflow = || ConfigError::Range { what: "shape", value: format!("{:?}", about.shape), range: "a smaller one" };
    let inputs = about.shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side)).ok_or_else(overflow)?;
    if inputs > 1 << 40 || about.outputs > 1 << 32 {
        return Err(overflow());
    }
    let layers = settings.net.layers(about.shape(), about.outputs, &style)?;
    let network = Network::new(layers, settings.loss, settings.frozen_layers());
    let unfit = |error| ConfigError::Network { net: settings.net.to_string(), data: about.data.clone(), error };
    Ok((network.map_err(unfit)?, tensor_choice(settings)))
}

/// Every output has a name, or none has; every feature that comes from a column has one.
fn check_names(about: &DataDescription) -> Result<(), String> {
    let named = |names: usize, values: usize, what: &str| match names == values {
        true => Ok(()),
        false => Err(format!("it names {names} {what}, but its network has {values}")),
    };
    let classes = if about.classes.is_empty() { about.outputs } else { about.classes.len() };
    named(classes, about.outputs, "classes")?;
    let Some(columns) = &about.columns else { return Ok(()) };
    columns.check_kinds()?;
    let is_plain = !columns.are_encoded() && columns.windows().is_none();
    let what = if is_plain { "feature columns" } else { "inputs by its columns" };
    named(columns.sample_inputs(), about.features(), what)
}
