//! Handwritten digits, learned from scratch on the board, one random sample after the other.

use crate::board::{Board, Line};
use crate::nets::SMALL;
use core::ops::Range;
use openloop_core::device::{Arena, Learner, Sizes};
use openloop_core::loss::largest;
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Feedback, Rule, Targets};

/// 64 pixels from 0 to 16 and a label a row; see `build.rs`.
static DIGITS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/digits.bin"));
const ROW: usize = 65;
/// Rows to train on.
pub const TRAIN: usize = 1437;
/// Rows to test on.
pub const TEST: usize = 360;
/// Where they are.
pub const ROWS_TO_TEST: Range<usize> = TRAIN..TRAIN + TEST;
/// The learning rate of every rule.
pub const RATE: f32 = 0.05;
/// Under bp, which needs the most.
const SIZES: Sizes = SMALL.sizes(Rule::Bp);
/// Memory for any of the rules.
pub type Memory = Arena<{ SIZES.parameters }, { SIZES.scratch() }>;

/// The pixels of row `row`, from 0 to 16, and its label.
pub fn pixels(row: usize) -> (&'static [u8], u32) {
    let row = DIGITS.chunks_exact(ROW).nth(row).unwrap_or_default();
    row.split_last().map_or((&[], 0), |(label, pixels)| (pixels, u32::from(*label)))
}

/// Row `row` as pixels between 0 and 1, and its label.
pub fn digit(row: usize) -> ([f32; 64], u32) {
    let (mut x, (pixels, label)) = ([0.0; 64], pixels(row));
    x.iter_mut().zip(pixels).for_each(|(x, pixel)| *x = f32::from(*pixel) / 16.0);
    (x, label)
}

/// The row that comes as sample `n`.
pub fn random_row(n: u64) -> usize {
    Stream::new(1, Purpose::Shuffle, 0).below(n, TRAIN as u32) as usize
}

/// Trains by a rule for some samples, tests, and says what came of it.
pub fn train_and_test<B: Board>(board: &mut B, rule: Rule, memory: &mut Memory, samples: u32) {
    let Ok(learner) = SMALL.learner(rule, RATE, Feedback::Seeded(1)) else { return };
    let right = learn(&learner, memory, samples);
    let (line, parameters) = (Line::new(board, "digits").text("net", SMALL.name), &memory.parameters);
    line.text("rule", rule.name())
        .number("samples", samples)
        .number("right", right)
        .number("of", TEST as u32)
        .hexadecimal("weights", checksum(parameters.iter().flat_map(|w| w.to_bits().to_le_bytes())))
        .number("bad", u32::from(!memory.health.is_good()))
        .end();
}

/// Trains from the start and gives the number of test rows that are answered rightly.
pub fn learn(learner: &Learner<'_>, memory: &mut Memory, samples: u32) -> u32 {
    *memory = Memory::new();
    let _ = learner.init(1, &mut memory.parameters);
    for n in 0..samples {
        let (x, label) = digit(random_row(n.into()));
        let _ = learner.learn(memory.lend(), &x, &Targets::Labels(&[label]));
    }
    ROWS_TO_TEST.map(|row| u32::from(is_right(learner, memory, row))).sum()
}

fn is_right(learner: &Learner<'_>, memory: &mut Memory, row: usize) -> bool {
    let (x, label) = digit(row);
    learner.infer(memory.lend(), &x).is_ok_and(|y| largest(y) as u32 == label)
}

/// FNV-1a over the bytes of all weights: one number that shows whether a PC and a board agree on every one.
pub fn checksum(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
