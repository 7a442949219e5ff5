//! The program `openloop`: the command of the library, and a count of what it allocates.
#![forbid(unsafe_code)]

use std::process::ExitCode;

/// Counts what the process has allocated, for `peak_bytes`.
#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

fn main() -> ExitCode {
    openloop_cli::main(std::env::args_os())
}
