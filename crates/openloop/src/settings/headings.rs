//! The headings under which the flags stand in the help, for every command the same.

/// What is learned from.
pub const DATA: &str = "Data";
/// What learns.
pub const NETWORK: &str = "Network";
/// How it learns.
pub const LEARNING: &str = "Learning";
/// How the program goes about it.
pub const RUN: &str = "Run";
/// What it writes.
pub const OUTPUT: &str = "Output";
