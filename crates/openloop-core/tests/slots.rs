//! Two slots in flash: power may fail at any byte of a save, and the old or the new state is there when it comes back.

use openloop_core::store::{About, Arithmetic, Contents, Error, Flash, Section, SectionMut, Slots, Standardisation};
use openloop_core::{Activation, Checked, Dense, Layer, Loss, Rule, Scaling, Spec};

const SIZE: u32 = 256;
const START: u32 = 128;
const LAYERS: [Layer; 2] = [
    Layer::Dense(Dense { inputs: 2, outputs: 3, activation: Activation::Tanh }),
    Layer::Dense(Dense { inputs: 3, outputs: 2, activation: Activation::Identity }),
];
const PARAMETERS: usize = 17;

/// A NOR flash of words of `WORD` bytes that can lose its power.
#[derive(Clone)]
struct Emulated<const WORD: usize> {
    bytes: Vec<u8>,
    /// Written since the last erase, word by word.
    written: Vec<bool>,
    /// Bytes that can still be changed before the power fails.
    power: usize,
    /// What becomes of the byte under way when it fails: its bits that are 1 here have been changed already.
    torn: u8,
    /// Whether a word's bytes are changed last to first.
    backwards: bool,
    /// Bytes changed so far.
    changed: usize,
    /// Words written and sectors erased.
    wear: (usize, usize),
    /// Worn out: this bit of this byte cannot be cleared any more.
    stuck: Option<(usize, u8)>,
}

#[derive(Debug)]
struct PowerFailed;

impl<const WORD: usize> Emulated<WORD> {
    const SECTOR: usize = 128;

    fn new() -> Self {
        let size = START as usize + 2 * SIZE as usize + Self::SECTOR;
        // not erased: whatever was there before
        let bytes = (0..size).map(|i| (i * 37 % 251) as u8).collect();
        Emulated {
            bytes,
            written: vec![true; size / WORD],
            power: usize::MAX,
            torn: 0,
            backwards: false,
            changed: 0,
            wear: (0, 0),
            stuck: None,
        }
    }

    fn change(&mut self, at: usize, to: u8) -> Result<(), PowerFailed> {
        let from = self.bytes[at];
        if self.changed == self.power {
            self.bytes[at] = from & !self.torn | to & self.torn;
            return Err(PowerFailed);
        }
        self.changed += 1;
        self.bytes[at] = to;
        if let Some((stuck, bit)) = self.stuck
            && stuck == at
        {
            self.bytes[at] |= bit;
        }
        Ok(())
    }
}

impl<const WORD: usize> Flash for Emulated<WORD> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = 128;
    type Error = PowerFailed;

    fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), PowerFailed> {
        assert!(offset.is_multiple_of(32) && bytes.len() <= 32, "a read of {} at {offset}", bytes.len());
        bytes.copy_from_slice(&self.bytes[offset as usize..offset as usize + bytes.len()]);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), PowerFailed> {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(WORD) && bytes.len().is_multiple_of(WORD), "{} at {offset}", bytes.len());
        for (i, word) in bytes.chunks(WORD).enumerate() {
            let at = offset + i * WORD;
            assert!(!std::mem::replace(&mut self.written[at / WORD], true), "the word at {at} is written twice");
            self.wear.0 += 1;
            for n in 0..WORD {
                let n = if self.backwards { WORD - 1 - n } else { n };
                self.change(at + n, self.bytes[at + n] & word[n])?;
            }
        }
        Ok(())
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), PowerFailed> {
        let (from, to) = (from as usize, to as usize);
        assert!(from.is_multiple_of(Self::SECTOR) && to.is_multiple_of(Self::SECTOR) && from < to);
        self.wear.1 += (to - from) / Self::SECTOR;
        for n in 0..to - from {
            self.change(if self.backwards { to - 1 - n } else { from + n }, 0xFF)?;
        }
        self.written[from / WORD..to / WORD].fill(false);
        Ok(())
    }
}

fn network() -> Checked<'static> {
    Spec { layers: &LAYERS, loss: Loss::CrossEntropy }.check().unwrap()
}

