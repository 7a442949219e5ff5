//! The loops around the matrix products: the core's own text, compiled for each instruction set and chosen at run time.
//!
//! The bits do not depend on the choice: these loops only do on many values at once what the core does on one.

use super::instructions::for_each_instruction_set;
use super::prefetch::prefetch;
use super::vector::{LANES, totals};
use openloop_core::activation::Activation;
use openloop_core::integer;
use openloop_core::layer::norm::{self, Through};
use openloop_core::layer::{Grid, Pool, pool};
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::{Slots, Step};
use openloop_core::{Error, Shape};
use std::ops::Range;

for_each_instruction_set! {
    /// a = act(z + b) for one sample's block of neurons.
    pub fn bias_and_activation(activation: Activation, bias: &[f32], z: &mut [f32]) {
        z.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        activation.apply(z);
    }
}

for_each_instruction_set! {
    /// See [`integer::learn`].
    pub fn integer_learn(
        network: &integer::Int8Network<'_>, memory: integer::Int8Memory<'_>, x: &[i8], label: u32,
    ) -> Result<integer::Int8Outcome, Error> {
        integer::learn(network, memory, x, label)
    }
}

for_each_instruction_set! {
    /// See [`integer::infer`]; the sums stand at the start of `values`.
    pub fn integer_infer(
        network: &integer::Int8Network<'_>, parameters: &[i8], x: &[i8], activations: &mut [i8], values: &mut [i32],
    ) -> Result<(), Error> {
        integer::infer(network, parameters, x, activations, values).map(|_| ())
    }
}

for_each_instruction_set! {
    /// See [`integer::features`].
    pub fn integer_features(
        front: &integer::Int8Front<'_>, weights: integer::Int8FrontWeights<'_>, x: &[i8], room: &mut [i8], out: &mut [i8],
    ) -> Result<(), Error> {
        integer::features(front, weights, x, room, out)
    }
}

for_each_instruction_set! {
    /// See [`Step::apply`].
    pub fn optimizer_step(step: &Step, parameters: &mut [f32], gradient: &[f32], slots: Slots<'_>) {
        step.apply(parameters, gradient, slots);
    }
}

for_each_instruction_set! {
    /// See [`Matrix::product`].
    pub fn product(
        values: &[f32], shape: (usize, usize), range: Range<usize>, coefficients: &[f32], factor: f32, out: &mut [f32],
    ) {
        Matrix::Stored(values).product(shape.0, shape.1, range, coefficients, factor, out);
    }
}

for_each_instruction_set! {
    /// See [`Activation::gate`].
    pub fn gate(activation: Activation, a: &[f32], signal: &mut [f32]) {
        activation.gate(a, signal);
    }
}

for_each_instruction_set! {
    /// a = act(z + b) for one channel, whose places share a bias.
    pub fn shift_and_activate(activation: Activation, bias: f32, z: &mut [f32]) {
        z.iter_mut().for_each(|z| *z += bias);
        activation.apply(z);
    }
}

for_each_instruction_set! {
    /// See [`pool::forward`]; a channel's values are asked for while those before it are looked at.
    pub fn pool_forward(layer: &Pool, x: &[f32], out: &mut [f32]) {
        let channel = Pool { input: Shape { channels: 1, ..layer.input }, ..*layer };
        let mut channels = x.chunks_exact(channel.input.size()).peekable();
        for out in out.chunks_exact_mut(channel.output().size()) {
            let Some(x) = channels.next() else { return };
            channels.peek().into_iter().for_each(|next| prefetch(next));
            pool::forward(&channel, x, out);
        }
    }
}

for_each_instruction_set! {
    /// The sum of the values: every sixteenth of them together, then these sums by halves.
    pub fn sum(values: &[f32]) -> f32 {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for chunk in chunks {
            sums.iter_mut().zip(chunk).for_each(|(sum, v)| *sum += v);
        }
        sums.iter_mut().zip(rest).for_each(|(sum, v)| *sum += v);
        totals(&[sums])[0]
    }
}

