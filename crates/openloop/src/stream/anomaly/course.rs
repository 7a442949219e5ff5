//! Scores and thresholds in the course of a stream, in parts of equal size: when there are too many, neighbours are joined.

use super::super::score::MAX_COUNT;
use super::threshold::{of_root, root};
use serde::{Deserialize, Serialize};

/// Rows in a part, until parts are joined.
const PART: u64 = 20;
/// Parts at most.
const PARTS: usize = 120;

/// Rows that follow each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScorePart {
    /// How many.
    pub rows: u64,
    /// The sum of the cube roots of their scores.
    scores: f64,
    /// The sum of those of their thresholds.
    thresholds: f64,
    /// The largest score.
    pub largest: f32,
}

impl ScorePart {
    /// The cube of the mean root of the scores.
    pub fn score(&self) -> f64 {
        of_root(self.scores / self.rows as f64)
    }

    /// That of the thresholds.
    pub fn threshold(&self) -> f64 {
        of_root(self.thresholds / self.rows as f64)
    }

    fn join(&mut self, other: &ScorePart) {
        self.rows += other.rows;
        self.scores += other.scores;
        self.thresholds += other.thresholds;
        self.largest = self.largest.max(other.largest);
    }
}

/// The parts of a stream, the one under way last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreCourse {
    size: u64,
    parts: Vec<ScorePart>,
}

impl Default for ScoreCourse {
    fn default() -> Self {
        ScoreCourse { size: PART, parts: Vec::new() }
    }
}

impl ScoreCourse {
    /// All parts.
    pub fn parts(&self) -> &[ScorePart] {
        &self.parts
    }

    /// Takes a row.
    pub fn add(&mut self, score: f32, threshold: f32) {
        if self.parts.last().is_none_or(|last| last.rows >= self.size) {
            if self.parts.len() >= PARTS {
                let joined = |pair: &[ScorePart]| {
                    let mut first = pair[0].clone();
                    pair[1..].iter().for_each(|other| first.join(other));
                    first
                };
                self.parts = self.parts.chunks(2).map(joined).collect();
                self.size *= 2;
            }
            self.parts.push(ScorePart::default());
        }
        let row = ScorePart { rows: 1, scores: root(score), thresholds: root(threshold), largest: score };
        self.parts.iter_mut().last().into_iter().for_each(|last| last.join(&row));
    }

    /// Whether rows can lead to it.
    pub(super) fn is_possible(&self) -> bool {
        let fits = |part: &ScorePart| {
            let ScorePart { rows, scores, thresholds, largest } = part;
            (1..=MAX_COUNT).contains(rows) && scores.is_finite() && thresholds.is_finite() && *largest >= 0.0
        };
        (1..=MAX_COUNT).contains(&self.size) && self.parts.len() <= PARTS && self.parts.iter().all(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_when_there_are_too_many_and_keep_their_means_and_the_largest_score() {
        let mut course = ScoreCourse::default();
        for row in 0..10_000u32 {
            course.add(if row == 777 { 50.0 } else { [0.125, 3.375][row as usize % 2] }, 4.0);
            assert!(course.is_possible() && course.parts().len() <= PARTS);
        }
        assert_eq!(course.parts().iter().map(|part| part.rows).sum::<u64>(), 10_000);
        let last = course.parts().last().unwrap();
        assert!((last.score() - 1.0).abs() < 1e-5 && (last.threshold() - 4.0).abs() < 1e-5 && last.largest == 3.375);
        assert_eq!(course.parts().iter().filter(|part| part.largest == 50.0).count(), 1);
    }
}
