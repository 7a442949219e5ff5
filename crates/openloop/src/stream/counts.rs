//! What is counted while a stream goes by: in the whole, by segment, and over time, in bounded memory.

use serde::{Deserialize, Serialize};

/// Outcomes of some rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCounts {
    /// Rows answered.
    pub rows: u64,
    /// Rows whose label came, so that the answers could be judged.
    pub judged: u64,
    /// Right answers: of the network, then of each baseline.
    pub right: Vec<u64>,
    /// Learning steps of the network.
    pub updates: u64,
}

impl OutcomeCounts {
    /// Nothing yet, for the network and its baselines.
    pub fn new(answerers: usize) -> Self {
        OutcomeCounts { right: vec![0; answerers], ..OutcomeCounts::default() }
    }

    /// Right answers of answerer `k` in percent of the rows judged; none where none was.
    pub fn accuracy(&self, k: usize) -> Option<f64> {
        let right = *self.right.get(k)?;
        (self.judged > 0).then(|| 100.0 * right as f64 / self.judged as f64)
    }

    /// What was added since they were `before`.
    pub fn since(&self, before: &OutcomeCounts) -> OutcomeCounts {
        OutcomeCounts {
            rows: self.rows - before.rows,
            judged: self.judged - before.judged,
            updates: self.updates - before.updates,
            right: self.right.iter().zip(&before.right).map(|(now, then)| now - then).collect(),
        }
    }

    fn add(&mut self, other: &OutcomeCounts) {
        self.rows += other.rows;
        self.judged += other.judged;
        self.updates += other.updates;
        self.right.iter_mut().zip(&other.right).for_each(|(a, b)| *a += b);
    }
}

/// A part of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// What it is called.
    pub name: String,
    /// Its outcomes.
    pub counts: OutcomeCounts,
}

/// The stream in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intervals {
    /// Rows in a part that is none of the data's own.
    pub size: u64,
    /// All parts, the one under way last.
    pub parts: Vec<Interval>,
    answerers: usize,
    /// How many are kept before neighbours are joined; none where the data name them.
    most: Option<usize>,
}

impl Intervals {
    /// Parts of `size` rows each; when there are more than `most`, neighbours are joined and hold twice as many.
    pub fn of_size(size: u64, most: usize, answerers: usize) -> Self {
        Intervals { size, parts: Vec::new(), answerers, most: Some(most) }
    }

    /// Parts that the data name.
    pub fn named(answerers: usize) -> Self {
        Intervals { size: 0, parts: Vec::new(), answerers, most: None }
    }

    /// The number of the part that the next row belongs to, which the data call `name`, if anything.
    pub fn begin_row(&mut self, name: &str) -> usize {
        let full = match self.parts.last() {
            None => true,
            Some(last) if self.most.is_some() => last.counts.rows >= self.size,
            Some(last) => last.name != name,
        };
        if full {
            if self.most.is_some_and(|most| self.parts.len() >= most) {
                self.join();
            }
            let name = if self.most.is_some() { (self.parts.len() + 1).to_string() } else { name.to_string() };
            self.parts.push(Interval { name, counts: OutcomeCounts::new(self.answerers) });
        }
        let last = self.parts.len() - 1;
        self.parts[last].counts.rows += 1;
        last
    }

    /// The counts of part `number`; of the last, if parts were joined since.
    pub fn part(&mut self, number: usize) -> Option<&mut OutcomeCounts> {
        let last = self.parts.len().checked_sub(1)?;
        Some(&mut self.parts[number.min(last)].counts)
    }

    /// Right answers of answerer `k` in percent over the last parts that make up at least `rows` rows.
    pub fn lately(&self, rows: u64, k: usize) -> Option<f64> {
        let mut counts = OutcomeCounts::new(self.answerers);
        for part in self.parts.iter().rev() {
            counts.add(&part.counts);
            if counts.rows >= rows {
                break;
            }
        }
        counts.accuracy(k)
    }

    fn join(&mut self) {
        let mut joined: Vec<Interval> = Vec::new();
        for (k, pair) in self.parts.chunks(2).enumerate() {
            let mut counts = pair[0].counts.clone();
            pair[1..].iter().for_each(|part| counts.add(&part.counts));
            joined.push(Interval { name: (k + 1).to_string(), counts });
        }
        self.parts = joined;
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
        let mut parts = Intervals::of_size(1, 1000, 1);
        for _ in 0..5000 {
            let part = parts.begin_row("");
            parts.part(part).unwrap().judged += 1;
        }
        assert!(parts.parts.len() <= 1000 && parts.size == 8, "{} of {}", parts.parts.len(), parts.size);
        assert_eq!(parts.parts.iter().map(|part| part.counts.judged).sum::<u64>(), 5000);
        assert_eq!(parts.parts.last().unwrap().name, parts.parts.len().to_string());
    }

    #[test]
    fn named_parts_end_where_the_name_changes() {
        let mut parts = Intervals::named(1);
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
