//! The arithmetic on weights. A layer's neurons lie in panels of 8, what is left in panels of 2 and 1: a panel holds one row
//! for each input, then the biases, each row one byte for each of its neurons.
//!
//! So a row's input is looked at once for 8 neurons, whose sums stay in registers, an input of 0 is passed over with them,
//! and every panel is read from its first byte to its last.

use super::Layer;
use super::random::NOISE_STEP;

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
    let (mut noise, mut saturated) = (noise, 0);
    while let Some((first, rows)) = panels.take::<8>(layer) {
        saturated += change_panel(layer, first, rows, x, &mut noise, &mut delta);
    }
    while let Some((first, rows)) = panels.take::<2>(layer) {
        saturated += change_panel(layer, first, rows, x, &mut noise, &mut delta);
    }
    while let Some((first, rows)) = panels.take::<1>(layer) {
        saturated += change_panel(layer, first, rows, x, &mut noise, &mut delta);
    }
    saturated
}

#[inline(always)]
fn change_panel<const W: usize>(
    layer: &Layer,
    first: usize,
    rows: &mut [[i8; W]],
    x: &[i8],
    noise: &mut u32,
    delta: &mut impl FnMut(usize, &mut [i32]),
) -> u32 {
    let mut own = [0; W];
    delta(first, &mut own);
    let start = *noise;
    *noise = start.wrapping_add(row_step::<W>().wrapping_mul(rows.len() as u32));
    if own == [0; W] { 0 } else { change(rows, x, layer.one(), &own, start) }
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
#[inline(always)]
fn sums<const W: usize>(rows: &[[i8; W]], x: &[i8], one: i32) -> [i32; W] {
    let mut sums = [0; W];
    let Some((bias, rows)) = rows.split_last() else { return sums };
    for (row, &x) in rows.iter().zip(x) {
        add(&mut sums, row, x as i32);
    }
    add(&mut sums, bias, one);
    sums
}

#[inline(always)]
fn add<const W: usize>(sums: &mut [i32; W], row: &[i8; W], x: i32) {
    if SKIPS && x == 0 {
        return;
    }
    for (sum, &w) in sums.iter_mut().zip(row) {
        *sum += w as i32 * x;
    }
}

/// w += delta x / 2^16, rounded up or down at random so that the mean is exact, and kept within a byte. Returns how many
/// weights would have left it.
///
/// The noise starts at `noise` and goes on by `NOISE_STEP` for every two weights, looked at or not.
#[inline(always)]
fn change<const W: usize>(rows: &mut [[i8; W]], x: &[i8], one: i32, delta: &[i32; W], mut noise: u32) -> u32 {
    let mut saturated = 0;
    let Some((bias, rows)) = rows.split_last_mut() else { return 0 };
    for (row, &x) in rows.iter_mut().zip(x) {
        saturated += change_row(row, x as i32, delta, noise);
        noise = noise.wrapping_add(row_step::<W>());
    }
    saturated + change_row(bias, one, delta, noise)
}

/// How far the noise goes in a row.
const fn row_step<const W: usize>() -> u32 {
    NOISE_STEP.wrapping_mul(W.div_ceil(2) as u32)
}

#[inline(always)]
fn change_row<const W: usize>(row: &mut [i8; W], x: i32, delta: &[i32; W], noise: u32) -> u32 {
    if SKIPS && x == 0 {
        return 0;
    }
    let mut steps = [0; W];
    let (mut noise, mut any) = (noise, 0);
    for (pair, delta) in steps.chunks_mut(2).zip(delta.chunks(2)) {
        let halves = [noise & 0xffff, noise >> 16];
        for ((step, delta), half) in pair.iter_mut().zip(delta).zip(halves) {
            *step = delta.wrapping_mul(x).wrapping_add(half as i32);
            any |= *step;
        }
        noise = noise.wrapping_add(NOISE_STEP);
    }
    if any as u32 >> 16 == 0 {
        return 0;
    }
    let mut saturated = 0;
    for (w, step) in row.iter_mut().zip(steps) {
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

/// Whether an input of 0 is passed over. Where many weights go through one instruction, the look costs more than it saves.
const SKIPS: bool = cfg!(not(any(target_arch = "x86_64", target_arch = "aarch64")));
