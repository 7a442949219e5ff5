//! The loops over a panel `[inputs, neurons]` and a batch whose inputs are mostly not 0: a tile of [`TALL`] samples, or of so
//! many inputs, by all neurons of the panel, whose sums stay in registers from start to end.
//!
//! For AVX-512, whose 32 registers hold the 24 sums of a whole panel's tile. A sum takes samples, or inputs, one by one in their
//! order, whatever tile it falls into, so the bits do not depend on how the work is split.

use super::instructions::{Instructions, for_each_instruction_set, instructions};
use super::panel_loops::{Parts, WIDTH, by_parts};
use super::vector::{LANES, Vectors};
use openloop_core::optimizer::{Slots, Step};
use std::ops::Range;

/// Samples in a tile of sums, and inputs in one of gradients.
const TALL: usize = 6;
/// Inputs whose weights in a panel stay in the nearest cache beside a tile's samples.
const DEPTH: usize = 112;

/// Whether these loops are faster than what else there is.
pub fn suit() -> bool {
    instructions() == Instructions::Avx512
}

/// The inputs, as many at a time as are best taken together.
pub fn stretches(inputs: usize) -> impl Iterator<Item = Range<usize>> {
    (0..inputs).step_by(DEPTH).map(move |first| first..inputs.min(first + DEPTH))
}

/// A batch `[batch, inputs]`, of whose inputs some are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'x> {
    x: &'x [f32],
    inputs: usize,
    first: usize,
    count: usize,
}

impl<'x> Batch<'x> {
    /// Some inputs of a batch.
    pub fn new(x: &'x [f32], inputs: usize, looked_at: Range<usize>) -> Self {
        assert!(x.len().is_multiple_of(inputs) && looked_at.start <= looked_at.end && looked_at.end <= inputs);
        Batch { x, inputs, first: looked_at.start, count: looked_at.len() }
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
    /// z += W x for the inputs that are looked at, whose weights are `panel: [inputs, width]`, and `z: [batch, width]`.
    pub fn add_sums<vectors>(panel: &[f32], width: usize, batch: Batch<'_>, z: &mut [f32]) {
        let Batch { x, inputs, first, count } = batch;
        assert!(panel.len() == count * width && z.len() == x.len() / inputs * width);
        by_parts!(vectors, width, |parts| {
            for (x, z) in x.chunks(TALL * inputs).zip(z.chunks_mut(TALL * width)) {
                for_tile!(x.len() / inputs, parts.add_tile(panel, (x, inputs, first), z));
            }
        }, {
            for (x, z) in x.chunks_exact(inputs).zip(z.chunks_exact_mut(width)) {
                for (x, row) in x[first..].iter().zip(panel.chunks_exact(width)) {
                    z.iter_mut().zip(row).for_each(|(z, w)| *z += x * w);
                }
            }
        });
    }
}

for_each_instruction_set! {
    /// One optimizer step on the weights `panel: [inputs, width]` of the inputs that are looked at, by a batch's
    /// `deltas: [batch, width]`.
    pub fn step_panel_by_batch<vectors>(
        step: &Step, batch: Batch<'_>, deltas: &[f32], panel: &mut [f32], width: usize, slots: &mut Slots<'_>,
    ) {
        let Batch { x, inputs, first, count } = batch;
        assert!(panel.len() == count * width && deltas.len() == x.len() / inputs * width);
        let mut gradient = [0.0; TALL * WIDTH];
        for (tile, rows) in panel.chunks_mut(TALL * width).enumerate() {
            let (gradient, tall) = (&mut gradient[..rows.len()], rows.len() / width);
            let column = first + tile * TALL;
            by_parts!(vectors, width, |parts| {
                for_tile!(tall, parts.gradient_tile((x, inputs, column), deltas, gradient))
            }, {
                gradient.fill(0.0);
                for (x, delta) in x.chunks_exact(inputs).zip(deltas.chunks_exact(width)) {
                    for (x, row) in x[column..].iter().zip(gradient.chunks_exact_mut(width)) {
                        row.iter_mut().zip(delta).for_each(|(g, delta)| *g += x * delta);
                    }
                }
            });
            let start = tile * TALL * width;
            step.apply(rows, gradient, slots.range(start, start + rows.len()));
        }
    }
}

impl<V: Vectors, const N: usize> Parts<V, N> {
    /// z += W x for S samples, some of whose inputs have the weights `panel`.
    #[inline(always)]
    fn add_tile<const S: usize>(self, panel: &[f32], (x, inputs, first): (&[f32], usize, usize), z: &mut [f32]) {
        let (vectors, width) = (self.vectors, self.width);
        assert!(x.len() == S * inputs && z.len() == S * width && first + panel.len() / width <= inputs);
        let mut sums = [[vectors.splat(0.0); N]; S];
        for (sums, z) in sums.iter_mut().zip(z.chunks_exact(width)) {
            *sums = self.read(z);
        }
        for (input, weights) in panel.chunks_exact(width).enumerate() {
            let weights = self.read(weights);
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

    /// gradient = delta^T x for T inputs from `first` on.
    #[inline(always)]
    fn gradient_tile<const T: usize>(
        self,
        (x, inputs, first): (&[f32], usize, usize),
        deltas: &[f32],
        gradient: &mut [f32],
    ) {
        let (vectors, width) = (self.vectors, self.width);
        assert!(gradient.len() == T * width && first + T <= inputs);
        let mut sums = [[vectors.splat(0.0); N]; T];
        for (x, delta) in x.chunks_exact(inputs).zip(deltas.chunks_exact(width)) {
            let delta = self.read(delta);
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
