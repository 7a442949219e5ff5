//! A learning rule of the user's own: a Python function that makes a hidden layer's coefficients.

use crate::errors::value_error;
use openloop::core::Targets;
use openloop::kernels::MakeCoefficients;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Arc, Mutex, PoisonError};

/// What the function raised first; from then on it is not called any more.
#[derive(Clone, Default)]
pub struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    /// Takes it out.
    pub fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether there is something.
    pub fn is_some(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// The kernels' function for `function(values, targets, outputs)`, which takes float32 `[batch, outputs]` and uint32 labels, or float32
/// targets, as bytes, and gives float32 coefficients as bytes. Where it raises, coefficients are 0 and the error waits in `raised`.
pub fn own_rule(function: Py<PyAny>, raised: Raised) -> Box<MakeCoefficients> {
    Box::new(move |outputs, targets, values| {
        if raised.is_some() {
            return values.fill(0.0);
        }
        if let Err(error) = Python::attach(|py| call(function.bind(py), outputs, targets, values)) {
            values.fill(0.0);
            *raised.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    })
}

fn call(function: &Bound<'_, PyAny>, outputs: usize, targets: &Targets<'_>, values: &mut [f32]) -> PyResult<()> {
    let py = function.py();
    let targets: Vec<u8> = match targets {
        Targets::Labels(labels) | Targets::WeightedLabels(labels, _) => {
            labels.iter().flat_map(|label| label.to_ne_bytes()).collect()
        }
        Targets::Values(values) | Targets::WeightedValues(values, _) => {
            values.iter().flat_map(|value| value.to_ne_bytes()).collect()
        }
    };
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    let made = function.call1((PyBytes::new(py, &bytes), PyBytes::new(py, &targets), outputs))?;
    let made = made.extract::<Vec<u8>>()?;
    let (floats, rest) = made.as_chunks::<4>();
    if floats.len() != values.len() || !rest.is_empty() {
        return Err(value_error("the rule gave another number of coefficients than it got values"));
    }
    values.iter_mut().zip(floats).for_each(|(value, bytes)| *value = f32::from_ne_bytes(*bytes));
    Ok(())
}
