//! The tensors of a network in a checkpoint; [`super::checkpoint`] has the table of their names.

use super::tensors::{Tensor, TensorValues, read, read_bytes};
use crate::data::Preprocessing;
use crate::kernels::aligned::Aligned;
use crate::learner::{Int8Weights, Network, NetworkWeights, Snapshot};
use openloop_core::integer::position;
use openloop_core::{Dense, Layer, OptimizerKind, Rule};
use safetensors::tensor::SafeTensors;
use std::borrow::Cow;

/// What an int8 network has beside its layers while it learns, in the core's panels.
const INT8_READOUTS: &str = "int8.readouts";
const INT8_FRACTIONS: &str = "int8.fractions";

/// What decides which tensors a network has beside its weights.
#[derive(Clone, Copy)]
pub(super) struct TensorChoice {
    pub rule: Rule,
    pub optimizer: OptimizerKind,
}

impl TensorChoice {
    /// The readouts that learn, each with its layer's number; a frozen layer has none.
    /// In int8 they are among the int8 tensors.
    fn readouts(self, network: &Network, is_int8: bool) -> impl Iterator<Item = (usize, Dense)> {
        let layers = if is_int8 { 0..0 } else { network.frozen()..network.layers().len() };
        layers.filter_map(move |k| Some((k, network.whole().readout(self.rule, k)?)))
    }
}

/// The names of a layer's tensors, or of its readout's.
struct TensorNames {
    prefix: String,
}

impl TensorNames {
    fn of_layer(k: usize) -> Self {
        TensorNames { prefix: format!("layer{k}") }
    }

    fn of_readout(k: usize) -> Self {
        TensorNames { prefix: format!("layer{k}.readout") }
    }

    fn weight(&self) -> String {
        format!("{}.weight", self.prefix)
    }

    fn bias(&self) -> String {
        format!("{}.bias", self.prefix)
    }

    /// Scale, running mean and running variance of a normalised layer, whose shift is its bias.
    fn norm(&self) -> String {
        format!("{}.norm", self.prefix)
    }

    fn optimizer(&self) -> String {
        format!("{}.optimizer", self.prefix)
    }
}

/// Every tensor of a network, in the order of the checksum.
pub(super) fn tensors<'a>(
    snapshot: &'a Snapshot<'_>,
    preprocessing: &'a Preprocessing,
    choice: TensorChoice,
) -> Vec<Tensor<'a>> {
    let Preprocessing { offset, scale, .. } = preprocessing;
    let mut tensors = vec![
        floats("preprocessing.offset".into(), &[offset.len()], offset),
        floats("preprocessing.scale".into(), &[scale.len()], scale),
    ];
    let network = &*snapshot.network;
    let (mut parameters, mut state) = (snapshot.weights.floats(), &snapshot.optimizer[..]);
    for (k, layer) in float_layers(network, snapshot.weights.int8().is_some()) {
        let own = take(&mut parameters, layer.parameters());
        let names = TensorNames::of_layer(k);
        let (learned, norm) = own.split_at(layer.weights() + layer.weight_shape().0);
        tensors.extend(weight_and_bias(&names, &weight_shape(layer), learned, layer.weights()));
        if !norm.is_empty() {
            tensors.push(floats(names.norm(), &norm_shape(layer), norm));
        }
        if k >= network.frozen() {
            tensors.extend(optimizer_state(
                &TensorNames::of_layer(k),
                choice.optimizer,
                layer.parameters(),
                &mut state,
            ));
        }
    }
    if let Some(int8) = snapshot.weights.int8() {
        tensors.extend(int8_tensors(int8, network));
    }
    let mut own = &snapshot.readouts[..];
    for (k, readout) in choice.readouts(network, snapshot.weights.int8().is_some()) {
        let (names, shape) = (TensorNames::of_readout(k), [readout.outputs, readout.inputs]);
        let parameters = take(&mut own, readout.parameters());
        tensors.extend(weight_and_bias(&names, &shape, parameters, readout.weights()));
        tensors.extend(optimizer_state(&names, choice.optimizer, readout.parameters(), &mut state));
    }
    tensors
}

/// The layers whose weights are f32, each with its number.
fn float_layers(network: &Network, is_int8: bool) -> impl Iterator<Item = (usize, &Layer)> {
    let layers = if is_int8 { network.front() } else { network.layers() };
    layers.iter().enumerate().filter(|(_, layer)| layer.learns())
}

