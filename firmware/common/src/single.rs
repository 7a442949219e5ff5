//! The program that a user would write: one network, one rule, all of it known to the compiler. What it takes in memory, code
//! and instructions is what a product takes.

use crate::board::{Board, Line};
use crate::cost::instructions;
use crate::digits::{RATE, TRAIN, digit};
use crate::nets::SMALL;
use crate::stack;
use core::hint::black_box;
use openloop_core::device::{Arena, Learner, Settings};
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Feedback, Loss, Rule, Spec, Targets};

/// The digits' network, learning by DRTP, feedback drawn again whenever it is read.
pub static LEARNER: Learner<'static> = Learner::fixed(
    Spec { layers: SMALL.network.layers(), loss: Loss::CrossEntropy },
    Settings { rule: Rule::Drtp, hidden_rate: RATE, output_rate: RATE, feedback: Feedback::Seeded(1) },
);
/// All its memory but the stack.
pub type Memory = Arena<{ LEARNER.sizes().parameters }, { LEARNER.sizes().scratch() }>;
/// Samples that are counted and averaged.
const SAMPLES: u32 = 64;

/// Learns digits, counting.
pub fn run<B: Board>(board: &mut B, memory: &mut Memory) {
    let _ = LEARNER.init(1, &mut memory.parameters);
    let order = Stream::new(1, Purpose::Shuffle, 0);
    let (mut learning, mut answering, mut deepest) = (0, 0, 0);
    for n in 0..SAMPLES {
        let (x, label) = digit(order.below(n.into(), TRAIN as u32) as usize);
        let labels = [label];
        let targets = Targets::Labels(&labels);
        answering += instructions(board, || infer(memory, &x));
        // SAFETY: the programs give the stack far more than 4 KiB, have one thread and no interrupts.
        deepest = deepest.max(unsafe { stack::depth(|| infer(memory, &x)) });
        if n % 2 == 0 {
            learning += instructions(board, || learn(memory, &x, &targets));
        } else {
            // SAFETY: as above.
            deepest = deepest.max(unsafe { stack::depth(|| learn(memory, &x, &targets)) });
        }
    }
    Line::new(board, "single")
        .text("net", SMALL.name)
        .text("rule", LEARNER.settings().rule.name())
        .text("feedback", "regenerated")
        .number("learn", learning / (SAMPLES / 2))
        .number("infer", answering / SAMPLES)
        .number("weights", LEARNER.sizes().persistent_bytes() as u32)
        .number("scratch", LEARNER.sizes().transient_bytes() as u32)
        .number("stack", deepest)
        .number("bad", u32::from(!memory.health.is_good()))
        .end();
}

fn learn(memory: &mut Memory, x: &[f32], targets: &Targets<'_>) {
    black_box(LEARNER.learn(memory.lend(), x, targets).is_ok());
}

fn infer(memory: &mut Memory, x: &[f32]) {
    black_box(LEARNER.infer(memory.lend(), x).is_ok());
}
