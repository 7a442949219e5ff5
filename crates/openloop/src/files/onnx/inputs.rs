//! What a model's user gives it: raw features, which become the network's inputs as [`Preprocessing`] says; or the columns of a table,
//! of which texts become one input for each category.

use super::super::blob::ExportError;
use super::graph::{Attribute, Constant, Graph, Type};
use crate::data::{ColumnKind, Columns, Preprocessing};
use crate::learner::DataDescription;

/// The name of the input where there is one.
const INPUT: &str = "features";

/// Adds the inputs and what makes the network's inputs of them; gives the name of these, `[rows, features]`.
///
/// # Errors
/// A column of dates.
pub(super) fn network_inputs(
    graph: &mut Graph,
    about: &DataDescription,
    preprocessing: &Preprocessing,
) -> Result<String, ExportError> {
    let features = about.features();
    let is_exact = !preprocessing.origin.is_empty();
    let of = if is_exact { Type::Double } else { Type::Float };
    let mut x = match about.columns.as_ref().filter(|columns| columns.are_encoded()) {
        None => graph.input(INPUT, of, features),
        Some(columns) => encoded(graph, columns, of)?,
    };
    if is_exact {
        let origin = graph.constant(&[features], &Constant::Doubles(&preprocessing.origin));
        x = graph.apply("Sub", &[&x, &origin]);
        x = graph.cast(&x, Type::Float);
    }
    let each = |values: &[f32]| -> Vec<f32> { (0..features).map(|k| values[k * values.len() / features]).collect() };
    let offset = graph.constant(&[features], &Constant::Floats(&each(&preprocessing.offset)));
    let scale = graph.constant(&[features], &Constant::Floats(&each(&preprocessing.scale)));
    let x = graph.apply("Sub", &[&x, &offset]);
    let x = graph.apply("Mul", &[&x, &scale]);
    // a missing value is the mean, which is 0 now
    let missing = graph.apply("IsNaN", &[&x]);
    let zero = graph.constant(&[], &Constant::Floats(&[0.0]));
    Ok(graph.apply("Where", &[&missing, &zero, &x]))
}

/// An input for each column, and all of them side by side as they enter the standardisation. A missing number is NaN, a missing text
/// the empty one.
fn encoded(graph: &mut Graph, columns: &Columns, of: Type) -> Result<String, ExportError> {
    let mut parts = Vec::new();
    for (name, kind) in columns.each() {
        let (part, missing) = match kind.plain() {
            ColumnKind::Categories(names) => {
                let text = graph.input(name, Type::Text, 1);
                let missing = kind.is_indicated().then(|| one_hot(graph, &text, &[String::new()], of));
                (one_hot(graph, &text, names, of), missing)
            }
            ColumnKind::Date => return Err(ExportError::OnnxDate { column: name.into() }),
            _ => {
                let number = graph.input(name, of, 1);
                let missing = kind.is_indicated().then(|| {
                    let missing = graph.apply("IsNaN", &[&number]);
                    graph.cast(&missing, of)
                });
                (number, missing)
            }
        };
        parts.push(part);
        parts.extend(missing);
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Ok(graph.node("Concat", &parts, &[("axis", Attribute::Number(1))]))
}

/// 1 for the text that is one of `names`, 0 for the others; a text that is none of these is 0 for all.
fn one_hot(graph: &mut Graph, text: &str, names: &[String], of: Type) -> String {
    let attributes = [("cats_strings", Attribute::Texts(names)), ("zeros", Attribute::Number(1))];
    let places = graph.node("OneHotEncoder", &[text], &attributes);
    let places = graph.reshape(&places, &[names.len()]);
    if of == Type::Float { places } else { graph.cast(&places, of) }
}
