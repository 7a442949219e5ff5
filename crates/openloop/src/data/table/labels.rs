//! Labels become class numbers: the classes of a new table, or those of a model, matched by name.

use super::super::error::excerpt;
use super::super::{DataError, Place};
use super::dialect::Dialect;
use super::names::list;
use super::number::number_of;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// More different numbers than this may be measured values; of numbers with decimals, half as many.
const MOST_NUMBERED_CLASSES: usize = 20;
/// So many different numbers are no classes.
const MEASURED_FROM: usize = 200;
/// Classes have so many rows each, or more.
const ROWS_OF_A_CLASS: usize = 10;

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

    /// The labels of some rows alone, in this order; a text that none of them has is forgotten.
    pub fn select(&self, rows: &[u32]) -> LabelColumn {
        let mut selected = LabelColumn::default();
        for &row in rows {
            let text = self.rows[row as usize] as usize;
            selected.push(&self.texts[text], self.lines[text]);
        }
        selected
    }

    /// Of each row, how many rows up to it have its class without a break.
    pub fn same_so_far(&self) -> Vec<u32> {
        let classes: Vec<Cow<'_, str>> = self.texts.iter().map(|text| canonical(text)).collect();
        let mut counts: Vec<u32> = Vec::with_capacity(self.rows.len());
        for (row, &text) in self.rows.iter().enumerate() {
            let before = row.checked_sub(1).filter(|b| classes[self.rows[*b] as usize] == classes[text as usize]);
            counts.push(before.map_or(1, |before| counts[before] + 1));
        }
        counts
    }

    /// The distinct classes in their order.
    pub fn classes(&self) -> Vec<String> {
        distinct_classes(self.texts.iter().map(String::as_str))
    }

    /// Whether these look like measured values and not like classes: see [`look_measured`].
    pub fn look_measured(&self, dialect: Dialect) -> bool {
        let numbers: Option<Vec<f64>> = self.texts.iter().map(|text| finite(text, dialect)).collect();
        numbers.is_some_and(|numbers| look_measured(numbers, self.rows.len()))
    }

    /// The number in each row.
    ///
    /// # Errors
    /// A label that is no finite number, and where it stands first. `column` is the label's.
    pub fn values(&self, dialect: Dialect, path: &Path, column: (usize, &str)) -> Result<Vec<f64>, DataError> {
        let value = |(at, text): (usize, &String)| {
            finite(text, dialect).ok_or_else(|| {
                let place = Place::Cell { line: self.lines[at], column: column.0 + 1, name: column.1.into() };
                let found = format!("\"{}\"", excerpt(text));
                let remedy = "correct it, or say --task classes if the labels are names of classes";
                DataError::invalid(path, place, "a finite number, as the target is a measured value", found, remedy)
            })
        };
        let values: Vec<f64> = self.texts.iter().enumerate().map(value).collect::<Result<_, _>>()?;
        Ok(self.rows.iter().map(|text| values[*text as usize]).collect())
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

/// Whether the labels of `rows` rows that are these numbers look like measured values and not like classes: more than 20 different ones
/// (10 if some have decimals) that are more than 200 or have less than ten rows each; or another number in each row.
pub(crate) fn look_measured(mut numbers: Vec<f64>, rows: usize) -> bool {
    let has_decimals = numbers.iter().any(|value| value.fract() != 0.0);
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.dedup();
    let count = numbers.len();
    let most = if has_decimals { MOST_NUMBERED_CLASSES / 2 } else { MOST_NUMBERED_CLASSES };
    let are_rare = count > MEASURED_FROM || count * ROWS_OF_A_CLASS > rows;
    (count > most && (has_decimals || are_rare)) || count == rows
}

/// Classes by name: of numbers, however they are written.
pub(in crate::data) struct KnownClasses<'a> {
    names: &'a [String],
    numbers: HashMap<Cow<'a, str>, u32>,
}

impl<'a> KnownClasses<'a> {
    /// The classes of these names, numbered in this order.
    pub fn new(names: &'a [String]) -> Self {
        let numbered = || names.iter().map(String::as_str).zip(0..);
        // an older model may have both writings of one number: each then stands for itself
        let values = numbered().map(|(name, number)| (canonical(name), number));
        let numbers = values.chain(numbered().map(|(name, number)| (Cow::Borrowed(name), number))).collect();
        KnownClasses { names, numbers }
    }

