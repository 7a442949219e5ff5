//! A model learns and answers.

use super::pointers::{Given, put_if_wanted, values_mut, with_model};
use crate::memory::{Model, Parts};
use crate::region::Region;
use crate::sample::{Answer, Outcome};
use crate::status::Status;

/// Learns from one sample. `outcome` is what the network answered before; null where nobody wants to know.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `x` is `inputs` readable values; `outcome` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_learn(
    model: *mut Model,
    x: *const f32,
    inputs: u32,
    label: u32,
    outcome: *mut Outcome,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { learn(model, Given::F32(x), inputs, label, outcome) }
}

/// The same from whole numbers, as a camera or a converter gives them: each is taken as that number, and standardised.
///
/// # Safety
/// As for openloop_learn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_learn_u8(
    model: *mut Model,
    x: *const u8,
    inputs: u32,
    label: u32,
    outcome: *mut Outcome,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { learn(model, Given::U8(x), inputs, label, outcome) }
}

/// The same in int8 from what the network works on, without a copy: x stands for x / 2^input_bits, and is not standardised.
///
/// # Safety
/// As for openloop_learn.
#[cfg(feature = "int8")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_learn_i8(
    model: *mut Model,
    x: *const i8,
    inputs: u32,
    label: u32,
    outcome: *mut Outcome,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { learn(model, Given::I8(x), inputs, label, outcome) }
}

/// # Safety
/// As for [`openloop_learn`].
#[inline(never)]
unsafe fn learn(model: *mut Model, x: Given, inputs: u32, label: u32, outcome: *mut Outcome) -> Status {
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise, for both.
        unsafe { put_if_wanted(outcome, parts.learn(x.sample(inputs)?, label)?) };
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[Region::of(outcome, 1)], &[x.region(inputs)], work) }
}

/// Begins a learning step that is taken in parts, for a program that has other things to do in between: checks everything, copies the
/// sample and changes no weight. openloop_advance does the parts. Any other call that learns, answers or loads ends the step.
///
/// # Safety
/// As for openloop_learn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_begin(model: *mut Model, x: *const f32, inputs: u32, label: u32) -> Status {
    // SAFETY: the caller's promise.
    unsafe { begin(model, Given::F32(x), inputs, label) }
}

/// The same as openloop_learn_u8 takes its inputs.
///
/// # Safety
/// As for openloop_learn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_begin_u8(model: *mut Model, x: *const u8, inputs: u32, label: u32) -> Status {
    // SAFETY: the caller's promise.
    unsafe { begin(model, Given::U8(x), inputs, label) }
}

/// The same as openloop_learn_i8 takes its inputs.
///
/// # Safety
/// As for openloop_learn.
#[cfg(feature = "int8")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_begin_i8(model: *mut Model, x: *const i8, inputs: u32, label: u32) -> Status {
    // SAFETY: the caller's promise.
    unsafe { begin(model, Given::I8(x), inputs, label) }
}

/// # Safety
/// As for [`openloop_learn`].
#[inline(never)]
unsafe fn begin(model: *mut Model, x: Given, inputs: u32, label: u32) -> Status {
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise.
        parts.begin(unsafe { x.sample(inputs) }?, label)
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[], &[x.region(inputs)], work) }
}

/// One part of the step that was begun: a layer answers, learns, or does both. `more` is 1 while there are further parts; the last one
/// writes 0, and what the network answered into `outcome`, which may be null. In int8 a step is one part.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `more` is writable; `outcome` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_advance(model: *mut Model, more: *mut u32, outcome: *mut Outcome) -> Status {
    if more.is_null() {
        return Status::NullPointer;
    }
    let work = |parts: &mut Parts<'_>| {
        let found = parts.advance()?;
        // SAFETY: the caller's promise, for both.
        unsafe {
            put_if_wanted(more, found.is_none() as u32);
            if let Some(found) = found {
                put_if_wanted(outcome, found);
            }
        }
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &[Region::of(more, 1), Region::of(outcome, 1)], &[], work) }
}

/// Answers a sample: the class with its confidence, and all outputs in `y`. `answer` may be null, and so may `y` with 0 `outputs`.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `x` is `inputs` readable values, `y` null or `outputs` writable ones, `answer`
/// null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_predict(
    model: *mut Model,
    x: *const f32,
    inputs: u32,
    y: *mut f32,
    outputs: u32,
    answer: *mut Answer,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { predict(model, Given::F32(x), inputs, (y, outputs), answer) }
}

/// The same as openloop_learn_u8 takes its inputs.
///
/// # Safety
/// As for openloop_predict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_predict_u8(
    model: *mut Model,
    x: *const u8,
    inputs: u32,
    y: *mut f32,
    outputs: u32,
    answer: *mut Answer,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { predict(model, Given::U8(x), inputs, (y, outputs), answer) }
}

/// The same as openloop_learn_i8 takes its inputs.
///
/// # Safety
/// As for openloop_predict.
#[cfg(feature = "int8")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_predict_i8(
    model: *mut Model,
    x: *const i8,
    inputs: u32,
    y: *mut f32,
    outputs: u32,
    answer: *mut Answer,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { predict(model, Given::I8(x), inputs, (y, outputs), answer) }
}

/// # Safety
/// As for [`openloop_predict`].
#[inline(never)]
unsafe fn predict(
    model: *mut Model,
    x: Given,
    inputs: u32,
    (y, outputs): (*mut f32, u32),
    answer: *mut Answer,
) -> Status {
    let written = [Region::of(y, outputs), Region::of(answer, 1)];
    let work = |parts: &mut Parts<'_>| {
        // SAFETY: the caller's promise, for all three.
        unsafe { put_if_wanted(answer, parts.predict(x.sample(inputs)?, values_mut(y, outputs)?)?) };
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { with_model(model, &written, &[x.region(inputs)], work) }
}
