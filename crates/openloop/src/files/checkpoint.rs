//! A run on disk: one safetensors file with weights, optimizer state and counters.
//!
//! | tensor | shape | what |
//! |---|---|---|
//! | `layer{k}.weight`, `layer{k}.bias` | `[outputs, inputs]` or `[channels, input channels, kernel, kernel]`, `[outputs]` or `[channels]` | parameters of layer k of the chain, all layers counted |
//! | `layer{k}.optimizer` | `[slots, parameters]` | optimizer state of layer k, weights then biases; a frozen layer has none |
//! | `layer{k}.readout.weight`, `layer{k}.readout.bias` | `[outputs of the network, outputs of the layer]`, `[outputs of the network]` | layer k's own classifier, under a rule whose readout learns |
//! | `layer{k}.readout.optimizer` | `[slots, parameters]` | its optimizer state |
//! | the same, of dtype I8 | | the dense layers of an int8 model; the rest of its metadata is `input_bits`, the fraction bits of their inputs |
//! | `preprocessing.offset`, `preprocessing.scale` | `[n]` | x' = (x - offset) scale, n = 1, channels or features |
//! | `stream.*` | `[n]` | what a stream keeps beside its network |
//!
//! The metadata has one key, `openloop`: a JSON object with `format` (1), `checksum` (CRC-32C of the other
//! parts of the object, then of the tensors in the order above), `about` (the data), `settings` and `progress`.
//! The feedback matrices are not stored: they are a function of the seed, which is.
//!
//! A file is written under another name, synced and renamed, so a reader never sees half a checkpoint and a full disk
//! or a power cut leaves the last good one. Nothing in it depends on the time, the machine or the number of threads.

use crate::data::Preprocessing;
use crate::files::blob as device;
use crate::learner::int8::Integer;
use crate::learner::model::{About, Model};
use crate::learner::trainer::{Progress, State};
use crate::settings::names::Named;
use crate::settings::net::{Net, Style};
use crate::settings::options::{ConfigError, Written};
use crc::{CRC_32_ISCSI, Crc, Table};
use openloop_core::integer::position;
use openloop_core::{Activation, Dense, Layer, Loss, Optimizer, Rule, Spec};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The version of the layout above.
const FORMAT: u32 = 1;
/// The file's name inside a run's folder.
pub const FILE_NAME: &str = "checkpoint.safetensors";

/// The checksum of checkpoints and of data.
pub(crate) static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// Everything a run needs to go on, and a user needs to ask the network. Borrowed to be saved, owned when loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint<'a> {
    /// The network.
    pub model: Cow<'a, Model>,
    /// How it is trained.
    pub settings: Written,
    /// The hidden layers' own classifiers, under a rule whose readout learns.
    pub readouts: Cow<'a, [f32]>,
    /// The optimizer's state: the layers', then the readouts'.
    pub optimizer: Cow<'a, [f32]>,
    /// Where the run stands.
    pub progress: Cow<'a, Progress>,
}

/// A tensor of the file, whose bytes are made when they are written: a save needs no second copy of the network.
struct Tensor<'a> {
    name: String,
    shape: Vec<usize>,
    values: Values<'a>,
}

/// What a tensor holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values<'a> {
    Floats(Cow<'a, [f32]>),
    Bytes(Cow<'a, [i8]>),
}

impl Values<'_> {
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        match self {
            Values::Floats(values) => values.len(),
            Values::Bytes(values) => values.len(),
        }
    }

    fn borrowed(&self) -> Values<'_> {
        match self {
            Values::Floats(values) => Values::Floats(Cow::Borrowed(values)),
            Values::Bytes(values) => Values::Bytes(Cow::Borrowed(values)),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Values::Floats(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Values::Bytes(values) => values.iter().map(|v| *v as u8).collect(),
        }
    }
}

impl View for &Tensor<'_> {
    fn dtype(&self) -> Dtype {
        match self.values {
            Values::Floats(_) => Dtype::F32,
            Values::Bytes(_) => Dtype::I8,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.bytes().into()
    }

    fn data_len(&self) -> usize {
        match &self.values {
            Values::Floats(values) => size_of_val(&**values),
            Values::Bytes(values) => values.len(),
        }
    }
}

