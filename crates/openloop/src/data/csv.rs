//! Whole CSV files in memory: a data set to train on, or the rows that a model is tested on.

use std::path::Path;

use super::contents::{Labels, NumberedRows, TableContents, are_outputs, unnamed};
use super::error::excerpt;
use super::kinship::{DrawnParts, Kinship};
use super::set::select;
use super::split::{SplitChoice, SplitKind};
use super::standardise::relative;
use super::table::{
    ExpectedColumns, MissingFeatures, Table, TableRequest, TableSummary, Task, empty, is_finite_number,
};
use super::table_features::{ReadFeatures, TableInputs};
use super::window_inputs::{ScaledSamples, rows_of, samples_of, scaled};
use super::{ColumnKind, Columns, DataError, DataSet, Features, ModelTable, Place, Split, TargetUnits, Targets, notes};

const MIN_ROWS: usize = 5;

/// All samples of a table for a model, rows or windows, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRows {
    /// The samples; their features are relative to the model's origin, their measured values in its units.
    pub all: Split,
    /// Features of a sample.
    pub features: usize,
    /// Targets of a sample: 1 for classes.
    pub targets: usize,
    /// What was understood of the table.
    pub summary: TableSummary,
    /// Which samples belong together.
    kinship: Kinship,
}

impl TableRows {
    /// The rows that a training run with this split learns from, and those that it tests on.
    pub fn parts(&self, split: SplitChoice) -> [Split; 2] {
        let DrawnParts { train, test, blocks } = self.kinship.draw(split, self.all.len(), self.all.labels());
        let all = Split { blocks, ..self.all.clone() };
        [train, test].map(|rows| all.select(&rows, self.features, self.targets))
    }
}

/// Loads a CSV file, gzipped or not, with four fifths of the rows to train on and the rest to test on, as `split` says.
///
/// [`TableRequest`] says what may be asked; the rest is found, and what was understood stands in [`DataSet::table`]. Labels may be text
/// or numbers. Many different numbers are taken for measured values, unless [`Task`] says otherwise; they are standardised
/// ([`DataSet::units`]). Else the classes are the distinct labels, sorted as numbers if all are numbers (then `1` and `1.0` are one
/// class), else as text. Rows whose label is missing are left out. What each feature column is, a number, categories or a date, is
/// decided from the rows ([`ColumnKind`](super::ColumnKind)). Features are standardised: the mean and the standard deviation are
/// those of the training rows, and a constant column is only centred. With a `model`, columns and classes are matched with its own by
/// name, and classes of its that the file lacks are none the less outputs.
///
/// # Errors
/// If the file is unreadable, lacks a column, has a text among numbers, rows of different lengths, fewer than 5 rows, only one class
/// or value, or as many classes as rows; a label that is not one of the model's classes.
pub fn load_csv(
    path: &Path,
    request: &TableRequest<'_>,
    model: Option<&ModelTable<'_>>,
    split: SplitChoice,
) -> Result<DataSet, DataError> {
    load_divided(path, request, model, Division::Split(split))
}

/// Which rows of a file are learned from.
#[derive(Clone, Copy)]
enum Division {
    /// Those that a split says.
    Split(SplitChoice),
    /// All; another file is for testing.
    All,
}

impl Division {
    fn draw(self, path: &Path, contents: &TableContents, labels: Option<&[u32]>) -> Result<DrawnParts, DataError> {
        let (kinship, count) = (&contents.kinship, contents.samples());
        let Division::Split(choice) = self else { return Ok(kinship.all(count)) };
        let parts = kinship.draw(choice, count, labels);
        kinship.check(path, choice.kind, &parts)?;
        Ok(parts)
    }

    fn is_stratified(self) -> bool {
        matches!(self, Division::Split(SplitChoice { kind: SplitKind::Stratified, .. }))
    }
}

