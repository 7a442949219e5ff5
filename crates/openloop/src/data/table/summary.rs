//! What was understood of a table, in one line: header, separator, label, classes with their counts, rows, features.

use super::super::error::excerpt;
use super::super::{ColumnKind, Columns};
use super::cells::Cells;
use super::dialect::Dialect;
use super::labels::is_finite_number;
use super::layout::{MatchedBy, TableLayout};
use std::fmt;

/// Classes that are named one by one.
const MAX_CLASSES: usize = 8;
/// Columns that are no numbers, and are named one by one.
const MAX_ENCODED: usize = 8;
/// More numbers than that may be no classes.
const MANY_CLASSES: usize = 20;
/// Rows from which on numbers that count up are no chance.
const MIN_COUNTED: usize = 5;
/// Names of columns that number the rows, in lower case.
const INDEX_NAMES: [&str; 7] = ["unnamed: 0", "id", "index", "idx", "row", "no", "nr"];

/// What was understood of a table. Its text is one line, fit for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSummary {
    has_header: bool,
    dialect: Dialect,
    /// The label's name and number.
    label: Option<(String, usize)>,
    features: usize,
    inputs: usize,
    /// The columns that are no numbers.
    encoded: Vec<String>,
    matched: String,
    classes: Vec<(String, u64)>,
    /// The targets of a regression.
    targets: Vec<TargetRange>,
    rows: u64,
    unlabelled: u64,
    /// What windows were cut.
    windows: Option<String>,
    hints: Vec<String>,
}

/// A target of a regression, with its least and its largest value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::data) struct TargetRange {
    pub name: String,
    pub least: f64,
    pub largest: f64,
}

impl Eq for TargetRange {}

impl TableSummary {
    pub(super) fn new(layout: &TableLayout, dialect: Dialect, hints: Vec<String>) -> Self {
        TableSummary {
            has_header: layout.has_header,
            dialect,
            label: layout.label.map(|k| (excerpt(&layout.names[k]), k + 1)),
            matched: layout.matched.to_string(),
            hints: if layout.matched == MatchedBy::Nothing { hints } else { Vec::new() },
            ..TableSummary::default()
        }
        .with_columns(&layout.columns)
    }

    /// With what each column is, once that is decided.
    pub(in crate::data) fn with_columns(self, columns: &Columns) -> Self {
        let encoded = columns.each().filter(|(_, kind)| **kind != ColumnKind::Number);
        let mut encoded: Vec<String> = encoded.map(|(name, kind)| format!("{}: {kind}", excerpt(name))).collect();
        if encoded.len() > MAX_ENCODED {
            encoded.truncate(MAX_ENCODED);
            encoded.push("...".into());
        }
        TableSummary { features: columns.features.len(), inputs: columns.inputs(), encoded, ..self }
    }

    /// With what windows were cut from the rows, in words.
    pub(in crate::data) fn with_windows(self, windows: Option<String>) -> Self {
        TableSummary { windows, ..self }
    }

