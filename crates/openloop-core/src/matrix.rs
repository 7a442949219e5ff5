//! A matrix that carries a teaching signal: stored, drawn again from its seed each time it is read, or made of square waves.

use crate::math;
use crate::random::{Stream, symmetric};
use core::num::NonZeroUsize;
use core::ops::Range;

/// Sums that are formed side by side.
const LANES: usize = 16;

/// A matrix read row by row.
#[derive(Clone, Copy, Debug)]
pub enum Matrix<'a> {
    /// Row-major values.
    Stored(&'a [f32]),
    /// Values uniform in `(-bound, bound)`, a function of the stream and the index: costs no memory.
    Seeded {
        /// Where the values come from.
        stream: Stream,
        /// Their largest size.
        bound: f32,
    },
    /// 1 and -1 by one square wave a row; see [`SquareWaves`]: costs no memory and no random numbers.
    Waves(SquareWaves),
}

impl Matrix<'_> {
    /// out = factor C M, row by row, for the columns `range`; a zero coefficient costs nothing, so a one-hot C fetches a row.
    ///
    /// `coefficients: [batch, rows]`, the matrix `[rows, columns]`, `out: [batch, range]`.
    #[inline(always)]
    pub fn product(
        &self,
        rows: usize,
        columns: usize,
        range: Range<usize>,
        coefficients: &[f32],
        factor: f32,
        out: &mut [f32],
    ) {
        for (c, out) in coefficients.chunks_exact(rows).zip(out.chunks_exact_mut(range.len())) {
            self.project(columns, range.start, c, factor, out);
        }
    }

    /// out = factor c M for one sample, and the columns from `first` on; see [`Matrix::product`].
    #[inline(always)]
    pub fn project(&self, columns: usize, first: usize, coefficients: &[f32], factor: f32, out: &mut [f32]) {
        out.fill(0.0);
        for (row, &c) in coefficients.iter().enumerate() {
            if c != 0.0 {
                self.add_part(row * columns + first, c * factor, out);
            }
        }
    }

    /// out = row `row`, whose length is that of `out`.
    pub fn copy_row(&self, row: usize, out: &mut [f32]) {
        out.fill(0.0);
        self.add_part(row * out.len(), 1.0, out);
    }

    /// out = M a, one number a row: a layer's readout. `a: [batch, columns]`, `out: [batch, rows]`.
    pub fn read_out(&self, rows: usize, columns: usize, a: &[f32], out: &mut [f32]) {
        for (a, out) in a.chunks_exact(columns).zip(out.chunks_exact_mut(rows)) {
            self.answer(a, out);
        }
    }

    /// out = M a for one sample; see [`Matrix::read_out`].
    #[inline(never)]
    pub fn answer(&self, a: &[f32], out: &mut [f32]) {
        out.iter_mut().enumerate().for_each(|(row, out)| *out = self.add_dot(row * a.len(), a, 0.0));
    }

    /// How far `a` points against row `row`: -(sum M_row a) / (sum |M_row|), between -1 and 1 where |a| is at most 1; 0 for
    /// a row of zeros.
    ///
    /// Sums are formed in sixteen lanes, so that a compiler can keep them in one vector without changing a bit.
    #[inline(always)]
    pub fn agreement(&self, row: usize, a: &[f32]) -> f32 {
        let (mut dots, mut sizes) = ([0.0; LANES], [0.0; LANES]);
        let mut add = |lane: usize, m: f32, a: f32| {
            if let (Some(dot), Some(size)) = (dots.get_mut(lane), sizes.get_mut(lane)) {
                *dot += m * a;
                *size += if m < 0.0 { -m } else { m };
            }
        };
        match *self {
            Matrix::Stored(values) => {
                let (row, row_end) = part(values, row * a.len(), a.len()).as_chunks::<LANES>();
                let (a, a_end) = a.as_chunks::<LANES>();
                for (row, a) in row.iter().zip(a) {
                    row.iter().zip(a).enumerate().for_each(|(lane, (m, a))| add(lane, *m, *a));
                }
                row_end.iter().zip(a_end).enumerate().for_each(|(lane, (m, a))| add(lane, *m, *a));
            }
            Matrix::Seeded { stream, bound } => {
                for (i, (a, word)) in a.iter().zip(stream.words((row * a.len()) as u64)).enumerate() {
                    add(i % LANES, symmetric(word, bound), *a);
                }
            }
            Matrix::Waves(waves) => {
                for (i, (a, sign)) in a.iter().zip(waves.signs(row * a.len())).enumerate() {
                    add(i % LANES, with_sign(sign, 1.0), *a);
                }
            }
        }
        let (dot, size) = (dots.iter().sum::<f32>(), sizes.iter().sum::<f32>());
        if size > 0.0 { -dot / size } else { 0.0 }
    }

    /// out += factor times the values from index `first` on.
    #[inline(always)]
    pub(crate) fn add_part(&self, first: usize, factor: f32, out: &mut [f32]) {
        match *self {
            Matrix::Stored(values) => {
                let part = part(values, first, out.len());
                out.iter_mut().zip(part).for_each(|(out, m)| *out += factor * m);
            }
            Matrix::Seeded { stream, bound } => {
                stream.change(first as u64, out, |out, word| *out += factor * symmetric(word, bound));
            }
            Matrix::Waves(waves) => {
                out.iter_mut().zip(waves.signs(first)).for_each(|(out, sign)| *out += with_sign(sign, factor));
            }
        }
    }

    /// `sum` and the products of `a` with the values from index `first` on, added up one after the other.
    #[inline(always)]
    pub(crate) fn add_dot(&self, first: usize, a: &[f32], sum: f32) -> f32 {
        match *self {
            Matrix::Stored(values) => part(values, first, a.len()).iter().zip(a).fold(sum, |sum, (m, a)| sum + m * a),
            Matrix::Seeded { stream, bound } => {
                let words = stream.words(first as u64);
                a.iter().zip(words).fold(sum, |sum, (a, word)| sum + symmetric(word, bound) * a)
            }
            Matrix::Waves(waves) => {
                a.iter().zip(waves.signs(first)).fold(sum, |sum, (a, sign)| sum + with_sign(sign, *a))
            }
        }
    }
}

