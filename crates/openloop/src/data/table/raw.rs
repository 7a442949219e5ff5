//! The feature columns of rows as they were read, before it is decided what each of them is.

use super::super::kinds::ColumnKind;
use super::bad_row::BadRow;
use super::encoder::{DATE, RowEncoder};
use super::features::FeatureCells;
use crate::data::dates;
use std::collections::{BTreeMap, HashMap};

/// Different texts of a column that are kept; a column with more is no column of categories.
pub(super) const MAX_TEXTS: usize = 1000;
/// The number of a text beyond them.
const OTHER_TEXT: u32 = u32::MAX;

/// Rows of cells that are numbers, texts, or missing.
#[derive(Clone, Debug)]
pub(in crate::data) struct RawRows {
    columns: usize,
    /// `[rows, columns]`: a number, a date's seconds since 1970, or NaN where the cell holds a text or nothing.
    values: Vec<f64>,
    has_gaps: bool,
    texts: BTreeMap<usize, TextColumn>,
}

/// The texts of a column.
#[derive(Clone, Debug)]
pub(super) struct TextColumn {
    /// Of each row up to the last text: 1 + the number of its text, 0 where it has none.
    rows: Vec<u32>,
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    /// What is wrong with the first text, if the column is one of numbers.
    pub first: BadRow,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::data) enum RawCell<'r> {
    Number(f64),
    Text(&'r str),
    /// One of more texts than are kept.
    OtherText,
    Missing,
}

impl RawRows {
    /// No rows yet.
    pub fn new(columns: usize) -> Self {
        RawRows { columns, values: Vec::new(), has_gaps: false, texts: BTreeMap::new() }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    /// Makes room for another row.
    ///
    /// # Errors
    /// If the system has no memory for it.
    pub fn reserve(&mut self) -> Result<(), std::collections::TryReserveError> {
        self.values.try_reserve(self.columns)
    }

    /// Keeps the first `rows` rows.
    pub fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows * self.columns);
        self.texts.values_mut().for_each(|text| text.rows.truncate(rows));
    }

    /// Takes a row.
    ///
    /// # Errors
    /// A row of another width, bytes that are no text, or no date where one is asked for; the row may be taken in part.
    pub(super) fn push(&mut self, row: &FeatureCells<'_>) -> Result<(), BadRow> {
        row.check_width()?;
        let columns = &row.layout.columns;
        let are_plain = !columns.are_encoded();
        for (k, &column) in row.layout.features.iter().enumerate() {
            match row.number(column) {
                Some(value) if are_plain => self.values.push(value),
                number => self.push_other(k, columns.kind(k), number, row)?,
            }
        }
        Ok(())
    }

    /// Takes a cell that is no number, or may be meant otherwise.
    fn push_other(
        &mut self,
        k: usize,
        kind: &ColumnKind,
        number: Option<f64>,
        row: &FeatureCells<'_>,
    ) -> Result<(), BadRow> {
        let column = row.layout.features[k];
        let text = row.text(column)?;
        let value = match kind {
            _ if row.is_missing(column) => None,
            ColumnKind::Date => {
                let seconds = dates::seconds(text.as_bytes(), number);
                Some(seconds.ok_or_else(|| row.bad_value(column, DATE))?)
            }
            _ => {
                if number.is_none() {
                    self.push_text(k, text, row, column);
                }
                number
            }
        };
        self.has_gaps |= value.is_none();
        self.values.push(value.unwrap_or(f64::NAN));
        Ok(())
    }

    fn push_text(&mut self, k: usize, text: &str, row: &FeatureCells<'_>, column: usize) {
        let rows = self.len();
        let texts = self.texts.entry(k).or_insert_with(|| TextColumn::new(row.bad_number(column)));
        let number = texts.number(text);
        texts.rows.resize(rows, 0);
        texts.rows.push(number.saturating_add(1));
    }

    /// Whether every cell is a number.
    pub(super) fn are_numbers(&self) -> bool {
        !self.has_gaps
    }

    /// The texts of column `k`, if it has any.
    pub(super) fn texts(&self, k: usize) -> Option<&TextColumn> {
        self.texts.get(&k)
    }

    pub fn cell(&self, row: usize, k: usize) -> RawCell<'_> {
        let value = self.values[row * self.columns + k];
        if !value.is_nan() {
            return RawCell::Number(value);
        }
        self.texts.get(&k).map_or(RawCell::Missing, |texts| texts.cell(row))
    }

    /// For each column how many of some rows hold a number.
    pub(super) fn count_numbers(&self, rows: impl Iterator<Item = usize>) -> Vec<u64> {
        let mut counts = vec![0; self.columns];
        for row in rows {
            let values = &self.values[row * self.columns..][..self.columns];
            counts.iter_mut().zip(values).for_each(|(count, value)| *count += u64::from(!value.is_nan()));
        }
        counts
    }

    /// All rows as inputs by the kinds of their columns, `[rows, inputs]`; columns without one are left out.
    ///
    /// # Errors
    /// If the system has no memory for them.
    pub fn encode(self, kinds: &[Option<ColumnKind>]) -> Result<Vec<f64>, std::collections::TryReserveError> {
        if kinds.iter().all(|kind| *kind == Some(ColumnKind::Number)) {
            return Ok(self.values);
        }
        let kept: Vec<usize> = (0..self.columns).filter(|k| kinds[*k].is_some()).collect();
        let kinds: Vec<&ColumnKind> = kinds.iter().flatten().collect();
        let encoder = RowEncoder::new(kinds.iter().copied());
        let inputs: usize = kinds.iter().map(|kind| kind.inputs()).sum();
        let mut out = Vec::new();
        out.try_reserve_exact(self.len().saturating_mul(inputs))?;
        for row in 0..self.len() {
            for (place, (&k, kind)) in kept.iter().zip(&kinds).enumerate() {
                encode(&encoder, place, kind, self.cell(row, k), &mut out);
            }
        }
        Ok(out)
    }
}

