//! Power that fails again and again while a network learns and saves itself in flash: it goes on from what was saved, and ends with the
//! weights of a run that nothing disturbed.

use crate::board::{Board, Line};
use crate::digits::random_row;
use crate::nets::SMALL;
use crate::single::{Memory8, NETWORK};
use crate::whole::digit;
use openloop_core::random::{Purpose, Stream};
use openloop_core::store::{About, Arithmetic, Contents, Error, Flash, Section, SectionMut, Slots, Standardisation};
use openloop_core::{Rule, Scaling};

/// Samples to learn from.
const SAMPLES: u32 = 3_000;
/// Samples from one save to the next.
const BETWEEN: u32 = 100;
/// Bytes of a slot.
const SLOT: usize = 3_072;
/// At most so many bytes of flash are changed before the power fails.
const LIFE: u32 = 4 * SLOT as u32;

/// A flash in memory, and bytes that can still be changed before its power fails.
pub struct Chip {
    bytes: [u8; 2 * SLOT],
    power: u32,
}

/// What a driver says whose power has failed.
pub struct PowerFailed;

impl Chip {
    /// A flash that nothing was saved in.
    pub const fn new() -> Self {
        Chip { bytes: [0; 2 * SLOT], power: 0 }
    }

    fn change(&mut self, at: usize, to: impl Fn(u8) -> u8) -> Result<(), PowerFailed> {
        self.power = self.power.checked_sub(1).ok_or(PowerFailed)?;
        let byte = self.bytes.get_mut(at).ok_or(PowerFailed)?;
        *byte = to(*byte);
        Ok(())
    }
}

impl Default for Chip {
    fn default() -> Self {
        Self::new()
    }
}

impl Flash for &mut Chip {
    const WRITE_SIZE: usize = 8;
    const ERASE_SIZE: usize = 1_024;
    type Error = PowerFailed;

    fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), PowerFailed> {
        let from = self.bytes.get(offset as usize..).unwrap_or_default();
        bytes.iter_mut().zip(from).for_each(|(byte, from)| *byte = *from);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), PowerFailed> {
        (offset as usize..).zip(bytes).try_for_each(|(at, byte)| self.change(at, |old| old & byte))
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), PowerFailed> {
        (from as usize..to as usize).try_for_each(|at| self.change(at, |_| 0xFF))
    }
}

/// Learns once in peace and once with power cuts, and says what came of both.
pub fn survive<B: Board>(board: &mut B, chip: &mut Chip, memory: &mut Memory8) {
    memory.start(&NETWORK);
    learn(memory, SAMPLES);
    let undisturbed = memory.checksum();
    let (lives, mut cuts, mut saves) = (Stream::new(7, Purpose::Shuffle, 0), 0, 0);
    loop {
        chip.power = lives.below(u64::from(cuts), LIFE);
        come_up(chip, memory);
        if go_on(chip, memory, &mut saves) {
            break;
        }
        cuts += 1;
        memory.parameters.fill(0x55); // what memory holds when the power comes back
        memory.state.step = u64::MAX;
    }
    Line::new(board, "power-cut")
        .text("net", SMALL.name)
        .text("rule", Rule::Drtp.name())
        .number("samples", SAMPLES)
        .number("saves", saves)
        .number("cuts", cuts)
        .hexadecimal("weights", memory.checksum())
        .hexadecimal("undisturbed", undisturbed)
        .end();
}

/// What was saved last, or the start.
fn come_up(chip: &mut Chip, memory: &mut Memory8) {
    let state = &mut [SectionMut::I8(&mut memory.parameters)];
    let loaded = slots(chip).and_then(|mut slots| {
        slots.load(&SMALL.network, Arithmetic::Int8, Rule::Drtp, Standardisation::default(), state)
    });
    match loaded {
        Ok(head) => memory.state.step = head.about.samples,
        Err(_) => memory.start(&NETWORK),
    }
}

/// Learns and saves; whether it came to the end.
fn go_on(chip: &mut Chip, memory: &mut Memory8, saves: &mut u32) -> bool {
    while memory.state.step < u64::from(SAMPLES) {
        learn(memory, BETWEEN);
        if save(chip, memory).is_err() {
            return false;
        }
        *saves += 1;
    }
    true
}

fn learn(memory: &mut Memory8, samples: u32) {
    for _ in 0..samples {
        let (x, label) = digit(random_row(memory.state.step));
        memory.learn(&NETWORK, &x, label);
    }
}

fn save(chip: &mut Chip, memory: &Memory8) -> Result<u32, Error> {
    let settings = NETWORK.settings();
    let about = About {
        arithmetic: Arithmetic::Int8,
        rule: settings.rule,
        scaling: Scaling::Mean,
        regression: false,
        frozen: 0,
        seed: settings.seed,
        samples: memory.state.step,
        hidden_rate: crate::whole::RATE,
        output_rate: crate::whole::RATE,
        half_after: settings.half_after,
        input_bits: settings.input_bits,
        front_bits: None,
    };
    let state = [Section::I8(&memory.parameters)];
    slots(chip)?.save(&Contents { network: SMALL.network, about, offset: &[0.0], scale: &[1.0], state: &state })
}

fn slots(chip: &mut Chip) -> Result<Slots<&mut Chip>, Error> {
    Slots::new(chip, 0, SLOT as u32)
}
