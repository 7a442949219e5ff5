//! Whole CSV files in memory: a data set to train on, or the rows that a model is tested on.

use std::path::Path;

use openloop_core::Shape;

use super::error::excerpt;
use super::split::{select, split_rows};
use super::standardise::{origin, relative, standardise};
use super::table::{
    ExpectedColumns, KnownClasses, LabelColumn, MissingFeatures, Table, TableRequest, TableSummary, empty,
    is_finite_number, list,
};
use super::table_features::{ReadFeatures, TableInputs};
use super::{Columns, DataError, DataSet, Features, Place, Preprocessing, Split, Targets, notes};

const MIN_ROWS: usize = 5;

/// The labelled rows of a table, before classes are numbered.
pub(super) struct CsvContents {
    pub columns: Columns,
    pub features: ReadFeatures,
    pub labels: LabelColumn,
    /// Rows whose label is missing, which were left out.
    unlabelled: u64,
    /// Where the label stands, from 0 on, and its name if the file has one.
    label: (usize, String),
    summary: TableSummary,
}

/// What a model knows of the tables that it can read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelTable<'a> {
    /// Its columns; none if it knows only how many features it takes.
    pub columns: Option<&'a Columns>,
    /// Features of a row.
    pub features: usize,
    /// The classes of its outputs.
    pub classes: &'a [String],
    /// Whether these are the names of the classes; a device's blob has none, and its classes are called by their numbers.
    pub are_named: bool,
    /// How its features become inputs: the mean that a missing one is taken as, and what is subtracted before they are f32.
    pub preprocessing: &'a Preprocessing,
}

/// All rows of a table for a model, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRows {
    /// The rows; their features are relative to the model's origin.
    pub all: Split,
    /// Features of a row.
    pub features: usize,
    /// What was understood of the table.
    pub summary: TableSummary,
}

impl TableRows {
    /// The rows that a training run with this seed of the split learns from, and those that it tests on.
    pub fn parts(&self, split_seed: u64) -> [Split; 2] {
        let (train, test) = split_rows(self.all.len() as u32, split_seed);
        [train, test].map(|rows| self.all.select(&rows, self.features, 1))
    }
}

/// Loads a CSV file, gzipped or not, with 80 % of the rows, drawn by `split_seed`, to train on and the rest to test on.
///
/// [`TableRequest`] says what may be asked; the rest is found, and what was understood stands in [`DataSet::table`]. Labels may be text
/// or numbers; the classes are the distinct labels, sorted as numbers if all are numbers (then `1` and `1.0` are one class), else
/// as text. Rows whose label is missing are left out. What each feature column is, a number, categories or a date, is decided from
/// the rows ([`ColumnKind`](super::ColumnKind)). Features are standardised: the mean and the standard deviation are those
/// of the training rows, and a constant column is only centred. With a `model`, columns and classes are matched with its own by
/// name, and classes of its that the file lacks are none the less outputs.
///
/// # Errors
/// If the file is unreadable, lacks a column, has a text among numbers, rows of different lengths, fewer
/// than 5 rows, only one class, or as many classes as rows; a label that is not one of the model's classes.
pub fn load_csv(
    path: &Path,
    request: &TableRequest<'_>,
    model: Option<&ModelTable<'_>>,
    split_seed: u64,
) -> Result<DataSet, DataError> {
    let contents = read_all(path, request, model)?;
    let own = contents.labels.classes();
    check_enough(path, &contents, own.len(), model.is_some())?;
    let known = model.map_or(own, |model| model.classes.to_vec());
    let NumberedRows { labels, classes, summary } = number(path, &contents, known, model)?;
    // A file of more than 2^32 rows would not have fitted into memory.
    let (train, test) = split_rows(labels.len().try_into().unwrap_or(u32::MAX), split_seed);
    let TableInputs { columns, inputs, left_out } = contents.features.into_inputs(contents.columns, &train)?;
    let size = columns.inputs();
    let origin = model.map_or_else(|| origin(&inputs, size), |model| model.preprocessing.origin.clone());
    let missing = notes::MissingValues::of(&columns, &inputs);
    let features = relative(inputs, &origin);
    let preprocessing = Preprocessing { origin, ..standardise(&features, size, &train) };
    let missing = missing.texts(&columns, &preprocessing.means(size).unwrap_or_default());
    let part = |rows: &[u32]| split(path, select(&features, size, rows), select(&labels, 1, rows), size);
    Ok(DataSet {
        name: path.display().to_string(),
        units: None,
        shape: Shape::flat(size),
        outputs: classes.len(),
        preprocessing,
        note: None,
        train: part(&train)?,
        test: part(&test)?,
        classes,
        table: Some(summary.with_columns(&columns).with_notes([left_out, missing].concat())),
        columns: Some(columns),
    })
}

