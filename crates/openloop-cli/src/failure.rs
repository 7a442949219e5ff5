//! One clear line and an exit code for everything that can go wrong.

use openloop::data::DataError;
use openloop::experiment::ExperimentError;
use openloop::files::{CheckpointError, ExportError, LockError, OutputError};
use openloop::run::RunError;
use openloop::settings::ConfigError;
use openloop::stream::StreamError;
use std::fmt;

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    message: String,
    request_was_wrong: bool,
    closed_pipe: bool,
}

impl Failure {
    /// The run failed: exit code 1.
    pub fn run(message: impl fmt::Display) -> Self {
        Failure { message: message.to_string(), request_was_wrong: false, closed_pipe: false }
    }

    /// The request was wrong: exit code 2.
    pub fn request(message: impl fmt::Display) -> Self {
        Failure { message: message.to_string(), request_was_wrong: true, closed_pipe: false }
    }

    /// A path that the user named cannot be opened: exit code 2 where another would do, 1 where the system failed.
    pub fn opening(error: OutputError) -> Self {
        if error.is_wrong_path() { Failure::request(error) } else { error.into() }
    }

    /// True if nothing failed but that the reader of standard output went away.
    pub fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }

    /// The process's exit code.
    pub fn code(&self) -> u8 {
        if self.request_was_wrong { 2 } else { 1 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::request(error)
    }
}

impl From<openloop::core::Error> for Failure {
    fn from(error: openloop::core::Error) -> Self {
        Failure::request(error)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        if error.is_wrong_request() { Failure::request(error) } else { Failure::run(error) }
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        if error.is_wrong_request() { Failure::request(error) } else { Failure::run(error) }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        if error.is_wrong_request() { Failure::request(error) } else { Failure::run(error) }
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        let (request_was_wrong, closed_pipe) = (error.is_wrong_request(), error.is_closed_pipe());
        Failure { message: error.to_string(), request_was_wrong, closed_pipe }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Config(error) => error.into(),
            RunError::Data(error) => error.into(),
            RunError::OtherRun { .. } | RunError::Occupied { .. } | RunError::ResumeNeedsOut => Failure::request(error),
            RunError::Checkpoint(error) => error.into(),
            RunError::Output(error) => error.into(),
            RunError::Lock(error) => error.into(),
            RunError::Log { .. } | RunError::Diverged { .. } | RunError::Threads { .. } => Failure::run(error),
        }
    }
}

impl From<ExperimentError> for Failure {
    fn from(error: ExperimentError) -> Self {
        match error {
            ExperimentError::Run(error) => error.into(),
            ExperimentError::Output(error) => error.into(),
            ExperimentError::NoRule { .. } | ExperimentError::Twice { .. } | ExperimentError::NoSuchRun { .. } => {
                Failure::request(error)
            }
            ExperimentError::File { .. }
            | ExperimentError::SearchFirst { .. }
            | ExperimentError::OnlyRun { .. }
            | ExperimentError::Stopped { .. } => Failure::run(error),
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Output(error) => error.into(),
            error => Failure::request(error),
        }
    }
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Self {
        let (request_was_wrong, closed_pipe) = (error.is_wrong_request(), error.is_closed_pipe());
        Failure { message: error.to_string(), request_was_wrong, closed_pipe }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let closed_pipe = error.kind() == std::io::ErrorKind::BrokenPipe;
        Failure { closed_pipe, ..Failure::run(format!("standard output: {error}")) }
    }
}
