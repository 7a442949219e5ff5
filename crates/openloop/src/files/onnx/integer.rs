//! The layers of a network in int8: whole-number products of ONNX, and the two functions that are looked up in tables, in f64, which
//! holds each whole number of 32 bits. So the sums, and the probabilities, are those of [`openloop_core::integer`] to the bit.

use super::graph::{Attribute, Constant, Graph, Type};
use crate::learner::Int8Weights;
use openloop_core::Error;
use openloop_core::integer::tables::{EXPONENT_BITS, HALVING, LOG2_E, TANH, TANH_BITS};
use openloop_core::integer::{Int8Layer, position};

/// Adds layers whose inputs are x, `[rows, inputs]` in bytes; gives the name of the probabilities of the classes.
pub(super) fn layers(graph: &mut Graph, layers: &[Int8Layer], weights: &Int8Weights, x: &str) -> Result<String, Error> {
    let mut x = x.to_string();
    let mut rest = &weights.parameters[..];
    for (k, layer) in layers.iter().enumerate() {
        let (own, others) = rest.split_at(layer.parameters());
        rest = others;
        let sums = sums(graph, layer, own, &x);
        if k + 1 == layers.len() {
            return Ok(softmax(graph, &sums, layer.sum_bits()));
        }
        x = tanh(graph, &sums, layer.sum_bits());
    }
    Err(Error::NoLayers)
}

/// round(x 2^bits) within -127 and 127, halves away from 0, as a byte.
pub(super) fn quantised(graph: &mut Graph, x: &str, bits: u8) -> String {
    let x = graph.cast(x, Type::Double);
    let (one, half, most) = (graph.double(f64::from(1u32 << bits)), graph.double(0.5), graph.double(127.0));
    let scaled = graph.apply("Mul", &[&x, &one]);
    let (sign, size) = (graph.apply("Sign", &[&scaled]), graph.apply("Abs", &[&scaled]));
    let size = graph.apply("Add", &[&size, &half]);
    let size = graph.apply("Floor", &[&size]);
    let size = graph.apply("Min", &[&size, &most]);
    let whole = graph.apply("Mul", &[&sign, &size]);
    graph.cast(&whole, Type::Int8)
}

/// W x + b, with the bias as the weight of an input of 1.
fn sums(graph: &mut Graph, layer: &Int8Layer, parameters: &[i8], x: &str) -> String {
    let (outputs, inputs) = (layer.outputs, layer.inputs);
    let at = |input: usize, neuron: usize| parameters[position(outputs, inputs, neuron, input)];
    let places = (0..inputs).flat_map(|input| (0..outputs).map(move |neuron| (input, neuron)));
    let matrix: Vec<i8> = places.map(|(input, neuron)| at(input, neuron)).collect();
    let bias: Vec<i32> = (0..outputs).map(|neuron| i32::from(at(inputs, neuron)) << layer.input_bits).collect();
    let matrix = graph.constant(&[inputs, outputs], &Constant::Int8(&matrix));
    let bias = graph.constant(&[outputs], &Constant::Int32(&bias));
    let products = graph.apply("MatMulInteger", &[x, &matrix]);
    graph.apply("Add", &[&products, &bias])
}

/// 127 tanh(z), with z in units of 2^-bits, looked up.
pub(super) fn tanh(graph: &mut Graph, sums: &str, bits: u32) -> String {
    let down = bits - TANH_BITS;
    let table: Vec<f64> = TANH.iter().map(|entry| f64::from(*entry)).collect();
    let table = graph.constant(&[table.len()], &Constant::Doubles(&table));
    let z = graph.cast(sums, Type::Double);
    let (unit, half) = (graph.double(0.5f64.powi(down as i32)), graph.double(0.5));
    let z = graph.apply("Mul", &[&z, &unit]);
    let z = graph.apply("Add", &[&z, &half]);
    let nearest = graph.apply("Floor", &[&z]);
    let (sign, place) = (graph.apply("Sign", &[&nearest]), graph.apply("Abs", &[&nearest]));
    let last = graph.double(127.0);
    let place = graph.apply("Min", &[&place, &last]);
    let place = graph.cast(&place, Type::Int64);
    let size = graph.apply("Gather", &[&table, &place]);
    let whole = graph.apply("Mul", &[&sign, &size]);
    graph.cast(&whole, Type::Int8)
}

/// The probabilities of the classes, in units of 2^-15 as the integer softmax has them, as f32.
fn softmax(graph: &mut Graph, sums: &str, bits: u32) -> String {
    let halving: Vec<f64> = HALVING.iter().map(|entry| f64::from(*entry)).collect();
    let halving = graph.constant(&[halving.len()], &Constant::Doubles(&halving));
    let sums = graph.cast(sums, Type::Double);
    let largest = graph.node("ReduceMax", &[&sums], &[("axes", Attribute::Numbers(&[1]))]);
    let below = graph.apply("Sub", &[&largest, &sums]);
    // e^-below = 2^-(below log2 e): whole halvings by a shift, 32nds of one by the table
    let below = floored(graph, "Mul", &below, 2f64.powi(EXPONENT_BITS as i32 - bits as i32));
    let limit = graph.double(f64::from(12 << EXPONENT_BITS));
    let below = graph.apply("Min", &[&below, &limit]);
    let halvings = floored(graph, "Mul", &below, f64::from(LOG2_E) / f64::from(1 << EXPONENT_BITS));
    let whole = floored(graph, "Div", &halvings, f64::from(1 << EXPONENT_BITS));
    let parts = floored(graph, "Div", &halvings, f64::from(1 << (EXPONENT_BITS - 5)));
    let thirty_two = graph.double(32.0);
    let passed = graph.apply("Mul", &[&whole, &thirty_two]);
    let place = graph.apply("Sub", &[&parts, &passed]);
    let place = graph.cast(&place, Type::Int64);
    let fraction = graph.apply("Gather", &[&halving, &place]);
    let two = graph.double(2.0);
    let divisor = graph.apply("Pow", &[&two, &whole]);
    let power = graph.apply("Div", &[&fraction, &divisor]);
    let power = graph.apply("Floor", &[&power]);
    let axes = graph.constant(&[1], &Constant::Int64(&[1]));
    let sum = graph.apply("ReduceSum", &[&power, &axes]);
    let one = graph.double(f64::from(1 << 15));
    let power = graph.apply("Mul", &[&power, &one]);
    let units = graph.apply("Div", &[&power, &sum]);
    let units = graph.apply("Floor", &[&units]);
    let probabilities = graph.apply("Div", &[&units, &one]);
    graph.cast(&probabilities, Type::Float)
}

/// floor(x * factor) or floor(x / factor).
fn floored(graph: &mut Graph, operator: &str, x: &str, factor: f64) -> String {
    let factor = graph.double(factor);
    let value = graph.apply(operator, &[x, &factor]);
    graph.apply("Floor", &[&value])
}
