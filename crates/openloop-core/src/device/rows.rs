//! The loops over a layer's weights, eight neurons at a time, so that each input is fetched once for all eight.
//!
//! Every sum is formed in the order of the plain [`dense::forward`](crate::layer::dense::forward), so the bits are its own.
//! The loops are unrolled by hand: a build for size then keeps the speed where it matters and nowhere else.

use super::health::Health;
use super::learner::Part;
use core::slice::{Iter, IterMut};

/// Neurons side by side.
const ROWS: usize = 8;
/// Inputs in a row, to spare loop overhead.
const COLUMNS: usize = 8;
/// Where every operation on numbers is a call, there are no registers to keep sums in, and plain loops take less stack. (What
/// the compiler knows of a target does not tell a 32-bit RISC-V with a floating-point unit from one without.)
const PLAIN: bool = cfg!(any(target_arch = "riscv32", target_abi = "eabi"));
/// Some inputs, or a neuron's weights for them.
type Chunk = [f32; COLUMNS];

/// a = W x + b, sums made harmless; what is left is the nonlinearity.
pub(super) fn forward(part: &mut Part<'_>, health: &mut Health) {
    let Some((weights, biases)) = part.own.split_at_checked(part.dense.weights()) else { return };
    let Some(biases) = biases.get(..part.a.len()) else { return };
    add_rows(weights, biases, part.x, part.a);
    health.sums(part.a);
}

/// One step of `count` neurons from `first` on: w -= rate delta x and b -= rate delta. A step that is no number is left out.
/// The deltas lie where the signal does; the steps take their place.
pub(super) fn step(part: &mut Part<'_>, first: usize, count: usize, rate: f32, health: &mut Health) {
    let x = part.x;
    let (Some((weights, biases)), Some(delta)) =
        (part.own.split_at_mut_checked(part.dense.weights()), part.signal.get_mut(..count))
    else {
        return;
    };
    let (Some(weights), Some(biases)) = (weights.get_mut(first * x.len()..), biases.get_mut(first..)) else { return };
    for (delta, bias) in delta.iter_mut().zip(biases) {
        *delta = health.step(*delta * rate);
        *bias -= *delta;
    }
    move_rows(weights, x, delta);
}

/// sums = b + W x
#[inline(never)]
fn add_rows(weights: &[f32], biases: &[f32], x: &[f32], sums: &mut [f32]) {
    let (eights, ones) = if PLAIN { (&mut [][..], sums) } else { sums.as_chunks_mut::<ROWS>() };
    let (eight_biases, one_biases) = in_chunks::<ROWS>(biases);
    let (chunks, x_end) = in_chunks(x);
    let mut rest = weights;
    for (sums, biases) in eights.iter_mut().zip(eight_biases) {
        let Some((rows, after)) = rest.split_at_checked(ROWS * x.len()) else { return };
        add_eight_rows(rows, x.len(), chunks, biases, sums);
        if !x_end.is_empty() {
            add_each(rows.get(chunks.as_flattened().len()..), x.len(), x_end, None, sums);
        }
        rest = after;
    }
    add_each(Some(rest), x.len(), x, Some(one_biases), ones);
}

/// sums += W x, a neuron at a time, for rows that start `stride` apart; or, with biases, sums = b + W x.
#[inline(always)]
fn add_each(rows: Option<&[f32]>, stride: usize, x: &[f32], biases: Option<&[f32]>, sums: &mut [f32]) {
    let (mut rest, (x, x_end)) = (rows.unwrap_or_default(), in_chunks(x));
    for (i, sum) in sums.iter_mut().enumerate() {
        let start = biases.and_then(|biases| biases.get(i)).unwrap_or(sum);
        let chunks = x.iter().zip(chunks(rest)).fold(*start, |sum, (x, w)| add_chunk(sum, w, x));
        let row_end = rest.get(x.as_flattened().len()..).unwrap_or_default();
        *sum = x_end.iter().zip(row_end).fold(chunks, |sum, (x, w)| sum + w * x);
        rest = rest.get(stride..).unwrap_or_default();
    }
}

/// sums = b + W x for eight neurons, whole chunks of x.
#[inline(always)]
fn add_eight_rows(rows: &[f32], stride: usize, x: &[Chunk], biases: &[f32; ROWS], sums: &mut [f32; ROWS]) {
    let Some([a, b, c, d, e, f, g, h]) = apart(rows, stride) else { return };
    let mut s = *biases;
    let rows = chunks(a).zip(chunks(b)).zip(chunks(c)).zip(chunks(d));
    let rows = rows.zip(chunks(e)).zip(chunks(f)).zip(chunks(g)).zip(chunks(h));
    for (x, (((((((a, b), c), d), e), f), g), h)) in x.iter().zip(rows) {
        let w = [a, b, c, d, e, f, g, h];
        s = add_column(s, w, x, 0);
        s = add_column(s, w, x, 1);
        s = add_column(s, w, x, 2);
        s = add_column(s, w, x, 3);
        s = add_column(s, w, x, 4);
        s = add_column(s, w, x, 5);
        s = add_column(s, w, x, 6);
        s = add_column(s, w, x, 7);
    }
    *sums = s;
}

/// W -= steps x^T
#[inline(never)]
fn move_rows(weights: &mut [f32], x: &[f32], steps: &[f32]) {
    let (eights, ones) = in_chunks::<ROWS>(steps);
    let (chunks, x_end) = in_chunks(x);
    let mut rest = weights;
    for steps in eights {
        let Some((rows, after)) = rest.split_at_mut_checked(ROWS * x.len()) else { return };
        move_eight_rows(rows, x.len(), chunks, steps);
        if !x_end.is_empty() {
            move_each(rows.get_mut(chunks.as_flattened().len()..), x.len(), x_end, steps);
        }
        rest = after;
    }
    move_each(Some(rest), x.len(), x, ones);
}

