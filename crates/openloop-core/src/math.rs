//! Elementary functions with the same bits on every machine, from additions, multiplications and one division.
//!
//! The standard library's `tanh` and `exp` differ between platforms and do not exist without `std`. These are free of
//! branches, so a compiler turns a loop over them into vector instructions, and Rust never fuses a multiplication with an
//! addition on its own, so the vectors give the bits of the scalar code.

/// e^x within 2 units in the last place; x is clamped to [-87.3, 88.7], where f32 neither under- nor overflows.
///
/// x = k ln 2 + r with |r| <= ln 2 / 2, and e^r by its Taylor polynomial of degree 7. A device has it once, because its code is
/// dearer than a call.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    const LN_2_HIGH: f32 = 0.693_359_4; // 10 bits, so that k * LN_2_HIGH is exact
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = clamp(x, -87.3, 88.7);
    let shifted = x * core::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    // 2^k in two halves, because k = 128 has no f32 of its own
    let k = shifted.to_bits() as i32 - ROUND.to_bits() as i32;
    let half = k >> 1;
    p * power_of_two(half) * power_of_two(k - half)
}

#[inline(always)]
fn power_of_two(k: i32) -> f32 {
    f32::from_bits(((k + 127) as u32) << 23)
}

/// tanh x within 7 units in the last place, never outside [-1, 1], odd to the bit.
///
/// x P(x^2) / Q(x^2), the best rational approximation of degree 4 over 4 for the relative error on |x| <= 9.1
/// (2.2e-8 before rounding); beyond 9.02 tanh stays where it is, two units in the last place below 1.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    const P: [f32; 5] = [1.0, 0.133_785_52, 3.492_622_3e-3, 2.055_911_9e-5, 1.328_318_6e-8];
    const Q: [f32; 5] = [1.0, 0.467_118_68, 2.586_577_3e-2, 3.280_735e-4, 7.747_782_4e-7];
    let x = clamp(x, -9.02, 9.02);
    let u = x * x;
    let p = (((P[4] * u + P[3]) * u + P[2]) * u + P[1]) * u + P[0];
    let q = (((Q[4] * u + Q[3]) * u + Q[2]) * u + Q[1]) * u + Q[0];
    clamp(x * p / q, -1.0, 1.0)
}

/// The logistic function 1 / (1 + e^-x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// NaN stays NaN, so that a diverging run is seen; `f32::clamp` does the same but checks its bounds first.
#[inline(always)]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// The correctly rounded square root.
#[inline(always)]
pub fn sqrt(x: f32) -> f32 {
    #[cfg(feature = "std")]
    return x.sqrt();
    #[cfg(all(not(feature = "std"), cortex_fpu))]
    return crate::cortex::floats::square_root(x);
    #[cfg(all(not(feature = "std"), not(cortex_fpu)))]
    return libm::sqrtf(x);
}

/// ln x within 2 units in the last place; x is clamped to [1e-45, 3.4e38], the positive numbers of f32.
///
/// x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), and ln(1 + f) = 2 artanh(f / (2 + f)) by its Taylor polynomial
/// of degree 9.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4; // 10 bits, so that k * LN_2_HIGH is exact
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const ROOT_OF_HALF: i32 = 0x3f35_04f3; // the bits of sqrt(1/2)
    let x = clamp(x, 1e-45, f32::MAX);
    // numbers below the normal ones are scaled by 2^23
    let (normal, scaled) = if x < f32::MIN_POSITIVE { (x * 8_388_608.0, 23.0) } else { (x, 0.0) };
    let bits = normal.to_bits() as i32;
    let k = bits.wrapping_sub(ROOT_OF_HALF) >> 23;
    let f = f32::from_bits(bits.wrapping_sub(k << 23) as u32) - 1.0;
    let s = f / (2.0 + f);
    let u = s * s;
    let p = ((2.0 / 9.0 * u + 2.0 / 7.0) * u + 2.0 / 5.0) * u + 2.0 / 3.0;
    let k = k as f32 - scaled;
    // 2 s = f - s f, whose first part is exact
    // the last product is 0, or NaN
    k * LN_2_HIGH + (f - (s * (f - u * p) - k * LN_2_LOW)) + 0.0 * x
}

/// base^exponent by squaring, for Adam's bias correction after any number of steps.
pub fn power(base: f64, mut exponent: u64) -> f64 {
    let (mut result, mut square) = (1.0, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= square;
        }
        square *= square;
        exponent >>= 1;
    }
    result
}

/// The square root of a positive number that is not subnormal: [`sqrt`] where the processor has it, else in a third of the code.
pub(crate) fn root(x: f32) -> f32 {
    #[cfg(any(feature = "std", cortex_fpu))]
    return sqrt(x);
    #[cfg(not(any(feature = "std", cortex_fpu)))]
    return newton(x);
}