/// The state after `samples` samples.
fn parameters(samples: u64) -> [f32; PARAMETERS] {
    std::array::from_fn(|i| (samples * 100 + i as u64) as f32)
}

fn save<const WORD: usize>(slots: &mut Slots<Emulated<WORD>>, samples: u64) -> Result<u32, Error> {
    let about = About {
        arithmetic: Arithmetic::F32,
        rule: Rule::Drtp,
        scaling: Scaling::Mean,
        regression: false,
        frozen: 0,
        seed: 1,
        samples,
        hidden_rate: 0.1,
        output_rate: 0.1,
        half_after: 0,
        input_bits: 0,
    };
    let parameters = parameters(samples);
    let state = &[Section::F32(&parameters)];
    slots.save(&Contents { network: network(), about, offset: &[0.0], scale: &[1.0], state })
}

/// The number of samples of the state that is loaded, whose parameters must be those of that state.
fn load<const WORD: usize>(flash: &Emulated<WORD>) -> Result<u64, Error> {
    let mut slots = Slots::new(flash.clone(), START, SIZE).unwrap();
    let mut found = [0.0; PARAMETERS];
    let state = &mut [SectionMut::F32(&mut found)];
    let head = slots.load(&network(), Arithmetic::F32, Rule::Drtp, Standardisation::default(), state)?;
    assert_eq!(found, parameters(head.about.samples));
    Ok(head.about.samples)
}

/// A flash that was saved to so often, and the power back.
fn saved<const WORD: usize>(times: u64) -> Emulated<WORD> {
    let mut slots = Slots::new(Emulated::new(), START, SIZE).unwrap();
    (1..=times).for_each(|samples| assert_eq!(save(&mut slots, samples), Ok(samples as u32)));
    let mut flash = slots.release();
    (flash.changed, flash.wear) = (0, (0, 0));
    flash
}

/// Cuts the power after every number of changed bytes of a save, in every way a byte can be torn.
fn cut_everywhere<const WORD: usize>(times: u64, backwards: bool) -> usize {
    let mut whole = Slots::new(saved::<WORD>(times), START, SIZE).unwrap();
    save(&mut whole, times + 1).unwrap();
    let all = whole.release().changed;
    let mut cuts = 0;
    for power in 0..all {
        for torn in [0x00, 0x01, 0x80, 0x5A, 0xFF] {
            let mut slots =
                Slots::new(Emulated { power, torn, backwards, ..saved::<WORD>(times) }, START, SIZE).unwrap();
            assert_eq!(save(&mut slots, times + 1), Err(Error::Flash));
            let flash = Emulated { power: usize::MAX, ..slots.release() };
            let found = load(&flash);
            match times {
                0 => assert!(matches!(found, Err(Error::NothingSaved) | Ok(1)), "{power} {torn}: {found:?}"),
                _ => assert!(found == Ok(times) || found == Ok(times + 1), "{power} {torn}: {found:?}"),
            }
            // and the device goes on: the next save is whole, and so is one that fails right after the cut
            let before = found.unwrap_or(0);
            let mut slots = Slots::new(flash.clone(), START, SIZE).unwrap();
            save(&mut slots, times + 2).unwrap();
            assert_eq!(load(&slots.release()), Ok(times + 2));
            let again = (power * 7 + 13) % all;
            let mut slots = Slots::new(Emulated { power: flash.changed + again, ..flash }, START, SIZE).unwrap();
            assert_eq!(save(&mut slots, times + 2), Err(Error::Flash));
            let found = load(&Emulated { power: usize::MAX, ..slots.release() }).unwrap_or(0);
            assert!(found == before || found == times + 2, "{power} {torn}: {before}, then {found}");
            cuts += 1;
        }
    }
    cuts
}

#[test]
fn power_may_fail_at_any_byte_of_a_save_or_its_erase_and_the_old_or_the_new_state_is_there() {
    let mut cuts = 0;
    for times in 0..4 {
        for backwards in [false, true] {
            cuts += cut_everywhere::<4>(times, backwards) + cut_everywhere::<8>(times, backwards);
        }
    }
    cuts += cut_everywhere::<1>(2, false) + cut_everywhere::<2>(2, true) + cut_everywhere::<32>(2, true);
    assert!(cuts > 40_000, "{cuts}");
}

