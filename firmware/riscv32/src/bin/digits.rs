//! Trains on the digits from scratch by DRTP.
#![no_std]
#![no_main]
#![allow(missing_docs)] // of the function that `entry` makes

use core::ptr::addr_of_mut;
use firmware_common::digits::{Memory, train_and_test};
use firmware_riscv32::Virt;
use openloop_core::Rule;
use riscv_rt::entry;

const SAMPLES: u32 = 14_370; // 10 times as many as there are to train on: without a floating-point unit it takes its time

static mut MEMORY: Memory = Memory::new();

#[entry]
fn main() -> ! {
    let mut board = Virt::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    train_and_test(&mut board, Rule::Drtp, memory, SAMPLES);
    board.stop()
}
