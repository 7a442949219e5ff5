//! Two slots in flash: a save goes into the one that does not hold the newest state, so power may fail at any moment and
//! the newest whole state is still there.
//!
//! ```text
//! save:  find the newest whole blob        (both slots are read to the end)
//!        erase the other slot
//!        write the blob with the next sequence number, its checksum last
//!        read it back
//! load:  of the whole blobs the one with the later sequence number
//! ```
//!
//! Until the last word of the checksum is there, the slot holds no whole blob, and the other one counts. A save costs one
//! erase of each sector of one slot and one write of each word of the blob; slots take turns, so a flash that bears N erases
//! bears 2 N saves.

use super::error::Error;
use super::head::{Arithmetic, Head};
use super::read::{CHUNK, SectionMut, Source, Standardisation, load, open};
use super::write::{Contents, Sink};
use crate::rule::Rule;
use crate::spec::Checked;

/// A NOR flash: erasing sets whole sectors to 0xFF, writing clears bits of whole words. Shaped like `embedded-storage`'s
/// `NorFlash`, so that an adapter is a line a method.
pub trait Flash {
    /// Bytes of a word: what is written at once. 1, 2, 4, 8, 16 or 32.
    const WRITE_SIZE: usize;
    /// Bytes of a sector: what is erased at once.
    const ERASE_SIZE: usize;
    /// What the driver says when it refuses.
    type Error;

    /// Bytes of the whole flash.
    fn capacity(&self) -> usize;
    /// Reads from `offset` on; up to 32 bytes from a multiple of 32.
    ///
    /// # Errors
    /// The driver's.
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error>;
    /// Writes whole words to an erased place.
    ///
    /// # Errors
    /// The driver's.
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error>;
    /// Erases the sectors from `from` up to but not including `to`.
    ///
    /// # Errors
    /// The driver's.
    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error>;
}

/// What one save costs the flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wear {
    /// Sectors erased.
    pub erases: usize,
    /// Words written.
    pub writes: usize,
}

/// Two slots of `size` bytes, one after the other.
#[derive(Debug)]
pub struct Slots<F> {
    flash: F,
    start: u32,
    size: u32,
}

impl<F: Flash> Slots<F> {
    /// The slots `start..start + size` and `start + size..start + 2 size` of `flash`.
    ///
    /// # Errors
    /// [`Error::Region`] unless both are whole sectors inside the flash.
    pub fn new(flash: F, start: u32, size: u32) -> Result<Self, Error> {
        let sectors = |value: u32| (value as usize).is_multiple_of(F::ERASE_SIZE.max(1));
        let words = F::WRITE_SIZE.is_power_of_two() && F::WRITE_SIZE <= CHUNK;
        let chunks = (size as usize).is_multiple_of(CHUNK) && (start as usize).is_multiple_of(CHUNK);
        let inside = start as u64 + 2 * size as u64 <= flash.capacity() as u64;
        match words && chunks && size > 0 && sectors(start) && sectors(size) && inside {
            true => Ok(Slots { flash, start, size }),
            false => Err(Error::Region),
        }
    }

    /// The flash, given back.
    pub fn release(self) -> F {
        self.flash
    }

    /// What a save of a blob of `length` bytes costs.
    pub const fn wear(&self, length: usize) -> Wear {
        Wear { erases: self.size as usize / F::ERASE_SIZE, writes: length.div_ceil(F::WRITE_SIZE) }
    }

