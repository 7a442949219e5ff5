//! [`Vectors`] of x86-64's instruction sets. Inlined into a function that is compiled for the set, an operation is one
//! instruction or two.

use super::vector::{Entry, LANES, Vectors};
use std::arch::x86_64::*;

/// One number or several side by side: [`cast`] reads them as another such type of the same size.
///
/// # Safety
/// The type must have no padding, and every pattern of bits must be a value of it.
unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($numbers:ty),*) => {
        // SAFETY: each consists of f32 and whole numbers of four bytes
        $(unsafe impl Plain for $numbers {})*
    };
}
plain!(f32, Entry, __m128, __m256, __m512, __m512i);

// SAFETY: an array has no padding between its items
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// The same bits as another type: an array as a vector, or a vector as an array.
#[inline(always)]
fn cast<A: Plain, B: Plain>(numbers: A) -> B {
    const { assert!(size_of::<A>() == size_of::<B>()) };
    // SAFETY: the sizes are the same, and both types are plain
    unsafe { std::mem::transmute_copy(&numbers) }
}

/// Operations of a set: each body becomes a function that is compiled for the set's instructions, so their intrinsics are safe in it.
macro_rules! operations {
    ($features:literal: $(
        fn $name:ident$(<const $n:ident: usize>)?(self, $($argument:ident: $type:ty),*) $(-> $result:ty)? $body:block
    )*) => {$(
        #[inline(always)]
        fn $name$(<const $n: usize>)?(self, $($argument: $type),*) $(-> $result)? {
            #[target_feature(enable = $features)]
            #[inline]
            fn compiled$(<const $n: usize>)?($($argument: $type),*) $(-> $result)? $body
            // SAFETY: the processor has these instructions, or there would be no `self`
            unsafe { compiled($($argument),*) }
        }
    )*};
}

/// The totals of some vectors' lanes, whose two halves are added already: four at a time, the last ones again where they are
/// not enough, with their lanes side by side in the end.
#[target_feature(enable = "avx")]
#[inline]
fn totals<const N: usize>(halves: [__m256; N]) -> [f32; N] {
    let mut totals = [0.0; N];
    for first in (0..N).step_by(4) {
        let quarter = |i: usize| {
            let half = halves[(first + i).min(N - 1)];
            _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half))
        };
        let [a, b, c, d] = [quarter(0), quarter(1), quarter(2), quarter(3)];
        let ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
        let cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
        let four: [f32; 4] = cast(_mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
        totals[first..].iter_mut().zip(four).for_each(|(total, sum)| *total = sum);
    }
    totals
}

/// AVX-512 F.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    /// Safe to call from a function that is compiled for AVX-512 F. Another caller needs `unsafe`, by which it promises that the
    /// processor has these instructions.
    #[target_feature(enable = "avx512f")]
    #[inline]
    pub fn new() -> Self {
        Avx512(())
    }
}

impl Vectors for Avx512 {
    type Vector = __m512;

    operations! { "avx512f":
        fn splat(self, value: f32) -> __m512 {
            _mm512_set1_ps(value)
        }

        fn load(self, values: &[f32; LANES]) -> __m512 {
            cast(*values)
        }

        fn store(self, vector: __m512, values: &mut [f32; LANES]) {
            *values = cast(vector);
        }

        fn load_few(self, values: &[f32]) -> __m512 {
            assert!(values.len() < LANES);
            // SAFETY: only lanes of the mask are read
            unsafe { _mm512_maskz_loadu_ps((1 << values.len()) - 1, values.as_ptr()) }
        }

        fn store_few(self, vector: __m512, values: &mut [f32]) {
            assert!(values.len() < LANES);
            // SAFETY: only lanes of the mask are written
            unsafe { _mm512_mask_storeu_ps(values.as_mut_ptr(), (1 << values.len()) - 1, vector) }
        }

        fn add(self, a: __m512, b: __m512) -> __m512 {
            _mm512_add_ps(a, b)
        }

        fn subtract(self, a: __m512, b: __m512) -> __m512 {
            _mm512_sub_ps(a, b)
        }

        fn multiply(self, a: __m512, b: __m512) -> __m512 {
            _mm512_mul_ps(a, b)
        }

        fn multiply_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
            _mm512_fmadd_ps(a, b, c)
        }

        fn totals<const N: usize>(self, vectors: [__m512; N]) -> [f32; N] {
            let mut halves = [_mm256_setzero_ps(); N];
            for (half, vector) in halves.iter_mut().zip(vectors) {
                let high = _mm512_shuffle_f64x2::<0b1110>(_mm512_castps_pd(vector), _mm512_castps_pd(vector));
                let high = _mm512_castps512_ps256(_mm512_castpd_ps(high));
                *half = _mm256_add_ps(_mm512_castps512_ps256(vector), high);
            }
            totals(halves)
        }

        fn list(self, values: &[f32; LANES], first: u32, entries: &mut [Entry; LANES]) -> usize {
            let values = cast(*values);
            // what is no number is not 0
            let not_zero = _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(values, _mm512_setzero_ps());
            let numbers = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
            let places = _mm512_add_epi32(numbers, _mm512_set1_epi32(first as i32));
            let values = _mm512_castps_si512(_mm512_maskz_compress_ps(not_zero, values));
            let places = _mm512_maskz_compress_epi32(not_zero, places);
            // one of the places, one of the values, and so on
            let low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
            let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
            let low = _mm512_permutex2var_epi32(places, low, values);
            *entries = cast([low, _mm512_permutex2var_epi32(places, high, values)]);
            not_zero.count_ones() as usize
        }
    }
}

/// AVX, whose vectors are halves of ours.
#[derive(Clone, Copy)]
pub struct Avx(());