    /// The number of a class.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).or_else(|| self.numbers.get(&canonical(text))).copied()
    }
}

/// The finite number that a text is in this dialect.
fn finite(text: &str, dialect: Dialect) -> Option<f64> {
    number_of(text.as_bytes(), dialect.decimal).filter(|value| value.is_finite())
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
pub(in crate::data) fn is_finite_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether two labels are one class: the same text, or the same number, however it is written.
pub(crate) fn is_same_class(a: &str, b: &str) -> bool {
    a == b || class_value(a).is_some_and(|value| class_value(b) == Some(value))
}

/// The classes of these labels in their order; of numbers written in several ways, the shortest writing.
pub(crate) fn distinct_classes<'a>(labels: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: HashMap<Cow<'a, str>, &'a str> = HashMap::new();
    for label in labels {
        let name = names.entry(canonical(label)).or_insert(label);
        *name = std::cmp::min_by_key(*name, label, |label| (label.len(), *label));
    }
    ordered(names.into_values().map(String::from).collect())
}

/// One text for each class: of a number, the text that its value is written as.
fn canonical(text: &str) -> Cow<'_, str> {
    class_value(text).map_or(Cow::Borrowed(text), |value| Cow::Owned(value.to_string()))
}

/// The number that a label stands for; none beyond the integers that f64 tells apart, where two numbers would become one class.
fn class_value(text: &str) -> Option<f64> {
    const MOST: f64 = (1u64 << 53) as f64;
    // adding zero makes -0 the same as 0
    text.parse().ok().filter(|value: &f64| value.abs() < MOST).map(|value| value + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_class_however_it_is_written() {
        for (a, b) in [("1", "1.0"), ("1", "01"), ("10", "1e1"), ("0", "-0.0"), ("0.5", ".5"), ("a", "a")] {
            assert!(is_same_class(a, b), "{a} {b}");
            let names = [a.to_string(), "other".into()];
            assert_eq!(KnownClasses::new(&names).find(b), Some(0), "{a} {b}");
            assert_eq!(distinct_classes([b, "other", a, b].into_iter()).len(), 2, "{a} {b}");
        }
        for (a, b) in [("1", "2"), ("nan", "NaN"), ("inf", "1e999"), ("9007199254740992", "9007199254740993")] {
            assert!(!is_same_class(a, b), "{a} {b}");
            assert_eq!(distinct_classes([a, b].into_iter()).len(), 2, "{a} {b}");
        }
        assert_eq!(distinct_classes(["2.0", "10", "1.0", "1"].into_iter()), ["1", "2.0", "10"]);
    }

    #[test]
    fn many_different_numbers_look_measured_and_class_numbers_do_not() {
        let looks = |labels: &mut dyn Iterator<Item = String>| {
            let mut column = LabelColumn::default();
            labels.for_each(|label| column.push(&label, 1));
            column.look_measured(Dialect::default())
        };
        // a blood value; a price with decimals; one number a row
        assert!(looks(&mut (0..442).map(|k| (25 + k * 7 % 214).to_string())));
        assert!(looks(&mut (0..1000).map(|k| format!("{}.5", k % 40))));
        assert!(looks(&mut (0..6).map(|k| (k * k).to_string())));
        assert!(looks(&mut (0..20_000).map(|k| (k % 3000).to_string())));
        // ten digits; quality marks; a hundred classes of many rows; names; three sizes with decimals
        assert!(!looks(&mut (0..60).map(|k| (k % 10).to_string())));
        assert!(!looks(&mut (0..30).map(|k| (3 + k % 6).to_string())));
        assert!(!looks(&mut (0..5000).map(|k| (k % 100).to_string())));
        assert!(!looks(&mut (0..100).map(|k| format!("name {k}"))));
        assert!(!looks(&mut (0..100).map(|k| format!("{}.5", k % 3))));
    }

    #[test]
    fn classes_that_an_older_model_tells_apart_stay_apart() {
        let names = ["1", "1.0"].map(String::from);
        let known = KnownClasses::new(&names);
        assert_eq!((known.find("1"), known.find("1.0")), (Some(0), Some(1)));
    }
}
