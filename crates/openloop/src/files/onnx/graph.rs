//! A graph of ONNX operators: nodes, constants, inputs and outputs, and the model around it. The numbers of the fields are those of
//! `onnx.proto`.

use super::protobuf::Message;

/// The version of the format, and of the set of operators.
const IR_VERSION: i64 = 8;
/// The set of operators.
pub const OPSET: i64 = 17;
/// The set of the operators for classical models, from which texts become inputs.
const ML_OPSET: i64 = 3;

/// What the values of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Float = 1,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Text = 8,
    Double = 11,
}

/// The values of a constant.
pub(super) enum Constant<'v> {
    Floats(&'v [f32]),
    Doubles(&'v [f64]),
    Int8(&'v [i8]),
    Int32(&'v [i32]),
    Int64(&'v [i64]),
    Texts(&'v [String]),
}

/// An attribute of a node.
pub(super) enum Attribute<'v> {
    Number(i64),
    Float(f32),
    Numbers(&'v [i64]),
    Texts(&'v [String]),
}

/// A graph under construction.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    names: usize,
}

impl Graph {
    /// Adds an input `[rows, width]`, and gives its name.
    pub fn input(&mut self, name: &str, of: Type, width: usize) -> String {
        self.inputs.push(value(name, of, &[None, Some(width)]));
        name.into()
    }

    /// Makes a value an output, by another name. `width` is that of a row; none for a list.
    pub fn output(&mut self, from: &str, name: &str, of: Type, width: Option<usize>) {
        self.nodes.push(node("Identity", &[from], name, &[]));
        let shape: Vec<Option<usize>> = std::iter::once(None).chain(width.map(Some)).collect();
        self.outputs.push(value(name, of, &shape));
    }

    /// Adds a constant, and gives its name.
    pub fn constant(&mut self, shape: &[usize], values: &Constant<'_>) -> String {
        let name = self.name("c");
        let sized = shape.iter().fold(Message::default(), |message, side| message.number(1, *side as i64));
        let of = match values {
            Constant::Floats(_) => Type::Float,
            Constant::Doubles(_) => Type::Double,
            Constant::Int8(_) => Type::Int8,
            Constant::Int32(_) => Type::Int32,
            Constant::Int64(_) => Type::Int64,
            Constant::Texts(_) => Type::Text,
        };
        let tensor = sized.number(2, of as i64);
        let tensor = match values {
            Constant::Texts(texts) => texts.iter().fold(tensor, |tensor, text| tensor.text(6, text)),
            Constant::Floats(values) => tensor.bytes(9, &le(values, |v| v.to_le_bytes())),
            Constant::Doubles(values) => tensor.bytes(9, &le(values, |v| v.to_le_bytes())),
            Constant::Int8(values) => tensor.bytes(9, &le(values, |v| v.to_le_bytes())),
            Constant::Int32(values) => tensor.bytes(9, &le(values, |v| v.to_le_bytes())),
            Constant::Int64(values) => tensor.bytes(9, &le(values, |v| v.to_le_bytes())),
        };
        self.constants.push(tensor.text(8, &name));
        name
    }

    /// Adds a constant that is one number.
    pub fn double(&mut self, value: f64) -> String {
        self.constant(&[], &Constant::Doubles(&[value]))
    }

    /// Adds a node, and gives the name of its result.
    pub fn node(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, Attribute<'_>)]) -> String {
        let name = self.name("v");
        self.nodes.push(node(operator, inputs, &name, attributes));
        name
    }

    /// Adds a node without attributes.
    pub fn apply(&mut self, operator: &str, inputs: &[&str]) -> String {
        self.node(operator, inputs, &[])
    }

    /// Adds a change of type.
    pub fn cast(&mut self, from: &str, to: Type) -> String {
        self.node("Cast", &[from], &[("to", Attribute::Number(to as i64))])
    }

    /// Adds a change of the shape of each row.
    pub fn reshape(&mut self, from: &str, row: &[usize]) -> String {
        let shape: Vec<i64> = std::iter::once(0).chain(row.iter().map(|side| *side as i64)).collect();
        let shape = self.constant(&[shape.len()], &Constant::Int64(&shape));
        self.apply("Reshape", &[from, &shape])
    }

    /// The file: a model with notes, each a name and a text.
    pub fn into_model(self, notes: &[(&str, String)]) -> Vec<u8> {
        let whole = |field: u32, graph: Message, parts: &[Message]| {
            parts.iter().fold(graph, |graph, part| graph.message(field, part))
        };
        let graph = whole(1, Message::default(), &self.nodes).text(2, "openloop");
        let graph = whole(12, whole(11, whole(5, graph, &self.constants), &self.inputs), &self.outputs);
        Message::default()
            .number(1, IR_VERSION)
            .text(2, "openloop")
            .text(3, env!("CARGO_PKG_VERSION"))
            .message(7, &graph)
            .message(8, &Message::default().text(1, "").number(2, OPSET))
            .message(8, &Message::default().text(1, "ai.onnx.ml").number(2, ML_OPSET))
            .each(14, notes, |(name, text)| Message::default().text(1, name).text(2, text))
            .into_bytes()
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }
}

/// Operators that take texts belong to the set for classical models.
fn domain(operator: &str) -> &str {
    if operator == "OneHotEncoder" { "ai.onnx.ml" } else { "" }
}

fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[(&str, Attribute<'_>)]) -> Message {
    let named = inputs.iter().fold(Message::default(), |node, input| node.text(1, input)).text(2, output);
    let named = named.text(3, output).text(4, operator);
    named.each(5, attributes, |(name, value)| attribute(name, value)).text(7, domain(operator))
}

fn attribute(name: &str, value: &Attribute<'_>) -> Message {
    let named = Message::default().text(1, name);
    match value {
        Attribute::Number(number) => named.number(3, *number).number(20, 2),
        Attribute::Float(float) => named.float(2, *float).number(20, 1),
        Attribute::Numbers(numbers) => numbers.iter().fold(named, |m, number| m.number(8, *number)).number(20, 7),
        Attribute::Texts(texts) => texts.iter().fold(named, |m, text| m.text(9, text)).number(20, 8),
    }
}

/// An input or an output; a side without a length is the number of rows.
fn value(name: &str, of: Type, shape: &[Option<usize>]) -> Message {
    let side = |side: &Option<usize>| match side {
        Some(length) => Message::default().number(1, *length as i64),
        None => Message::default().text(2, "rows"),
    };
    let shape = Message::default().each(1, shape, side);
    let tensor = Message::default().number(1, of as i64).message(2, &shape);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}

/// The bytes of some values, least first.
fn le<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|value| bytes(*value)).collect()
}
