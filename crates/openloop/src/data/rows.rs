//! Rows of features for a model that knows its columns: CSV with or without a header, with or without the label.

use super::error::excerpt;
use super::table::{CsvRow, CsvTable, is_number};
use super::{Columns, DataError, DataFile, Place};

/// What a row of CSV is expected to hold.
#[derive(Clone, Copy, Debug)]
pub enum ExpectedColumns<'a> {
    /// These columns.
    Columns(&'a Columns),
    /// This many features, whatever they are called.
    Count(usize),
}

/// The rows of [`read_rows`]: the line each starts in, and its features.
pub struct FeatureRows {
    table: CsvTable,
    layout: Result<ColumnPositions, Option<DataError>>,
}

/// Reads rows of raw features from CSV, one at a time, so that a live stream can be followed.
///
/// With a header, columns are matched by name, and columns of other names (such as the label) are ignored. Without one,
/// they are matched by position: a row holds the features, or the features and a label. That label is the last cell, or
/// stands where it stood when the model was trained on a file without a header.
///
/// Each item is the line and the features, or what is wrong: with one row, after which the next can be read, or with
/// the file or its first row, after which there are no more.
pub fn read_rows(source: DataFile, expected: ExpectedColumns) -> FeatureRows {
    let mut table = CsvTable::new(source);
    let layout = match ColumnPositions::find(&mut table, expected) {
        Ok(Some(layout)) => Ok(layout),
        Ok(None) => Err(None),
        Err(error) => Err(Some(error)),
    };
    FeatureRows { table, layout }
}

impl Iterator for FeatureRows {
    type Item = Result<(u64, Vec<f32>), DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let layout = match &mut self.layout {
            Ok(layout) => layout,
            Err(error) => return error.take().map(Err),
        };
        match self.table.next() {
            Ok(Some(row)) => {
                let mut features = Vec::with_capacity(layout.features.len());
                let line = row.line;
                Some(layout.read(&row, &mut features).map(|()| (line, features)))
            }
            Ok(None) => None,
            Err(error) => {
                self.layout = Err(None);
                Some(Err(error))
            }
        }
    }
}

/// Which cells of a row are the features and which is the label.
pub(super) struct ColumnPositions {
    /// Cells in a row.
    pub width: usize,
    /// Where each feature stands.
    pub features: Vec<usize>,
    /// Where the label stands, if there is one.
    pub label: Option<usize>,
    /// What messages call each cell; empty without a header.
    pub names: Vec<String>,
    /// The line of the first row.
    pub line: u64,
}

impl ColumnPositions {
    /// Matches the first row of `table` with `expected`; none if there is no row. A header is used up, data are not.
    ///
    /// # Errors
    /// If the row cannot be read or does not hold what is expected.
    pub fn find(table: &mut CsvTable, expected: ExpectedColumns) -> Result<Option<Self>, DataError> {
        let Some(row) = table.next()? else { return Ok(None) };
        let names = row.texts();
        let (count, label) = match expected {
            ExpectedColumns::Columns(columns) => (columns.features.len(), label_position(columns)),
            ExpectedColumns::Count(count) => (count, count),
        };
        let label = (row.len() == count + 1).then_some(label);
        let known = |names: &[String]| match expected {
            ExpectedColumns::Columns(columns) => columns.features.iter().all(|name| names.contains(name)),
            ExpectedColumns::Count(_) => false,
        };
        let header = known(&names) || is_header(&names, label);
        let layout = match expected {
            ExpectedColumns::Columns(columns) if header => Self::by_name(&row, names, columns)?,
            _ => Self::by_position(&row, if header { names } else { Vec::new() }, count, label)?,
        };
        if !header {
            table.repeat_row();
        }
        Ok(Some(layout))
    }

    fn by_name(row: &CsvRow, names: Vec<String>, columns: &Columns) -> Result<Self, DataError> {
        let features: Result<Vec<usize>, &String> =
            columns.features.iter().map(|name| position(&names, name).ok_or(name)).collect();
        match features {
            Ok(features) => {
                let label = position(&names, &columns.label);
                Ok(ColumnPositions { width: names.len(), features, label, names, line: row.line })
            }
            Err(name) => Err(row.wrong(
                format!("the model's columns, among them \"{}\" once", excerpt(name)),
                format!("the columns {}", list(&names)),
                "name the columns as in the training data",
            )),
        }
    }

    fn by_position(row: &CsvRow, names: Vec<String>, count: usize, label: Option<usize>) -> Result<Self, DataError> {
        let width = row.len();
        if width != count && label.is_none() {
            let expected = format!("{count} features, or {count} features and a label, separated by commas");
            return Err(row.wrong(
                expected,
                format!("{width} cells"),
                "give the rows the columns of the training data",
            ));
        }
        let features = (0..width).filter(|&column| Some(column) != label).collect();
        Ok(ColumnPositions { width, features, label, names, line: row.line })
    }

    /// Appends the features of `row`.
    ///
    /// # Errors
    /// If the row has another width than the first, or a cell is missing or not a finite number.
    pub fn read(&self, row: &CsvRow, features: &mut Vec<f32>) -> Result<(), DataError> {
        row.check_width(self.width)?;
        for &column in &self.features {
            features.push(row.number(column, self.name(column))?);
        }
        Ok(())
    }

    /// What messages call a cell; empty without a header.
    pub fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }
}

/// True if a first row cannot be data: it has a cell, other than the label's, that is filled but not a number.
pub(crate) fn is_header(cells: &[String], label: Option<usize>) -> bool {
    let features = cells.iter().enumerate().filter(|&(column, _)| Some(column) != label);
    features.into_iter().any(|(_, cell)| !cell.is_empty() && !is_number(cell))
}

/// The name of a column in a file without a header.
pub(crate) fn generated_name(column: usize) -> String {
    format!("column_{}", column + 1)
}

/// Where the label stands in a row without a header.
fn label_position(columns: &Columns) -> usize {
    let count = columns.features.len();
    (0..count).find(|&column| columns.label == generated_name(column)).unwrap_or(count)
}

/// The only column called `name`; none if there are two.
pub(crate) fn position(names: &[String], name: &str) -> Option<usize> {
    let mut found = names.iter().enumerate().filter(|(_, other)| *other == name).map(|(column, _)| column);
    found.next().filter(|_| found.next().is_none())
}

/// Column names for a message: the first twelve.
pub(crate) fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(12).map(|name| format!("\"{}\"", excerpt(name))).collect();
    if names.len() > shown.len() {
        shown.push(format!("... ({} in all)", names.len()));
    }
    shown.join(", ")
}

impl CsvRow<'_> {
    /// An error about the row as a whole.
    pub fn wrong(&self, expected: impl Into<Box<str>>, found: impl Into<Box<str>>, remedy: &str) -> DataError {
        DataError::invalid(self.path, Place::Line(self.line), expected, found, remedy)
    }
}
