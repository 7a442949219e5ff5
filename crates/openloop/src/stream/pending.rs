//! Pending rows: predicted, but their labels have not come yet.

use super::answer::{Answers, Truth};
use super::score::{MAX_COUNT, Predictors};
use super::unknown::UNKNOWN_CLASS;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Maximum number of rows that wait for a label by id; beyond it the oldest is dropped.
pub const MAX_ROWS: usize = 10_000;

/// What holds of every row without a budget of labels.
fn asked() -> bool {
    true
}

fn is_asked(is_asked: &bool) -> bool {
    *is_asked
}

/// An answered row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PendingRow {
    /// Its number.
    pub number: u64,
    /// Its name; empty where its label is only late.
    pub id: String,
    /// Its target, where it is known and only late.
    pub truth: Truth,
    /// What the network and the baselines answered.
    pub answers: Answers,
    /// The probability of the network's answer; 0 where answers are values.
    pub confidence: f32,
    /// Whether its label is asked for, as far as a budget decides it.
    #[serde(default = "asked", skip_serializing_if = "is_asked")]
    pub is_asked: bool,
    /// The numbers of its segment and of its interval of the curve.
    #[serde(rename = "parts")]
    pub intervals: [usize; 2],
    /// Its standardised features; saved apart from the rest.
    #[serde(skip)]
    pub x: Vec<f32>,
}

impl PendingRow {
    /// Whether it is a row that such predictors answered, out of so many classes.
    pub(super) fn fits(&self, predictors: Predictors, classes: usize) -> bool {
        let known = |class: &u32| (*class as usize) < classes;
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let Predictors { count, targets } = predictors;
        let answered = match &self.answers {
            Answers::Classes(answers) => targets == 0 && answers.len() == count && answers.iter().all(known),
            Answers::Values(answers) => {
                targets > 0 && Some(answers.len()) == count.checked_mul(targets) && finite(answers)
            }
        };
        let has_truth = match &self.truth {
            Truth::Unknown => true,
            Truth::Class(truth) => targets == 0 && (*truth == UNKNOWN_CLASS || known(truth)),
            Truth::Values(truth) => targets > 0 && truth.len() == targets && finite(truth),
        };
        answered && has_truth && self.number <= MAX_COUNT && self.confidence.is_finite()
    }
}

/// A queue of pending rows in reused buffers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PendingRows {
    rows: VecDeque<PendingRow>,
    spare: Vec<PendingRow>,
}

impl PendingRows {
    /// As it was saved.
    pub fn of(rows: Vec<PendingRow>) -> Self {
        PendingRows { rows: rows.into(), spare: Vec::new() }
    }

    /// The rows, oldest first.
    pub fn rows(&self) -> impl Iterator<Item = &PendingRow> {
        self.rows.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Keeps a copy of `row`.
    pub fn push(&mut self, row: &PendingRow) {
        let mut kept = self.spare.pop().unwrap_or_default();
        kept.clone_from_row(row);
        self.rows.push_back(kept);
    }

    /// Removes the oldest row; give its buffers back with [`PendingRows::recycle`].
    pub fn pop(&mut self) -> Option<PendingRow> {
        self.rows.pop_front()
    }

    /// Removes the row with this id.
    pub fn remove(&mut self, id: &str) -> Option<PendingRow> {
        let at = self.rows.iter().position(|row| row.id == id)?;
        self.rows.remove(at)
    }

    /// Whether a row with this id is pending.
    pub fn contains(&self, id: &str) -> bool {
        self.rows.iter().any(|row| row.id == id)
    }

    /// Keeps the buffers of a row for later rows.
    pub fn recycle(&mut self, row: PendingRow) {
        self.spare.push(row);
    }
}

impl PendingRow {
    /// As `clone_from`, without allocating.
    fn clone_from_row(&mut self, row: &PendingRow) {
        let PendingRow { number, id, truth, answers, confidence, is_asked, intervals, x } = row;
        self.id.clone_from(id);
        self.truth.copy_from(truth);
        self.answers.copy_from(answers);
        self.x.clone_from(x);
        (self.number, self.confidence, self.intervals) = (*number, *confidence, *intervals);
        self.is_asked = *is_asked;
    }
}
