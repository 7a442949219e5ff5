//! Why a comparison or a reproduction did not come to its end.

use crate::files::OutputError;
use crate::run::RunError;
use crate::settings::ConfigError;
use std::io;
use std::path::PathBuf;

/// Why a comparison did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// A request that is wrong, or a run that failed in another way than by diverging.
    #[error(transparent)]
    Run(#[from] RunError),
    /// No rule at all.
    #[error("--rules names no rule to compare; known are: {known}")]
    NoRule {
        /// The names there are.
        known: String,
    },
    /// A rule that is listed twice.
    #[error("rule \"{rule}\" is listed twice")]
    Twice {
        /// Its name.
        rule: String,
    },
    /// A file of the comparison cannot be read or written.
    #[error("{path}: cannot use this file of the comparison: {error}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file of the comparison cannot be written there.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A run that was asked for alone, and that there is not.
    #[error("--only-run {run}: the runs have the numbers 1 to {of}")]
    NoSuchRun {
        /// Its number.
        run: usize,
        /// All runs.
        of: usize,
    },
    /// A trial that was asked for alone, before the search that decides its settings is finished.
    #[error(
        "--only-run: run {run} belongs to the search that decides the settings of the trials; finish it first, in the same --out"
    )]
    SearchFirst {
        /// The number of the run that is missing.
        run: usize,
    },
    /// The one run that was asked for is finished.
    #[error("run {run} of {of} is finished")]
    OnlyRun {
        /// Its number, counted from 1.
        run: usize,
        /// All runs.
        of: usize,
        /// How many of them, the first ones, belong to a search.
        searches: usize,
    },
    /// It was asked to stop.
    #[error("stopped after {done} of {of} runs")]
    Stopped {
        /// Cells that are finished.
        done: usize,
        /// All cells.
        of: usize,
        /// The folder that keeps them.
        kept: Option<PathBuf>,
    },
}

impl From<ConfigError> for ExperimentError {
    fn from(error: ConfigError) -> Self {
        RunError::from(error).into()
    }
}
