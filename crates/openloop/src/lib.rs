#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod classifier;
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

pub use classifier::{Classifier, ClassifierBuilder, ClassifierError};
pub use openloop_core as core;
