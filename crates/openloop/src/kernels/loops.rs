//! The loops around the matrix products: the core's own text, compiled for each instruction set and chosen at run time.
//!
//! The bits do not depend on the choice: these loops only do on many values at once what the core does on one.

use super::single::LANES as STRETCH;
use super::sparse::{Entry, LANES};
use openloop_core::Error;
use openloop_core::activation::Activation;
use openloop_core::integer;
use openloop_core::layer::{Pool, pool};
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::{Slots, Step};
use std::ops::Range;

/// Compiles a function for AVX-512, AVX2 and the baseline, and picks at each call (the check is a cached flag).
macro_rules! for_each_instruction_set {
    ($(#[$doc:meta])* pub fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$doc])*
        #[inline]
        pub fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body($($argument: $type),*) $(-> $result)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($argument: $type),*) $(-> $result)? { body($($argument),*) }
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? { body($($argument),*) }
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
    /// See [`integer::learn`].
    pub fn integer_learn(
        network: &integer::Network<'_>, memory: integer::Memory<'_>, x: &[i8], label: u32,
    ) -> Result<integer::Outcome, Error> {
        integer::learn(network, memory, x, label)
    }
}

for_each_instruction_set! {
    /// See [`integer::infer`]; the sums stand at the start of `values`.
    pub fn integer_infer(
        network: &integer::Network<'_>, parameters: &[i8], x: &[i8], activations: &mut [i8], values: &mut [i32],
    ) -> Result<(), Error> {
        integer::infer(network, parameters, x, activations, values).map(|_| ())
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

for_each_instruction_set! {
    /// starts = where the stretches of `x` start that are not all 0.
    pub fn find_stretches(x: &[f32], starts: &mut Vec<u32>) {
        for (k, stretch) in x.chunks(STRETCH).enumerate() {
            // what is no number is not 0
            if stretch.iter().fold(false, |any, v| any | (*v != 0.0)) {
                starts.push((k * STRETCH) as u32);
            }
        }
    }
}

for_each_instruction_set! {
    /// z[i] = row i times x over the stretches, in four sums of as many lanes, which are added at the end.
    pub fn rows_times_sample(rows: &[f32], x: &[f32], starts: &[u32], z: &mut [f32]) {
        let (whole, rest) = whole_stretches(starts, x.len());
        let fours = whole.chunks_exact(4);
        for (z, row) in z.iter_mut().zip(rows.chunks_exact(x.len())) {
            let (mut a, mut b, mut c, mut d) = ([0.0; STRETCH], [0.0; STRETCH], [0.0; STRETCH], [0.0; STRETCH]);
            for four in fours.clone() {
                add_products(&mut a, row, x, four[0]);
                add_products(&mut b, row, x, four[1]);
                add_products(&mut c, row, x, four[2]);
                add_products(&mut d, row, x, four[3]);
            }
            for start in fours.remainder() {
                add_products(&mut a, row, x, *start);
            }
            let last = rest.first().map_or(x.len(), |start| *start as usize);
            let end = row[last..].iter().zip(&x[last..]).map(|(w, x)| w * x).sum::<f32>();
            *z = total(&[a, b, c, d]) + end;
        }
    }
}

/// The stretches that lie within `length` inputs, and the one that may end early.
fn whole_stretches(starts: &[u32], length: usize) -> (&[u32], &[u32]) {
    starts.split_at(starts.partition_point(|start| *start as usize + STRETCH <= length))
}

/// sum += w x, lane by lane, for the stretch that starts at `start`.
#[inline(always)]
fn add_products(sum: &mut [f32; STRETCH], w: &[f32], x: &[f32], start: u32) {
    let (w, x) = (&w[start as usize..][..STRETCH], &x[start as usize..][..STRETCH]);
    for lane in 0..STRETCH {
        sum[lane] += w[lane] * x[lane];
    }
}

/// The sum of all lanes, by halves.
// inlined, the compiler would form the sums above in the shape of this tree, two lanes at a time
#[inline(never)]
fn total([a, b, c, d]: &[[f32; STRETCH]; 4]) -> f32 {
    let mut lanes = [0.0; STRETCH];
    for lane in 0..STRETCH {
        lanes[lane] = (a[lane] + b[lane]) + (c[lane] + d[lane]);
    }
    let mut width = STRETCH / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

for_each_instruction_set! {
    /// One optimizer step on the stretches of a row of weights, by the gradient delta x.
    pub fn step_row(step: &Step, row: &mut [f32], delta: f32, x: &[f32], starts: &[u32]) {
        let (whole, rest) = whole_stretches(starts, x.len());
        for &start in whole {
            let (start, mut gradient) = (start as usize, [0.0; STRETCH]);
            let x: &[f32; STRETCH] = x[start..][..STRETCH].try_into().expect("a whole stretch");
            for lane in 0..STRETCH {
                gradient[lane] = delta * x[lane];
            }
            let row: &mut [f32; STRETCH] = (&mut row[start..][..STRETCH]).try_into().expect("a whole stretch");
            step.apply(row, &gradient, Slots::default());
        }
        for &start in rest {
            for (w, x) in row[start as usize..].iter_mut().zip(&x[start as usize..]) {
                step.apply(std::slice::from_mut(w), &[delta * x], Slots::default());
            }
        }
    }
}

for_each_instruction_set! {
    /// gradient `[units, inputs]` = the outer product of delta and x.
    pub fn outer_product(delta: &[f32], x: &[f32], gradient: &mut [f32]) {
        for (&delta, row) in delta.iter().zip(gradient.chunks_exact_mut(x.len())) {
            row.iter_mut().zip(x).for_each(|(g, x)| *g = delta * x);
        }
    }
}
