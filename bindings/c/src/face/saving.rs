//! A model is saved and loaded.

use super::pointers::{not_null, put, values, values_mut, with_model};
use super::status;
use crate::memory::{Model, Parts};
use crate::region::{Region, apart};
use crate::slots::Flash;
use crate::status::Status;
use crate::storing;

/// Bytes that openloop_save needs for this model.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `bytes` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_saved_size(model: *mut Model, bytes: *mut u32) -> Status {
    let work = |parts: &mut Parts<'_>| {
        let size = parts.saved_size()? as u32;
        // SAFETY: the caller's promise.
        unsafe { put(bytes, size) }
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[Region::of(bytes, 1)], &[], work) }
}

/// Writes the model into a blob, with the next sequence number, and its length into `written`.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `blob` is `capacity` writable bytes, `written` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_save(model: *mut Model, blob: *mut u8, capacity: u32, written: *mut u32) -> Status {
    let regions = [Region::of(blob, capacity), Region::of(written, 1)];
    let work = |parts: &mut Parts<'_>| {
        not_null(blob)?;
        not_null(written)?;
        // SAFETY: the caller's promise.
        let length = parts.save(unsafe { values_mut(blob, capacity) }?)?;
        // SAFETY: not null, and the caller's promise.
        unsafe { put(written, length as u32) }
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &regions, &[], work) }
}

/// Reads a blob into a model of the same network, rule and arithmetic; bytes after the blob do not matter.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `blob` is `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_load(model: *mut Model, blob: *const u8, length: u32) -> Status {
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise.
        parts.load(unsafe { values(blob, length) }?)
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[Region::of(blob, length)], work) }
}

/// Which of two slots, 0 or 1, holds the later save. A program that always saves to the other one loses nothing when the
/// power fails.
///
/// # Safety
/// `first` and `second` are as many readable bytes as is said; `which` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_newer(
    first: *const u8,
    first_length: u32,
    second: *const u8,
    second_length: u32,
    which: *mut u32,
) -> Status {
    let slots = [Region::of(first, first_length), Region::of(second, second_length)];
    status(apart(&[Region::of(which, 1)], &slots).and_then(|()| {
        // SAFETY: the caller's promise, for both.
        let (first, second) = unsafe { (values(first, first_length)?, values(second, second_length)?) };
        let newer = storing::newer(first, second)?;
        // SAFETY: the caller's promise.
        unsafe { put(which, newer) }
    }))
}

/// Saves the model into that of two slots in flash which does not hold the newest state, without a buffer: erases it, writes it in
/// pieces of 32 bytes, and reads it back. Power may fail at any moment: the state before is still there.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `flash` is readable, its functions do what the struct says and do not use the model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_store(model: *mut Model, flash: *const Flash) -> Status {
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise.
        parts.store(unsafe { driver(flash) }?)
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[Region::of(flash, 1)], work) }
}

/// Loads the newest state of two slots in flash into a model of the same network, rule and arithmetic. After
/// OPENLOOP_BAD_CHECKSUM or OPENLOOP_FLASH_FAILED a part of the weights may have been read: openloop_reset draws them again.
///
/// # Safety
/// As for openloop_store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_restore(model: *mut Model, flash: *const Flash) -> Status {
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise.
        parts.restore(unsafe { driver(flash) }?)
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[Region::of(flash, 1)], work) }
}

/// The same for a program that has a blob in it: loads the newest state that goes on from the blob, which has the same seed, rates and
/// standardisation, or else the blob. So a program with a new model does not take the states of the old one.
///
/// # Safety
/// As for openloop_store; `blob` is `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_restore_over(
    model: *mut Model,
    flash: *const Flash,
    blob: *const u8,
    length: u32,
) -> Status {
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise, for both.
        parts.restore_over(unsafe { driver(flash) }?, unsafe { values(blob, length) }?)
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[Region::of(flash, 1), Region::of(blob, length)], work) }
}

/// # Safety
/// `flash` is null or readable.
unsafe fn driver(flash: *const Flash) -> Result<Flash, Status> {
    // SAFETY: the caller's promise.
    unsafe { values(flash, 1) }?.first().copied().ok_or(Status::NullPointer)
}
