//! A training run on arrays: the same trainer, settings and bits as `openloop train`.

use crate::arrays::{self, RawTargets};
use crate::errors::{diverged, value_error};
use openloop::data::{Columns, DataSet, Features, Split};
use openloop::files::Checkpoint;
use openloop::kernels::Fast;
use openloop::learner::{EpochEnd, Trainer};
use openloop::run;
use openloop::settings::Options;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Least time between two looks at Python's signals: each look takes Python's lock.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// What is to be trained, as Python says it in JSON: the options of `openloop train` by their names, and what the arrays mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    options: Options,
    /// Values in a row.
    features: usize,
    /// Names of the classes; empty for real values.
    classes: Vec<String>,
    /// Names of the real-valued targets; empty for classes.
    targets: Vec<String>,
    /// Names of the feature columns and of the label column, where there are any.
    columns: Option<Columns>,
    /// What the data are called in messages and files.
    name: String,
}

/// Finished epochs: loss and error of the training steps, then of the validation rows; errors are none for real values.
type Figures = (f64, Option<f64>, f64, Option<f64>);

/// A network that is being trained.
#[pyclass(module = "openloop._native")]
pub struct Training {
    trainer: Trainer,
    has_classes: bool,
}

#[pymethods]
impl Training {
    /// Training on `x` with targets `y`; `held_back` are rows and targets that are never learned from, and `start` is a checkpoint
    /// to go on from.
    #[new]
    #[pyo3(signature = (request, x, y, held_back=None, start=None))]
    fn new(
        py: Python<'_>,
        request: &str,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        held_back: Option<(Bound<'_, PyAny>, Bound<'_, PyAny>)>,
        start: Option<&[u8]>,
    ) -> PyResult<Self> {
        let request: Request = serde_json::from_str(request).map_err(value_error)?;
        let outputs = request.classes.len().max(request.targets.len());
        let y = RawTargets::of(py, y)?;
        let units = y.units(request.targets);
        let part = |x: Features, y: RawTargets| {
            let split = Split::new(x, y.learned(units.as_ref()), request.features, outputs);
            split.ok_or_else(|| value_error("rows and targets differ in number"))
        };
        let train = part(arrays::features(py, x)?, y)?;
        let test = match held_back {
            Some((x, y)) => part(arrays::features(py, &x)?, RawTargets::of(py, &y)?)?,
            None => train.empty(),
        };
        let has_classes = !request.classes.is_empty();
        let (name, classes, columns) = (request.name, request.classes, request.columns);
        let options = request.options;
        let start = start.map(|bytes| Checkpoint::from_bytes(bytes).map_err(value_error)).transpose()?;
        let trainer = py.detach(|| -> PyResult<Trainer> {
            let data = DataSet::of_splits(&name, train, test, classes, columns, units).map_err(value_error)?;
            let data = Arc::new(data);
            let settings = options.complete(&data).map_err(value_error)?;
            let kernels = kernels(options.threads)?;
            match start {
                None => Trainer::new(settings, data, kernels),
                Some(start) => Trainer::from(settings, data, kernels, start.into_state()),
            }
            .map_err(value_error)
        })?;
        Ok(Training { trainer, has_classes })
    }

    /// Learns to the end of an epoch. Ctrl-C stops between two batches, and the network is what it is by then.
    fn epoch(&mut self, py: Python<'_>) -> PyResult<Figures> {
        let mut looked = Instant::now();
        let mut interrupted = None;
        let ended = py.detach(|| {
            self.trainer.train_epoch(&mut |_: &Trainer| {
                if looked.elapsed() < BETWEEN_LOOKS {
                    return ControlFlow::Continue(());
                }
                looked = Instant::now();
                interrupted = Python::attach(|py| py.check_signals().err());
                if interrupted.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
        });
        if let Some(signal) = interrupted {
            return Err(signal);
        }
        match ended.map_err(diverged)? {
            EpochEnd::Epoch(_) => self.figures(),
            EpochEnd::Stopped => Err(PyRuntimeError::new_err("training was stopped between two batches")),
        }
    }

    /// The run as the bytes of a checkpoint file.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = run::checkpoint(&self.trainer).to_bytes().map_err(value_error)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The settings that are used, in JSON.
    fn settings(&self) -> PyResult<String> {
        serde_json::to_string(&self.trainer.settings().saved()).map_err(value_error)
    }

    /// Passes over the rows that the settings ask for.
    fn epochs(&self) -> u32 {
        self.trainer.settings().epochs
    }
}

impl Training {
    fn figures(&self) -> PyResult<Figures> {
        let epoch = self.trainer.progress().history.last();
        let epoch = epoch.ok_or_else(|| PyRuntimeError::new_err("no epoch is finished"))?;
        let error = |of: openloop::learner::Evaluation| self.has_classes.then(|| of.error());
        Ok((epoch.train.mean_loss(), error(epoch.train), epoch.test.mean_loss(), error(epoch.test)))
    }
}

/// Kernels on so many threads; none means one for each processor.
pub fn kernels(threads: Option<usize>) -> PyResult<Arc<Fast>> {
    run::kernels(&Options { threads, ..Options::default() }).map_err(value_error)
}
