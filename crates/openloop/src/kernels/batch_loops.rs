//! The products of a dense layer and a batch that lie, stretch by stretch of the inputs, in the second cache: nothing is
//! packed, as a matrix product library must, and a few neurons' gradient is all that is made at a time.
//!
//! For AVX-512, whose 32 registers hold 24 sums at once. Each sum is formed in one order, whatever tile it falls into, so the
//! bits do not depend on how the work is split.

use super::instructions::{Instructions, for_each_instruction_set, instructions};
use super::product::Output;
use super::vector::{LANES, Vectors, stretch, stretch_mut, totals};
use std::ops::Range;

/// Neurons in a tile.
pub const NEURONS: usize = 4;
/// Samples in a tile of answers, and vectors of inputs in one of gradients.
const ACROSS: usize = 6;
/// Bytes of inputs that stay in the second cache beside the weights that pass by.
const SECOND_CACHE: usize = 512 << 10;

/// Whether these loops are faster than a matrix product library's.
pub fn suit(x: &[f32], inputs: usize) -> bool {
    instructions() == Instructions::Avx512 && inputs >= LANES && most_inputs(x, inputs) >= ACROSS * LANES
}

/// Inputs of which a whole batch's stay in the second cache.
fn most_inputs(x: &[f32], inputs: usize) -> usize {
    let batch = (x.len() / inputs).max(1);
    SECOND_CACHE / size_of::<f32>() / batch / LANES * LANES
}

/// The inputs in stretches whose values for the whole batch stay in the second cache.
pub fn stretches(x: &[f32], inputs: usize) -> impl Iterator<Item = Range<usize>> {
    let most = most_inputs(x, inputs).max(LANES);
    let even = inputs.div_ceil(inputs.div_ceil(most)).next_multiple_of(LANES);
    // what would fill no vector goes with the stretch before it
    (0..inputs).step_by(even).filter(move |first| *first == 0 || inputs - first >= LANES).map(move |first| {
        let end = first + even;
        first..if inputs < end + LANES { inputs } else { end }
    })
}

/// Calls a method for `N` neurons and a tile that is so much across.
macro_rules! for_tile {
    ($across:expr, $tiles:ident.$method:ident::<N>($($argument:expr),*)) => {
        match $across {
            1 => $tiles.$method::<N, 1>($($argument),*),
            2 => $tiles.$method::<N, 2>($($argument),*),
            3 => $tiles.$method::<N, 3>($($argument),*),
            4 => $tiles.$method::<N, 4>($($argument),*),
            5 => $tiles.$method::<N, 5>($($argument),*),
            _ => $tiles.$method::<N, ACROSS>($($argument),*),
        }
    };
}

for_each_instruction_set! {
    /// out `[batch, units]` = x W^T over the inputs `columns`, for `rows: [units, inputs]` of W and `x: [batch, inputs]`; added to
    /// what is there, but for the first inputs.
    pub fn answers<vectors>(rows: &[f32], x: &[f32], inputs: usize, columns: Range<usize>, out: &mut Output<'_>) {
        let tiles = Tiles { vectors, inputs, first: columns.start, width: columns.len() };
        let (groups, rest) = rows.split_at(rows.len() - rows.len() % (NEURONS * inputs));
        for (group, rows) in groups.chunks_exact(NEURONS * inputs).enumerate() {
            tiles.answers::<NEURONS>(rows, x, (group * NEURONS, out));
        }
        for (unit, row) in (groups.len() / inputs..).zip(rest.chunks_exact(inputs)) {
            tiles.answers::<1>(row, x, (unit, out));
        }
    }
}

for_each_instruction_set! {
    /// gradient `[units, columns]` = delta^T x over the inputs `columns`, for `x: [batch, inputs]` and deltas `[batch, units]` whose
    /// rows start `stride` apart.
    pub fn gradients<vectors>(
        deltas: (&[f32], usize), x: &[f32], inputs: usize, columns: Range<usize>, gradient: &mut [f32],
    ) {
        let ((deltas, stride), width) = (deltas, columns.len());
        let tiles = Tiles { vectors, inputs, first: columns.start, width };
        // a batch of no samples has no deltas
        let from = |unit: usize| deltas.get(unit..).unwrap_or_default();
        let grouped = gradient.len() - gradient.len() % (NEURONS * width);
        let (groups, rest) = gradient.split_at_mut(grouped);
        for (group, rows) in groups.chunks_exact_mut(NEURONS * width).enumerate() {
            tiles.gradients::<NEURONS>(from(group * NEURONS), stride, x, rows);
        }
        for (unit, row) in (grouped / width..).zip(rest.chunks_exact_mut(width)) {
            tiles.gradients::<1>(from(unit), stride, x, row);
        }
    }
}

