//! Trains on the digits from scratch by rule after rule, in int8.
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::nets::RULES;
use firmware_common::whole::{AnyMemory, train_and_test};
use firmware_cortex_m4f::Mps2;

const SAMPLES: u32 = 28_740; // 20 times as many as there are to train on

static mut MEMORY: AnyMemory = AnyMemory::new();

#[entry]
fn main() -> ! {
    let mut board = Mps2::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    RULES.into_iter().for_each(|rule| train_and_test(&mut board, rule, memory, SAMPLES));
    board.stop()
}
