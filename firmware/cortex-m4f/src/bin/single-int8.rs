//! The program that a user would write: one network and one rule, in int8, and what it takes.
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::single::{Memory8, run_in_int8};
use firmware_cortex_m4f::Mps2;

static mut MEMORY: Memory8 = Memory8::new();

#[entry]
fn main() -> ! {
    let mut board = Mps2::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    run_in_int8(&mut board, memory);
    board.stop()
}
