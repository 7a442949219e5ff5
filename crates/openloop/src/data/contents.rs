//! All labelled samples of a table in memory, before they are split: features, and classes or measured values.

use std::path::Path;

use super::error::excerpt;
use super::kinship::Kinship;
use super::recordings::{CutWindows, Recordings};
use super::table::{
    Dialect, KnownClasses, LabelColumn, MatchedBy, Table, TableSummary, TargetRange, Task, is_finite_number, list,
};
use super::table_features::ReadFeatures;
use super::{Columns, DataError, ModelTable, Place};

/// The labelled samples of a table: its rows, or windows of them.
pub(super) struct TableContents {
    pub columns: Columns,
    /// Of each row.
    pub features: ReadFeatures,
    /// Of each sample.
    pub labels: Labels,
    /// The windows that are the samples; none where rows are.
    pub windows: Option<CutWindows>,
    /// Which samples belong together.
    pub kinship: Kinship,
    /// How much each row counts; empty where all count the same.
    pub weights: Vec<f32>,
    /// Rows whose label is missing, which were left out.
    pub unlabelled: u64,
    /// Where the label stands, from 0 on, and its name if the file has one.
    label: (usize, String),
    summary: TableSummary,
}

/// What the label columns hold.
pub(super) enum Labels {
    /// Classes.
    Classes(LabelColumn),
    /// Measured values, `[rows, targets]`.
    Values(Vec<f64>),
}

/// The class of each row.
pub(super) struct NumberedRows {
    pub labels: Vec<u32>,
    /// The classes, in the order of the numbers.
    pub classes: Vec<String>,
    pub summary: TableSummary,
}

impl TableContents {
    /// Reads a whole table whose rows are labelled, its features into `features`.
    ///
    /// # Errors
    /// A file that cannot be read, no label column, a cell that is missing or no finite number, rows of different lengths; labels
    /// that are not what `task` says.
    pub fn read(mut table: Table, features: ReadFeatures, task: Task) -> Result<Self, DataError> {
        let path = table.path().to_path_buf();
        let layout = table.layout();
        let Some(label) = layout.label else {
            let expected = format!("a label column \"{}\"", excerpt(&layout.columns.label));
            let place = Place::Line(layout.line);
            return Err(DataError::invalid(&path, place, expected, "none", "add it, or name another with --label"));
        };
        let (has_more, columns) = (!layout.further_labels.is_empty(), layout.columns.clone());
        let is_new = layout.matched == MatchedBy::Nothing;
        if task == Task::Classes && has_more {
            let problem = "--task classes with several label columns: a row has one class".into();
            return Err(DataError::Request { problem, remedy: "name one column, or say --task regression".into() });
        }
        let name = if layout.has_header { layout.names[label].clone() } else { String::new() };
        let dialect = table.summary().dialect();
        let mut rows = Rows::new(features, task == Task::Regression || has_more, Recordings::of(&table));
        while table.advance()? {
            rows.take(&mut table)?;
        }
        let Rows { features, labels, unlabelled, recordings, weights, .. } = rows;
        check_weights(&path, &weights, columns.windows().is_some())?;
        let label = (label, name);
        let labels = measured_if_so(labels, task, dialect, &path, &label)?;
        let (columns, windows, labels) = cut(columns, &recordings, labels, (&path, is_new))?;
        let kinship = Kinship::of(&columns, windows.as_ref(), &recordings);
        let summary = table.summary().clone();
        let weights = weights.into_iter().map(|(weight, _)| weight as f32).collect();
        Ok(TableContents { columns, features, labels, windows, kinship, weights, unlabelled, label, summary })
    }

    /// Labelled samples.
    pub fn samples(&self) -> usize {
        match &self.labels {
            Labels::Classes(labels) => labels.len(),
            Labels::Values(values) => values.len() / self.columns.labels().count(),
        }
    }

    /// What was understood of a table of measured values.
    pub fn measured(&self, values: &[f64]) -> TableSummary {
        let names: Vec<&str> = self.columns.labels().collect();
        let range = |(k, name): (usize, &&str)| {
            let column = || values.iter().skip(k).step_by(names.len()).copied();
            let (least, largest) = (column().fold(f64::INFINITY, f64::min), column().fold(f64::NEG_INFINITY, f64::max));
            TargetRange { name: (*name).into(), least, largest }
        };
        let targets = names.iter().enumerate().map(range).collect();
        self.summary.clone().with_targets(targets, self.samples() as u64, self.unlabelled)
    }

    /// Numbers the classes of all rows: by `classes`, or where a model has no names for its outputs by the sorted labels.
    ///
    /// # Errors
    /// A label that is none of the classes.
    pub fn number(
        &self,
        path: &Path,
        labels: &LabelColumn,
        classes: Vec<String>,
        model: Option<&ModelTable<'_>>,
    ) -> Result<NumberedRows, DataError> {
        let (column, name) = &self.label;
        let own = labels.classes();
        let by_order = model.is_some_and(|model| !model.are_named) && !are_outputs(&own, classes.len());
        if by_order && own.len() != classes.len() {
            return Err(unnamed(path, &own, classes.len()));
        }
        let classes = if by_order { own } else { classes };
        let labels = labels.number(&KnownClasses::new(&classes), path, (*column, name))?;
        let mut counts: Vec<(String, u64)> = classes.iter().map(|name| (name.clone(), 0)).collect();
        labels.iter().for_each(|class| counts[*class as usize].1 += 1);
        let mut summary = self.summary.clone().with_classes(counts, self.unlabelled);
        if by_order {
            summary.add("the model knows no names of classes: its outputs are taken to be these, in this order");
        } else if model.is_some_and(|model| !model.are_named) {
            summary.add("labels are taken to be the numbers of the model's outputs");
        }
        Ok(NumberedRows { labels, classes, summary })
    }
}

