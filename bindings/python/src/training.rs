//! A training run on arrays: the same trainer, settings and bits as `openloop train`.

use crate::arrays::{RawTargets, Rows, sparse};
use crate::errors::{diverged, guarded, value_error};
use crate::model::NativeModel;
use crate::own_rule::{Raised, own_rule};
use crate::threads::{kernels, new_kernels};
use openloop::core::{Shape, Targets};
use openloop::data::{Columns, DataSet, Features, Preprocessing, Split, TableSummary};
use openloop::files::Checkpoint;
use openloop::kernels::Fast;
use openloop::learner::{EpochEnd, Evaluation, Trainer};
use openloop::run;
use openloop::settings::Options;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
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
    /// Channels, height and width of the image that a row is; none for a list of values.
    shape: Option<[usize; 3]>,
    /// Names of the classes; empty for real values.
    classes: Vec<String>,
    /// Names of the real-valued targets; empty for classes.
    targets: Vec<String>,
    /// Names of the feature columns and of the label column, where there are any.
    columns: Option<Columns>,
    /// What the data are called in messages and files.
    name: String,
    /// Whether the run of the start goes on, with its settings, optimizer state and units; else it gives its weights.
    goes_on: bool,
}

/// A sparse matrix: where its rows start, the columns and the values of what is not 0, and the values of a row.
type Csr<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, usize);

/// Finished epochs: loss and error of the training steps, then of the validation rows; errors are none for real values.
type Figures = (f64, Option<f64>, Option<f64>, Option<f64>);

/// A network that is being trained.
#[pyclass(module = "openloop._native")]
pub struct Training {
    trainer: Trainer,
    kernels: Arc<Fast>,
    has_classes: bool,
    raised: Raised,
}

#[pymethods]
impl Training {
    /// Training on `x` with targets `y`, from a network where there is a `start`, by a rule of the user's own where there is one.
    /// `weights`, of float32, say how much each row counts.
    #[new]
    #[pyo3(signature = (request, x, y, start=None, rule=None, weights=None))]
    fn new(
        py: Python<'_>,
        request: &str,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        start: Option<PyRef<'_, NativeModel>>,
        rule: Option<Py<PyAny>>,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let request: Request = serde_json::from_str(request).map_err(value_error)?;
        let start = start.map(|start| start.run()).transpose()?;
        let origin = start.as_ref().filter(|_| request.goes_on).map(|start| &start.preprocessing.origin[..]);
        let targets = RawTargets::of(py, y)?;
        let weights = weights.map(|weights| PyBuffer::<f32>::get(weights)?.to_vec(py)).transpose()?;
        let weights = weights.unwrap_or_default();
        let arrays = match x.extract::<Csr<'_>>() {
            Ok((starts, columns, values, size)) => {
                let features = sparse(py, [&starts, &columns, &values], size)?;
                Arrays { size, features, origin: Vec::new(), targets, weights }
            }
            Err(_) => {
                let rows = Rows::of(x)?;
                let (features, origin) = rows.features(origin)?;
                Arrays { size: rows.size, features, origin, targets, weights }
            }
        };
        py.detach(|| guarded(|| Self::start(request, arrays, start, rule)))
    }

    /// Learns to the end of an epoch. Ctrl-C stops between two batches, and the network is what it is by then.
    fn epoch(&mut self, py: Python<'_>) -> PyResult<Figures> {
        let mut looked = Instant::now();
        let mut interrupted = None;
        let Training { trainer, raised, .. } = self;
        let mut look = |_: &Trainer| {
            interrupted = raised.take();
            if interrupted.is_some() {
                return ControlFlow::Break(());
            }
            if looked.elapsed() < BETWEEN_LOOKS {
                return ControlFlow::Continue(());
            }
            looked = Instant::now();
            interrupted = Python::attach(|py| py.check_signals().err());
            if interrupted.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let ended = py.detach(|| guarded(|| trainer.train_epoch(&mut look).map_err(diverged)))?;
        match (ended, interrupted.or_else(|| self.raised.take())) {
            (_, Some(raised)) => Err(raised),
            (EpochEnd::Epoch(_), None) => self.figures(),
            (EpochEnd::Stopped, None) => Err(PyRuntimeError::new_err("training was stopped between two batches")),
        }
    }

    /// Whether `learn_row` can be called: see `Trainer::learns_rows`; targets are classes.
    fn learns_rows(&self) -> bool {
        self.has_classes && self.trainer.learns_rows()
    }

    /// Learns from one more row, an array of float64 `[1, features]`, and gives its loss; none, and nothing is learned, if there is a
    /// value in it that is not finite.
    fn learn_row(&mut self, py: Python<'_>, row: &Bound<'_, PyAny>, label: u32) -> PyResult<Option<f64>> {
        let row = PyBuffer::<f64>::get(row)?.to_vec(py)?;
        let about = self.trainer.about();
        if !self.learns_rows() || row.len() != about.shape.iter().product::<usize>() || label as usize >= about.outputs
        {
            return Err(value_error("the network does not learn from such a row by itself"));
        }
        if !row.iter().all(|value| value.is_finite()) {
            return Ok(None);
        }
        guarded(|| self.trainer.learn_row(&row, &Targets::Labels(&[label])).map(Some).map_err(diverged))
    }

    /// The network as it is now, or after its best epoch where there are validation rows.
    fn model(&self) -> PyResult<NativeModel> {
        NativeModel::of(run::checkpoint(&self.trainer).into_owned(), Arc::clone(&self.kernels))
    }

    /// The number of the epoch that did best on the validation rows, counted from 1.
    fn best_epoch(&self) -> Option<u32> {
        self.trainer.progress().best_epoch()
    }

    /// Passes over the rows that the settings ask for.
    fn epochs(&self) -> u32 {
        self.trainer.settings().epochs
    }
}

