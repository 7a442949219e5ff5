//! The spectrum of a window in octaves, by a fast Fourier transform whose bits are the same on every machine.
//!
//! Of a channel's N moments the last P = 2^p are used, the largest power of two that is not more than N. With m the mean of the known
//! moments of the window, and w_t = 0.5 - 0.5 cos(2 pi t / P) (a Hann window):
//!
//! ```text
//! X_k = sum over t of w_t (x_t - m) exp(-2 pi i k t / P)                  k = 1, ..., P / 2
//! E_b = (1 / P^2) sum over k of |X_k|^2                                   k = 2^b, ..., 2^(b+1) - 1; the last band also has k = P / 2
//! band b = ln(E_b + 10^-12)                                               b = 0, ..., p - 2
//! ```
//!
//! At a rate of f rows a second band b reaches from 2^b f / P to 2^(b+1) f / P. A microcontroller computes the same in place with P
//! complex numbers, or from a fast transform of its maker: a power of two, additions and multiplications.
//!
//! The transform is our own 30 lines: crates choose their instructions by the machine, and a data set whose last bits depend on the
//! machine could not be known again by its checksum.

use std::f64::consts::TAU;

/// Energies below this are noise of the arithmetic: the logarithm of 0 would be far from all others.
const LEAST_ENERGY: f64 = 1e-12;

/// The largest power of two that is not more than `moments`.
fn length(moments: usize) -> usize {
    1 << moments.max(1).ilog2()
}

/// Octaves of a window of so many moments: p - 1 for 2^p moments that are used.
pub(super) fn bands(moments: usize) -> usize {
    (moments.max(1).ilog2() as usize).saturating_sub(1)
}

/// Appends the logarithm of the energy in each octave of a window whose mean was subtracted.
pub(super) fn log_energies(centred: Vec<f64>, out: &mut Vec<f64>) {
    let used = &centred[centred.len() - length(centred.len())..];
    let size = used.len();
    let angle = TAU / size as f64;
    let hann = |t: usize| 0.5 - 0.5 * libm::cos(angle * t as f64);
    let mut values: Vec<Complex> = used.iter().enumerate().map(|(t, x)| Complex { re: hann(t) * x, im: 0.0 }).collect();
    transform(&mut values);
    let scale = 1.0 / (size * size) as f64;
    let bands = bands(size);
    for band in 0..bands {
        let end = if band + 1 == bands { size / 2 + 1 } else { 2 << band };
        let energy: f64 = values[1 << band..end].iter().map(|x| x.re * x.re + x.im * x.im).sum();
        out.push(libm::log(energy * scale + LEAST_ENERGY));
    }
}

#[derive(Clone, Copy, Debug)]
struct Complex {
    re: f64,
    im: f64,
}

/// The discrete Fourier transform in place, of a power of two of values: radix 2, decimation in time.
fn transform(x: &mut [Complex]) {
    let size = x.len();
    let bits = size.ilog2();
    for k in 0..size {
        let reversed = if bits == 0 { 0 } else { k.reverse_bits() >> (usize::BITS - bits) };
        if k < reversed {
            x.swap(k, reversed);
        }
    }
    let mut half = 1;
    while half < size {
        let factors: Vec<Complex> = (0..half).map(|k| factor(k, half)).collect();
        for block in x.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((low, high), w) in low.iter_mut().zip(high).zip(&factors) {
                let turned = Complex { re: high.re * w.re - high.im * w.im, im: high.re * w.im + high.im * w.re };
                (*low, *high) = (
                    Complex { re: low.re + turned.re, im: low.im + turned.im },
                    Complex { re: low.re - turned.re, im: low.im - turned.im },
                );
            }
        }
        half *= 2;
    }
}

/// exp(-i pi k / half)
fn factor(k: usize, half: usize) -> Complex {
    let angle = -TAU * k as f64 / (2 * half) as f64;
    Complex { re: libm::cos(angle), im: libm::sin(angle) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(x: &[f64]) -> Vec<f64> {
        let mut out = Vec::new();
        log_energies(x.to_vec(), &mut out);
        out
    }

    #[test]
    fn there_is_a_band_for_each_octave_of_the_power_of_two_that_fits() {
        for (moments, expected) in [(4, 1), (5, 1), (7, 1), (8, 2), (16, 3), (128, 6), (200, 6)] {
            assert_eq!(bands(moments), expected, "{moments}");
            assert_eq!(of(&vec![1.0; moments]).len(), expected, "{moments}");
        }
    }

    #[test]
    fn a_tone_is_in_the_band_of_its_frequency() {
        for (cycles, expected) in [(3.0, 1), (6.0, 2), (12.0, 3), (24.0, 4)] {
            let tone: Vec<f64> = (0..64).map(|t| libm::sin(TAU * cycles * f64::from(t) / 64.0)).collect();
            let found = of(&tone);
            let best = (0..found.len()).max_by(|a, b| found[*a].total_cmp(&found[*b]));
            assert_eq!(best, Some(expected), "{cycles} cycles: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_transform_is_the_sum_that_defines_it(p in 0u32..7, seed in proptest::collection::vec(-10.0f64..10.0, 128)) {
            let size = 1usize << p;
            let mut fast: Vec<Complex> = (0..size).map(|k| Complex { re: seed[k], im: seed[127 - k] }).collect();
            let slow: Vec<Complex> = (0..size).map(|k| {
                let terms = fast.iter().enumerate().map(|(t, x)| {
                    let (sin, cos) = (-TAU * (k * t % size) as f64 / size as f64).sin_cos();
                    (x.re * cos - x.im * sin, x.re * sin + x.im * cos)
                });
                terms.fold(Complex { re: 0.0, im: 0.0 }, |sum, (re, im)| Complex { re: sum.re + re, im: sum.im + im })
            }).collect();
            transform(&mut fast);
            for (a, b) in fast.iter().zip(&slow) {
                prop_assert!((a.re - b.re).abs() < 1e-9 && (a.im - b.im).abs() < 1e-9);
            }
        }
    }
}
