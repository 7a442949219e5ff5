//! What the firmware programs do, whatever the board: train on the digits, follow a drifting sensor, count what it costs.
//!
//! A board brings a place to write to and an instruction counter ([`Board`]); all numbers come out as lines of
//! `word key=value ...`, which `cargo xtask firmware` reads.
#![no_std]

#[cfg(feature = "convolutions")]
pub mod activity;
pub mod board;
pub mod cost;
pub mod cost_int8;
pub mod digits;
pub mod drift;
pub mod front;
pub mod nets;
pub mod power_cut;
pub mod shapes;
pub mod single;
pub mod stack;
pub mod whole;
pub mod windows;

pub use board::{Board, Line};
