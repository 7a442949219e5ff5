//! The command line, in the process of Python.

use pyo3::prelude::*;
use std::ffi::OsString;
use std::process::ExitCode;

/// Counts what the native part has allocated, for the figure `peak_bytes` of the command.
#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

/// Runs `openloop` with arguments, the name of the program first, and gives its exit code. Ctrl-C is the command's from then on: it
/// saves the run and stops, and the second one ends the process.
#[pyfunction]
pub fn command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    let code = py.detach(|| openloop_cli::main(arguments));
    // an exit code can be compared and does not tell its number
    (0..u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap_or(u8::MAX)
}
