//! The `openloop` command: arguments in, library calls, printing. Nothing else.
//!
//! Exit codes: 0 done, 1 the run failed, 2 the request was wrong.
#![forbid(unsafe_code)]

mod arguments;
mod data;
mod failure;
mod predict;
mod progress;
mod train;

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use failure::Failure;
use std::process::ExitCode;

/// Counts what the process has allocated, for `peak_bytes`.
#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command.unwrap_or_default() {
        Command::Train(options) => train::train(*options),
        Command::Eval(request) => train::eval(&request),
        Command::Predict(request) => predict::predict(&request),
        Command::Data(request) => data::data(&request.action),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "openloop", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}