fn take<'v>(values: &mut &'v [f32], count: usize) -> &'v [f32] {
    let (own, rest) = values.split_at(count);
    *values = rest;
    own
}

fn floats<'a>(name: String, shape: &[usize], values: &'a [f32]) -> Tensor<'a> {
    Tensor { name, shape: shape.to_vec(), values: TensorValues::Floats(Cow::Borrowed(values)) }
}

fn weight_and_bias<'a>(names: &TensorNames, shape: &[usize], parameters: &'a [f32], weights: usize) -> [Tensor<'a>; 2] {
    let (weight, bias) = parameters.split_at(weights);
    [floats(names.weight(), shape, weight), floats(names.bias(), &[bias.len()], bias)]
}

fn optimizer_state<'a>(
    names: &TensorNames,
    optimizer: OptimizerKind,
    parameters: usize,
    state: &mut &'a [f32],
) -> Option<Tensor<'a>> {
    let slots = optimizer.slots();
    let own = take(state, slots * parameters);
    (slots > 0).then(|| floats(names.optimizer(), &[slots, parameters], own))
}

/// The dense layers of an int8 model, out of their panels: `[outputs, inputs]` and `[outputs]`.
fn int8_tensors<'a>(int8: &'a Int8Weights, network: &Network) -> Vec<Tensor<'a>> {
    let (mut tensors, mut own) = (Vec::new(), &int8.parameters[..]);
    for (k, layer) in network.layers().iter().enumerate().skip(network.frozen()) {
        let (outputs, inputs) = layer.weight_shape();
        let at = |neuron, input| own[position(outputs, inputs, neuron, input)];
        let weights = (0..outputs).flat_map(|neuron| (0..inputs).map(move |input| (neuron, input)));
        let weights: Vec<i8> = weights.map(|(neuron, input)| at(neuron, input)).collect();
        let biases: Vec<i8> = (0..outputs).map(|neuron| at(neuron, inputs)).collect();
        let names = TensorNames::of_layer(k);
        tensors.push(bytes(names.weight(), vec![outputs, inputs], weights.into()));
        tensors.push(bytes(names.bias(), vec![outputs], biases.into()));
        own = &own[layer.parameters()..];
    }
    for (name, values) in [(INT8_READOUTS, &int8.readouts), (INT8_FRACTIONS, &int8.fractions)] {
        if !values.is_empty() {
            tensors.push(bytes(name.into(), vec![values.len()], Cow::Borrowed(&values[..])));
        }
    }
    tensors
}

