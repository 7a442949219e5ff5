//! What messages say: readings and labels as CSV or JSON, answers as JSON.
//!
//! A reading is `id,v1,v2,...`, or without an id `v1,v2,...`; with its label behind it `id,v1,...,label`. As JSON it is an object
//! with `id` (text or number), the values in a list `features` or each under its column's name, and `label` if it is known.
//! A label is `id,label`, or an object with both.

use crate::data::{Cells, number};
use crate::stream::source::{OutgoingMessage, Row};
use serde_json::{Map, Value, json};

/// Reads a reading into `row`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_reading(
    payload: &[u8],
    columns: &[String],
    features: usize,
    cells: &mut Cells,
    row: &mut Row,
) -> Result<(), String> {
    if payload.trim_ascii().starts_with(b"{") {
        return object_reading(&object(payload)?, columns, features, row);
    }
    cells.parse(payload.trim_ascii());
    let (first, label) = match cells.len() {
        n if n == features => (0, None),
        n if n == features + 1 => (1, None),
        n if n == features + 2 => (1, Some(features + 1)),
        n => return Err(format!("a reading of {n} cells; an id and {features} values are expected")),
    };
    if first == 1 {
        row.id.push_str(text(cells.get(0))?);
    }
    if let Some(label) = label {
        row.label.push_str(text(cells.get(label))?);
    }
    for k in first..first + features {
        let value = number(cells.get(k)).filter(|value| value.is_finite());
        row.features.push(value.ok_or_else(|| format!("cell {} of a reading is not a finite number", k + 1))?);
    }
    Ok(())
}

fn object_reading(
    object: &Map<String, Value>,
    columns: &[String],
    features: usize,
    row: &mut Row,
) -> Result<(), String> {
    if let Some(id) = object.get("id") {
        row.id.push_str(&word(id)?);
    }
    if let Some(label) = object.get("label").filter(|label| !label.is_null()) {
        row.label.push_str(&word(label)?);
    }
    let push = |row: &mut Row, value: Option<&Value>, name: &str| {
        let value = value.and_then(Value::as_f64).filter(|value| value.is_finite());
        row.features.push(value.ok_or_else(|| format!("\"{name}\" of a reading is not a finite number"))?);
        Ok::<(), String>(())
    };
    match object.get("features") {
        Some(Value::Array(values)) if values.len() == features => {
            values.iter().try_for_each(|value| push(row, Some(value), "features"))
        }
        Some(_) => Err(format!("\"features\" of a reading is not a list of {features} numbers")),
        None if columns.len() == features => columns.iter().try_for_each(|name| push(row, object.get(name), name)),
        None => Err("a reading without \"features\"".into()),
    }
}

/// Reads a late label into `row`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_label(payload: &[u8], cells: &mut Cells, row: &mut Row) -> Result<(), String> {
    if payload.trim_ascii().starts_with(b"{") {
        let object = object(payload)?;
        let part = |name: &str| object.get(name).ok_or_else(|| format!("a label without \"{name}\"")).and_then(word);
        row.id.push_str(&part("id")?);
        row.label.push_str(&part("label")?);
    } else {
        cells.parse(payload.trim_ascii());
        if cells.len() != 2 {
            return Err(format!("a label of {} cells; an id and a class are expected", cells.len()));
        }
        row.id.push_str(text(cells.get(0))?);
        row.label.push_str(text(cells.get(1))?);
    }
    match row.id.is_empty() || row.label.is_empty() {
        true => Err("a label without an id, or without a class".into()),
        false => Ok(()),
    }
}

/// The JSON text of an outgoing message.
pub fn outgoing(message: &OutgoingMessage<'_>) -> String {
    match *message {
        OutgoingMessage::Prediction { id, label, confidence } => {
            json!({ "id": id, "label": label, "confidence": confidence }).to_string()
        }
        OutgoingMessage::Drift { row } => json!({ "drift": row }).to_string(),
    }
}

fn object(payload: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(payload).map_err(|error| format!("a message that begins like JSON but is none ({error})"))
}

fn word(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("{other} where text or a number is expected")),
    }
}

fn text(cell: &[u8]) -> Result<&str, String> {
    str::from_utf8(cell).map_err(|_| "a message that is not UTF-8".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(payload: &str) -> Result<Row, String> {
        let mut row = Row::default();
        let columns = ["a".to_string(), "b".to_string()];
        parse_reading(payload.as_bytes(), &columns, 2, &mut Cells::default(), &mut row).map(|()| row)
    }

    #[test]
    fn a_reading_is_the_same_however_it_is_written() {
        let expected = Row { id: "7".into(), features: vec![1.0, -2.5], ..Row::default() };
        for payload in
            ["7,1,-2.5", "7, 1 ,-2.5\n", r#"{"id":7,"features":[1,-2.5]}"#, r#"{"id":"7","b":-2.5,"a":1,"c":true}"#]
        {
            assert_eq!(read(payload).unwrap(), expected, "{payload}");
        }
        assert_eq!(read("1,-2.5").unwrap().id, "");
        assert_eq!(read("7,1,2,x").unwrap().label, "x");
        assert_eq!(read(r#"{"id":1,"features":[1,2],"label":3}"#).unwrap().label, "3");
    }

    #[test]
    fn what_is_no_reading_is_named() {
        for (payload, words) in [
            ("", "cells"),
            ("1,2,3,4,5", "5 cells"),
            ("7,x,1", "cell 2"),
            ("7,NaN,1", "cell 2"),
            ("{", "JSON"),
            (r#"{"id":1}"#, "\"a\""),
            (r#"{"id":[],"a":1,"b":1}"#, "text or a number"),
            (r#"{"features":[1]}"#, "list of 2"),
        ] {
            let error = read(payload).unwrap_err();
            assert!(error.contains(words), "{payload}: {error}");
        }
    }

    #[test]
    fn a_label_needs_an_id_and_a_class() {
        let read = |payload: &str| {
            let mut row = Row::default();
            parse_label(payload.as_bytes(), &mut Cells::default(), &mut row).map(|()| (row.id, row.label))
        };
        assert_eq!(read("7,on").unwrap(), read(r#"{"id":7,"label":"on"}"#).unwrap());
        for payload in ["7", "7,", ",on", "1,2,3", r#"{"id":7}"#] {
            assert!(read(payload).is_err(), "{payload}");
        }
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (mut cells, mut row) = (Cells::default(), Row::default());
            let _ = parse_reading(&bytes, &[], 3, &mut cells, &mut row);
            let _ = parse_label(&bytes, &mut cells, &mut row);
        }
    }
}
