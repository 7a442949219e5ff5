//! The threads that networks compute on.

use crate::errors::value_error;
use openloop::kernels::Fast;
use openloop::run;
use openloop::settings::Options;
use pyo3::PyResult;
use std::sync::Arc;

/// Kernels on so many threads; none means one for each processor.
pub fn kernels(threads: Option<usize>) -> PyResult<Arc<Fast>> {
    Ok(Arc::new(new_kernels(threads)?))
}

/// The same, not yet shared.
pub fn new_kernels(threads: Option<usize>) -> PyResult<Fast> {
    run::new_kernels(&Options { threads, ..Options::default() }).map_err(value_error)
}