fn load_divided(
    path: &Path,
    request: &TableRequest<'_>,
    model: Option<&ModelTable<'_>>,
    division: Division,
) -> Result<DataSet, DataError> {
    let contents = read_all(path, request, model)?;
    check_rows(path, &contents)?;
    let (learned, parts) = match &contents.labels {
        Labels::Values(values) => {
            check_split_of_values(division)?;
            let parts = division.draw(path, &contents, None)?;
            let is_a_guess = model.is_none() && request.task == Task::Auto;
            (LearnedTargets::measured(path, &contents, values, model, (&parts.train, is_a_guess))?, parts)
        }
        Labels::Classes(labels) => {
            let own = labels.classes();
            check_classes(path, &contents, own.len(), model.is_some())?;
            let known = model.map_or(own, |model| model.classes.to_vec());
            let numbered = contents.number(path, labels, known, model)?;
            check_stratified(path, division, &numbered)?;
            let parts = division.draw(path, &contents, Some(&numbered.labels))?;
            (LearnedTargets::classes(numbered, request.task), parts)
        }
    };
    let LearnedTargets { targets, width, outputs, classes, units, table } = learned;
    let TableContents { columns, features, windows, weights, .. } = contents;
    let training_rows = rows_of(&columns, windows.as_ref(), &parts.train);
    let TableInputs { columns, inputs, left_out } = features.into_inputs(columns, &training_rows)?;
    check_channels(path, &columns)?;
    let missing = notes::MissingValues::of(&columns, &inputs);
    let samples = samples_of(path, &columns, windows.as_ref(), inputs)?;
    let origin = model.map(|model| &model.preprocessing.origin[..]);
    let ScaledSamples { features, preprocessing } = scaled(&columns, samples, origin, &parts.train);
    let size = columns.sample_inputs();
    let missing = missing.texts(&columns, &preprocessing.means(size).unwrap_or_default());
    let part = |rows: &[u32]| {
        let made = split(path, select(&features, size, rows), targets.select(rows, width), (size, outputs))?;
        let blocks = if parts.blocks.is_empty() { Vec::new() } else { select(&parts.blocks, 1, rows) };
        Ok::<_, DataError>(Split { blocks, ..made }.with_weights(&weights, rows))
    };
    let table = table.with_columns(&columns).with_windows(windows.and_then(|cut| cut.text(&columns)));
    Ok(DataSet {
        name: path.display().to_string(),
        shape: columns.sample_shape(),
        preprocessing,
        understood: None,
        note: None,
        train: part(&parts.train)?,
        test: part(&parts.test)?,
        validation: None,
        table: Some(table.with_notes([left_out, missing].concat())),
        columns: Some(columns),
        units,
        outputs,
        classes,
    })
}

/// Refuses dates that would be channels of windows.
fn check_channels(path: &Path, columns: &Columns) -> Result<(), DataError> {
    let date = columns.each().find(|(_, kind)| **kind == ColumnKind::Date).filter(|_| columns.windows().is_some());
    let Some((name, _)) = date else { return Ok(()) };
    let problem =
        format!("{}: column \"{}\" has dates, which are no channel of a window", path.display(), excerpt(name));
    Err(DataError::Request {
        problem,
        remedy: "name it with --date as the time of the rows, or leave it out with --ignore".into(),
    })
}

/// Targets that a network can learn, for all rows.
struct LearnedTargets {
    targets: Targets,
    /// Numbers of a row in `targets`.
    width: usize,
    outputs: usize,
    classes: Vec<String>,
    units: Option<TargetUnits>,
    table: TableSummary,
}

impl LearnedTargets {
    fn classes(rows: NumberedRows, task: Task) -> Self {
        let NumberedRows { labels, classes, summary: mut table } = rows;
        if task == Task::Auto {
            table.hint_at_regression();
        }
        LearnedTargets {
            targets: Targets::Labels(labels),
            width: 1,
            outputs: classes.len(),
            classes,
            units: None,
            table,
        }
    }

