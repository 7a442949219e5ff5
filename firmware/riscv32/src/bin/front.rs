//! A network behind frozen convolutions, in int8, and what it takes.
#![no_std]
#![no_main]
#![allow(missing_docs)] // of the function that `entry` makes

use core::ptr::addr_of_mut;
use firmware_common::front::{Memory, run};
use firmware_riscv32::Virt;
use riscv_rt::entry;

static mut MEMORY: Memory = Memory::new();

#[entry]
fn main() -> ! {
    let mut board = Virt::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    run(&mut board, memory);
    board.stop()
}