/// Checks that there are rows and classes enough to learn from.
fn check_enough(path: &Path, contents: &CsvContents, classes: usize, is_known: bool) -> Result<(), DataError> {
    let (rows, column) = (contents.labels.len(), excerpt(&contents.columns.label));
    let another = "choose another label column with --label";
    let (expected, found, remedy) = if rows < MIN_ROWS {
        let found = match contents.unlabelled {
            0 => rows.to_string(),
            left_out => format!("{rows}, and {left_out} without a label"),
        };
        ("at least 5 rows of data", found, "add rows")
    } else if is_known {
        return Ok(());
    } else if classes == 1 {
        ("at least two classes", format!("only one in column \"{column}\""), another)
    } else if classes == rows {
        ("rows that share classes", format!("another label in every row of column \"{column}\""), another)
    } else {
        return Ok(());
    };
    Err(DataError::invalid(path, Place::Whole, expected, found, remedy))
}

/// Loads all rows of a CSV file for a model; columns and classes are matched with its own by name, and by order or position where
/// there are no names.
///
/// # Errors
/// If the file is unreadable or empty, lacks a column, has a cell that is not of its column's kind, rows of
/// different lengths, or a label that is not one of the model's classes: of a model without names for its classes, labels that are
/// numbers and not those of its outputs.
pub fn load_csv_for(path: &Path, request: &TableRequest<'_>, model: &ModelTable<'_>) -> Result<TableRows, DataError> {
    let contents = read_all(path, request, Some(model))?;
    let own = contents.labels.classes();
    let outputs = model.classes.len();
    // the first of 1, 2, 3 may be output 0 or output 1
    if !model.are_named && own.iter().all(|name| is_finite_number(name)) && !are_outputs(&own, outputs) {
        return Err(unnamed(path, &own, outputs));
    }
    let NumberedRows { labels, summary, .. } = number(path, &contents, model.classes.to_vec(), Some(model))?;
    let TableInputs { columns, inputs, .. } = contents.features.into_inputs(contents.columns, &[])?;
    let means = model.preprocessing.means(model.features).unwrap_or_default();
    let missing = notes::MissingValues::of(&columns, &inputs).texts(&columns, &means);
    let features = relative(inputs, &model.preprocessing.origin);
    let all = split(path, features, labels, model.features)?;
    Ok(TableRows { all, features: model.features, summary: summary.with_notes(missing) })
}

fn read_all(path: &Path, request: &TableRequest<'_>, model: Option<&ModelTable<'_>>) -> Result<CsvContents, DataError> {
    let expected = match model {
        None => request.expected,
        Some(ModelTable { columns: Some(columns), .. }) => ExpectedColumns::Columns(columns),
        Some(ModelTable { features, .. }) => ExpectedColumns::Count(*features),
    };
    let means = model.and_then(|model| model.preprocessing.means(model.features));
    let missing = means.as_deref().map_or(MissingFeatures::Refused, MissingFeatures::Mean);
    let table = Table::open(path, &TableRequest { expected, missing, ..*request })?.ok_or_else(|| empty(path))?;
    let features = if model.is_some() { ReadFeatures::encoded(&table) } else { ReadFeatures::raw(&table) };
    read_contents(table, features)
}