    /// Measured values in the model's units, or in those of the rows `train`; it is said if that they are such is a guess.
    fn measured(
        path: &Path,
        contents: &TableContents,
        values: &[f64],
        model: Option<&ModelTable<'_>>,
        (train, is_a_guess): (&[u32], bool),
    ) -> Result<Self, DataError> {
        let names: Vec<String> = contents.columns.labels().map(String::from).collect();
        let width = names.len();
        let own = TargetUnits::of(&select(values, width, train), names);
        if let Some(k) = (0..width).find(|k| values.chunks(width).all(|row| row[*k] == values[*k])) {
            let name = excerpt(&own.names[k]);
            let found = format!("{} in every row of column \"{name}\"", values[k]);
            let (expected, remedy) = ("a target with different values", "choose another label column with --label");
            return Err(DataError::NotLearnable { file: path.to_path_buf(), expected, found, remedy });
        }
        let units = model.and_then(|model| model.units).cloned().unwrap_or(own);
        let targets = Targets::Values(units.standardised(values));
        let mut table = contents.measured(values);
        if is_a_guess && width == 1 {
            table.add("--task classes makes it a class label");
        }
        Ok(LearnedTargets { targets, width, outputs: width, classes: Vec::new(), units: Some(units), table })
    }
}

/// Measured values have no classes that a split could keep the shares of.
fn check_split_of_values(division: Division) -> Result<(), DataError> {
    match division.is_stratified() {
        true => Err(DataError::Request {
            problem: "--split stratified, but the label is a measured value and has no classes".into(),
            remedy: "take --split random or ordered, or say --task classes".into(),
        }),
        false => Ok(()),
    }
}

/// Checks that each class has a row to learn from and one to test on.
fn check_stratified(path: &Path, division: Division, rows: &NumberedRows) -> Result<(), DataError> {
    let count = |class: u32| rows.labels.iter().filter(|label| **label == class).take(2).count();
    let single = (0..rows.classes.len()).find(|class| count(*class as u32) == 1);
    match single.filter(|_| division.is_stratified()) {
        Some(class) => Err(DataError::NotLearnable {
            file: path.to_path_buf(),
            expected: "two rows or more of each class for --split stratified",
            found: format!("one of \"{}\"", excerpt(&rows.classes[class])),
            remedy: "add rows of it, remove it, or take --split random",
        }),
        None => Ok(()),
    }
}

/// Loads a CSV file to train on, all of its rows, and another one to test on.
///
/// # Errors
/// As [`load_csv`] for the first; for the second as [`load_csv_for`] with the first's columns and classes; the same file twice.
pub fn load_csv_and_test(
    path: &Path,
    test: &Path,
    request: &TableRequest<'_>,
    model: Option<&ModelTable<'_>>,
) -> Result<DataSet, DataError> {
    if path.canonicalize().is_ok_and(|path| test.canonicalize().is_ok_and(|test| test == path)) {
        let problem = format!("{} is to be trained on and tested on", path.display());
        return Err(DataError::Request { problem, remedy: "give --test another file, or leave it out".into() });
    }
    let data = load_divided(path, request, model, Division::All)?;
    let known = ModelTable {
        columns: data.columns.as_ref(),
        features: data.shape.size(),
        classes: &data.classes,
        are_named: true,
        units: data.units.as_ref(),
        preprocessing: &data.preprocessing,
    };
    let own = TableRequest {
        label: request.label,
        header: request.header,
        max_line: request.max_line,
        ..TableRequest::default()
    };
    let rows = load_csv_for(test, &own, &known)?;
    let note = format!("the test rows are those of {}: {}", test.display(), rows.summary);
    Ok(DataSet { test: rows.all, table: data.table.map(|table| table.with_notes(vec![note])), ..data })
}

/// Checks that there are rows enough to learn from.
fn check_rows(path: &Path, contents: &TableContents) -> Result<(), DataError> {
    let rows = contents.samples();
    if rows >= MIN_ROWS {
        return Ok(());
    }
    let found = match contents.unlabelled {
        0 => rows.to_string(),
        left_out => format!("{rows}, and {left_out} without a label"),
    };
    let (expected, remedy) = match contents.windows {
        None => ("at least 5 rows of data", "add rows"),
        Some(_) => ("at least 5 windows", "add rows, or take a shorter --window or a smaller --hop"),
    };
    let file = path.to_path_buf();
    Err(DataError::NotLearnable { file, expected, found, remedy })
}

