//! The programs that a user would write: one network, one rule, all of it known to the compiler. What they take in memory,
//! code and instructions is what a product takes.

use crate::board::{Board, Line};
use crate::cost::instructions;
use crate::digits::{self, RATE, TRAIN, random_row};
use crate::nets::SMALL;
use crate::{stack, whole};
use core::hint::black_box;
use openloop_core::device::{Arena, DeviceSettings, Learner};
use openloop_core::integer::{Int8Network, Int8Plan, Int8State};
use openloop_core::{Feedback, Loss, Rule, Spec, Targets};

/// The digits' network, learning by DRTP, feedback drawn again whenever it is read.
pub static LEARNER: Learner<'static> = Learner::fixed(
    Spec { layers: SMALL.network.layers(), loss: Loss::CrossEntropy },
    DeviceSettings { rule: Rule::Drtp, hidden_rate: RATE, output_rate: RATE, feedback: Feedback::Seeded(1) },
);
/// All its memory but the stack.
pub type Memory = Arena<{ LEARNER.sizes().parameters }, { LEARNER.sizes().scratch() }>;
/// The same in int8.
pub static NETWORK: Int8Network<'static> = whole::fixed(Rule::Drtp);
const PLAN: Int8Plan = Int8Plan::learning(&whole::fixed(Rule::Drtp));
/// All its memory but the stack.
pub type Memory8 = whole::Memory<{ PLAN.parameters }, { PLAN.activations }, { PLAN.values }>;
/// The first samples: every second of them is looked at for the stack it takes, all others are counted and averaged.
const FIRST: u32 = 64;

/// What is counted: a network in its memory.
trait Program {
    type Sample;

    fn sample(row: usize) -> Self::Sample;
    fn learn(&mut self, sample: &Self::Sample);
    fn infer(&mut self, sample: &Self::Sample);
}

impl Program for Memory {
    type Sample = ([f32; 64], [u32; 1]);

    fn sample(row: usize) -> Self::Sample {
        let (x, label) = digits::digit(row);
        (x, [label])
    }

    fn learn(&mut self, (x, labels): &Self::Sample) {
        black_box(LEARNER.learn(self.lend(), x, &Targets::Labels(labels)).is_ok());
    }

    fn infer(&mut self, (x, _): &Self::Sample) {
        black_box(LEARNER.infer(self.lend(), x).is_ok());
    }
}

impl Program for Memory8 {
    type Sample = (whole::Pixels, u32);

    fn sample(row: usize) -> Self::Sample {
        whole::digit(row)
    }

    fn learn(&mut self, (x, label): &Self::Sample) {
        black_box(self.learn(&NETWORK, x, *label));
    }

    fn infer(&mut self, (x, _): &Self::Sample) {
        black_box(self.infer(&NETWORK, x).len());
    }
}

/// Learns digits in f32, counting.
pub fn run<B: Board>(board: &mut B, memory: &mut Memory) {
    let _ = LEARNER.init(1, &mut memory.parameters);
    let taken = Taken::by(board, memory, FIRST);
    let sizes = LEARNER.sizes();
    let bytes = (sizes.persistent_bytes() as u32, sizes.transient_bytes() as u32);
    taken.say(board, "single", bytes, u32::from(!memory.health.is_good()));
}

/// Learns digits in int8, counting: an epoch, because a step takes less where the errors are small.
pub fn run_in_int8<B: Board>(board: &mut B, memory: &mut Memory8) {
    memory.start(&NETWORK);
    let taken = Taken::by(board, memory, TRAIN as u32);
    let bytes = ((PLAN.parameters + size_of::<Int8State>()) as u32, PLAN.transient_bytes() as u32);
    taken.say(board, "single-int8", bytes, 0);
}

/// Instructions of a learning step and of an answer on average, and the most stack of either.
struct Taken {
    learn: u32,
    infer: u32,
    stack: u32,
}

impl Taken {
    fn by<B: Board, P: Program>(board: &mut B, program: &mut P, samples: u32) -> Self {
        let (mut learn, mut infer, mut counted, mut deepest) = (0, 0, 0, 0);
        for n in 0..samples {
            let sample = P::sample(random_row(n.into()));
            if n < FIRST && n % 2 == 1 {
                // SAFETY: the programs give the stack far more than 4 KiB, have one thread and no interrupts.
                deepest = deepest.max(unsafe { stack::depth(|| program.infer(&sample)) });
                // SAFETY: as above.
                deepest = deepest.max(unsafe { stack::depth(|| program.learn(&sample)) });
            } else {
                infer += instructions(board, || program.infer(&sample));
                learn += instructions(board, || program.learn(&sample));
                counted += 1;
            }
        }
        Taken { learn: learn / counted.max(1), infer: infer / counted.max(1), stack: deepest }
    }

    fn say<B: Board>(&self, board: &mut B, word: &str, (kept, scratch): (u32, u32), bad: u32) {
        Line::new(board, word)
            .text("net", SMALL.name)
            .text("rule", Rule::Drtp.name())
            .text("feedback", "regenerated")
            .number("learn", self.learn)
            .number("infer", self.infer)
            .number("weights", kept)
            .number("scratch", scratch)
            .number("stack", self.stack)
            .number("bad", bad)
            .end();
    }
}