/// Reads a whole table whose rows are labelled, its features into `features`.
///
/// # Errors
/// As [`load_csv`], but for the number of rows and classes.
pub(super) fn read_contents(mut table: Table, mut features: ReadFeatures) -> Result<CsvContents, DataError> {
    let path = table.path().to_path_buf();
    let layout = table.layout();
    let Some(label) = layout.label else {
        let (place, expected) =
            (Place::Line(layout.line), format!("a label column \"{}\"", excerpt(&layout.columns.label)));
        return Err(DataError::invalid(&path, place, expected, "none", "add it, or name another with --label"));
    };
    let name = if layout.has_header { layout.names[label].clone() } else { String::new() };
    let columns = layout.columns.clone();
    let (mut labels, mut unlabelled) = (LabelColumn::default(), 0);
    while table.advance()? {
        let rows = labels.len();
        features.push(&mut table)?;
        match table.label().map_err(|row| row.into_error(&path))? {
            Some(label) => labels.push(label, table.line()),
            None => {
                features.truncate(rows);
                unlabelled += 1;
            }
        }
    }
    Ok(CsvContents { columns, features, labels, unlabelled, label: (label, name), summary: table.summary().clone() })
}

/// The class of each row.
struct NumberedRows {
    labels: Vec<u32>,
    /// The classes, in the order of the numbers.
    classes: Vec<String>,
    summary: TableSummary,
}

/// Numbers the classes of all rows: by `classes`, or where a model has no names for its outputs by the sorted labels.
fn number(
    path: &Path,
    contents: &CsvContents,
    classes: Vec<String>,
    model: Option<&ModelTable<'_>>,
) -> Result<NumberedRows, DataError> {
    let CsvContents { labels, unlabelled, label: (column, name), summary, .. } = contents;
    let own = labels.classes();
    let by_order = model.is_some_and(|model| !model.are_named) && !are_outputs(&own, classes.len());
    if by_order && own.len() != classes.len() {
        return Err(unnamed(path, &own, classes.len()));
    }
    let classes = if by_order { own } else { classes };
    let labels = labels.number(&KnownClasses::new(&classes), path, (*column, name))?;
    let mut counts: Vec<(String, u64)> = classes.iter().map(|name| (name.clone(), 0)).collect();
    labels.iter().for_each(|class| counts[*class as usize].1 += 1);
    let mut summary = summary.clone().with_classes(counts, *unlabelled);
    if by_order {
        summary.add("the model knows no names of classes: its outputs are taken to be these, in this order");
    } else if model.is_some_and(|model| !model.are_named) {
        summary.add("labels are taken to be the numbers of the model's outputs");
    }
    Ok(NumberedRows { labels, classes, summary })
}

/// Labels that cannot be matched with outputs that have no names.
fn unnamed(path: &Path, labels: &[String], outputs: usize) -> DataError {
    let (path, listed, last) = (path.display(), list(labels), outputs.saturating_sub(1));
    let problem =
        format!("{path}: the model has {outputs} outputs without names, 0 to {last}, and the labels are {listed}");
    DataError::Request { problem, remedy: "name the classes of the outputs, in their order, with --classes".into() }
}

/// Whether all of these are numbers of one of so many outputs.
fn are_outputs(names: &[String], outputs: usize) -> bool {
    let is_output = |value: f64| value >= 0.0 && value < outputs as f64 && value.fract() == 0.0;
    names.iter().all(|name| is_finite_number(name) && name.parse().is_ok_and(is_output))
}

fn split(path: &Path, features: Vec<f32>, labels: Vec<u32>, size: usize) -> Result<Split, DataError> {
    let split = Split::new(Features::Floats(features), Targets::Labels(labels), size, 1);
    split.ok_or_else(|| DataError::invalid(path, Place::Whole, "a label for every row", "fewer", "check the file"))
}
