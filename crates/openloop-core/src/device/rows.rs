//! The loops over a layer's weights, four neurons at a time, so that each input is fetched once for all four.
//!
//! Every sum is formed in the order of the plain [`dense::forward`](crate::layer::dense::forward), so the bits are its own.
//! The loops are unrolled by hand: a build for size then keeps the speed where it matters and nowhere else.

use super::health::Health;
use crate::layer::Dense;

/// Neurons side by side.
const ROWS: usize = 4;
/// Inputs in a row, to spare loop overhead.
const COLUMNS: usize = 8;

/// a = W x + b, sums made harmless; what is left is the nonlinearity. `own`: W `[outputs, inputs]`, b
/// `[outputs]`, and perhaps more; `x: [inputs]`, `a: [outputs]`.
pub(super) fn forward(layer: &Dense, own: &[f32], x: &[f32], a: &mut [f32], health: &mut Health) {
    let Some((weights, biases)) = own.split_at_checked(layer.weights()) else { return };
    add_rows(weights, biases, x, a);
    health.sums(a);
}

/// One step of every neuron by its delta: w -= rate delta x and b -= rate delta. A step that is no number is left out.
/// `own` and `x` as in [`forward`], `delta: [outputs]`; the steps take its place.
pub(super) fn step(layer: &Dense, own: &mut [f32], x: &[f32], delta: &mut [f32], rate: f32, health: &mut Health) {
    let Some((weights, biases)) = own.split_at_mut_checked(layer.weights()) else { return };
    delta.iter_mut().for_each(|delta| *delta *= rate);
    health.steps(delta);
    biases.iter_mut().zip(&*delta).for_each(|(bias, step)| *bias -= step);
    move_rows(weights, x, delta);
}

/// sums = b + W x
#[inline(never)]
fn add_rows(weights: &[f32], biases: &[f32], x: &[f32], sums: &mut [f32]) {
    let (fours, ones) = sums.as_chunks_mut::<ROWS>();
    let (four_biases, one_biases) = (biases.as_chunks::<ROWS>().0, biases.get(fours.as_flattened().len()..));
    let mut rest = weights;
    for (sums, biases) in fours.iter_mut().zip(four_biases) {
        let Some((rows, after)) = rest.split_at_checked(ROWS * x.len()) else { return };
        let Some([a, b, c, d]) = four(rows, x.len()) else { return };
        let [mut s, mut t, mut u, mut v] = *biases;
        let ((x, x_end), (a, a_end)) = (chunks(x), chunks(a));
        let ((b, b_end), (c, c_end), (d, d_end)) = (chunks(b), chunks(c), chunks(d));
        for ((((x, a), b), c), d) in x.iter().zip(a).zip(b).zip(c).zip(d) {
            (s, t, u, v) = (add_eight(s, a, x), add_eight(t, b, x), add_eight(u, c, x), add_eight(v, d, x));
        }
        for ((((x, a), b), c), d) in x_end.iter().zip(a_end).zip(b_end).zip(c_end).zip(d_end) {
            (s, t, u, v) = (s + a * x, t + b * x, u + c * x, v + d * x);
        }
        *sums = [s, t, u, v];
        rest = after;
    }
    for (sum, bias) in ones.iter_mut().zip(one_biases.unwrap_or_default()) {
        let Some((row, after)) = rest.split_at_checked(x.len()) else { return };
        let ((x, x_end), (row, row_end)) = (chunks(x), chunks(row));
        let eights = x.iter().zip(row).fold(*bias, |sum, (x, w)| add_eight(sum, w, x));
        *sum = x_end.iter().zip(row_end).fold(eights, |sum, (x, w)| sum + w * x);
        rest = after;
    }
}

/// W -= steps x^T
#[inline(never)]
fn move_rows(weights: &mut [f32], x: &[f32], steps: &[f32]) {
    let (fours, ones) = steps.as_chunks::<ROWS>();
    let mut rest = weights;
    for steps in fours {
        let Some((rows, after)) = rest.split_at_mut_checked(ROWS * x.len()) else { return };
        let Some([a, b, c, d]) = four_mut(rows, x.len()) else { return };
        let ((x, x_end), (a, a_end)) = (chunks(x), chunks_mut(a));
        let ((b, b_end), (c, c_end), (d, d_end)) = (chunks_mut(b), chunks_mut(c), chunks_mut(d));
        for ((((x, a), b), c), d) in x.iter().zip(a).zip(b).zip(c).zip(d) {
            move_eight(a, x, steps[0]);
            move_eight(b, x, steps[1]);
            move_eight(c, x, steps[2]);
            move_eight(d, x, steps[3]);
        }
        for ((((x, a), b), c), d) in x_end.iter().zip(a_end).zip(b_end).zip(c_end).zip(d_end) {
            *a -= steps[0] * x;
            *b -= steps[1] * x;
            *c -= steps[2] * x;
            *d -= steps[3] * x;
        }
        rest = after;
    }
    for step in ones {
        let Some((row, after)) = rest.split_at_mut_checked(x.len()) else { return };
        let ((x, x_end), (row, row_end)) = (chunks(x), chunks_mut(row));
        x.iter().zip(row).for_each(|(x, w)| move_eight(w, x, *step));
        x_end.iter().zip(row_end).for_each(|(x, w)| *w -= step * x);
        rest = after;
    }
}

#[inline(always)]
fn four(rows: &[f32], columns: usize) -> Option<[&[f32]; ROWS]> {
    let (a, rest) = rows.split_at_checked(columns)?;
    let (b, rest) = rest.split_at_checked(columns)?;
    let (c, d) = rest.split_at_checked(columns)?;
    Some([a, b, c, d])
}

#[inline(always)]
fn four_mut(rows: &mut [f32], columns: usize) -> Option<[&mut [f32]; ROWS]> {
    let (a, rest) = rows.split_at_mut_checked(columns)?;
    let (b, rest) = rest.split_at_mut_checked(columns)?;
    let (c, d) = rest.split_at_mut_checked(columns)?;
    Some([a, b, c, d])
}

#[inline(always)]
fn chunks(values: &[f32]) -> (&[[f32; COLUMNS]], &[f32]) {
    values.as_chunks()
}

#[inline(always)]
fn chunks_mut(values: &mut [f32]) -> (&mut [[f32; COLUMNS]], &mut [f32]) {
    values.as_chunks_mut()
}

#[inline(always)]
fn add_eight(sum: f32, w: &[f32; COLUMNS], x: &[f32; COLUMNS]) -> f32 {
    let sum = sum + w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
    sum + w[4] * x[4] + w[5] * x[5] + w[6] * x[6] + w[7] * x[7]
}

#[inline(always)]
fn move_eight(w: &mut [f32; COLUMNS], x: &[f32; COLUMNS], step: f32) {
    let [a, b, c, d, e, f, g, h] = *x;
    let [i, j, k, l, m, n, o, p] = *w;
    *w = [
        i - step * a,
        j - step * b,
        k - step * c,
        l - step * d,
        m - step * e,
        n - step * f,
        o - step * g,
        p - step * h,
    ];
}
