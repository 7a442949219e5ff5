//! Nothing at all: the start-up code that every program has.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use firmware_cortex_m4f as _;

#[entry]
fn main() -> ! {
    loop {
        cortex_m::asm::wfi();
    }
}