for_each_instruction_set! {
    /// The sum of the squared distances from a centre, in the order of [`sum`].
    pub fn squares(values: &[f32], centre: f32) -> f32 {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for chunk in chunks {
            sums.iter_mut().zip(chunk).for_each(|(sum, v)| *sum += (v - centre) * (v - centre));
        }
        sums.iter_mut().zip(rest).for_each(|(sum, v)| *sum += (v - centre) * (v - centre));
        totals(&[sums])[0]
    }
}

for_each_instruction_set! {
    /// The sum of the products of two slices of one length, in the order of [`sum`].
    pub fn dot(one: &[f32], other: &[f32]) -> f32 {
        let ((chunks, rest), (others, other_rest)) = (one.as_chunks::<LANES>(), other.as_chunks::<LANES>());
        let mut sums = [0.0; LANES];
        for (chunk, other) in chunks.iter().zip(others) {
            sums.iter_mut().zip(chunk.iter().zip(other)).for_each(|(sum, (v, w))| *sum += v * w);
        }
        sums.iter_mut().zip(rest.iter().zip(other_rest)).for_each(|(sum, (v, w))| *sum += v * w);
        totals(&[sums])[0]
    }
}

for_each_instruction_set! {
    /// See [`norm::normalise`]; then the nonlinearity.
    pub fn normalise(
        activation: Activation, of: (f32, f32), scale_and_shift: (f32, f32), a: &mut [f32], units: &mut [f32],
    ) {
        norm::normalise(of.0, of.1, scale_and_shift, a, units);
        activation.apply(a);
    }
}

for_each_instruction_set! {
    /// See [`Grid::average`].
    pub fn average(grid: &Grid, maps: &[f32], means: &mut [f32]) {
        grid.average(maps, means);
    }
}

for_each_instruction_set! {
    /// See [`Grid::spread`].
    pub fn spread(grid: &Grid, of_cells: &[f32], signal: &mut [f32]) {
        grid.spread(of_cells, signal);
    }
}

for_each_instruction_set! {
    /// See [`Through::apply`].
    pub fn normalise_gradient(through: &Through, units: &[f32], delta: &mut [f32]) {
        through.apply(units, delta);
    }
}

/// Samples that show what share of a batch is not 0.
const SHOWN: usize = 8;

/// The share of a batch `[batch, inputs]` that is not 0, as its first samples show it.
pub fn share_not_zero(x: &[f32], inputs: usize) -> f64 {
    let shown = &x[..x.len().min(SHOWN * inputs)];
    count_not_zero(shown) as f64 / shown.len().max(1) as f64
}

for_each_instruction_set! {
    /// How many values are not 0.
    pub fn count_not_zero(values: &[f32]) -> usize {
        let (chunks, rest) = values.as_chunks::<1024>();
        let rest = rest.iter().filter(|v| **v != 0.0).count();
        rest + chunks.iter().map(|chunk| chunk.iter().map(|v| u32::from(*v != 0.0)).sum::<u32>() as usize).sum::<usize>()
    }
}

for_each_instruction_set! {
    /// out = (raw - offset) scale, for bytes.
    pub fn scale_bytes(raw: &[u8], offset: f32, scale: f32, out: &mut [f32]) {
        for (out, &raw) in out.iter_mut().zip(raw) {
            *out = (f32::from(raw) - offset) * scale;
        }
    }
}

for_each_instruction_set! {
    /// out = (raw - offset) scale.
    pub fn scale_floats(raw: &[f32], offset: f32, scale: f32, out: &mut [f32]) {
        for (out, &raw) in out.iter_mut().zip(raw) {
            *out = known_or_0((raw - offset) * scale);
        }
    }
}

/// The value, or 0 where it is NaN.
#[inline(always)]
pub fn known_or_0(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value }
}

for_each_instruction_set! {
    /// gradient `[units, inputs]` = the outer product of delta and x.
    pub fn outer_product(delta: &[f32], x: &[f32], gradient: &mut [f32]) {
        for (&delta, row) in delta.iter().zip(gradient.chunks_exact_mut(x.len())) {
            row.iter_mut().zip(x).for_each(|(g, x)| *g = delta * x);
        }
    }
}
