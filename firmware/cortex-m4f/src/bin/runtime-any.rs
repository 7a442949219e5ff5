//! As `runtime`, but the network and the rule are hidden from the compiler, which so keeps the code of all of them: what a
//! loaded model takes.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::single::{LEARNER, Memory};
use firmware_cortex_m4f as _;
use openloop_core::Targets;

static mut MEMORY: Memory = Memory::new();
static mut X: [f32; 64] = [0.0; 64];

#[entry]
fn main() -> ! {
    // SAFETY: the only references, made once: nothing comes back from this function.
    let (memory, x) = unsafe { (&mut *addr_of_mut!(MEMORY), &mut *addr_of_mut!(X)) };
    let learner = black_box(&LEARNER);
    let _ = black_box(learner.init(black_box(1), &mut memory.parameters));
    loop {
        let targets = Targets::Labels(&[0]);
        black_box(learner.learn(memory.lend(), black_box(x), black_box(&targets)).is_ok());
        black_box(learner.infer(memory.lend(), black_box(x)).is_ok());
    }
}
