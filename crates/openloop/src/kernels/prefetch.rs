//! Asking for memory before it is needed.

/// Bytes that come from memory together.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Starts values on their way to the nearest cache, where the processor can be told so. Changes nothing else.
pub fn prefetch<T: Copy>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for offset in (0..size_of_val(values)).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the address lies within the slice; asking for a line reads nothing that a program could see
        unsafe { _mm_prefetch::<_MM_HINT_T0>(values.as_ptr().cast::<i8>().add(offset)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

/// Starts the line `distance` values behind the first of `values` on its way to the second cache, whether or not it lies among
/// them: asking for memory that is not there does nothing.
#[inline(always)]
pub fn prefetch_behind(values: &[f32], distance: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: asking for a line reads nothing that a program could see, and an address without memory is no fault
        unsafe { _mm_prefetch::<_MM_HINT_T1>(values.as_ptr().wrapping_add(distance).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, distance);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_slice_may_be_asked_for_and_stays_as_it_is() {
        let values = [1.5f32; 100];
        (0..=100).for_each(|length| prefetch(&values[..length]));
        prefetch::<u8>(&[]);
        assert_eq!(values, [1.5; 100]);
    }
}
