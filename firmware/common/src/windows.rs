//! Learning steps and answers between marks, for whoever looks at each instruction that a board executes.

use crate::digits::{self, random_row};
use crate::single::{LEARNER, Memory, Memory8, NETWORK};
use crate::whole;
use core::hint::black_box;
use openloop_core::Targets;

/// Samples that the networks learn before one is looked at.
const BEFORE: u64 = 4;

/// Memory for both networks.
pub struct Room {
    f32: Memory,
    int8: Memory8,
}

impl Room {
    /// All zeros, so that a static one costs no flash.
    pub const fn new() -> Self {
        Room { f32: Memory::new(), int8: Memory8::new() }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

/// A mark, a step, a mark, an answer, a mark: in f32, then in int8.
pub fn walk(room: &mut Room, mut mark: impl FnMut()) {
    let _ = LEARNER.init(1, &mut room.f32.parameters);
    room.int8.start(&NETWORK);
    for n in 0..BEFORE {
        let (x, label) = digits::digit(random_row(n));
        let _ = LEARNER.learn(room.f32.lend(), &x, &Targets::Labels(&[label]));
        let (x, label) = whole::digit(random_row(n));
        room.int8.learn(&NETWORK, &x, label);
    }
    let (x, label) = digits::digit(random_row(BEFORE));
    mark();
    black_box(LEARNER.learn(room.f32.lend(), &x, &Targets::Labels(&[label])).is_ok());
    mark();
    black_box(LEARNER.infer(room.f32.lend(), &x).is_ok());
    mark();
    let (x, label) = whole::digit(random_row(BEFORE));
    mark();
    black_box(room.int8.learn(&NETWORK, &x, label));
    mark();
    black_box(room.int8.infer(&NETWORK, &x).len());
    mark();
}
