//! Pointers from C become references, or a status.

use crate::chain::{Chain, FromConfig, count};
use crate::config::Config;
use crate::memory::{Counts, MAGIC, Model, Parts};
use crate::region::{Region, apart};
use crate::sample::Sample;
use crate::status::Status;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::slice;
use openloop_core::device::Health;
use openloop_core::{Layer, integer};

/// The values of a sample in C.
#[derive(Clone, Copy)]
pub(super) enum Given {
    F32(*const f32),
    U8(*const u8),
    #[cfg(feature = "int8")]
    I8(*const i8),
}

impl Given {
    pub(super) fn region(self, count: u32) -> Region {
        match self {
            Given::F32(x) => Region::of(x, count),
            Given::U8(x) => Region::of(x, count),
            #[cfg(feature = "int8")]
            Given::I8(x) => Region::of(x, count),
        }
    }

    /// # Safety
    /// It is null, or `count` readable values.
    pub(super) unsafe fn sample<'a>(self, count: u32) -> Result<Sample<'a>, Status> {
        // SAFETY: the caller's promise, whichever it is.
        unsafe {
            match self {
                Given::F32(x) => Ok(Sample::F32(values(x, count)?)),
                Given::U8(x) => Ok(Sample::U8(values(x, count)?)),
                #[cfg(feature = "int8")]
                Given::I8(x) => Ok(Sample::I8(values(x, count)?)),
            }
        }
    }
}

/// Calls `with` on a model's memory, where nothing that is written shares bytes with anything else.
///
/// # Safety
/// `model` is null or points to memory that is readable for as long as a head; if it is a model, nothing else uses its memory
/// meanwhile.
#[inline(always)]
pub(super) unsafe fn with_model(
    model: *mut Model,
    written: &[Region],
    read: &[Region],
    with: impl FnOnce(&mut Parts<'_>) -> Result<(), Status>,
) -> Status {
    // SAFETY: the caller's promise.
    // by reference: moving the parts out of the result would be a copy of their bytes
    match &mut unsafe { apart_from(model, written, read) } {
        Ok(parts) => with(parts).err().unwrap_or(Status::Ok),
        Err(status) => *status,
    }
}

/// A copy for all who ask.
///
/// # Safety
/// As for [`with_model`].
#[inline(never)]
unsafe fn apart_from<'m>(model: *mut Model, written: &[Region], read: &[Region]) -> Result<Parts<'m>, Status> {
    // SAFETY: the caller's promise.
    let memory = [unsafe { extent(model) }?];
    apart(written, read)?;
    apart(&memory, written)?;
    apart(&memory, read)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { parts(model) })
}

pub(super) fn not_null<T>(pointer: *mut T) -> Result<(), Status> {
    if pointer.is_null() { Err(Status::NullPointer) } else { Ok(()) }
}

/// Writes to where a pointer points.
///
/// # Safety
/// It is null, or writable.
pub(super) unsafe fn put<T>(pointer: *mut T, value: T) -> Result<(), Status> {
    not_null(pointer)?;
    // SAFETY: not null, so writable; it need not be aligned.
    unsafe { pointer.write_unaligned(value) };
    Ok(())
}

/// The same where null means that nobody wants to know.
///
/// # Safety
/// It is null, or writable.
pub(super) unsafe fn put_if_wanted<T>(pointer: *mut T, value: T) {
    // SAFETY: the caller's promise; null is no mistake here.
    let _ = unsafe { put(pointer, value) };
}

/// # Safety
/// `pointer` is null, or `count` readable values.
pub(super) unsafe fn values<'a, T>(pointer: *const T, count: u32) -> Result<&'a [T], Status> {
    match (pointer.is_null(), pointer.is_aligned()) {
        (true, _) => Err(Status::NullPointer),
        (_, false) => Err(Status::Misaligned),
        // SAFETY: neither null nor misaligned, so readable.
        _ => Ok(unsafe { slice::from_raw_parts(pointer, count as usize) }),
    }
}

/// # Safety
/// `pointer` is null, or `count` writable values.
pub(super) unsafe fn values_mut<'a, T>(pointer: *mut T, count: u32) -> Result<&'a mut [T], Status> {
    match (pointer.is_null(), pointer.is_aligned()) {
        (true, _) if count == 0 => Ok(&mut []),
        (true, _) => Err(Status::NullPointer),
        (_, false) => Err(Status::Misaligned),
        // SAFETY: neither null nor misaligned, so writable.
        _ => Ok(unsafe { slice::from_raw_parts_mut(pointer, count as usize) }),
    }
}

