//! What messages say: readings and labels as CSV or JSON, answers as JSON.
//!
//! A model of two features whose label column is called `state` takes these readings:
//!
//! | text | JSON | |
//! |---|---|---|
//! | `1,2` | `{"features":[1,2]}`, `{"a":1,"b":2}` | neither id nor label |
//! | `r7,1,2` | `{"id":"r7","a":1,"b":2}` | an id, for a label that comes later |
//! | `1,2,on` | `{"a":1,"b":2,"state":"on"}`, or `"label":"on"` | a label, as in a file |
//! | `r7,1,2,on` | `{"id":"r7","a":1,"b":2,"label":"on"}` | both |
//!
//! One cell more than the features is an id before them or a label behind them. It is an id if the first cell is no number, or if no
//! class of the model is a number; it is a label if the last cell is no number. Where all cells and a class are numbers, a last cell
//! that is a class or a whole number could be a label: such a reading is refused, unless `extra-cell` of the settings says what it is.
//! A label is `id,label`, or an object with both.

use crate::data::{Cells, EncodedCell, RowEncoder, is_missing, number};
use crate::stream::source::{OutgoingMessage, Row};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the one cell is that a line has more than the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtraCell {
    /// The first one is an id.
    Id,
    /// The last one is a label.
    Label,
}

/// What to do about a cell that could mean two things.
const SAY_WHICH: &str = "send id,...,label or JSON, or set extra-cell = \"id\" or \"label\" in the file for --mqtt";
/// What a feature is expected to be.
const NUMBER: &str = "a finite number";

/// What a model takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadingFormat<'f> {
    /// How many features: columns, if their names are known.
    pub features: usize,
    /// How the cells of the columns become inputs; none where all are numbers.
    pub encoder: Option<&'f RowEncoder>,
    /// Whether a missing feature can be taken as its mean.
    pub has_means: bool,
    /// The names of the features' columns; none where they are not known.
    pub columns: &'f [String],
    /// The label column's name; empty where it is not known.
    pub label: &'f str,
    /// The classes.
    pub classes: &'f [String],
    /// What was said about a line of one cell more than the features.
    pub extra_cell: Option<ExtraCell>,
}

/// Reads a reading into `row`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_reading(
    payload: &[u8],
    format: &ReadingFormat<'_>,
    cells: &mut Cells,
    row: &mut Row,
) -> Result<(), String> {
    if payload.trim_ascii().starts_with(b"{") {
        return object_reading(&object(payload)?, format, row);
    }
    let features = format.features;
    cells.parse(payload.trim_ascii());
    let (first, label) = match cells.len() {
        n if n == features => (0, None),
        n if n == features + 1 => match format.extra_cell.map_or_else(|| extra_cell(cells, format), Ok)? {
            ExtraCell::Id => (1, None),
            ExtraCell::Label => (0, Some(features)),
        },
        n if n == features + 2 => (1, Some(features + 1)),
        n => return Err(format!("a reading of {n} cells; an id and {features} values are expected")),
    };
    if first == 1 {
        row.id.push_str(text(cells.get(0))?);
    }
    if let Some(label) = label {
        row.label.push_str(text(cells.get(label))?);
    }
    for k in 0..features {
        let cell = cells.get(first + k);
        format
            .push(k, cell, number(cell), row)
            .map_err(|expected| format!("cell {} of a reading is not {expected}", first + k + 1))?;
    }
    Ok(())
}

impl ReadingFormat<'_> {
    /// Takes feature `k`.
    ///
    /// # Errors
    /// What it should be.
    fn push(&self, k: usize, cell: &[u8], number: Option<f64>, row: &mut Row) -> Result<(), &'static str> {
        let number = number.filter(|value| value.is_finite());
        let Some(encoder) = self.encoder else {
            let missing = if self.has_means && is_missing(cell) { Some(f64::NAN) } else { None };
            row.features.push(number.or(missing).ok_or(NUMBER)?);
            return Ok(());
        };
        let before = row.features.len();
        match encoder.encode(k, cell, number, &mut row.features) {
            EncodedCell::Bad(expected) => Err(expected),
            _ if !self.has_means && row.features[before..].iter().any(|input| input.is_nan()) => {
                Err("a value that is known")
            }
            _ => Ok(()),
        }
    }

    /// Takes feature `k` from JSON, where null is a missing value.
    fn push_value(&self, k: usize, value: &Value, row: &mut Row) -> Result<(), &'static str> {
        match value {
            Value::Null => self.push(k, b"", None, row),
            Value::Number(value) => self.push(k, value.to_string().as_bytes(), value.as_f64(), row),
            Value::String(text) if self.encoder.is_some() => {
                self.push(k, text.as_bytes(), number(text.as_bytes()), row)
            }
            Value::Bool(value) if self.encoder.is_some() => self.push(k, value.to_string().as_bytes(), None, row),
            _ => Err(NUMBER),
        }
    }
}

