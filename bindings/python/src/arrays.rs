//! Arrays of Python, read through the buffer protocol.

use openloop::data::{Features, TargetUnits, Targets};
use pyo3::buffer::{Element, PyBuffer};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

/// A copy of the values of a C-contiguous buffer.
fn values<T: Element + Copy>(py: Python<'_>, array: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    PyBuffer::<T>::get(array)?.to_vec(py)
}

/// Feature rows: uint8 stays as it is, float32 too; float64 is rounded.
pub fn features(py: Python<'_>, array: &Bound<'_, PyAny>) -> PyResult<Features> {
    if let Ok(floats) = PyBuffer::<f32>::get(array) {
        return Ok(Features::Floats(floats.to_vec(py)?));
    }
    if let Ok(bytes) = PyBuffer::<u8>::get(array) {
        return Ok(Features::Bytes(bytes.to_vec(py)?));
    }
    Ok(Features::Floats(values::<f64>(py, array)?.into_iter().map(|value| value as f32).collect()))
}

/// Targets as Python has them: uint32 are class numbers, float64 real values.
pub enum RawTargets {
    /// Class numbers.
    Labels(Vec<u32>),
    /// Real values in their own unit.
    Values(Vec<f64>),
}

impl RawTargets {
    /// The targets of an array.
    pub fn of(py: Python<'_>, array: &Bound<'_, PyAny>) -> PyResult<Self> {
        match PyBuffer::<u32>::get(array) {
            Ok(labels) => Ok(RawTargets::Labels(labels.to_vec(py)?)),
            Err(_) => Ok(RawTargets::Values(values(py, array)?)),
        }
    }

    /// The units of real values; none for class numbers.
    pub fn units(&self, names: Vec<String>) -> Option<TargetUnits> {
        match self {
            RawTargets::Labels(_) => None,
            RawTargets::Values(values) => Some(TargetUnits::of(values, names)),
        }
    }

    /// The targets as they are learned.
    pub fn learned(self, units: Option<&TargetUnits>) -> Targets {
        match (self, units) {
            (RawTargets::Labels(labels), _) => Targets::Labels(labels),
            (RawTargets::Values(values), Some(units)) => Targets::Values(units.standardised(&values)),
            (RawTargets::Values(values), None) => {
                Targets::Values(values.into_iter().map(|value| value as f32).collect())
            }
        }
    }
}

/// Values as a bytearray, which numpy wraps without a copy.
pub fn bytes_of<'py>(py: Python<'py>, values: &[f64]) -> Bound<'py, PyByteArray> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    PyByteArray::new(py, &bytes)
}
