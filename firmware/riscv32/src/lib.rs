//! The board: semihosting for text, `minstret` for instructions, and an end for panics that no program may have.
#![no_std]

use core::arch::asm;
use core::panic::PanicInfo;
use firmware_common::Board;
use riscv as _; // its single-hart critical sections

/// Semihosting's operations in use.
const OPEN: usize = 0x01;
const WRITE: usize = 0x05;
const EXIT: usize = 0x18;
const FINE: usize = 0x20026;

/// The board's text and counter.
pub struct Virt {
    /// Of the emulator's standard output.
    handle: usize,
}

impl Virt {
    /// Opens the emulator's standard output.
    #[allow(clippy::new_without_default)] // it asks the emulator
    pub fn new() -> Self {
        const WRITING: usize = 4;
        let name = b":tt\0";
        let request = [name.as_ptr() as usize, WRITING, name.len() - 1];
        // SAFETY: the operation reads three words, and the name that the first points to.
        Virt { handle: unsafe { semihosting(OPEN, request.as_ptr() as usize) } }
    }

    /// Ends the emulation.
    pub fn stop(self) -> ! {
        // SAFETY: the emulator ends here; its argument is the reason itself.
        unsafe { semihosting(EXIT, FINE) };
        loop {}
    }
}

impl Board for Virt {
    fn write(&mut self, text: &str) {
        let request = [self.handle, text.as_ptr() as usize, text.len()];
        // SAFETY: the operation reads three words, and the text that the second points to.
        unsafe { semihosting(WRITE, request.as_ptr() as usize) };
    }

    /// With `-icount shift=0` the counter of retired instructions is exact.
    fn ticks(&self) -> u32 {
        riscv::register::minstret::read() as u32
    }

    /// A reading takes 1.
    fn instructions(ticks: u32) -> u32 {
        ticks.saturating_sub(1)
    }
}

/// Asks the emulator for something: the three instructions that RISC-V's semihosting agreed on, uncompressed.
///
/// # Safety
/// `argument` must be what the operation expects, often an address.
unsafe fn semihosting(operation: usize, argument: usize) -> usize {
    let answer;
    // SAFETY: the sequence changes a0 only; what the emulator reads is the caller's promise.
    unsafe {
        asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli zero, zero, 0x1f",
            "ebreak",
            "srai zero, zero, 0x7",
            ".option pop",
            inout("a0") operation => answer,
            in("a1") argument,
        );
    }
    answer
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
