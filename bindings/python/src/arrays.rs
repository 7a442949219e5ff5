//! Arrays of Python, read through the buffer protocol.

use crate::errors::value_error;
use crate::lent::{LentArray, Value};
use crate::sparse::SparseRows;
use openloop::data::{self, Features, LentRows, TargetUnits, Targets};
use pyo3::buffer::{Element, ElementType, PyBuffer, PyUntypedBuffer};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PySlice};
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

/// Values that are converted at a time.
const VALUES_AT_ONCE: usize = 1 << 16;

/// What the values of an array are.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Float32,
    Float64,
    Uint8,
}

/// Rows of features as Python has them, `[rows, size]`, in any order of memory.
pub struct Rows<'py> {
    array: Bound<'py, PyAny>,
    kind: Kind,
    /// How many there are.
    pub count: usize,
    /// Values of each.
    pub size: usize,
}

impl<'py> Rows<'py> {
    /// The rows of an array of float32, float64 or uint8.
    pub fn of(array: &Bound<'py, PyAny>) -> PyResult<Self> {
        let buffer = PyUntypedBuffer::get(array)?;
        let kind = match ElementType::from_format(buffer.format()) {
            ElementType::Float { bytes: 4 } => Kind::Float32,
            ElementType::Float { bytes: 8 } => Kind::Float64,
            ElementType::UnsignedInteger { bytes: 1 } => Kind::Uint8,
            _ => return Err(PyTypeError::new_err("an array of float32, float64 or uint8 is expected")),
        };
        match *buffer.shape() {
            [count, size] => Ok(Rows { array: array.clone(), kind, count, size }),
            ref shape => Err(value_error(format!("an array of 2 dimensions is expected, found {}", shape.len()))),
        }
    }

    /// Rows that are converted at a time.
    fn step(&self) -> usize {
        (VALUES_AT_ONCE / self.size.max(1)).max(1)
    }

    /// The values of the rows of a range, row by row.
    pub fn doubles(&self, range: Range<usize>) -> PyResult<Vec<f64>> {
        let widened = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
        match self.kind {
            Kind::Float32 => Ok(widened(self.block(range)?)),
            Kind::Float64 => self.block(range),
            Kind::Uint8 => Ok(self.block::<u8>(range)?.into_iter().map(f64::from).collect()),
        }
    }

    fn block<T: Element>(&self, range: Range<usize>) -> PyResult<Vec<T>> {
        let rows = PySlice::new(self.array.py(), range.start as isize, range.end as isize, 1);
        PyBuffer::<T>::get(&self.array.get_item(rows)?)?.to_vec(self.array.py())
    }

    /// The features to learn from, relative to an origin: that of a model, or what these values ask for, as those of a table do. A
    /// C-contiguous array of floats is read where it lies.
    pub fn features(&self, origin: Option<&[f64]>) -> PyResult<(Features, Vec<f64>)> {
        let origin = match (self.kind, origin) {
            (_, Some(origin)) => origin.to_vec(),
            (Kind::Float64, None) => self.own_origin()?,
            _ => Vec::new(),
        };
        let features = match self.kind {
            Kind::Uint8 if origin.is_empty() => Some(Features::Bytes(self.block(0..self.count)?)),
            Kind::Uint8 => None,
            Kind::Float32 => self.lent::<f32>(&origin)?,
            Kind::Float64 => self.lent::<f64>(&origin)?,
        };
        Ok((features.map_or_else(|| self.copied(&origin), Ok)?, origin))
    }

    fn lent<T: Value>(&self, origin: &[f64]) -> PyResult<Option<Features>> {
        let array = LentArray::new(PyBuffer::<T>::get(&self.array)?, origin.to_vec());
        Ok(array.map(|array| Features::Lent(LentRows::new(Arc::new(array)))))
    }

    /// Floats relative to an origin, a block of rows after the other.
    fn copied(&self, origin: &[f64]) -> PyResult<Features> {
        let mut floats = Vec::with_capacity(self.count * self.size);
        for first in (0..self.count).step_by(self.step()) {
            let values = self.doubles(first..self.count.min(first + self.step()))?;
            floats.extend(data::relative(&values, origin));
        }
        Ok(Features::Floats(floats))
    }

    fn own_origin(&self) -> PyResult<Vec<f64>> {
        let failed = Cell::new(None);
        let origin = data::origin_of_rows(self.size, &|each| {
            for first in (0..self.count).step_by(self.step()) {
                match self.doubles(first..self.count.min(first + self.step())) {
                    Ok(values) => values.chunks_exact(self.size.max(1)).for_each(&mut *each),
                    Err(error) => return failed.set(Some(error)),
                }
            }
        });
        failed.take().map_or(Ok(origin), Err)
    }
}

/// The rows of a SciPy matrix in compressed form, given as its three arrays (int64, int64, float64) and the values of a row.
pub fn sparse(py: Python<'_>, arrays: [&Bound<'_, PyAny>; 3], size: usize) -> PyResult<Features> {
    let [starts, columns, values] = arrays;
    let starts = PyBuffer::<i64>::get(starts)?.to_vec(py)?;
    let columns = PyBuffer::<i64>::get(columns)?.to_vec(py)?;
    let rows = SparseRows::new(starts, columns, PyBuffer::<f64>::get(values)?.to_vec(py)?, size)?;
    Ok(Features::Lent(LentRows::new(Arc::new(rows))))
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
            Err(_) => Ok(RawTargets::Values(PyBuffer::<f64>::get(array)?.to_vec(py)?)),
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
