//! Nothing but the learning runtime, for any network and any rule: what its code takes is this image less `startup`.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::digits::{Memory, RATE};
use firmware_common::nets::SMALL;
use firmware_cortex_m4f as _;
use openloop_core::device::{Learner, Settings};
use openloop_core::{Feedback, Loss, Rule, Spec, Targets};

/// The rule is hidden from the compiler below, which so keeps the code of all of them.
static LEARNER: Learner<'static> = Learner::fixed(
    Spec { layers: SMALL.network.layers(), loss: Loss::CrossEntropy },
    Settings { rule: Rule::Drtp, hidden_rate: RATE, output_rate: RATE, feedback: Feedback::Seeded(1) },
);
static mut MEMORY: Memory = Memory::new();
static mut X: [f32; 64] = [0.0; 64];

#[entry]
fn main() -> ! {
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    // SAFETY: as above.
    let x = unsafe { &mut *addr_of_mut!(X) };
    let learner = black_box(&LEARNER);
    let _ = black_box(learner.init(black_box(1), &mut memory.parameters));
    loop {
        let targets = Targets::Labels(&[0]);
        black_box(learner.learn(memory.lend(), black_box(x), black_box(&targets)).is_ok());
        black_box(learner.infer(memory.lend(), black_box(x)).is_ok());
    }
}
