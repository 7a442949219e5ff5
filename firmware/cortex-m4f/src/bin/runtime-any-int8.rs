//! As `runtime-any`, in int8.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::single::{Memory8, NETWORK};
use firmware_common::whole::Pixels;
use firmware_cortex_m4f as _;

static mut MEMORY: Memory8 = Memory8::new();
static mut X: Pixels = [0; 64];

#[entry]
fn main() -> ! {
    // SAFETY: the only references, made once: nothing comes back from this function.
    let (memory, x) = unsafe { (&mut *addr_of_mut!(MEMORY), &mut *addr_of_mut!(X)) };
    let network = black_box(&NETWORK);
    memory.start(network);
    loop {
        black_box(memory.learn(network, black_box(x), black_box(0)));
        black_box(memory.infer(network, black_box(x)));
    }
}
