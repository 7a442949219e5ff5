//! A trained network that answers rows, from the bytes of a checkpoint.

use crate::arrays;
use crate::errors::{file_error, value_error};
use crate::training::kernels;
use openloop::data::Features;
use openloop::files::{self, Checkpoint};
use openloop::kernels::Fast;
use openloop::learner::Model;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};
use std::path::PathBuf;
use std::sync::Arc;

/// Rows that are answered between two looks at Python's signals.
const ROWS_AT_ONCE: usize = 8_192;

/// A network that answers.
#[pyclass(module = "openloop._native", frozen)]
pub struct NativeModel {
    checkpoint: Checkpoint<'static>,
    model: Model,
    kernels: Arc<Fast>,
}

#[pymethods]
impl NativeModel {
    /// The network of a checkpoint's bytes.
    #[new]
    #[pyo3(signature = (bytes, threads=None))]
    fn new(bytes: &[u8], threads: Option<usize>) -> PyResult<Self> {
        Self::of(Checkpoint::from_bytes(bytes).map_err(value_error)?, threads)
    }

    /// Reads a checkpoint of `openloop train`, or a device's blob.
    #[staticmethod]
    #[pyo3(signature = (path, threads=None))]
    fn load(path: PathBuf, threads: Option<usize>) -> PyResult<Self> {
        Self::of(files::load(&path).map_err(file_error)?, threads)
    }

    /// The answers to `x: [rows, features]` as the bytes of float64 `[rows, outputs]`, in the unit of the targets.
    fn answer<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyByteArray>> {
        let rows = match arrays::features(py, x)? {
            Features::Floats(rows) => rows,
            Features::Bytes(rows) => rows.into_iter().map(f32::from).collect(),
        };
        let mut answers = Vec::with_capacity(rows.len() / self.model.about().features() * self.model.about().outputs);
        for rows in rows.chunks(ROWS_AT_ONCE * self.model.about().features()) {
            let part = py.detach(|| self.kernels.run(|| self.model.values(&self.kernels, rows)));
            answers.extend(part.map_err(value_error)?);
            py.check_signals()?;
        }
        Ok(arrays::bytes_of(py, &answers))
    }

    /// Writes a checkpoint that `openloop eval`, `predict` and `export` read.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        self.checkpoint.save(&path).map_err(file_error)
    }

    /// The bytes of the checkpoint.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.checkpoint.to_bytes().map_err(value_error)?))
    }

    /// What it was made for, and how, in JSON.
    fn description(&self) -> PyResult<String> {
        let (about, settings) = (self.model.about(), &self.checkpoint.settings);
        let value = serde_json::json!({
            "about": about,
            "settings": settings,
            "epochs": self.checkpoint.progress.epoch,
            "parameters": self.model.parameter_count(),
        });
        Ok(value.to_string())
    }
}

impl NativeModel {
    fn of(checkpoint: Checkpoint<'static>, threads: Option<usize>) -> PyResult<Self> {
        let model = checkpoint.clone().into_model().map_err(value_error)?;
        Ok(NativeModel { checkpoint, model, kernels: kernels(threads)? })
    }
}
