//! Openloop for C: networks of dense layers that learn where they stand, in memory the caller gives. No heap, no globals, no
//! callbacks, fixed-width types; every call comes back with a status that has a name and a sentence.
//!
//! `face.rs` holds the functions of `openloop.h` and all that is unsafe about pointers from C; behind it are references only.
#![cfg_attr(not(any(test, feature = "std")), no_std)]

mod config;
mod face;
mod learning;
mod memory;
mod region;
mod status;
mod storing;

pub use config::{Activation, Arithmetic, Config, Loss, Rule};
pub use face::*;
pub use learning::Counters;
pub use memory::Model;
pub use status::Status;

/// The core has no code that panics; should it ever get here, the device's watchdog takes over.
#[cfg(not(any(test, feature = "std")))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
