//! What learning costs in int8: instructions, bytes, stack.

use crate::board::{Board, Line};
use crate::cost::instructions;
use crate::nets::{LARGE, Net, RULES};
use crate::{stack, whole};
use core::hint::black_box;
use openloop_core::Rule;
use openloop_core::integer::{self, Int8Fine, Int8Memory, Int8Network, Int8Plan, Int8State};
use openloop_core::random::{Purpose, Stream};

/// Samples that are counted and averaged.
const SAMPLES: u32 = 16;
/// The larger network's memory under bp, which needs the most.
const PLAN: Int8Plan = Int8Plan::learning(&whole::fixed_of(&LARGE, Rule::Bp));
const INPUTS: usize = LARGE.network.inputs();

/// Int8Memory to count in: enough for either network under any rule. It may start as anything.
pub struct Room {
    parameters: [i8; PLAN.parameters],
    activations: [i8; PLAN.activations],
    values: [i32; PLAN.values],
    x: [i8; INPUTS],
}

impl Room {
    /// All zeros, so that a static one costs no flash.
    pub const fn new() -> Self {
        let (parameters, activations) = ([0; PLAN.parameters], [0; PLAN.activations]);
        Room { parameters, activations, values: [0; PLAN.values], x: [0; INPUTS] }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts every rule on a network.
pub fn count_rules<B: Board>(board: &mut B, net: &Net, room: &mut Room) {
    for rule in RULES {
        // what the compiler cannot know, it cannot work out beforehand
        let Ok(network) = black_box(whole::network(net, rule)) else { return };
        if let Some(taken) = Taken::by(board, &network, room) {
            taken.say(board, net, &network);
        }
    }
}

/// Instructions of all learning steps and of all answers, and the most stack of a step.
struct Taken {
    learning: u32,
    answering: u32,
    stack: u32,
}

impl Taken {
    fn by<B: Board>(board: &B, network: &Int8Network<'_>, room: &mut Room) -> Option<Self> {
        let Room { parameters, activations, values, x } = room;
        let parameters = parameters.get_mut(..Int8Plan::learning(network).parameters)?;
        let x = x.get_mut(..network.inputs())?;
        let (mut state, mut taken) = (Int8State::default(), Taken { learning: 0, answering: 0, stack: 0 });
        let _ = integer::initialize(network, parameters);
        for n in 0..SAMPLES {
            let noise = Stream::new(1, Purpose::Data, n);
            (0..).zip(&mut *x).for_each(|(i, x)| *x = noise.word(i) as i8);
            let label = n % 10;
            taken.learning += instructions(board, || {
                let memory =
                    Int8Memory { parameters, state: &mut state, activations, values, fine: Int8Fine::default() };
                black_box(integer::learn(network, memory, x, label).is_ok());
            });
            taken.answering += instructions(board, || {
                black_box(integer::infer(network, parameters, x, activations, values).is_ok());
            });
            // SAFETY: the programs give the stack far more than 4 KiB, have one thread and no interrupts.
            let depth = unsafe {
                stack::depth(|| {
                    let memory =
                        Int8Memory { parameters, state: &mut state, activations, values, fine: Int8Fine::default() };
                    black_box(integer::learn(network, memory, x, label).is_ok());
                })
            };
            taken.stack = depth.max(taken.stack);
        }
        Some(taken)
    }

    fn say<B: Board>(&self, board: &mut B, net: &Net, network: &Int8Network<'_>) {
        let plan = Int8Plan::learning(network);
        Line::new(board, "cost-int8")
            .text("net", net.name)
            .text("rule", network.settings().rule.name())
            .text("feedback", "regenerated")
            .number("learn", self.learning / SAMPLES)
            .number("infer", self.answering / SAMPLES)
            .number("weights", plan.persistent_bytes() as u32)
            .number("scratch", plan.transient_bytes() as u32)
            .number("stack", self.stack)
            .number("bad", 0)
            .end();
    }
}
