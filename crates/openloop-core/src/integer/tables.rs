//! The two functions that integer arithmetic looks up: tanh and the exponential of softmax.

/// Fraction bits of the argument of [`TANH`].
pub const TANH_BITS: u32 = 5;
/// Fraction bits of what softmax takes e to the power of.
pub const EXPONENT_BITS: u32 = 12;
/// log2(e) in units of 2^-12.
pub const LOG2_E: u32 = 5909;
/// Fraction bits of probabilities and errors.
pub(super) const ONE_BITS: u32 = 15;

/// round(127 tanh(i / 32)) for i = 0 to 127.
pub const TANH: [i8; 128] = [
    0, 4, 8, 12, 16, 20, 24, 27, 31, 35, 38, 42, 46, 49, 52, 56, 59, 62, 65, 68, 70, 73, 76, 78, 81, 83, 85, 87, 89,
    91, 93, 95, 97, 98, 100, 101, 103, 104, 105, 107, 108, 109, 110, 111, 112, 113, 113, 114, 115, 116, 116, 117, 118,
    118, 119, 119, 120, 120, 120, 121, 121, 122, 122, 122, 122, 123, 123, 123, 123, 124, 124, 124, 124, 124, 125, 125,
    125, 125, 125, 125, 125, 125, 125, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126,
    126, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127,
    127, 127, 127, 127, 127, 127,
];

/// round(65536 / 2^(i / 32)) for i = 0 to 31, less one at the start.
pub const HALVING: [u16; 32] = [
    65535, 64132, 62757, 61413, 60097, 58809, 57549, 56316, 55109, 53928, 52773, 51642, 50535, 49452, 48393, 47356,
    46341, 45348, 44376, 43425, 42495, 41584, 40693, 39821, 38968, 38133, 37316, 36516, 35734, 34968, 34219, 33486,
];

/// 127 tanh(z), with z in units of 2^-`bits`; `bits` is more than [`TANH_BITS`].
#[inline(always)]
pub(super) fn tanh(z: i32, bits: u32) -> i8 {
    let down = bits - TANH_BITS;
    let nearest = z.saturating_add(1 << (down - 1)) >> down;
    let magnitude = TANH[nearest.unsigned_abs().min(127) as usize & 127];
    if nearest < 0 { -magnitude } else { magnitude }
}

/// Turns `values`, in units of 2^-`bits`, into probabilities in units of 2^-15: softmax.
#[inline(always)]
pub(super) fn softmax(values: &mut [i32], bits: u32) {
    let largest = values.iter().copied().max().unwrap_or(0);
    let mut sum = 0u32;
    for value in values.iter_mut() {
        let power = exponential(largest.wrapping_sub(*value) as u32, bits);
        sum = sum.wrapping_add(power);
        *value = power as i32;
    }
    for value in values.iter_mut() {
        *value = ((*value as u32) << ONE_BITS).checked_div(sum).unwrap_or(0) as i32;
    }
}

/// 2^16 e^-below, with `below` in units of 2^-`bits`.
#[inline(always)]
fn exponential(below: u32, bits: u32) -> u32 {
    let below = if bits >= EXPONENT_BITS {
        below >> (bits - EXPONENT_BITS)
    } else {
        below.min(1 << 20) << (EXPONENT_BITS - bits)
    };
    let halvings = (below.min(12 << EXPONENT_BITS) * LOG2_E) >> EXPONENT_BITS;
    let fraction = HALVING[(halvings >> (EXPONENT_BITS - 5)) as usize & 31];
    (fraction as u32) >> (halvings >> EXPONENT_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_is_the_nearest_byte_of_the_nearest_argument() {
        for z in -70_000..70_000i32 {
            let nearest = f64::from((z + 128).div_euclid(256).clamp(-127, 127)) / 32.0; // of 13 bits, 5 are looked up
            assert!((f64::from(tanh(z, 13)) - 127.0 * libm::tanh(nearest)).abs() <= 0.5, "{z}");
        }
        assert_eq!((tanh(i32::MAX, 13), tanh(i32::MIN, 13), tanh(0, 13)), (127, -127, 0));
    }

    #[test]
    fn softmax_is_within_a_fiftieth() {
        for (values, bits) in
            [([0, 0, 0], 14), ([20_000, -3_000, 9_000], 13), ([i32::MAX, i32::MIN, 0], 20), ([7, 3, 1], 3)]
        {
            let mut found = values;
            softmax(&mut found, bits);
            let z = values.map(|v| f64::from(v) / f64::from(1 << bits));
            let largest = z.iter().copied().fold(f64::MIN, f64::max);
            let sum: f64 = z.iter().map(|z| libm::exp(z - largest)).sum();
            for (p, z) in found.iter().zip(z) {
                let exact = libm::exp(z - largest) / sum;
                assert!((f64::from(*p) / 32768.0 - exact).abs() < 0.02, "{values:?}: {p} instead of {exact}");
            }
        }
    }
}
