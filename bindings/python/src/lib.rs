//! The native part of the Python package: training, answering and learning on arrays, over the library's owned learner; and the
//! command line.
//!
//! Arrays are read through the buffer protocol. Python's lock is released while a network learns or answers. An error
//! becomes the exception that scikit-learn's users expect, and a panic a `RuntimeError`.

mod arrays;
mod command;
mod errors;
mod lent;
mod model;
mod own_rule;
mod sparse;
mod stream;
mod threads;
mod training;

use pyo3::prelude::*;

/// Panics, so that a test can see what becomes of it.
#[pyfunction]
fn _panic(words: String) -> PyResult<()> {
    errors::guarded(|| panic!("{words}"))
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<training::Training>()?;
    module.add_class::<model::NativeModel>()?;
    module.add_class::<stream::NativeStream>()?;
    module.add_function(wrap_pyfunction!(command::command, module)?)?;
    module.add_function(wrap_pyfunction!(_panic, module)?)
}
