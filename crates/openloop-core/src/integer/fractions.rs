//! How weights change that have a second byte: what is less than a weight's last bit is added up there, and not rounded away at random.
//!
//! Weight w and its second byte f stand for w + f / 256, and f is at most a half, so w is the nearest whole number to what was learned. A
//! change is rounded at random to 2^-8 of a weight's last bit.

use super::network::Int8Layer;
use super::panel::PanelsMut;
use super::random::{NOISE_STEP, mix};

/// Changes a layer's weights by `delta(first, of a panel's neurons)`, in units of 2^-16 for an input of 1, which tells of how many bits
/// the largest is. Returns how many weights would have left their bytes.
#[inline(always)]
pub(super) fn change_all(
    layer: &Int8Layer,
    (weights, fractions): (&mut [i8], &mut [i8]),
    x: &[i8],
    noise: u32,
    mut delta: impl FnMut(usize, &mut [i32]) -> u32,
) -> u32 {
    let (mut weights, mut fractions) = (PanelsMut::new(weights), PanelsMut::new(fractions));
    let mut saturated = change_panels::<8>(layer, (&mut weights, &mut fractions), x, noise, &mut delta);
    saturated += change_panels::<2>(layer, (&mut weights, &mut fractions), x, noise, &mut delta);
    saturated + change_panels::<1>(layer, (&mut weights, &mut fractions), x, noise, &mut delta)
}

/// All panels of `W` neurons.
#[inline(always)]
fn change_panels<const W: usize>(
    layer: &Int8Layer,
    (weights, fractions): (&mut PanelsMut<'_>, &mut PanelsMut<'_>),
    x: &[i8],
    noise: u32,
    delta: &mut impl FnMut(usize, &mut [i32]) -> u32,
) -> u32 {
    let (mut saturated, mut own) = (0, [0; W]);
    while let (Some((first, rows)), Some((_, fractions))) = (weights.take::<W>(layer), fractions.take::<W>(layer)) {
        if delta(first, &mut own) == 0 {
            continue;
        }
        let mut noise = mix(noise.wrapping_add(first as u32));
        let inputs = x.iter().map(|x| *x as i32).chain(core::iter::once(layer.one()));
        for ((row, fractions), x) in rows.iter_mut().zip(fractions).zip(inputs) {
            noise = noise.wrapping_add(NOISE_STEP);
            if x != 0 {
                saturated += change_row(row, fractions, x, &own, noise);
            }
        }
    }
    saturated
}

/// (w, f) += delta x, for the weights of one input.
#[inline(always)]
fn change_row<const W: usize>(row: &mut [i8; W], fractions: &mut [i8; W], x: i32, delta: &[i32; W], noise: u32) -> u32 {
    const LEAST: i32 = i8::MIN as i32 * 256 - 128;
    const MOST: i32 = i8::MAX as i32 * 256 + 127;
    let mut saturated = 0;
    for (i, ((w, fraction), delta)) in row.iter_mut().zip(fractions).zip(delta).enumerate() {
        let noise = (noise >> (8 * (i % 4)) & 0xff) as i32;
        let exact = *w as i32 * 256 + *fraction as i32 + ((delta.wrapping_mul(x).wrapping_add(noise)) >> 8);
        let kept = exact.clamp(LEAST, MOST);
        saturated += (exact != kept) as u32;
        *w = ((kept + 128) >> 8) as i8;
        *fraction = kept as i8; // what w leaves, from -128 to 127
    }
    saturated
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a weight and its second byte stand for, in units of 2^-8 of the weight's last bit.
    fn value(w: i8, f: i8) -> i32 {
        256 * w as i32 + f as i32
    }

    #[test]
    fn small_changes_add_up_to_what_they_are_together() {
        let (mut row, mut fractions, delta) = ([3i8, -7], [0i8, 0], [37, -90]);
        let (steps, x) = (4_000, 5);
        for step in 0..steps {
            assert_eq!(change_row(&mut row, &mut fractions, x, &delta, mix(step)), 0);
        }
        for (i, before) in [3, -7].into_iter().enumerate() {
            let exact = 256 * before + delta[i] * x * steps as i32 / 256;
            assert!((value(row[i], fractions[i]) - exact).abs() < 100, "{:?} {exact}", (row, fractions));
        }
    }

    #[test]
    fn a_weight_at_the_end_of_its_byte_stays_there_and_is_counted() {
        let (mut row, mut fractions) = ([127i8, -128], [100i8, -70]);
        let saturated = change_row(&mut row, &mut fractions, 100, &[30_000, -30_000], 0);
        assert_eq!((row, fractions, saturated), ([127, -128], [127, -128], 2));
    }
}
