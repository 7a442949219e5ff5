//! The arithmetic on weights. A layer's neurons lie in panels of 8, what is left in panels of 2 and 1: a panel holds one row
//! for each input, then the biases, each row one byte for each of its neurons.
//!
//! So a row's input is looked at once for 8 neurons, whose sums stay in registers, an input of 0 is passed over with them,
//! and every panel is read from its first byte to its last.

use super::network::Int8Layer;
use super::random::{NOISE_STEP, mix};
use core::hint::black_box;
use core::sync::atomic::{Ordering, compiler_fence};

/// Bits of a change that an input of a byte leaves below two whole steps of a weight.
const WHOLE_BITS: u32 = 10;
/// Which of two equal ways a panel is walked; a microcontroller has few registers.
const FEW_REGISTERS: bool = cfg!(target_os = "none");
/// At most one row in 2 to the power of this is looked at.
const MOST_THINNING: u32 = 3;

/// Where the weight from `input` to `neuron` lies among the parameters of a layer of `outputs` and `inputs`; the bias
/// stands in the place of one more input.
pub const fn position(outputs: usize, inputs: usize, neuron: usize, input: usize) -> usize {
    let pairs = outputs % 8 / 2 * 2;
    let eights = outputs - outputs % 8;
    let (first, width) = if neuron < eights {
        (neuron - neuron % 8, 8)
    } else if neuron < eights + pairs {
        (neuron - neuron % 2, 2)
    } else {
        (neuron, 1)
    };
    first * (inputs + 1) + input * width + neuron - first
}

/// Gives the sums of a layer's neurons for `x`, panel by panel: `take(first, sums)`.
#[inline(always)]
pub(super) fn forward(layer: &Int8Layer, weights: &[i8], x: &[i8], mut take: impl FnMut(usize, &[i32])) {
    let mut panels = Panels { next: 0, rest: weights };
    while let Some((first, rows)) = panels.take::<8>(layer) {
        take(first, &sums(rows, x, layer.one()));
    }
    while let Some((first, rows)) = panels.take::<2>(layer) {
        take(first, &sums(rows, x, layer.one()));
    }
    while let Some((first, rows)) = panels.take::<1>(layer) {
        take(first, &sums(rows, x, layer.one()));
    }
}

/// Changes a layer's weights by `delta(first, of a panel's neurons)`, in units of 2^-16 for an input of 1; see [`change`].
#[inline(always)]
pub(super) fn change_all(
    layer: &Int8Layer,
    weights: &mut [i8],
    x: &[i8],
    noise: u32,
    mut delta: impl FnMut(usize, &mut [i32]),
) -> u32 {
    let mut panels = PanelsMut { next: 0, rest: weights };
    let mut saturated = 0;
    while let Some((first, rows)) = panels.take::<8>(layer) {
        saturated += change_panel(layer, first, rows, x, noise, &mut delta);
    }
    while let Some((first, rows)) = panels.take::<2>(layer) {
        saturated += change_panel(layer, first, rows, x, noise, &mut delta);
    }
    while let Some((first, rows)) = panels.take::<1>(layer) {
        saturated += change_panel(layer, first, rows, x, noise, &mut delta);
    }
    saturated
}

#[inline(always)]
fn change_panel<const W: usize>(
    layer: &Int8Layer,
    first: usize,
    rows: &mut [[i8; W]],
    x: &[i8],
    noise: u32,
    delta: &mut impl FnMut(usize, &mut [i32]),
) -> u32 {
    let mut own = [0; W];
    delta(first, &mut own);
    let largest = own.iter().fold(0, |largest, delta| largest.max(delta.unsigned_abs()));
    let Some((bias, rows)) = rows.split_last_mut() else { return 0 };
    if largest == 0 {
        return 0;
    }
    let noise = mix(noise.wrapping_add(first as u32));
    let saturated = change_row(bias, layer.one(), &own, noise);
    let thinning = (largest.leading_zeros().saturating_sub(32 - WHOLE_BITS)).min(MOST_THINNING);
    let first_row = mix(noise) as usize & ((1 << thinning) - 1);
    own.iter_mut().for_each(|delta| *delta <<= thinning);
    saturated + change(rows, x, &own, noise, (first_row, 1 << thinning))
}

/// What the signals `values` at a layer's sums become at its inputs, through its weights: `below = W values`, in units of
/// 2^-`weight_bits` of a product.
pub(super) fn pass_down(layer: &Int8Layer, weights: &[i8], values: &[i32], below: &mut [i32]) {
    below.fill(0);
    let mut panels = Panels { next: 0, rest: weights };
    while let Some((first, rows)) = panels.take::<8>(layer) {
        signal_below(rows, values.get(first..).unwrap_or_default(), layer.weight_bits, below);
    }
    while let Some((first, rows)) = panels.take::<2>(layer) {
        signal_below(rows, values.get(first..).unwrap_or_default(), layer.weight_bits, below);
    }
    while let Some((first, rows)) = panels.take::<1>(layer) {
        signal_below(rows, values.get(first..).unwrap_or_default(), layer.weight_bits, below);
    }
}

/// A layer's panels, taken off the front.
struct Panels<'w> {
    next: usize,
    rest: &'w [i8],
}