/// Divides each sample's `readout: [batch, rows]` by the Euclidean length of what was read, `a: [batch, columns]`; that of a length of 0
/// becomes 0.
pub fn divide_by_length(columns: usize, a: &[f32], rows: usize, readout: &mut [f32]) {
    for (a, readout) in a.chunks_exact(columns).zip(readout.chunks_exact_mut(rows)) {
        let factor = inverse_length(a);
        readout.iter_mut().for_each(|value| *value *= factor);
    }
}

/// The gradient of a loss at the outputs o = a M^T / |a| becomes the gradient at `a`: c M + own a, with c = e / |a| in the place of
/// e, and own = -factor (e o^T) / |a|^2 in the first `[batch]` places of `readout`. The matrix's part gets its factor as it is projected.
///
/// `a: [batch, columns]`, e is `coefficients: [batch, rows]`, o is `readout: [batch, rows]`.
pub fn unit_signal(columns: usize, a: &[f32], rows: usize, coefficients: &mut [f32], readout: &mut [f32], factor: f32) {
    let samples = a.chunks_exact(columns).zip(coefficients.chunks_exact_mut(rows));
    for (sample, (a, e)) in samples.enumerate() {
        let inverse = inverse_length(a);
        let o = part(readout, sample * rows, rows);
        let dot = e.iter().zip(o).fold(0.0, |sum, (e, o)| sum + e * o);
        e.iter_mut().for_each(|e| *e *= inverse);
        // the samples before this one are done, so its place is free
        if let Some(own) = readout.get_mut(sample) {
            *own = -factor * dot * inverse * inverse;
        }
    }
}

/// 1 / |a|, and 0 where `a` is 0; the sums are formed in sixteen lanes.
fn inverse_length(a: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (lanes, rest) = a.as_chunks::<LANES>();
    for a in lanes.iter().map(<[f32; LANES]>::as_slice).chain([rest]) {
        sums.iter_mut().zip(a).for_each(|(sum, a)| *sum += a * a);
    }
    let length = math::sqrt(sums.iter().sum());
    if length > 0.0 { 1.0 / length } else { 0.0 }
}

/// One square wave a row: row c of C has sign(sin(w_c j)) in column j, with w_c from 50 to 512 in equal steps; 1 where the sine is 0.
///
/// A phase is a fraction of a period in 32 bits, so a column is one addition and a sign, and every machine has the same values.
///
/// Source: Apolinario, Roy and Frenkel, "LLS: local learning rule for deep neural networks inspired by neural activity
/// synchronization", WACV 2025.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SquareWaves {
    /// From one column to the next in the first row, in periods of 2^32.
    first: u32,
    /// How much more that is from row to row.
    more: u32,
    columns: NonZeroUsize,
}

impl SquareWaves {
    /// `rows` waves of `columns` values.
    pub fn new(rows: usize, columns: usize) -> Self {
        const PERIOD: f64 = 4_294_967_296.0;
        let step = |w: f64| {
            let periods = w / core::f64::consts::TAU;
            ((periods - libm::floor(periods)) * PERIOD) as u32
        };
        let columns = NonZeroUsize::new(columns).unwrap_or(NonZeroUsize::MIN);
        SquareWaves { first: step(50.0), more: step(462.0 / rows.saturating_sub(1).max(1) as f64), columns }
    }

    /// The signs of the values from index `first` on, to the end of its row, as the highest bit.
    fn signs(self, first: usize) -> impl Iterator<Item = u32> {
        let (mut phase, step) = self.phase(first);
        core::iter::repeat_with(move || {
            let sign = phase & 0x8000_0000;
            phase = phase.wrapping_add(step);
            sign
        })
    }

