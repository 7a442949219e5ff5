//! Few values, where the compiler's general routines would bring a device more code than the work is worth.

use core::sync::atomic::{Ordering, compiler_fence};

/// to = from, value by value: a general copy takes 900 bytes of flash.
pub(crate) fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
        compiler_fence(Ordering::SeqCst); // else the loop becomes that copy again
    }
}
