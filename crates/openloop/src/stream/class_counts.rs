//! Rows and answers of each class: in the whole, and in the course of a stream, in parts of equal size.

use super::counts::Confusion;
use super::score::MAX_COUNT;
use crate::learner::quality::{balanced_accuracy, share};
use serde::{Deserialize, Serialize};

/// Rows in a part, until parts are joined.
const PART: u64 = 20;
/// Parts at most.
const PARTS: usize = 48;

/// How many rows each class had, how many rows were answered with it, and how many of these rightly: `[classes]` each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassCounts {
    /// Rows of the class.
    pub support: Vec<u64>,
    /// Rows that were answered with it.
    pub answered: Vec<u64>,
    /// Rows of the class that were answered with it.
    pub right: Vec<u64>,
}

impl ClassCounts {
    /// Nothing yet.
    pub fn new(classes: usize) -> Self {
        let zeros = vec![0; classes];
        ClassCounts { support: zeros.clone(), answered: zeros.clone(), right: zeros }
    }

    /// Those of a confusion.
    pub fn of(confusion: &Confusion) -> Self {
        let rows: Vec<&[u64]> = confusion.rows().collect();
        ClassCounts {
            support: rows.iter().map(|row| row.iter().sum()).collect(),
            answered: (0..rows.len()).map(|k| rows.iter().map(|row| row[k]).sum()).collect(),
            right: rows.iter().enumerate().map(|(k, row)| row[k]).collect(),
        }
    }

    /// One row of class `truth` was answered by `answer`.
    pub fn add(&mut self, truth: u32, answer: u32) {
        self.support[truth as usize] += 1;
        self.answered[answer as usize] += 1;
        self.right[truth as usize] += u64::from(truth == answer);
    }

    /// The mean recall, in percent, of the classes that had rows; none where none had.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        balanced_accuracy(self.right.iter().zip(&self.support).map(|(right, support)| share(*right, *support)))
    }

    /// Cohen's kappa over `judged` rows, of which those that are not counted here were answered wrongly: (p - e) / (1 - e), where p is the
    /// share of right answers and e = sum over classes of support answered / judged^2 the share that chance would have (Cohen 1960).
    /// None where no row was judged, or chance is always right.
    pub fn kappa(&self, judged: u64) -> Option<f64> {
        let rows = judged as f64;
        let chance: f64 = self.support.iter().zip(&self.answered).map(|(a, b)| *a as f64 * *b as f64).sum::<f64>();
        let (right, chance) = (self.right.iter().sum::<u64>() as f64 / rows, chance / (rows * rows));
        (judged > 0 && chance < 1.0).then(|| (right - chance) / (1.0 - chance))
    }

    fn join(&mut self, other: &ClassCounts) {
        let ClassCounts { support, answered, right } = self;
        for (own, other) in [(support, &other.support), (answered, &other.answered), (right, &other.right)] {
            own.iter_mut().zip(other).for_each(|(a, b)| *a += b);
        }
    }

    fn rows(&self) -> u64 {
        self.support.iter().sum()
    }

    fn fits(&self, classes: usize) -> bool {
        let ClassCounts { support, answered, right } = self;
        let sum = |counts: &[u64]| counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count));
        let lengths = [support, answered, right].into_iter().all(|counts| counts.len() == classes);
        lengths
            && sum(support).is_some_and(|rows| rows <= MAX_COUNT)
            && sum(support) == sum(answered)
            && (0..classes).all(|k| right[k] <= support[k].min(answered[k]))
    }
}

/// Rows that follow each other, in the order in which their labels came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassPart {
    /// Rows answered when the last of these labels came, the warm-up not counted.
    pub row: u64,
    /// The rows by class.
    pub counts: ClassCounts,
}

/// A stream in parts of equal size; when there are too many, neighbours are joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassCourse {
    size: u64,
    parts: Vec<ClassPart>,
}