/// The JSON object in the file's metadata.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: u32,
    checksum: u32,
    about: About,
    settings: Written,
    progress: Progress,
    /// Of an int8 model: fraction bits of the inputs of its dense layers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_bits: Option<u8>,
    /// What a stream keeps beside its network; see [`crate::stream`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stream: Option<Extra>,
}

/// What stands in a file beside a network: a state in JSON, whose tensors are those called `stream.*`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extra {
    /// The state.
    pub state: serde_json::Value,
    /// CRC-32C of the state's text and of the tensors.
    checksum: u32,
    /// Their names after `stream.`, in the order of the checksum.
    names: Vec<String>,
    /// Their values.
    #[serde(skip)]
    pub tensors: Vec<Values<'static>>,
}

impl Extra {
    /// A state and its tensors.
    pub fn new(state: serde_json::Value, tensors: Vec<(String, Values<'static>)>) -> Self {
        let (names, tensors) = tensors.into_iter().unzip();
        let mut extra = Extra { state, checksum: 0, names, tensors };
        extra.checksum = extra.sum();
        extra
    }

    /// The numbers of the tensor called `name`; none if there is no such one.
    pub fn take(&mut self, name: &str) -> Option<Vec<f32>> {
        let at = self.position(name)?;
        match &mut self.tensors[at] {
            Values::Floats(values) => Some(std::mem::take(values).into_owned()),
            Values::Bytes(_) => None,
        }
    }

    /// The bytes of the tensor called `name`; none if there is no such one.
    pub fn take_bytes(&mut self, name: &str) -> Option<Vec<i8>> {
        let at = self.position(name)?;
        match &mut self.tensors[at] {
            Values::Bytes(values) => Some(std::mem::take(values).into_owned()),
            Values::Floats(_) => None,
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    fn sum(&self) -> u32 {
        let mut digest = CRC32C.digest();
        digest.update(self.state.to_string().as_bytes());
        self.tensors.iter().for_each(|values| digest.update(&values.bytes()));
        digest.finalize()
    }

    /// With the tensors from the file.
    fn read(mut self, tensors: &SafeTensors<'_>) -> Result<Self, String> {
        for name in &self.names {
            let name = format!("{STREAM}{name}");
            let tensor = tensors.tensor(&name).map_err(|_| format!("tensor {name} is missing"))?;
            self.tensors.push(match tensor.dtype() {
                Dtype::I8 => Values::Bytes(read_bytes(tensors, &name, tensor.shape())?.into()),
                _ => Values::Floats(read(tensors, &name, tensor.shape())?.into()),
            });
        }
        match cfg!(fuzzing) || self.sum() == self.checksum {
            true => Ok(self),
            false => Err("the checksum of its stream does not fit: a byte of it was changed".into()),
        }
    }
}

/// What the names of a stream's own tensors begin with.
const STREAM: &str = "stream.";

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The system refused.
    #[error("{path}: cannot {what}: {error}")]
    System {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// The file is no checkpoint, or a damaged one.
    #[error("{path}: not a usable checkpoint: {problem}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What was found and expected.
        problem: String,
    },
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
    pub(crate) fn to_bytes_with(&self, extra: Option<&Extra>) -> io::Result<Vec<u8>> {
        let mut tensors = self.tensors();
        let metadata = self.metadata(&tensors, extra)?;
        for (name, values) in extra.iter().flat_map(|extra| extra.names.iter().zip(&extra.tensors)) {
            tensors.push(Tensor {
                name: format!("{STREAM}{name}"),
                shape: vec![values.len()],
                values: values.borrowed(),
            });
        }
        safetensors::serialize(by_name(&tensors), Some(metadata)).map_err(io_error)
    }

    /// Writes the file so that a reader, or a power cut, sees the old one or the new one, whole.
    ///
    /// # Errors
    /// Whatever the system says: no such folder, no permission, no space. The file at `path` is then as it was.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let partial = path.with_extension("partial");
        let error = |what| move |error| CheckpointError::System { path: path.into(), what, error };
        let written = self.write_synced(&partial).map_err(error("write the checkpoint"));
        let placed =
            written.and_then(|()| std::fs::rename(&partial, path).map_err(error("put the new checkpoint in place")));
        if placed.is_err() {
            let _ = std::fs::remove_file(&partial);
        }
        placed?;
        sync_folder(path).map_err(error("sync the folder of"))
    }

    fn write_synced(&self, path: &Path) -> io::Result<()> {
        let tensors = self.tensors();
        let metadata = self.metadata(&tensors, None)?;
        safetensors::serialize_to_file(by_name(&tensors), Some(metadata), path).map_err(io_error)?;
        std::fs::File::open(path)?.sync_all()
    }

    /// One key only: a map of several would be written in no fixed order.
    fn metadata(&self, tensors: &[Tensor<'_>], extra: Option<&Extra>) -> io::Result<HashMap<String, String>> {
        let head = Head {
            format: FORMAT,
            checksum: self.checksum(tensors),
            about: self.model.about.clone(),
            settings: self.settings.clone(),
            progress: self.progress.clone().into_owned(),
            input_bits: self.model.integer.as_ref().map(|integer| integer.input_bits),
            stream: extra.cloned(),
        };
        Ok(HashMap::from([("openloop".to_string(), serde_json::to_string(&head)?)]))
    }

    /// Reads a checkpoint, or a device's [blob](crate::files::blob); `path` may be the file or the folder it lies in.
    ///
    /// # Errors
    /// A file that is missing, unreadable, neither of the two, of another version, or whose content contradicts itself.
    pub fn load(path: &Path) -> Result<Checkpoint<'static>, CheckpointError> {
        let path = if path.is_dir() { path.join(FILE_NAME) } else { path.to_path_buf() };
        let what = "read the checkpoint";
        let bytes =
            std::fs::read(&path).map_err(|error| CheckpointError::System { path: path.clone(), what, error })?;
        let read = match device::is_blob(&bytes) {
            true => device::from_blob(&bytes).map(|(checkpoint, _)| checkpoint),
            false => Self::from_bytes(&bytes),
        };
        read.map_err(|problem| CheckpointError::Content { path, problem })
    }

    /// Reads a checkpoint's bytes.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn from_bytes(bytes: &[u8]) -> Result<Checkpoint<'static>, String> {
        Self::from_bytes_with(bytes).map(|(checkpoint, _)| checkpoint)
    }

