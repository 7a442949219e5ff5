//! The rows that a stream begins with: the network, its classes and its scaling are made of them.

use super::source::Row;
use crate::data::{distinct_classes, excerpt, is_same_class};

/// Rows of a warm-up where neither the user nor a segment ends it.
pub const DEFAULT_ROWS: u64 = 500;

/// Rows of a warm-up that a segment ends, at most: memory must not grow with the stream.
pub const MAX_ROWS: u64 = 10_000;

/// Classes that are named one by one.
const MAX_SHOWN: usize = 8;
/// More numbers than that may be no classes.
const MANY_NUMBERS: usize = 20;

/// The rows so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warmup {
    /// `[rows, features]`
    pub features: Vec<f64>,
    /// The name of each row's class; empty where it is not known.
    pub labels: Vec<String>,
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
    }

    /// It ends before `next`: if that is of the same segment, the warm-up is not all of it and has no name of its own.
    pub fn end_before(&mut self, next: &Row) {
        if self.segment == next.segment {
            self.segment.clear();
        }
    }

    /// The classes with their rows, in words.
    pub fn classes_text(&self, classes: &ClassList) -> String {
        let mut counts = vec![0u64; classes.known()];
        let known = self.labels.iter().filter_map(|label| classes.find(label));
        known.for_each(|class| counts[class as usize] += 1);
        let names = classes.names().iter().zip(&counts).take(MAX_SHOWN);
        let mut shown: Vec<String> = names.map(|(name, rows)| format!("{} {rows}", excerpt(name))).collect();
        if counts.len() > MAX_SHOWN {
            shown.push("...".into());
        }
        let numbers = counts.len() > MANY_NUMBERS && classes.names().iter().all(|name| name.parse::<f64>().is_ok());
        let hint = match numbers {
            true => "; if these numbers are measured values, a stream does not learn them, and openloop train does",
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
