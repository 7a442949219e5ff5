//! The library's errors as Python's exceptions: what was asked wrongly is a `ValueError`, what the system refused an `OSError`, a
//! mistake of the library a `RuntimeError`.

use openloop::files::CheckpointError;
use openloop::learner::Diverged;
use pyo3::exceptions::{PyFloatingPointError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::{PyErr, PyResult};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

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

/// What `work` gives; if it panics, a `RuntimeError` with the panic's words. Python's `except Exception` catches that, and not
/// PyO3's `PanicException`.
pub fn guarded<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Err(PyRuntimeError::new_err(format!("a mistake in Openloop, which should be reported: {text}")))
    })
}
