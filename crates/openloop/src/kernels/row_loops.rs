//! The loops of a layer that sees one sample, its weights in rows: [`LANES`] inputs at a time, [`TOGETHER`] neurons at once.
//!
//! A row's product is a sum of [`LANES`] lanes, stretch after stretch, then the lanes by halves, then the inputs that fill no
//! stretch: the same order alone, in a group and for every instruction set, so the bits are the same too.

use super::instructions::for_each_instruction_set;
use super::single::Sample;
use super::vector::{LANES, Vectors, stretch, stretch_mut};
use openloop_core::activation::Activation;

/// Neurons that are worked on at once: an input is loaded once for all of them, and none waits for its own last sum.
const TOGETHER: usize = 4;

/// The number of a whole stretch, which lies within the sample that is walked over: only [`Stretches`] makes one.
#[derive(Clone, Copy)]
struct Number(usize);

/// The whole stretches of a sample that are to be walked over, all of which lie within it.
trait Stretches: Copy {
    fn numbers(self) -> impl Iterator<Item = Number>;
}

/// The first so many.
#[derive(Clone, Copy)]
struct All(usize);

impl Stretches for All {
    #[inline(always)]
    fn numbers(self) -> impl Iterator<Item = Number> {
        (0..self.0).map(Number)
    }
}

impl Stretches for &[u32] {
    #[inline(always)]
    fn numbers(self) -> impl Iterator<Item = Number> {
        self.iter().map(|number| Number(*number as usize))
    }
}

/// Calls a function with the sample and its stretches, be they all or some.
macro_rules! with_stretches {
    ($function:ident, $vectors:expr, $sample:expr, $($argument:expr),*) => {
        match $sample.listed() {
            None => $function(Walk { vectors: $vectors, sample: $sample, stretches: All($sample.values().len() / LANES) }, $($argument),*),
            Some(listed) => $function(Walk { vectors: $vectors, sample: $sample, stretches: listed }, $($argument),*),
        }
    };
}

for_each_instruction_set! {
    /// z = W x for some neurons, whose weights are `rows: [units, inputs]`.
    pub fn rows_times_sample<vectors>(rows: &[f32], sample: Sample<'_>, z: &mut [f32]) {
        with_stretches!(multiply, vectors, sample, rows, z);
    }
}

for_each_instruction_set! {
    /// One plain step W -= rate delta x on the weights `rows: [units, inputs]` of some neurons.
    pub fn step_rows<vectors>(rate: f32, rows: &mut [f32], deltas: &[f32], sample: Sample<'_>) {
        with_stretches!(step, vectors, sample, rate, rows, deltas);
    }
}

for_each_instruction_set! {
    /// a = act(W x + b) for some neurons, whose `signal` becomes the gradient at their sums, by which their weights then make a
    /// plain step. While a group's weights make their step, those of the next are multiplied: both ways between the caches
    /// are busy.
    pub fn forward_and_step_rows<vectors>(
        rate: f32, activation: Activation, sample: Sample<'_>, rows: &mut [f32], bias: &[f32], signal: &mut [f32],
        a: &mut [f32],
    ) {
        with_stretches!(forward_and_step, vectors, sample, rate, rows, Outputs { activation, bias, signal, a });
    }
}

#[inline(always)]
fn multiply<V: Vectors>(walk: Walk<'_, V, impl Stretches>, rows: &[f32], z: &mut [f32]) {
    let inputs = walk.sample.values().len();
    assert!(rows.len() == z.len() * inputs);
    let (groups, last) = z.as_chunks_mut::<TOGETHER>();
    let (grouped, single) = rows.split_at(groups.len() * TOGETHER * inputs);
    for (z, rows) in groups.iter_mut().zip(grouped.chunks_exact(TOGETHER * inputs)) {
        *z = walk.products(rows);
    }
    for (z, row) in last.iter_mut().zip(single.chunks_exact(inputs)) {
        [*z] = walk.products(row);
    }
}

