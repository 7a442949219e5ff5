//! Why a checkpoint could not be written or read.

use super::lock::LockError;
use super::output::OutputError;
use std::io;
use std::path::PathBuf;

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The system refused.
    #[error("{path}: cannot {what}: {error}")]
    System {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// It cannot be written there.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Another process writes it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file is no checkpoint, or a damaged one.
    #[error("{path}: not a usable checkpoint: {problem}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What was found and expected.
        problem: String,
    },
}

impl CheckpointError {
    /// Whether the request was wrong; otherwise the system failed, or the file is damaged.
    pub fn is_wrong_request(&self) -> bool {
        match self {
            CheckpointError::Output(error) => error.is_wrong_request(),
            CheckpointError::Lock(error) => error.is_wrong_request(),
            CheckpointError::System { .. } | CheckpointError::Content { .. } => false,
        }
    }
}
