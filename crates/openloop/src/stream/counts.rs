//! What is counted while a stream goes by: in the whole, by segment, and over time, in bounded memory.

use super::answer::{Answers, Truth};
use super::score::{ErrorFigures, ErrorSums, MAX_COUNT, Predictors, Score};
use crate::data::TargetUnits;
use serde::{Deserialize, Serialize};

/// Parts of one size that a saved stream may have at most.
const MOST_PARTS: usize = 1 << 16;

fn is_zero<T: Default + PartialEq>(count: &T) -> bool {
    *count == T::default()
}

/// Outcomes of some rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutcomeCounts {
    /// Rows answered.
    pub rows: u64,
    /// Rows whose label came, so that the answers could be judged.
    pub judged: u64,
    /// How the answers were.
    #[serde(flatten)]
    pub score: Score,
    /// Learning steps of the network.
    pub updates: u64,
    /// Rows that were flagged, where rows have no targets but themselves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flagged: u64,
}

impl OutcomeCounts {
    /// Nothing yet, for the network and its baselines.
    pub fn new(predictors: Predictors) -> Self {
        OutcomeCounts { score: Score::new(predictors), ..OutcomeCounts::default() }
    }

    /// Right answers of predictor `k` in percent of the rows judged; none where none was, or answers are values.
    pub fn accuracy(&self, k: usize) -> Option<f64> {
        let Score::Classes { right } = &self.score else { return None };
        let right = *right.get(k)?;
        (self.judged > 0).then(|| 100.0 * right as f64 / self.judged as f64)
    }

    /// Right answers of the network and of each baseline; none where answers are values.
    pub(super) fn right(&self) -> &[u64] {
        match &self.score {
            Score::Classes { right } => right,
            Score::Values { .. } => &[],
        }
    }

    /// The errors of predictor `k` on the rows judged, in the targets' `units`; none where none was, or answers are classes.
    pub fn errors(&self, k: usize, units: Option<&TargetUnits>) -> Option<ErrorFigures> {
        self.error_sums()?.figures(self.judged, k, units?)
    }

    /// The sums of errors; none where answers are classes.
    pub fn error_sums(&self) -> Option<&ErrorSums> {
        match &self.score {
            Score::Classes { .. } => None,
            Score::Values { errors } => Some(errors),
        }
    }

    /// Counts a row of which the truth is known.
    pub fn judge(&mut self, answers: &Answers, truth: &Truth) {
        self.judged += 1;
        self.score.add(answers, truth);
    }

    /// Whether these are counts of such predictors, none of them beyond what a file can hold.
    pub(super) fn fits(&self, predictors: Predictors) -> bool {
        let OutcomeCounts { rows, judged, score, updates, flagged } = self;
        let counts = [rows, judged, updates, flagged].into_iter().all(|count| *count <= MAX_COUNT);
        // the rows of a warm-up and of labels alone have no flags
        let steps = *updates <= (*judged).max(*rows);
        counts && steps && flagged <= rows && score.fits(predictors, *judged)
    }

    /// What was added since they were `before`.
    pub fn since(&self, before: &OutcomeCounts) -> OutcomeCounts {
        OutcomeCounts {
            rows: self.rows - before.rows,
            judged: self.judged - before.judged,
            updates: self.updates - before.updates,
            flagged: self.flagged - before.flagged,
            score: self.score.since(&before.score),
        }
    }

    fn add(&mut self, other: &OutcomeCounts) {
        self.rows += other.rows;
        self.judged += other.judged;
        self.updates += other.updates;
        self.flagged += other.flagged;
        self.score.join(&other.score);
    }
}

/// A part of the stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// What it is called.
    pub name: String,
    /// Its outcomes.
    pub counts: OutcomeCounts,
}

/// The stream in parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Rows in a part that is none of the data's own.
    pub size: u64,
    /// All parts, the one under way last.
    #[serde(rename = "parts")]
    pub list: Vec<Interval>,
    #[serde(rename = "answerers")]
    predictors: usize,
    /// Real values in an answer; 0 where it is a class.
    #[serde(default, skip_serializing_if = "is_zero")]
    targets: usize,
    /// How many are kept before neighbours are joined; none where the data name them.
    #[serde(rename = "most")]
    max_count: Option<usize>,
}

impl Intervals {
    /// Parts of `size` rows each; when there are more than `max_count`, neighbours are joined and hold twice as many.
    pub fn of_size(size: u64, max_count: usize, predictors: Predictors) -> Self {
        Intervals { size, max_count: Some(max_count), ..Intervals::named(predictors) }
    }

    /// Parts that the data name.
    pub fn named(predictors: Predictors) -> Self {
        let Predictors { count: predictors, targets } = predictors;
        Intervals { size: 0, list: Vec::new(), predictors, targets, max_count: None }
    }

    fn predictors(&self) -> Predictors {
        Predictors { count: self.predictors, targets: self.targets }
    }

