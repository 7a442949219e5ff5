//! The products of a dense layer and a batch that fits into the second cache, where both lie: nothing is packed, as a matrix
//! product library must, and a few neurons' gradient is all that is made at a time.
//!
//! For AVX-512, whose 32 registers hold 24 sums at once. Each sum is formed in one order, whatever tile it falls into, so the
//! bits do not depend on how the work is split.

use super::instructions::{Instructions, for_each_instruction_set, instructions};
use super::product::Output;
use super::vector::{LANES, Vectors, stretch, stretch_mut, totals};

/// Neurons in a tile.
pub const NEURONS: usize = 4;
/// Samples in a tile of answers, and vectors of inputs in one of gradients.
const ACROSS: usize = 6;
/// Bytes of inputs that stay in the second cache beside the weights that pass by.
const SECOND_CACHE: usize = 512 << 10;

/// Whether these loops are faster than a matrix product library's.
pub fn suit(x: &[f32], inputs: usize) -> bool {
    instructions() == Instructions::Avx512 && inputs >= LANES && size_of_val(x) <= SECOND_CACHE
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
    /// out `[batch, units]` = x W^T, for `rows: [units, inputs]` of W and `x: [batch, inputs]`.
    pub fn answers<vectors>(rows: &[f32], x: &[f32], inputs: usize, out: &mut Output<'_>) {
        let tiles = Tiles { vectors, inputs };
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
    /// gradient `[units, inputs]` = delta^T x, for `x: [batch, inputs]` and deltas `[batch, units]` whose rows start `stride`
    /// apart.
    pub fn gradients<vectors>(deltas: &[f32], stride: usize, x: &[f32], inputs: usize, gradient: &mut [f32]) {
        let tiles = Tiles { vectors, inputs };
        // a batch of no samples has no deltas
        let from = |unit: usize| deltas.get(unit..).unwrap_or_default();
        let grouped = gradient.len() - gradient.len() % (NEURONS * inputs);
        let (groups, rest) = gradient.split_at_mut(grouped);
        for (group, rows) in groups.chunks_exact_mut(NEURONS * inputs).enumerate() {
            tiles.gradients::<NEURONS>(from(group * NEURONS), stride, x, rows);
        }
        for (unit, row) in (grouped / inputs..).zip(rest.chunks_exact_mut(inputs)) {
            tiles.gradients::<1>(from(unit), stride, x, row);
        }
    }
}

/// Tiles of a layer with so many inputs.
#[derive(Clone, Copy)]
struct Tiles<V> {
    vectors: V,
    inputs: usize,
}

impl<V: Vectors> Tiles<V> {
    /// What N neurons from `first` on answer to all samples.
    #[inline(always)]
    fn answers<const N: usize>(self, rows: &[f32], x: &[f32], (first, out): (usize, &mut Output<'_>)) {
        for (tile, x) in x.chunks(ACROSS * self.inputs).enumerate() {
            for_tile!(x.len() / self.inputs, self.answer_tile::<N>(rows, x, (tile * ACROSS, first, &mut *out)));
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
        let Tiles { vectors, inputs } = self;
        assert!(rows.len() == N * inputs && x.len() == S * inputs);
        let mut sums = [[vectors.splat(0.0); S]; N];
        let whole = inputs / LANES * LANES;
        for first in (0..whole).step_by(LANES) {
            // SAFETY: there are N rows and S samples, and a whole stretch of each starts here
            let load = |values, row: usize| vectors.load(unsafe { stretch(values, row * inputs + first) });
            sums = self.add_products(sums, |unit| load(rows, unit), |sample| load(x, sample));
        }
        if whole < inputs {
            let load =
                |values: &[f32], row: usize| vectors.load_some(&values[row * inputs + whole..(row + 1) * inputs]);
            sums = self.add_products(sums, |unit| load(rows, unit), |sample| load(x, sample));
        }
        for (n, sums) in sums.into_iter().enumerate() {
            let mut lanes = [[0.0; LANES]; S];
            for (lanes, sum) in lanes.iter_mut().zip(sums) {
                vectors.store(sum, lanes);
            }
            for (s, total) in totals(&lanes).into_iter().enumerate() {
                out.set(sample + s, unit + n, total);
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
        let mut first = 0;
        while first < self.inputs {
            let whole = (self.inputs - first) / LANES;
            // inputs that fill no vector go with some before them, which come to the same again
            let start = if whole == 0 { self.inputs - LANES } else { first };
            let across = whole.clamp(1, ACROSS);
            for_tile!(across, self.gradient_tile::<N>(deltas, stride, (x, start), &mut *rows));
            first = start + across * LANES;
        }
    }

    /// M vectors of the gradients of N neurons, from input `first` on.
    #[inline(always)]
    fn gradient_tile<const N: usize, const M: usize>(
        self,
        deltas: &[f32],
        stride: usize,
        (x, first): (&[f32], usize),
        rows: &mut [f32],
    ) {
        let Tiles { vectors, inputs } = self;
        assert!(rows.len() == N * inputs && first + M * LANES <= inputs);
        let mut sums = [[vectors.splat(0.0); M]; N];
        for (x, deltas) in x.chunks_exact(inputs).zip(deltas.chunks(stride)) {
            let deltas: &[f32; N] = deltas.first_chunk().expect("a delta for each neuron");
            // SAFETY: the tile ends within the row
            let load = |m: usize| vectors.load(unsafe { stretch(x, first + m * LANES) });
            sums = self.add_products(sums, |n| vectors.splat(deltas[n]), load);
        }
        for (n, sums) in sums.into_iter().enumerate() {
            for (m, sum) in sums.into_iter().enumerate() {
                // SAFETY: there are N rows, and the tile ends within each
                vectors.store(sum, unsafe { stretch_mut(rows, n * inputs + first + m * LANES) });
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

    #[test]
    fn products_of_any_shape_are_those_of_the_definition() {
        for (batch, units, inputs) in
            [(1, 1, 16), (2, 4, 17), (7, 5, 40), (13, 11, 31), (6, 8, 96), (60, 9, 100), (5, 3, 205), (0, 9, 33)]
        {
            let (rows, x) = (values(units * inputs, 1), values(batch * inputs, 2));
            let mut a = vec![0.0; batch * units];
            answers(&rows, &x, inputs, &mut Output::new(&mut a, units));
            let stride = units + 3;
            let (deltas, mut gradient) = (values(batch * stride, 3), vec![f32::NAN; units * inputs]);
            gradients(&deltas, stride, &x, inputs, &mut gradient);
            for unit in 0..units {
                for sample in 0..batch {
                    let sum: f32 = (0..inputs).map(|i| rows[unit * inputs + i] * x[sample * inputs + i]).sum();
                    assert_eq!(a[sample * units + unit], sum, "{batch} samples, {units} units, {inputs} inputs");
                }
                for input in 0..inputs {
                    let sum: f32 = (0..batch).map(|s| deltas[s * stride + unit] * x[s * inputs + input]).sum();
                    assert_eq!(gradient[unit * inputs + input], sum, "{batch} samples, {units} units, {inputs} inputs");
                }
            }
        }
    }
}
