//! The functions of `openloop.h`. Long because all that is unsafe about pointers from C is here, in one place to read. Every function
//! first refuses pointers that share bytes, makes references of the others, checked as far as can be, and then works on those.

use crate::config::Config;
use crate::learning::Counters;
use crate::memory::{Chain, Counts, FromBlob, FromConfig, MAGIC, MOST_LAYERS, Model, Parts, counts};
use crate::region::{Region, apart};
use crate::status::{Status, name, text};
use crate::storing;
use core::ffi::{c_char, c_void};
use core::slice;
use openloop_core::device::Health;
use openloop_core::{Layer, integer};

/// Bytes of memory that openloop_init needs for this configuration.
///
/// # Safety
/// `config` and its `sizes` are readable, `bytes` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_size(config: *const Config, bytes: *mut u32) -> Status {
    // SAFETY: the caller's promise.
    status(unsafe { chain(config) }.and_then(|chain| {
        // SAFETY: `chain` has just read it.
        apart(&[Region::of(bytes, 1)], &unsafe { config_regions(config) })?;
        let total = counts(&chain)?.total().ok_or(Status::TooLarge)?;
        // SAFETY: the caller's promise.
        unsafe { put(bytes, total as u32) }
    }))
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
    status(unsafe { chain(config) }.and_then(|chain| {
        let written = [Region::of(memory.cast::<u8>(), bytes), Region::of(model, 1)];
        // SAFETY: `chain` has just read it.
        apart(&written, &unsafe { config_regions(config) })?;
        // SAFETY: the caller's promise.
        let made = unsafe { place(memory, bytes, &chain) }?;
        // SAFETY: `place` has just made it.
        unsafe { parts(made) }?.initialize()?;
        // SAFETY: not null, and the caller's promise.
        unsafe { put(model, made) }
    }))
}

/// Standardises every later input as (x - offset) scale, bounded to 8 deviations so that a single wrong reading does no lasting
/// harm; `count` is the number of inputs. Offsets of 0 and scales of 1 leave inputs as they come.
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
    // SAFETY: the caller's promise.
    let alone = unsafe { apart_from(model, &[], &[Region::of(offset, count), Region::of(scale, count)]) };
    if let Err(status) = alone {
        return status;
    }
    // SAFETY: the caller's promise, for all three.
    let given = unsafe { (parts(model), values(offset, count), values(scale, count)) };
    let (Ok(parts), Ok(offset), Ok(scale)) = given else {
        return first_error([given.0.err(), given.1.err(), given.2.err()]);
    };
    if offset.len() != parts.model.counts.inputs {
        return Status::WrongLength;
    }
    if offset.iter().chain(scale).any(|value| !value.is_finite()) {
        return Status::InputNotFinite;
    }
    let floats = Parts::floats(parts.floats, offset.len(), 0, 0);
    floats.offset.copy_from_slice(offset);
    floats.scale.copy_from_slice(scale);
    Status::Ok
}

/// Learns from one sample.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `x` is `inputs` readable values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_learn(model: *mut Model, x: *const f32, inputs: u32, label: u32) -> Status {
    // SAFETY: the caller's promise.
    if let Err(status) = unsafe { apart_from(model, &[], &[Region::of(x, inputs)]) } {
        return status;
    }
    // SAFETY: the caller's promise, for both.
    let given = unsafe { (parts(model), values(x, inputs), Ok(())) };
    let (Ok(parts), Ok(x), _) = given else { return first_error([given.0.err(), given.1.err(), given.2.err()]) };
    status(parts.learn(x, label))
}

/// Answers a sample: `label`, the class of the largest output, and the outputs themselves; `y` or `label` may be null, and
/// `outputs` 0 with `y`.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `x` is `inputs` readable values, `y` null or `outputs` writable ones, `label`
/// null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_predict(
    model: *mut Model,
    x: *const f32,
    inputs: u32,
    y: *mut f32,
    outputs: u32,
    label: *mut u32,
) -> Status {
    let written = [Region::of(y, outputs), Region::of(label, 1)];
    // SAFETY: the caller's promise.
    if let Err(status) = unsafe { apart_from(model, &written, &[Region::of(x, inputs)]) } {
        return status;
    }
    // SAFETY: the caller's promise, for all three.
    let given = unsafe { (parts(model), values(x, inputs), values_mut(y, outputs)) };
    let (Ok(parts), Ok(x), Ok(y)) = given else { return first_error([given.0.err(), given.1.err(), given.2.err()]) };
    status(parts.predict(x, y).and_then(|answer| match label.is_null() {
        true => Ok(()),
        // SAFETY: not null, and the caller's promise.
        false => unsafe { put(label, answer) },
    }))
}