#[inline(always)]
fn step<V: Vectors>(walk: Walk<'_, V, impl Stretches>, rate: f32, rows: &mut [f32], deltas: &[f32]) {
    let inputs = walk.sample.values().len();
    assert!(rows.len() == deltas.len() * inputs);
    let (groups, last) = deltas.as_chunks::<TOGETHER>();
    let (grouped, single) = rows.split_at_mut(groups.len() * TOGETHER * inputs);
    for (deltas, rows) in groups.iter().zip(grouped.chunks_exact_mut(TOGETHER * inputs)) {
        walk.step(rate, rows, deltas);
    }
    for (delta, row) in last.iter().zip(single.chunks_exact_mut(inputs)) {
        walk.step(rate, row, &[*delta]);
    }
}

#[inline(always)]
fn forward_and_step<V: Vectors>(
    walk: Walk<'_, V, impl Stretches>,
    rate: f32,
    rows: &mut [f32],
    mut outputs: Outputs<'_>,
) {
    let size = TOGETHER * walk.sample.values().len();
    let groups = rows.len() / size;
    let (grouped, single) = rows.split_at_mut(groups * size);
    let (mut now, mut ahead) = grouped.split_at_mut(size.min(groups * size));
    let mut z = if groups > 0 { walk.products(now) } else { [0.0; TOGETHER] };
    for group in 0..groups {
        let deltas = outputs.finish(group * TOGETHER, z);
        if ahead.is_empty() {
            walk.step(rate, now, &deltas);
        } else {
            let (next, rest) = ahead.split_at_mut(size);
            z = walk.step_and_products(rate, now, &deltas, next);
            (now, ahead) = (next, rest);
        }
    }
    for (unit, row) in (groups * TOGETHER..).zip(single.chunks_exact_mut(size / TOGETHER)) {
        let delta = outputs.finish(unit, walk.products::<1>(row));
        walk.step(rate, row, &delta);
    }
}

/// What turns the sums of some neurons into their outputs and deltas.
struct Outputs<'a> {
    activation: Activation,
    bias: &'a [f32],
    signal: &'a mut [f32],
    a: &'a mut [f32],
}

impl Outputs<'_> {
    /// a = act(z + b) for the neurons from `first` on, and their signal becomes the gradient at their sums, which is given
    /// back too.
    #[inline(always)]
    fn finish<const N: usize>(&mut self, first: usize, mut z: [f32; N]) -> [f32; N] {
        let own = first..first + N;
        z.iter_mut().zip(&self.bias[own.clone()]).for_each(|(z, b)| *z += b);
        self.activation.apply(&mut z);
        self.a[own.clone()].copy_from_slice(&z);
        let mut deltas = [0.0; N];
        deltas.copy_from_slice(&self.signal[own.clone()]);
        self.activation.gate(&z, &mut deltas);
        self.signal[own].copy_from_slice(&deltas);
        deltas
    }
}

/// A walk over a sample beside the rows of N neurons.
#[derive(Clone, Copy)]
struct Walk<'x, V, S> {
    vectors: V,
    sample: Sample<'x>,
    stretches: S,
}