/// Calls `with` on the layers of a configuration, and on where it lies: what must not be written.
///
/// # Safety
/// `config` is null or readable, and so are its sizes.
pub(super) unsafe fn with_chain(
    config: *const Config,
    with: impl FnOnce(&FromConfig<'_>, &[Region]) -> Result<(), Status>,
) -> Result<(), Status> {
    // SAFETY: the caller's promise.
    let Some(config) = (unsafe { values(config, 1) }?).first() else { return Err(Status::NullPointer) };
    // SAFETY: the caller's promise.
    let sizes = unsafe { values(config.sizes, config.size_count) }?;
    let regions = [Region::of(config, 1), Region::of(config.sizes, config.size_count)];
    match sizes.len() {
        0 | 1 => Err(Status::BadNetwork),
        // by reference: moving it out of the result would be a copy of its bytes
        _ => with(FromConfig::new(config, sizes).as_ref()?, &regions),
    }
}

/// Puts the head and the layers of a model into memory. What follows them is still as it was.
///
/// # Safety
/// `memory` is null, or `bytes` bytes that nothing else uses.
pub(super) unsafe fn place(memory: *mut c_void, bytes: u32, chain: &impl Chain) -> Result<*mut Model, Status> {
    let mut counts = Counts::default();
    count(chain, &mut counts)?;
    let model: *mut Model = memory.cast();
    if model.is_null() {
        return Err(Status::NullPointer);
    }
    if !model.is_aligned() {
        return Err(Status::Misaligned);
    }
    if counts.total > bytes as usize {
        return Err(Status::TooSmall);
    }
    // SAFETY: aligned, and the memory is long enough for head and layers, whose size is a multiple of their alignment. Field by field,
    // because a head in one piece would be made on the stack and copied.
    unsafe {
        (&raw mut (*model).magic).write(MAGIC);
        (&raw mut (*model).sequence).write(0);
        copy(&counts, &raw mut (*model).counts);
        copy(chain.how(), &raw mut (*model).how);
        (&raw mut (*model).health).write(Health::NEW);
        (&raw mut (*model).state).write(integer::Int8State { step: 0, saturated: 0 });
        (&raw mut (*model).threshold).write(0.0);
        (&raw mut (*model).begun).write(None);
        let layers: *mut Layer = model.add(1).cast();
        for k in 0..counts.layers {
            layers.add(k).write(Layer::Dense(chain.layer(k)?));
        }
    }
    Ok(model)
}

/// Copies a value word by word, where a call of memcpy would bring more code than there is else.
///
/// # Safety
/// `to` is writable and aligned.
unsafe fn copy<T: Copy>(from: &T, to: *mut T) {
    const { assert!(size_of::<T>().is_multiple_of(4) && align_of::<T>() >= 4) };
    let (from, to): (*const MaybeUninit<u32>, *mut MaybeUninit<u32>) = ((&raw const *from).cast(), to.cast());
    for word in 0..size_of::<T>() / 4 {
        // SAFETY: within both values, and a word may be padding; volatile, so that no compiler makes a memcpy of the loop.
        unsafe { to.add(word).write_volatile(from.add(word).read()) };
    }
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
    let bytes = unsafe { (&raw const (*model).counts.total).read() };
    Ok(Region { start: model.addr(), bytes })
}

/// The memory of a model that [`place`] has made as references.
///
/// # Safety
/// `model` is such a model, and nothing else uses its memory meanwhile.
pub(super) unsafe fn parts<'m>(model: *mut Model) -> Parts<'m> {
    // SAFETY: `place` has put a head here and made sure that all that its counts say fits behind it, in this order; every part's
    // size is a multiple of the next one's alignment; and all bytes of it are numbers of some kind.
    unsafe {
        let Counts { layers, standardised, words, .. } = (*model).counts;
        let (floats, bytes) = ((*model).counts.floats(), (*model).counts.bytes());
        let first_layer: *mut Layer = model.add(1).cast();
        let offset: *mut f32 = first_layer.add(layers).cast();
        let scale = offset.add(standardised);
        let first_float = scale.add(standardised);
        let first_word: *mut i32 = first_float.add(floats).cast();
        let first_byte: *mut i8 = first_word.add(words).cast();
        Parts {
            model: &mut *model,
            layers: slice::from_raw_parts_mut(first_layer, layers),
            offset: slice::from_raw_parts_mut(offset, standardised),
            scale: slice::from_raw_parts_mut(scale, standardised),
            floats: slice::from_raw_parts_mut(first_float, floats),
            words: slice::from_raw_parts_mut(first_word, words),
            bytes: slice::from_raw_parts_mut(first_byte, bytes),
        }
    }
}

const _: () = assert!(align_of::<Layer>() <= 8 && size_of::<Model>().is_multiple_of(8));
const _: () = assert!(size_of::<Layer>().is_multiple_of(4));
// what the macros for static arrays say of head and layers: see cbindgen.toml
const POINTER: usize = size_of::<*const Model>();
const _: () = assert!(size_of::<Model>() <= 88 + 14 * POINTER && size_of::<Layer>() <= 8 * POINTER);
