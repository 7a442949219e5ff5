//! Streams of dicts, for `river`: features and classes are Python's objects, which are looked up here and become places in a row.

mod moments;
mod network;

use crate::errors::{file_error, guarded, value_error};
use network::{GrowingNetwork, Kept, Target};
use openloop::data::{Columns, Preprocessing, TargetUnits};
use openloop::files::Checkpoint;
use openloop::learner::{DataDescription, TrainingProgress};
use openloop::settings::Options;
use openloop::stream::DriftSignal;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use std::borrow::Cow;
use std::path::PathBuf;

/// Python's objects, each with a number.
struct Numbered {
    numbers: Py<PyDict>,
    list: Py<PyList>,
}

impl Numbered {
    fn new(py: Python<'_>) -> Self {
        Numbered { numbers: PyDict::new(py).unbind(), list: PyList::empty(py).unbind() }
    }

    fn len(&self, py: Python<'_>) -> usize {
        self.list.bind(py).len()
    }

    fn number(&self, object: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
        self.numbers.bind(object.py()).get_item(object)?.map(|number| number.extract()).transpose()
    }

    fn add(&self, object: &Bound<'_, PyAny>) -> PyResult<usize> {
        let number = self.len(object.py());
        self.numbers.bind(object.py()).set_item(object, number)?;
        self.list.bind(object.py()).append(object)?;
        Ok(number)
    }
}

/// A network that learns one row at a time.
#[pyclass(module = "openloop._native")]
pub struct NativeStream {
    network: GrowingNetwork,
    features: Numbered,
    classes: Numbered,
    has_classes: bool,
    raw: Vec<f64>,
}

#[pymethods]
impl NativeStream {
    /// A network that has seen nothing; `options` are those of `openloop train` in JSON.
    #[new]
    fn new(py: Python<'_>, options: &str, standardises: bool, has_classes: bool) -> PyResult<Self> {
        let options: Options = serde_json::from_str(options).map_err(value_error)?;
        let network = guarded(|| GrowingNetwork::new(options, standardises, has_classes))?;
        Ok(NativeStream {
            network,
            features: Numbered::new(py),
            classes: Numbered::new(py),
            has_classes,
            raw: Vec::new(),
        })
    }

    /// Learns from a row and its target.
    fn learn_one(&mut self, x: &Bound<'_, PyDict>, y: &Bound<'_, PyAny>) -> PyResult<()> {
        self.read(x, true)?;
        let target = self.target(y)?;
        self.network.grow(self.features.len(y.py()), self.classes.len(y.py()))?;
        let NativeStream { network, raw, .. } = self;
        guarded(|| network.learn(raw, target))
    }

