//! The names of a table's columns: found by name, or by number where there is no header.

use super::super::error::excerpt;
use super::super::{ColumnKind, Columns, DataError, Place, did_you_mean};
use super::cells::Cells;
use super::request::TableRequest;
use std::collections::HashMap;
use std::path::Path;

/// The names of a table's columns, each with its place.
pub(super) struct Names<'a> {
    pub path: &'a Path,
    pub line: u64,
    pub list: Vec<String>,
    /// None for a name that stands twice.
    pub places: HashMap<String, Option<usize>>,
    pub has_header: bool,
    /// Whether they are those of the training data, for a table without a header.
    pub are_trained: bool,
}

impl<'a> Names<'a> {
    pub fn of(path: &'a Path, line: u64, first: &Cells, has_header: bool) -> Self {
        let width = first.len();
        let mut list = if has_header { first.texts() } else { vec![String::new(); width] };
        let nameless = list.iter_mut().enumerate().filter(|(_, name)| name.is_empty());
        nameless.for_each(|(column, name)| *name = generated_name(column));
        Names { path, line, places: places(&list), list, has_header, are_trained: false }
    }

    /// The same columns under the names that they have in the training data.
    pub fn trained(&self, order: &[&str]) -> Names<'a> {
        let list: Vec<String> = order.iter().map(|name| (*name).to_string()).collect();
        Names { path: self.path, line: self.line, places: places(&list), list, has_header: false, are_trained: true }
    }

    /// The only column called `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied().flatten()
    }

    /// The column that a user means: by its name, or by its number where there is no header.
    pub fn asked(&self, name: &str) -> Result<usize, DataError> {
        let number = name.parse::<usize>().ok().filter(|_| !self.has_header);
        let numbered = number.and_then(|number| number.checked_sub(1)).filter(|column| *column < self.list.len());
        self.find(name).or(numbered).ok_or_else(|| {
            let what = if self.places.contains_key(name) { "has more than one column" } else { "has no column" };
            DataError::Request {
                problem: format!("{} {what} \"{}\"", self.path.display(), excerpt(name)),
                remedy: did_you_mean(name, self.list.iter().map(String::as_str))
                    + &match (self.has_header, self.are_trained) {
                        (true, _) => format!("its columns are {}", list(&self.list)),
                        (_, true) => {
                            format!("it has no header, so its columns are those of the model, {}", list(&self.list))
                        }
                        (_, false) => format!("it has no header, so its columns are {}", list(&self.list)),
                    },
            }
        })
    }

    /// Not as many columns as the model takes.
    pub fn other(&self, expected: String, found: String, remedy: &str) -> DataError {
        let (expected, found, remedy) = (expected.into(), found.into(), remedy.into());
        DataError::OtherColumns { file: self.path.to_path_buf(), line: self.line, expected, found, remedy }
    }

    /// The kinds of the columns `features` as far as they were asked for: no categories are known yet.
    pub fn asked_kinds(&self, features: &[usize], request: &TableRequest<'_>) -> Result<Vec<ColumnKind>, DataError> {
        let mut kinds = vec![ColumnKind::Number; features.len()];
        let places: HashMap<usize, usize> = features.iter().copied().zip(0..).collect();
        // of windows the date is the time of a row, and no channel
        let dates = if request.windows.is_some() { &[][..] } else { request.dates };
        let dates = dates.iter().map(|name| (name, ColumnKind::Date, "--date"));
        let categories = request.categories.iter().map(|name| (name, ColumnKind::Categories(Vec::new()), "--category"));
        for (name, kind, option) in dates.chain(categories) {
            let kept = places.get(&self.asked(name)?).map(|k| &mut kinds[*k]);
            let Some(kept) = kept.filter(|kept| **kept == ColumnKind::Number || **kept == kind) else {
                let (path, name) = (self.path.display(), excerpt(name));
                return Err(DataError::Request {
                    problem: format!(
                        "{path}: {option} names column \"{name}\", which is no feature or named otherwise too"
                    ),
                    remedy: "name it for one purpose".into(),
                });
            };
            *kept = kind;
        }
        Ok(kinds)
    }

    /// Refuses to take a column otherwise than a model does.
    pub fn check_asked(
        &self,
        layout: &[usize],
        columns: &Columns,
        request: &TableRequest<'_>,
    ) -> Result<(), DataError> {
        for (k, asked) in self.asked_kinds(layout, request)?.iter().enumerate() {
            let (is_asked, known) = (*asked != ColumnKind::Number, columns.kind(k));
            if is_asked && std::mem::discriminant(asked) != std::mem::discriminant(known.plain()) {
                let name = excerpt(&columns.features[k]);
                return Err(DataError::Request {
                    problem: format!("{}: the model takes column \"{name}\" as: {known}", self.path.display()),
                    remedy: "leave --date and --category of this column out".into(),
                });
            }
        }
        if request.indicates_missing && !columns.each().any(|(_, kind)| kind.is_indicated()) {
            return Err(DataError::Request {
                problem: format!("{}: the model has no missing indicator", self.path.display()),
                remedy: "leave --missing-indicator out, or train a new model with it".into(),
            });
        }
        Ok(())
    }

    pub fn wrong(&self, expected: String, found: String, remedy: &str) -> DataError {
        DataError::invalid(self.path, Place::Line(self.line), expected, found, remedy)
    }
}

/// Where each name stands; none for one that stands twice.
pub(super) fn places(names: &[String]) -> HashMap<String, Option<usize>> {
    let mut places = HashMap::with_capacity(names.len());
    for (column, name) in names.iter().enumerate() {
        places.entry(name.clone()).and_modify(|place| *place = None).or_insert(Some(column));
    }
    places
}

/// The name of a column in a file without a header.
pub(super) fn generated_name(column: usize) -> String {
    format!("column_{}", column + 1)
}

/// Column names for a message: the first twelve.
pub(crate) fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(12).map(|name| format!("\"{}\"", excerpt(name))).collect();
    if names.len() > shown.len() {
        shown.push(format!("... ({} in all)", names.len()));
    }
    shown.join(", ")
}
