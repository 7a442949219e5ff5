//! What a model tells of itself, and what a status means.

use super::pointers::{put, with_model};
use crate::memory::{Model, Parts};
use crate::region::Region;
use crate::sample::Counters;
use crate::status::{Status, name, text};
use core::ffi::c_char;

/// What went on so far.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `counters` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_count(model: *mut Model, counters: *mut Counters) -> Status {
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise.
        unsafe { put(counters, parts.counters()) }
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[Region::of(counters, 1)], &[], work) }
}

/// The name of a status, such as "OPENLOOP_TOO_SMALL".
#[unsafe(no_mangle)]
pub extern "C" fn openloop_status_name(status: u32) -> *const c_char {
    name(status).as_ptr()
}

/// What a status means, in a sentence.
#[unsafe(no_mangle)]
pub extern "C" fn openloop_status_text(status: u32) -> *const c_char {
    text(status).as_ptr()
}
