//! The loops over a panel `[inputs, neurons]`: the weights of at most [`WIDTH`] neurons, input by input, so that an input that
//! is 0 is passed over with all its weights. The same loops add up rows of deltas by a batch's inputs.
//!
//! A row is taken in parts of [`LANES`]; the last may overlap the one before it. Sums are formed input by input. Of single samples
//! the bits are the same for every instruction set; for batches products and sums are fused where a set can do that.

use super::instructions::for_each_instruction_set;
use super::sparse::{Line, Lists, Sparse};
use super::vector::{LANES, Vectors, stretch, stretch_mut};
use openloop_core::activation::Activation;
use openloop_core::optimizer::{Slots, Step};

/// Neurons in a panel.
pub const WIDTH: usize = 64;
/// Inputs whose gradients are made before the optimizer uses them up.
const STEPPED: usize = 8;

/// What rows are multiplied by: values, and the number of the row for each.
///
/// # Safety
/// Every row's number must be less than `rows`.
unsafe trait Terms: Copy {
    fn count(self) -> usize;
    /// How many rows there must be.
    fn rows(self) -> usize;
    /// # Safety
    /// `i` must be less than the count.
    unsafe fn term(self, i: usize) -> (usize, f32);
}

// SAFETY: that is what a line promises
unsafe impl Terms for Line<'_> {
    #[inline(always)]
    fn count(self) -> usize {
        self.entries().len()
    }

    #[inline(always)]
    fn rows(self) -> usize {
        self.below()
    }

    #[inline(always)]
    unsafe fn term(self, i: usize) -> (usize, f32) {
        // SAFETY: the caller's promise
        let entry = unsafe { self.entries().get_unchecked(i) };
        (entry.at as usize, entry.value)
    }
}