    /// The class of a row, or its value; none before the first row was learned from.
    fn predict_one<'py>(&mut self, x: &Bound<'py, PyDict>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.read(x, false)?;
        let NativeStream { network, raw, .. } = self;
        let answer = guarded(|| network.answer(raw))?;
        match (&answer[..], self.has_classes) {
            ([], _) => Ok(None),
            (probabilities, true) => {
                let largest =
                    (0..probabilities.len()).rev().max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
                largest.map(|class| self.classes.list.bind(x.py()).get_item(class)).transpose()
            }
            ([value, ..], false) => Ok(Some(value.into_pyobject(x.py())?.into_any())),
        }
    }

    /// The probability of each class seen so far.
    fn predict_proba_one<'py>(&mut self, x: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
        self.read(x, false)?;
        let NativeStream { network, raw, classes, .. } = self;
        let answer = guarded(|| network.answer(raw))?;
        let found = PyDict::new(x.py());
        for (class, probability) in classes.list.bind(x.py()).iter().zip(answer) {
            found.set_item(class, probability)?;
        }
        Ok(found)
    }

    /// Learns from rows, an array of float64 `[rows, names]`, one after the other.
    fn learn_many(
        &mut self,
        py: Python<'_>,
        names: Vec<Bound<'_, PyAny>>,
        rows: &Bound<'_, PyAny>,
        targets: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let mut sorted: Vec<_> =
            names.iter().map(|name| Ok((name.str()?.to_string(), name))).collect::<PyResult<_>>()?;
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, name) in sorted {
            if self.features.number(name)?.is_none() {
                self.add_feature(name, false)?;
            }
        }
        let targets = targets.iter().map(|y| self.target(y)).collect::<PyResult<Vec<_>>>()?;
        let values = self.rows(py, &names, rows)?;
        let (network, width) = (&mut self.network, self.features.len(py));
        let mut learn = |(row, target): (&[f64], Target)| {
            // a class gets its output with its first row
            network.grow(width, target.classes())?;
            network.learn(row, target)
        };
        py.detach(|| guarded(|| values.chunks_exact(width.max(1)).zip(targets).try_for_each(&mut learn)))
    }

    /// The answers to rows, one after the other: probabilities of the classes, or values; empty before it has learned.
    fn answer_many(
        &mut self,
        py: Python<'_>,
        names: Vec<Bound<'_, PyAny>>,
        rows: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<f64>> {
        let values = self.rows(py, &names, rows)?;
        let (network, width) = (&mut self.network, self.features.len(py).max(1));
        py.detach(|| {
            guarded(|| {
                let answers: Vec<_> =
                    values.chunks_exact(width).map(|row| network.answer(row)).collect::<PyResult<_>>()?;
                Ok(answers.concat())
            })
        })
    }

    /// The classes seen so far.
    #[getter]
    fn classes(&self, py: Python<'_>) -> Py<PyList> {
        self.classes.list.clone_ref(py)
    }

    /// The features seen so far; a category is a feature and its text.
    #[getter]
    fn features(&self, py: Python<'_>) -> Py<PyList> {
        self.features.list.clone_ref(py)
    }

    /// `stable`, `warning` or `drift`: what the detector says to the last row.
    #[getter]
    fn drift_signal(&self) -> &'static str {
        match self.network.followed.signal {
            DriftSignal::Stable => "stable",
            DriftSignal::Warning => "warning",
            DriftSignal::Drift => "drift",
        }
    }

    /// How often the detector signalled a drift.
    #[getter]
    fn drifts(&self) -> u64 {
        self.network.followed.drifts
    }

    /// Its state but for what it is made with: features, classes, and the rest as bytes.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<(Py<PyList>, Py<PyList>, Bound<'py, PyBytes>)> {
        let kept = serde_json::to_vec(&self.network.kept()).map_err(value_error)?;
        Ok((self.features(py), self.classes(py), PyBytes::new(py, &kept)))
    }

    /// Takes on a state.
    fn restore(&mut self, features: &Bound<'_, PyList>, classes: &Bound<'_, PyList>, kept: &[u8]) -> PyResult<()> {
        let kept: Kept = serde_json::from_slice(kept).map_err(value_error)?;
        let py = features.py();
        (self.features, self.classes) = (Numbered::new(py), Numbered::new(py));
        features.iter().try_for_each(|name| self.features.add(&name).map(drop))?;
        classes.iter().try_for_each(|name| self.classes.add(&name).map(drop))?;
        guarded(|| self.network.restore(kept))
    }

    /// Writes the network as it is now as a checkpoint, which the command line reads.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let text = |list: &Py<PyList>| -> PyResult<Vec<String>> {
            list.bind(py).iter().map(|name| Ok(name.str()?.to_string())).collect()
        };
        let (features, classes) = (text(&self.features.list)?, text(&self.classes.list)?);
        guarded(|| self.checkpoint(features, classes)?.save(&path).map_err(file_error))
    }
}

/// A feature of a row that has no place yet.
struct NewFeature<'py> {
    name: Bound<'py, PyAny>,
    value: f64,
    is_text: bool,
}

