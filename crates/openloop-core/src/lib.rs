#![doc = include_str!("../README.md")]
//!
//! Where to go from here:
//!
//! - [`learn`] and [`infer`]: one batch through a network, with all memory lent by the caller.
//! - [`Rule`]: the learning rules, each with its formula and source.
//! - [`Plan`]: how many bytes a network needs, before anything runs and in `const` context.
//! - [`device`]: one sample at a time on a microcontroller, without a panic; [`integer`] does the same in 8-bit integers.
//! - [`store`]: a network as bytes for a device, and two slots in flash that survive a power cut.
#![no_std]
#![cfg_attr(not(any(cortex_dsp, cortex_fpu)), forbid(unsafe_code))]
#![cfg_attr(any(cortex_dsp, cortex_fpu), deny(unsafe_code))]

#[cfg(feature = "std")]
extern crate std;

pub mod activation;
mod codes;
#[cfg(any(cortex_dsp, cortex_fpu))]
#[expect(unsafe_code, reason = "instructions that the language has no word for")]
mod cortex;
pub mod device;
pub mod error;
mod few;
pub mod initial;
pub mod integer;
pub mod kernels;
pub mod layer;
pub mod loss;
pub mod math;
pub mod matrix;
pub mod memory;
pub mod names;
pub mod network;
pub mod optimizer;
pub mod plan;
pub mod random;
pub mod rule;
pub mod shape;
pub mod share;
pub mod spec;
pub mod standardise;
mod steps;
pub mod store;
pub mod training;
pub mod weights;

pub use activation::Activation;
pub use error::Error;
pub use initial::{draw_feedback, draw_readouts, initialize};
pub use kernels::{Kernels, Plain};
pub use layer::{Along, Conv, Dense, Dropout, Layer, Pool, Pooling};
pub use loss::{Loss, Scaling, Targets};
pub use memory::{Feedback, Memory};
pub use names::Named;
pub use network::{
    PartOutput, answers, features, infer, infer_with_layouts, learn, learn_batches, learn_part, signals,
};
pub use optimizer::{Optimizer, OptimizerKind};
pub use plan::Plan;
pub use rule::Rule;
pub use shape::Shape;
pub use spec::{Checked, Network, Spec};
pub use training::{Batches, Clock, Outcome, Training};
pub use weights::Layout;