// SAFETY: a sample's values are numbered by their rows
/// All values of a sample, row by row.
unsafe impl Terms for &[f32] {
    #[inline(always)]
    fn count(self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn rows(self) -> usize {
        self.len()
    }

    #[inline(always)]
    unsafe fn term(self, i: usize) -> (usize, f32) {
        // SAFETY: the caller's promise
        (i, unsafe { *self.get_unchecked(i) })
    }
}

/// The inputs of a single sample that a panel is multiplied with.
#[derive(Clone, Copy, Debug)]
pub enum SampleInputs<'s> {
    /// All of them.
    All(&'s [f32]),
    /// Those that are not 0.
    Listed(Line<'s>),
}

impl<'s> SampleInputs<'s> {
    /// A sample with values `x`, of which those that are not 0 are listed: these alone where they are at most half.
    pub fn best(x: &'s [f32], line: Line<'s>) -> Self {
        if 2 * line.entries().len() > x.len() { SampleInputs::All(x) } else { SampleInputs::Listed(line) }
    }
}

/// Runs `$body` with `$parts` as the parts of rows of `$width` values.
macro_rules! by_parts {
    ($vectors:expr, $width:expr, |$parts:ident| $body:expr) => {
        match $width {
            0..LANES => by_parts!(@ 1, $vectors, $width, $parts, $body),
            // a known width is faster
            LANES => by_parts!(@ 1, $vectors, LANES, $parts, $body),
            17..33 => by_parts!(@ 2, $vectors, $width, $parts, $body),
            33..49 => by_parts!(@ 3, $vectors, $width, $parts, $body),
            WIDTH => by_parts!(@ 4, $vectors, WIDTH, $parts, $body),
            _ => by_parts!(@ 4, $vectors, $width, $parts, $body),
        }
    };
    (@ $count:literal, $vectors:expr, $width:expr, $parts:ident, $body:expr) => {{
        let $parts = $crate::kernels::panel_loops::RowVectors::<_, $count>::new($vectors, $width);
        $body
    }};
}

pub(super) use by_parts;

for_each_instruction_set! {
    /// sums = the sum of the line's values times the rows of `matrix: [_, sums.len()]` that they stand for, for at most
    /// [`WIDTH`] sums.
    pub fn sparse_sums<vectors>(line: Line<'_>, matrix: &[f32], sums: &mut [f32]) {
        add_up(vectors, line, matrix, sums);
    }
}

for_each_instruction_set! {
    /// z = W x for a batch's listed inputs, where `panel: [inputs, width]` and `z: [batch, width]`: a stretch of inputs for all
    /// samples, then the next, so that its weights stay in the nearest cache meanwhile.
    pub fn listed_sums<vectors>(list: &Sparse, panel: &[f32], width: usize, z: &mut [f32]) {
        z.fill(0.0);
        by_parts!(vectors, width, |parts| {
            for stretch in 0..list.stretches() {
                for (sample, z) in z.chunks_exact_mut(width).enumerate() {
                    parts.add_sums(list.stretch(sample, stretch), panel, z);
                }
            }
        });
    }
}

/// As [`sparse_sums`], inside another loop.
#[inline(always)]
fn add_up<V: Vectors>(vectors: V, terms: impl Terms, matrix: &[f32], sums: &mut [f32]) {
    let width = sums.len();
    by_parts!(vectors, width, |parts| parts.write(parts.sums::<false>(terms, matrix, parts.nothing()), sums));
}

for_each_instruction_set! {
    /// One plain step on a panel `[inputs, deltas.len()]` by a single sample, for at most [`WIDTH`] deltas.
    pub fn step_panel_by_sample<vectors>(rate: f32, inputs: SampleInputs<'_>, deltas: &[f32], panel: &mut [f32]) {
        match inputs {
            SampleInputs::All(x) => step_by_terms(vectors, rate, x, deltas, panel),
            SampleInputs::Listed(line) => step_by_terms(vectors, rate, line, deltas, panel),
        }
    }
}

#[inline(always)]
fn step_by_terms<V: Vectors>(vectors: V, rate: f32, terms: impl Terms, deltas: &[f32], panel: &mut [f32]) {
    let width = deltas.len();
    by_parts!(vectors, width, |parts| parts.step(rate, terms, deltas, panel));
}

for_each_instruction_set! {
    /// a = act(W x + b) for a panel's neurons, whose `signal` becomes the gradient at their sums, by which they then make a plain
    /// step.
    pub fn forward_and_step_panel<vectors>(
        rate: f32, activation: Activation, inputs: SampleInputs<'_>, panel: &mut [f32], bias: &mut [f32], signal: &mut [f32],
        a: &mut [f32],
    ) {
        match inputs {
            SampleInputs::All(x) => add_up(vectors, x, panel, a),
            SampleInputs::Listed(line) => add_up(vectors, line, panel, a),
        }
        a.iter_mut().zip(&*bias).for_each(|(a, b)| *a += b);
        activation.apply(a);
        activation.gate(a, signal);
        match inputs {
            SampleInputs::All(x) => step_by_terms(vectors, rate, x, signal, panel),
            SampleInputs::Listed(line) => step_by_terms(vectors, rate, line, signal, panel),
        }
        bias.iter_mut().zip(signal).for_each(|(b, delta)| *b -= rate * *delta);
    }
}

for_each_instruction_set! {
    /// One optimizer step on a panel `[inputs, deltas.len()]` by a single sample, for an optimizer that remembers.
    pub fn step_panel_with_state(step: &Step, x: &[f32], deltas: &[f32], panel: &mut [f32], slots: &mut Slots<'_>) {
        for (input, (&x, row)) in x.iter().zip(panel.chunks_exact_mut(deltas.len())).enumerate() {
            let slots = slots.range(input * deltas.len(), (input + 1) * deltas.len());
            let mut gradient = [0.0; WIDTH];
            let gradient = &mut gradient[..deltas.len()];
            gradient.iter_mut().zip(deltas).for_each(|(g, delta)| *g = x * delta);
            step.apply(row, gradient, slots);
        }
    }
}

for_each_instruction_set! {
    /// One optimizer step on a panel `[inputs, width]` by a batch's `deltas: [batch, width]`; the lists are by input.
    pub fn step_panel<vectors>(
        step: &Step, inputs: &Lists, deltas: &[f32], panel: &mut [f32], width: usize, slots: &mut Slots<'_>,
    ) {
        let mut gradient = [0.0; STEPPED * WIDTH];
        for (number, weights) in panel.chunks_mut(STEPPED * width).enumerate() {
            let (first, gradient) = (number * STEPPED, &mut gradient[..weights.len()]);
            let lines = (first..first + weights.len() / width).map(|input| inputs.of(input));
            if step.plain_rate().is_some() && lines.clone().all(|line| line.entries().is_empty()) {
                continue;
            }
            by_parts!(vectors, width, |parts| {
                for (line, gradient) in lines.zip(gradient.chunks_exact_mut(parts.width)) {
                    parts.write(parts.sums::<true>(line, deltas, parts.nothing()), gradient);
                }
            });
            let slots = slots.range(first * width, first * width + weights.len());
            step.apply(weights, gradient, slots);
        }
    }
}

/// The parts of rows of `width` values, N parts of [`LANES`], or one that is not full.
#[derive(Clone, Copy)]
pub(super) struct RowVectors<V, const N: usize> {
    pub(super) vectors: V,
    pub(super) width: usize,
}

impl<V: Vectors, const N: usize> RowVectors<V, N> {
    #[inline(always)]
    pub(super) fn new(vectors: V, width: usize) -> Self {
        assert!((N - 1) * LANES < width && width <= N * LANES);
        RowVectors { vectors, width }
    }

    /// Where a part starts.
    #[inline(always)]
    fn place(self, part: usize) -> usize {
        if part + 1 == N { self.width - LANES } else { part * LANES }
    }

    #[inline(always)]
    fn nothing(self) -> [V::Vector; N] {
        [self.vectors.splat(0.0); N]
    }

    /// `first` and the sum of the terms' values times their rows, each product rounded or not. The odd terms have a sum of their
    /// own, so that a narrow row's additions need not wait for each other.
    #[inline(always)]
    fn sums<const FUSED: bool>(self, terms: impl Terms, matrix: &[f32], first: [V::Vector; N]) -> [V::Vector; N] {
        assert!(terms.rows() * self.width <= matrix.len());
        let (mut sums, mut odd) = (first, self.nothing());
        let pairs = terms.count() / 2;
        // SAFETY: the numbers are less than the count, and the rows lie within the matrix
        unsafe {
            for pair in 0..pairs {
                self.add_term::<FUSED>(&mut sums, terms.term(2 * pair), matrix);
                self.add_term::<FUSED>(&mut odd, terms.term(2 * pair + 1), matrix);
            }
            if terms.count() > 2 * pairs {
                self.add_term::<FUSED>(&mut sums, terms.term(2 * pairs), matrix);
            }
        }
        for (sum, odd) in sums.iter_mut().zip(odd) {
            *sum = self.vectors.add(*sum, odd);
        }
        sums
    }

    /// z += the sum of the terms' values times their rows.
    #[inline(always)]
    fn add_sums(self, terms: impl Terms, matrix: &[f32], z: &mut [f32]) {
        self.write(self.sums::<true>(terms, matrix, self.read(z)), z);
    }

    /// # Safety
    /// The row must lie within the matrix.
    #[inline(always)]
    unsafe fn add_term<const FUSED: bool>(self, sums: &mut [V::Vector; N], (row, value): (usize, f32), matrix: &[f32]) {
        let RowVectors { vectors, width } = self;
        // SAFETY: the caller's promise
        let row = unsafe { matrix.get_unchecked(row * width..(row + 1) * width) };
        let value = vectors.splat(value);
        for (sum, row) in sums.iter_mut().zip(self.read(row)) {
            *sum = match FUSED {
                true => vectors.multiply_add(value, row, *sum),
                false => vectors.add(*sum, vectors.multiply(value, row)),
            };
        }
    }

    #[inline(always)]
    pub(super) fn write(self, sums: [V::Vector; N], out: &mut [f32]) {
        assert!(out.len() == self.width);
        for (part, sum) in sums.into_iter().enumerate() {
            match self.width {
                0..LANES => self.vectors.store_few(sum, out),
                // SAFETY: all parts lie within the row
                _ => self.vectors.store(sum, unsafe { stretch_mut(out, self.place(part)) }),
            }
        }
    }

    /// W -= rate value delta, for each term's row of W. Where two parts overlap, both come to the same.
    #[inline(always)]
    fn step(self, rate: f32, terms: impl Terms, deltas: &[f32], matrix: &mut [f32]) {
        let RowVectors { vectors, width } = self;
        assert!(terms.rows() * width <= matrix.len());
        // once for all terms: the rounding of (rate delta) x is as good as that of rate (delta x)
        let mut steps = self.read(deltas);
        for step in &mut steps {
            *step = vectors.multiply(vectors.splat(rate), *step);
        }
        for i in 0..terms.count() {
            // SAFETY: the numbers are less than the count, and the rows lie within the matrix
            let (row, value) = unsafe {
                let (row, value) = terms.term(i);
                (matrix.get_unchecked_mut(row * width..(row + 1) * width), vectors.splat(value))
            };
            // all are read before one is written: a read from two writes just made would wait for both
            let mut weights = self.read(row);
            for (weights, step) in weights.iter_mut().zip(steps) {
                *weights = vectors.subtract(*weights, vectors.multiply(value, step));
            }
            self.write(weights, row);
        }
    }

    #[inline(always)]
    pub(super) fn read(self, row: &[f32]) -> [V::Vector; N] {
        let mut parts = [self.vectors.splat(0.0); N];
        self.read_into(row, &mut parts);
        parts
    }

    #[inline(always)]
    pub(super) fn read_into(self, row: &[f32], parts: &mut [V::Vector; N]) {
        assert!(row.len() == self.width);
        for (part, values) in parts.iter_mut().enumerate() {
            *values = match self.width {
                0..LANES => self.vectors.load_few(row),
                // SAFETY: all parts lie within the row
                _ => self.vectors.load(unsafe { stretch(row, self.place(part)) }),
            };
        }
    }
}