impl NativeStream {
    /// Reads a row into its places; features that are new get one if it is to learn from it, in the order of their names.
    fn read(&mut self, x: &Bound<'_, PyDict>, is_learned: bool) -> PyResult<()> {
        self.raw.clear();
        self.raw.resize(self.features.len(x.py()), f64::NAN);
        let mut new = Vec::new();
        for (name, value) in x.iter() {
            let (name, value, is_text) = match value.extract::<f64>() {
                Ok(number) => (name, number, false),
                Err(_) if value.is_none() => continue,
                Err(_) if value.is_instance_of::<PyString>() => {
                    (PyTuple::new(x.py(), [name, value])?.into_any(), 1.0, true)
                }
                Err(_) => {
                    let words = format!("feature {name} is {}, but must be a number or a text", value.repr()?);
                    return Err(PyTypeError::new_err(words));
                }
            };
            match self.features.number(&name)? {
                Some(place) => self.raw[place] = value,
                None if is_learned => new.push((name.str()?.to_string(), NewFeature { name, value, is_text })),
                None => {}
            }
        }
        new.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, NewFeature { name, value, is_text }) in new {
            self.add_feature(&name, is_text)?;
            self.raw.push(value);
        }
        Ok(())
    }

    fn add_feature(&mut self, name: &Bound<'_, PyAny>, is_text: bool) -> PyResult<()> {
        self.features.add(name)?;
        self.network.followed.texts.push(is_text);
        Ok(())
    }

    fn target(&self, y: &Bound<'_, PyAny>) -> PyResult<Target> {
        if self.has_classes {
            let class = self.classes.number(y)?.map_or_else(|| self.classes.add(y), Ok)?;
            return Ok(Target::Class(class));
        }
        match y.extract::<f64>()? {
            value if value.is_finite() => Ok(Target::Value(value)),
            value => Err(PyValueError::new_err(format!("the target is {value}, but must be a finite number"))),
        }
    }

    /// The rows of an array in the places of the features.
    fn rows(&self, py: Python<'_>, names: &[Bound<'_, PyAny>], rows: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
        let places = names.iter().map(|name| self.features.number(name)).collect::<PyResult<Vec<_>>>()?;
        let (values, width) = (PyBuffer::<f64>::get(rows)?.to_vec(py)?, self.features.len(py));
        let mut placed = vec![f64::NAN; values.len() / names.len().max(1) * width];
        for (row, out) in values.chunks_exact(names.len().max(1)).zip(placed.chunks_exact_mut(width.max(1))) {
            for (place, value) in places.iter().zip(row).filter_map(|(place, value)| Some((place.as_ref()?, value))) {
                out[*place] = *value;
            }
        }
        Ok(placed)
    }

    fn checkpoint(&self, features: Vec<String>, classes: Vec<String>) -> PyResult<Checkpoint<'static>> {
        let learner = self.network.trimmed()?;
        let learner = learner.ok_or_else(|| value_error("nothing was learned yet, so there is nothing to save"))?;
        if self.has_classes && self.network.classes() < 2 {
            return Err(value_error("one class was seen so far, and a model needs two at least"));
        }
        let followed = &self.network.followed;
        let moments = followed.moments.iter();
        let preprocessing = match self.network.standardises() {
            true => Preprocessing::new(
                moments.clone().map(|moments| moments.mean as f32).collect(),
                moments.map(|moments| (1.0 / moments.deviation()) as f32).collect(),
            ),
            false => Preprocessing::identity(),
        };
        let units = (!self.has_classes).then(|| TargetUnits {
            names: vec!["target".into()],
            mean: vec![followed.target.mean],
            deviation: vec![followed.target.deviation()],
        });
        let label = if self.has_classes { "label" } else { "target" };
        let about = DataDescription {
            data: "a stream of Python".into(),
            shape: [1, 1, features.len()],
            outputs: learner.network().outputs(),
            classes,
            columns: Some(Columns::new(features, label)),
            units,
            fingerprint: 0,
        };
        Ok(Checkpoint {
            settings: learner.settings().saved(),
            snapshot: learner.snapshot().into_owned(),
            preprocessing: Cow::Owned(preprocessing),
            about: Cow::Owned(about),
            progress: Cow::Owned(TrainingProgress::default()),
            best: None,
            instructions: None,
        })
    }
}
