//! Rows of which most values are 0, in compressed form (CSR): the features of a data set that become dense one row at a time.

use crate::errors::value_error;
use openloop::data::FeatureRows;
use pyo3::PyResult;

/// Rows in compressed form: the values of row k stand at `starts[k]..starts[k + 1]`.
#[derive(Debug)]
pub struct SparseRows {
    starts: Vec<i64>,
    columns: Vec<i64>,
    values: Vec<f64>,
    size: usize,
}

impl SparseRows {
    /// Rows of `size` values.
    pub fn new(starts: Vec<i64>, columns: Vec<i64>, values: Vec<f64>, size: usize) -> PyResult<Self> {
        let ends = |starts: &[i64]| starts.first() == Some(&0) && starts.last() == Some(&(values.len() as i64));
        let ordered = starts.windows(2).all(|pair| pair[0] <= pair[1]);
        let inside = columns.iter().all(|column| (0..size as i64).contains(column));
        match ends(&starts) && ordered && inside && columns.len() == values.len() {
            true => Ok(SparseRows { starts, columns, values, size }),
            false => Err(value_error("the sparse matrix is damaged: its indices do not fit its shape")),
        }
    }
}

impl FeatureRows for SparseRows {
    fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    fn size(&self) -> usize {
        self.size
    }

    fn copy_row(&self, row: usize, out: &mut [f32]) {
        out.fill(0.0);
        let own = self.starts[row] as usize..self.starts[row + 1] as usize;
        for (column, value) in self.columns[own.clone()].iter().zip(&self.values[own]) {
            // what stands twice counts twice, as in SciPy
            out[*column as usize] += *value as f32;
        }
    }
}
