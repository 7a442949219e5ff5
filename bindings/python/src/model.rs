//! A trained network that answers rows: that of a checkpoint's bytes, of a file, or of a training run.

use crate::arrays::{self, Rows};
use crate::errors::{file_error, guarded, value_error};
use crate::threads::kernels;
use openloop::files::{self, Checkpoint, onnx};
use openloop::kernels::Fast;
use openloop::learner::Model;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Values of rows that are answered between two looks at Python's signals.
const VALUES_AT_ONCE: usize = 1 << 20;

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
        guarded(|| Self::of(Checkpoint::from_bytes(bytes).map_err(value_error)?, kernels(threads)?))
    }

    /// Reads a checkpoint of `openloop train`, or a device's blob.
    #[staticmethod]
    #[pyo3(signature = (path, threads=None))]
    fn load(path: PathBuf, threads: Option<usize>) -> PyResult<Self> {
        guarded(|| Self::of(files::load(&path).map_err(file_error)?, kernels(threads)?))
    }

    /// The answers to `x: [rows, features]` as the bytes of float64 `[rows, outputs]`, in the unit of the targets.
    fn answer<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyByteArray>> {
        let (rows, outputs) = (Rows::of(x)?, self.model.about().outputs);
        let mut answers = Vec::with_capacity(rows.count * outputs);
        let step = (VALUES_AT_ONCE / rows.size.max(1)).max(1);
        for first in (0..rows.count).step_by(step) {
            let part = rows.doubles(first..rows.count.min(first + step))?;
            let answer = || self.kernels.run(|| self.model.values(&self.kernels, &part)).map_err(value_error);
            answers.extend(py.detach(|| guarded(answer))?);
            py.check_signals()?;
        }
        Ok(arrays::bytes_of(py, &answers))
    }

    /// Writes a checkpoint that `openloop eval`, `predict` and `export` read.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        self.checkpoint.save(&path).map_err(file_error)
    }

    /// The same run with other values of some tensors, by their names: the bytes of float32 as they lie in memory.
    fn with_values(&self, named: BTreeMap<String, Vec<u8>>) -> PyResult<NativeModel> {
        let floats = |bytes: Vec<u8>| -> Vec<f32> {
            bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
        };
        let named = named.into_iter().map(|(name, bytes)| (name, floats(bytes))).collect();
        guarded(|| {
            let run = self.checkpoint.clone().with_values(named).map_err(value_error)?;
            Self::of(run, Arc::clone(&self.kernels))
        })
    }

    /// The bytes of the checkpoint.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.checkpoint.to_bytes().map_err(value_error)?))
    }

    /// The network as an ONNX model.
    fn to_onnx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &guarded(|| onnx::to_onnx(&self.checkpoint).map_err(value_error))?))
    }

    /// What it was made for, and how, in JSON.
    fn description(&self) -> PyResult<String> {
        let (about, settings) = (self.model.about(), &self.checkpoint.settings);
        let value = serde_json::json!({
            "about": about,
            "settings": settings,
            "epochs": self.checkpoint.progress.epoch,
            "samples": self.checkpoint.snapshot.counters.samples,
            "parameters": self.model.parameter_count(),
        });
        Ok(value.to_string())
    }
}

impl NativeModel {
    /// The network of a checkpoint.
    pub fn of(checkpoint: Checkpoint<'static>, kernels: Arc<Fast>) -> PyResult<Self> {
        let model = checkpoint.clone().into_model().map_err(value_error)?;
        Ok(NativeModel { checkpoint, model, kernels })
    }

    /// The run it was, with the weights after its best epoch.
    pub fn run(&self) -> PyResult<Checkpoint<'static>> {
        self.checkpoint.clone().at_best().map_err(value_error)
    }
}
