//! A trained network as an ONNX model, for every runtime that reads one: raw features in, answers out.
//!
//! | input | type | shape |
//! |---|---|---|
//! | `features` | float, or double where the model subtracts an origin | `[rows, features]` |
//! | one for each column instead, by its name, where a table has columns that are no numbers | the same; string for categories; 1 or 0 for true or false | `[rows, 1]` |
//!
//! | output | type | shape | what |
//! |---|---|---|---|
//! | `probabilities` | float | `[rows, classes]` | what the network answers, of a model with classes |
//! | `label` | int64 | `[rows]` | the number of the class |
//! | `class` | string | `[rows]` | its name |
//! | `values` | float, or double in the unit of the targets | `[rows, targets]` | what the network answers, of a regression |
//!
//! The operators are those of opset 17 (and `ai.onnx.ml` 3 for texts), the format is version 8. The standardisation is part of the
//! graph: NaN is the mean, as everywhere. The notes of the model name its rule, net, data and classes. An int8 model has products of
//! whole numbers (`MatMulInteger`), and the probabilities of `predict` to the bit. Normalisation is folded into weights and biases.

mod front;
mod graph;
mod inputs;
mod integer;
mod layers;
mod protobuf;

use super::blob::ExportError;
use super::checkpoint::Checkpoint;
use crate::learner::{DataDescription, Model, folded};
pub use graph::OPSET;
use graph::{Attribute, Constant, Graph, Type};
use openloop_core::Loss;

/// The bytes of the file.
///
/// # Errors
/// A column of dates, and parts that do not fit each other, which no checkpoint that was read has.
pub fn to_onnx(checkpoint: &Checkpoint<'_>) -> Result<Vec<u8>, ExportError> {
    let settings = &checkpoint.settings;
    let model = checkpoint.clone().into_owned().into_model().map_err(ExportError::Onnx)?;
    let about = model.about();
    let notes = [
        ("rule", settings.rule.name().to_string()),
        ("net", settings.net.to_string()),
        ("data", about.data.clone()),
        ("classes", about.classes.join("\n")),
        ("opset", OPSET.to_string()),
    ];
    let mut graph = Graph::default();
    let x = inputs::network_inputs(&mut graph, about, model.preprocessing())?;
    let y = answers(&mut graph, &model, x)?;
    match about.classes.is_empty() {
        true => values(&mut graph, about, &y),
        false => classes(&mut graph, about, &y),
    }
    Ok(graph.into_model(&notes))
}

/// Adds the network; gives the name of what it answers.
fn answers(graph: &mut Graph, model: &Model, x: String) -> Result<String, ExportError> {
    let (network, weights) = &folded(model.network(), model.weights()).map_err(ExportError::Onnx)?;
    let Some(int8) = weights.int8() else {
        let sums = layers::layers(graph, network.layers(), weights.floats(), x);
        return Ok(match network.loss() {
            Loss::BinaryCrossEntropy => graph.apply("Sigmoid", &[&sums]),
            Loss::CrossEntropy => graph.node("Softmax", &[&sums], &[("axis", Attribute::Number(1))]),
            Loss::MeanSquaredError => sums,
        });
    };
    let x = match int8.front_bits {
        Some(bits) => front::layers(graph, network.front(), bits, weights.floats(), &x).map_err(ExportError::Onnx)?,
        None => {
            let x = layers::layers(graph, network.front(), weights.floats(), x);
            integer::quantised(graph, &x, int8.input_bits)
        }
    };
    let chain = int8.layers(network.learning()).map_err(ExportError::Onnx)?;
    integer::layers(graph, &chain, int8, &x).map_err(ExportError::Onnx)
}

/// The outputs of a model with classes.
fn classes(graph: &mut Graph, about: &DataDescription, y: &str) {
    graph.output(y, "probabilities", Type::Float, Some(about.outputs));
    let attributes = [("axis", Attribute::Number(1)), ("keepdims", Attribute::Number(0))];
    let label = graph.node("ArgMax", &[y], &attributes);
    graph.output(&label, "label", Type::Int64, None);
    let names = graph.constant(&[about.outputs], &Constant::Texts(&about.classes));
    let class = graph.apply("Gather", &[&names, &label]);
    graph.output(&class, "class", Type::Text, None);
}

/// The output of a regression, in the unit of its targets if they have one.
fn values(graph: &mut Graph, about: &DataDescription, y: &str) {
    let Some(units) = &about.units else { return graph.output(y, "values", Type::Float, Some(about.outputs)) };
    let y = graph.cast(y, Type::Double);
    let deviation = graph.constant(&[about.outputs], &Constant::Doubles(&units.deviation));
    let mean = graph.constant(&[about.outputs], &Constant::Doubles(&units.mean));
    let y = graph.apply("Mul", &[&y, &deviation]);
    let y = graph.apply("Add", &[&y, &mean]);
    graph.output(&y, "values", Type::Double, Some(about.outputs));
}
