//! Convolutions that learn on the board: which of four motions a window of three axes shows, one window after the other.
//!
//! Windows are made by formula, so that a PC and a board have the same: still, a slow swing, a fast one, and jolts, each with a phase, a
//! direction and noise of its own.

use crate::board::{Board, Line};
use crate::cost::instructions;
use crate::digits::checksum;
use crate::stack;
use core::hint::black_box;
use openloop_core::device::{Arena, DeviceSettings, Health, Learner, Lent, Sizes};
use openloop_core::loss::largest;
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Activation, Along, Conv, Dense, Feedback, Layer, Loss, Pool, Pooling, Rule, Shape, Spec, Targets};

const MOMENTS: usize = 128;
const AXES: usize = 3;
const CLASSES: usize = 4;
/// Windows that are learned from, one after the other; the first are counted.
const SAMPLES: u32 = 400;
const COUNTED: u32 = 8;
/// Windows in each part of the course of the error, and other ones that are answered at the end.
const PART: u32 = 50;
const TEST: u32 = 100;

/// Filters along time.
const fn filters(input: Shape, channels: usize) -> Conv {
    let (kernel, stride, padding, along) = (5, 1, 0, Along::Height);
    Conv {
        input,
        channels,
        kernel,
        stride,
        padding,
        along,
        norm: false,
        pooled_readout: true,
        activation: Activation::Tanh,
    }
}

/// `conv16x5 poolN conv32x5 poolN fc32`.
const fn layers(window: usize) -> [Layer; 6] {
    let first = filters(Shape { channels: AXES, height: MOMENTS, width: 1 }, 16);
    let halved = Pool { input: first.output(), window, pooling: Pooling::Max };
    let second = filters(halved.output(), 32);
    let again = Pool { input: second.output(), window, pooling: Pooling::Max };
    [
        Layer::Conv(first),
        Layer::Pool(halved),
        Layer::Conv(second),
        Layer::Pool(again),
        Layer::Dense(Dense { inputs: again.output().size(), outputs: 32, activation: Activation::Tanh }),
        Layer::Dense(Dense { inputs: 32, outputs: CLASSES, activation: Activation::Identity }),
    ]
}

/// Of which all memory is less than 64 KB, and the larger one, whose dense layer alone has 119 KB of weights.
static SMALL: [Layer; 6] = layers(4);
static LARGE: [Layer; 6] = layers(2);

