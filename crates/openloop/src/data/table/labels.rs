//! Labels become class numbers: the classes of a new table, or those of a model, matched by name.

use super::super::error::excerpt;
use super::super::{DataError, Place};
use super::layout::list;
use std::collections::HashMap;
use std::path::Path;

/// The labels of a table, each text kept once.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct LabelColumn {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
    /// The line in which each text stood first.
    lines: Vec<u64>,
    /// The number of each row's text.
    rows: Vec<u32>,
}

impl LabelColumn {
    /// Takes the label of a row.
    pub fn push(&mut self, text: &str, line: u64) {
        let number = self.numbers.get(text).copied().unwrap_or_else(|| {
            self.numbers.insert(text.into(), self.texts.len() as u32);
            self.texts.push(text.into());
            self.lines.push(line);
            self.texts.len() as u32 - 1
        });
        self.rows.push(number);
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The text of each row.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|number| self.texts[*number as usize].as_str())
    }

    /// The distinct classes in their order.
    pub fn classes(&self) -> Vec<String> {
        classes_of(&self.texts)
    }

    /// The class of each row.
    ///
    /// # Errors
    /// A label that is none of `known`: where it stands first, and what is known. `column` is the label's.
    pub fn number(&self, known: &KnownClasses<'_>, path: &Path, column: (usize, &str)) -> Result<Vec<u32>, DataError> {
        let unknown = |at: usize| {
            let (column, name) = column;
            let place = Place::Cell { line: self.lines[at], column: column + 1, name: name.into() };
            let expected = format!("one of the model's classes, {}", list(known.names));
            let found = format!("\"{}\"", excerpt(&self.texts[at]));
            let remedy = "correct the label, or train a model on data with this class";
            DataError::invalid(path, place, expected, found, remedy)
        };
        let classes: Result<Vec<u32>, DataError> =
            self.texts.iter().enumerate().map(|(at, text)| known.find(text).ok_or_else(|| unknown(at))).collect();
        let classes = classes?;
        Ok(self.rows.iter().map(|text| classes[*text as usize]).collect())
    }
}

/// Classes by name: of numbers, however they are written.
pub(in crate::data) struct KnownClasses<'a> {
    names: &'a [String],
    numeric: bool,
    numbers: HashMap<String, u32>,
}

impl<'a> KnownClasses<'a> {
    /// The classes of these names, numbered in this order.
    pub fn new(names: &'a [String]) -> Self {
        let numeric = names.iter().all(|name| is_finite_number(name));
        let numbers = names.iter().zip(0..).map(|(name, number)| (canonical(name, numeric), number)).collect();
        KnownClasses { names, numeric, numbers }
    }

    /// The number of a class.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(&canonical(text, self.numeric)).copied()
    }
}

/// The distinct classes of some labels, in their order; of numbers written in several ways, the shortest writing.
pub(crate) fn classes_of(labels: &[String]) -> Vec<String> {
    let numeric = labels.iter().all(|text| is_finite_number(text));
    let mut names: HashMap<String, &str> = HashMap::new();
    for text in labels {
        let name = names.entry(canonical(text, numeric)).or_insert(text);
        *name = std::cmp::min_by_key(*name, text.as_str(), |text| (text.len(), *text));
    }
    ordered(names.into_values().map(String::from).collect())
}

/// Distinct names in their order: as numbers if all are numbers, else as text.
fn ordered(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    if names.iter().all(|name| is_finite_number(name)) {
        let value = |name: &String| name.parse::<f64>().unwrap_or(f64::NAN);
        names.sort_by(|a, b| value(a).total_cmp(&value(b)));
    }
    names
}

/// Whether a text is a finite number.
pub(crate) fn is_finite_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// One text for each class: of a number, the text that its value is written as.
fn canonical(text: &str, numeric: bool) -> String {
    match text.parse::<f64>() {
        // Adding zero makes -0 the same as 0.
        Ok(value) if numeric && value.is_finite() => (value + 0.0).to_string(),
        _ => text.to_string(),
    }
}
