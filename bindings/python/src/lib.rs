//! The native part of the Python package: training, answering and learning on arrays, over the library's owned learner.
//!
//! Arrays are read through the buffer protocol. Python's lock is released while a network learns or answers. An error
//! becomes the exception that scikit-learn's users expect; a panic becomes `pyo3_runtime.PanicException` and ends nothing.

mod arrays;
mod errors;
mod model;
mod training;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<training::Training>()?;
    module.add_class::<model::NativeModel>()
}
