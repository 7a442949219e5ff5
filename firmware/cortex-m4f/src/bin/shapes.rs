//! Trains networks of every small shape.
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::shapes::{Room, train};
use firmware_cortex_m4f::Mps2;

static mut ROOM: Room = Room::new();

#[entry]
fn main() -> ! {
    let mut board = Mps2::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let room = unsafe { &mut *addr_of_mut!(ROOM) };
    train(&mut board, room);
    board.stop()
}
