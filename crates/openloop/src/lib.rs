//! Openloop trains neural networks that only ever look forward: the label itself, through a fixed random matrix,
//! teaches every hidden layer, the moment the layer's own output exists.
//!
//! This is the host library: data sets, the trainer, fast kernels, checkpoints and metrics over [`openloop_core`], which
//! holds the algorithm. Start at [`run::Run`] for what the command line does, or at [`train::Trainer`] for the loop.
#![deny(unsafe_code)]

pub mod aligned;
pub mod alignment;
mod centre;
pub mod checkpoint;
pub mod config;
pub mod cost;
pub mod data;
pub mod experiment;
pub mod export;
pub mod input;
pub mod integer;
#[allow(unsafe_code)]
pub mod kernels;
mod layout;
pub mod metrics;
pub mod model;
pub mod names;
pub mod net;
pub mod pipeline;
pub mod preset;
pub mod report;
pub mod run;
pub mod stream;
pub mod train;

pub use openloop_core as core;

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