/// Checks that the classes can be learned.
fn check_classes(path: &Path, contents: &TableContents, classes: usize, is_known: bool) -> Result<(), DataError> {
    let column = excerpt(&contents.columns.label);
    let (expected, found) = if is_known {
        return Ok(());
    } else if classes == 1 {
        ("at least two classes", format!("only one in column \"{column}\""))
    } else if classes == contents.samples() {
        ("rows that share classes", format!("another label in every row of column \"{column}\""))
    } else {
        return Ok(());
    };
    let remedy = "choose another label column with --label";
    Err(DataError::NotLearnable { file: path.to_path_buf(), expected, found, remedy })
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
    let (targets, width, summary) = match &contents.labels {
        Labels::Values(values) => {
            let units = model.units.map(|units| units.standardised(values));
            let targets = units.unwrap_or_else(|| values.iter().map(|value| *value as f32).collect());
            (Targets::Values(targets), contents.columns.labels().count(), contents.measured(values))
        }
        Labels::Classes(labels) => {
            let (own, outputs) = (labels.classes(), model.classes.len());
            // the first of 1, 2, 3 may be output 0 or output 1
            if !model.are_named && own.iter().all(|name| is_finite_number(name)) && !are_outputs(&own, outputs) {
                return Err(unnamed(path, &own, outputs));
            }
            let rows = contents.number(path, labels, model.classes.to_vec(), Some(model))?;
            (Targets::Labels(rows.labels), 1, rows.summary)
        }
    };
    let TableContents { columns, features, windows, kinship, .. } = contents;
    let TableInputs { columns, inputs, .. } = features.into_inputs(columns, &[])?;
    let means = model.preprocessing.means(model.features).unwrap_or_default();
    let missing = notes::MissingValues::of(&columns, &inputs).texts(&columns, &means);
    let samples = samples_of(path, &columns, windows.as_ref(), inputs)?;
    let features = relative(&samples, &model.preprocessing.origin);
    let all = split(path, features, targets, (model.features, width))?;
    let summary = summary.with_windows(windows.and_then(|cut| cut.text(&columns))).with_notes(missing);
    Ok(TableRows { all, features: model.features, targets: width, summary, kinship })
}

/// Reads the table as the model wants it: its columns, and classes or measured values.
fn read_all(
    path: &Path,
    request: &TableRequest<'_>,
    model: Option<&ModelTable<'_>>,
) -> Result<TableContents, DataError> {
    let expected = match model {
        None => request.expected,
        Some(ModelTable { columns: Some(columns), .. }) => ExpectedColumns::Columns(columns),
        Some(ModelTable { features, .. }) => ExpectedColumns::Count(*features),
    };
    let task = match model {
        None => request.task,
        Some(model) if model.classes.is_empty() => Task::Regression,
        Some(_) => Task::Classes,
    };
    if request.task != Task::Auto && request.task != task {
        let problem = format!("--task {}, but the model was made for {task}", request.task);
        return Err(DataError::Request { problem, remedy: "leave --task out, or train another model".into() });
    }
    let means = model.and_then(ModelTable::row_means);
    let missing = means.as_deref().map_or(MissingFeatures::Refused, MissingFeatures::Mean);
    let table = Table::open(path, &TableRequest { expected, missing, ..*request })?.ok_or_else(|| empty(path))?;
    let features = if model.is_some() { ReadFeatures::encoded(&table) } else { ReadFeatures::raw(&table) };
    let contents = TableContents::read(table, features, task)?;
    let (own, wanted) = (contents.columns.labels().count(), model.and_then(|model| model.units));
    match wanted.filter(|units| units.names.len() != own) {
        Some(units) => {
            let problem =
                format!("{}: {own} label columns, but the model has {} targets", path.display(), units.names.len());
            Err(DataError::Request { problem, remedy: "name as many with --label".into() })
        }
        None => Ok(contents),
    }
}

fn split(
    path: &Path,
    features: Vec<f32>,
    targets: Targets,
    (size, outputs): (usize, usize),
) -> Result<Split, DataError> {
    let split = Split::new(Features::Floats(features), targets, size, outputs);
    split.ok_or_else(|| DataError::invalid(path, Place::Whole, "a label for every row", "fewer", "check the file"))
}