#[test]
fn a_save_costs_what_was_said_and_slots_take_turns() {
    let mut slots = Slots::new(saved::<8>(3), START, SIZE).unwrap();
    let wear = slots.wear(64 + 2 * 24 + 8 + 4 * PARAMETERS + 4);
    assert_eq!((wear.erases, wear.writes), (2, 24));
    let before = slots.head().unwrap().unwrap();
    assert_eq!((before.sequence, before.about.samples), (3, 3));
    save(&mut slots, 4).unwrap();
    let flash = slots.release();
    assert_eq!(flash.wear, (24, 2));
    let slot = |n: usize| &flash.bytes[START as usize + n * SIZE as usize..][..SIZE as usize];
    assert_eq!((slot(0)[20], slot(1)[20]), (3, 4), "the sequence numbers of the two saves kept");
}

#[test]
fn a_newest_state_that_rots_leaves_the_one_before() {
    let mut flash = saved::<4>(5);
    let newest = START as usize; // saves 1, 3 and 5 went into the first slot
    for at in [0, 22, 70, 130, 150] {
        let mut rotten = flash.clone();
        rotten.bytes[newest + at] ^= 4;
        assert_eq!(load(&rotten), Ok(4));
        let mut slots = Slots::new(rotten, START, SIZE).unwrap();
        assert_eq!(save(&mut slots, 6), Ok(5), "the rotten slot is the one that is written");
        assert_eq!(load(&slots.release()), Ok(6));
    }
    flash.bytes[newest + 70] ^= 4;
    flash.bytes[newest + SIZE as usize + 70] ^= 4;
    assert_eq!(load(&flash), Err(Error::NothingSaved));
}

#[test]
fn sequence_numbers_may_wrap_around() {
    let flash = saved::<4>(2);
    let mut flash = Slots::new(flash, START, SIZE).unwrap().release();
    for (slot, sequence) in [(0u32, u32::MAX - 1), (1, u32::MAX)] {
        let at = (START + slot * SIZE) as usize;
        flash.bytes[at + 20..at + 24].copy_from_slice(&sequence.to_le_bytes());
        let length = u32::from_le_bytes(flash.bytes[at + 16..at + 20].try_into().unwrap()) as usize;
        let end = at + length - 4;
        let sum = crc(&flash.bytes[at..end]);
        flash.bytes[end..end + 4].copy_from_slice(&sum.to_le_bytes());
    }
    let mut slots = Slots::new(flash, START, SIZE).unwrap();
    assert_eq!(save(&mut slots, 3), Ok(0));
    assert_eq!(save(&mut slots, 4), Ok(1));
    assert_eq!(load(&slots.release()), Ok(4));
}

#[test]
fn a_worn_flash_is_noticed_and_the_state_before_is_kept() {
    let flash = Emulated { stuck: Some((START as usize + 40, 0x10)), ..saved::<4>(2) };
    let mut slots = Slots::new(flash, START, SIZE).unwrap();
    assert_eq!(save(&mut slots, 3), Err(Error::NotStored));
    assert_eq!(load(&slots.release()), Ok(2));
}

#[test]
fn what_cannot_be_saved_erases_nothing() {
    let mut slots = Slots::new(saved::<4>(2), START, 128).unwrap();
    assert!(matches!(save(&mut slots, 3), Err(Error::BufferTooSmall { found: 128, .. })));
    assert_eq!(slots.release().wear, (0, 0));
}

#[test]
fn slots_must_be_whole_sectors_inside_the_flash() {
    for (start, size) in [(0, 0), (0, 100), (64, 128), (0, 512), (512, 256), (0, u32::MAX - 127)] {
        assert!(matches!(Slots::new(Emulated::<4>::new(), start, size), Err(Error::Region)), "{start} {size}");
    }
    assert!(matches!(Slots::new(Emulated::<64>::new(), 0, 256), Err(Error::Region)));
}

fn crc(bytes: &[u8]) -> u32 {
    let fold = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, fold)
}