/// W -= steps x^T, a neuron at a time, for rows that start `stride` apart.
#[inline(never)]
fn move_each(rows: Option<&mut [f32]>, stride: usize, x: &[f32], steps: &[f32]) {
    let (mut rest, (x, x_end)) = (rows.unwrap_or_default(), in_chunks(x));
    for step in steps {
        x.iter().zip(chunks_mut(rest)).for_each(|(x, w)| move_chunk(w, x, *step));
        let row_end = rest.get_mut(x.as_flattened().len()..).unwrap_or_default();
        x_end.iter().zip(row_end).for_each(|(x, w)| *w -= step * x);
        rest = rest.get_mut(stride..).unwrap_or_default();
    }
}

/// W -= steps x^T for eight neurons, whole chunks of x.
#[inline(always)]
fn move_eight_rows(rows: &mut [f32], stride: usize, x: &[Chunk], steps: &[f32; ROWS]) {
    let Some([a, b, c, d, e, f, g, h]) = apart_mut(rows, stride) else { return };
    let s = *steps;
    let rows = chunks_mut(a).zip(chunks_mut(b)).zip(chunks_mut(c)).zip(chunks_mut(d));
    let rows = rows.zip(chunks_mut(e)).zip(chunks_mut(f)).zip(chunks_mut(g)).zip(chunks_mut(h));
    for (x, (((((((a, b), c), d), e), f), g), h)) in x.iter().zip(rows) {
        let mut w = [a, b, c, d, e, f, g, h];
        move_column(&mut w, x, s, 0);
        move_column(&mut w, x, s, 1);
        move_column(&mut w, x, s, 2);
        move_column(&mut w, x, s, 3);
        move_column(&mut w, x, s, 4);
        move_column(&mut w, x, s, 5);
        move_column(&mut w, x, s, 6);
        move_column(&mut w, x, s, 7);
    }
}

/// Chunks of values, and what is left.
#[inline(always)]
fn in_chunks<const N: usize>(values: &[f32]) -> (&[[f32; N]], &[f32]) {
    if PLAIN { (&[], values) } else { values.as_chunks() }
}

#[inline(always)]
fn chunks(row: &[f32]) -> Iter<'_, Chunk> {
    row.as_chunks().0.iter()
}

#[inline(always)]
fn chunks_mut(row: &mut [f32]) -> IterMut<'_, Chunk> {
    row.as_chunks_mut().0.iter_mut()
}

/// Eight rows of `columns` values each.
#[inline(always)]
fn apart(rows: &[f32], columns: usize) -> Option<[&[f32]; ROWS]> {
    let (a, rest) = rows.split_at_checked(columns)?;
    let (b, rest) = rest.split_at_checked(columns)?;
    let (c, rest) = rest.split_at_checked(columns)?;
    let (d, rest) = rest.split_at_checked(columns)?;
    let (e, rest) = rest.split_at_checked(columns)?;
    let (f, rest) = rest.split_at_checked(columns)?;
    let (g, h) = rest.split_at_checked(columns)?;
    Some([a, b, c, d, e, f, g, h])
}

#[inline(always)]
fn apart_mut(rows: &mut [f32], columns: usize) -> Option<[&mut [f32]; ROWS]> {
    let (a, rest) = rows.split_at_mut_checked(columns)?;
    let (b, rest) = rest.split_at_mut_checked(columns)?;
    let (c, rest) = rest.split_at_mut_checked(columns)?;
    let (d, rest) = rest.split_at_mut_checked(columns)?;
    let (e, rest) = rest.split_at_mut_checked(columns)?;
    let (f, rest) = rest.split_at_mut_checked(columns)?;
    let (g, h) = rest.split_at_mut_checked(columns)?;
    Some([a, b, c, d, e, f, g, h])
}

#[inline(always)]
fn add(s: [f32; ROWS], w: [f32; ROWS], x: f32) -> [f32; ROWS] {
    [
        s[0] + w[0] * x,
        s[1] + w[1] * x,
        s[2] + w[2] * x,
        s[3] + w[3] * x,
        s[4] + w[4] * x,
        s[5] + w[5] * x,
        s[6] + w[6] * x,
        s[7] + w[7] * x,
    ]
}

#[inline(always)]
fn add_column(s: [f32; ROWS], w: [&Chunk; ROWS], x: &Chunk, i: usize) -> [f32; ROWS] {
    add(s, [w[0][i], w[1][i], w[2][i], w[3][i], w[4][i], w[5][i], w[6][i], w[7][i]], x[i])
}

#[inline(always)]
fn move_column(w: &mut [&mut Chunk; ROWS], x: &Chunk, s: [f32; ROWS], i: usize) {
    w[0][i] -= s[0] * x[i];
    w[1][i] -= s[1] * x[i];
    w[2][i] -= s[2] * x[i];
    w[3][i] -= s[3] * x[i];
    w[4][i] -= s[4] * x[i];
    w[5][i] -= s[5] * x[i];
    w[6][i] -= s[6] * x[i];
    w[7][i] -= s[7] * x[i];
}

#[inline(always)]
fn add_chunk(sum: f32, w: &Chunk, x: &Chunk) -> f32 {
    let sum = sum + w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
    sum + w[4] * x[4] + w[5] * x[5] + w[6] * x[6] + w[7] * x[7]
}

#[inline(always)]
fn move_chunk(w: &mut Chunk, x: &Chunk, step: f32) {
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
