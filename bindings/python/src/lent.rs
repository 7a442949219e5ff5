//! An array of Python as the features of a data set: read row by row where it lies, without a copy. The only `unsafe` of this crate.

use openloop::data::FeatureRows;
use pyo3::buffer::{Element, PyBuffer};

/// A float of an array.
pub trait Value: Element + Copy + Into<f64> + std::fmt::Debug + Send + Sync + 'static {}

impl Value for f32 {}
impl Value for f64 {}

/// A C-contiguous array `[rows, size]` that Python keeps where it is as long as this lives.
#[derive(Debug)]
pub struct LentArray<T: Value> {
    buffer: PyBuffer<T>,
    rows: usize,
    size: usize,
    /// Subtracted in f64 before a value becomes f32; empty for 0.
    origin: Vec<f64>,
}

impl<T: Value> LentArray<T> {
    /// An array whose values are relative to an origin; none where it is not C-contiguous or has another shape.
    pub fn new(buffer: PyBuffer<T>, origin: Vec<f64>) -> Option<Self> {
        let (rows, size) = match *buffer.shape() {
            [rows, size] => (rows, size),
            _ => return None,
        };
        let fits = origin.is_empty() || origin.len() == size;
        (fits && buffer.is_c_contiguous()).then_some(LentArray { buffer, rows, size, origin })
    }
}

impl<T: Value> FeatureRows for LentArray<T> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn size(&self) -> usize {
        self.size
    }

    fn copy_row(&self, row: usize, out: &mut [f32]) {
        let Some(values) = self.buffer.as_slice_ptr() else { return };
        // SAFETY: the pointer is that of a C-contiguous buffer of `rows * size` values of type T, whose format PyO3 has checked. Python
        // neither frees nor moves the memory before the buffer is released, which dropping `self` does. Only whoever writes into the
        // array in another thread meanwhile breaks the promise of a shared slice, as with every library that releases Python's lock;
        // the documentation of `fit` forbids it.
        let values = unsafe { values.as_ref() };
        let row = &values[row * self.size..][..self.size];
        match &self.origin[..] {
            [] => out.iter_mut().zip(row).for_each(|(out, x)| *out = (*x).into() as f32),
            origin => out.iter_mut().zip(row).zip(origin).for_each(|((out, x), o)| *out = ((*x).into() - o) as f32),
        }
    }
}
