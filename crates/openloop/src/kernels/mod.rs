//! Fast arithmetic for the host, behind the core's [`Kernels`](openloop_core::kernels::Kernels) trait. The only folder with `unsafe`.
//!
//! Matrix products come from the `gemm` library, the loops around them are the core's own, compiled once for each
//! instruction set and chosen at run time. Work is split into blocks whose size depends on the layer and the batch alone,
//! and each block is computed by one thread from start to end: the number of threads changes the time, never the bits.

pub mod aligned;
mod arithmetic;
mod blocks;
mod conv;
mod dense;
mod direct;
mod fast;
mod instructions;
mod loops;
mod norm;
mod panel_batches;
mod panel_blocks;
mod panel_loops;
mod panels;
mod patches;
mod prefetch;
mod product;
mod row_loops;
mod single;
mod sparse;
mod transpose;
mod vector;
#[cfg(target_arch = "x86_64")]
mod vector_x86;

pub use fast::{Fast, MakeCoefficients};
pub use instructions::{Instructions, instructions};
pub(crate) use loops::{integer_features, integer_infer, integer_learn};
pub use loops::{known_or_0, scale_bytes, scale_floats};
pub use panel_blocks::takes_whole_batches;
pub use panels::repack;
pub use prefetch::prefetch;