    /// As [`Checkpoint::from_bytes`], with what a stream kept, if one did.
    pub(crate) fn from_bytes_with(bytes: &[u8]) -> Result<(Checkpoint<'static>, Option<Extra>), String> {
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|error| format!("no whole safetensors file ({error})"))?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let text = metadata.metadata().as_ref().and_then(|map| map.get("openloop"));
        let text =
            text.ok_or("a safetensors file, but not one of Openloop's: the metadata key \"openloop\" is missing")?;
        check_format(text)?;
        let head: Head = serde_json::from_str(text).map_err(|error| format!("its description is damaged: {error}"))?;
        let Architecture { layers, loss, optimizer, readouts, front } =
            architecture(&head).map_err(|error| error.to_string())?;
        check_names(&head.about)?;
        let integer = read_integer(&tensors, &head, &layers, loss)?;
        let mut expected = 2;
        let (mut parameters, mut state) = (Vec::new(), Vec::new());
        for (k, layer) in layers.iter().enumerate() {
            if !layer.learns() {
                continue;
            }
            if integer.is_some() && matches!(layer, Layer::Dense(_)) {
                expected += 2;
                continue;
            }
            parameters.extend(read(&tensors, &format!("layer{k}.weight"), &weight_shape(layer))?);
            parameters.extend(read(&tensors, &format!("layer{k}.bias"), &[layer.weight_shape().0])?);
            let has_state = optimizer.slots() > 0 && k >= front;
            if has_state {
                let shape = [optimizer.slots(), layer.parameters()];
                state.extend(read(&tensors, &format!("layer{k}.optimizer"), &shape)?);
            }
            expected += 2 + usize::from(has_state);
        }
        let mut own = Vec::new();
        for (k, readout) in &readouts {
            own.extend(read(&tensors, &format!("layer{k}.readout.weight"), &[readout.outputs, readout.inputs])?);
            own.extend(read(&tensors, &format!("layer{k}.readout.bias"), &[readout.outputs])?);
            if optimizer.slots() > 0 {
                let shape = [optimizer.slots(), readout.parameters()];
                state.extend(read(&tensors, &format!("layer{k}.readout.optimizer"), &shape)?);
            }
            expected += 2 + usize::from(optimizer.slots() > 0);
        }
        let found = tensors.names().iter().filter(|name| !name.starts_with(STREAM)).count();
        if found != expected {
            return Err(format!("it holds {found} tensors, but its network needs {expected}"));
        }
        let preprocessing = read_preprocessing(&tensors, &head.about)?;
        let model = Model { layers, loss, parameters: parameters.into(), integer, preprocessing, about: head.about };
        let (model, readouts, optimizer) = (Cow::Owned(model), Cow::Owned(own), Cow::Owned(state));
        let progress = Cow::Owned(head.progress);
        let checkpoint = Checkpoint { model, settings: head.settings, readouts, optimizer, progress };
        if !cfg!(fuzzing) && checkpoint.checksum(&checkpoint.tensors()) != head.checksum {
            return Err("its checksum does not fit its content: a byte of it was changed".into());
        }
        let extra = head.stream.map(|extra| extra.read(&tensors)).transpose()?;
        Ok((checkpoint, extra))
    }

    /// CRC-32C of everything that is saved.
    fn checksum(&self, tensors: &[Tensor<'_>]) -> u32 {
        let mut digest = CRC32C.digest();
        let description = serde_json::to_vec(&(&self.model.about, &self.settings, self.progress.as_ref()));
        digest.update(&description.expect("names and numbers can be written as JSON"));
        if let Some(integer) = &self.model.integer {
            digest.update(&[integer.input_bits]);
        }
        for tensor in tensors {
            match &tensor.values {
                Values::Floats(values) => {
                    values.chunks(4096).for_each(|values| digest.update(&Values::Floats(values.into()).bytes()));
                }
                values => digest.update(&values.bytes()),
            }
        }
        digest.finalize()
    }

    /// Every tensor.
    fn tensors(&self) -> Vec<Tensor<'_>> {
        let Preprocessing { offset, scale } = &self.model.preprocessing;
        let tensor = |name: String, shape: &[usize], values| Tensor {
            name,
            shape: shape.to_vec(),
            values: Values::Floats(Cow::Borrowed(values)),
        };
        let mut tensors = vec![
            tensor("preprocessing.offset".into(), &[offset.len()], &offset[..]),
            tensor("preprocessing.scale".into(), &[scale.len()], &scale[..]),
        ];
        let (mut parameters, mut state) = (&self.model.parameters[..], &self.optimizer[..]);
        let slots = Optimizer::from_name(&self.settings.optimizer).map_or(0, Optimizer::slots);
        let front = front(&self.settings, &self.model.layers);
        let integer = self.model.integer.as_ref();
        let is_float = |layer: &Layer| layer.learns() && (integer.is_none() || !matches!(layer, Layer::Dense(_)));
        for (k, layer) in self.model.layers.iter().enumerate().filter(|(_, layer)| is_float(layer)) {
            let (weight, rest) = parameters.split_at(layer.weights());
            let (bias, rest) = rest.split_at(layer.weight_shape().0);
            parameters = rest;
            tensors.push(tensor(format!("layer{k}.weight"), &weight_shape(layer), weight));
            tensors.push(tensor(format!("layer{k}.bias"), &[bias.len()], bias));
            if slots > 0 && k >= front {
                let (own, rest) = state.split_at(slots * layer.parameters());
                state = rest;
                tensors.push(tensor(format!("layer{k}.optimizer"), &[slots, layer.parameters()], own));
            }
        }
        if let Some(integer) = integer {
            tensors.extend(integer_tensors(integer, &self.model.layers));
        }
        let mut own = &self.readouts[..];
        for (k, readout) in readouts(&self.settings, &self.model.layers, self.model.loss) {
            let (weight, rest) = own.split_at(readout.weights());
            let (bias, rest) = rest.split_at(readout.outputs);
            own = rest;
            tensors.push(tensor(format!("layer{k}.readout.weight"), &[readout.outputs, readout.inputs], weight));
            tensors.push(tensor(format!("layer{k}.readout.bias"), &[bias.len()], bias));
            if slots > 0 {
                let (own, rest) = state.split_at(slots * readout.parameters());
                state = rest;
                tensors.push(tensor(format!("layer{k}.readout.optimizer"), &[slots, readout.parameters()], own));
            }
        }
        tensors
    }

    /// What a run goes on from.
    pub fn into_state(self) -> State {
        State {
            model: self.model.into_owned(),
            readouts: self.readouts.into_owned().into(),
            optimizer: self.optimizer.into_owned().into(),
            progress: self.progress.into_owned(),
        }
    }
}

