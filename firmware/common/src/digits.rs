//! Handwritten digits, learned from scratch on the board, one random sample after the other.

use crate::board::{Board, Line};
use crate::nets::SMALL;
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
/// The learning rate of every rule.
pub const RATE: f32 = 0.05;
/// Under bp, which needs the most.
const SIZES: Sizes = SMALL.sizes(Rule::Bp);
/// Memory for any of the rules.
pub type Memory = Arena<{ SIZES.parameters }, { SIZES.scratch() }>;

/// Row `row` as pixels between 0 and 1, and its label.
pub fn digit(row: usize) -> ([f32; 64], u32) {
    let mut x = [0.0; 64];
    let bytes = DIGITS.chunks_exact(ROW).nth(row).unwrap_or_default();
    x.iter_mut().zip(bytes).for_each(|(x, byte)| *x = f32::from(*byte) / 16.0);
    (x, bytes.last().copied().unwrap_or_default().into())
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
        .hexadecimal("weights", checksum(parameters))
        .number("bad", u32::from(!memory.health.is_good()))
        .end();
}

/// Trains from the start and gives the number of test rows that are answered rightly.
pub fn learn(learner: &Learner<'_>, memory: &mut Memory, samples: u32) -> u32 {
    *memory = Memory::new();
    let _ = learner.init(1, &mut memory.parameters);
    let order = Stream::new(1, Purpose::Shuffle, 0);
    for n in 0..samples {
        let (x, label) = digit(order.below(n.into(), TRAIN as u32) as usize);
        let _ = learner.learn(memory.lend(), &x, &Targets::Labels(&[label]));
    }
    (TRAIN..TRAIN + TEST).map(|row| u32::from(is_right(learner, memory, row))).sum()
}

fn is_right(learner: &Learner<'_>, memory: &mut Memory, row: usize) -> bool {
    let (x, label) = digit(row);
    learner.infer(memory.lend(), &x).is_ok_and(|y| largest(y) as u32 == label)
}

/// FNV-1a over the bits of all weights: one number that shows whether a PC and a board agree on every one.
pub fn checksum(values: &[f32]) -> u32 {
    let bytes = values.iter().flat_map(|value| value.to_bits().to_le_bytes());
    bytes.fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
