//! How fast Openloop is beside other programs on the same machine, measured in turns, and how many instructions its hot
//! loops take. `cargo xtask bench` and `cargo xtask instructions` build and run this program.
//!
//! Every side of a comparison is a process of its own that is given a [`job::Job`]: it prepares, warms up, and then makes a
//! timed turn whenever it is told to. Openloop's side is [`work`], the others' are in `peers/`.
#![forbid(unsafe_code)]

mod count;
mod here;
mod job;
mod measure;
mod programs;
mod record;
mod request;
mod rows;
mod side;
mod spread;
mod table;
mod work;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "openloop-bench", about = "How fast Openloop is beside other programs")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure rows of the table in BENCHMARKS.md
    Measure(request::MeasureRequest),
    /// Openloop's side of a comparison: prepare, then one timed turn for each line "go"
    Work {
        /// What to do, as a JSON object
        job: String,
    },
    /// Run one of the fixed programs whose instructions are counted
    Count {
        /// Its name; none lists them
        name: Option<String>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Measure(request) => measure::measure(&request),
        Command::Work { job } => work::work(&job),
        Command::Count { name } => count::count(name.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
