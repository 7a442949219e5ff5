//! Learns while the power fails again and again.
#![no_std]
#![no_main]
#![allow(missing_docs)] // of the function that `entry` makes

use core::ptr::addr_of_mut;
use firmware_common::power_cut::{Chip, survive};
use firmware_common::single::Memory8;
use firmware_riscv32::Virt;
use riscv_rt::entry;

static mut CHIP: Chip = Chip::new();
static mut MEMORY: Memory8 = Memory8::new();

#[entry]
fn main() -> ! {
    let mut board = Virt::new();
    // SAFETY: the only references, made once: nothing comes back from this function.
    let (chip, memory) = unsafe { (&mut *addr_of_mut!(CHIP), &mut *addr_of_mut!(MEMORY)) };
    survive(&mut board, chip, memory);
    board.stop()
}
