//! The loops over a layer's weights, four neurons at a time, so that each input is fetched once for all four.
//!
//! Every sum is formed in the order of the plain [`dense::forward`](crate::layer::dense::forward), so the bits are its own.

use super::health::Health;
use super::signal::Signal;
use crate::layer::Dense;

/// Neurons side by side.
pub(super) const ROWS: usize = 4;
/// Inputs in a row, to spare loop overhead.
const COLUMNS: usize = 8;

/// a = act(W x + b), sums made harmless. `own: [outputs, inputs] + [outputs]`, `x: [inputs]`, `a: [outputs]`.
pub(super) fn forward(layer: &Dense, own: &[f32], x: &[f32], a: &mut [f32], health: &mut Health) {
    let Some((weights, biases)) = own.split_at_checked(layer.weights()) else { return };
    let blocks = weights.chunks(block(layer)).zip(biases.chunks(ROWS)).zip(a.chunks_mut(ROWS));
    for ((weights, biases), a) in blocks {
        match (four(weights, x.len()), <&[f32; ROWS]>::try_from(biases)) {
            (Some(rows), Ok(biases)) => {
                let sums = four_sums(rows, x, *biases);
                a.iter_mut().zip(sums).for_each(|(a, sum)| *a = health.sum(sum));
            }
            _ => {
                let rows = weights.chunks_exact(columns(layer)).zip(biases).zip(a);
                rows.for_each(|((row, bias), a)| *a = health.sum(sum(row, x, *bias)));
            }
        }
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
        if steps == [0.0; ROWS] {
            continue;
        }
        match four_mut(weights, x.len()) {
            Some(rows) => four_steps(rows, x, steps),
            None => weights.chunks_exact_mut(columns(layer)).zip(steps).for_each(|(row, step)| move_row(row, x, step)),
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

fn four(weights: &[f32], columns: usize) -> Option<[&[f32]; ROWS]> {
    let (a, rest) = weights.split_at_checked(columns)?;
    let (b, rest) = rest.split_at_checked(columns)?;
    let (c, d) = rest.split_at_checked(columns)?;
    (d.len() == columns).then_some([a, b, c, d])
}

fn four_mut(weights: &mut [f32], columns: usize) -> Option<[&mut [f32]; ROWS]> {
    let (a, rest) = weights.split_at_mut_checked(columns)?;
    let (b, rest) = rest.split_at_mut_checked(columns)?;
    let (c, d) = rest.split_at_mut_checked(columns)?;
    (d.len() == columns).then_some([a, b, c, d])
}

fn four_sums(rows: [&[f32]; ROWS], x: &[f32], mut sums: [f32; ROWS]) -> [f32; ROWS] {
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<COLUMNS>());
    let (x, x_end) = x.as_chunks::<COLUMNS>();
    for ((((x, a), b), c), d) in x.iter().zip(a.0).zip(b.0).zip(c.0).zip(d.0) {
        for i in 0..COLUMNS {
            sums[0] += a[i] * x[i];
            sums[1] += b[i] * x[i];
            sums[2] += c[i] * x[i];
            sums[3] += d[i] * x[i];
        }
    }
    for ((((x, a), b), c), d) in x_end.iter().zip(a.1).zip(b.1).zip(c.1).zip(d.1) {
        sums[0] += a * x;
        sums[1] += b * x;
        sums[2] += c * x;
        sums[3] += d * x;
    }
    sums
}

fn four_steps(rows: [&mut [f32]; ROWS], x: &[f32], steps: [f32; ROWS]) {
    let [a, b, c, d] = rows.map(|row| row.as_chunks_mut::<COLUMNS>());
    let (x, x_end) = x.as_chunks::<COLUMNS>();
    for ((((x, a), b), c), d) in x.iter().zip(a.0).zip(b.0).zip(c.0).zip(d.0) {
        for i in 0..COLUMNS {
            a[i] -= steps[0] * x[i];
            b[i] -= steps[1] * x[i];
            c[i] -= steps[2] * x[i];
            d[i] -= steps[3] * x[i];
        }
    }
    for ((((x, a), b), c), d) in x_end.iter().zip(a.1).zip(b.1).zip(c.1).zip(d.1) {
        *a -= steps[0] * x;
        *b -= steps[1] * x;
        *c -= steps[2] * x;
        *d -= steps[3] * x;
    }
}

fn sum(row: &[f32], x: &[f32], bias: f32) -> f32 {
    row.iter().zip(x).fold(bias, |sum, (w, x)| sum + w * x)
}

fn move_row(row: &mut [f32], x: &[f32], step: f32) {
    row.iter_mut().zip(x).for_each(|(w, x)| *w -= step * x);
}
