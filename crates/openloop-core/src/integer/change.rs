//! How the weights of one panel change, their steps rounded at random. A microcontroller and a processor with vectors walk the
//! rows in different ways, which come to the same bytes.

use super::random::NOISE_STEP;
#[cfg(cortex_dsp)]
use crate::cortex;
use core::hint::black_box;
use core::sync::atomic::{Ordering, compiler_fence};

/// Which of two equal ways a panel is walked; a microcontroller has few registers.
pub(super) const FEW_REGISTERS: bool = cfg!(target_os = "none");

/// w += delta x / 2^16 in every `stride`th row from `first` on, rounded up or down at random so that the mean is exact,
/// and kept within a byte. Returns how many weights would have left it.
#[inline(always)]
pub(super) fn change<const W: usize>(
    rows: &mut [[i8; W]],
    x: &[i8],
    delta: &[i32; W],
    noise: u32,
    which: (usize, usize),
) -> u32 {
    #[cfg(cortex_dsp)]
    if let ([low, high], (0, 1)) = (&delta[..], which) {
        let (rows, delta) = (rows.as_flattened_mut().as_chunks_mut().0, [*low, *high]);
        return change_pairs(rows, x, delta, noise);
    }
    match FEW_REGISTERS && W > 1 {
        true => change_by_columns(rows, x, delta, noise, which),
        false => change_by_rows(rows, x, &pairs(delta), noise, which),
    }
}

/// Few registers are enough for two columns, so the rows are walked once for every two.
#[inline(never)]
fn change_by_columns<const W: usize>(
    rows: &mut [[i8; W]],
    x: &[i8],
    delta: &[i32; W],
    noise: u32,
    (first, stride): (usize, usize),
) -> u32 {
    let (pairs, step) = (W / 2, NOISE_STEP.wrapping_mul(W as u32 / 2));
    let (rows, x) = (rows.as_flattened_mut().as_chunks_mut().0, x.get(first..).unwrap_or_default());
    let (mut noise, mut saturated) = (noise, 0);
    for (pair, delta) in delta.as_chunks().0.iter().enumerate().take(pairs) {
        let columns = rows.get_mut(first * pairs + pair..).unwrap_or_default();
        saturated += change_columns(columns, pairs, x, stride, *delta, noise, step);
        noise = noise.wrapping_add(NOISE_STEP);
    }
    saturated
}

/// All rows of two columns.
#[cfg(cortex_dsp)]
#[inline(always)]
fn change_pairs(rows: &mut [[i8; 2]], x: &[i8], delta: [i32; 2], noise: u32) -> u32 {
    let both = delta[0] as u32 & 0xffff | (delta[1] as u32) << 16;
    let (done, saturated) = cortex::changes::change_pairs(rows, x, both, noise.wrapping_add(NOISE_STEP), NOISE_STEP);
    let (rows, x) = (rows.get_mut(done..).unwrap_or_default(), x.get(done..).unwrap_or_default());
    let noise = noise.wrapping_add(NOISE_STEP.wrapping_mul(done as u32));
    saturated + change_columns(rows, 1, x, 1, delta, noise, NOISE_STEP)
}

/// The same for the first two columns alone, in rows that are `pairs` pairs long.
#[inline(never)]
fn change_columns(
    rows: &mut [[i8; 2]],
    pairs: usize,
    x: &[i8],
    stride: usize,
    delta: [i32; 2],
    mut noise: u32,
    step: u32,
) -> u32 {
    let (mut saturated, mut j) = (0, 0);
    while let Some(&x) = x.get(j) {
        noise = noise.wrapping_add(step);
        if x != 0 {
            let [low, high] = steps(delta, x as i32, noise);
            if (low | high) as u32 >> 16 != 0
                // found anew: a place that is kept up to date in every turn would take two registers more
                && let Some([a, b]) = rows.get_mut(black_box(j) * pairs)
            {
                saturated += move_weight(a, low) as u32;
                compiler_fence(Ordering::SeqCst); // one after the other: there are few registers
                saturated += move_weight(b, high) as u32;
            }
        }
        j += stride;
    }
    saturated
}

/// Row by row, where the registers hold a whole one.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn change_by_rows<const W: usize>(
    rows: &mut [[i8; W]],
    x: &[i8],
    delta: &Pairs,
    mut noise: u32,
    (first, stride): (usize, usize),
) -> u32 {
    let (mut saturated, mut j) = (0, first);
    while let (Some(row), Some(&x)) = (rows.get_mut(j), x.get(j)) {
        noise = noise.wrapping_add(NOISE_STEP.wrapping_mul(W.div_ceil(2) as u32));
        if x != 0 {
            saturated += change_row_at_once(row, x as i32, delta, noise);
        }
        j += stride;
    }
    saturated
}

/// The two steps of a pair of weights, in units of 2^-16 and with the noise added: what is left of the point is the change.
#[inline(always)]
fn steps([low, high]: [i32; 2], x: i32, noise: u32) -> [i32; 2] {
    [low.wrapping_mul(x).wrapping_add((noise & 0xffff) as i32), high.wrapping_mul(x).wrapping_add((noise >> 16) as i32)]
}

