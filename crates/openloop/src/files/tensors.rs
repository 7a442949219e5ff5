//! The tensors of a file: their values, bytes and shapes.

use safetensors::tensor::{Dtype, SafeTensors, View};
use std::borrow::Cow;

/// A tensor of the file, whose bytes are made when they are written: a save needs no second copy of the network.
pub(super) struct Tensor<'a> {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: TensorValues<'a>,
}

/// What a tensor holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TensorValues<'a> {
    Floats(Cow<'a, [f32]>),
    Doubles(Cow<'a, [f64]>),
    Bytes(Cow<'a, [i8]>),
}

impl TensorValues<'_> {
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn len(&self) -> usize {
        match self {
            TensorValues::Floats(values) => values.len(),
            TensorValues::Doubles(values) => values.len(),
            TensorValues::Bytes(values) => values.len(),
        }
    }

    pub fn borrowed(&self) -> TensorValues<'_> {
        match self {
            TensorValues::Floats(values) => TensorValues::Floats(Cow::Borrowed(values)),
            TensorValues::Doubles(values) => TensorValues::Doubles(Cow::Borrowed(values)),
            TensorValues::Bytes(values) => TensorValues::Bytes(Cow::Borrowed(values)),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        match self {
            TensorValues::Floats(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            TensorValues::Doubles(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            TensorValues::Bytes(values) => values.iter().map(|v| *v as u8).collect(),
        }
    }
}

impl View for &Tensor<'_> {
    fn dtype(&self) -> Dtype {
        match self.values {
            TensorValues::Floats(_) => Dtype::F32,
            TensorValues::Doubles(_) => Dtype::F64,
            TensorValues::Bytes(_) => Dtype::I8,
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
            TensorValues::Floats(values) => size_of_val(&**values),
            TensorValues::Doubles(values) => size_of_val(&**values),
            TensorValues::Bytes(values) => values.len(),
        }
    }
}

/// The values of a tensor of bytes of this name and shape.
pub(super) fn read_bytes(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<i8>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("tensor {name} is missing"))?;
    if tensor.dtype() != Dtype::I8 || tensor.shape() != shape {
        let found = (tensor.dtype(), tensor.shape());
        return Err(format!("tensor {name} is {:?} {:?}, but must be I8 {shape:?}", found.0, found.1));
    }
    Ok(tensor.data().iter().map(|byte| *byte as i8).collect())
}

/// The finite values of a tensor of this name and shape.
pub(super) fn read(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
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

/// The finite values of a tensor of F64 of this name.
pub(super) fn read_doubles(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f64>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("tensor {name} is missing"))?;
    let values: Vec<f64> = tensor.data().as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(format!("tensor {name} holds {} at index {at}", values[at])),
        None => Ok(values),
    }
}
