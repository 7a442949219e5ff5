//! Two slots over a flash driver in C: what the power leaves of a save.

mod common;

use common::*;
use openloop_c::*;
use std::ffi::c_void;
use std::ptr::null_mut;

const SECTOR: u32 = 512;
const SLOT: u32 = 1024;

/// A NOR flash in memory whose power fails after some bytes, or whose functions fail.
struct Nor {
    bytes: Vec<u8>,
    /// Bytes that are still written or erased; none: as many as there are.
    left: Option<u32>,
    refuses: bool,
}

impl Nor {
    fn new() -> Self {
        Nor { bytes: vec![0xFF; 3 * SLOT as usize], left: None, refuses: false }
    }

    fn driver(&mut self) -> Flash {
        let (read, write, erase) = (Some(read as _), Some(write as _), Some(erase as _));
        let context = std::ptr::from_mut(self).cast();
        Flash { read, write, erase, context, start: SLOT, slot_size: SLOT, sector_size: SECTOR }
    }

    /// Whether the next byte is still changed.
    fn has_power(&mut self) -> bool {
        match &mut self.left {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

/// # Safety
/// `context` is a [`Nor`] that nothing else uses, and `bytes` are `count`.
unsafe extern "C" fn read(context: *mut c_void, offset: u32, bytes: *mut u8, count: u32) -> i32 {
    // SAFETY: the caller's promise.
    let (nor, bytes) = unsafe { (&*context.cast::<Nor>(), std::slice::from_raw_parts_mut(bytes, count as usize)) };
    assert!(count <= 32 && offset.is_multiple_of(32));
    bytes.copy_from_slice(&nor.bytes[offset as usize..][..count as usize]);
    i32::from(nor.refuses)
}

/// # Safety
/// As for [`read`].
unsafe extern "C" fn write(context: *mut c_void, offset: u32, bytes: *const u8, count: u32) -> i32 {
    // SAFETY: the caller's promise.
    let (nor, bytes) = unsafe { (&mut *context.cast::<Nor>(), std::slice::from_raw_parts(bytes, count as usize)) };
    assert!(count == 32 && offset.is_multiple_of(32) && offset >= SLOT);
    for (at, byte) in (offset as usize..).zip(bytes) {
        assert!(nor.left.is_some() || nor.bytes[at] == 0xFF, "written twice");
        if nor.has_power() {
            nor.bytes[at] &= *byte;
        }
    }
    0
}

/// # Safety
/// As for [`read`].
unsafe extern "C" fn erase(context: *mut c_void, offset: u32, count: u32) -> i32 {
    // SAFETY: the caller's promise.
    let nor = unsafe { &mut *context.cast::<Nor>() };
    assert!(count == SLOT && offset.is_multiple_of(SECTOR) && offset >= SLOT);
    for at in offset as usize..(offset + count) as usize {
        if nor.has_power() {
            nor.bytes[at] = 0xFF;
        }
    }
    0
}

fn learn(model: *mut Model, from: u32, to: u32) {
    for n in from..to {
        // SAFETY: a model, and 6 values.
        assert_eq!(unsafe { openloop_learn(model, sample(n).as_ptr(), 6, n % 4, null_mut()) }, Status::Ok);
    }
}

/// What of a save is the model's, and not the number of the save.
fn content(model: *mut Model) -> Vec<u8> {
    let mut blob = save(model);
    blob[20..24].fill(0);
    blob.truncate(blob.len() - 4);
    blob
}

fn store(model: *mut Model, nor: &mut Nor) -> Status {
    let driver = nor.driver();
    // SAFETY: a model, and functions that do what they should.
    unsafe { openloop_store(model, &driver) }
}

fn restore(model: *mut Model, nor: &mut Nor) -> Status {
    let driver = nor.driver();
    // SAFETY: as for `store`.
    unsafe { openloop_restore(model, &driver) }
}

#[test]
fn whenever_the_power_fails_the_state_before_or_the_new_one_comes_up() {
    for arithmetic in [Arithmetic::F32, Arithmetic::Int8] {
        let config = config(&SIZES, Rule::LocalError, arithmetic);
        let bytes = size(&config).unwrap();
        let (mut here, mut there) = (memory(bytes), memory(bytes));
        let (model, again) = (init(&mut here, &config), init(&mut there, &config));
        let mut nor = Nor::new();
        assert_eq!(restore(again, &mut nor), Status::NothingSaved);
        learn(model, 0, 20);
        assert_eq!(store(model, &mut nor), Status::Ok);
        assert_eq!((restore(again, &mut nor), content(again) == content(model)), (Status::Ok, true));
        let before = content(model);
        learn(model, 20, 40);
        let (after, kept) = (content(model), nor.bytes.clone());
        let mut came_up = [0, 0];
        for cut in (0..SLOT + 1000).step_by(7) {
            (nor.bytes, nor.left) = (kept.clone(), Some(cut));
            store(model, &mut nor);
            nor.left = None;
            assert_eq!(restore(again, &mut nor), Status::Ok, "cut {cut}");
            let found = content(again);
            assert!(found == before || found == after, "cut {cut}");
            came_up[usize::from(found == after)] += 1;
        }
        assert!(came_up.iter().all(|count| *count > 10), "{came_up:?}");
    }
}

#[test]
fn slots_take_turns_and_a_driver_that_refuses_is_named() {
    let config = config(&SIZES, Rule::Drtp, Arithmetic::F32);
    let mut memory = memory(size(&config).unwrap());
    let (model, mut nor) = (init(&mut memory, &config), Nor::new());
    for n in 0..4u32 {
        learn(model, n, n + 1);
        let kept = nor.bytes.clone();
        assert_eq!(store(model, &mut nor), Status::Ok);
        let changed = |slot: u32| {
            let slot = (SLOT * (1 + slot)) as usize..(SLOT * (2 + slot)) as usize;
            nor.bytes[slot.clone()] != kept[slot]
        };
        assert_eq!((changed(n % 2), changed((n + 1) % 2)), (true, false));
    }
    let before = content(model);
    nor.refuses = true;
    assert_eq!((store(model, &mut nor), restore(model, &mut nor)), (Status::FlashFailed, Status::NothingSaved));
    nor.refuses = false;
    let good = nor.driver();
    for (wrong, expected) in [
        (Flash { read: None, ..good }, Status::NullPointer),
        (Flash { write: None, ..good }, Status::NullPointer),
        (Flash { erase: None, ..good }, Status::NullPointer),
        (Flash { sector_size: 0, ..good }, Status::BadFlash),
        (Flash { sector_size: 48, slot_size: 960, start: 96, ..good }, Status::BadFlash),
        (Flash { start: 100, ..good }, Status::BadFlash),
        (Flash { slot_size: 1000, ..good }, Status::BadFlash),
        (Flash { slot_size: 512, ..good }, Status::TooSmall),
    ] {
        // SAFETY: a model, and functions that do what they should, where they are.
        assert_eq!(unsafe { openloop_store(model, &wrong) }, expected);
    }
    // SAFETY: a model.
    assert_eq!(unsafe { openloop_store(model, std::ptr::null()) }, Status::NullPointer);
    assert!(content(model) == before);
}

#[test]
fn a_new_model_in_the_program_is_not_overruled_by_states_of_the_old_one() {
    let own = config(&SIZES, Rule::Drtp, Arithmetic::F32);
    let bytes = size(&own).unwrap();
    let (mut here, mut there) = (memory(bytes), memory(bytes));
    let (model, mut nor) = (init(&mut here, &own), Nor::new());
    let flashed = save(model);
    learn(model, 0, 30);
    assert_eq!(store(model, &mut nor), Status::Ok);
    let learned = content(model);
    let newer = Config { seed: 8, ..own };
    let other = init(&mut there, &newer);
    let (of_other, fresh) = (save(other), content(other));
    let over = |model, blob: &[u8], nor: &mut Nor| {
        let driver = nor.driver();
        // SAFETY: a model, a blob as long as is said, and functions that do what they should.
        unsafe { openloop_restore_over(model, &driver, blob.as_ptr(), blob.len() as u32) }
    };
    assert_eq!(over(other, &of_other, &mut nor), Status::Ok);
    assert!(content(other) == fresh, "the blob's own state");
    assert_eq!(over(other, &flashed, &mut nor), Status::Ok);
    assert!(content(other) == learned, "the state that goes on from the blob");
}
