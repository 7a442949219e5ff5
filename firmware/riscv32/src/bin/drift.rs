//! Follows a drifting sensor with a network that goes on learning and one that does not.
#![no_std]
#![no_main]
#![allow(missing_docs)] // of the function that `entry` makes

use core::ptr::addr_of_mut;
use firmware_common::drift::{Memory, follow};
use firmware_riscv32::Virt;
use riscv_rt::entry;

static mut LEARNING: Memory = Memory::new();
static mut FROZEN: Memory = Memory::new();

#[entry]
fn main() -> ! {
    let mut board = Virt::new();
    // SAFETY: the only references, made once: nothing comes back from this function.
    let (learning, frozen) = unsafe { (&mut *addr_of_mut!(LEARNING), &mut *addr_of_mut!(FROZEN)) };
    follow(&mut board, learning, frozen);
    board.stop()
}
