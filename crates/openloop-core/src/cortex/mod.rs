//! The loops over int8 and f32 weights in the instructions of a Cortex-M4, the only `unsafe` of the core; on other processors it is not
//! compiled. For every function there is a portable text that comes to the same bits, and its caller chooses between them when it is
//! compiled; `cargo xtask firmware` runs both and compares.

#[cfg(cortex_dsp)]
pub(crate) mod changes;
#[cfg(cortex_dsp)]
pub(crate) mod filters;
#[cfg(cortex_fpu)]
pub(crate) mod floats;
#[cfg(cortex_dsp)]
pub(crate) mod sums;
