//! The loops over a layer's weights, four neurons at a time, so that each input is fetched once for all four.
//!
//! Every sum is formed in the order of the plain [`dense::forward`](crate::layer::dense::forward), so the bits are its own.

use super::health::Health;
use super::signal::Signal;
use crate::layer::Dense;

/// Neurons side by side.
pub(super) const ROWS: usize = 4;
/// Inputs in a row, to spare loop overhead.
const COLUMNS: usize = 4;

/// a = act(W x + b), sums made harmless. `own: [outputs, inputs] + [outputs]`, `x: [inputs]`, `a: [outputs]`.
pub(super) fn forward(layer: &Dense, own: &[f32], x: &[f32], a: &mut [f32], health: &mut Health) {
    let Some((weights, biases)) = own.split_at_checked(layer.weights()) else { return };
    let blocks = weights.chunks(block(layer)).zip(biases.chunks(ROWS)).zip(a.chunks_mut(ROWS));
    for ((weights, biases), a) in blocks {
        a.iter_mut().zip(biases).for_each(|(a, bias)| *a = *bias);
        match <&mut [f32; ROWS]>::try_from(&mut *a) {
            Ok(sums) => add_four(weights, x, sums),
            Err(_) => {
                let rows = weights.chunks_exact(columns(layer)).zip(&mut *a);
                rows.for_each(|(row, sum)| *sum = add_one(row, x, *sum));
            }
        }
        a.iter_mut().for_each(|a| *a = health.sum(*a));
    }
    layer.activation.apply(a);
}

/// One step of every neuron, by its signal times the slope at its output: with s = rate * signal * act'(z),
/// w -= s x and b -= s. A step that is no number is left out.
pub(super) fn step(
    layer: &Dense,
    own: &mut [f32],
    x: &[f32],
    a: &[f32],
    signal: &Signal<'_>,
    rate: f32,
    health: &mut Health,
) {
    let Some((weights, biases)) = own.split_at_mut_checked(layer.weights()) else { return };
    let blocks = weights.chunks_mut(block(layer)).zip(biases.chunks_mut(ROWS)).zip(a.chunks(ROWS));
    for (block, ((weights, biases), a)) in blocks.enumerate() {
        let mut steps = [0.0; ROWS];
        let Some(own_steps) = steps.get_mut(..a.len()) else { return };
        signal.part(block * ROWS, own_steps);
        layer.activation.gate(a, own_steps);
        for (step, bias) in own_steps.iter_mut().zip(biases) {
            *step = health.step(rate * *step);
            *bias -= *step;
        }
        if a.len() == ROWS {
            move_four(weights, x, &steps);
        } else {
            weights.chunks_exact_mut(columns(layer)).zip(steps).for_each(|(row, step)| move_one(row, x, step));
        }
    }
}

/// Weights of [`ROWS`] neurons. A layer has inputs; saying so leaves no panic in the program.
fn block(layer: &Dense) -> usize {
    ROWS.saturating_mul(columns(layer))
}

fn columns(layer: &Dense) -> usize {
    if layer.inputs == 0 { 1 } else { layer.inputs }
}

/// sums += W x for four neurons. `weights: [4, inputs]`
#[inline(never)]
fn add_four(weights: &[f32], x: &[f32], sums: &mut [f32; ROWS]) {
    let Some((a, rest)) = weights.split_at_checked(x.len()) else { return };
    let Some((b, rest)) = rest.split_at_checked(x.len()) else { return };
    let Some((c, d)) = rest.split_at_checked(x.len()) else { return };
    let [mut s, mut t, mut u, mut v] = *sums;
    let [(x, x_end), (a, a_end), (b, b_end), (c, c_end), (d, d_end)] =
        [x, a, b, c, d].map(|values| values.as_chunks::<COLUMNS>());
    for ((((x, a), b), c), d) in x.iter().zip(a).zip(b).zip(c).zip(d) {
        for i in 0..COLUMNS {
            s += a[i] * x[i];
            t += b[i] * x[i];
            u += c[i] * x[i];
            v += d[i] * x[i];
        }
    }
    for ((((x, a), b), c), d) in x_end.iter().zip(a_end).zip(b_end).zip(c_end).zip(d_end) {
        s += a * x;
        t += b * x;
        u += c * x;
        v += d * x;
    }
    *sums = [s, t, u, v];
}

/// W -= steps x^T for four neurons. `weights: [4, inputs]`
#[inline(never)]
fn move_four(weights: &mut [f32], x: &[f32], steps: &[f32; ROWS]) {
    let Some((a, rest)) = weights.split_at_mut_checked(x.len()) else { return };
    let Some((b, rest)) = rest.split_at_mut_checked(x.len()) else { return };
    let Some((c, d)) = rest.split_at_mut_checked(x.len()) else { return };
    let [s, t, u, v] = *steps;
    let (x, x_end) = x.as_chunks::<COLUMNS>();
    let [(a, a_end), (b, b_end), (c, c_end), (d, d_end)] =
        [a, b, c, d].map(|values| values.as_chunks_mut::<COLUMNS>());
    for ((((x, a), b), c), d) in x.iter().zip(a).zip(b).zip(c).zip(d) {
        for i in 0..COLUMNS {
            a[i] -= s * x[i];
            b[i] -= t * x[i];
            c[i] -= u * x[i];
            d[i] -= v * x[i];
        }
    }
    for ((((x, a), b), c), d) in x_end.iter().zip(a_end).zip(b_end).zip(c_end).zip(d_end) {
        *a -= s * x;
        *b -= t * x;
        *c -= u * x;
        *d -= v * x;
    }
}

fn add_one(row: &[f32], x: &[f32], sum: f32) -> f32 {
    row.iter().zip(x).fold(sum, |sum, (w, x)| sum + w * x)
}

fn move_one(row: &mut [f32], x: &[f32], step: f32) {
    row.iter_mut().zip(x).for_each(|(w, x)| *w -= step * x);
}
