//! The tensors of a file: their values, bytes and shapes.

use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

/// Bytes of the description that readers of the format accept at most.
const MAX_HEAD: usize = 100_000_000;
/// Numbers that are turned into bytes at once.
const CHUNK: usize = 4096;

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

impl Tensor<'_> {
    fn dtype(&self) -> Dtype {
        match self.values {
            TensorValues::Floats(_) => Dtype::F32,
            TensorValues::Doubles(_) => Dtype::F64,
            TensorValues::Bytes(_) => Dtype::I8,
        }
    }

    fn data_len(&self) -> usize {
        match &self.values {
            TensorValues::Floats(values) => size_of_val(&**values),
            TensorValues::Doubles(values) => size_of_val(&**values),
            TensorValues::Bytes(values) => values.len(),
        }
    }
}

/// Writes a safetensors file with `metadata`, tensor by tensor: the layout of `safetensors::serialize` without its copy of everything.
pub(super) fn write_tensors(
    out: &mut dyn Write,
    tensors: &[Tensor<'_>],
    metadata: HashMap<String, String>,
) -> io::Result<()> {
    let mut tensors: Vec<&Tensor<'_>> = tensors.iter().collect();
    // the format's order: wide types first, then by name
    tensors.sort_by(|a, b| b.dtype().cmp(&a.dtype()).then(a.name.cmp(&b.name)));
    let (mut infos, mut end) = (Vec::new(), 0);
    for tensor in &tensors {
        let start = end;
        end += tensor.data_len();
        let info = TensorInfo { dtype: tensor.dtype(), shape: tensor.shape.clone(), data_offsets: (start, end) };
        infos.push((tensor.name.clone(), info));
    }
    let head = Metadata::new(Some(metadata), infos).map_err(io::Error::other)?;
    let mut head = serde_json::to_vec(&head)?;
    head.resize(head.len().next_multiple_of(size_of::<u64>()), b' ');
    if head.len() > MAX_HEAD {
        return Err(io::Error::other("more metadata than a safetensors file may hold"));
    }
    out.write_all(&(head.len() as u64).to_le_bytes())?;
    out.write_all(&head)?;
    for tensor in tensors {
        match &tensor.values {
            TensorValues::Floats(values) => values
                .chunks(CHUNK)
                .try_for_each(|values| out.write_all(&TensorValues::Floats(values.into()).bytes()))?,
            bytes => out.write_all(&bytes.bytes())?,
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    #[test]
    fn a_file_written_tensor_by_tensor_has_the_bytes_that_the_format_prescribes() {
        let floats: Vec<f32> = (0..10_000).map(|k| k as f32).collect();
        let tensor = |name: &str, values| Tensor { name: name.into(), shape: vec![5, 2000], values };
        let tensors = [
            tensor("a", TensorValues::Bytes(vec![3; 10_000].into())),
            tensor("c", TensorValues::Floats(floats[..].into())),
            tensor("b", TensorValues::Floats(floats[..].into())),
        ];
        let metadata = HashMap::from([("openloop".to_string(), "{\"a\": 1}".to_string())]);
        let bytes = tensors.each_ref().map(|tensor| tensor.values.bytes());
        let view = |k: usize| TensorView::new(tensors[k].dtype(), tensors[k].shape.clone(), &bytes[k]).unwrap();
        let views = (0..3).map(|k| (tensors[k].name.clone(), view(k)));
        let expected = safetensors::serialize(views, Some(metadata.clone())).unwrap();
        let mut written = Vec::new();
        write_tensors(&mut written, &tensors, metadata).unwrap();
        assert!(written == expected);
    }
}