#[inline(always)]
pub(super) fn change_row<const W: usize>(row: &mut [i8; W], x: i32, delta: &[i32; W], noise: u32) -> u32 {
    match FEW_REGISTERS {
        true => change_row_one_by_one(row, x, delta, noise),
        false => change_row_at_once(row, x, &pairs(delta), noise),
    }
}

/// Few registers: one weight after the other.
#[inline(always)]
fn change_row_one_by_one<const W: usize>(row: &mut [i8; W], x: i32, delta: &[i32; W], noise: u32) -> u32 {
    let mut saturated = 0;
    for (i, (w, delta)) in (0u32..).zip(row.iter_mut().zip(delta)) {
        let noise = noise.wrapping_add(NOISE_STEP.wrapping_mul(i / 2)) >> (16 * (i % 2)) & 0xffff;
        saturated += move_weight(w, delta.wrapping_mul(x).wrapping_add(noise as i32)) as u32;
    }
    saturated
}

/// The changes of a panel's neurons, two of 16 bits in a word: their products are quicker so.
type Pairs = [u32; 4];

#[inline(always)]
fn pairs(delta: &[i32]) -> Pairs {
    let mut pairs = [0; 4];
    for (pair, delta) in pairs.iter_mut().zip(delta.chunks(2)) {
        for (half, delta) in delta.iter().enumerate() {
            *pair |= (*delta as u32 & 0xffff) << (16 * half);
        }
    }
    pairs
}

/// Moves a weight by a step in units of 2^-16, rounded down; whether it would have left its byte.
#[inline(always)]
fn move_weight(w: &mut i8, step: i32) -> bool {
    let exact = *w as i32 + (step >> 16);
    let kept = exact.clamp(i8::MIN as i32, i8::MAX as i32);
    *w = kept as i8;
    exact != kept
}

/// Wide registers: all of a row's steps together.
#[inline(always)]
fn change_row_at_once<const W: usize>(row: &mut [i8; W], x: i32, delta: &Pairs, mut noise: u32) -> u32 {
    let (mut all, mut any) = ([0; 8], 0);
    for (pair, delta) in all.chunks_exact_mut(2).zip(delta).take(W.div_ceil(2)) {
        for (kept, step) in pair.iter_mut().zip(steps([*delta as i16 as i32, *delta as i32 >> 16], x, noise)) {
            *kept = step;
            any |= step;
        }
        noise = noise.wrapping_add(NOISE_STEP);
    }
    if any as u32 >> 16 == 0 {
        return 0;
    }
    let mut saturated = 0;
    for (w, step) in row.iter_mut().zip(all) {
        let exact = *w as i32 + (step >> 16);
        let kept = exact.clamp(i8::MIN as i32, i8::MAX as i32);
        saturated += (exact != kept) as u32;
        *w = kept as i8;
    }
    saturated
}

#[cfg(test)]
mod tests {
    use super::super::random::mix;
    use super::*;

    #[test]
    fn a_panel_is_changed_the_same_way_by_columns_and_by_rows() {
        by_columns_and_by_rows::<8>();
        by_columns_and_by_rows::<2>();
    }

    fn by_columns_and_by_rows<const W: usize>() {
        let word = |i: u32| mix(i.wrapping_mul(7919));
        for case in 0..2_000 {
            let delta: [i32; W] = core::array::from_fn(|k| (word(100 * case + k as u32) as i16 >> (case % 12)) as i32);
            let x: [i8; 13] = core::array::from_fn(|j| word(100 * case + 10 + j as u32) as i8 >> (j % 7));
            let rows: [[i8; W]; 13] =
                core::array::from_fn(|j| core::array::from_fn(|k| word(case ^ ((16 * j + k) as u32) << 16) as i8));
            let stride = 1 << (case % 4);
            let (noise, which) = (word(100 * case + 50), (case as usize / 4 % stride, stride));
            let (mut by_columns, mut by_rows) = (rows, rows);
            let counts = (
                change_by_columns(&mut by_columns, &x, &delta, noise, which),
                change_by_rows(&mut by_rows, &x, &pairs(&delta), noise, which),
            );
            assert_eq!((by_columns, counts.0), (by_rows, counts.1));
        }
    }

    #[test]
    fn a_row_is_changed_the_same_way_one_by_one_and_at_once() {
        let word = |i: u32| mix(i.wrapping_mul(7919));
        for case in 0..20_000 {
            let delta: [i32; 8] = core::array::from_fn(|k| (word(10 * case + k as u32) as i16 >> (case % 16)) as i32);
            let (x, noise) = (word(10 * case + 8) as i8 as i32, word(10 * case + 9));
            let row: [i8; 8] = core::array::from_fn(|k| word(case ^ (k as u32) << 20) as i8);
            let (mut apart, mut together) = (row, row);
            let counts = (
                change_row_one_by_one(&mut apart, x, &delta, noise),
                change_row_at_once(&mut together, x, &pairs(&delta), noise),
            );
            assert_eq!((apart, counts.0), (together, counts.1));
        }
    }
}