    /// The number of the part that the next row belongs to, which the data call `name`, if anything.
    pub fn begin_row(&mut self, name: &str) -> usize {
        let full = match self.list.last() {
            None => true,
            Some(last) if self.max_count.is_some() => last.counts.rows >= self.size,
            Some(last) => last.name != name,
        };
        if full {
            if self.max_count.is_some_and(|max_count| self.list.len() >= max_count) {
                self.merge_pairs();
            }
            let name = if self.max_count.is_some() { (self.list.len() + 1).to_string() } else { name.to_string() };
            self.list.push(Interval { name, counts: OutcomeCounts::new(self.predictors()) });
        }
        let last = self.list.len() - 1;
        self.list[last].counts.rows += 1;
        last
    }

    /// The counts of part `number`; of the last, if parts were joined since.
    pub fn counts_mut(&mut self, number: usize) -> Option<&mut OutcomeCounts> {
        let last = self.list.len().checked_sub(1)?;
        Some(&mut self.list[number.min(last)].counts)
    }

    /// The last parts that make up at least `rows` rows.
    pub fn recent(&self, rows: u64) -> OutcomeCounts {
        let mut counts = OutcomeCounts::new(self.predictors());
        for part in self.list.iter().rev() {
            counts.add(&part.counts);
            if counts.rows >= rows {
                break;
            }
        }
        counts
    }

    /// Whether these are intervals whose counts are of such predictors.
    pub(super) fn fits(&self, predictors: Predictors) -> bool {
        let counts = self.list.iter().all(|interval| interval.counts.fits(predictors));
        let rows = self.list.iter().try_fold(0u64, |sum, interval| sum.checked_add(interval.counts.rows));
        let bounded = self.max_count.is_none_or(|most| (2..=MOST_PARTS).contains(&most) && self.list.len() <= most);
        counts
            && bounded
            && rows.is_some_and(|rows| rows <= MAX_COUNT)
            && self.predictors() == predictors
            && self.size <= MAX_COUNT
    }

    fn merge_pairs(&mut self) {
        let mut joined: Vec<Interval> = Vec::new();
        for (k, pair) in self.list.chunks(2).enumerate() {
            let mut counts = pair[0].counts.clone();
            pair[1..].iter().for_each(|part| counts.add(&part.counts));
            joined.push(Interval { name: (k + 1).to_string(), counts });
        }
        self.list = joined;
        self.size *= 2;
    }
}

/// Right answers by class: `[classes, classes]`, the true class first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// All 0.
    pub fn new(classes: usize) -> Self {
        Confusion { classes, counts: vec![0; classes * classes] }
    }

    /// Whether these are counts of so many classes.
    pub(super) fn fits(&self, classes: usize) -> bool {
        let all = classes.checked_mul(classes) == Some(self.counts.len());
        let sum = self.counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count));
        all && self.classes == classes && sum.is_some_and(|sum| sum <= MAX_COUNT)
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// One row of class `truth` was answered by `answer`.
    pub fn add(&mut self, truth: u32, answer: u32) {
        self.counts[truth as usize * self.classes + answer as usize] += 1;
    }

    /// What was added since it was `before`.
    pub fn since(&self, before: &Confusion) -> Confusion {
        let counts = self.counts.iter().zip(&before.counts).map(|(now, then)| now - then).collect();
        Confusion { classes: self.classes, counts }
    }

    /// The answers to the rows of each class.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }

    /// The share of the rows of class `class` that were answered rightly; none where there were none.
    pub fn recall(&self, class: usize) -> Option<f64> {
        let row = self.rows().nth(class)?;
        let all: u64 = row.iter().sum();
        (all > 0).then(|| row[class] as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_equal_size_are_joined_when_there_are_too_many_and_nothing_is_lost() {
        let mut parts = Intervals::of_size(1, 1000, Predictors { count: 1, targets: 0 });
        for _ in 0..5000 {
            let part = parts.begin_row("");
            parts.counts_mut(part).unwrap().judged += 1;
        }
        assert!(parts.list.len() <= 1000 && parts.size == 8, "{} of {}", parts.list.len(), parts.size);
        assert_eq!(parts.list.iter().map(|part| part.counts.judged).sum::<u64>(), 5000);
        assert_eq!(parts.list.last().unwrap().name, parts.list.len().to_string());
    }

    #[test]
    fn named_parts_end_where_the_name_changes() {
        let mut parts = Intervals::named(Predictors { count: 1, targets: 0 });
        let numbers: Vec<usize> = ["1", "1", "2", "1"].map(|name| parts.begin_row(name)).into();
        assert_eq!(numbers, [0, 0, 1, 2]);
    }

    #[test]
    fn recall_is_the_share_of_a_class() {
        let mut confusion = Confusion::new(2);
        for (truth, answer) in [(0, 0), (0, 1), (0, 0), (0, 0)] {
            confusion.add(truth, answer);
        }
        assert_eq!((confusion.recall(0), confusion.recall(1)), (Some(0.75), None));
    }
}