/// What the one cell more than the features is.
///
/// # Errors
/// If it could be either.
fn extra_cell(cells: &Cells, format: &ReadingFormat<'_>) -> Result<ExtraCell, String> {
    if format.encoder.is_some() {
        return Err(format!("some features are texts, so an id cannot be told from them; {SAY_WHICH}"));
    }
    let (first, last) = (number(cells.get(0)), number(cells.get(cells.len() - 1)));
    let numbers = || format.classes.iter().filter_map(|class| number(class.as_bytes()));
    match (first, last) {
        (None, _) if is_missing(cells.get(0)) => Err("its first cell is empty or missing: no id, and no number".into()),
        (None, _) => Ok(ExtraCell::Id),
        (Some(_), None) => Ok(ExtraCell::Label),
        (Some(_), Some(last))
            if numbers().any(|class| class == last) || (numbers().next().is_some() && last.fract() == 0.0) =>
        {
            Err(format!("its first cell could be an id or its last one a label; {SAY_WHICH}"))
        }
        (Some(_), Some(_)) => Ok(ExtraCell::Id),
    }
}

fn object_reading(object: &Map<String, Value>, format: &ReadingFormat<'_>, row: &mut Row) -> Result<(), String> {
    let list = object.get("features");
    let named = if list.is_none() { format.columns } else { &[] };
    // a column of that name is a feature, and not what the name means otherwise
    let part =
        |name: &str| object.get(name).filter(|value| !value.is_null() && named.iter().all(|column| column != name));
    if let Some(id) = part("id") {
        row.id.push_str(&word(id)?);
    }
    let label = part("label").map(word).transpose()?;
    let own = if format.label.is_empty() { None } else { part(format.label).map(word).transpose()? };
    match (label, own) {
        (Some(label), Some(own)) if label != own => {
            return Err(format!("\"label\" and \"{}\" of a reading differ", format.label));
        }
        (label, own) => row.label.push_str(&label.or(own).unwrap_or_default()),
    }
    let push = |row: &mut Row, k: usize, value: Option<&Value>, name: &str| {
        let pushed = value.ok_or(NUMBER).and_then(|value| format.push_value(k, value, row));
        pushed.map_err(|expected| format!("\"{name}\" of a reading is not {expected}"))
    };
    match list {
        Some(Value::Array(values)) if values.len() == format.features => {
            values.iter().enumerate().try_for_each(|(k, value)| push(row, k, Some(value), "features"))
        }
        Some(_) => Err(format!("\"features\" of a reading is not a list of {} numbers", format.features)),
        None if named.len() == format.features => {
            named.iter().enumerate().try_for_each(|(k, name)| push(row, k, object.get(name), name))
        }
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
        Value::Bool(value) => Ok(value.to_string()),
        other => Err(format!("{other} where text or a number is expected")),
    }
}

