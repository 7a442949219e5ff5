//! Trains networks of every small shape.
#![no_std]
#![no_main]
#![allow(missing_docs)] // of the function that `entry` makes

use core::ptr::addr_of_mut;
use firmware_common::shapes::{Room, train};
use firmware_riscv32::Virt;
use riscv_rt::entry;

static mut ROOM: Room = Room::new();

#[entry]
fn main() -> ! {
    let mut board = Virt::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let room = unsafe { &mut *addr_of_mut!(ROOM) };
    train(&mut board, room);
    board.stop()
}