/// Cuts the windows that the columns ask for; the labels are then those of the windows. That of a class is the label of all its rows,
/// and a window whose rows have different ones is left out; measured values are those of its last row.
fn cut(
    mut columns: Columns,
    recordings: &Recordings,
    labels: Labels,
    (path, is_new): (&Path, bool),
) -> Result<(Columns, Option<CutWindows>, Labels), DataError> {
    let Some(windows) = columns.windows().cloned() else { return Ok((columns, None, labels)) };
    let windows = windows.with_own_step(recordings);
    let mut cut = recordings.cut(&windows);
    cut.check(path, &windows, columns.group().filter(|_| is_new))?;
    let labels = match labels {
        Labels::Values(values) => {
            let width = columns.labels().count();
            Labels::Values(super::set::select(&values, width, &cut.ends))
        }
        Labels::Classes(labels) => {
            cut.keep_unmixed(&windows, &labels);
            Labels::Classes(labels.select(&cut.ends))
        }
    };
    let group = columns.group().map(String::from);
    columns = columns.with_windows(group, Some(windows));
    Ok((columns, Some(cut), labels))
}

/// The labels as the task wants them, or as they look if it does not say.
fn measured_if_so(
    labels: Labels,
    task: Task,
    dialect: Dialect,
    path: &Path,
    (column, name): &(usize, String),
) -> Result<Labels, DataError> {
    match labels {
        Labels::Classes(labels) if task == Task::Auto && labels.look_measured(dialect) => {
            Ok(Labels::Values(labels.values(dialect, path, (*column, name))?))
        }
        labels => Ok(labels),
    }
}

/// Rows as they are read.
struct Rows {
    features: ReadFeatures,
    labels: Labels,
    recordings: Recordings,
    /// The weight of each row, and its line.
    weights: Vec<(f64, u64)>,
    unlabelled: u64,
    count: usize,
}

impl Rows {
    fn new(features: ReadFeatures, is_measured: bool, recordings: Recordings) -> Self {
        let labels = if is_measured { Labels::Values(Vec::new()) } else { Labels::Classes(LabelColumn::default()) };
        Rows { features, labels, recordings, weights: Vec::new(), unlabelled: 0, count: 0 }
    }

    /// Takes the current row; it is left out if its label is missing.
    fn take(&mut self, table: &mut Table) -> Result<(), DataError> {
        self.features.push(table)?;
        let error = |row: super::BadRow, table: &Table| row.into_error(table.path());
        let is_labelled = match &mut self.labels {
            Labels::Values(values) => table.values(values).map_err(|row| error(row, table))?,
            Labels::Classes(labels) => match table.label().map_err(|row| error(row, table))? {
                Some(label) => {
                    labels.push(label, table.line());
                    true
                }
                None => false,
            },
        };
        if is_labelled {
            self.recordings.push(table).map_err(|row| error(row, table))?;
            let weight = table.weight().map_err(|row| error(row, table))?;
            self.weights.extend(weight.map(|weight| (weight, table.line())));
            self.count += 1;
        } else {
            self.recordings.interrupt();
            self.features.truncate(self.count);
            self.unlabelled += 1;
        }
        Ok(())
    }
}

/// Refuses weights that make no sense.
fn check_weights(path: &Path, weights: &[(f64, u64)], are_windows: bool) -> Result<(), DataError> {
    let refused =
        |expected, found, remedy| Err(DataError::NotLearnable { file: path.to_path_buf(), expected, found, remedy });
    match weights.iter().find(|(weight, _)| *weight < 0.0) {
        _ if weights.is_empty() => Ok(()),
        _ if are_windows => {
            let remedy = "leave --sample-weights out";
            refused("rows that are samples of their own, for weights of rows", "windows of rows".into(), remedy)
        }
        Some((weight, line)) => {
            refused("weights from 0 on", format!("{weight} in line {line}"), "correct it, or leave the row out")
        }
        None if weights.iter().all(|(weight, _)| *weight == 0.0) => refused(
            "a row that counts",
            "the weight 0 in every row".into(),
            "name another column with --sample-weights",
        ),
        None => Ok(()),
    }
}

/// Labels that cannot be matched with outputs that have no names.
pub(super) fn unnamed(path: &Path, labels: &[String], outputs: usize) -> DataError {
    let (path, listed, last) = (path.display(), list(labels), outputs.saturating_sub(1));
    let problem =
        format!("{path}: the model has {outputs} outputs without names, 0 to {last}, and the labels are {listed}");
    DataError::Request { problem, remedy: "name the classes of the outputs, in their order, with --classes".into() }
}

/// Whether all of these are numbers of one of so many outputs.
pub(super) fn are_outputs(names: &[String], outputs: usize) -> bool {
    let is_output = |value: f64| value >= 0.0 && value < outputs as f64 && value.fract() == 0.0;
    names.iter().all(|name| is_finite_number(name) && name.parse().is_ok_and(is_output))
}
