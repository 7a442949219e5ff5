//! The rows that a stream begins with: the network, its classes or the units of its values, and its scaling are made of them.

use super::moments::Moments;
use super::source::Row;
use crate::data::{TargetUnits, distinct_classes, excerpt, is_same_class, look_measured, shown_number};

/// Rows of a warm-up where neither the user nor a segment ends it.
pub const DEFAULT_ROWS: u64 = 500;

/// Rows of a warm-up that a segment ends, at most: memory must not grow with the stream.
pub const MAX_ROWS: u64 = 10_000;

/// Classes that are named one by one.
const MAX_SHOWN: usize = 8;
/// More numbers than that may be no classes.
const MANY_NUMBERS: usize = 20;
/// Rows with a target that a network of values starts from, at least.
const MIN_VALUES: usize = 2;
/// Labelled rows from which on another whole number in each of them is a measured value and not a class.
const MIN_DIFFERENT: usize = 10;

/// Why a stream of values cannot start from its warm-up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TargetsError {
    /// It has too few targets.
    #[error("the warm-up of {rows} rows has {targets} targets: too few to start from; at least 2 are needed")]
    TooFew {
        /// Rows in it.
        rows: usize,
        /// Rows with targets in it.
        targets: usize,
    },
    /// A target never changes.
    #[error(
        "target \"{name}\" is {value} in all {rows} rows of the warm-up that have one; choose another column with --label, or a longer \
         --warmup"
    )]
    Constant {
        /// The target.
        name: String,
        /// Its value.
        value: f64,
        /// Rows with it.
        rows: usize,
    },
}

/// The rows so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warmup {
    /// `[rows, features]`
    pub features: Vec<f64>,
    /// The name of each row's class; empty where it is not known.
    pub labels: Vec<String>,
    /// The values of each row's targets, where they may be such; empty where they are not known.
    pub values: Vec<Vec<f64>>,
    /// The segment they all belong to; empty where they belong to none or to several.
    pub segment: String,
    /// Rows that could not be used.
    pub bad: u64,
}

impl Warmup {
    /// Whether the rows are all there when `next` comes: `rows` of them, or those of the first segment up to 10,000.
    pub fn is_complete(&self, rows: Option<u64>, next: &Row) -> bool {
        let count = self.labels.len() as u64;
        match rows {
            Some(rows) => count >= rows,
            None if next.segment.is_empty() => count >= DEFAULT_ROWS,
            None => count >= MAX_ROWS || (count > 0 && next.segment != self.segment),
        }
    }

    /// Takes a row.
    pub fn push(&mut self, row: &Row) {
        if self.labels.is_empty() {
            self.segment.push_str(&row.segment);
        } else if self.segment != row.segment {
            self.segment.clear();
        }
        self.features.extend_from_slice(&row.features);
        self.labels.push(row.label.clone());
        self.values.push(row.values.clone());
    }

    /// It ends before `next`: if that is of the same segment, the warm-up is not all of it and has no name of its own.
    pub fn end_before(&mut self, next: &Row) {
        if self.segment == next.segment {
            self.segment.clear();
        }
    }

    /// Whether its targets look like measured values and not like classes, as a table's do.
    pub fn looks_measured(&self) -> bool {
        let known: Vec<f64> = self.labelled().flatten().copied().collect();
        let has_decimals = known.iter().any(|value| value.fract() != 0.0);
        let is_enough = known.len() >= if has_decimals { MIN_VALUES } else { MIN_DIFFERENT };
        let rows = known.len();
        // a label that is no number has no value
        let are_numbers = self.labels.iter().filter(|label| !label.is_empty()).count() == self.labelled().count();
        is_enough && are_numbers && known.iter().all(|value| value.is_finite()) && look_measured(known, rows)
    }

    /// The values of the rows whose targets are known.
    fn labelled(&self) -> impl Iterator<Item = &Vec<f64>> {
        self.values.iter().filter(|values| !values.is_empty())
    }

    /// The mean and the deviation of each target, those far out left out.
    ///
    /// # Errors
    /// Too few rows with targets, or a target that is the same in all of them.
    pub fn units(&self, names: Vec<String>) -> Result<TargetUnits, TargetsError> {
        let (rows, targets) = (self.labels.len(), self.labelled().count());
        if targets < MIN_VALUES {
            return Err(TargetsError::TooFew { rows, targets });
        }
        let moments = |k: usize| {
            Moments::fit(&mut self.labelled().filter_map(|values| values.get(k).copied()).collect::<Vec<_>>())
        };
        let all: Vec<Moments> = (0..names.len()).map(moments).collect();
        let is_constant = |moments: &Moments| moments.deviation <= 0.0 || !moments.deviation.is_finite();
        if let Some(k) = all.iter().position(is_constant) {
            return Err(TargetsError::Constant { name: excerpt(&names[k]), value: all[k].mean, rows: targets });
        }
        let (mean, deviation) = all.iter().map(|moments| (moments.mean, moments.deviation)).unzip();
        Ok(TargetUnits { names, mean, deviation })
    }

    /// The targets with their ranges, in words; `is_a_guess` where it was not said that they are values.
    pub fn values_text(&self, units: &TargetUnits, is_a_guess: bool) -> String {
        let range = |(k, name): (usize, &String)| {
            let column = || self.labelled().filter_map(move |values| values.get(k).copied());
            let (least, largest) = (column().fold(f64::INFINITY, f64::min), column().fold(f64::NEG_INFINITY, f64::max));
            format!("\"{}\" from {} to {}", excerpt(name), shown_number(least), shown_number(largest))
        };
        let shown: Vec<String> = units.names.iter().enumerate().take(MAX_SHOWN).map(range).collect();
        let word = if units.names.len() == 1 { "target" } else { "targets" };
        let unlabelled = self.labels.len() - self.labelled().count();
        let others = if unlabelled > 0 { format!(", {unlabelled} without a target") } else { String::new() };
        let hint = if is_a_guess { "; --task classes makes it a class label" } else { "" };
        format!("warm-up: {word}: {}, regression, {} rows{others}{hint}", shown.join(", "), self.labels.len())
    }

