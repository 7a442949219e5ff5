//! What a layer does with its weights: the forward pass and the step, each in the order of the plain
//! [`dense::forward`](crate::layer::dense::forward), so that the bits are its own.

#[cfg(not(cortex_fpu))]
use super::chunks;
use super::health::Health;
use super::part::Part;
#[cfg(cortex_fpu)]
use crate::cortex::floats as chunks;

/// a = W x + b, sums made harmless; what is left is the nonlinearity.
pub(super) fn forward(part: &mut Part<'_>, health: &mut Health) {
    let Some((weights, biases)) = part.own.split_at_checked(part.layer.weights()) else { return };
    part.a.iter_mut().zip(biases).for_each(|(sum, bias)| *sum = *bias);
    add_rows(weights, part.x, part.a);
    health.sums(part.a);
}

/// One step of `count` neurons from `first` on: w -= rate delta x and b -= rate delta. A step that is no number is left out.
/// The deltas lie where the signal does; the steps take their place.
pub(super) fn step(part: &mut Part<'_>, first: usize, count: usize, rate: f32, health: &mut Health) {
    let x = part.x;
    let (Some((weights, biases)), Some(delta)) =
        (part.own.split_at_mut_checked(part.layer.weights()), part.signal.get_mut(..count))
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

/// sums += W x
fn add_rows(weights: &[f32], x: &[f32], sums: &mut [f32]) {
    let done = chunks::add_rows(weights, x, sums);
    let (Some(mut rest), Some(x_end @ [_, ..])) = (weights.get(done..), x.get(done..)) else { return };
    for sum in sums {
        *sum = x_end.iter().zip(rest).fold(*sum, |sum, (x, w)| sum + w * x);
        rest = rest.get(x.len()..).unwrap_or_default();
    }
}

/// W -= steps x^T
fn move_rows(weights: &mut [f32], x: &[f32], steps: &[f32]) {
    let done = chunks::move_rows(weights, x, steps);
    let (Some(mut rest), Some(x_end @ [_, ..])) = (weights.get_mut(done..), x.get(done..)) else { return };
    for step in steps {
        x_end.iter().zip(&mut *rest).for_each(|(x, w)| *w -= step * x);
        rest = rest.get_mut(x.len()..).unwrap_or_default();
    }
}
