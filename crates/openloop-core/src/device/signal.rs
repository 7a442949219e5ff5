//! Where a layer's teaching signal comes from, a few neurons at a time.

use crate::matrix::Matrix;

/// A teaching signal at a layer's output.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal<'a> {
    /// Already there: one value a neuron.
    Given(&'a [f32]),
    /// Coefficients `[C]` times a fixed matrix `[C, columns]`, made as it is asked for.
    Projected { matrix: Matrix<'a>, columns: usize, coefficients: &'a [f32] },
}

impl Signal<'_> {
    /// The signal of the neurons from `first` on, as many as `out` has.
    #[inline(always)]
    pub(super) fn part(&self, first: usize, out: &mut [f32]) {
        match *self {
            Signal::Given(values) => {
                out.iter_mut().zip(values.get(first..).unwrap_or_default()).for_each(|(out, value)| *out = *value);
            }
            Signal::Projected { matrix, columns, coefficients } => {
                matrix.project(columns, first, coefficients, 1.0, out);
            }
        }
    }
}
