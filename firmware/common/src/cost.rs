//! What learning costs: instructions, bytes, stack.

use crate::board::{Board, Line};
use crate::nets::{LARGE, Net, RULES};
use crate::stack;
use core::hint::black_box;
use openloop_core::device::{Health, Lent, Sizes};
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Feedback, Rule, Targets, draw_feedback};

/// Samples that are counted and averaged.
const SAMPLES: u32 = 16;
const RATE: f32 = 0.01;

/// The larger network's memory under bp, which needs the most of everything but feedback, and local-error, which needs the
/// most of that.
const SIZES: Sizes = LARGE.sizes(Rule::Bp);
const FEEDBACK: usize = LARGE.sizes(Rule::LocalError).feedback;

/// Memory to count in: enough for either network under any rule. It may start as anything.
pub struct Room {
    parameters: [f32; SIZES.parameters],
    scratch: [f32; SIZES.scratch()],
    feedback: [f32; FEEDBACK],
    x: [f32; 784],
}

impl Room {
    /// All zeros, so that a static one costs no flash.
    pub const fn new() -> Self {
        Room {
            parameters: [0.0; SIZES.parameters],
            scratch: [0.0; SIZES.scratch()],
            feedback: [0.0; FEEDBACK],
            x: [0.0; 784],
        }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts every rule on a network, with regenerated and with stored feedback.
pub fn count_rules<B: Board>(board: &mut B, net: &Net, room: &mut Room) {
    let Room { parameters, scratch, feedback, x } = room;
    for rule in RULES {
        let mut lend = Lend { parameters, scratch, x };
        count(board, net, rule, Feedback::Seeded(1), &mut lend);
        if let Some(own) = feedback.get_mut(..net.sizes(rule).feedback).filter(|own| !own.is_empty()) {
            let _ = draw_feedback(&net.network, rule, 1, own);
            count(board, net, rule, Feedback::Stored(own), &mut lend);
        }
    }
}

/// What a count works on.
struct Lend<'m> {
    parameters: &'m mut [f32],
    scratch: &'m mut [f32],
    x: &'m mut [f32],
}

fn count<B: Board>(board: &mut B, net: &Net, rule: Rule, feedback: Feedback<'_>, lend: &mut Lend<'_>) {
    // what the compiler cannot know, it cannot work out beforehand
    let Ok(learner) = black_box(net.learner(rule, RATE, feedback)) else { return };
    let sizes = learner.sizes();
    let Some(parameters) = lend.parameters.get_mut(..sizes.parameters) else { return };
    let Some(x) = lend.x.get_mut(..learner.inputs()) else { return };
    let mut health = Health::NEW;
    let _ = learner.init(1, parameters);
    let (mut learning, mut answering, mut stack) = (0, 0, 0);
    for n in 0..SAMPLES {
        Stream::new(1, Purpose::Data, n).fill_uniform(0, 1.0, x);
        let labels = [n % 10];
        let targets = Targets::Labels(&labels);
        learning += instructions(board, || {
            let lent = Lent { parameters, scratch: lend.scratch, health: &mut health };
            black_box(learner.learn(lent, x, &targets).is_ok());
        });
        answering += instructions(board, || {
            let lent = Lent { parameters, scratch: lend.scratch, health: &mut health };
            black_box(learner.infer(lent, x).is_ok());
        });
        // SAFETY: the programs give the stack far more than 4 KiB, have one thread and no interrupts.
        let depth = unsafe {
            stack::depth(|| {
                let lent = Lent { parameters, scratch: lend.scratch, health: &mut health };
                black_box(learner.learn(lent, x, &targets).is_ok());
            })
        };
        stack = depth.max(stack);
    }
    Line::new(board, "cost")
        .text("net", net.name)
        .text("rule", rule.name())
        .text("feedback", if matches!(feedback, Feedback::Stored(_)) { "stored" } else { "regenerated" })
        .number("learn", learning / SAMPLES)
        .number("infer", answering / SAMPLES)
        .number("weights", sizes.persistent_bytes() as u32)
        .number("scratch", sizes.transient_bytes() as u32)
        .number("stack", stack)
        .number("feedback_bytes", if matches!(feedback, Feedback::Stored(_)) { 4 * sizes.feedback as u32 } else { 0 })
        .number("bad", u32::from(!health.is_good()))
        .end();
}

/// Instructions that `work` takes.
pub fn instructions<B: Board>(board: &B, work: impl FnOnce()) -> u32 {
    let start = board.ticks();
    work();
    B::instructions(board.ticks().wrapping_sub(start))
}
