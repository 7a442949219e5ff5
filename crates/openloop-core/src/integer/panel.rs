//! The arithmetic on weights. A layer's neurons lie in panels of 8, what is left in panels of 2 and 1: a panel holds one row
//! for each input, then the biases, each row one byte for each of its neurons.
//!
//! So a row's input is looked at once for 8 neurons, whose sums stay in registers, an input of 0 is passed over with them,
//! and every panel is read from its first byte to its last.

use super::change::{FEW_REGISTERS, change, change_row};
use super::network::Int8Layer;
#[cfg(cortex_dsp)]
use super::random::NOISE_STEP;
use super::random::mix;
#[cfg(cortex_dsp)]
use crate::cortex;
use core::array::from_ref;
use core::slice::from_mut;
use core::sync::atomic::{Ordering, compiler_fence};

/// Bits of a change that an input of a byte leaves below two whole steps of a weight.
const WHOLE_BITS: u32 = 10;
/// At most one row in 2 to the power of this is looked at.
const MAX_THINNING: u32 = 3;

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

/// Changes a layer's weights by `delta(first, of a panel's neurons)`, in units of 2^-16 for an input of 1, which tells of how many bits
/// the largest is; see [`change`].
#[inline(always)]
pub(super) fn change_all(
    layer: &Int8Layer,
    weights: &mut [i8],
    x: &[i8],
    noise: u32,
    mut delta: impl FnMut(usize, &mut [i32]) -> u32,
) -> u32 {
    let mut panels = PanelsMut::new(weights);
    let saturated = change_eights(layer, &mut panels, x, noise, &mut delta);
    saturated + change_rest(layer, &mut panels, x, noise, &mut delta)
}

#[cfg(not(cortex_dsp))]
#[inline(always)]
fn change_eights(
    layer: &Int8Layer,
    panels: &mut PanelsMut<'_>,
    x: &[i8],
    noise: u32,
    delta: &mut impl FnMut(usize, &mut [i32]) -> u32,
) -> u32 {
    let (mut saturated, mut own) = (0, [0; 8]);
    while let Some((first, rows)) = panels.take::<8>(layer) {
        let bits = delta(first, &mut own);
        saturated += change_panel(layer, rows, x, noise.wrapping_add(first as u32), &own, bits);
    }
    saturated
}

#[cfg(cortex_dsp)]
#[inline(always)]
fn change_eights(
    layer: &Int8Layer,
    panels: &mut PanelsMut<'_>,
    x: &[i8],
    noise: u32,
    delta: &mut impl FnMut(usize, &mut [i32]) -> u32,
) -> u32 {
    let (mut saturated, mut panel) = (0, cortex::changes::Eight::new(layer.one(), NOISE_STEP));
    while let Some((first, rows)) = panels.take::<8>(layer) {
        let bits = delta(first, &mut panel.delta);
        if let (1.., Some((bias, rows))) = (bits, rows.split_last_mut()) {
            let noise = mix(noise.wrapping_add(first as u32));
            saturated += panel.change(bias, rows, x, noise, thinned(bits, noise));
        }
    }
    saturated
}

/// The panels of two columns and of one.
#[inline(always)]
fn change_rest(
    layer: &Int8Layer,
    panels: &mut PanelsMut<'_>,
    x: &[i8],
    noise: u32,
    delta: &mut impl FnMut(usize, &mut [i32]) -> u32,
) -> u32 {
    let (mut saturated, mut own) = (0, [0; 2]);
    while let Some((first, rows)) = panels.take::<2>(layer) {
        let bits = delta(first, &mut own);
        saturated += change_panel(layer, rows, x, noise.wrapping_add(first as u32), &own, bits);
    }
    while let Some((first, rows)) = panels.take::<1>(layer) {
        let [own, _] = &mut own;
        let bits = delta(first, from_mut(own));
        saturated += change_panel(layer, rows, x, noise.wrapping_add(first as u32), from_ref(own), bits);
    }
    saturated
}

/// Changes a panel by what is there for its neurons, of at most so many bits.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn change_panel<const W: usize>(
    layer: &Int8Layer,
    rows: &mut [[i8; W]],
    x: &[i8],
    noise: u32,
    delta: &[i32; W],
    bits: u32,
) -> u32 {
    let (1.., Some((bias, rows))) = (bits, rows.split_last_mut()) else { return 0 };
    let noise = mix(noise);
    let (thinning, first_row) = thinned(bits, noise);
    let saturated = change_row(bias, layer.one(), delta, noise);
    let delta = delta.map(|delta| delta << thinning);
    saturated + change(rows, x, &delta, noise, (first_row, 1 << thinning))
}

/// Of how many rows one is looked at, as a power of 2, and the first; the smaller the changes, the fewer.
#[inline(always)]
fn thinned(bits: u32, noise: u32) -> (u32, usize) {
    let thinning = (bits.leading_zeros().saturating_sub(32 - WHOLE_BITS)).min(MAX_THINNING);
    (thinning, mix(noise) as usize & ((1 << thinning) - 1))
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
pub(super) struct PanelsMut<'w> {
    next: usize,
    rest: &'w mut [i8],
}

impl<'w> PanelsMut<'w> {
    #[inline(always)]
    pub fn new(values: &'w mut [i8]) -> Self {
        PanelsMut { next: 0, rest: values }
    }

    /// The first neuron and the rows of the next panel of `W`, while there are so many neurons.
    #[inline(always)]
    pub fn take<const W: usize>(&mut self, layer: &Int8Layer) -> Option<(usize, &'w mut [[i8; W]])> {
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
    #[cfg(cortex_dsp)]
    if let Some(eight) = sums.first_chunk_mut() {
        *eight = sum_eight(rows.as_flattened().as_chunks().0, x, one);
        return sums;
    }
    #[cfg(cortex_dsp)]
    if let [low, high] = sums.as_mut_slice() {
        [*low, *high] = sum_two(rows.as_flattened().as_chunks().0, x, one);
        return sums;
    }
    if FEW_REGISTERS && W == 8 {
        sum_columns::<W, 0, 4>(rows, x, one, &mut sums);
        sum_columns::<W, 4, 8>(rows, x, one, &mut sums);
    } else {
        sum_columns::<W, 0, W>(rows, x, one, &mut sums);
    }
    sums
}

/// The same, four inputs at a time as far as that goes.
#[cfg(cortex_dsp)]
#[inline(never)]
fn sum_eight(rows: &[[i8; 8]], x: &[i8], one: i32) -> [i32; 8] {
    let Some((bias, rows)) = rows.split_last() else { return [0; 8] };
    let (mut sums, done) = cortex::sums::sum_rows(rows, bias, x, one);
    let (rows, x) = (rows.get(done..).unwrap_or_default(), x.get(done..).unwrap_or_default());
    for (row, &x) in rows.iter().zip(x) {
        sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += *w as i32 * x as i32);
    }
    sums
}

#[cfg(cortex_dsp)]
#[inline(never)]
fn sum_two(rows: &[[i8; 2]], x: &[i8], one: i32) -> [i32; 2] {
    let Some(([low, high], rows)) = rows.split_last() else { return [0; 2] };
    let mut sums = [*low as i32 * one, *high as i32 * one];
    let done = cortex::sums::sum_pairs(rows, x, &mut sums);
    let (rows, x) = (rows.get(done..).unwrap_or_default(), x.get(done..).unwrap_or_default());
    for (row, &x) in rows.iter().zip(x) {
        sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += *w as i32 * x as i32);
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
}
