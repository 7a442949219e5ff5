//! Rows that were answered and whose labels are still to come.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Rows that wait for a label by name at most; the oldest then goes without.
pub const MAX_ROWS: usize = 10_000;

/// An answered row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PendingRow {
    /// Its number.
    pub number: u64,
    /// Its name; empty where its label is only late.
    pub id: String,
    /// Its class, where it is known and only late.
    pub truth: Option<u32>,
    /// What the network and the baselines answered.
    pub answers: Vec<u32>,
    /// How sure the network was.
    pub confidence: f32,
    /// Where it is counted: its segment, and its part of the curve.
    #[serde(rename = "parts")]
    pub intervals: [usize; 2],
    /// Its standardised features; saved apart from the rest.
    #[serde(skip)]
    pub x: Vec<f32>,
}

/// A queue of them, in room that is used again.
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

    /// Gives the oldest row; its room comes back with [`PendingRows::recycle`].
    pub fn pop(&mut self) -> Option<PendingRow> {
        self.rows.pop_front()
    }

    /// Takes out the row called `id`.
    pub fn remove(&mut self, id: &str) -> Option<PendingRow> {
        let at = self.rows.iter().position(|row| row.id == id)?;
        self.rows.remove(at)
    }

    /// Whether a row called `id` waits.
    pub fn contains(&self, id: &str) -> bool {
        self.rows.iter().any(|row| row.id == id)
    }

    /// Room for later rows.
    pub fn recycle(&mut self, row: PendingRow) {
        self.spare.push(row);
    }
}

impl PendingRow {
    /// As `clone_from`, without new room.
    fn clone_from_row(&mut self, row: &PendingRow) {
        let PendingRow { number, id, truth, answers, confidence, intervals, x } = row;
        self.id.clone_from(id);
        self.answers.clone_from(answers);
        self.x.clone_from(x);
        (self.number, self.truth, self.confidence, self.intervals) = (*number, *truth, *confidence, *intervals);
    }
}
