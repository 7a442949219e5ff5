//! Openloop for the web: models of the core's device learner, in a table, behind functions that take and give numbers only.
//!
//! [`Model`] is a learner that owns its memory. The module [`face`] is what WebAssembly exports of it: a caller asks for the address of
//! a buffer, writes a sample or a file there, and calls by a model's number. Nothing here needs `unsafe` code, since Rust owns every
//! buffer. All arithmetic is the core's, so a step has the same bits in a browser, on a PC and on a device.

mod checksum;
mod error;
pub mod face;
mod model;
mod store;
mod table;

pub use error::Error;
pub use model::{Config, Model};
