//! The parts of a message: text, and JSON.

use serde_json::{Map, Value};

/// A message that begins like a JSON object.
pub(super) fn object(payload: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(payload).map_err(|error| format!("a message that begins like JSON but is none ({error})"))
}

/// A name in JSON: a text, or a number or a truth value as text.
pub(super) fn word(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        other => Err(format!("{other} where text or a number is expected")),
    }
}

/// A cell of text.
pub(super) fn text(cell: &[u8]) -> Result<&str, String> {
    str::from_utf8(cell).map_err(|_| "a message that is not UTF-8".into())
}
