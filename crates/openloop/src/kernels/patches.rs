//! The values under a filter at each of its places, as the columns of a matrix ("im2col"), and back again.

use openloop_core::layer::Conv;
use std::ops::Range;

/// Values of columns that a thread works on at a time: about a quarter of a megabyte, to stay in its cache.
const VALUES: usize = 65_536;

/// Output rows whose columns are made at a time.
pub fn places_at_once(layer: &Conv) -> usize {
    let out = layer.output();
    (VALUES / (layer.patch() * out.width).max(1)).clamp(1, out.height)
}

/// The geometry of a layer's patches.
pub struct Patches<'l> {
    layer: &'l Conv,
}

/// The input values that meet a filter value along an output row.
struct Run {
    /// The index of the first of them.
    from: usize,
    /// Places at the left edge that meet none.
    skipped: usize,
    /// How many do.
    count: usize,
}

impl<'l> Patches<'l> {
    pub fn new(layer: &'l Conv) -> Self {
        Patches { layer }
    }

    /// columns `[patch, places]` = the values of `x: [input]` under the filter, for the output rows `rows`; 0 outside.
    pub fn gather(&self, x: &[f32], rows: Range<usize>, columns: &mut [f32]) {
        let stride = self.layer.strides()[1];
        self.for_runs(rows, |run, into| {
            let into = &mut columns[into];
            match run {
                None => into.fill(0.0),
                Some(Run { from, skipped, count }) => {
                    into[..skipped].fill(0.0);
                    into[skipped + count..].fill(0.0);
                    let into = &mut into[skipped..skipped + count];
                    if stride == 1 {
                        into.copy_from_slice(&x[from..from + count]);
                    } else {
                        into.iter_mut().zip(x[from..].iter().step_by(stride)).for_each(|(into, x)| *into = *x);
                    }
                }
            }
        });
    }

    /// x += what stands in the columns, each value where `gather` took it from.
    pub fn scatter(&self, columns: &[f32], rows: Range<usize>, x: &mut [f32]) {
        let stride = self.layer.strides()[1];
        self.for_runs(rows, |run, from| {
            let Some(Run { from: first, skipped, count }) = run else { return };
            let from = &columns[from][skipped..skipped + count];
            x[first..].iter_mut().step_by(stride).zip(from).for_each(|(x, from)| *x += from);
        });
    }

    /// Calls `run` for each filter value and output row: which input values meet it, if any, and where in the columns they belong.
    fn for_runs(&self, rows: Range<usize>, mut run: impl FnMut(Option<Run>, Range<usize>)) {
        let (input, [kernel_rows, kernel_columns]) = (self.layer.input, self.layer.kernels());
        let ([down, right], [above, left]) = (self.layer.strides(), self.layer.paddings());
        let width = self.layer.output().width;
        let places = rows.len() * width;
        for value in 0..self.layer.patch() {
            let channel = value / (kernel_rows * kernel_columns);
            let (y, x) = (value / kernel_columns % kernel_rows, value % kernel_columns);
            // places whose input column is at least 0, and those before it reaches the right edge
            let skipped = left.saturating_sub(x).div_ceil(right).min(width);
            let end = (input.width + left).saturating_sub(x).div_ceil(right).min(width).max(skipped);
            for (i, row) in rows.clone().enumerate() {
                let into = value * places + i * width..value * places + (i + 1) * width;
                let in_y = (row * down + y).checked_sub(above).filter(|in_y| *in_y < input.height);
                run(
                    in_y.filter(|_| end > skipped).map(|in_y| {
                        let in_x = skipped * right + x - left;
                        let from = (channel * input.height + in_y) * input.width + in_x;
                        Run { from, skipped, count: end - skipped }
                    }),
                    into,
                );
            }
        }
    }
}
