//! Convolutions that learn, in f32, and what they take.
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::activity::{Memory, run};
use firmware_cortex_m4f::Mps2;

static mut MEMORY: Memory = Memory::new();

#[entry]
fn main() -> ! {
    let mut board = Mps2::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    run(&mut board, memory);
    board.stop()
}
