//! What stands in a checkpoint beside a network: the state of a stream.

use super::tensors::{TensorValues, read, read_bytes, read_doubles};
use crate::data::CRC32C;
use safetensors::tensor::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

/// What stands in a file beside a network: a state in JSON, whose tensors are those called `stream.*`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamRecord {
    /// The state.
    pub state: serde_json::Value,
    /// CRC-32C of the state's text and of the tensors.
    checksum: u32,
    /// Their names after `stream.`, in the order of the checksum.
    pub names: Vec<String>,
    /// Their values.
    #[serde(skip)]
    pub tensors: Vec<TensorValues<'static>>,
}

impl StreamRecord {
    /// A state and its tensors.
    pub fn new(state: serde_json::Value, tensors: Vec<(String, TensorValues<'static>)>) -> Self {
        let (names, tensors) = tensors.into_iter().unzip();
        let mut extra = StreamRecord { state, checksum: 0, names, tensors };
        extra.checksum = extra.sum();
        extra
    }

    /// The numbers of the tensor called `name`; none if there is no such one.
    pub fn take(&mut self, name: &str) -> Option<Vec<f32>> {
        let at = self.position(name)?;
        match &mut self.tensors[at] {
            TensorValues::Floats(values) => Some(std::mem::take(values).into_owned()),
            _ => None,
        }
    }

    /// The numbers of the tensor called `name`, which may be f32; none if there is no such one.
    pub fn doubles(&self, name: &str) -> Option<Vec<f64>> {
        match &self.tensors[self.position(name)?] {
            TensorValues::Doubles(values) => Some(values.to_vec()),
            TensorValues::Floats(values) => Some(values.iter().copied().map(f64::from).collect()),
            TensorValues::Bytes(_) => None,
        }
    }

    /// The bytes of the tensor called `name`; none if there is no such one.
    pub fn take_bytes(&mut self, name: &str) -> Option<Vec<i8>> {
        let at = self.position(name)?;
        match &mut self.tensors[at] {
            TensorValues::Bytes(values) => Some(std::mem::take(values).into_owned()),
            _ => None,
        }
    }

    /// The numbers of the tensor called `name`, which stay.
    pub fn floats(&self, name: &str) -> Option<&[f32]> {
        match &self.tensors[self.position(name)?] {
            TensorValues::Floats(values) => Some(values),
            _ => None,
        }
    }

    /// The bytes of the tensor called `name`, which stay.
    pub fn bytes(&self, name: &str) -> Option<&[i8]> {
        match &self.tensors[self.position(name)?] {
            TensorValues::Bytes(values) => Some(values),
            _ => None,
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
    pub(super) fn read(mut self, tensors: &SafeTensors<'_>) -> Result<Self, String> {
        for name in &self.names {
            let name = format!("{STREAM}{name}");
            let tensor = tensors.tensor(&name).map_err(|_| format!("tensor {name} is missing"))?;
            self.tensors.push(match tensor.dtype() {
                Dtype::F64 => TensorValues::Doubles(read_doubles(tensors, &name)?.into()),
                Dtype::I8 => TensorValues::Bytes(read_bytes(tensors, &name, tensor.shape())?.into()),
                _ => TensorValues::Floats(read(tensors, &name, tensor.shape())?.into()),
            });
        }
        match cfg!(fuzzing) || self.sum() == self.checksum {
            true => Ok(self),
            false => Err("the checksum of its stream does not fit: a byte of it was changed".into()),
        }
    }
}

/// What the names of a stream's own tensors begin with.
pub(super) const STREAM: &str = "stream.";
