//! What is kept of each key in memory, whether its learner is there or in a file.

use super::figures::KeyFigures;
use serde::{Deserialize, Serialize};

/// How far a learner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum KeyState {
    /// It collects the rows of its warm-up.
    Warmup,
    /// It answers.
    Running,
    /// It was given up: its rows are counted and not answered.
    Stopped,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRecord {
    pub key: String,
    /// The name of its files, without an ending.
    pub file: String,
    pub state: KeyState,
    /// Its rows so far, bad ones too.
    pub rows: u64,
    /// The number of the data that its counts are of: where others follow, they begin anew.
    pub data: u32,
    /// Rows that came after it was given up.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unused: u64,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Its figures, up to when it left memory last.
    pub figures: KeyFigures,
    /// Whether its state is in a file that is not yet part of what was saved.
    #[serde(skip)]
    pub is_ahead: bool,
    /// Whether a class without an output was told of.
    #[serde(skip)]
    pub told_unknown: bool,
    /// Whether its state is in a file.
    pub is_written: bool,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl KeyRecord {
    /// A key of which nothing came yet.
    pub fn new(key: &str, file: String, data: u32) -> Self {
        KeyRecord {
            key: key.into(),
            file,
            state: KeyState::Warmup,
            rows: 0,
            data,
            unused: 0,
            problem: None,
            figures: KeyFigures::default(),
            is_ahead: false,
            told_unknown: false,
            is_written: false,
        }
    }

    /// Its warm-up is over: its file is another one from now on.
    pub fn begin_to_answer(&mut self) {
        (self.state, self.is_ahead, self.is_written) = (KeyState::Running, false, false);
    }

    /// Its learner cannot go on; a model that is in a file stays there.
    pub fn give_up(&mut self, problem: String) {
        if self.state == KeyState::Warmup {
            self.begin_to_answer();
        }
        (self.state, self.problem) = (KeyState::Stopped, Some(problem));
    }

    /// Its rows are counted anew, as those of other data; a warm-up begins anew with them.
    pub fn begin_anew(&mut self) {
        (self.rows, self.unused, self.figures) = (0, 0, KeyFigures::default());
        if self.state == KeyState::Warmup {
            (self.is_ahead, self.is_written) = (false, false);
        }
    }
}
