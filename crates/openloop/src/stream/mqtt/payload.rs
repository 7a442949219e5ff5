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
//! A label is `id,label`, or an object with both. Of a model of values a label is a number, or one for each target: so many cells, a list
//! under "label", or under their names.

pub use super::label::parse_label;
use super::label::{take_cells, take_object, width};
use super::message::{object, text, word};
use crate::data::{Cells, ColumnKind, EncodedCell, OddCell, OddNews, RowEncoder, is_missing, number};
use crate::stream::answer::Answer;
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

/// Room for reading, and what is to be said of what was read.
#[derive(Debug, Default)]
pub struct Reader {
    /// The cells of a message.
    pub cells: Cells,
    odd: OddNews,
}

impl Reader {
    /// What has to be said of missing and unknown values, once for each column: the next text.
    pub fn take_news(&mut self) -> Option<String> {
        self.odd.take()
    }
}

/// What a model takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadingFormat<'f> {
    /// How many features: columns, if their names are known.
    pub features: usize,
    /// How the cells of the columns become inputs; none where all are numbers.
    pub encoder: Option<&'f RowEncoder>,
    /// What the columns are; none where all are numbers.
    pub kinds: &'f [ColumnKind],
    /// Whether a missing feature can be taken as its mean.
    pub has_means: bool,
    /// The names of the features' columns; none where they are not known.
    pub columns: &'f [String],
    /// The label column's name; empty where it is not known.
    pub label: &'f str,
    /// The classes.
    pub classes: &'f [String],
    /// The names of the targets, where they are values; none where they are classes.
    pub targets: &'f [String],
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
    reader: &mut Reader,
    row: &mut Row,
) -> Result<(), String> {
    let Reader { cells, odd } = reader;
    odd.begin_row();
    if payload.trim_ascii().starts_with(b"{") {
        object_reading(&object(payload)?, format, odd, row)?;
        odd.end_row();
        return Ok(());
    }
    let (features, width) = (format.features, width(format.targets));
    cells.parse(payload.trim_ascii());
    let (first, label) = match cells.len() {
        n if n == features => (0, None),
        n if width > 1 && n == features + width => (0, Some(features)),
        n if n == features + 1 => match format.extra_cell.map_or_else(|| extra_cell(cells, format), Ok)? {
            ExtraCell::Id => (1, None),
            ExtraCell::Label if width > 1 => return Err(format!("one cell for {width} targets")),
            ExtraCell::Label => (0, Some(features)),
        },
        n if n == features + 1 + width => (1, Some(features + 1)),
        n => return Err(format!("a reading of {n} cells; an id and {features} values are expected")),
    };
    if first == 1 {
        row.id.push_str(text(cells.get(0))?);
    }
    if let Some(label) = label {
        take_cells(format.targets, |k| cells.get(label + k), row)?;
    }
    for k in 0..features {
        let cell = cells.get(first + k);
        format
            .push(k, cell, number(cell), odd, row)
            .map_err(|expected| format!("cell {} of a reading is not {expected}", first + k + 1))?;
    }
    odd.end_row();
    Ok(())
}

