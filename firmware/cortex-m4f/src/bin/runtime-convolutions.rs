//! As `runtime-any`, for a network with convolutions, whose code is the rules' that it learns by and that of all layers.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::activity::{LEARNER, Memory};
use firmware_cortex_m4f as _;
use openloop_core::Targets;

static mut MEMORY: Memory = Memory::new();

#[entry]
fn main() -> ! {
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let Memory { arena: memory, x } = unsafe { &mut *addr_of_mut!(MEMORY) };
    let learner = black_box(&LEARNER);
    let _ = black_box(learner.init(black_box(1), &mut memory.parameters));
    loop {
        let targets = Targets::Labels(&[0]);
        black_box(learner.learn(memory.lend(), black_box(&*x), black_box(&targets)).is_ok());
        black_box(learner.infer(memory.lend(), black_box(&*x)).is_ok());
    }
}