    /// What a sample is called.
    fn samples(&self) -> &'static str {
        if self.windows.is_some() { "windows" } else { "rows" }
    }

    /// With more to be known.
    pub(in crate::data) fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.hints.extend(notes);
        self
    }

    /// With the rows of each class, and those whose label is missing, once all were read.
    pub(in crate::data) fn with_classes(mut self, classes: Vec<(String, u64)>, unlabelled: u64) -> Self {
        self.rows = classes.iter().map(|(_, rows)| rows).sum::<u64>();
        (self.classes, self.unlabelled) = (classes, unlabelled);
        self
    }

    /// With the targets of a regression, once all rows were read.
    pub(in crate::data) fn with_targets(mut self, targets: Vec<TargetRange>, rows: u64, unlabelled: u64) -> Self {
        (self.targets, self.rows, self.unlabelled) = (targets, rows, unlabelled);
        self
    }

    /// Says that the label was taken for classes, and how it is taken for a measured value, where there are many numbers.
    pub(in crate::data) fn hint_at_regression(&mut self) {
        if self.classes.len() > MANY_CLASSES && self.classes.iter().all(|(name, _)| is_finite_number(name)) {
            let count = self.classes.len();
            self.hints
                .push(format!("the label is taken for {count} classes; --task regression makes it a measured value"));
        }
    }

    /// Adds something that was taken without being said.
    pub(in crate::data) fn add(&mut self, text: &str) {
        let before = std::mem::take(&mut self.matched);
        self.matched =
            [before.as_str(), text].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("; ");
    }

    /// What else should be known, a line each: columns that only number the rows or were left out, and what missing values became.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// How cells are separated and numbers written.
    pub(in crate::data) fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn is_comma(&self) -> bool {
        self.dialect.separator == b','
    }

    /// Whether something was taken that could be meant differently: no header, another separator than the comma, positions
    /// instead of names.
    pub fn has_guesses(&self) -> bool {
        !self.has_header || !self.is_comma() || !self.matched.is_empty()
    }
}

impl TableSummary {
    fn write_targets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.targets.len() > 1 { "; targets: " } else { "; target: " })?;
        for (k, TargetRange { name, least, largest }) in self.targets.iter().enumerate() {
            write!(f, "{}\"{}\" from {least} to {largest}", if k > 0 { ", " } else { "" }, excerpt(name))?;
        }
        write!(f, ", regression, {} {}", self.rows, self.samples())
    }
}

impl fmt::Display for TableSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.has_header { "header: yes" } else { "header: no" })?;
        if !self.is_comma() {
            write!(f, "; separator: {}", self.dialect)?;
        }
        match &self.label {
            _ if !self.targets.is_empty() => self.write_targets(f)?,
            Some((name, number)) => write!(f, "; label: \"{name}\" (column {number})")?,
            None => write!(f, "; no label")?,
        }
        if !self.classes.is_empty() {
            let shown = self.classes.iter().take(MAX_CLASSES);
            let mut shown: Vec<String> = shown.map(|(name, rows)| format!("{} {rows}", excerpt(name))).collect();
            if self.classes.len() > shown.len() {
                shown.push("...".into());
            }
            let (count, samples) = (self.classes.len(), self.samples());
            write!(f, " of {count} classes, {}; {} {samples}", shown.join(", "), self.rows)?;
        }
        write!(f, "; {} features", self.features)?;
        if !self.encoded.is_empty() {
            write!(f, " as {} inputs ({})", self.inputs, self.encoded.join("; "))?;
        }
        if self.unlabelled > 0 {
            write!(f, "; {} rows without a label were left out", self.unlabelled)?;
        }
        if !self.matched.is_empty() {
            write!(f, "; {}", self.matched)?;
        }
        self.windows.iter().try_for_each(|windows| write!(f, "; {windows}"))
    }
}

/// Features that only number the rows, from the first rows of the table.
pub(super) fn hints(layout: &TableLayout, rows: &[Cells]) -> Vec<String> {
    let mut hints = Vec::new();
    for &k in layout.features.iter().filter(|_| rows.len() >= MIN_COUNTED) {
        let name = &layout.names[k];
        let is_named = INDEX_NAMES.contains(&name.to_lowercase().as_str());
        let grows = |least: f64, most: f64| {
            let is_next = |pair: &[Cells]| match (pair[0].number(k), pair[1].number(k)) {
                (Some(one), Some(other)) => (least..=most).contains(&(other - one)),
                _ => false,
            };
            rows.windows(2).all(is_next)
        };
        if grows(1.0, 1.0) || (is_named && grows(f64::MIN_POSITIVE, f64::MAX)) {
            let shown = excerpt(name);
            hints.push(format!(
                "column \"{shown}\" counts the rows up; if it says nothing of their class, leave it out with --ignore \"{shown}\""
            ));
        }
    }
    hints
}
