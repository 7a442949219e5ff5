//! What may be asked of a table.

use super::super::{AskedWindows, Columns};

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderChoice {
    /// It does.
    Yes,
    /// It is a row as the others.
    No,
}

openloop_core::named!(HeaderChoice: "header" { Yes = "yes", No = "no" });

/// What the label column is taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// What it looks like: many different numbers are measured values, all else is classes.
    #[default]
    Auto,
    /// Each distinct label is a class.
    Classes,
    /// Labels are measured values.
    Regression,
}

openloop_core::named!(Task: "task" { Auto = "auto", Classes = "classes", Regression = "regression" });

/// What is asked of a table. What is left out is found from its first rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TableRequest<'a> {
    /// The label column: its name, or where there is no header its number, counted from 1. Several targets of a regression are
    /// separated by commas. None means the column called label, class or target, else the last.
    pub label: Option<&'a str>,
    /// What the label column is taken for.
    pub task: Task,
    /// Whether there need be no label: the last column is then a feature like the others.
    pub may_lack_label: bool,
    /// The column that names the segment of a row.
    pub segment: Option<&'a str>,
    /// Whether a column called segment is one.
    pub has_segments: bool,
    /// Columns that are no features.
    pub ignored: &'a [String],
    /// Feature columns that are dates; with windows the column that says when a row was measured.
    pub dates: &'a [String],
    /// Feature columns whose cells name categories, numbers too.
    pub categories: &'a [String],
    /// Whether each feature column that has missing values in the training rows gets an input that says so.
    pub indicates_missing: bool,
    /// The column whose rows of the same value belong together: windows end where it changes, and a split by groups holds out all rows
    /// of one.
    pub group: Option<&'a str>,
    /// The column that names the learner of a row, where each has one of its own; it is no feature.
    pub key: Option<&'a str>,
    /// The column that says how much each row counts when it is learned from.
    pub weight: Option<&'a str>,
    /// How rows become samples.
    pub windows: AskedWindows,
    /// Whether the first rows decide what each feature column is, where no model says it; all are numbers otherwise.
    pub by_sample: bool,
    /// What becomes of a missing feature.
    pub missing: MissingFeatures<'a>,
    /// Whether the first row names the columns; none means that it is found.
    pub header: Option<HeaderChoice>,
    /// Bytes in a line, at most; none means [`DEFAULT_MAX_LINE`](super::DEFAULT_MAX_LINE).
    pub max_line: Option<u64>,
    /// What a model expects.
    pub expected: ExpectedColumns<'a>,
    /// How many rows may be waited for before the first is given: of a pipe, whose rows are to be answered at once, no more than
    /// that. None means a file, whose first rows are looked at.
    pub read_ahead: Option<usize>,
}

/// What becomes of a feature whose value is missing. That of a column of categories is 0 for each of them in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum MissingFeatures<'a> {
    /// Its row cannot be used.
    #[default]
    Refused,
    /// It is NaN, which standardisation makes the mean: of each input this one.
    Mean(&'a [f64]),
    /// It is NaN, which standardisation makes the mean of the rows so far.
    RunningMean,
}

/// What a table is expected to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ExpectedColumns<'a> {
    /// Whatever it holds.
    #[default]
    Any,
    /// These columns of a model.
    Columns(&'a Columns),
    /// This many features, whatever they are called.
    Count(usize),
}
