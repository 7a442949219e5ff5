//! The cells of a row's feature columns: which hold a number, and what is wrong with one that does not.

use super::bad_row::{BadRow, Found};
use super::cells::Cells;
use super::layout::TableLayout;
use super::missing::is_missing;

/// A row, and what is known of its table.
#[derive(Clone, Copy)]
pub(super) struct FeatureCells<'t> {
    pub cells: &'t Cells,
    pub layout: &'t TableLayout,
    /// The line that the row starts in.
    pub line: u64,
}

impl<'t> FeatureCells<'t> {
    /// Checks that the row is as wide as the first.
    ///
    /// # Errors
    /// A row of another width.
    pub fn check_width(&self) -> Result<(), BadRow> {
        let (expected, found) = (self.layout.width, self.cells.len());
        if expected == found { Ok(()) } else { Err(BadRow::width(self.line, expected, found)) }
    }

    /// The number in `column`, if it is a finite one.
    #[inline]
    pub fn number(&self, column: usize) -> Option<f64> {
        let value = self.cells.number(column).filter(|value| (*value as f32).is_finite())?;
        Some(if is_halfway(value) { rounded_once(value, self.cells.get(column)) } else { value })
    }

    /// Whether nothing is known of the value in `column`.
    pub fn is_missing(&self, column: usize) -> bool {
        is_missing(self.cells.get(column))
    }

    /// The text in `column`.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub fn text(&self, column: usize) -> Result<&'t str, BadRow> {
        str::from_utf8(self.cells.get(column)).map_err(|_| self.bad(column, "text", Found::NoText))
    }

    /// What is wrong with a cell that should hold a number.
    pub fn bad_number(&self, column: usize) -> BadRow {
        let found = self.found(column);
        let expected = match (self.cells.number(column), &found) {
            (_, Found::Empty | Found::NoText) => "a number",
            (Some(_), _) => "a finite number that fits a 32-bit float",
            (None, _) => self.cells.dialect().number_words(),
        };
        self.bad(column, expected, found)
    }

    /// What is wrong with a cell that should hold what is `expected`.
    pub fn bad_value(&self, column: usize, expected: &'static str) -> BadRow {
        self.bad(column, expected, self.found(column))
    }

    fn found(&self, column: usize) -> Found {
        match str::from_utf8(self.cells.get(column)) {
            Ok("") => Found::Empty,
            Ok(text) => Found::Text(text.into()),
            Err(_) => Found::NoText,
        }
    }

    fn bad(&self, column: usize, expected: &'static str, found: Found) -> BadRow {
        BadRow::cell(self.line, column, self.layout.shown_name(column), expected, found)
    }
}

/// Whether a number lies halfway between two of f32.
#[inline]
fn is_halfway(value: f64) -> bool {
    value.to_bits() & 0x1fff_ffff == 0x1000_0000
}

/// `value` or its neighbour, so that it becomes the f32 that its text is nearest to: a text just above halfway would be rounded to
/// halfway first, and down after that.
#[cold]
fn rounded_once(value: f64, text: &[u8]) -> f64 {
    match fast_float2::parse::<f32, _>(text).map(f64::from) {
        Ok(nearest) if nearest > f64::from(value as f32) => value.next_up(),
        Ok(nearest) if nearest < f64::from(value as f32) => value.next_down(),
        _ => value,
    }
}