/// Bytes that openloop_save needs for this model.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `bytes` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_saved_size(model: *mut Model, bytes: *mut u32) -> Status {
    // SAFETY: the caller's promise.
    let alone = unsafe { apart_from(model, &[Region::of(bytes, 1)], &[]) };
    // SAFETY: the caller's promise, for both.
    status(alone.and_then(|()| unsafe { parts(model) }).and_then(|mut parts| {
        let size = parts.saved_size()? as u32;
        // SAFETY: the caller's promise.
        unsafe { put(bytes, size) }
    }))
}

/// Writes the model into a blob, with the next sequence number, and its length into `written`.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `blob` is `capacity` writable bytes, `written` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_save(model: *mut Model, blob: *mut u8, capacity: u32, written: *mut u32) -> Status {
    // SAFETY: the caller's promise.
    if let Err(status) = unsafe { apart_from(model, &[Region::of(blob, capacity), Region::of(written, 1)], &[]) } {
        return status;
    }
    // SAFETY: the caller's promise, for both.
    let given = unsafe { (parts(model), bytes_mut(blob, capacity), not_null(written)) };
    let (Ok(mut parts), Ok(blob), Ok(())) = given else {
        return first_error([given.0.err(), given.1.err(), given.2.err()]);
    };
    // SAFETY: not null, and the caller's promise.
    status(parts.save(blob).and_then(|length| unsafe { put(written, length as u32) }))
}

/// Reads a blob into a model of the same network, rule and arithmetic; bytes after the blob do not matter.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `blob` is `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_load(model: *mut Model, blob: *const u8, length: u32) -> Status {
    // SAFETY: the caller's promise.
    if let Err(status) = unsafe { apart_from(model, &[], &[Region::of(blob, length)]) } {
        return status;
    }
    // SAFETY: the caller's promise, for both.
    let given = unsafe { (parts(model), bytes(blob, length), Ok(())) };
    let (Ok(mut parts), Ok(blob), _) = given else { return first_error([given.0.err(), given.1.err(), given.2.err()]) };
    status(parts.load(blob))
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
    status(unsafe { bytes(blob, length) }.and_then(|blob| {
        apart(&[Region::of(needed, 1)], &[Region::of(blob.as_ptr(), length)])?;
        let total = counts(&FromBlob::new(blob, store_feedback != 0)?)?.total().ok_or(Status::TooLarge)?;
        // SAFETY: the caller's promise.
        unsafe { put(needed, total as u32) }
    }))
}

/// Makes the model of a blob in `memory`, which must start at a multiple of 8 bytes. `store_feedback` as in the
/// configuration.
///
/// # Safety
/// `memory` is `bytes` bytes that nothing else uses as long as the model is; `blob` is `length` readable bytes; `model` is
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
    status(unsafe { bytes(blob, length) }.and_then(|blob| {
        let chain = FromBlob::new(blob, store_feedback != 0)?;
        let written = [Region::of(memory.cast::<u8>(), memory_bytes), Region::of(model, 1)];
        apart(&written, &[Region::of(blob.as_ptr(), length)])?;
        // SAFETY: the caller's promise.
        let made = unsafe { place(memory, memory_bytes, &chain) }?;
        // SAFETY: `place` has just made it.
        let mut parts = unsafe { parts(made) }?;
        parts.floats.fill(0.0);
        parts.words.fill(0);
        parts.bytes.fill(0);
        parts.load(blob)?;
        // SAFETY: not null, and the caller's promise.
        unsafe { put(model, made) }
    }))
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
    // SAFETY: the caller's promise, for both.
    let given =
        unsafe { (bytes(first, first_length), bytes(second, second_length), apart(&[Region::of(which, 1)], &slots)) };
    let (Ok(first), Ok(second), Ok(())) = given else {
        return first_error([given.0.err(), given.1.err(), given.2.err()]);
    };
    // SAFETY: the caller's promise.
    status(storing::newer(first, second).and_then(|newer| unsafe { put(which, newer) }))
}

