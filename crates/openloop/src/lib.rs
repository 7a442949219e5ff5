//! Openloop trains neural networks that only ever look forward: the label itself, through a fixed random matrix,
//! teaches every hidden layer, the moment the layer's own output exists.
//!
//! This is the host library: data sets, the trainer, fast kernels, checkpoints and metrics over [`openloop_core`], which
//! holds the algorithm. Start at [`run::Run`] for what the command line does, or at [`learner::trainer::Trainer`] for the loop.
#![deny(unsafe_code)]

pub mod cost;
pub mod data;
pub mod experiment;
pub mod files;
#[allow(unsafe_code)]
pub mod kernels;
pub mod learner;
pub mod report;
pub mod run;
pub mod settings;
pub mod stream;

pub use openloop_core as core;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
