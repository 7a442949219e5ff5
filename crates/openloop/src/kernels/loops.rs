//! The loops around the matrix products: the core's own text, compiled for each instruction set and chosen at run time.
//!
//! The bits do not depend on the choice: these loops only do on many values at once what the core does on one.

use super::sparse::{Entry, LANES};
use openloop_core::activation::Activation;
use openloop_core::layer::{Pool, pool};
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::{Slots, Step};
use std::ops::Range;

/// Compiles a function for AVX-512, AVX2 and the baseline, and picks at each call (the check is a cached flag).
macro_rules! for_each_instruction_set {
    ($(#[$doc:meta])* pub fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        #[inline]
        pub fn $name($($argument: $type),*) {
            #[inline(always)]
            fn body($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($argument: $type),*) { body($($argument),*) }
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) { body($($argument),*) }
                if is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
                {
                    // SAFETY: the processor has these instructions
                    return unsafe { avx512($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has these instructions
                    return unsafe { avx2($($argument),*) };
                }
            }
            body($($argument),*)
        }
    };
}

for_each_instruction_set! {
    /// a = act(z + b) for one sample's block of neurons.
    pub fn bias_and_activation(activation: Activation, bias: &[f32], z: &mut [f32]) {
        z.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        activation.apply(z);
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
    /// See [`pool::forward`].
    pub fn pool_forward(layer: &Pool, x: &[f32], out: &mut [f32]) {
        pool::forward(layer, x, out);
    }
}

for_each_instruction_set! {
    /// count = how many values are not 0.
    pub fn count_not_zero(values: &[f32], count: &mut usize) {
        let chunks = values.chunks_exact(1024);
        let rest = chunks.remainder().iter().filter(|v| **v != 0.0).count();
        *count = rest + chunks.map(|chunk| chunk.iter().map(|v| u32::from(*v != 0.0)).sum::<u32>() as usize).sum::<usize>();
    }
}

for_each_instruction_set! {
    /// out = the sum of the entries' values times the rows of `matrix: [_, LANES]` that they stand for.
    pub fn sparse_sum(entries: &[Entry], matrix: &[f32], out: &mut [f32; LANES]) {
        let mut sum = [0.0; LANES];
        for entry in entries {
            let row = &matrix[entry.at as usize * LANES..][..LANES];
            sum.iter_mut().zip(row).for_each(|(sum, m)| *sum += entry.value * m);
        }
        *out = sum;
    }
}
