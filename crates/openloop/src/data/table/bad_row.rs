//! What is wrong with a row of a table: for those who stop there, and for those who go on.

use super::super::error::excerpt;
use super::super::{DataError, Place};
use std::fmt;
use std::path::Path;

/// What was found in a cell or a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Empty,
    /// This.
    Text(String),
    /// Bytes that are not UTF-8.
    NoText,
    /// That many cells.
    Cells(usize),
    /// A quote that is never closed.
    OpenQuote,
}

/// A row that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    line: u64,
    /// Its number from 0 on, and its name, which is empty where there is none.
    column: Option<(usize, String)>,
    expected: String,
    found: Found,
}

impl BadRow {
    pub(super) fn cell(line: u64, column: usize, name: &str, expected: &str, found: Found) -> Self {
        BadRow { line, column: Some((column, name.into())), expected: expected.into(), found }
    }

    pub(super) fn width(line: u64, expected: usize, found: usize) -> Self {
        let expected = format!("{expected} cells, as in the first row");
        BadRow { line, column: None, expected, found: Found::Cells(found) }
    }

    pub(super) fn unclosed(line: u64) -> Self {
        BadRow { line, column: None, expected: "a closing quote".into(), found: Found::OpenQuote }
    }

    fn place(&self) -> Place {
        match &self.column {
            Some((column, name)) => Place::Cell { line: self.line, column: column + 1, name: name.clone() },
            None => Place::Line(self.line),
        }
    }

    /// A text in a column of numbers as an error: perhaps its numbers name categories.
    pub(super) fn into_text_error(self, path: &Path) -> DataError {
        let name = self.column.as_ref().map_or_else(String::new, |(column, name)| match name.is_empty() {
            true => (column + 1).to_string(),
            false => format!("\"{}\"", excerpt(name)),
        });
        let found = if let Found::Text(text) = &self.found { excerpt(text) } else { String::new() };
        let remedy = format!("correct the cell, or take the column as text with --category {name}");
        DataError::invalid(path, self.place(), self.expected.as_str(), format!("\"{found}\""), remedy)
    }

    /// The same as an error, for those who stop there.
    pub fn into_error(self, path: &Path) -> DataError {
        let (found, remedy) = match &self.found {
            Found::Empty => ("a missing cell".into(), "fill the cell in or remove the row"),
            Found::Text(text) => (format!("\"{}\"", excerpt(text)), "correct the cell or remove the row"),
            Found::NoText => {
                let found = "bytes that are not UTF-8 text, perhaps Latin-1 or Windows-1252";
                (found.into(), "save the file as UTF-8")
            }
            Found::Cells(cells) => (format!("{cells} cells"), "correct the row or remove it"),
            Found::OpenQuote => ("none up to the end".into(), "close the quote that is opened there"),
        };
        DataError::invalid(path, self.place(), self.expected.as_str(), found, remedy)
    }
}

/// For those who go on: the line, the column, and what is wrong.
impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BadRow { expected, found, .. } = self;
        match found {
            Found::Empty => write!(f, "{} is empty, not {expected}", self.place()),
            Found::Text(text) => write!(f, "{} is \"{}\", not {expected}", self.place(), excerpt(text)),
            Found::NoText => write!(f, "{} is not UTF-8 text, perhaps Latin-1 or Windows-1252", self.place()),
            Found::Cells(cells) => write!(f, "{}: {cells} cells, expected {expected}", self.place()),
            Found::OpenQuote => write!(f, "{}: a quote is opened and never closed", self.place()),
        }
    }
}
