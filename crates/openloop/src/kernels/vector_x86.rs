//! [`Vectors`] of x86-64's instruction sets. Inlined into a function that is compiled for the set, an operation is one
//! instruction or two.

use super::vector::{Entry, LANES, Vectors};
use std::arch::x86_64::*;

/// The totals of some vectors' lanes, whose two halves `half` has added: four at a time, the last ones again where they are
/// not enough, with their lanes side by side in the end.
///
/// # Safety
/// The processor must have AVX.
#[inline(always)]
unsafe fn totals<const N: usize>(half: impl Fn(usize) -> __m256) -> [f32; N] {
    let mut totals = [0.0; N];
    for first in (0..N).step_by(4) {
        let mut four = [0.0; 4];
        // SAFETY: the caller's promise, and four values are written
        unsafe {
            let quarter = |i: usize| {
                let half = half((first + i).min(N - 1));
                _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half))
            };
            let [a, b, c, d] = [quarter(0), quarter(1), quarter(2), quarter(3)];
            let ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
            let cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
            _mm_storeu_ps(four.as_mut_ptr(), _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
        }
        totals[first..].iter_mut().zip(four).for_each(|(total, sum)| *total = sum);
    }
    totals
}

/// AVX-512 F.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    /// # Safety
    /// The processor must have AVX-512 F.
    pub unsafe fn new() -> Self {
        Avx512(())
    }
}

impl Vectors for Avx512 {
    type Vector = __m512;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: the processor has these instructions, or `self` would not be
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> __m512 {
        // SAFETY: as above, and sixteen values are read
        unsafe { _mm512_loadu_ps(values.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: __m512, values: &mut [f32; LANES]) {
        // SAFETY: as above, and sixteen values are written
        unsafe { _mm512_storeu_ps(values.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn load_few(self, values: &[f32]) -> __m512 {
        assert!(values.len() < LANES);
        // SAFETY: as above, and only lanes of the mask are read
        unsafe { _mm512_maskz_loadu_ps((1 << values.len()) - 1, values.as_ptr()) }
    }

    #[inline(always)]
    fn store_few(self, vector: __m512, values: &mut [f32]) {
        assert!(values.len() < LANES);
        // SAFETY: as above, and only lanes of the mask are written
        unsafe { _mm512_mask_storeu_ps(values.as_mut_ptr(), (1 << values.len()) - 1, vector) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as above
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn subtract(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as above
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn multiply(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as above
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn multiply_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: as above
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn totals<const N: usize>(self, vectors: [__m512; N]) -> [f32; N] {
        // SAFETY: as above; AVX-512 comes with AVX
        unsafe {
            totals(|i| {
                let high = _mm512_castpd_ps(_mm512_shuffle_f64x2::<0b1110>(
                    _mm512_castps_pd(vectors[i]),
                    _mm512_castps_pd(vectors[i]),
                ));
                _mm256_add_ps(_mm512_castps512_ps256(vectors[i]), _mm512_castps512_ps256(high))
            })
        }
    }

    #[inline(always)]
    fn list(self, values: &[f32; LANES], first: u32, entries: &mut [Entry; LANES]) -> usize {
        // SAFETY: as above; an entry is two values of four bytes, so sixteen of them are two vectors
        unsafe {
            let values = self.load(values);
            // what is no number is not 0
            let not_zero = _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(values, _mm512_setzero_ps());
            let numbers = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
            let places = _mm512_add_epi32(numbers, _mm512_set1_epi32(first as i32));
            let values = _mm512_castps_si512(_mm512_maskz_compress_ps(not_zero, values));
            let places = _mm512_maskz_compress_epi32(not_zero, places);
            // one of the places, one of the values, and so on
            let low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
            let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
            let out = entries.as_mut_ptr().cast::<__m512i>();
            _mm512_storeu_si512(out, _mm512_permutex2var_epi32(places, low, values));
            _mm512_storeu_si512(out.add(1), _mm512_permutex2var_epi32(places, high, values));
            not_zero.count_ones() as usize
        }
    }
}

/// AVX, whose vectors are halves of ours.
#[derive(Clone, Copy)]
pub struct Avx(());

impl Avx {
    /// # Safety
    /// The processor must have AVX.
    pub unsafe fn new() -> Self {
        Avx(())
    }
}

impl Vectors for Avx {
    type Vector = [__m256; 2];

    #[inline(always)]
    fn splat(self, value: f32) -> [__m256; 2] {
        // SAFETY: the processor has these instructions, or `self` would not be
        unsafe { [_mm256_set1_ps(value); 2] }
    }

    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> [__m256; 2] {
        // SAFETY: as above, and twice eight values are read
        unsafe { [_mm256_loadu_ps(values.as_ptr()), _mm256_loadu_ps(values.as_ptr().add(8))] }
    }

    #[inline(always)]
    fn store(self, [low, high]: [__m256; 2], values: &mut [f32; LANES]) {
        // SAFETY: as above, and twice eight values are written
        unsafe {
            _mm256_storeu_ps(values.as_mut_ptr(), low);
            _mm256_storeu_ps(values.as_mut_ptr().add(8), high);
        }
    }

    #[inline(always)]
    fn add(self, a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: as above
        unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn subtract(self, a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: as above
        unsafe { [_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn multiply(self, a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: as above
        unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn totals<const N: usize>(self, vectors: [[__m256; 2]; N]) -> [f32; N] {
        // SAFETY: as above
        unsafe { totals(|i| _mm256_add_ps(vectors[i][0], vectors[i][1])) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::vector::Portable;

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
        if is_x86_feature_detected!("avx") {
            // SAFETY: just found
            assert_eq!(all(unsafe { Avx::new() }), expected);
        }
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: just found
            assert_eq!(all(unsafe { Avx512::new() }), expected);
        }
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
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: just found
            assert_eq!(sums(unsafe { Avx512::new() }), expected);
        }
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
            assert_eq!(doubled(Portable, count), expected);
            if is_x86_feature_detected!("avx") {
                // SAFETY: just found
                assert_eq!(doubled(unsafe { Avx::new() }, count), expected);
            }
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: just found
                assert_eq!(doubled(unsafe { Avx512::new() }, count), expected);
            }
        }
    }

    #[test]
    fn every_set_of_the_machine_lists_what_is_not_0() {
        let expected = [(40, 0.5f32.to_bits()), (43, f32::NAN.to_bits()), (55, (-2.0f32).to_bits())];
        assert_eq!(entries(Portable), expected);
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: just found
            assert_eq!(entries(unsafe { Avx512::new() }), expected);
        }
    }

    #[test]
    fn every_set_of_the_machine_gives_the_bits_of_the_portable_one() {
        let expected = bits(Portable);
        assert_eq!(expected[0][7], (0.1f32 * 7.0 - 0.7 + 0.3).to_bits());
        if is_x86_feature_detected!("avx") {
            // SAFETY: just found
            assert_eq!(bits(unsafe { Avx::new() }), expected);
        }
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: just found
            assert_eq!(bits(unsafe { Avx512::new() }), expected);
        }
    }
}
