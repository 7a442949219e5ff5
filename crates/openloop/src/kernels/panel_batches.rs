//! The loops over a panel `[inputs, neurons]` and a batch whose inputs are mostly not 0: a tile of [`TALL`] samples, or of so
//! many inputs, by all neurons of the panel, whose sums stay in registers from start to end.
//!
//! For AVX-512, whose 32 registers hold the 24 sums of a whole panel's tile. A sum takes samples, or inputs, one by one in their
//! order, whatever tile it falls into, so the bits do not depend on how the work is split.

use super::blocks::step_by;
use super::instructions::for_each_instruction_set;
use super::panel_loops::{RowVectors, WIDTH, by_parts};
use super::prefetch::prefetch_behind;
use super::vector::{LANES, Vectors};
use openloop_core::optimizer::{Slots, Step};
use std::ops::Range;

/// Samples in a tile of sums, and inputs in one of gradients.
const TALL: usize = 6;
/// Inputs whose weights in a panel stay in the nearest cache beside a tile's samples.
const DEPTH: usize = 128;

/// The inputs, as many at a time as are best taken together.
pub fn stretches(inputs: usize) -> impl Iterator<Item = Range<usize>> {
    step_by(0..inputs, DEPTH)
}

/// Neighbouring inputs of a batch `[batch, inputs]`.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'x> {
    x: &'x [f32],
    inputs: usize,
    first: usize,
    count: usize,
}

impl<'x> Stretch<'x> {
    /// Those in `range`.
    pub fn new(x: &'x [f32], inputs: usize, range: Range<usize>) -> Self {
        assert!(x.len().is_multiple_of(inputs) && range.start <= range.end && range.end <= inputs);
        Stretch { x, inputs, first: range.start, count: range.len() }
    }
}

/// Calls a method for a tile that is so tall.
macro_rules! for_tile {
    ($tall:expr, $parts:ident.$method:ident($($argument:expr),*)) => {
        match $tall {
            1 => $parts.$method::<1>($($argument),*),
            2 => $parts.$method::<2>($($argument),*),
            3 => $parts.$method::<3>($($argument),*),
            4 => $parts.$method::<4>($($argument),*),
            5 => $parts.$method::<5>($($argument),*),
            _ => $parts.$method::<TALL>($($argument),*),
        }
    };
}

for_each_instruction_set! {
    /// z += W x for some inputs, whose weights are `panel: [inputs, width]`, and `z: [batch, width]`.
    pub fn add_sums<vectors>(panel: &[f32], width: usize, stretch: Stretch<'_>, z: &mut [f32]) {
        let Stretch { x, inputs, count, .. } = stretch;
        assert!(panel.len() == count * width && z.len() == x.len() / inputs * width);
        by_parts!(vectors, width, |parts| {
            for (tile, (x, z)) in x.chunks(TALL * inputs).zip(z.chunks_mut(TALL * width)).enumerate() {
                for_tile!(x.len() / inputs, parts.add_tile(panel, Stretch { x, ..stretch }, z, tile));
            }
        });
    }
}

for_each_instruction_set! {
    /// One optimizer step on the weights `panel: [inputs, width]` of some inputs, by a batch's `deltas: [batch, width]`.
    pub fn step_panel_by_batch<vectors>(
        step: &Step, stretch: Stretch<'_>, deltas: &[f32], panel: &mut [f32], width: usize, slots: &mut Slots<'_>,
    ) {
        let Stretch { x, inputs, first, count } = stretch;
        assert!(panel.len() == count * width && deltas.len() == x.len() / inputs * width);
        let mut gradient = [0.0; TALL * WIDTH];
        for (tile, weights) in panel.chunks_mut(TALL * width).enumerate() {
            let (gradient, start) = (&mut gradient[..weights.len()], tile * TALL * width);
            let slots = slots.range(start, start + weights.len());
            let tile = Stretch { first: first + tile * TALL, count: weights.len() / width, ..stretch };
            by_parts!(vectors, width, |parts| {
                for_tile!(tile.count, parts.gradient_tile(tile, deltas, gradient, [weights, slots.first]))
            });
            step.apply(weights, gradient, slots);
        }
    }
}

