//! How inputs are standardised for a network that learns while it is used: x' = (x - offset) scale, bounded.
//!
//! A sensor that fails says 1e20 or a fill value once. Unbounded, one such input would move every weight of the first layer by
//! a multiple of it, for good. So x' is kept within [`BOUND`] deviations, which normal values never reach. The host's streams
//! and the C library use this text.

/// The largest standardised input: so many deviations from the mean.
pub const BOUND: f32 = 8.0;

/// Whether inputs are taken as they come: every offset is 0 and every scale 1. They are not bounded then.
pub fn is_identity(offset: &[f32], scale: &[f32]) -> bool {
    offset.iter().all(|offset| *offset == 0.0) && scale.iter().all(|scale| *scale == 1.0)
}

/// How far standardised inputs may be from 0: [`BOUND`], or any distance where inputs are taken as they come.
pub fn limit(offset: &[f32], scale: &[f32]) -> f32 {
    if is_identity(offset, scale) { f32::INFINITY } else { BOUND }
}

/// Standardises one input, within `limit`. One that is infinite or no number stays so.
#[inline]
pub fn standardise_one(x: f32, offset: f32, scale: f32, limit: f32) -> f32 {
    let y = (x - offset) * scale;
    if y.abs() > limit && x.is_finite() { limit.copysign(y) } else { y }
}

/// Standardises a sample: `x`, `offset`, `scale` and `out` are `[inputs]`. An input that is infinite or no number stays one, so
/// that who takes the sample can refuse it.
pub fn standardise(x: &[f32], offset: &[f32], scale: &[f32], out: &mut [f32]) {
    let limit = limit(offset, scale);
    for (((out, x), offset), scale) in out.iter_mut().zip(x).zip(offset).zip(scale) {
        *out = standardise_one(*x, *offset, *scale, limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glitch_is_bounded_and_what_is_no_number_stays_so() {
        let mut out = [0.0; 6];
        let x = [3.0, 1e20, -f32::MAX, f32::INFINITY, f32::NAN, -1.0];
        standardise(&x, &[1.0; 6], &[0.5, 1e-3, 1e30, 1.0, 1.0, 0.5], &mut out);
        assert_eq!((out[0], out[1], out[2], out[3], out[5]), (1.0, BOUND, -BOUND, f32::INFINITY, -1.0));
        assert!(out[4].is_nan());
    }

    #[test]
    fn inputs_that_are_taken_as_they_come_are_not_bounded() {
        let mut out = [0.0; 2];
        standardise(&[255.0, -1e20], &[0.0; 2], &[1.0; 2], &mut out);
        assert_eq!(out, [255.0, -1e20]);
    }
}