impl<'w> Panels<'w> {
    /// The first neuron and the rows of the next panel of `W`, while there are so many neurons.
    #[inline(always)]
    fn take<const W: usize>(&mut self, layer: &Int8Layer) -> Option<(usize, &'w [[i8; W]])> {
        let first = self.next;
        if first + W > layer.outputs {
            return None;
        }
        let (panel, rest) = self.rest.split_at_checked(W * (layer.inputs + 1))?;
        (self.next, self.rest) = (first + W, rest);
        Some((first, panel.as_chunks().0))
    }
}

/// As [`Panels`], to be changed.
struct PanelsMut<'w> {
    next: usize,
    rest: &'w mut [i8],
}

impl<'w> PanelsMut<'w> {
    #[inline(always)]
    fn take<const W: usize>(&mut self, layer: &Int8Layer) -> Option<(usize, &'w mut [[i8; W]])> {
        let first = self.next;
        if first + W > layer.outputs {
            return None;
        }
        let (panel, rest) = core::mem::take(&mut self.rest).split_at_mut_checked(W * (layer.inputs + 1))?;
        (self.next, self.rest) = (first + W, rest);
        Some((first, panel.as_chunks_mut().0))
    }
}

/// sum over inputs of w x, plus the bias times `one`.
#[inline(always)]
fn sums<const W: usize>(rows: &[[i8; W]], x: &[i8], one: i32) -> [i32; W] {
    let mut sums = [0; W];
    if FEW_REGISTERS && W == 8 {
        sum_columns::<W, 0, 4>(rows, x, one, &mut sums);
        sum_columns::<W, 4, 8>(rows, x, one, &mut sums);
    } else {
        sum_columns::<W, 0, W>(rows, x, one, &mut sums);
    }
    sums
}

/// The sums of the columns from `FROM` up to but not including `TO`.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn sum_columns<const W: usize, const FROM: usize, const TO: usize>(
    rows: &[[i8; W]],
    x: &[i8],
    one: i32,
    out: &mut [i32; W],
) {
    let Some((bias, rows)) = rows.split_last() else { return };
    let mut sums = [0; W];
    add_columns::<W, FROM, TO>(&mut sums, bias, one);
    for (row, &x) in rows.iter().zip(x) {
        if x != 0 {
            add_columns::<W, FROM, TO>(&mut sums, row, x as i32);
        }
    }
    out[FROM..TO].copy_from_slice(&sums[FROM..TO]);
}

/// sums += w x. Unrolled by hand: a build for size then keeps the speed where it matters and nowhere else.
#[inline(always)]
fn add_columns<const W: usize, const FROM: usize, const TO: usize>(sums: &mut [i32; W], row: &[i8; W], x: i32) {
    if !FEW_REGISTERS {
        sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += *w as i32 * x);
        return;
    }
    add_column::<W, FROM, TO, 0>(sums, row, x);
    add_column::<W, FROM, TO, 1>(sums, row, x);
    add_column::<W, FROM, TO, 2>(sums, row, x);
    add_column::<W, FROM, TO, 3>(sums, row, x);
    add_column::<W, FROM, TO, 4>(sums, row, x);
    add_column::<W, FROM, TO, 5>(sums, row, x);
    add_column::<W, FROM, TO, 6>(sums, row, x);
    add_column::<W, FROM, TO, 7>(sums, row, x);
}

#[inline(always)]
fn add_column<const W: usize, const FROM: usize, const TO: usize, const I: usize>(
    sums: &mut [i32; W],
    row: &[i8; W],
    x: i32,
) {
    if FROM <= I && I < TO {
        sums[I] += row[I] as i32 * x;
        if I % 4 == 1 {
            compiler_fence(Ordering::SeqCst); // else all weights are fetched first, for which there are no registers
        }
    }
}

/// w += delta x / 2^16 in every `stride`th row from `first` on, rounded up or down at random so that the mean is exact,
/// and kept within a byte. Returns how many weights would have left it.
#[inline(always)]
fn change<const W: usize>(rows: &mut [[i8; W]], x: &[i8], delta: &[i32; W], noise: u32, which: (usize, usize)) -> u32 {
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
fn change_row<const W: usize>(row: &mut [i8; W], x: i32, delta: &[i32; W], noise: u32) -> u32 {
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

/// below[j] += sum over the panel's neurons of v w[j], in units of 2^-`bits` of it, to the nearest.
#[inline(always)]
fn signal_below<const W: usize>(rows: &[[i8; W]], values: &[i32], bits: u32, below: &mut [i32]) {
    let Some(values) = values.first_chunk::<W>() else { return };
    for (row, below) in rows.iter().zip(below) {
        let mut sum = 1 << bits >> 1;
        for (w, v) in row.iter().zip(values) {
            sum += *w as i32 * v;
        }
        *below = below.saturating_add(sum >> bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_summed_the_same_way_by_fours_and_at_once() {
        let x: [i8; 21] = core::array::from_fn(|j| if j % 3 == 1 { 0 } else { mix(j as u32) as i8 });
        let rows: [[i8; 8]; 22] = core::array::from_fn(|j| core::array::from_fn(|i| mix((8 * j + i) as u32) as i8));
        let (mut apart, mut together) = ([0; 8], [0; 8]);
        sum_columns::<8, 0, 4>(&rows, &x, 128, &mut apart);
        sum_columns::<8, 4, 8>(&rows, &x, 128, &mut apart);
        sum_columns::<8, 0, 8>(&rows, &x, 128, &mut together);
        assert_eq!(apart, together);
    }

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