/// Tiles of a layer with so many inputs, over `width` of them from `first` on.
#[derive(Clone, Copy)]
struct Tiles<V> {
    vectors: V,
    inputs: usize,
    first: usize,
    width: usize,
}

impl<V: Vectors> Tiles<V> {
    /// What N neurons from `unit` on answer to all samples.
    #[inline(always)]
    fn answers<const N: usize>(self, rows: &[f32], x: &[f32], (unit, out): (usize, &mut Output<'_>)) {
        for (tile, x) in x.chunks(ACROSS * self.inputs).enumerate() {
            for_tile!(x.len() / self.inputs, self.answer_tile::<N>(rows, x, (tile * ACROSS, unit, &mut *out)));
        }
    }

    /// What N neurons answer to S samples.
    #[inline(always)]
    fn answer_tile<const N: usize, const S: usize>(
        self,
        rows: &[f32],
        x: &[f32],
        (sample, unit, out): (usize, usize, &mut Output<'_>),
    ) {
        let Tiles { vectors, inputs, first, width } = self;
        let end = first + width;
        assert!(rows.len() == N * inputs && x.len() == S * inputs && end <= inputs);
        let mut sums = [[vectors.splat(0.0); S]; N];
        let whole = first + width / LANES * LANES;
        for input in (first..whole).step_by(LANES) {
            // SAFETY: there are N rows and S samples, and a whole stretch of each starts here
            let load = |values, row: usize| vectors.load(unsafe { stretch(values, row * inputs + input) });
            sums = self.add_products(sums, |unit| load(rows, unit), |sample| load(x, sample));
        }
        if whole < end {
            let load =
                |values: &[f32], row: usize| vectors.load_some(&values[row * inputs + whole..row * inputs + end]);
            sums = self.add_products(sums, |unit| load(rows, unit), |sample| load(x, sample));
        }
        for (n, sums) in sums.into_iter().enumerate() {
            let mut lanes = [[0.0; LANES]; S];
            for (lanes, sum) in lanes.iter_mut().zip(sums) {
                vectors.store(sum, lanes);
            }
            for (s, total) in totals(&lanes).into_iter().enumerate() {
                let before = if first == 0 { 0.0 } else { out.get(sample + s, unit + n) };
                out.set(sample + s, unit + n, before + total);
            }
        }
    }

    /// sums + down across, for N vectors down and M across.
    #[inline(always)]
    fn add_products<const N: usize, const M: usize>(
        self,
        mut sums: [[V::Vector; M]; N],
        down: impl Fn(usize) -> V::Vector,
        across: impl Fn(usize) -> V::Vector,
    ) -> [[V::Vector; M]; N] {
        let mut vectors_across = [self.vectors.splat(0.0); M];
        for (m, vector) in vectors_across.iter_mut().enumerate() {
            *vector = across(m);
        }
        for (n, sums) in sums.iter_mut().enumerate() {
            let vector = down(n);
            for (sum, across) in sums.iter_mut().zip(vectors_across) {
                *sum = self.vectors.multiply_add(vector, across, *sum);
            }
        }
        sums
    }

    /// The gradient `rows` of N neurons, whose deltas are the first of each row of `deltas`.
    #[inline(always)]
    fn gradients<const N: usize>(self, deltas: &[f32], stride: usize, x: &[f32], rows: &mut [f32]) {
        let mut column = 0;
        while column < self.width {
            let whole = (self.width - column) / LANES;
            // inputs that fill no vector go with some before them, which come to the same again
            let start = if whole == 0 { self.width - LANES } else { column };
            let across = whole.clamp(1, ACROSS);
            for_tile!(across, self.gradient_tile::<N>(deltas, stride, (x, start), &mut *rows));
            column = start + across * LANES;
        }
    }

    /// M vectors of the gradients of N neurons, from `column` of them on.
    #[inline(always)]
    fn gradient_tile<const N: usize, const M: usize>(
        self,
        deltas: &[f32],
        stride: usize,
        (x, column): (&[f32], usize),
        rows: &mut [f32],
    ) {
        let Tiles { vectors, inputs, first, width } = self;
        assert!(rows.len() == N * width && column + M * LANES <= width && first + width <= inputs);
        let mut sums = [[vectors.splat(0.0); M]; N];
        for (x, deltas) in x.chunks_exact(inputs).zip(deltas.chunks(stride)) {
            let deltas: &[f32; N] = deltas.first_chunk().expect("a delta for each neuron");
            // SAFETY: the tile ends within the row
            let load = |m: usize| vectors.load(unsafe { stretch(x, first + column + m * LANES) });
            sums = self.add_products(sums, |n| vectors.splat(deltas[n]), load);
        }
        for (n, sums) in sums.into_iter().enumerate() {
            for (m, sum) in sums.into_iter().enumerate() {
                // SAFETY: there are N rows, and the tile ends within each
                vectors.store(sum, unsafe { stretch_mut(rows, n * width + column + m * LANES) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values without a pattern that are sums of few powers of two, so that no order of a sum rounds.
    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 37 + seed * 11 + i / 7) % 9) as f32 - 4.0).collect()
    }

    /// Calls `work` for the inputs as a whole and in two pieces, the first of which is whole vectors.
    fn for_pieces(inputs: usize, mut work: impl FnMut(&[Range<usize>])) {
        for cut in [0, inputs / 2 / LANES * LANES] {
            let pieces = [0..cut, cut..inputs].into_iter().filter(|piece| !piece.is_empty());
            work(&pieces.collect::<Vec<_>>());
        }
    }

    #[test]
    fn products_of_any_shape_are_those_of_the_definition() {
        for (batch, units, inputs) in
            [(1, 1, 16), (2, 4, 17), (7, 5, 40), (13, 11, 31), (6, 8, 96), (60, 9, 100), (5, 3, 205), (0, 9, 33)]
        {
            let (rows, x) = (values(units * inputs, 1), values(batch * inputs, 2));
            let stride = units + 3;
            let deltas = values(batch * stride, 3);
            for_pieces(inputs, |pieces| {
                let mut a = vec![f32::NAN; batch * units];
                for columns in pieces {
                    answers(&rows, &x, inputs, columns.clone(), &mut Output::new(&mut a, units));
                    let mut gradient = vec![f32::NAN; units * columns.len()];
                    gradients((&deltas, stride), &x, inputs, columns.clone(), &mut gradient);
                    for (i, found) in gradient.into_iter().enumerate() {
                        let (unit, input) = (i / columns.len(), columns.start + i % columns.len());
                        let sum: f32 = (0..batch).map(|s| deltas[s * stride + unit] * x[s * inputs + input]).sum();
                        assert_eq!(found, sum, "{batch} samples, {units} units, {inputs} inputs");
                    }
                }
                for (i, found) in a.into_iter().enumerate() {
                    let (sample, unit) = (i / units, i % units);
                    let sum: f32 = (0..inputs).map(|i| rows[unit * inputs + i] * x[sample * inputs + i]).sum();
                    assert_eq!(found, sum, "{batch} samples, {units} units, {inputs} inputs");
                }
            });
        }
    }

    #[test]
    fn stretches_cover_all_inputs_and_each_fills_a_vector() {
        for (batch, inputs) in [(1, 16), (100, 784), (100, 6272), (1000, 784), (100, 1317), (1300, 1000), (700, 193)] {
            let x = vec![0.0; batch * inputs];
            let mut next = 0;
            for columns in stretches(&x, inputs) {
                assert!(columns.start == next && columns.len() >= LANES, "{columns:?} of {inputs}");
                assert!(batch * (columns.len() - LANES) * size_of::<f32>() <= SECOND_CACHE, "{columns:?} of {inputs}");
                next = columns.end;
            }
            assert_eq!(next, inputs, "{batch} samples");
        }
    }
}
