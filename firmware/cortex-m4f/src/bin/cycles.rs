//! Steps and answers between marks; `cargo xtask firmware` follows every instruction and adds up what each takes on the processor.
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::windows::{Room, walk};
use firmware_cortex_m4f::Mps2;

static mut ROOM: Room = Room::new();

/// Known by its name in the image.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn openloop_mark() {
    cortex_m::asm::nop();
}

#[entry]
fn main() -> ! {
    let board = Mps2::new();
    // SAFETY: the only reference, made once: nothing comes back from this function.
    let room = unsafe { &mut *addr_of_mut!(ROOM) };
    walk(room, || openloop_mark());
    board.stop()
}