impl<V: Vectors, const N: usize> RowVectors<V, N> {
    /// z += W x for S samples, some of whose inputs have the weights `panel`. Meanwhile the weights behind them are asked for,
    /// further on with every `tile`.
    #[inline(always)]
    fn add_tile<const S: usize>(self, panel: &[f32], stretch: Stretch<'_>, z: &mut [f32], tile: usize) {
        let (RowVectors { vectors, width }, Stretch { x, inputs, first, count }) = (self, stretch);
        assert!(x.len() == S * inputs && z.len() == S * width && first + count <= inputs);
        assert!(panel.len() == count * width);
        let mut sums = [[vectors.splat(0.0); N]; S];
        for (sample, sums) in sums.iter_mut().enumerate() {
            self.read_into(&z[sample * width..(sample + 1) * width], sums);
        }
        for (input, weights) in panel.chunks_exact(width).enumerate() {
            let weights = self.read(weights);
            prefetch_behind(panel, panel.len() + (tile * count + input) * LANES);
            prefetch_behind(x, input % S * inputs + first + count + input / S * LANES);
            for (sample, sums) in sums.iter_mut().enumerate() {
                // SAFETY: there are S samples, and the inputs with these weights lie within each
                let value = vectors.splat(unsafe { *x.get_unchecked(sample * inputs + first + input) });
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = vectors.multiply_add(value, weights, *sum);
                }
            }
        }
        for (sums, z) in sums.into_iter().zip(z.chunks_exact_mut(width)) {
            self.write(sums, z);
        }
    }

    /// gradient = delta^T x for T inputs. Meanwhile what lies two tiles behind the values that `changed` is asked for.
    #[inline(always)]
    fn gradient_tile<const T: usize>(
        self,
        stretch: Stretch<'_>,
        deltas: &[f32],
        gradient: &mut [f32],
        changed: [&[f32]; 2],
    ) {
        let (RowVectors { vectors, width }, Stretch { x, inputs, first, count }) = (self, stretch);
        assert!(count == T && gradient.len() == T * width && first + T <= inputs);
        let mut sums = [[vectors.splat(0.0); N]; T];
        for (sample, (x, delta)) in x.chunks_exact(inputs).zip(deltas.chunks_exact(width)).enumerate() {
            let delta = self.read(delta);
            prefetch_behind(changed[0], 2 * gradient.len() + sample * LANES);
            prefetch_behind(changed[1], 2 * gradient.len() + sample * LANES);
            prefetch_behind(x, first + T + LANES);
            for (input, sums) in sums.iter_mut().enumerate() {
                // SAFETY: T inputs from the first on lie within the sample
                let value = vectors.splat(unsafe { *x.get_unchecked(first + input) });
                for (sum, delta) in sums.iter_mut().zip(delta) {
                    *sum = vectors.multiply_add(value, delta, *sum);
                }
            }
        }
        for (sums, gradient) in sums.into_iter().zip(gradient.chunks_exact_mut(width)) {
            self.write(sums, gradient);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::optimizer::Optimizer;

    /// Values without a pattern that are sums of few powers of two, so that no order of a sum rounds.
    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 37 + seed * 11 + i / 7) % 9) as f32 - 4.0).collect()
    }

    #[test]
    fn sums_and_steps_of_any_shape_are_those_of_the_definition() {
        for (batch, inputs, width) in
            [(0, 9, 64), (1, 1, 1), (2, 17, 15), (5, 40, 16), (6, 12, 17), (7, 31, 33), (13, 205, 49), (20, 30, 64)]
        {
            let (panel, x, deltas) = (values(inputs * width, 1), values(batch * inputs, 2), values(batch * width, 3));
            let (mut z, mut stepped) = (vec![0.0; batch * width], panel.clone());
            let step = Optimizer::Sgd.step(1, 0.5);
            for columns in [0..inputs / 3, inputs / 3..inputs] {
                let weights = columns.start * width..columns.end * width;
                let some = Stretch::new(&x, inputs, columns);
                add_sums(&panel[weights.clone()], width, some, &mut z);
                step_panel_by_batch(&step, some, &deltas, &mut stepped[weights], width, &mut Slots::default());
            }
            for (i, z) in z.into_iter().enumerate() {
                let (sample, unit) = (i / width, i % width);
                let sum: f32 = (0..inputs).map(|i| panel[i * width + unit] * x[sample * inputs + i]).sum();
                assert_eq!(z, sum, "{batch} samples, {inputs} inputs, {width} neurons");
            }
            for (i, weight) in stepped.into_iter().enumerate() {
                let (input, unit) = (i / width, i % width);
                let sum: f32 = (0..batch).map(|s| deltas[s * width + unit] * x[s * inputs + input]).sum();
                assert_eq!(weight, panel[i] - 0.5 * sum, "{batch} samples, {inputs} inputs, {width} neurons");
            }
        }
    }

    #[test]
    fn stretches_cover_all_inputs_in_their_order() {
        for inputs in [1, DEPTH - 1, DEPTH, DEPTH + 1, 784] {
            let mut next = 0;
            for columns in stretches(inputs) {
                assert!(columns.start == next && !columns.is_empty() && columns.len() <= DEPTH);
                next = columns.end;
            }
            assert_eq!(next, inputs);
        }
    }
}
