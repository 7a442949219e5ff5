//! Frozen convolutions in integers: whole numbers in f32, which holds them exactly up to 1,000 weights a filter, and beyond the sums in
//! f64. So the features are those of [`openloop_core::integer::features`].

use super::graph::{Constant, Graph, Type};
use super::{integer, layers};
use openloop_core::integer::{FRONT_BITS, Int8Front, quantise};
use openloop_core::{Activation, Conv, Error, Layer, Pool, Pooling, Shape};

/// Adds the frozen layers `front`, whose inputs have `bits` fraction bits and whose weights in f32 are `parameters`; gives the name of
/// what they make of x, `[rows, outputs]` in bytes.
pub(super) fn layers(
    graph: &mut Graph,
    front: &[Layer],
    bits: u8,
    parameters: &[f32],
    x: &str,
) -> Result<String, Error> {
    let checked = Int8Front::new(front, bits)?;
    let sizes = checked.sizes();
    let (mut weights, mut biases) = (vec![0; sizes.weights], vec![0; sizes.biases]);
    quantise(&checked, parameters, &mut weights, &mut biases)?;
    let (mut weights, mut biases, mut input_bits) = (&weights[..], &biases[..], u32::from(bits));
    let Shape { channels, height, width } = front[0].input_shape();
    let x = integer::quantised(graph, x, bits);
    let x = graph.cast(&x, Type::Float);
    let mut x = graph.reshape(&x, &[channels, height, width]);
    for layer in front {
        x = match layer {
            Layer::Conv(conv) => {
                let (own, others) = weights.split_at(conv.weights());
                let (of_layer, rest) = biases.split_at(1 + conv.channels);
                (weights, biases) = (others, rest);
                let sums = sums(graph, conv, own, &of_layer[1..], &x);
                let a = integer::tanh(graph, &sums, of_layer[0] as u32 + input_bits);
                input_bits = u32::from(FRONT_BITS);
                graph.cast(&a, Type::Float)
            }
            layer => layers::without_weights(graph, layer, x, pooled),
        };
    }
    let x = graph.cast(&x, Type::Int8);
    Ok(graph.reshape(&x, &[checked.outputs()]))
}

/// W * x + b in f64.
fn sums(graph: &mut Graph, conv: &Conv, weights: &[i8], biases: &[i32], x: &str) -> String {
    let whole = weights.iter().map(|weight| f32::from(*weight));
    let parameters: Vec<f32> = whole.chain(biases.iter().map(|_| 0.0)).collect();
    let products = layers::conv(graph, &Conv { activation: Activation::Identity, ..*conv }, &parameters, x);
    let products = graph.cast(&products, Type::Double);
    let biases: Vec<f64> = biases.iter().map(|bias| f64::from(*bias)).collect();
    let biases = graph.constant(&[biases.len(), 1, 1], &Constant::Doubles(&biases));
    graph.apply("Add", &[&products, &biases])
}

/// The largest, or the mean to the nearest whole number, halves up.
fn pooled(graph: &mut Graph, pool: &Pool, x: &str) -> String {
    let kept = layers::pool(graph, pool, x);
    if pool.pooling == Pooling::Max {
        return kept;
    }
    let [height, width] = pool.windows();
    // means are whole multiples of 1 / count: a quarter of that above a half makes up for how a runtime rounds them
    let half = 0.5 + 0.25 / (height * width) as f32;
    let half = graph.constant(&[], &Constant::Floats(&[half]));
    let above = graph.apply("Add", &[&kept, &half]);
    graph.apply("Floor", &[&above])
}
