//! Openloop for C: networks of dense layers that learn where they stand, in memory the caller gives. No heap, no globals,
//! fixed-width types; every call comes back with a status that has a name and a sentence.
//!
//! `face/` holds the functions of `openloop.h` and all that is unsafe about pointers from C; behind it are references only.
//! The features say which arithmetic and which family of rules a library has: what is left out takes no code.
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(
    not(all(feature = "f32", feature = "int8")),
    allow(dead_code, unused_mut, unused_variables, reason = "what only the other arithmetic uses")
)]

#[cfg(not(any(feature = "f32", feature = "int8")))]
compile_error!("a library without arithmetic can do nothing: enable the feature f32, int8 or both");

mod chain;
mod config;
mod face;
#[cfg(feature = "f32")]
mod float;
#[cfg(feature = "int8")]
mod int8;
mod learning;
mod memory;
mod region;
mod sample;
mod slots;
mod status;
mod storing;

pub use config::{Activation, Arithmetic, Config, Loss, Rule};
pub use face::*;
pub use memory::Model;
pub use sample::{Answer, Counters, Outcome};
pub use slots::Flash;
pub use status::Status;

/// The core has no code that panics; should it ever get here, the device's watchdog takes over.
#[cfg(not(any(test, feature = "std")))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
