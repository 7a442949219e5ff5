//! The `openloop` command: arguments in, library calls, printing. Nothing else.
//!
//! Exit codes: 0 done, 1 the run failed, 2 the request was wrong. The program and the Python package call [`main`].
#![forbid(unsafe_code)]

mod answers;
mod arguments;
mod compare;
mod cost;
mod curves;
mod dashboard;
mod data;
mod eval;
mod eval_samples;
mod evaluated;
mod export;
mod failure;
mod keyed_stream;
mod metrics;
mod model_report;
mod number;
mod predict;
mod progress;
mod report;
mod reproduce;
mod say;
mod stream;
mod table;
mod table_arguments;
mod table_of_published;
mod terminal;
mod tested;
mod train;

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use failure::Failure;
use openloop::settings::ConfigError;
use openloop::settings::net::NetError;
use say::say;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Runs the command with the arguments of a process, its name first, and gives its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    fail_at_size_limit();
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return argument_error(&error),
    };
    match run(arguments) {
        Ok(code) => code,
        // whoever reads standard output has read enough, as in `openloop ... | head`
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            say!("error: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

/// Makes a write beyond the limit of a file's size (`ulimit -f`) an error of that write, as on a full disk; the system ends the process
/// otherwise.
fn fail_at_size_limit() {
    #[cfg(unix)]
    if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Default::default()) {
        say!("note: the limit of a file's size will end the program without a word ({error})");
    }
}

/// Says what is wrong with the arguments. Where the library says it of a value, in the words that it has for a configuration file.
fn argument_error(error: &clap::Error) -> ExitCode {
    let source = std::error::Error::source(error);
    match source.filter(|source| source.is::<ConfigError>() || source.is::<NetError>()) {
        Some(source) => {
            say!("error: {source}");
            ExitCode::from(2)
        }
        None => {
            // nobody may be there to read it
            let _ = error.print();
            u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command.unwrap_or_default() {
        Command::Train(options) => train::train(*options),
        Command::Compare(request) => compare::compare(*request),
        Command::Reproduce(request) => reproduce::reproduce(request),
        Command::Eval(request) => eval::eval(&request),
        Command::Predict(request) => predict::predict(&request),
        Command::Cost(request) => cost::cost(&request),
        Command::Export(request) => export::export(&request),
        Command::Stream(request) if request.options.keys.key.is_some() => keyed_stream::keyed_stream(*request),
        Command::Stream(request) => stream::stream(*request),
        Command::Data(request) => data::data(&request.action),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "openloop", &mut script);
            std::io::stdout().write_all(&script)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
