//! The library's errors as Python's exceptions: what was asked wrongly is a `ValueError`, what the system refused an `OSError`.

use openloop::files::CheckpointError;
use openloop::learner::Diverged;
use pyo3::PyErr;
use pyo3::exceptions::{PyFloatingPointError, PyOSError, PyValueError};
use std::fmt::Display;

/// A request that cannot be met.
pub fn value_error(error: impl Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// A run whose numbers ran away.
pub fn diverged(error: Diverged) -> PyErr {
    PyFloatingPointError::new_err(error.to_string())
}

/// A file that cannot be written or read, or whose contents are damaged.
pub fn file_error(error: CheckpointError) -> PyErr {
    match error {
        CheckpointError::Content { .. } => value_error(error),
        error => PyOSError::new_err(error.to_string()),
    }
}