impl Avx {
    /// As [`Avx512::new`], for AVX.
    #[target_feature(enable = "avx")]
    #[inline]
    pub fn new() -> Self {
        Avx(())
    }
}

impl Vectors for Avx {
    type Vector = [__m256; 2];

    operations! { "avx":
        fn splat(self, value: f32) -> [__m256; 2] {
            [_mm256_set1_ps(value); 2]
        }

        fn load(self, values: &[f32; LANES]) -> [__m256; 2] {
            cast(*values)
        }

        fn store(self, vector: [__m256; 2], values: &mut [f32; LANES]) {
            *values = cast(vector);
        }

        fn add(self, a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
            [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])]
        }

        fn subtract(self, a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
            [_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])]
        }

        fn multiply(self, a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
            [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])]
        }

        fn totals<const N: usize>(self, vectors: [[__m256; 2]; N]) -> [f32; N] {
            let mut halves = [_mm256_setzero_ps(); N];
            for (half, [low, high]) in halves.iter_mut().zip(vectors) {
                *half = _mm256_add_ps(low, high);
            }
            totals(halves)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::vector::Portable;

    /// Asserts what a function gives for every set of the machine.
    macro_rules! assert_for_each_set {
        ($of:ident($($argument:expr),*), $expected:expr) => {{
            assert_eq!($of(Portable, $($argument),*), $expected);
            if is_x86_feature_detected!("avx") {
                // SAFETY: just found
                assert_eq!($of(unsafe { Avx::new() }, $($argument),*), $expected);
            }
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: just found
                assert_eq!($of(unsafe { Avx512::new() }, $($argument),*), $expected);
            }
        }};
    }

    fn bits(vectors: impl Vectors) -> [[u32; LANES]; 3] {
        let a: [f32; LANES] = std::array::from_fn(|lane| 0.1 * lane as f32 - 0.7);
        let b: [f32; LANES] = std::array::from_fn(|lane| 3.0 / (lane as f32 - 4.5));
        let (a, b) = (vectors.load(&a), vectors.load(&b));
        [vectors.add(a, vectors.splat(0.3)), vectors.subtract(a, b), vectors.multiply(a, b)].map(|vector| {
            let mut out = [0.0; LANES];
            vectors.store(vector, &mut out);
            out.map(f32::to_bits)
        })
    }

    fn totals_of<const N: usize>(vectors: impl Vectors) -> Vec<u32> {
        let values = std::array::from_fn(|n| std::array::from_fn(|lane| 1.0 / (n as f32 - 0.3 * lane as f32 + 0.1)));
        let sums: [_; N] = values.map(|values| vectors.load(&values));
        vectors.totals(sums).map(f32::to_bits).to_vec()
    }

    #[test]
    fn every_set_of_the_machine_adds_up_lanes_in_the_same_order() {
        fn all(vectors: impl Vectors) -> [Vec<u32>; 4] {
            [totals_of::<1>(vectors), totals_of::<3>(vectors), totals_of::<4>(vectors), totals_of::<6>(vectors)]
        }
        let expected = all(Portable);
        assert_for_each_set!(all(), expected);
        assert_eq!(expected[2][..3], expected[1][..], "each on its own");
    }

    fn entries(vectors: impl Vectors) -> Vec<(u32, u32)> {
        let mut values = [0.0; LANES];
        (values[0], values[3], values[4], values[15]) = (0.5, f32::NAN, -0.0, -2.0);
        let mut listed = [Entry { at: 0, value: 0.0 }; LANES];
        let count = vectors.list(&values, 40, &mut listed);
        listed[..count].iter().map(|entry| (entry.at, entry.value.to_bits())).collect()
    }

    #[test]
    fn every_set_of_the_machine_adds_products() {
        fn sums(vectors: impl Vectors) -> [f32; LANES] {
            let (mut out, some) = ([0.0; LANES], vectors.load(&std::array::from_fn(|lane| lane as f32 - 3.5)));
            vectors.store(vectors.multiply_add(some, vectors.splat(2.0), vectors.splat(1.0)), &mut out);
            out
        }
        let expected = sums(Portable);
        assert_eq!(expected[..4], [-6.0, -4.0, -2.0, 0.0]);
        assert_for_each_set!(sums(), expected);
    }

    #[test]
    fn every_set_of_the_machine_loads_and_stores_a_few_values_and_no_other() {
        fn doubled(vectors: impl Vectors, count: usize) -> [f32; LANES] {
            let mut values: [f32; LANES] = std::array::from_fn(|lane| lane as f32 + 1.0);
            let few = vectors.load_few(&values[..count]);
            let mut all = [7.0; LANES];
            vectors.store(few, &mut all);
            assert!(all[count..].iter().all(|lane| *lane == 0.0), "{all:?}");
            vectors.store_few(vectors.add(few, few), &mut values[..count]);
            values
        }
        for count in 0..LANES {
            let expected = std::array::from_fn(|lane| (lane as f32 + 1.0) * if lane < count { 2.0 } else { 1.0 });
            assert_for_each_set!(doubled(count), expected);
        }
    }

    #[test]
    fn every_set_of_the_machine_lists_what_is_not_0() {
        let expected = [(40, 0.5f32.to_bits()), (43, f32::NAN.to_bits()), (55, (-2.0f32).to_bits())];
        assert_for_each_set!(entries(), expected);
    }

    #[test]
    fn every_set_of_the_machine_gives_the_bits_of_the_portable_one() {
        let expected = bits(Portable);
        assert_eq!(expected[0][7], (0.1f32 * 7.0 - 0.7 + 0.3).to_bits());
        assert_for_each_set!(bits(), expected);
    }
}
