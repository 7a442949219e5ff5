//! The layers of a network in f32, as operators.

use super::graph::{Attribute, Constant, Graph};
use openloop_core::activation::LEAK;
use openloop_core::{Activation, Conv, Dense, Layer, Pool, Pooling, Shape};

/// Adds some layers whose weights `parameters` holds, layer by layer; gives the name of the last one's output, `[rows, outputs]`.
pub(super) fn layers(graph: &mut Graph, layers: &[Layer], parameters: &[f32], x: String) -> String {
    let (mut x, mut rest, mut flat) = (x, parameters, true);
    for layer in layers {
        let (own, others) = rest.split_at(layer.parameters());
        rest = others;
        let is_flat = matches!(layer, Layer::Dense(_));
        if matches!(layer, Layer::Dropout(_)) {
            continue;
        }
        if is_flat != flat {
            let Shape { channels, height, width } = layer.input_shape();
            let image = [channels, height, width];
            x = graph.reshape(&x, if is_flat { &image[2..] } else { &image });
            flat = is_flat;
        }
        x = match layer {
            Layer::Dense(layer) => dense(graph, layer, own, &x),
            Layer::Conv(layer) => conv(graph, layer, own, &x),
            Layer::Pool(layer) => pool(graph, layer, &x),
            Layer::Dropout(_) => x,
        };
    }
    let outputs = layers.last().map_or(0, Layer::outputs);
    if flat { x } else { graph.reshape(&x, &[outputs]) }
}

fn dense(graph: &mut Graph, layer: &Dense, parameters: &[f32], x: &str) -> String {
    let (weights, bias) = parameters.split_at(layer.outputs * layer.inputs);
    let weights = graph.constant(&[layer.outputs, layer.inputs], &Constant::Floats(weights));
    let bias = graph.constant(&[layer.outputs], &Constant::Floats(bias));
    let sums = graph.node("Gemm", &[x, &weights, &bias], &[("transB", Attribute::Number(1))]);
    activation(graph, layer.activation, sums)
}

fn conv(graph: &mut Graph, layer: &Conv, parameters: &[f32], x: &str) -> String {
    let (weights, bias) = parameters.split_at(layer.weights());
    let shape: Vec<usize> = Layer::Conv(*layer).weight_dimensions().collect();
    let weights = graph.constant(&shape, &Constant::Floats(weights));
    let bias = graph.constant(&[layer.channels], &Constant::Floats(bias));
    let [kernels, strides, [above, left]] =
        [layer.kernels(), layer.strides(), layer.paddings()].map(|sides| sides.map(|side| side as i64));
    let attributes = [
        ("kernel_shape", Attribute::Numbers(&kernels)),
        ("strides", Attribute::Numbers(&strides)),
        ("pads", Attribute::Numbers(&[above, left, above, left])),
    ];
    let sums = graph.node("Conv", &[x, &weights, &bias], &attributes);
    activation(graph, layer.activation, sums)
}

fn pool(graph: &mut Graph, layer: &Pool, x: &str) -> String {
    let window = layer.windows().map(|side| side as i64);
    let operator = match layer.pooling {
        Pooling::Max => "MaxPool",
        Pooling::Average => "AveragePool",
    };
    let attributes = [("kernel_shape", Attribute::Numbers(&window)), ("strides", Attribute::Numbers(&window))];
    graph.node(operator, &[x], &attributes)
}

fn activation(graph: &mut Graph, activation: Activation, sums: String) -> String {
    match activation {
        Activation::Tanh => graph.apply("Tanh", &[&sums]),
        Activation::Sigmoid => graph.apply("Sigmoid", &[&sums]),
        Activation::Relu => graph.apply("Relu", &[&sums]),
        Activation::LeakyRelu => graph.node("LeakyRelu", &[&sums], &[("alpha", Attribute::Float(LEAK))]),
        Activation::Identity => sums,
    }
}
