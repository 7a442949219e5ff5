//! The loops around the matrix products: the core's own text, compiled for each instruction set and chosen at run time.
//!
//! The bits do not depend on the choice: these loops only do on many values at once what the core does on one.

#[cfg(target_arch = "x86_64")]
use super::instructions::{Instructions, instructions};
use super::single::LANES as STRETCH;
use super::sparse::{Entry, LANES, Lists};
use openloop_core::Error;
use openloop_core::activation::Activation;
use openloop_core::integer;
use openloop_core::layer::{Pool, pool};
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::{Slots, Step};
use std::ops::Range;

/// Compiles a function for AVX-512, AVX2 and the baseline, and picks at each call.
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
                match instructions() {
                    // SAFETY: the processor has these instructions
                    Instructions::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: the processor has these instructions
                    Instructions::Avx2 => return unsafe { avx2($($argument),*) },
                    Instructions::Portable => {}
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
    /// Writes what is not 0 in a sample to `entries` from `end` on, stretches of zeros passed over, and moves `end`. There must
    /// be room for one more entry than there are values.
    pub fn list_not_zero(sample: &[f32], entries: &mut [Entry], end: &mut usize) {
        let mut last = *end;
        for (k, stretch) in sample.chunks(STRETCH).enumerate() {
            if stretch.iter().fold(false, |any, v| any | (*v != 0.0)) {
                for (lane, &value) in stretch.iter().enumerate() {
                    // a zero is written too, and then written over
                    entries[last] = Entry { at: (k * STRETCH + lane) as u32, value };
                    last += usize::from(value != 0.0);
                }
            }
        }
        *end = last;
    }
}

for_each_instruction_set! {
    /// sums = the sum of the entries' values times the rows of `matrix: [_, sums.len()]` that they stand for, for at most
    /// [`LANES`] sums.
    pub fn sparse_sums(entries: &[Entry], matrix: &[f32], sums: &mut [f32]) {
        add_up(entries, matrix, sums);
    }
}

/// As [`sparse_sums`], inside another loop. The last sixteen sums may overlap those before them, and come out the same again.
#[inline(always)]
fn add_up(entries: &[Entry], matrix: &[f32], sums: &mut [f32]) {
    let width = sums.len();
    match width {
        LANES => add_up_at::<4>(entries, matrix, [0, 16, 32, 48], sums),
        0..16 => sums.iter_mut().enumerate().for_each(|(i, s)| *s = add_up_one(entries, &matrix[i..], width)),
        16 => add_up_at::<1>(entries, matrix, [0], sums),
        17..33 => add_up_at::<2>(entries, matrix, [0, width - 16], sums),
        33..49 => add_up_at::<3>(entries, matrix, [0, 16, width - 16], sums),
        _ => add_up_at::<4>(entries, matrix, [0, 16, 32, width - 16], sums),
    }
}

/// Sixteen sums from each place on.
#[inline(always)]
fn add_up_at<const N: usize>(entries: &[Entry], matrix: &[f32], places: [usize; N], sums: &mut [f32]) {
    let (width, mut sum) = (sums.len(), [[0.0; 16]; N]);
    for entry in entries {
        let row = &matrix[entry.at as usize * width..][..width];
        for part in 0..N {
            let row: &[f32; 16] = row[places[part]..][..16].try_into().expect("sixteen lanes");
            for lane in 0..16 {
                sum[part][lane] += entry.value * row[lane];
            }
        }
    }
    for part in 0..N {
        sums[places[part]..places[part] + 16].copy_from_slice(&sum[part]);
    }
}

#[inline(always)]
fn add_up_one(entries: &[Entry], column: &[f32], width: usize) -> f32 {
    let mut sum = 0.0;
    for entry in entries {
        sum += entry.value * column[entry.at as usize * width];
    }
    sum
}

for_each_instruction_set! {
    /// One optimizer step on a panel `[inputs, deltas.len()]` by a single sample's inputs that are not 0, for an optimizer
    /// that rests where the gradient is 0; at most [`LANES`] deltas.
    pub fn step_panel_where_not_zero(step: &Step, entries: &[Entry], deltas: &[f32], panel: &mut [f32]) {
        let width = deltas.len();
        match width {
            LANES => return step_lanes_by_entries::<LANES>(step, entries, deltas, panel, 0, 0),
            0..16 => return step_few_by_entries(step, entries, deltas, panel),
            _ => {}
        }
        let mut first = 0;
        while first + 16 <= width {
            step_lanes_by_entries::<16>(step, entries, deltas, panel, first, 0);
            first += 16;
        }
        if first < width {
            step_lanes_by_entries::<16>(step, entries, deltas, panel, width - 16, first + 16 - width);
        }
    }
}

/// As many neurons, from `first` on, of which the first `done` have made their step and make none again.
#[inline(always)]
fn step_lanes_by_entries<const N: usize>(
    step: &Step,
    entries: &[Entry],
    deltas: &[f32],
    panel: &mut [f32],
    first: usize,
    done: usize,
) {
    let (width, mut own) = (deltas.len(), [0.0; N]);
    own[done..].copy_from_slice(&deltas[first + done..first + N]);
    for entry in entries {
        let row = &mut panel[entry.at as usize * width + first..][..N];
        let row: &mut [f32; N] = row.try_into().expect("as many lanes");
        let mut gradient = [0.0; N];
        for lane in 0..N {
            gradient[lane] = entry.value * own[lane];
        }
        step.apply(row, &gradient, Slots::default());
    }
}

#[inline(always)]
fn step_few_by_entries(step: &Step, entries: &[Entry], deltas: &[f32], panel: &mut [f32]) {
    for entry in entries {
        let row = &mut panel[entry.at as usize * deltas.len()..][..deltas.len()];
        step_by_outer_product(step, entry.value, deltas, row, Slots::default());
    }
}

for_each_instruction_set! {
    /// One optimizer step on a panel `[inputs, deltas.len()]` by a single sample.
    pub fn step_panel_by_sample(step: &Step, x: &[f32], deltas: &[f32], panel: &mut [f32], slots: &mut Slots<'_>) {
        for (input, (&x, row)) in x.iter().zip(panel.chunks_exact_mut(deltas.len())).enumerate() {
            let slots = slots.range(input * deltas.len(), (input + 1) * deltas.len());
            step_by_outer_product(step, x, deltas, row, slots);
        }
    }
}

/// One optimizer step by the gradient x delta.
#[inline(always)]
fn step_by_outer_product(step: &Step, x: f32, deltas: &[f32], row: &mut [f32], slots: Slots<'_>) {
    let mut gradient = [0.0; LANES];
    let gradient = &mut gradient[..deltas.len()];
    for (g, delta) in gradient.iter_mut().zip(deltas) {
        *g = x * delta;
    }
    step.apply(row, gradient, slots);
}

for_each_instruction_set! {
    /// One optimizer step on a panel `[inputs, width]` by a batch's `deltas: [batch, width]`; the lists are by input.
    pub fn step_panel(step: &Step, inputs: &Lists, deltas: &[f32], panel: &mut [f32], width: usize, slots: &mut Slots<'_>) {
        for (input, row) in panel.chunks_exact_mut(width).enumerate() {
            let entries = inputs.of(input);
            if entries.is_empty() && step.rests_at_zero() {
                continue;
            }
            let mut gradient = [0.0; LANES];
            add_up(entries, deltas, &mut gradient[..width]);
            step.apply(row, &gradient[..width], slots.range(input * width, (input + 1) * width));
        }
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