    /// The classes with their rows, in words; `is_a_guess` where it was not said that they are classes.
    pub fn classes_text(&self, classes: &ClassList, is_a_guess: bool) -> String {
        let mut counts = vec![0u64; classes.known()];
        let known = self.labels.iter().filter_map(|label| classes.find(label));
        known.for_each(|class| counts[class as usize] += 1);
        let names = classes.names().iter().zip(&counts).take(MAX_SHOWN);
        let mut shown: Vec<String> = names.map(|(name, rows)| format!("{} {rows}", excerpt(name))).collect();
        if counts.len() > MAX_SHOWN {
            shown.push("...".into());
        }
        let numbers =
            is_a_guess && counts.len() > MANY_NUMBERS && classes.names().iter().all(|name| name.parse::<f64>().is_ok());
        let hint = match numbers {
            true => "; if these numbers are measured values, say --task regression",
            false => "",
        };
        let unlabelled = self.labels.len() as u64 - counts.iter().sum::<u64>();
        let others = if unlabelled > 0 { format!(", {unlabelled} without a label") } else { String::new() };
        format!("warm-up: {} classes, {}{others}{hint}", counts.len(), shown.join(", "))
    }

    /// The classes: distinct labels, sorted as numbers if all are numbers, else as text; a number is one class however it is written.
    pub fn classes(&self) -> Vec<String> {
        distinct_classes(self.labels.iter().map(String::as_str).filter(|label| !label.is_empty()))
    }
}

/// The classes of a stream: those known, then places that are free for new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassList {
    names: Vec<String>,
    known: usize,
}

/// What a free place is called until a class takes it.
fn reserved_name(number: usize) -> String {
    format!("reserved-{number}")
}

impl ClassList {
    /// `known` classes and `reserve` free places.
    pub fn new(known: Vec<String>, reserve: usize) -> Self {
        let count = known.len();
        let names = known.into_iter().chain((1..=reserve).map(reserved_name)).collect();
        ClassList::from_saved(names, count)
    }

    /// Their names for a message: the first of many.
    pub fn shown(&self) -> String {
        let mut shown: Vec<String> = self.names.iter().take(MANY_NUMBERS).map(|name| excerpt(name)).collect();
        if self.names.len() > shown.len() {
            shown.push(format!("... ({} in all)", self.names.len()));
        }
        shown.join(", ")
    }

    /// As they were saved: the first `known` are classes.
    pub fn from_saved(names: Vec<String>, known: usize) -> Self {
        ClassList { names, known }
    }

    /// All names, those of free places too.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many are known.
    pub fn known(&self) -> usize {
        self.known
    }

    /// The number of a class, which may be written in another way if it is a number.
    pub fn find(&self, name: &str) -> Option<u32> {
        let known = &self.names[..self.known];
        let exact = known.iter().position(|other| other == name);
        exact.or_else(|| known.iter().position(|other| is_same_class(other, name))).map(|k| k as u32)
    }

    /// The number of a class that may take a free place.
    pub fn find_or_add(&mut self, name: &str) -> Option<u32> {
        self.find(name).or_else(|| {
            let place = self.names.get_mut(self.known)?;
            name.clone_into(place);
            self.known += 1;
            Some(self.known as u32 - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: &str, segment: &str) -> Row {
        Row { features: vec![1.0], label: label.into(), segment: segment.into(), ..Row::default() }
    }

    #[test]
    fn a_warm_up_ends_with_the_first_segment_or_after_the_rows_asked_for() {
        let mut warmup = Warmup::default();
        warmup.push(&row("b", "1"));
        warmup.push(&row("", "1"));
        assert!(!warmup.is_complete(None, &row("a", "1")) && warmup.is_complete(None, &row("a", "2")));
        assert!(!warmup.is_complete(Some(3), &row("a", "2")) && warmup.is_complete(Some(2), &row("a", "1")));
        assert_eq!(warmup.classes(), ["b"]);
        warmup.end_before(&row("a", "1"));
        assert_eq!(warmup.segment, "");
        (0..MAX_ROWS).for_each(|_| warmup.push(&row("a", "")));
        assert!(warmup.is_complete(None, &row("a", "1")), "memory must not grow with the stream");
    }

    #[test]
    fn a_number_is_one_class_in_the_warm_up_and_after_it() {
        let mut warmup = Warmup::default();
        ["1.0", "1", "2", "2.0", "idle"].iter().for_each(|label| warmup.push(&row(label, "")));
        assert_eq!(warmup.classes(), ["1", "2", "idle"]);
        let mut classes = ClassList::new(warmup.classes(), 1);
        assert_eq!(
            (classes.find("01"), classes.find_or_add("3.0"), classes.find_or_add("3")),
            (Some(0), Some(3), Some(3))
        );
        assert_eq!(classes.names(), ["1", "2", "idle", "3.0"]);
    }

    #[test]
    fn a_new_class_takes_a_free_place_and_then_there_is_none() {
        let mut classes = ClassList::new(vec!["1".into(), "10".into()], 1);
        assert_eq!((classes.find("1.0"), classes.find_or_add("7"), classes.find_or_add("8")), (Some(0), Some(2), None));
        assert_eq!(classes.names(), ["1", "10", "7"]);
    }
}