/// The dense layers of an int8 model, out of their panels: `[outputs, inputs]` and `[outputs]`.
fn integer_tensors<'a>(integer: &Integer, layers: &[Layer]) -> Vec<Tensor<'a>> {
    let (mut tensors, mut own) = (Vec::new(), &integer.parameters[..]);
    for (k, layer) in layers.iter().enumerate().filter(|(_, layer)| matches!(layer, Layer::Dense(_))) {
        let (outputs, inputs) = layer.weight_shape();
        let at = |neuron, input| own[position(outputs, inputs, neuron, input)];
        let weights = (0..outputs).flat_map(|neuron| (0..inputs).map(move |input| (neuron, input)));
        let weights: Vec<i8> = weights.map(|(neuron, input)| at(neuron, input)).collect();
        let biases: Vec<i8> = (0..outputs).map(|neuron| at(neuron, inputs)).collect();
        let (name, shape, values) = (format!("layer{k}.weight"), vec![outputs, inputs], Values::Bytes(weights.into()));
        tensors.push(Tensor { name, shape, values });
        let (name, shape, values) = (format!("layer{k}.bias"), vec![outputs], Values::Bytes(biases.into()));
        tensors.push(Tensor { name, shape, values });
        own = &own[layer.parameters()..];
    }
    tensors
}

