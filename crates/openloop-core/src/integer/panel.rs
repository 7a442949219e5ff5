//! The arithmetic on weights. A layer's neurons lie in panels of 8, what is left in panels of 2 and 1: a panel holds one row
//! for each input, then the biases, each row one byte for each of its neurons.
//!
//! So a row's input is looked at once for 8 neurons, whose sums stay in registers, an input of 0 is passed over with them,
//! and every panel is read from its first byte to its last.

use super::Layer;
use super::random::{NOISE_STEP, mix};

/// Bits of a change that an input of a byte leaves below two whole steps of a weight.
const WHOLE_BITS: u32 = 10;
/// Which of two equal ways a row is changed; a microcontroller has few registers.
const PAIR_BY_PAIR: bool = cfg!(target_os = "none");
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
pub(super) fn forward(layer: &Layer, weights: &[i8], x: &[i8], mut take: impl FnMut(usize, &[i32])) {
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
    layer: &Layer,
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
    layer: &Layer,
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
    let saturated = change_row(bias, layer.one(), &pairs(&own), noise);
    let thinning = (largest.leading_zeros().saturating_sub(32 - WHOLE_BITS)).min(MOST_THINNING);
    let first_row = mix(noise) as usize & ((1 << thinning) - 1);
    own.iter_mut().for_each(|delta| *delta <<= thinning);
    saturated + change(rows, x, &pairs(&own), noise, (first_row, 1 << thinning))
}

/// What the signals `values` at a layer's sums become at its inputs, through its weights: `below = W values`, in units of
/// 2^-`weight_bits` of a product.
pub(super) fn pass_down(layer: &Layer, weights: &[i8], values: &[i32], below: &mut [i32]) {
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
    fn take<const W: usize>(&mut self, layer: &Layer) -> Option<(usize, &'w [[i8; W]])> {
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
    fn take<const W: usize>(&mut self, layer: &Layer) -> Option<(usize, &'w mut [[i8; W]])> {
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
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn sums<const W: usize>(rows: &[[i8; W]], x: &[i8], one: i32) -> [i32; W] {
    let mut sums = [0; W];
    let Some((bias, rows)) = rows.split_last() else { return sums };
    sums.iter_mut().zip(bias).for_each(|(sum, &w)| *sum = w as i32 * one);
    for (row, &x) in rows.iter().zip(x) {
        if x == 0 {
            continue;
        }
        sums.iter_mut().zip(row).for_each(|(sum, &w)| *sum += w as i32 * x as i32);
    }
    sums
}

/// w += delta x / 2^16 in every `stride`th row from `first` on, rounded up or down at random so that the mean is exact,
/// and kept within a byte. Returns how many weights would have left it.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn change<const W: usize>(
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
            saturated += change_row(row, x as i32, delta, noise);
        }
        j += stride;
    }
    saturated
}

/// The changes of a panel's neurons, two 16-bit values in a word.
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

/// The two steps of a pair of weights, in units of 2^-16 and with the noise added: what is left of the point is the change.
#[inline(always)]
fn steps(delta: u32, x: i32, noise: u32) -> [i32; 2] {
    let (low, high) = (delta as i16 as i32, delta as i32 >> 16);
    [low.wrapping_mul(x).wrapping_add((noise & 0xffff) as i32), high.wrapping_mul(x).wrapping_add((noise >> 16) as i32)]
}

#[inline(always)]
fn change_row<const W: usize>(row: &mut [i8; W], x: i32, delta: &Pairs, noise: u32) -> u32 {
    if PAIR_BY_PAIR { change_row_by_pairs(row, x, delta, noise) } else { change_row_at_once(row, x, delta, noise) }
}

/// Few registers: every pair is seen to before the next.
#[inline(always)]
fn change_row_by_pairs<const W: usize>(row: &mut [i8; W], x: i32, delta: &Pairs, mut noise: u32) -> u32 {
    let mut saturated = 0;
    for (pair, delta) in row.chunks_mut(2).zip(delta) {
        let steps = steps(*delta, x, noise);
        noise = noise.wrapping_add(NOISE_STEP);
        if (steps[0] | steps[1]) as u32 >> 16 == 0 {
            continue;
        }
        for (w, step) in pair.iter_mut().zip(steps) {
            let exact = *w as i32 + (step >> 16);
            let kept = exact.clamp(i8::MIN as i32, i8::MAX as i32);
            saturated += (exact != kept) as u32;
            *w = kept as i8;
        }
    }
    saturated
}

/// Wide registers: all of a row's steps together.
#[inline(always)]
fn change_row_at_once<const W: usize>(row: &mut [i8; W], x: i32, delta: &Pairs, mut noise: u32) -> u32 {
    let (mut all, mut any) = ([0; 8], 0);
    for (pair, delta) in all.chunks_exact_mut(2).zip(delta).take(W.div_ceil(2)) {
        for (kept, step) in pair.iter_mut().zip(steps(*delta, x, noise)) {
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
    fn a_row_is_changed_the_same_way_pair_by_pair_and_at_once() {
        let word = |i: u32| mix(i.wrapping_mul(7919));
        for case in 0..20_000 {
            let delta: Pairs = core::array::from_fn(|k| word(8 * case + k as u32) >> (case % 16));
            let (x, noise) = (word(8 * case + 5) as i8 as i32, word(8 * case + 6));
            let row: [i8; 8] = core::array::from_fn(|k| word(case ^ (k as u32) << 20) as i8);
            let (mut apart, mut together) = (row, row);
            let counts = (
                change_row_by_pairs(&mut apart, x, &delta, noise),
                change_row_at_once(&mut together, x, &delta, noise),
            );
            assert_eq!((apart, counts.0), (together, counts.1));
        }
    }
}
