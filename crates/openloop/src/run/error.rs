//! Why a run did not come to its end.

use crate::data::DataError;
use crate::files::{CheckpointError, LockError, OutputError};
use crate::learner::Diverged;
use crate::settings::ConfigError;
use std::io;
use std::path::PathBuf;

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The request was wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data is missing or damaged.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A checkpoint cannot be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The run does not continue the checkpoint it was told to.
    #[error("{folder}: cannot resume: the checkpoint was made with {what} {saved}, but this run has {asked}; {remedy}")]
    OtherRun {
        /// The run's folder.
        folder: PathBuf,
        /// What differs.
        what: String,
        /// In the checkpoint.
        saved: String,
        /// In the request.
        asked: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The folder holds a run already.
    #[error("{folder} already holds a run; continue it with --resume, or choose another --out")]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// `--resume` without a folder.
    #[error("--resume needs --out DIR, the folder of the run to continue")]
    ResumeNeedsOut,
    /// A file of the run cannot be written.
    #[error("{path}: cannot write this file of the run: {error}")]
    Log {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file of the run cannot be written there.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Another process is at it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The numbers ran away.
    #[error("{diverged}{}", kept_note(.kept))]
    Diverged {
        /// Where and what.
        diverged: Diverged,
        /// The last good checkpoint.
        kept: Option<PathBuf>,
    },
    /// The threads could not be started.
    #[error("cannot start {threads} threads: {error}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the system says.
        error: String,
    },
}

fn kept_note(path: &Option<PathBuf>) -> String {
    path.as_ref().map_or_else(String::new, |path| format!("; the last good checkpoint is {}", path.display()))
}
