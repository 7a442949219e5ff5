//! Whether the first row of a table names its columns: asked, told by a model's names, or told from the rows.

use super::super::{ColumnKind, Columns, DataError};
use super::cells::Cells;
use super::header::{self, FirstRow};
use super::missing::is_missing;
use super::names::list;
use super::request::{ExpectedColumns, HeaderChoice, TableRequest};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Whether the first row names the columns.
///
/// # Errors
/// If that cannot be told.
pub(super) fn has_header(path: &Path, rows: &[Cells], request: &TableRequest<'_>) -> Result<bool, DataError> {
    if let Some(choice) = request.header {
        return Ok(choice == HeaderChoice::Yes);
    }
    let Some(first) = rows.first() else { return Ok(false) };
    let names = first.texts();
    if let ExpectedColumns::Columns(columns) = request.expected {
        let known: HashSet<&str> = names.iter().map(String::as_str).collect();
        if columns.features.iter().all(|name| known.contains(name.as_str())) {
            return Ok(true);
        }
        let trained: HashSet<&str> = columns.features.iter().map(String::as_str).chain(columns.labels()).collect();
        let is_known = |name: &String| trained.contains(name.as_str());
        if columns.are_encoded() {
            return Ok(names.iter().any(is_known) || !could_be_row(columns, first));
        }
        // as many numbers as features and none of the names that the model knows: this is a row; of a pipe, where no other row can be
        // looked at, one number is enough: a stream goes on in the middle, and the first row may be one that cannot be used
        let numbers = (0..first.len()).filter(|k| first.number(*k).is_some() || is_missing(first.get(*k))).count();
        let is_row_of_pipe = request.read_ahead.is_some() && (0..first.len()).any(|k| first.number(k).is_some());
        if (numbers >= columns.features.len() || is_row_of_pipe) && !names.iter().any(is_known) {
            return Ok(false);
        }
    }
    let labels = request.label.into_iter().flat_map(|label| label.split(',').map(str::trim).chain([label]));
    let asked: Vec<&str> = labels
        .chain(request.segment)
        .chain(request.group)
        .chain(request.weight)
        .chain(request.ignored.iter().map(String::as_str))
        .collect();
    match header::first_row(rows, &asked, label_place(names.len(), request)) {
        FirstRow::Header => Ok(true),
        FirstRow::Data => Ok(false),
        // a model's names are not there, so this is a row
        FirstRow::Unclear if request.expected != ExpectedColumns::Any => Ok(false),
        FirstRow::Unclear => {
            let shown = list(&names);
            Err(DataError::Request {
                problem: format!(
                    "{}: its first row, {shown}, could be the names of the columns or a row of data",
                    path.display()
                ),
                remedy: "say which with --header yes or --header no".into(),
            })
        }
    }
}

/// Whether all columns of numbers hold numbers in a row whose cells are in the order of the training data.
fn could_be_row(columns: &Columns, first: &Cells) -> bool {
    let used: Vec<&str> = columns.features.iter().map(String::as_str).chain(columns.labels().take(1)).collect();
    let all = columns.file_order();
    let order = if all.len() == first.len() { &all } else { &used };
    let places: HashMap<&str, usize> = order.iter().copied().zip(0..).collect();
    let numbers = columns.each().filter(|(_, kind)| *kind.plain() == ColumnKind::Number);
    numbers.filter_map(|(name, _)| places.get(name)).all(|k| first.number(*k).is_some() || is_missing(first.get(*k)))
}

/// Where the label of a row of `width` cells stands if there is no header; beyond the last if there is none.
fn label_place(width: usize, request: &TableRequest<'_>) -> usize {
    let number = request.label.and_then(|label| label.parse::<usize>().ok()).and_then(|label| label.checked_sub(1));
    let trained = match request.expected {
        ExpectedColumns::Columns(columns) if width == columns.features.len() => Some(width),
        ExpectedColumns::Columns(columns) => {
            let order = columns.file_order();
            order.iter().position(|name| *name == columns.label).filter(|_| order.len() == width)
        }
        ExpectedColumns::Count(count) if width == count => Some(width),
        _ => None,
    };
    number.filter(|label| *label < width).or(trained).unwrap_or(width.saturating_sub(1))
}
