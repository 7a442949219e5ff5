//! Nothing but the learning runtime, for any network and any rule: what its code takes is this image less `startup`.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::digits::{Memory, RATE};
use firmware_common::nets::SMALL;
use firmware_cortex_m4f as _;
use openloop_core::{Feedback, Rule, Targets};

static mut MEMORY: Memory = Memory::new();

#[entry]
fn main() -> ! {
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    let learner = black_box(SMALL.learner(Rule::Drtp, RATE, Feedback::Seeded(1)));
    let Ok(learner) = learner else { loop {} };
    let _ = black_box(learner.init(black_box(1), &mut memory.parameters));
    loop {
        let (x, label) = black_box(([0.0; 64], [0]));
        black_box(learner.learn(memory.lend(), &x, &Targets::Labels(&label)).is_ok());
        black_box(learner.infer(memory.lend(), &x).is_ok());
    }
}
