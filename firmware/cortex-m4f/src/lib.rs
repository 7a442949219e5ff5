//! The board: semihosting for text, CMSDK timer 0 for instructions, and an end for panics that no program may have.
#![no_std]

use core::panic::PanicInfo;
use cortex_m_semihosting::debug::{self, EXIT_SUCCESS};
use cortex_m_semihosting::hio::{self, HostStream};
use firmware_common::Board;

/// CMSDK timer 0: CTRL, VALUE, RELOAD, counting down at 25 MHz.
const TIMER: *mut u32 = 0x4000_0000 as *mut u32;

/// The board's text and counter.
pub struct Mps2 {
    text: Option<HostStream>,
}

impl Mps2 {
    /// Starts the timer.
    #[allow(clippy::new_without_default)] // it touches the hardware
    pub fn new() -> Self {
        // SAFETY: these are timer 0's registers on this board, and nothing else uses it.
        unsafe {
            TIMER.add(2).write_volatile(u32::MAX);
            TIMER.add(1).write_volatile(u32::MAX);
            TIMER.write_volatile(1);
        }
        Mps2 { text: hio::hstdout().ok() }
    }

    /// Ends the emulation.
    pub fn stop(self) -> ! {
        debug::exit(EXIT_SUCCESS);
        loop {
            cortex_m::asm::wfi();
        }
    }
}

impl Board for Mps2 {
    fn write(&mut self, text: &str) {
        if let Some(stream) = &mut self.text {
            let _ = stream.write_all(text.as_bytes());
        }
    }

    fn ticks(&self) -> u32 {
        // SAFETY: reading timer 0's VALUE changes nothing.
        !unsafe { TIMER.add(1).read_volatile() }
    }

    /// With `-icount shift=6` an instruction takes 64 ns of virtual time and the timer ticks every 40 ns; a reading takes 3.
    fn instructions(ticks: u32) -> u32 {
        ((u64::from(ticks) * 10 + 8) / 16).saturating_sub(3) as u32
    }
}

unsafe extern "C" {
    /// Exists nowhere: a program in which anything can panic does not link.
    fn a_panic_can_be_reached() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: never called, because a program that could call it does not exist.
    unsafe { a_panic_can_be_reached() }
}