/// The square root of a positive number that is not subnormal, rounded to the nearest as IEEE 754 and `libm` do it: three steps of Newton's
/// method, and a look at both neighbours in whole numbers.
#[cfg(any(test, not(any(feature = "std", cortex_fpu))))]
fn newton(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = (bits >> 23) as i32 - 127;
    let mut y = f32::from_bits((bits >> 1).wrapping_add(0x1FBD_1DF5));
    for _ in 0..3 {
        y = 0.5 * (y + x / y);
    }
    let significand = |bits: u32| (bits & 0x7F_FFFF | 0x80_0000) as u64;
    // y = root 2^(h - 23) and y^2 = x make root^2 = square, with h the exponent's half
    let half = exponent >> 1;
    let square = significand(bits) << (23 + (exponent & 1));
    let root = significand(y.to_bits()) << (((y.to_bits() >> 23) as i32 - 127 - half) & 1);
    if square > root * (root + 1) {
        f32::from_bits(y.to_bits() + 1)
    } else if square <= root * (root - 1) {
        f32::from_bits(y.to_bits() - 1)
    } else {
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst_error_in_ulps(f: fn(f32) -> f32, exact: fn(f64) -> f64, low: f32, high: f32) -> f64 {
        let n = 400_000;
        (0..=n)
            .map(|i| low + (high - low) * (i as f32 / n as f32))
            .map(|x| {
                let y = exact(x as f64);
                let ulp = (f32::from_bits((y as f32).abs().to_bits() + 1) - (y as f32).abs()) as f64;
                (f(x) as f64 - y).abs() / ulp
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        assert!(worst_error_in_ulps(exp, libm::exp, -87.0, 88.5) <= 2.0);
    }

    #[test]
    fn tanh_is_within_seven_units_in_the_last_place() {
        assert!(worst_error_in_ulps(tanh, libm::tanh, 1e-3, 12.0) <= 7.0);
        assert!(worst_error_in_ulps(tanh, libm::tanh, 1e-30, 1e-3) <= 7.0);
    }

    #[test]
    fn tanh_is_odd_bounded_and_keeps_nan() {
        for i in 0..4000 {
            let x = i as f32 * 0.005;
            assert_eq!(tanh(x).to_bits(), (-tanh(-x)).to_bits());
            assert!(tanh(x) <= 1.0);
        }
        assert!(tanh(f32::INFINITY) > 0.999_999 && tanh(f32::NEG_INFINITY) < -0.999_999);
        assert!(tanh(f32::NAN).is_nan() && exp(f32::NAN).is_nan());
    }

    #[test]
    fn ln_is_within_two_units_in_the_last_place() {
        assert!(worst_error_in_ulps(ln, libm::log, 1e-3, 0.999) <= 2.0);
        assert!(worst_error_in_ulps(ln, libm::log, 1.001, 4.0) <= 2.0);
        assert!(worst_error_in_ulps(ln, libm::log, 4.0, 3e38) <= 2.0);
        assert!(worst_error_in_ulps(ln, libm::log, 1e-44, 1e-36) <= 2.0);
        let near = |x: f32| (ln(x) as f64 - libm::log(x as f64)).abs();
        assert!((1..1000).all(|i| near(1.0 + i as f32 * f32::EPSILON) <= 1e-7 * i as f64 * f32::EPSILON as f64));
    }

    #[test]
    fn ln_saturates_at_finite_values_and_keeps_nan() {
        assert_eq!(ln(1.0), 0.0);
        assert!(ln(0.0) < -103.0 && ln(0.0) == ln(f32::NEG_INFINITY));
        assert!(ln(f32::INFINITY) > 88.7 && ln(f32::INFINITY).is_finite());
        assert!(ln(f32::NAN).is_nan());
    }

    #[test]
    fn exp_saturates_at_finite_values() {
        assert!(exp(f32::NEG_INFINITY) > 0.0 && exp(f32::INFINITY).is_finite());
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(sigmoid(0.0), 0.5);
    }

    #[test]
    fn power_by_squaring_equals_repeated_multiplication() {
        let mut product = 1.0;
        for n in 0..200 {
            assert!((power(0.999, n) - product).abs() < 1e-13);
            product *= 0.999;
        }
    }

    #[test]
    fn roots_are_rounded_as_libm_rounds_them() {
        let around = |bits: u32| (bits.saturating_sub(300)..=bits + 300).map(f32::from_bits);
        let powers = (1..254).flat_map(|exponent| around((exponent << 23) + 1000).chain(around(exponent << 23)));
        let spread = (0x0080_0000..0x7F80_0000u32).step_by(40_009).map(f32::from_bits);
        let columns = (1..100_000).map(|n| n as f32).flat_map(|n| [n, 6.0 / n]);
        for x in powers.chain(spread).chain(columns).filter(|x| x.is_normal()) {
            assert_eq!(newton(x).to_bits(), libm::sqrtf(x).to_bits(), "{x:e}");
        }
    }
}