    /// The phase at index `first`, and the step to the next column.
    #[cfg_attr(target_os = "none", inline(never))]
    fn phase(self, first: usize) -> (u32, u32) {
        let step = self.first.wrapping_add(self.more.wrapping_mul((first / self.columns) as u32));
        (step.wrapping_mul((first % self.columns) as u32), step)
    }
}

/// `value` times 1 or -1, whose sign is the highest bit of `sign`.
#[inline(always)]
fn with_sign(sign: u32, value: f32) -> f32 {
    f32::from_bits(value.to_bits() ^ sign)
}

/// `count` values from `first` on. Whoever lends a matrix has its length checked before; a shorter one ends early, without
/// a panic.
#[inline(always)]
fn part(values: &[f32], first: usize, count: usize) -> &[f32] {
    let rest = values.get(first..).unwrap_or_default();
    rest.get(..count).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn a_seeded_matrix_acts_bit_for_bit_as_the_stored_one() {
        let (rows, columns, bound) = (3, 7, 0.4);
        let stream = Stream::new(5, Purpose::Feedback, 1);
        let mut values = [0.0; 21];
        stream.fill_uniform(0, bound, &mut values);
        let (stored, seeded) = (Matrix::Stored(&values), Matrix::Seeded { stream, bound });
        let coefficients = [0.0, 1.0, 0.0, 0.3, -0.2, 0.9];
        let (mut a, mut b) = ([0.0; 8], [0.0; 8]);
        stored.product(rows, columns, 2..6, &coefficients, 0.5, &mut a);
        seeded.product(rows, columns, 2..6, &coefficients, 0.5, &mut b);
        assert_eq!(a, b);
        let (mut c, mut d) = ([0.0; 3], [0.0; 3]);
        stored.read_out(rows, columns, &a[..7], &mut c);
        seeded.read_out(rows, columns, &a[..7], &mut d);
        assert_eq!(c, d);
    }

    #[test]
    fn square_waves_are_the_signs_of_sines_and_act_as_the_stored_matrix() {
        let (rows, columns) = (10, 64);
        let waves = Matrix::Waves(SquareWaves::new(rows, columns));
        let mut values = [0.0; 640];
        for (row, values) in values.chunks_exact_mut(columns).enumerate() {
            waves.copy_row(row, values);
            let w = 50.0 + 462.0 * row as f64 / 9.0;
            let sines = (0..columns).map(|j| libm::sin(w * j as f64));
            for (sine, value) in sines.zip(&*values).filter(|(sine, _)| sine.abs() > 1e-4) {
                assert_eq!(f64::from(*value), 1f64.copysign(sine), "row {row}");
            }
            assert_eq!(values[0], 1.0, "sin(0) is 0");
        }
        let stored = Matrix::Stored(&values);
        let coefficients: [f32; 10] = core::array::from_fn(|c| 0.3 - c as f32 / 7.0);
        let (mut a, mut b) = ([0.0; 11], [0.0; 11]);
        stored.product(rows, columns, 50..61, &coefficients, 0.5, &mut a);
        waves.product(rows, columns, 50..61, &coefficients, 0.5, &mut b);
        assert_eq!(a, b);
        let (mut c, mut d) = ([0.0; 10], [0.0; 10]);
        stored.read_out(rows, columns, &values[7..71], &mut c);
        waves.read_out(rows, columns, &values[7..71], &mut d);
        assert_eq!(c, d);
        assert_eq!(stored.agreement(3, &values[..64]), waves.agreement(3, &values[..64]));
    }

    #[test]
    fn agreement_is_one_where_every_value_points_against_the_row() {
        let stream = Stream::new(5, Purpose::Feedback, 1);
        let (mut values, mut against) = ([0.0; 2 * 37], [0.0; 37]);
        stream.fill_uniform(0, 0.4, &mut values);
        let (stored, seeded) = (Matrix::Stored(&values), Matrix::Seeded { stream, bound: 0.4 });
        against.iter_mut().zip(&values[37..]).for_each(|(a, m)| *a = -1f32.copysign(*m));
        assert!((stored.agreement(1, &against) - 1.0).abs() < 1e-6);
        assert!((stored.agreement(1, &against.map(|a| -0.5 * a)) + 0.5).abs() < 1e-6);
        assert_eq!(stored.agreement(0, &against).to_bits(), seeded.agreement(0, &against).to_bits());
        assert_eq!(Matrix::Stored(&[0.0; 3]).agreement(0, &[1.0; 3]), 0.0);
    }

    #[test]
    fn a_one_hot_coefficient_fetches_a_row() {
        let values = [1.0, 2.0, 3.0, 4.0];
        let mut out = [9.0; 2];
        Matrix::Stored(&values).product(2, 2, 0..2, &[0.0, 1.0], 1.0, &mut out);
        assert_eq!(out, [3.0, 4.0]);
    }
}
