//! Matrix products, from the `gemm` library, behind one safe function. Row-major f32, one thread: who calls it splits.

use std::marker::PhantomData;
use std::ops::Range;

/// A matrix to read: row-major, or its transpose, or some of its columns.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Operand<'a> {
    /// A row-major matrix of rows of `columns` values.
    pub fn new(values: &'a [f32], columns: usize) -> Self {
        assert!(values.len().is_multiple_of(columns));
        Operand { values, rows: values.len() / columns, columns, row_stride: columns, column_stride: 1 }
    }

    /// A row-major matrix of so many rows, which may be empty.
    pub fn of_rows(values: &'a [f32], rows: usize) -> Self {
        assert!(values.len().is_multiple_of(rows));
        let columns = values.len() / rows;
        Operand { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The same values with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        let Operand { values, rows, columns, row_stride, column_stride } = self;
        Operand { values, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }

    /// Some of the columns.
    pub fn columns(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.columns);
        let skipped = (range.start * self.column_stride).min(self.values.len());
        Operand { values: &self.values[skipped..], columns: range.len(), ..self }
    }

    /// The values of a row-major matrix, of which each row's are the first of `stride`.
    pub fn strided_rows(&self) -> (&'a [f32], usize) {
        assert!(self.column_stride == 1);
        (self.values, self.row_stride)
    }

    /// The first row of a row-major matrix.
    pub fn first_row(&self) -> &'a [f32] {
        assert!(self.column_stride == 1);
        &self.values[..self.columns]
    }

    /// sums = the sum of each column of a row-major matrix.
    pub fn column_sums(&self, sums: &mut [f32]) {
        assert!(self.column_stride == 1 && sums.len() == self.columns);
        sums.fill(0.0);
        for row in 0..self.rows {
            let row = &self.values[row * self.row_stride..][..self.columns];
            sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
        }
    }
}

/// A matrix to write, with rows that may lie apart.
pub struct Output<'a> {
    start: *mut f32,
    rows: usize,
    columns: usize,
    row_stride: usize,
    lent: PhantomData<&'a mut [f32]>,
}

impl<'a> Output<'a> {
    /// A row-major matrix of rows of `columns` values.
    pub fn new(values: &'a mut [f32], columns: usize) -> Self {
        assert!(values.len().is_multiple_of(columns));
        let rows = values.len() / columns;
        Output { start: values.as_mut_ptr(), rows, columns, row_stride: columns, lent: PhantomData }
    }

    /// Some columns of a row-major matrix of rows of `width` values.
    pub fn columns(values: &'a mut [f32], width: usize, range: Range<usize>) -> Self {
        assert!(values.len().is_multiple_of(width) && range.start <= range.end && range.end <= width);
        let rows = values.len() / width;
        // SAFETY: the matrix is lent exclusively for 'a, and the columns lie within it
        unsafe { Self::block(values.as_mut_ptr(), rows, width, range) }
    }

    /// Some columns of a row-major matrix of `rows` rows of `width` values.
    ///
    /// # Safety
    /// The matrix must be lent for `'a`, the range end at most at `width`, and nobody else may use these columns.
    pub unsafe fn block(start: *mut f32, rows: usize, width: usize, range: Range<usize>) -> Self {
        // SAFETY: within the matrix, or one past its end where it is empty
        let start = if rows == 0 { start } else { unsafe { start.add(range.start) } };
        Output { start, rows, columns: range.len(), row_stride: width, lent: PhantomData }
    }
}

/// out = left right.
pub fn multiply(out: Output<'_>, left: Operand<'_>, right: Operand<'_>) {
    product(out, left, right, false);
}

/// out += left right.
pub fn add_product(out: Output<'_>, left: Operand<'_>, right: Operand<'_>) {
    product(out, left, right, true);
}

fn product(out: Output<'_>, left: Operand<'_>, right: Operand<'_>, add: bool) {
    assert!(out.rows == left.rows && out.columns == right.columns && left.columns == right.rows);
    if out.rows == 0 || out.columns == 0 {
        return;
    }
    // SAFETY: the shapes agree, and each operand was built over a slice (or an exclusive block) that holds its shape
    unsafe {
        gemm::gemm(
            out.rows,
            out.columns,
            left.columns,
            out.start,
            1,
            out.row_stride as isize,
            add,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            if add { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
