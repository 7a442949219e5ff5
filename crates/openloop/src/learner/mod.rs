//! The network that learns, and everything it needs to: memory, kernels' layouts, batches, pipeline, evaluation.
pub mod alignment;
mod center;
pub mod inputs;
pub mod int8;
pub(crate) mod layout;
pub mod model;
pub mod pipeline;
pub mod trainer;