/// The dense layers of an int8 model, into their panels; none of an f32 model.
fn read_integer(
    tensors: &SafeTensors<'_>,
    head: &Head,
    layers: &[Layer],
    loss: Loss,
) -> Result<Option<Integer>, String> {
    let arithmetic = head.settings.arithmetic.as_deref();
    let input_bits = match (arithmetic, head.input_bits) {
        (None | Some("f32"), None) => return Ok(None),
        (Some("int8"), Some(bits @ 0..=14)) => bits,
        (arithmetic, bits) => {
            return Err(format!("arithmetic {arithmetic:?} with {bits:?} fraction bits of the input is unknown"));
        }
    };
    let front = layers.iter().take_while(|layer| !matches!(layer, Layer::Dense(_))).count();
    let mut parameters = Vec::new();
    for (k, layer) in layers.iter().enumerate().skip(front) {
        let (outputs, inputs) = layer.weight_shape();
        let weights = read_bytes(tensors, &format!("layer{k}.weight"), &[outputs, inputs])?;
        let biases = read_bytes(tensors, &format!("layer{k}.bias"), &[outputs])?;
        let mut own = vec![0; layer.parameters()];
        for neuron in 0..outputs {
            for input in 0..inputs {
                own[position(outputs, inputs, neuron, input)] = weights[neuron * inputs + input];
            }
            own[position(outputs, inputs, neuron, inputs)] = biases[neuron];
        }
        parameters.extend(own);
    }
    let integer = Integer { parameters, input_bits };
    let chain = Spec { layers, loss }.check().and_then(|network| network.without_front(front));
    chain.and_then(|chain| integer.fits(chain)).map_err(|error| error.to_string())?;
    Ok(Some(integer))
}

/// The values of a tensor of bytes of this name and shape.
fn read_bytes(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<i8>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("tensor {name} is missing"))?;
    if tensor.dtype() != Dtype::I8 || tensor.shape() != shape {
        let found = (tensor.dtype(), tensor.shape());
        return Err(format!("tensor {name} is {:?} {:?}, but must be I8 {shape:?}", found.0, found.1));
    }
    Ok(tensor.data().iter().map(|byte| *byte as i8).collect())
}

/// The shape of a layer's weights as other programs expect it.
fn weight_shape(layer: &Layer) -> Vec<usize> {
    match layer {
        Layer::Conv(conv) => vec![conv.channels, conv.input.channels, conv.kernel, conv.kernel],
        _ => vec![layer.weight_shape().0, layer.weight_shape().1],
    }
}

/// How many layers at the front are frozen, and so have no optimizer state.
fn front(settings: &Written, layers: &[Layer]) -> usize {
    let is_image = |layer: &&Layer| matches!(layer, Layer::Conv(_) | Layer::Pool(_));
    if settings.freeze_conv { layers.iter().take_while(is_image).count() } else { 0 }
}

/// The readouts that learn, each with its layer's number; a frozen layer has none.
fn readouts(settings: &Written, layers: &[Layer], loss: Loss) -> Vec<(usize, Dense)> {
    let Some((rule, network)) = Rule::from_name(&settings.rule).zip(Spec { layers, loss }.check().ok()) else {
        return Vec::new();
    };
    (front(settings, layers)..layers.len()).filter_map(|k| Some((k, network.readout(rule, k)?))).collect()
}