impl ReadingFormat<'_> {
    /// Takes feature `k`.
    ///
    /// # Errors
    /// What it should be.
    fn push(
        &self,
        k: usize,
        cell: &[u8],
        number: Option<f64>,
        odd: &mut OddNews,
        row: &mut Row,
    ) -> Result<(), &'static str> {
        let number = number.filter(|value| value.is_finite());
        let Some(encoder) = self.encoder else {
            let missing = if self.has_means && is_missing(cell) { Some(f64::NAN) } else { None };
            row.features.push(number.or(missing).ok_or(NUMBER)?);
            if number.is_none() {
                self.tell(OddCell::Missing, k, odd);
            }
            return Ok(());
        };
        let before = row.features.len();
        match encoder.encode(k, cell, number, &mut row.features) {
            EncodedCell::Bad(expected) => Err(expected),
            _ if !self.has_means && row.features[before..].iter().any(|input| input.is_nan()) => {
                Err("a value that is known")
            }
            EncodedCell::Value => Ok(()),
            EncodedCell::Missing => {
                self.tell(OddCell::Missing, k, odd);
                Ok(())
            }
            EncodedCell::Unknown => {
                self.tell(OddCell::Unknown(&String::from_utf8_lossy(cell)), k, odd);
                Ok(())
            }
        }
    }

    /// Says what was found in feature column `k`, as for a file.
    fn tell(&self, found: OddCell<'_>, k: usize, odd: &mut OddNews) {
        let number = (k + 1).to_string();
        let column =
            (self.columns.get(k).unwrap_or(&number).as_str(), self.kinds.get(k).unwrap_or(&ColumnKind::Number));
        odd.tell(found, k, column, || ("a reading".into(), None));
    }

    /// Takes feature `k` from JSON, where null is a missing value.
    fn push_value(&self, k: usize, value: &Value, odd: &mut OddNews, row: &mut Row) -> Result<(), &'static str> {
        match value {
            Value::Null => self.push(k, b"", None, odd, row),
            Value::Number(value) => self.push(k, value.to_string().as_bytes(), value.as_f64(), odd, row),
            Value::String(text) if self.encoder.is_some() => {
                self.push(k, text.as_bytes(), number(text.as_bytes()), odd, row)
            }
            Value::Bool(value) if self.encoder.is_some() => self.push(k, value.to_string().as_bytes(), None, odd, row),
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
    let is_value = format.targets.len() == 1;
    let numbers = || format.classes.iter().filter_map(|class| number(class.as_bytes()));
    match (first, last) {
        (None, _) if is_missing(cells.get(0)) => Err("its first cell is empty or missing: no id, and no number".into()),
        (None, _) => Ok(ExtraCell::Id),
        (Some(_), None) => Ok(ExtraCell::Label),
        (Some(_), Some(last))
            if is_value
                || numbers().any(|class| class == last)
                || (numbers().next().is_some() && last.fract() == 0.0) =>
        {
            Err(format!("its first cell could be an id or its last one a label; {SAY_WHICH}"))
        }
        (Some(_), Some(_)) => Ok(ExtraCell::Id),
    }
}

fn object_reading(
    object: &Map<String, Value>,
    format: &ReadingFormat<'_>,
    odd: &mut OddNews,
    row: &mut Row,
) -> Result<(), String> {
    let list = object.get("features");
    let named = if list.is_none() { format.columns } else { &[] };
    // a column of that name is a feature, and not what the name means otherwise
    let part =
        |name: &str| object.get(name).filter(|value| !value.is_null() && named.iter().all(|column| column != name));
    if let Some(id) = part("id") {
        row.id.push_str(&word(id)?);
    }
    take_object(format.targets, format.label, part, row)?;
    let mut push = |row: &mut Row, k: usize, value: Option<&Value>, name: &str| {
        let pushed = value.ok_or(NUMBER).and_then(|value| format.push_value(k, value, odd, row));
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

/// The JSON text of an outgoing message.
pub fn outgoing(message: &OutgoingMessage<'_>) -> String {
    match *message {
        OutgoingMessage::Prediction { id, answer: Answer::Class { name, confidence } } => {
            json!({ "id": id, "label": name, "confidence": confidence }).to_string()
        }
        OutgoingMessage::Prediction { id, answer: Answer::Values { names, values } } => {
            let values: Map<String, Value> =
                names.iter().cloned().zip(values.iter().map(|value| json!(value))).collect();
            json!({ "id": id, "values": values }).to_string()
        }
        OutgoingMessage::Prediction { id, answer: Answer::Anomaly { score, threshold, is_flagged } } => {
            json!({ "id": id, "score": score, "threshold": threshold, "flagged": is_flagged }).to_string()
        }
        OutgoingMessage::Drift { row } => json!({ "drift": row }).to_string(),
    }
}

#[cfg(test)]
mod tests;
