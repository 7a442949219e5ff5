//! Counts instructions, bytes and stack of every rule on two networks.
#![no_std]
#![no_main]
#![allow(missing_docs)] // of the function that `entry` makes

use core::ptr::addr_of_mut;
use firmware_common::cost::{Room, count_rules};
use firmware_common::nets::{LARGE, SMALL};
use firmware_riscv32::Virt;
use riscv_rt::entry;

static mut ROOM: Room = Room::new();

#[entry]
fn main() -> ! {
    let mut board = Virt::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let room = unsafe { &mut *addr_of_mut!(ROOM) };
    [SMALL, LARGE].iter().for_each(|net| count_rules(&mut board, net, room));
    board.stop()
}
