//! The features of a data set: its own, or rows that lie in memory of another owner or are kept in another form, and are copied one at a
//! time.

use std::fmt::Debug;
use std::sync::Arc;

/// Raw features, row-major `[rows, shape.size()]`, in the compact form they came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Features {
    /// One byte per feature: images.
    Bytes(Vec<u8>),
    /// One float per feature.
    Floats(Vec<f32>),
    /// Floats that another owner holds.
    Lent(LentRows),
}

impl Features {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Features::Bytes(bytes) => bytes.len(),
            Features::Floats(floats) => floats.len(),
            Features::Lent(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Rows that can be copied one at a time, each of the same number of values.
pub trait FeatureRows: Debug + Send + Sync {
    /// How many there are.
    fn rows(&self) -> usize;
    /// Values of each.
    fn size(&self) -> usize;
    /// Copies the values of row `row` to `out: [size]`.
    fn copy_row(&self, row: usize, out: &mut [f32]);
}

/// Some rows of an owner, in some order.
#[derive(Clone, Debug)]
pub struct LentRows {
    owner: Arc<dyn FeatureRows>,
    /// None for all rows.
    chosen: Option<Arc<[u32]>>,
}

impl LentRows {
    /// All rows of an owner.
    pub fn new(owner: Arc<dyn FeatureRows>) -> Self {
        LentRows { owner, chosen: None }
    }

    /// None of them.
    pub(super) fn none(&self) -> Self {
        self.select(&[])
    }

    /// The given rows, in the given order.
    pub(super) fn select(&self, rows: &[u32]) -> Self {
        let chosen = rows.iter().map(|&row| self.row(row)).collect();
        LentRows { owner: Arc::clone(&self.owner), chosen: Some(chosen) }
    }

    /// The number of values.
    pub(super) fn len(&self) -> usize {
        self.rows() * self.owner.size()
    }

    /// Copies the values of row `row` to `out`.
    pub(crate) fn copy_row(&self, row: u32, out: &mut [f32]) {
        self.owner.copy_row(self.row(row) as usize, out);
    }

    /// Calls `each` with the values of every row.
    pub(super) fn for_each_row(&self, each: &mut dyn FnMut(&[f32])) {
        let mut values = vec![0.0; self.owner.size()];
        for row in 0..self.rows() as u32 {
            self.copy_row(row, &mut values);
            each(&values);
        }
    }

    /// The values of all rows.
    pub(crate) fn to_floats(&self) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.len());
        self.for_each_row(&mut |row| values.extend_from_slice(row));
        values
    }

    fn rows(&self) -> usize {
        self.chosen.as_ref().map_or_else(|| self.owner.rows(), |chosen| chosen.len())
    }

    fn row(&self, row: u32) -> u32 {
        self.chosen.as_ref().map_or(row, |chosen| chosen[row as usize])
    }
}

/// Whether all values are equal.
impl PartialEq for LentRows {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.to_floats() == other.to_floats()
    }
}
