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
    /// Whether a word whose change was cut off cannot be read until it is erased, as where words have error correction.
    has_correction: bool,
    unreadable: Vec<bool>,
    /// This bit of this byte reads as it likes.
    unstable: Option<(usize, u8)>,
    reads: u64,
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
            has_correction: false,
            unreadable: vec![false; size / WORD],
            unstable: None,
            reads: 0,
        }
    }

    fn change(&mut self, at: usize, to: u8) -> Result<(), PowerFailed> {
        let from = self.bytes[at];
        if self.changed == self.power {
            self.bytes[at] = from & !self.torn | to & self.torn;
            self.unreadable[at / WORD] = self.has_correction;
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
        let (from, to) = (offset as usize, offset as usize + bytes.len());
        bytes.copy_from_slice(&self.bytes[from..to]);
        if let Some((at, bit)) = self.unstable.filter(|(at, _)| (from..to).contains(at)) {
            self.reads = self.reads.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes[at - from] ^= if self.reads >> 63 == 1 { bit } else { 0 };
        }
        let is_torn = self.unreadable[from / WORD..to.div_ceil(WORD)].contains(&true);
        if is_torn { Err(PowerFailed) } else { Ok(()) }
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
        self.unreadable[from / WORD..to / WORD].fill(false);
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

fn about(samples: u64) -> About {
    About {
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
        front_bits: None,
    }
}

fn save<const WORD: usize>(slots: &mut Slots<Emulated<WORD>>, samples: u64) -> Result<u32, Error> {
    save_as(slots, about(samples))
}

fn save_as<const WORD: usize>(slots: &mut Slots<Emulated<WORD>>, about: About) -> Result<u32, Error> {
    let parameters = parameters(about.samples);
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
    cut(times, |power, torn| Emulated { power, torn, backwards, ..saved::<WORD>(times) })
}

/// Cuts the power of a flash that was saved to so often; `make(power, torn)` gives it.
fn cut<const WORD: usize>(times: u64, make: impl Fn(usize, u8) -> Emulated<WORD>) -> usize {
    let mut whole = Slots::new(saved::<WORD>(times), START, SIZE).unwrap();
    save(&mut whole, times + 1).unwrap();
    let all = whole.release().changed;
    let mut cuts = 0;
    for power in 0..all {
        for torn in [0x00, 0x01, 0x80, 0x5A, 0xFF] {
            let mut slots = Slots::new(make(power, torn), START, SIZE).unwrap();
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
fn a_torn_word_that_cannot_be_read_blocks_neither_the_other_slot_nor_the_next_save() {
    let mut cuts = 0;
    for times in 0..4 {
        cuts += cut(times, |power, torn| Emulated { power, torn, has_correction: true, ..saved::<8>(times) });
    }
    assert!(cuts > 5_000, "{cuts}");
}

#[test]
fn a_bit_that_reads_as_it_likes_never_gives_a_state_that_was_not_saved() {
    let whole = saved::<4>(5);
    let (mut newest, mut older) = (0, 0);
    for at in START as usize..(START + 2 * SIZE) as usize {
        for reads in 0..20 {
            // `load` compares all parameters with those that were saved
            match load(&Emulated { unstable: Some((at, 0x10)), reads: reads * 977, ..whole.clone() }) {
                Ok(5) => newest += 1,
                Ok(4) => older += 1,
                found => panic!("byte {at}: {found:?}"),
            }
        }
    }
    assert!(newest > older && older > 0, "{newest} {older}");
}

#[test]
fn the_newest_state_of_this_network_is_loaded_and_outlives_a_save() {
    let other = |samples| About { rule: Rule::Bp, ..about(samples) };
    let mut slots = Slots::new(saved::<4>(1), START, SIZE).unwrap();
    assert_eq!(save_as(&mut slots, other(7)), Ok(2));
    let flash = slots.release();
    assert_eq!(load(&flash), Ok(1), "the newer state is another network's");
    let cut = Emulated { power: flash.changed + 300, ..flash };
    let mut slots = Slots::new(cut, START, SIZE).unwrap();
    assert_eq!(save(&mut slots, 3), Err(Error::Flash));
    assert_eq!(load(&Emulated { power: usize::MAX, ..slots.release() }), Ok(1), "the other network's slot was written");
    // a slot that holds nothing is taken before another network's
    let mut slots = Slots::new(Emulated::<4>::new(), START, SIZE).unwrap();
    assert_eq!(save_as(&mut slots, other(7)), Ok(1));
    assert_eq!(save(&mut slots, 8), Ok(2));
    let mut slots = Slots::new(slots.release(), START, SIZE).unwrap();
    assert_eq!((slots.head().unwrap().about.samples, slots.head().unwrap().sequence), (8, 2));
    let mut found = [0.0; PARAMETERS];
    let state = &mut [SectionMut::F32(&mut found)];
    let head = slots.load(&network(), Arithmetic::F32, Rule::Bp, Standardisation::default(), state);
    assert_eq!(head.unwrap().about.samples, 7);
}

/// The blob of a model, and the number of samples of the state that a program with it starts from.
fn started(flash: &Emulated<4>, model: About) -> u64 {
    let (parameters, mut bytes) = (parameters(model.samples), vec![0; 256]);
    let state = &[Section::F32(&parameters)];
    let contents = Contents { network: network(), about: model, offset: &[0.0], scale: &[1.0], state };
    let length = contents.write_to(0, &mut bytes).unwrap();
    let (mut slots, mut found) = (Slots::new(flash.clone(), START, SIZE).unwrap(), [0.0; PARAMETERS]);
    let state = &mut [SectionMut::F32(&mut found)];
    let (mut blob, standardisation) = (&bytes[..length], Standardisation::default());
    let head = slots.load_over(&mut blob, &network(), Arithmetic::F32, Rule::Drtp, standardisation, state).unwrap();
    assert_eq!(found, self::parameters(head.about.samples));
    head.about.samples
}

#[test]
fn a_program_goes_on_from_its_own_states_and_a_new_model_beats_those_of_an_old_one() {
    let (old, new) = (About { seed: 1, ..about(100) }, About { seed: 2, ..about(50) });
    let mut slots = Slots::new(Emulated::<4>::new(), START, SIZE).unwrap();
    assert_eq!(started(&slots.release(), old), 100, "nothing was saved");
    slots = Slots::new(Emulated::<4>::new(), START, SIZE).unwrap();
    save_as(&mut slots, About { samples: 120, ..old }).unwrap();
    let flash = slots.release();
    assert_eq!((started(&flash, old), started(&flash, new)), (120, 50));
    let slower = About { hidden_rate: 0.05, ..old };
    let further = About { samples: 130, ..old };
    assert_eq!((started(&flash, slower), started(&flash, further)), (100, 130));
    // the new model has learned on; the old program comes back and finds its state, and so does the new one
    let mut slots = Slots::new(flash, START, SIZE).unwrap();
    save_as(&mut slots, About { samples: 60, ..new }).unwrap();
    let flash = slots.release();
    assert_eq!((started(&flash, old), started(&flash, new)), (120, 60));
}

#[test]
fn a_save_costs_what_was_said_and_slots_take_turns() {
    let mut slots = Slots::new(saved::<8>(3), START, SIZE).unwrap();
    let wear = slots.wear(64 + 2 * 24 + 8 + 4 * PARAMETERS + 4);
    assert_eq!((wear.erases, wear.writes), (2, 24));
    let before = slots.head().unwrap();
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
