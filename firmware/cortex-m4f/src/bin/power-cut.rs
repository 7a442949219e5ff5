//! Learns while the power fails again and again.
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::power_cut::{Chip, survive};
use firmware_common::single::Memory8;
use firmware_cortex_m4f::Mps2;

static mut CHIP: Chip = Chip::new();
static mut MEMORY: Memory8 = Memory8::new();

#[entry]
fn main() -> ! {
    let mut board = Mps2::new();
    // SAFETY: the only references, made once: nothing comes back from this function.
    let (chip, memory) = unsafe { (&mut *addr_of_mut!(CHIP), &mut *addr_of_mut!(MEMORY)) };
    survive(&mut board, chip, memory);
    board.stop()
}