    /// Loads the newest state; see [`load`].
    ///
    /// # Errors
    /// [`Error::NothingSaved`] where no slot holds a whole blob; a blob that is not of this network; nothing was written
    /// then. [`Error::Flash`] where the driver refuses, which it may do half-way.
    pub fn load(
        &mut self,
        network: &Checked<'_>,
        arithmetic: Arithmetic,
        rule: Rule,
        standardisation: Standardisation<'_>,
        state: &mut [SectionMut<'_>],
    ) -> Result<Head, Error> {
        let newest = self.newest()?;
        let (slot, _) = newest.ok_or(Error::NothingSaved)?;
        load(&mut self.slot(slot), network, arithmetic, rule, standardisation, state)
    }

    /// The head of the newest state, if there is one.
    ///
    /// # Errors
    /// [`Error::Flash`] where the driver refuses.
    pub fn head(&mut self) -> Result<Option<Head>, Error> {
        Ok(self.newest()?.map(|(_, head)| head))
    }

    /// Saves a state and gives the number of the save.
    ///
    /// # Errors
    /// A state that is not finite or a slot too small for it, before anything is erased; a flash that refuses or does not
    /// hold what was written. The state saved before is still there in every case.
    pub fn save(&mut self, contents: &Contents<'_>) -> Result<u32, Error> {
        contents.check()?;
        let (found, expected) = (self.size as usize, contents.length().next_multiple_of(F::WRITE_SIZE));
        if found < expected {
            return Err(Error::BufferTooSmall { found, expected });
        }
        let newest = self.newest()?;
        let (slot, sequence) = newest.map_or((0, 1), |(slot, head)| (1 - slot, head.sequence.wrapping_add(1)));
        let from = self.start_of(slot);
        self.flash.erase(from, from + self.size).map_err(|_| Error::Flash)?;
        let mut words = Words { flash: &mut self.flash, at: from, word: [0xFF; CHUNK], filled: 0 };
        contents.write(sequence, &mut words)?;
        words.finish()?;
        match open(&mut self.slot(slot)) {
            Ok(head) if head.sequence == sequence => Ok(sequence),
            Err(Error::Flash) => Err(Error::Flash),
            _ => Err(Error::NotStored),
        }
    }

    /// The slot with the newest whole blob.
    fn newest(&mut self) -> Result<Option<(u32, Head)>, Error> {
        let (first, second) = (open(&mut self.slot(0)), open(&mut self.slot(1)));
        match (first, second) {
            (Err(Error::Flash), _) | (_, Err(Error::Flash)) => Err(Error::Flash),
            (Ok(first), Ok(second)) => {
                let second_is_newer = (second.sequence.wrapping_sub(first.sequence) as i32) > 0;
                Ok(Some(if second_is_newer { (1, second) } else { (0, first) }))
            }
            (Ok(head), Err(_)) => Ok(Some((0, head))),
            (Err(_), Ok(head)) => Ok(Some((1, head))),
            (Err(_), Err(_)) => Ok(None),
        }
    }

    const fn start_of(&self, slot: u32) -> u32 {
        self.start + slot * self.size
    }

    fn slot(&mut self, slot: u32) -> Slot<'_, F> {
        let (start, size) = (self.start_of(slot), self.size);
        Slot { flash: &mut self.flash, start, size }
    }
}

/// One slot, to be read.
struct Slot<'f, F> {
    flash: &'f mut F,
    start: u32,
    size: u32,
}

impl<F: Flash> Source for Slot<'_, F> {
    fn length(&self) -> usize {
        self.size as usize
    }

    fn read(&mut self, at: usize, bytes: &mut [u8]) -> Result<(), Error> {
        self.flash.read(self.start + at as u32, bytes).map_err(|_| Error::Flash)
    }
}

/// Bytes gathered to whole words.
struct Words<'f, F> {
    flash: &'f mut F,
    at: u32,
    word: [u8; CHUNK],
    filled: usize,
}

impl<F: Flash> Words<'_, F> {
    fn flush(&mut self) -> Result<(), Error> {
        let word = self.word.get(..F::WRITE_SIZE).unwrap_or_default();
        self.flash.write(self.at, word).map_err(|_| Error::Flash)?;
        self.at += F::WRITE_SIZE as u32;
        (self.word, self.filled) = ([0xFF; CHUNK], 0);
        Ok(())
    }

    /// Writes the last word, filled up with ones.
    fn finish(mut self) -> Result<(), Error> {
        if self.filled > 0 { self.flush() } else { Ok(()) }
    }
}

impl<F: Flash> Sink for Words<'_, F> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        for byte in bytes {
            if let Some(place) = self.word.get_mut(self.filled) {
                *place = *byte;
            }
            self.filled += 1;
            if self.filled == F::WRITE_SIZE {
                self.flush()?;
            }
        }
        Ok(())
    }
}
