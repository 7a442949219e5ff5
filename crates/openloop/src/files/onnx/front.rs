//! Frozen convolutions in integers: whole numbers in f32, which holds them exactly up to 1,000 weights a filter, and beyond the sums in
//! f64. So the features are those of [`openloop_core::integer::features`].

use super::graph::{Constant, Graph, Type};
use super::{integer, layers};
use openloop_core::integer::{FRONT_BITS, Int8Front, quantise};
use openloop_core::{Activation, Conv, Error, Layer, Pooling};

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
    let x = integer::quantised(graph, x, bits);
    let (mut x, mut k) = (graph.cast(&x, Type::Float), 0);
    while let (Some((stage, next)), Some(Layer::Conv(conv))) = (checked.stage(k), front.get(k)) {
        let (own, others) = weights.split_at(conv.weights());
        let (of_layer, rest) = biases.split_at(1 + conv.channels);
        (weights, biases) = (others, rest);
        let sums = sums(graph, conv, own, &of_layer[1..], x);
        let a = integer::tanh(graph, &sums, of_layer[0] as u32 + input_bits);
        x = graph.cast(&a, Type::Float);
        if next > k + 1 {
            x = layers::layers(graph, &front[k + 1..next], &[], x);
            x = if stage.pooling() == Pooling::Average { rounded(graph, stage.windows(), &x) } else { x };
        }
        (k, input_bits) = (next, u32::from(FRONT_BITS));
    }
    Ok(graph.cast(&x, Type::Int8))
}

/// W * x + b in f64, `[rows, outputs]`.
fn sums(graph: &mut Graph, conv: &Conv, weights: &[i8], biases: &[i32], x: String) -> String {
    let whole = weights.iter().map(|weight| f32::from(*weight));
    let parameters: Vec<f32> = whole.chain(biases.iter().map(|_| 0.0)).collect();
    let plain = Layer::Conv(Conv { activation: Activation::Identity, ..*conv });
    let products = layers::layers(graph, &[plain], &parameters, x);
    let products = graph.cast(&products, Type::Double);
    let places = plain.outputs() / conv.channels;
    let biases: Vec<f64> = biases.iter().flat_map(|bias| vec![f64::from(*bias); places]).collect();
    let biases = graph.constant(&[biases.len()], &Constant::Doubles(&biases));
    graph.apply("Add", &[&products, &biases])
}

/// Means of windows to the nearest whole number, halves up.
fn rounded(graph: &mut Graph, [height, width]: [usize; 2], means: &str) -> String {
    // they are whole multiples of 1 / count: a quarter of that above a half makes up for how a runtime rounds them
    let half = 0.5 + 0.25 / (height * width) as f32;
    let half = graph.constant(&[], &Constant::Floats(&[half]));
    let above = graph.apply("Add", &[means, &half]);
    graph.apply("Floor", &[&above])
}
