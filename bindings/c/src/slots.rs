//! Two slots in a flash whose driver is the caller's: the core's slots over three functions in C.

use crate::memory::Parts;
use crate::status::Status;
use crate::storing::Room;
use core::ffi::c_void;
use openloop_core::store::{self, Slots};

/// A NOR flash with two slots for a model's state, one after the other. Each function gets `context` first and gives 0 when all is
/// done; none of them may call this library with the same model. Erased bytes are 0xFF.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Flash {
    /// Reads `count` bytes from `offset` on, at most 32, from a multiple of 32.
    pub read: Option<unsafe extern "C" fn(context: *mut c_void, offset: u32, bytes: *mut u8, count: u32) -> i32>,
    /// Writes 32 bytes at `offset`, a multiple of 32, where all was erased, the first word first.
    pub write: Option<unsafe extern "C" fn(context: *mut c_void, offset: u32, bytes: *const u8, count: u32) -> i32>,
    /// Erases `count` bytes from `offset` on: whole sectors.
    pub erase: Option<unsafe extern "C" fn(context: *mut c_void, offset: u32, count: u32) -> i32>,
    /// For the functions.
    pub context: *mut c_void,
    /// Where the first slot starts; a multiple of `sector_size`.
    pub start: u32,
    /// Bytes of a slot: a multiple of `sector_size` that is not smaller than openloop_saved_size.
    pub slot_size: u32,
    /// Bytes that are erased at once; a multiple of 32.
    pub sector_size: u32,
}

/// Words of 32 bytes fit any flash whose own are 1 to 32 bytes, and the checksum is in the last of them.
const WORD: usize = 32;

impl store::Flash for Flash {
    const WRITE_SIZE: usize = WORD;
    // the sectors are not known to the compiler: `slots` has checked that slots are whole ones
    const ERASE_SIZE: usize = WORD;
    type Error = Status;

    fn capacity(&self) -> usize {
        u32::MAX as usize
    }

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Status> {
        let read = self.read.ok_or(Status::NullPointer)?;
        // SAFETY: the caller of openloop_store and openloop_restore promises that it is a function for so many writable bytes.
        done(unsafe { read(self.context, offset, bytes.as_mut_ptr(), bytes.len() as u32) })
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Status> {
        let write = self.write.ok_or(Status::NullPointer)?;
        // SAFETY: as for `read`; the bytes are only read.
        done(unsafe { write(self.context, offset, bytes.as_ptr(), bytes.len() as u32) })
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Status> {
        let erase = self.erase.ok_or(Status::NullPointer)?;
        // SAFETY: as for `read`; there is no memory in it but the caller's context.
        done(unsafe { erase(self.context, from, to.wrapping_sub(from)) })
    }
}

fn done(result: i32) -> Result<(), Status> {
    if result == 0 { Ok(()) } else { Err(Status::FlashFailed) }
}

/// The slots of a flash that has all its functions.
fn slots(flash: Flash) -> Result<Slots<Flash>, Status> {
    if flash.read.is_none() || flash.write.is_none() || flash.erase.is_none() {
        return Err(Status::NullPointer);
    }
    let whole = |bytes: u32| bytes.checked_rem(flash.sector_size) == Some(0);
    if !whole(flash.start) || !whole(flash.slot_size) || !(flash.sector_size as usize).is_multiple_of(WORD) {
        return Err(Status::BadFlash);
    }
    Ok(Slots::new(flash, flash.start, flash.slot_size)?)
}

impl Parts<'_> {
    /// Saves into the slot that does not hold the newest state.
    pub(crate) fn store(&mut self, flash: Flash) -> Result<(), Status> {
        let mut slots = slots(flash)?;
        self.model.sequence = self.with_contents(|contents, _| Ok(slots.save(contents)?))?;
        Ok(())
    }

    /// Loads the newest state.
    pub(crate) fn restore(&mut self, flash: Flash) -> Result<(), Status> {
        let mut slots = slots(flash)?;
        self.with_room(|room| {
            let Room { network, arithmetic, rule, standardisation, state } = room;
            Ok(slots.load(&network, arithmetic, rule, standardisation, &mut [state])?)
        })
    }

    /// Loads the newest state that goes on from `flashed`, or else that blob.
    pub(crate) fn restore_over(&mut self, flash: Flash, flashed: &[u8]) -> Result<(), Status> {
        let mut slots = slots(flash)?;
        self.with_room(|room| {
            let Room { network, arithmetic, rule, standardisation, state } = room;
            let mut blob = flashed;
            Ok(slots.load_over(&mut blob, &network, arithmetic, rule, standardisation, &mut [state])?)
        })
    }
}