impl Default for ClassCourse {
    fn default() -> Self {
        ClassCourse { size: PART, parts: Vec::new() }
    }
}

impl ClassCourse {
    /// All parts, the one under way last.
    pub fn parts(&self) -> &[ClassPart] {
        &self.parts
    }

    /// Whether there is no row yet.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// One row of class `truth`, one of so many `classes`, was answered by `answer`; so many `rows` were answered by now.
    pub fn add(&mut self, classes: usize, truth: u32, answer: u32, rows: u64) {
        if self.parts.last().is_none_or(|last| last.counts.rows() >= self.size) {
            if self.parts.len() >= PARTS {
                self.join_pairs();
            }
            self.parts.push(ClassPart { row: rows, counts: ClassCounts::new(classes) });
        }
        if let Some(last) = self.parts.last_mut() {
            last.row = rows;
            last.counts.add(truth, answer);
        }
    }

    fn join_pairs(&mut self) {
        let join = |pair: &[ClassPart]| {
            let mut joined = pair[0].clone();
            for other in &pair[1..] {
                joined.row = other.row;
                joined.counts.join(&other.counts);
            }
            joined
        };
        self.parts = self.parts.chunks(2).map(join).collect();
        self.size *= 2;
    }

    /// Whether these are parts of rows of so many classes.
    pub(super) fn fits(&self, classes: usize) -> bool {
        let sizes = (1..=MAX_COUNT).contains(&self.size) && self.parts.len() <= PARTS;
        sizes && self.parts.iter().all(|part| part.row <= MAX_COUNT && part.counts.fits(classes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_when_there_are_too_many_and_no_row_is_lost() {
        let mut course = ClassCourse::default();
        for row in 1..=5000u64 {
            course.add(3, (row % 3) as u32, (row % 2) as u32, row);
            assert!(course.parts().len() <= PARTS && course.fits(3) && !course.fits(2));
        }
        let rows: Vec<u64> = course.parts().iter().map(|part| part.counts.rows()).collect();
        assert!(rows[..rows.len() - 1].iter().all(|count| *count == course.size) && rows.iter().sum::<u64>() == 5000);
        assert_eq!((course.parts()[0].row, course.parts().last().unwrap().row), (course.size, 5000));
    }

    #[test]
    fn kappa_is_1_for_right_answers_0_for_chance_and_counts_rows_of_unknown_classes_as_wrong() {
        let of = |pairs: &[(u32, u32)]| {
            let mut counts = ClassCounts::new(2);
            pairs.iter().for_each(|(truth, answer)| counts.add(*truth, *answer));
            counts
        };
        assert_eq!(of(&[(0, 0), (1, 1), (1, 1)]).kappa(3), Some(1.0));
        assert_eq!(of(&[(0, 0), (0, 1), (1, 0), (1, 1)]).kappa(4), Some(0.0));
        // by scikit-learn: cohen_kappa_score([0, 0, 0, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1, 1, 0])
        let counts = of(&[(0, 0), (0, 0), (0, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 0)]);
        assert!((counts.kappa(8).unwrap() - 0.466_666_666_666_666_7).abs() < 1e-12);
        assert!(counts.kappa(9) < counts.kappa(8));
        assert_eq!((of(&[]).kappa(0), of(&[(0, 0)]).kappa(1)), (None, None));
        assert!((counts.balanced_accuracy().unwrap() - 50.0 * (2.0 / 3.0 + 0.8)).abs() < 1e-12);
    }

    #[test]
    fn counts_of_a_confusion_are_those_of_its_rows() {
        let (mut confusion, mut counts) = (Confusion::new(3), ClassCounts::new(3));
        for k in 0..50u32 {
            confusion.add(k % 3, k * k % 7 % 3);
            counts.add(k % 3, k * k % 7 % 3);
        }
        assert_eq!(ClassCounts::of(&confusion), counts);
    }
}
