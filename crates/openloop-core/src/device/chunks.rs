//! The loops over a layer's weights, eight inputs at a time, for which each neuron in turn takes its part.
//!
//! What counts on a small processor is how its registers are filled: eight weights and eight inputs that come as sixteen
//! arguments lie in neighbouring registers by the calling convention, and stay there, so that one instruction fetches or
//! stores the eight weights of a neuron.

use core::cell::Cell;
use core::sync::atomic::{Ordering, compiler_fence};

/// Inputs at a time.
const COLUMNS: usize = 8;
/// Where every operation on numbers is a call, there are no registers to keep inputs in, and plain loops take less stack. (What
/// the compiler knows of a target does not tell a 32-bit RISC-V with a floating-point unit from one without.)
const PLAIN: bool = cfg!(any(target_arch = "riscv32", target_abi = "eabi"));
/// Some inputs, or a neuron's weights for them.
type Chunk = [f32; COLUMNS];

/// sums += W x for the inputs in chunks; returns how many these are.
pub(super) fn add_rows(weights: &[f32], x: &[f32], sums: &mut [f32]) -> usize {
    let chunks = in_chunks(x);
    let mut rest = weights;
    for &[a, b, c, d, e, f, g, h] in chunks {
        let Some((&[i, j, k, l, m, n, o, p], after)) = rest.split_first_chunk() else { break };
        add_columns(i, j, k, l, m, n, o, p, a, b, c, d, e, f, g, h, after, x.len(), sums);
        rest = after;
    }
    chunks.as_flattened().len()
}

/// sums += W x for eight inputs: the first neuron's weights for them, the inputs, and what follows those weights in rows that
/// are `stride` long. A neuron's weights are fetched at the end of the turn before.
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the calling convention puts them into neighbouring registers")]
#[rustfmt::skip]
fn add_columns(
    i: f32, j: f32, k: f32, l: f32, m: f32, n: f32, o: f32, p: f32,
    a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32,
    rest: &[f32], stride: usize, sums: &mut [f32],
) {
    let (mut w, x) = ([i, j, k, l, m, n, o, p], [a, b, c, d, e, f, g, h]);
    let Some((last, sums)) = sums.split_last_mut() else { return };
    for (row, sum) in rest.chunks_exact(stride.max(COLUMNS)).zip(sums) {
        *sum = add_chunk(*sum, &w, &x);
        compiler_fence(Ordering::SeqCst); // keeps the fetch in its place, where the registers are free again
        let Some(next) = row.last_chunk() else { return };
        w = *next;
    }
    *last = add_chunk(*last, &w, &x);
}

/// W -= steps x^T for the inputs in chunks; returns how many these are.
pub(super) fn move_rows(weights: &mut [f32], x: &[f32], steps: &[f32]) -> usize {
    let chunks = in_chunks(x);
    let mut rest = weights;
    for &[a, b, c, d, e, f, g, h] in chunks {
        let Some(&[i, j, k, l, m, n, o, p]) = rest.first_chunk() else { break };
        let weights = Cell::from_mut(&mut *rest).as_slice_of_cells();
        move_columns(i, j, k, l, m, n, o, p, a, b, c, d, e, f, g, h, weights, x.len(), steps);
        let Some((_, after)) = rest.split_first_chunk_mut::<COLUMNS>() else { break };
        rest = after;
    }
    chunks.as_flattened().len()
}

/// W -= steps x^T for eight inputs: the first neuron's weights for them, the inputs, and all weights from those on, in rows that
/// are `stride` long. Cells, because a neuron's weights are fetched before the loop comes to its row.
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the calling convention puts them into neighbouring registers")]
#[rustfmt::skip]
fn move_columns(
    i: f32, j: f32, k: f32, l: f32, m: f32, n: f32, o: f32, p: f32,
    a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32,
    weights: &[Cell<f32>], stride: usize, steps: &[f32],
) {
    let (mut w, x) = ([i, j, k, l, m, n, o, p], [a, b, c, d, e, f, g, h]);
    let Some((last, steps)) = steps.split_last() else { return };
    let (mut rest, stride) = (weights, stride.max(COLUMNS));
    for step in steps {
        let Some((row, after)) = rest.split_at_checked(stride) else { return };
        let Some(own) = row.first_chunk() else { return };
        set(own, move_chunk(w, &x, *step));
        compiler_fence(Ordering::SeqCst); // keeps the fetch in its place, where the registers are free again
        let Some(next) = after.first_chunk() else { return };
        w = get(next);
        rest = after;
    }
    if let Some(own) = rest.first_chunk() {
        set(own, move_chunk(w, &x, *last));
    }
}

/// The inputs that make whole chunks.
#[inline(always)]
fn in_chunks(x: &[f32]) -> &[Chunk] {
    if PLAIN { &[] } else { x.as_chunks().0 }
}

#[inline(always)]
fn add_chunk(sum: f32, w: &Chunk, x: &Chunk) -> f32 {
    let sum = sum + w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
    sum + w[4] * x[4] + w[5] * x[5] + w[6] * x[6] + w[7] * x[7]
}

#[inline(always)]
fn move_chunk(w: Chunk, x: &Chunk, step: f32) -> Chunk {
    let ([i, j, k, l, m, n, o, p], [a, b, c, d, e, f, g, h]) = (w, *x);
    [i - step * a, j - step * b, k - step * c, l - step * d, m - step * e, n - step * f, o - step * g, p - step * h]
}

#[inline(always)]
fn get(cells: &[Cell<f32>; COLUMNS]) -> Chunk {
    let [a, b, c, d, e, f, g, h] = cells;
    [a.get(), b.get(), c.get(), d.get(), e.get(), f.get(), g.get(), h.get()]
}

#[inline(always)]
fn set(cells: &[Cell<f32>; COLUMNS], values: Chunk) {
    cells.iter().zip(values).for_each(|(cell, value)| cell.set(value));
}