impl TextColumn {
    fn new(first: BadRow) -> Self {
        TextColumn { rows: Vec::new(), names: Vec::new(), numbers: HashMap::new(), first }
    }

    /// The number of a text, which is kept if there is room.
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        if self.names.len() >= MAX_TEXTS {
            return OTHER_TEXT;
        }
        let number = self.names.len() as u32;
        self.names.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    fn cell(&self, row: usize) -> RawCell<'_> {
        match self.rows.get(row).copied().unwrap_or(0) {
            0 => RawCell::Missing,
            number => self.names.get(number as usize - 1).map_or(RawCell::OtherText, |name| RawCell::Text(name)),
        }
    }

    /// Rows with a text.
    pub fn count(&self) -> u64 {
        self.rows.iter().filter(|number| **number > 0).count() as u64
    }

    /// The different texts, as far as they are kept.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// Appends the inputs of a cell of the column that `encoder` knows as its number `k`.
fn encode(encoder: &RowEncoder, k: usize, kind: &ColumnKind, cell: RawCell<'_>, out: &mut Vec<f64>) {
    match (kind, cell) {
        (ColumnKind::Date, RawCell::Number(seconds)) => out.extend(dates::inputs(seconds)),
        (ColumnKind::Indicated(inner), RawCell::Number(seconds)) if **inner == ColumnKind::Date => {
            out.extend(dates::inputs(seconds));
            out.push(0.0);
        }
        (_, RawCell::Number(value)) => _ = encoder.encode(k, b"0", Some(value), out),
        (_, RawCell::Text(text)) => _ = encoder.encode(k, text.as_bytes(), None, out),
        (_, RawCell::Missing) => _ = encoder.encode(k, b"", None, out),
        // what is not kept is none of the categories
        (_, RawCell::OtherText) => out.resize(out.len() + kind.inputs(), 0.0),
    }
}