fn by_name<'t>(tensors: &'t [Tensor<'t>]) -> impl Iterator<Item = (&'t str, &'t Tensor<'t>)> {
    tensors.iter().map(|tensor| (tensor.name.as_str(), tensor))
}

fn io_error(error: SafeTensorError) -> io::Error {
    match error {
        SafeTensorError::IoError(error) => error,
        error => io::Error::other(error),
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

/// What the description names.
struct Architecture {
    layers: Vec<Layer>,
    loss: Loss,
    optimizer: Optimizer,
    /// The readouts that learn, each with its layer's number.
    readouts: Vec<(usize, Dense)>,
    /// Layers that are frozen.
    front: usize,
}

fn architecture(head: &Head) -> Result<Architecture, ConfigError> {
    fn named<T: Named>(name: &str) -> Result<T, ConfigError> {
        T::from_name(name).ok_or_else(|| ConfigError::Name { what: T::WHAT, name: name.into(), known: T::known() })
    }
    let (about, settings) = (&head.about, &head.settings);
    let loss: Loss = named(&settings.loss)?;
    let style = Style { activation: named::<Activation>(&settings.activation)?, dropout: settings.dropout, loss };
    let net: Net = settings.net.parse()?;
    let overflow = || ConfigError::Range { what: "shape", value: format!("{:?}", about.shape), range: "a smaller one" };
    let inputs = about.shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side)).ok_or_else(overflow)?;
    if inputs > 1 << 40 || about.outputs > 1 << 32 {
        return Err(overflow());
    }
    let layers = net.layers(about.shape(), about.outputs, &style)?;
    let checked = Spec { layers: &layers, loss }.check();
    checked.map_err(|error| ConfigError::Network { net: net.to_string(), data: about.data.clone(), error })?;
    named::<Rule>(&settings.rule)?;
    let (front, readouts) = (front(settings, &layers), readouts(settings, &layers, loss));
    Ok(Architecture { layers, loss, optimizer: named(&settings.optimizer)?, readouts, front })
}

/// Every output has a name, or none has; every feature that comes from a column has one.
fn check_names(about: &About) -> Result<(), String> {
    let named = |names: usize, values: usize, what: &str| match names == values {
        true => Ok(()),
        false => Err(format!("it names {names} {what}, but its network has {values}")),
    };
    let classes = if about.classes.is_empty() { about.outputs } else { about.classes.len() };
    named(classes, about.outputs, "classes")?;
    let columns = about.columns.as_ref().map_or(about.features(), |columns| columns.features.len());
    named(columns, about.features(), "feature columns")
}

fn read_preprocessing(tensors: &SafeTensors<'_>, about: &About) -> Result<Preprocessing, String> {
    let values = |name: &str| -> Result<Vec<f32>, String> {
        let tensor = tensors.tensor(name).map_err(|_| format!("tensor {name} is missing"))?;
        read(tensors, name, &[tensor.shape().iter().product()])
    };
    let preprocessing =
        Preprocessing { offset: values("preprocessing.offset")?, scale: values("preprocessing.scale")? };
    if preprocessing.fits(about.features()) {
        return Ok(preprocessing);
    }
    Err("tensor preprocessing.offset or .scale must have 1 value, one a channel or one a feature".into())
}

/// The finite values of a tensor of this name and shape.
fn read(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("tensor {name} is missing"))?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
        let found = (tensor.dtype(), tensor.shape());
        return Err(format!("tensor {name} is {:?} {:?}, but must be F32 {shape:?}", found.0, found.1));
    }
    let values: Vec<f32> = tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(format!("tensor {name} holds {} at index {at}", values[at])),
        None => Ok(values),
    }
}

/// Writes a file under the name `partial`, syncs it and renames it to `path`: it is there whole, or as it was before.
pub(crate) fn write_whole(path: &Path, partial: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = std::fs::File::create(partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(partial, path));
    if written.is_err() {
        let _ = std::fs::remove_file(partial);
    }
    written.and_then(|()| sync_folder(path))
}

/// Makes a rename last: on Unix the folder itself is synced; other systems do it on their own.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { std::fs::File::open(folder)?.sync_all() } else { Ok(()) }
}
