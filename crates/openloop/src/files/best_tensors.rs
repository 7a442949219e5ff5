//! The tensors of the weights after a run's best epoch: three lists in the order of the layers.

use super::tensors::{Tensor, TensorValues, read, read_bytes};
use crate::kernels::aligned::Aligned;
use crate::learner::{BestWeights, Int8Weights, NetworkWeights};
use safetensors::tensor::SafeTensors;
use std::borrow::Cow;

const WEIGHTS: &str = "best.weights";
const INT8: &str = "best.int8";
const READOUTS: &str = "best.readouts";

/// The tensors of these weights.
pub(super) fn best_tensors(best: &BestWeights) -> impl Iterator<Item = Tensor<'_>> {
    let floats = tensor(WEIGHTS, TensorValues::Floats(Cow::Borrowed(best.weights.floats())));
    let int8 = best.weights.int8();
    let int8 = int8.map(|int8| tensor(INT8, TensorValues::Bytes(Cow::Borrowed(&int8.parameters[..]))));
    let readouts = tensor(READOUTS, TensorValues::Floats(Cow::Borrowed(&best.readouts[..])));
    [Some(floats), int8, Some(readouts)].into_iter().flatten()
}

fn tensor<'a>(name: &str, values: TensorValues<'a>) -> Tensor<'a> {
    Tensor { name: name.into(), shape: vec![values.len()], values }
}

/// Reads them, if they are there; they are of the same network as `last`.
///
/// # Errors
/// What is missing or does not fit, in words.
pub(super) fn read_best(
    tensors: &SafeTensors<'_>,
    last: &NetworkWeights,
    readouts: usize,
) -> Result<Option<BestWeights>, String> {
    if tensors.tensor(WEIGHTS).is_err() {
        return Ok(None);
    }
    let floats = Aligned::from(read(tensors, WEIGHTS, &[last.floats().len()])?);
    let int8 = |int8: &Int8Weights| -> Result<Int8Weights, String> {
        let parameters = read_bytes(tensors, INT8, &[int8.parameters.len()])?;
        // what is beside them matters to learning alone, which goes on from the last weights
        let Int8Weights { input_bits, front_bits, .. } = *int8;
        Ok(Int8Weights { front_bits, ..Int8Weights::without_front(parameters, input_bits) })
    };
    let weights = last.with_values(floats, last.int8().map(int8).transpose()?);
    let weights = weights.ok_or("the weights of its best epoch are not as many as its own")?;
    Ok(Some(BestWeights { weights, readouts: read(tensors, READOUTS, &[readouts])? }))
}
