//! Cells become inputs by the kinds of their columns, as a model or a decision knows them.

use super::super::dates;
use super::super::kinds::{ColumnKind, boolean};
use super::missing::is_missing;
use std::borrow::Cow;
use std::collections::HashMap;

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodedCell {
    /// A value of its column.
    Value,
    /// Nothing that is known: the inputs are NaN, or 0 for all categories.
    Missing,
    /// A text that is none of the categories: the inputs are 0.
    Unknown,
    /// Something else than this; no input was written.
    Bad(&'static str),
}

/// What the encoder of a column knows.
#[derive(Clone, Debug)]
enum CellEncoder {
    Number,
    Boolean,
    /// The place of each category.
    Categories(HashMap<String, usize>),
    Date,
    /// The same, then whether the cell is missing.
    Indicated(Box<CellEncoder>),
}

/// The encoders of a model's feature columns.
#[derive(Clone, Debug)]
pub struct RowEncoder(Vec<CellEncoder>);

impl RowEncoder {
    /// For rows whose feature columns are of these kinds.
    pub fn new<'k>(kinds: impl Iterator<Item = &'k ColumnKind>) -> Self {
        RowEncoder(kinds.map(CellEncoder::of).collect())
    }

    /// Appends the inputs of a cell of feature column `k` to `out`: the cell's text, and the finite number in it if there is one.
    pub fn encode(&self, k: usize, cell: &[u8], number: Option<f64>, out: &mut Vec<f64>) -> EncodedCell {
        self.0[k].encode(cell, number, out)
    }
}

impl CellEncoder {
    fn of(kind: &ColumnKind) -> Self {
        match kind {
            ColumnKind::Number => CellEncoder::Number,
            ColumnKind::Boolean => CellEncoder::Boolean,
            ColumnKind::Categories(names) => CellEncoder::Categories(names.iter().cloned().zip(0..).collect()),
            ColumnKind::Date => CellEncoder::Date,
            ColumnKind::Indicated(kind) => CellEncoder::Indicated(Box::new(CellEncoder::of(kind))),
        }
    }

    fn encode(&self, cell: &[u8], number: Option<f64>, out: &mut Vec<f64>) -> EncodedCell {
        match self {
            CellEncoder::Indicated(encoder) => {
                let found = encoder.encode(cell, number, out);
                if !matches!(found, EncodedCell::Bad(_)) {
                    out.push(f64::from(u8::from(found == EncodedCell::Missing)));
                }
                found
            }
            CellEncoder::Categories(places) => encode_category(places, cell, number, out),
            CellEncoder::Date if is_missing(cell) => {
                out.extend([f64::NAN; dates::INPUTS]);
                EncodedCell::Missing
            }
            CellEncoder::Date => match dates::seconds(cell, number) {
                Some(seconds) => {
                    out.extend(dates::inputs(seconds));
                    EncodedCell::Value
                }
                None => EncodedCell::Bad(DATE),
            },
            _ if is_missing(cell) => {
                out.push(f64::NAN);
                EncodedCell::Missing
            }
            CellEncoder::Number => push_value(number, "a number", out),
            CellEncoder::Boolean => {
                let value = boolean(cell).or(number.filter(|value| *value == 0.0 || *value == 1.0));
                push_value(value, "true or false, yes or no, t or f, 1 or 0", out)
            }
        }
    }
}

/// What a date is expected to be.
pub(super) const DATE: &str = "a date such as 2024-05-31 or 2024-05-31T16:45, or seconds or milliseconds since 1970";

fn push_value(value: Option<f64>, expected: &'static str, out: &mut Vec<f64>) -> EncodedCell {
    match value {
        Some(value) => {
            out.push(value);
            EncodedCell::Value
        }
        None => EncodedCell::Bad(expected),
    }
}

fn encode_category(
    places: &HashMap<String, usize>,
    cell: &[u8],
    number: Option<f64>,
    out: &mut Vec<f64>,
) -> EncodedCell {
    let Ok(text) = str::from_utf8(cell) else { return EncodedCell::Bad("text") };
    let start = out.len();
    out.resize(start + places.len(), 0.0);
    if is_missing(cell) {
        return EncodedCell::Missing;
    }
    let place = places.get(&*category(text, number));
    place.map_or(EncodedCell::Unknown, |place| {
        out[start + place] = 1.0;
        EncodedCell::Value
    })
}

/// What a cell's category is called: its text, or its finite number, however that is written.
pub(super) fn category(text: &str, number: Option<f64>) -> Cow<'_, str> {
    // adding zero makes -0 the same as 0
    number.map_or(Cow::Borrowed(text), |value| Cow::Owned((value + 0.0).to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::number;
    use super::*;

    /// The inputs of these cells, NaN as -9, or what was expected.
    fn encode(kind: ColumnKind, cells: &[&str]) -> Vec<Result<Vec<f64>, &'static str>> {
        let encoder = RowEncoder::new([&kind].into_iter());
        let one = |cell: &&str| {
            let mut out = Vec::new();
            match encoder.encode(0, cell.as_bytes(), number(cell.as_bytes()).filter(|x| x.is_finite()), &mut out) {
                EncodedCell::Bad(expected) => Err(expected),
                _ => Ok(out.into_iter().map(|x| if x.is_nan() { -9.0 } else { x }).collect()),
            }
        };
        cells.iter().map(one).collect()
    }

    #[test]
    fn a_category_is_1_in_its_place_and_what_is_unknown_or_missing_is_0_everywhere() {
        let kind = || ColumnKind::Categories(["1", "2", "red"].map(String::from).to_vec());
        let found = encode(kind(), &["red", "1.0", "01", "2e0", "Red", "3", "", "NA"]);
        let expected = [[0, 0, 1], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0; 3], [0; 3], [0; 3], [0; 3]];
        assert_eq!(found, expected.map(|row| Ok(row.map(f64::from).to_vec())));
    }

    #[test]
    fn booleans_are_1_and_0_and_other_words_are_bad() {
        let found = encode(ColumnKind::Boolean, &["Yes", "f", "1", "0", "?", "2", "maybe"]);
        assert_eq!(found[..5], [1.0, 0.0, 1.0, 0.0, -9.0].map(|x| Ok(vec![x])));
        assert!(found[5].is_err() && found[6].is_err());
    }

    #[test]
    fn the_missing_indicator_is_1_where_the_cell_is_missing_and_0_where_it_is_unknown() {
        let of = |kind: ColumnKind, cells: &[&str]| {
            encode(kind.with_indicator(), cells).into_iter().map(Result::unwrap).collect::<Vec<_>>()
        };
        assert_eq!(of(ColumnKind::Number, &["2.5", "NA"]), [[2.5, 0.0], [-9.0, 1.0]]);
        assert_eq!(of(ColumnKind::Boolean, &["yes", ""]), [[1.0, 0.0], [-9.0, 1.0]]);
        let colours = ColumnKind::Categories(vec!["red".into()]);
        assert_eq!(of(colours, &["red", "blue", ""]), [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]);
        assert!(encode(ColumnKind::Number.with_indicator(), &["x"])[0].is_err());
    }

    #[test]
    fn a_date_is_six_inputs_a_missing_one_too_and_another_word_is_bad() {
        let found = encode(ColumnKind::Date, &["1970-01-01", "", "soon"]);
        let week = 3.0 / 7.0 * std::f64::consts::TAU;
        assert_eq!(found[0], Ok(vec![0.0, 1.0, libm::sin(week), libm::cos(week), 0.0, 1.0]));
        assert_eq!((&found[1], &found[2]), (&Ok(vec![-9.0; 6]), &Err(DATE)));
    }
}