/// What went on so far.
///
/// # Safety
/// `model` is of openloop_init or openloop_open; `counters` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openloop_count(model: *mut Model, counters: *mut Counters) -> Status {
    // SAFETY: the caller's promise.
    let alone = unsafe { apart_from(model, &[Region::of(counters, 1)], &[]) };
    // SAFETY: the caller's promise, for both.
    status(alone.and_then(|()| unsafe { parts(model) }).and_then(|parts| unsafe { put(counters, parts.counters()) }))
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

fn status(result: Result<(), Status>) -> Status {
    result.err().unwrap_or(Status::Ok)
}

/// The first error among what was given.
fn first_error(errors: [Option<Status>; 3]) -> Status {
    errors.into_iter().flatten().next().unwrap_or(Status::Ok)
}

/// As [`apart`], where the memory of `model` is written too.
///
/// # Safety
/// As for [`parts`].
unsafe fn apart_from(model: *mut Model, written: &[Region], read: &[Region]) -> Result<(), Status> {
    // SAFETY: the caller's promise.
    let memory = [unsafe { extent(model) }?];
    apart(written, read)?;
    apart(&memory, written)?;
    apart(&memory, read)
}

/// Where a configuration lies, and its sizes.
///
/// # Safety
/// `config` is readable.
unsafe fn config_regions(config: *const Config) -> [Region; 2] {
    // SAFETY: readable; it need not be aligned.
    let Config { sizes, size_count, .. } = unsafe { config.read_unaligned() };
    [Region::of(config, 1), Region::of(sizes, size_count)]
}

fn not_null<T>(pointer: *mut T) -> Result<(), Status> {
    if pointer.is_null() { Err(Status::NullPointer) } else { Ok(()) }
}

/// Writes to where a pointer points.
///
/// # Safety
/// It is null, or writable.
unsafe fn put<T>(pointer: *mut T, value: T) -> Result<(), Status> {
    not_null(pointer)?;
    // SAFETY: not null, so writable; it need not be aligned.
    unsafe { pointer.write_unaligned(value) };
    Ok(())
}

/// # Safety
/// `pointer` is null, or `length` readable bytes.
unsafe fn bytes<'a>(pointer: *const u8, length: u32) -> Result<&'a [u8], Status> {
    match pointer.is_null() {
        true => Err(Status::NullPointer),
        // SAFETY: not null, so readable; bytes are always aligned.
        false => Ok(unsafe { slice::from_raw_parts(pointer, length as usize) }),
    }
}

/// # Safety
/// `pointer` is null, or `length` writable bytes.
unsafe fn bytes_mut<'a>(pointer: *mut u8, length: u32) -> Result<&'a mut [u8], Status> {
    not_null(pointer)?;
    // SAFETY: not null, so writable; bytes are always aligned.
    Ok(unsafe { slice::from_raw_parts_mut(pointer, length as usize) })
}

/// # Safety
/// `pointer` is null, or `count` readable values.
unsafe fn values<'a>(pointer: *const f32, count: u32) -> Result<&'a [f32], Status> {
    match (pointer.is_null(), pointer.is_aligned()) {
        (true, _) => Err(Status::NullPointer),
        (_, false) => Err(Status::Misaligned),
        // SAFETY: neither null nor misaligned, so readable.
        _ => Ok(unsafe { slice::from_raw_parts(pointer, count as usize) }),
    }
}

/// # Safety
/// `pointer` is null, or `count` writable values.
unsafe fn values_mut<'a>(pointer: *mut f32, count: u32) -> Result<&'a mut [f32], Status> {
    match (pointer.is_null(), pointer.is_aligned()) {
        (true, _) if count == 0 => Ok(&mut []),
        (true, _) => Err(Status::NullPointer),
        (_, false) => Err(Status::Misaligned),
        // SAFETY: neither null nor misaligned, so writable.
        _ => Ok(unsafe { slice::from_raw_parts_mut(pointer, count as usize) }),
    }
}

