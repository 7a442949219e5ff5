//! Two slots in flash: a save goes into the one that does not hold the newest state, so power may fail at any moment and
//! the newest whole state is still there.
//!
//! ```text
//! save:  find the newest whole blob of this network, or else the newest of any        (both slots are read to the end)
//!        erase the other slot
//!        write the blob with the next sequence number, its checksum last
//!        read it back
//! load:  of the whole blobs of this network the one with the later sequence number; where that cannot be read, the other
//! ```
//!
//! A slot that the driver cannot read holds no blob: a flash with error correction refuses to read a word that was torn by a power
//! cut until its sector is erased, and the other slot is whole all the same. What is loaded is checked as it is copied, and read again
//! up to [`READINGS`] times where its bits are not stable.
//!
//! Until the last word of the checksum is there, the slot holds no whole blob, and the other one counts. A save costs one
//! erase of each sector of one slot and one write of each word of the blob; slots take turns, so a flash that bears N erases
//! bears 2 N saves.

use super::error::Error;
use super::head::{Arithmetic, Head};
use super::read::{CHUNK, SectionMut, Source, Standardisation, check_network, goes_on, load, whole};
use super::write::{Contents, Sink};
use crate::rule::Rule;
use crate::spec::Checked;

/// How often a blob whose checksum was right and then is not is read.
pub const READINGS: usize = 4;

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

    /// Loads the newest state of this network; see [`load`]. A state of another network is passed over, and so is one that cannot be
    /// read.
    ///
    /// # Errors
    /// [`Error::NothingSaved`] where no slot holds a whole blob; why the newest is not of this network, where none is; nothing was
    /// written then. [`Error::Checksum`] or [`Error::Flash`] where a blob was whole, but not any more as it was copied: what lies in
    /// the memory is no state then, so initialise the network again.
    pub fn load(
        &mut self,
        network: &Checked<'_>,
        arithmetic: Arithmetic,
        rule: Rule,
        mut standardisation: Standardisation<'_>,
        state: &mut [SectionMut<'_>],
    ) -> Result<Head, Error> {
        let mut refused = None;
        for whole in self.newest_first().into_iter().flatten() {
            let found = self.slot(whole.slot).load(network, arithmetic, rule, standardisation.reborrow(), state);
            match found {
                Ok(head) => return Ok(head),
                Err(unstable @ (Error::Checksum | Error::Flash)) => refused = Some(unstable),
                Err(other) => refused = refused.or(Some(other)),
            }
        }
        Err(refused.unwrap_or(Error::NothingSaved))
    }

    /// Loads the newest state that goes on from `flashed`, the blob that is part of the program; where there is none, that blob. So a
    /// program with a new model does not take the states of the old one, and a program that is flashed again finds its own.
    ///
    /// A state goes on from a blob if both are of this network, with the same seed, learning rates, scaling and standardisation, and the
    /// state has learned from at least as many samples.
    ///
    /// # Errors
    /// What is wrong with `flashed`, which is asked for first, or as for [`load`](Slots::load).
    pub fn load_over<S: Source>(
        &mut self,
        flashed: &mut S,
        network: &Checked<'_>,
        arithmetic: Arithmetic,
        rule: Rule,
        mut standardisation: Standardisation<'_>,
        state: &mut [SectionMut<'_>],
    ) -> Result<Head, Error> {
        let model = whole(flashed)?;
        check_network(flashed, &model, network, arithmetic, rule)?;
        for whole in self.newest_first().into_iter().flatten() {
            let mut slot = self.slot(whole.slot);
            let is_of = check_network(&mut slot, &whole.head, network, arithmetic, rule).is_ok();
            if !is_of || !goes_on((&mut slot, &whole.head), (flashed, &model)) {
                continue;
            }
            if let Ok(head) = slot.load(network, arithmetic, rule, standardisation.reborrow(), state) {
                return Ok(head);
            }
        }
        load(flashed, network, arithmetic, rule, standardisation, state)
    }

    /// The head of the newest whole state, if there is one, of whatever network it is.
    pub fn head(&mut self) -> Option<Head> {
        let [newest, _] = self.newest_first();
        newest.map(|whole| whole.head)
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
        let (slot, sequence) = self.next_save(contents);
        let from = self.start_of(slot);
        self.flash.erase(from, from + self.size).map_err(|_| Error::Flash)?;
        let mut words = Words { flash: &mut self.flash, at: from, word: [0xFF; CHUNK], filled: 0 };
        contents.write(sequence, &mut words)?;
        words.finish()?;
        match whole(&mut self.slot(slot)) {
            Ok(head) if head.sequence == sequence => Ok(sequence),
            Err(Error::Flash) => Err(Error::Flash),
            _ => Err(Error::NotStored),
        }
    }

    /// The slot that a save goes into, and its sequence number: later than that of any whole blob. The newest state of this network
    /// stays; where there is none, the newest of any; where no slot is whole, nothing is lost.
    fn next_save(&mut self, contents: &Contents<'_>) -> (u32, u32) {
        let [newest, older] = self.newest_first();
        let Some(newest) = newest else { return (0, 1) };
        let stays = match older {
            Some(older) if !self.is_of(&newest, contents) && self.is_of(&older, contents) => older.slot,
            _ => newest.slot,
        };
        (1 - stays, newest.head.sequence.wrapping_add(1))
    }

    /// Whether a slot holds a whole state of the network that is saved.
    fn is_of(&mut self, whole: &WholeSlot, contents: &Contents<'_>) -> bool {
        let (about, mut slot) = (&contents.about, self.slot(whole.slot));
        check_network(&mut slot, &whole.head, &contents.network, about.arithmetic, about.rule).is_ok()
    }

    /// The slots with whole blobs, the newest first.
    fn newest_first(&mut self) -> [Option<WholeSlot>; 2] {
        let [first, second] = [0, 1].map(|slot| {
            let head = whole(&mut self.slot(slot)).ok()?;
            Some(WholeSlot { slot, head })
        });
        match (first, second) {
            (Some(a), Some(b)) if (b.head.sequence.wrapping_sub(a.head.sequence) as i32) > 0 => [second, first],
            (None, _) => [second, None],
            _ => [first, second],
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

/// A slot with a whole blob.
#[derive(Clone, Copy)]
struct WholeSlot {
    slot: u32,
    head: Head,
}

/// One slot, to be read.
struct Slot<'f, F> {
    flash: &'f mut F,
    start: u32,
    size: u32,
}

impl<F: Flash> Slot<'_, F> {
    /// See [`load`]; read again where its bits are not stable.
    fn load(
        &mut self,
        network: &Checked<'_>,
        arithmetic: Arithmetic,
        rule: Rule,
        mut standardisation: Standardisation<'_>,
        state: &mut [SectionMut<'_>],
    ) -> Result<Head, Error> {
        let mut found = load(self, network, arithmetic, rule, standardisation.reborrow(), state);
        for _ in 1..READINGS {
            if !matches!(found, Err(Error::Checksum | Error::Flash)) {
                break;
            }
            found = load(self, network, arithmetic, rule, standardisation.reborrow(), state);
        }
        found
    }
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