impl<V: Vectors, S: Stretches> Walk<'_, V, S> {
    /// Each row's product with the sample, `rows: [N, inputs]`.
    #[inline(always)]
    fn products<const N: usize>(self, rows: &[f32]) -> [f32; N] {
        assert!(rows.len() == N * self.sample.values().len());
        let mut sums = [self.vectors.splat(0.0); N];
        for number in self.stretches.numbers() {
            sums = self.add_products(sums, rows, self.input(number), number);
        }
        self.finish(sums, rows)
    }

    /// One step on the rows, unless none has a gradient.
    #[inline(always)]
    fn step<const N: usize>(self, rate: f32, rows: &mut [f32], deltas: &[f32; N]) {
        assert!(rows.len() == N * self.sample.values().len());
        if deltas.iter().all(|delta| *delta == 0.0) {
            return;
        }
        for number in self.stretches.numbers() {
            self.step_stretch(rate, rows, deltas, self.input(number), number);
        }
        self.step_rest(rate, rows, deltas);
    }

    /// As [`Walk::step`], while the `next` rows are multiplied by the sample.
    #[inline(always)]
    fn step_and_products<const N: usize>(
        self,
        rate: f32,
        rows: &mut [f32],
        deltas: &[f32; N],
        next: &[f32],
    ) -> [f32; N] {
        let size = N * self.sample.values().len();
        assert!(rows.len() == size && next.len() == size);
        if deltas.iter().all(|delta| *delta == 0.0) {
            return self.products(next);
        }
        let mut sums = [self.vectors.splat(0.0); N];
        for number in self.stretches.numbers() {
            let x = self.input(number);
            self.step_stretch(rate, rows, deltas, x, number);
            sums = self.add_products(sums, next, x, number);
        }
        self.step_rest(rate, rows, deltas);
        self.finish(sums, next)
    }

    /// A stretch of one of `rows: [N, inputs]`; the sample itself is one such row.
    #[inline(always)]
    fn row_stretch<const N: usize>(self, rows: &[f32], unit: usize, number: Number) -> &[f32; LANES] {
        let inputs = self.sample.values().len();
        assert!(rows.len() == N * inputs && unit < N);
        // SAFETY: there are N rows as long as the sample, within which the stretch lies
        unsafe { stretch(rows, unit * inputs + number.0 * LANES) }
    }

    /// As [`Walk::row_stretch`], to be changed.
    #[inline(always)]
    fn row_stretch_mut<const N: usize>(self, rows: &mut [f32], unit: usize, number: Number) -> &mut [f32; LANES] {
        let inputs = self.sample.values().len();
        assert!(rows.len() == N * inputs && unit < N);
        // SAFETY: as in `row_stretch`
        unsafe { stretch_mut(rows, unit * inputs + number.0 * LANES) }
    }

    /// The sample's stretch of this number.
    #[inline(always)]
    fn input(self, number: Number) -> V::Vector {
        self.vectors.load(self.row_stretch::<1>(self.sample.values(), 0, number))
    }

    #[inline(always)]
    fn add_products<const N: usize>(
        self,
        mut sums: [V::Vector; N],
        rows: &[f32],
        x: V::Vector,
        number: Number,
    ) -> [V::Vector; N] {
        let vectors = self.vectors;
        for (unit, sum) in sums.iter_mut().enumerate() {
            let weights = vectors.load(self.row_stretch::<N>(rows, unit, number));
            *sum = vectors.add(*sum, vectors.multiply(weights, x));
        }
        sums
    }

    #[inline(always)]
    fn step_stretch<const N: usize>(
        self,
        rate: f32,
        rows: &mut [f32],
        deltas: &[f32; N],
        x: V::Vector,
        number: Number,
    ) {
        let vectors = self.vectors;
        for (unit, delta) in deltas.iter().enumerate() {
            let weights = self.row_stretch_mut::<N>(rows, unit, number);
            let gradient = vectors.multiply(vectors.splat(*delta), x);
            let change = vectors.multiply(vectors.splat(rate), gradient);
            vectors.store(vectors.subtract(vectors.load(weights), change), weights);
        }
    }

    /// The lanes' totals, and the inputs that fill no stretch.
    #[inline(always)]
    fn finish<const N: usize>(self, sums: [V::Vector; N], rows: &[f32]) -> [f32; N] {
        let (x, mut z) = (self.sample.values(), self.vectors.totals(sums));
        for input in self.sample.rest()..x.len() {
            for (unit, z) in z.iter_mut().enumerate() {
                *z += rows[unit * x.len() + input] * x[input];
            }
        }
        z
    }

    #[inline(always)]
    fn step_rest<const N: usize>(self, rate: f32, rows: &mut [f32], deltas: &[f32; N]) {
        let x = self.sample.values();
        for (row, delta) in rows.chunks_exact_mut(x.len()).zip(deltas) {
            for input in self.sample.rest()..x.len() {
                row[input] -= rate * (delta * x[input]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::single::Stretches as Room;

    #[test]
    fn a_value_that_is_no_number_reaches_the_sum_though_stretches_of_zeros_are_passed_over() {
        let mut x = [0.0; 3 * LANES + 5];
        x[LANES + 3] = f32::NAN;
        let (mut room, mut z) = (Room::default(), [0.0]);
        rows_times_sample(&[1.0; 3 * LANES + 5], room.scan(&x), &mut z);
        assert!(z[0].is_nan());
    }
}