/// The layers of a configuration.
///
/// # Safety
/// `config` is null or readable, and so are its sizes.
unsafe fn chain<'a>(config: *const Config) -> Result<FromConfig<'a>, Status> {
    if config.is_null() {
        return Err(Status::NullPointer);
    }
    // SAFETY: not null, so readable; it need not be aligned.
    let config = unsafe { config.read_unaligned() };
    match (config.sizes.is_null(), config.sizes.is_aligned()) {
        (true, _) => return Err(Status::NullPointer),
        (_, false) => return Err(Status::Misaligned),
        _ if config.size_count < 2 => return Err(Status::BadNetwork),
        _ if config.size_count as usize > MOST_LAYERS + 1 => return Err(Status::TooLarge),
        _ => {}
    }
    // SAFETY: neither null nor misaligned, so as many sizes are readable.
    let sizes = unsafe { slice::from_raw_parts(config.sizes, config.size_count as usize) };
    FromConfig::new(&config, sizes)
}

/// Puts the head and the layers of a model into memory. What follows them is still as it was.
///
/// # Safety
/// `memory` is null, or `bytes` bytes that nothing else uses.
unsafe fn place(memory: *mut c_void, bytes: u32, chain: &impl Chain) -> Result<*mut Model, Status> {
    let counts = counts(chain)?;
    let model: *mut Model = memory.cast();
    if model.is_null() {
        return Err(Status::NullPointer);
    }
    if !model.is_aligned() {
        return Err(Status::Misaligned);
    }
    if counts.total().is_none_or(|total| total > bytes as usize) {
        return Err(Status::TooSmall);
    }
    let (plan, health) = (*chain.plan(), Health::NEW);
    let head = Model { magic: MAGIC, sequence: 0, counts, plan, health, state: integer::Int8State::default() };
    // SAFETY: aligned, and the memory is long enough for head and layers, whose size is a multiple of their alignment.
    unsafe {
        model.write(head);
        let layers: *mut Layer = model.add(1).cast();
        for k in 0..counts.layers {
            layers.add(k).write(Layer::Dense(chain.layer(k)?));
        }
    }
    Ok(model)
}

/// A model's memory as bytes; an error where there is no model.
///
/// # Safety
/// As for [`parts`].
unsafe fn extent(model: *mut Model) -> Result<Region, Status> {
    if model.is_null() {
        return Err(Status::NullPointer);
    }
    if !model.is_aligned() {
        return Err(Status::Misaligned);
    }
    // SAFETY: readable, aligned, and any four bytes are a number.
    if unsafe { (&raw const (*model).magic).read() } != MAGIC {
        return Err(Status::NotAModel);
    }
    // SAFETY: `place` has put a head here.
    let counts = unsafe { (&raw const (*model).counts).read() };
    Ok(Region { start: model.addr(), bytes: counts.total().ok_or(Status::NotAModel)? })
}

/// A model's memory as references.
///
/// # Safety
/// `model` is null, or points to memory that is readable for as long as a head; if it is a model, nothing else uses its memory
/// meanwhile.
unsafe fn parts<'m>(model: *mut Model) -> Result<Parts<'m>, Status> {
    // SAFETY: the caller's promise.
    unsafe { extent(model) }?;
    // SAFETY: `place` has put a head here and made sure that all that its counts say fits behind it, in this order; every part's
    // size is a multiple of the next one's alignment; and all bytes of it are numbers of some kind.
    unsafe {
        let Counts { layers, floats, words, bytes, .. } = (*model).counts;
        let first_layer: *mut Layer = model.add(1).cast();
        let first_float: *mut f32 = first_layer.add(layers).cast();
        let first_word: *mut i32 = first_float.add(floats).cast();
        let first_byte: *mut i8 = first_word.add(words).cast();
        Ok(Parts {
            model: &mut *model,
            layers: slice::from_raw_parts_mut(first_layer, layers),
            floats: slice::from_raw_parts_mut(first_float, floats),
            words: slice::from_raw_parts_mut(first_word, words),
            bytes: slice::from_raw_parts_mut(first_byte, bytes),
        })
    }
}

const _: () = assert!(align_of::<Layer>() <= 8 && size_of::<Model>().is_multiple_of(8));
const _: () = assert!(size_of::<Layer>().is_multiple_of(4));