fn bytes(name: String, shape: Vec<usize>, values: Cow<'_, [i8]>) -> Tensor<'_> {
    Tensor { name, shape, values: TensorValues::Bytes(values) }
}

/// Fraction bits of what an int8 model takes: see [`Int8Weights`].
#[derive(Clone, Copy)]
pub(super) struct Int8Scales {
    pub input_bits: u8,
    pub front_bits: Option<u8>,
}

/// What the tensors of a network hold.
pub(super) struct NetworkTensors {
    pub weights: NetworkWeights,
    pub readouts: Vec<f32>,
    pub optimizer: Vec<f32>,
    /// How many tensors that are.
    pub count: usize,
}

/// Reads the tensors of a network; `scales` of an int8 one.
///
/// # Errors
/// What is missing, of another shape, or not a finite number, in words.
pub(super) fn read_network(
    tensors: &SafeTensors<'_>,
    network: &Network,
    choice: TensorChoice,
    scales: Option<Int8Scales>,
) -> Result<NetworkTensors, String> {
    let int8 = scales.map(|scales| read_int8(tensors, network, scales)).transpose()?;
    let mut count = int8.as_ref().map_or(0, |int8| {
        let fine = [&int8.readouts, &int8.fractions].into_iter().filter(|values| !values.is_empty());
        2 * (network.layers().len() - network.frozen()) + fine.count()
    });
    let (mut parameters, mut optimizer, mut readouts) = (Vec::new(), Vec::new(), Vec::new());
    let slots = choice.optimizer.slots();
    let has_state = |k: usize| slots > 0 && k >= network.frozen();
    for (k, layer) in float_layers(network, int8.is_some()) {
        let names = TensorNames::of_layer(k);
        parameters.extend(read(tensors, &names.weight(), &weight_shape(layer))?);
        parameters.extend(read(tensors, &names.bias(), &[layer.weight_shape().0])?);
        if norm_shape(layer).iter().product::<usize>() > 0 {
            parameters.extend(read_norm(tensors, &names.norm(), layer)?);
            count += 1;
        }
        if has_state(k) {
            optimizer.extend(read(tensors, &names.optimizer(), &[slots, layer.parameters()])?);
        }
        count += 2 + usize::from(has_state(k));
    }
    for (k, readout) in choice.readouts(network, int8.is_some()) {
        let names = TensorNames::of_readout(k);
        readouts.extend(read(tensors, &names.weight(), &[readout.outputs, readout.inputs])?);
        readouts.extend(read(tensors, &names.bias(), &[readout.outputs])?);
        if has_state(k) {
            optimizer.extend(read(tensors, &names.optimizer(), &[slots, readout.parameters()])?);
        }
        count += 2 + usize::from(has_state(k));
    }
    let weights = NetworkWeights::new(network, Aligned::from(parameters), int8).map_err(|error| error.to_string())?;
    Ok(NetworkTensors { weights, readouts, optimizer, count })
}

/// Scale, running mean and running variance of a normalised layer.
fn read_norm(tensors: &SafeTensors<'_>, name: &str, layer: &Layer) -> Result<Vec<f32>, String> {
    let shape = norm_shape(layer);
    let numbers = read(tensors, name, &shape)?;
    match numbers.iter().skip(2 * shape[1]).find(|variance| **variance < 0.0) {
        Some(variance) => Err(format!("tensor {name} holds {variance} as a variance, which is at least 0")),
        None => Ok(numbers),
    }
}

/// The dense layers of an int8 model, into their panels.
fn read_int8(tensors: &SafeTensors<'_>, network: &Network, scales: Int8Scales) -> Result<Int8Weights, String> {
    let mut parameters = Vec::new();
    for (k, layer) in network.layers().iter().enumerate().skip(network.frozen()) {
        let ((outputs, inputs), names) = (layer.weight_shape(), TensorNames::of_layer(k));
        let weights = read_bytes(tensors, &names.weight(), &[outputs, inputs])?;
        let biases = read_bytes(tensors, &names.bias(), &[outputs])?;
        let mut own = vec![0; layer.parameters()];
        for neuron in 0..outputs {
            for input in 0..inputs {
                own[position(outputs, inputs, neuron, input)] = weights[neuron * inputs + input];
            }
            own[position(outputs, inputs, neuron, inputs)] = biases[neuron];
        }
        parameters.extend(own);
    }
    let listed = |name: &str| match tensors.tensor(name) {
        Ok(tensor) => read_bytes(tensors, name, &[tensor.shape().iter().product()]),
        Err(_) => Ok(Vec::new()), // few networks have it, and a learner that needs it refuses to go on without
    };
    let (readouts, fractions) = (listed(INT8_READOUTS)?, listed(INT8_FRACTIONS)?);
    let Int8Scales { input_bits, front_bits } = scales;
    Ok(Int8Weights { parameters, readouts, fractions, input_bits, front_bits })
}

/// Reads how raw features become inputs, for samples of that many features, whose origin is known.
///
/// # Errors
/// What is missing or does not fit, in words.
pub(super) fn read_preprocessing(
    tensors: &SafeTensors<'_>,
    features: usize,
    origin: Vec<f64>,
) -> Result<Preprocessing, String> {
    let values = |name: &str| -> Result<Vec<f32>, String> {
        let tensor = tensors.tensor(name).map_err(|_| format!("tensor {name} is missing"))?;
        read(tensors, name, &[tensor.shape().iter().product()])
    };
    let preprocessing =
        Preprocessing { offset: values("preprocessing.offset")?, scale: values("preprocessing.scale")?, origin };
    match preprocessing.fits(features) {
        true => Ok(preprocessing),
        false if !preprocessing.origin.is_empty() && preprocessing.origin.len() != features => {
            Err("its origin must have one value a feature".into())
        }
        false => Err("tensor preprocessing.offset or .scale must have 1 value, one a channel or one a feature".into()),
    }
}

/// The numbers of a layer's channels beside weights and biases, and its channels; no numbers if it is not normalised.
fn norm_shape(layer: &Layer) -> [usize; 2] {
    let units = layer.weight_shape().0;
    [(layer.parameters() - layer.weights()) / units.max(1) - 1, units]
}

/// The shape of a layer's weights as other programs expect it.
fn weight_shape(layer: &Layer) -> Vec<usize> {
    layer.weight_dimensions().collect()
}
