//! A model is made.

use super::pointers::{parts, place, put, values, with_chain, with_model};
use super::status;
use crate::chain::{FromBlob, count};
use crate::config::{Config, is_rate};
use crate::memory::{Counts, Model, Parts};
use crate::region::{Region, apart};
use crate::status::Status;
use core::ffi::c_void;

/// Bytes of memory that openloop_init needs for this configuration.
///
/// # Safety
/// `config` and its `sizes` are readable, `bytes` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_size(config: *const Config, bytes: *mut u32) -> Status {
    // SAFETY: the caller's promise.
    status(unsafe {
        with_chain(config, |chain, regions| {
            apart(&[Region::of(bytes, 1)], regions)?;
            let mut counts = Counts::default();
            count(chain, &mut counts)?;
            put(bytes, counts.total as u32)
        })
    })
}

/// Makes a model with freshly drawn weights in `memory`, which must start at a multiple of 8 bytes.
///
/// # Safety
/// `memory` is `bytes` bytes that nothing else uses as long as the model is; `config` and its `sizes` are readable, `model`
/// is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_init(
    memory: *mut c_void,
    bytes: u32,
    config: *const Config,
    model: *mut *mut Model,
) -> Status {
    if model.is_null() {
        return Status::NullPointer;
    }
    // SAFETY: the caller's promise.
    status(unsafe {
        with_chain(config, |chain, regions| {
            let written = [Region::of(memory.cast::<u8>(), bytes), Region::of(model, 1)];
            apart(&written, regions)?;
            let made = place(memory, bytes, chain)?;
            parts(made).initialize()?;
            put(model, made)
        })
    })
}

/// Draws the weights of openloop_init again: nothing is learned any more. Standardisation, rates and threshold stay.
///
/// # Safety
/// `model` is of openloop_init or openloop_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_reset(model: *mut Model) -> Status {
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[], |parts| parts.reset()) }
}

/// Standardises every later input as (x - offset) scale, bounded to 8 deviations so that a single wrong reading does no lasting
/// harm; `count` is the number of inputs. Offsets of 0 and scales of 1 leave inputs as they come. The configuration must have
/// `standardise`.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `offset` and `scale` are `count` readable values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_standardise(
    model: *mut Model,
    offset: *const f32,
    scale: *const f32,
    count: u32,
) -> Status {
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise, for both.
        let (offset, scale) = unsafe { (values(offset, count)?, values(scale, count)?) };
        if offset.len() != parts.model.counts.inputs {
            return Err(Status::WrongLength);
        }
        if offset.iter().chain(scale).any(|value| !value.is_finite()) {
            return Err(Status::InputNotFinite);
        }
        if parts.offset.is_empty() {
            return Err(Status::NoStandardisation);
        }
        parts.model.begun = None;
        parts.offset.iter_mut().zip(offset).for_each(|(own, offset)| *own = *offset);
        parts.scale.iter_mut().zip(scale).for_each(|(own, scale)| *own = *scale);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[Region::of(offset, count), Region::of(scale, count)], work) }
}

/// Other learning rates at the start. With half_after they go on falling from there by the samples learned from.
///
/// # Safety
/// `model` is of openloop_init or openloop_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_set_rates(model: *mut Model, hidden_rate: f32, output_rate: f32) -> Status {
    let work = |parts: &mut Parts<'_>| {
        if !is_rate(hidden_rate) || !is_rate(output_rate) {
            return Err(Status::BadConfig);
        }
        parts.model.how.about.hidden_rate = hidden_rate;
        parts.model.how.about.output_rate = output_rate;
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[], work) }
}

/// Answers of less confidence than this, between 0 and 1, say that they are not sure. 0 at the start: every answer is sure. It is not
/// saved.
///
/// # Safety
/// `model` is of openloop_init or openloop_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_set_threshold(model: *mut Model, confidence: f32) -> Status {
    let work = |parts: &mut Parts<'_>| {
        if !(0.0..=1.0).contains(&confidence) {
            return Err(Status::BadConfig);
        }
        parts.model.threshold = confidence;
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[], work) }
}

/// Bytes of memory that openloop_open needs for this blob.
///
/// # Safety
/// `blob` is `length` readable bytes, `needed` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_open_size(
    blob: *const u8,
    length: u32,
    store_feedback: u32,
    needed: *mut u32,
) -> Status {
    // SAFETY: the caller's promise.
    status(unsafe { values(blob, length) }.and_then(|blob| {
        apart(&[Region::of(needed, 1)], &[Region::of(blob.as_ptr(), length)])?;
        let mut counts = Counts::default();
        count(&FromBlob::new(blob, store_feedback != 0)?, &mut counts)?;
        // SAFETY: the caller's promise.
        unsafe { put(needed, counts.total as u32) }
    }))
}

/// Makes the model of a blob in `memory`, which must start at a multiple of 8 bytes. `store_feedback` as in the
/// configuration.
///
/// # Safety
/// `memory` is `memory_bytes` bytes that nothing else uses as long as the model is; `blob` is `length` readable bytes; `model` is
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_open(
    memory: *mut c_void,
    memory_bytes: u32,
    blob: *const u8,
    length: u32,
    store_feedback: u32,
    model: *mut *mut Model,
) -> Status {
    if model.is_null() {
        return Status::NullPointer;
    }
    // SAFETY: the caller's promise.
    status(unsafe { values(blob, length) }.and_then(|blob| {
        let chain = FromBlob::new(blob, store_feedback != 0)?;
        let written = [Region::of(memory.cast::<u8>(), memory_bytes), Region::of(model, 1)];
        apart(&written, &[Region::of(blob.as_ptr(), length)])?;
        // SAFETY: the caller's promise.
        let made = unsafe { place(memory, memory_bytes, &chain) }?;
        // SAFETY: `place` has just made it.
        unsafe { parts(made) }.load(blob)?;
        // SAFETY: not null, and the caller's promise.
        unsafe { put(model, made) }
    }))
}
