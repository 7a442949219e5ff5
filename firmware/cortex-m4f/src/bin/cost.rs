//! Counts instructions, bytes and stack of every rule on two networks, in f32 and in int8.
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use firmware_common::nets::{LARGE, SMALL};
use firmware_common::{cost, cost_int8};
use firmware_cortex_m4f::Mps2;

static mut ROOM: cost::Room = cost::Room::new();
static mut ROOM_INT8: cost_int8::Room = cost_int8::Room::new();

#[entry]
fn main() -> ! {
    let mut board = Mps2::new();
    // SAFETY: the only references, made once: nothing comes back from this function.
    let (room, room_int8) = unsafe { (&mut *addr_of_mut!(ROOM), &mut *addr_of_mut!(ROOM_INT8)) };
    [SMALL, LARGE].iter().for_each(|net| cost::count_rules(&mut board, net, room));
    [SMALL, LARGE].iter().for_each(|net| cost_int8::count_rules(&mut board, net, room_int8));
    board.stop()
}