fn text(cell: &[u8]) -> Result<&str, String> {
    str::from_utf8(cell).map_err(|_| "a message that is not UTF-8".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ColumnKind;
    use proptest::prelude::*;

    fn read_with(payload: &str, classes: &[&str], extra_cell: Option<ExtraCell>) -> Result<Row, String> {
        let mut row = Row::default();
        let columns = ["a".to_string(), "b".to_string()];
        let classes: Vec<String> = classes.iter().map(|class| class.to_string()).collect();
        let base = ReadingFormat { features: 2, columns: &columns, label: "state", ..ReadingFormat::default() };
        let format = ReadingFormat { classes: &classes, extra_cell, ..base };
        parse_reading(payload.as_bytes(), &format, &mut Cells::default(), &mut row).map(|()| row)
    }

    fn read(payload: &str) -> Result<Row, String> {
        read_with(payload, &["on", "off"], None)
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
    fn a_label_without_an_id_counts_as_in_a_file_and_under_its_columns_name() {
        let expected = Row { label: "on".into(), features: vec![1.0, 2.0], ..Row::default() };
        for payload in [
            "1,2,on",
            r#"{"a":1,"b":2,"state":"on"}"#,
            r#"{"a":1,"b":2,"label":"on","state":"on"}"#,
            r#"{"features":[1,2],"state":"on","label":null}"#,
        ] {
            assert_eq!(read(payload).unwrap(), expected, "{payload}");
        }
        assert!(read(r#"{"a":1,"b":2,"label":"on","state":"off"}"#).unwrap_err().contains("differ"));
        assert_eq!(read(r#"{"a":1,"b":2,"state":true}"#).unwrap().label, "true");
    }

    #[test]
    fn a_number_that_could_be_an_id_or_a_label_is_refused_until_it_is_said_what_it_is() {
        let classes = ["0", "1", "2"];
        for payload in ["2.1,4.3,1", "2.1,4.3,1.0", "7,4.3,2", "2.1,4.3,9"] {
            assert!(read_with(payload, &classes, None).unwrap_err().contains("extra-cell"), "{payload}");
            let id = read_with(payload, &classes, Some(ExtraCell::Id)).unwrap();
            let label = read_with(payload, &classes, Some(ExtraCell::Label)).unwrap();
            let (first, last) = (payload.split(',').next(), payload.split(',').next_back());
            assert_eq!((Some(&*id.id), &*id.label), (first, ""));
            assert_eq!((&*label.id, Some(&*label.label)), ("", last));
        }
        assert_eq!(read_with("r7,4.3,2", &classes, None).unwrap().id, "r7");
        assert_eq!(read_with("7,4.3,2.5", &classes, None).unwrap().id, "7");
        assert_eq!(read("7,4.3,2").unwrap().id, "7", "no class is a number");
    }

    #[test]
    fn a_feature_called_id_or_label_is_a_feature() {
        let columns = ["id".to_string(), "label".to_string()];
        let format = ReadingFormat { features: 2, columns: &columns, label: "state", ..ReadingFormat::default() };
        let mut row = Row::default();
        parse_reading(br#"{"id":1,"label":2,"state":"on"}"#, &format, &mut Cells::default(), &mut row).unwrap();
        assert_eq!(row, Row { features: vec![1.0, 2.0], label: "on".into(), ..Row::default() });
    }

    #[test]
    fn texts_booleans_and_missing_values_become_inputs_where_the_model_knows_how() {
        let kinds = [ColumnKind::Categories(vec!["dry".into(), "wet".into()]), ColumnKind::Boolean, ColumnKind::Number];
        let encoder = RowEncoder::new(kinds.iter());
        let columns = ["ground", "open", "size"].map(String::from);
        let format =
            ReadingFormat { features: 3, encoder: Some(&encoder), columns: &columns, ..ReadingFormat::default() };
        let read = |payload: &str, has_means: bool| {
            let mut row = Row::default();
            let format = ReadingFormat { has_means, ..format };
            parse_reading(payload.as_bytes(), &format, &mut Cells::default(), &mut row).map(|()| row.features)
        };
        for payload in ["wet,yes,2", r#"{"ground":"wet","open":true,"size":2}"#, r#"{"features":["wet","T",2]}"#] {
            assert_eq!(read(payload, true).unwrap(), [0.0, 1.0, 1.0, 2.0], "{payload}");
        }
        for payload in ["icy,no,", r#"{"ground":null,"open":false,"size":null}"#] {
            let found = read(payload, true).unwrap();
            assert!(found[..3] == [0.0; 3] && found[3].is_nan(), "{payload}: {found:?}");
            assert!(read(payload, false).unwrap_err().contains("not a value that is known"), "{payload}");
        }
        assert!(read("wet,maybe,2", true).unwrap_err().contains("cell 2 of a reading is not true or false"));
        assert!(read("a,wet,yes,2", true).unwrap_err().contains("extra-cell"));
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
            let format = ReadingFormat { features: 3, ..ReadingFormat::default() };
            let _ = parse_reading(&bytes, &format, &mut cells, &mut row);
            let _ = parse_label(&bytes, &mut cells, &mut row);
        }
    }
}