const fn learner(layers: &'static [Layer], rule: Rule) -> Learner<'static> {
    let feedback = Feedback::Seeded(1);
    let (hidden_rate, output_rate) = match rule {
        Rule::Drtp => (0.001, 0.05),
        _ => (0.1, 0.02),
    };
    let settings = DeviceSettings { rule, hidden_rate, output_rate, feedback };
    Learner::fixed(Spec { layers, loss: Loss::CrossEntropy }, settings)
}

/// The larger network, for a program that does nothing but learn.
pub static LEARNER: Learner<'static> = learner(&LARGE, Rule::LocalError);

/// What is run: a network and a rule.
struct Trial {
    net: &'static str,
    learner: Learner<'static>,
}

static TRIALS: [Trial; 3] = [
    Trial { net: "conv16x5-pool4-conv32x5-pool4-fc32", learner: learner(&SMALL, Rule::LocalError) },
    Trial { net: "conv16x5-pool4-conv32x5-pool4-fc32", learner: learner(&SMALL, Rule::Drtp) },
    Trial { net: "conv16x5-pool2-conv32x5-pool2-fc32", learner: learner(&LARGE, Rule::LocalError) },
];
/// The larger network's, for all.
const SIZES: Sizes = learner(&LARGE, Rule::LocalError).sizes();
/// Memory for any of them, and a window.
pub struct Memory {
    /// Weights, scratch and counters.
    pub arena: Arena<{ SIZES.parameters }, { SIZES.scratch() }>,
    /// The window, `[axes, moments]`.
    pub x: [f32; AXES * MOMENTS],
}

impl Memory {
    /// All zeros, so that a static one costs no flash.
    pub const fn new() -> Self {
        Memory { arena: Arena::new(), x: [0.0; AXES * MOMENTS] }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// Window `n` in `x: [axes, moments]`; gives the motion it shows.
fn make_window(n: u32, x: &mut [f32]) -> u32 {
    let stream = Stream::new(7, Purpose::Data, n);
    stream.fill_uniform(16, 0.2, x);
    let motion = stream.below(0, CLASSES as u32);
    let period = match motion {
        1 => 40 + stream.below(1, 16),
        2 => 12 + stream.below(1, 6),
        _ => 28 + stream.below(1, 20),
    };
    let phase = stream.below(2, period);
    for (axis, x) in (0..).zip(x.chunks_exact_mut(MOMENTS)) {
        let size = 0.5 + stream.unit(3 + axis);
        for (t, x) in (0..).zip(x) {
            let at = (t + phase) % period;
            *x += size
                * match motion {
                    1 | 2 => triangle(at, period),
                    3 if at < 3 => 2.0,
                    _ => 0.0,
                };
        }
    }
    motion
}

/// From -1 to 1 and back within a period.
fn triangle(at: u32, period: u32) -> f32 {
    let part = 4.0 * at as f32 / period as f32;
    if part < 2.0 { part - 1.0 } else { 3.0 - part }
}

/// Learns by each trial, and says what it took and what came of it.
pub fn run<B: Board>(board: &mut B, memory: &mut Memory) {
    for trial in &TRIALS {
        let sizes = trial.learner.sizes();
        let Some(taken) = learn(board, trial, memory) else { return };
        let Memory { arena, .. } = memory;
        let weights = arena.parameters.get(..sizes.parameters).unwrap_or_default();
        let line = Line::new(board, "activity")
            .text("net", trial.net)
            .text("rule", trial.learner.settings().rule.name())
            .text("feedback", "regenerated");
        let line = line.number("learn", taken.learn).number("infer", taken.infer);
        line.number("weights", (sizes.persistent_bytes() + size_of_val(&arena.health)) as u32)
            .number("scratch", (sizes.transient_bytes() + size_of::<[f32; AXES * MOMENTS]>()) as u32)
            .number("stack", taken.stack)
            .number("wrong_first", taken.wrong_first)
            .number("wrong_last", taken.wrong_last)
            .number("of", PART)
            .number("test_wrong", taken.test_wrong)
            .number("test_of", TEST)
            .number("bad", u32::from(!arena.health.is_good()))
            .hexadecimal("sum", checksum(weights.iter().flat_map(|w| w.to_bits().to_le_bytes())))
            .end();
    }
}

/// Instructions of a step and of an answer, stack, and wrong answers: to the first windows before they were learned from, to the last,
/// and to others.
#[derive(Default)]
struct Taken {
    learn: u32,
    infer: u32,
    stack: u32,
    wrong_first: u32,
    wrong_last: u32,
    test_wrong: u32,
}

fn learn<B: Board>(board: &mut B, trial: &Trial, memory: &mut Memory) -> Option<Taken> {
    let learner = black_box(&trial.learner);
    let Memory { arena, x } = memory;
    let parameters = arena.parameters.get_mut(..learner.sizes().parameters)?;
    let (scratch, health) = (&mut arena.scratch, &mut arena.health);
    *health = Health::NEW;
    let _ = learner.init(1, parameters);
    let mut taken = Taken::default();
    for n in 0..SAMPLES {
        let label = make_window(n, x);
        let (labels, mut answer) = ([label], 0);
        let mut step = |depth: bool| {
            let work = || {
                let lent = Lent { parameters: &mut *parameters, scratch: &mut *scratch, health: &mut *health };
                answer = learner.learn(lent, x, &Targets::Labels(&labels)).map_or(CLASSES, largest);
            };
            match depth {
                // SAFETY: the programs give the stack far more than 4 KiB, have one thread and no interrupts.
                true => unsafe { stack::depth(work) },
                false => instructions(board, work),
            }
        };
        if n < COUNTED {
            taken.learn += step(false);
        } else if n < 2 * COUNTED && cfg!(target_os = "none") {
            taken.stack = taken.stack.max(step(true));
        } else {
            step(false);
        }
        let wrong = u32::from(answer as u32 != label);
        taken.wrong_first += if n < PART { wrong } else { 0 };
        taken.wrong_last += if n >= SAMPLES - PART { wrong } else { 0 };
    }
    for n in 0..TEST {
        let label = make_window(SAMPLES + n, x);
        let mut answer = 0;
        let count = instructions(board, || {
            let lent = Lent { parameters: &mut *parameters, scratch: &mut *scratch, health: &mut *health };
            answer = learner.infer(lent, x).map_or(CLASSES, largest);
        });
        taken.infer += if n < COUNTED { count } else { 0 };
        taken.test_wrong += u32::from(answer as u32 != label);
    }
    (taken.learn, taken.infer) = (taken.learn / COUNTED, taken.infer / COUNTED);
    Some(taken)
}
