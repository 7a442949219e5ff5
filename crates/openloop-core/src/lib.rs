#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "std")]
extern crate std;

pub mod activation;
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
pub mod spec;
pub mod store;

pub use activation::Activation;
pub use error::Error;
pub use initial::{draw_feedback, draw_readouts, initialize};
pub use kernels::{Kernels, Plain};
pub use layer::{Conv, Dense, Dropout, Layer, Pool, Pooling};
pub use loss::{Loss, Scaling, Targets};
pub use memory::{Feedback, Memory};
pub use names::Named;
pub use network::{
    Batches, Clock, Outcome, Training, answers, features, infer, learn, learn_batches, learn_part, signals,
};
pub use optimizer::{Optimizer, OptimizerKind};
pub use plan::Plan;
pub use rule::Rule;
pub use spec::{Checked, Shape, Spec};