/// Rows with their targets.
struct Arrays {
    /// Values of a row.
    size: usize,
    features: Features,
    origin: Vec<f64>,
    targets: RawTargets,
    /// How much each row counts; empty where all count the same.
    weights: Vec<f32>,
}

impl Training {
    fn start(
        request: Request,
        arrays: Arrays,
        start: Option<Checkpoint<'static>>,
        rule: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let has_classes = !request.classes.is_empty();
        let (goes_on, given) = (request.goes_on, request.options.clone());
        let data = Arc::new(data_set(request, arrays, start.as_ref().filter(|_| goes_on))?);
        let raised = Raised::default();
        let kernels = match rule {
            None => kernels(given.threads)?,
            Some(rule) => Arc::new(new_kernels(given.threads)?.with_own_rule(own_rule(rule, raised.clone()))),
        };
        let settings = match start.as_ref().filter(|_| goes_on) {
            Some(start) => start.settings.options().complete(&data),
            None => given.complete(&data),
        }
        .map_err(value_error)?;
        let (data, kernels_of_run) = (Arc::clone(&data), Arc::clone(&kernels));
        let trainer = match start {
            None => Trainer::new(settings, data, kernels_of_run),
            Some(start) if goes_on => {
                let mut state = start.into_state();
                // a run that gets its rows in pieces would keep an entry for each
                state.progress.history.clear();
                (state.progress.seen, state.progress.running) = (0, Evaluation::default());
                Trainer::resume(settings, data, kernels_of_run, state)
            }
            Some(start) => Trainer::from(settings, data, kernels_of_run, start.into_state()),
        };
        Ok(Training { trainer: trainer.map_err(value_error)?, kernels, has_classes, raised })
    }

    fn figures(&self) -> PyResult<Figures> {
        let epoch = self.trainer.progress().history.last();
        let epoch = epoch.ok_or_else(|| PyRuntimeError::new_err("no epoch is finished"))?;
        let error = |of: Evaluation| self.has_classes.then(|| of.error());
        let validation = epoch.validation;
        Ok((
            epoch.train.mean_loss(),
            error(epoch.train),
            validation.map(|of| of.mean_loss()),
            validation.and_then(error),
        ))
    }
}

/// The data set of arrays, in the units of the run that goes on.
fn data_set(request: Request, arrays: Arrays, run: Option<&Checkpoint<'_>>) -> PyResult<DataSet> {
    let Arrays { size, features, origin, targets, weights } = arrays;
    let Request { options, shape, classes, targets: names, columns, name, .. } = request;
    let units = match run {
        Some(run) => run.about.units.clone(),
        None => targets.units(names.clone()),
    };
    let outputs = classes.len().max(names.len());
    let is_table = !matches!(features, Features::Bytes(_));
    let train = Split::new(features, targets.learned(units.as_ref()), size, outputs);
    let train = train.ok_or_else(|| value_error("rows and targets differ in number"))?;
    let train = train
        .weighted(weights)
        .ok_or_else(|| value_error("weights of rows are numbers from 0 on, one for each row"))?;
    let test = train.empty();
    let data = DataSet::of_splits(&name, train, test, classes, columns, units).map_err(value_error)?;
    // numbers are what a table is, with the defaults for tables; bytes are images
    let table = is_table.then(TableSummary::default);
    let preprocessing = Preprocessing { origin, ..data.preprocessing };
    let data = DataSet { shape: image_shape(shape, data.shape)?, table, preprocessing, ..data };
    run::with_validation(data, &options).map_err(value_error)
}

/// The shape asked for, which has as many values as a row.
fn image_shape(asked: Option<[usize; 3]>, own: Shape) -> PyResult<Shape> {
    let Some([channels, height, width]) = asked else { return Ok(own) };
    let (shape, own) = (Shape { channels, height, width }, own.size());
    match shape.size() == own {
        true => Ok(shape),
        false => {
            let asked = shape.size();
            Err(value_error(format!(
                "image_shape ({channels}, {height}, {width}) is {asked} values, and a row has {own}"
            )))
        }
    }
}
