//! Why a file cannot be written: what, where, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// What an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// The checkpoint of a run.
    Checkpoint,
    /// The model of a stream.
    Model,
    /// An export.
    Export,
    /// A report.
    Report,
    /// The predictions of a stream.
    Predictions,
    /// The log of a run.
    Log,
    /// The curves of a comparison.
    Curves,
    /// A finished run of a comparison, or the result of one.
    Result,
}

impl OutputKind {
    /// How messages call it.
    fn name(self) -> &'static str {
        match self {
            OutputKind::Checkpoint => "the checkpoint",
            OutputKind::Model => "the model",
            OutputKind::Export => "the export",
            OutputKind::Report => "the report",
            OutputKind::Predictions => "the predictions",
            OutputKind::Log => "this file of the run",
            OutputKind::Curves => "the curves",
            OutputKind::Result => "this file of the comparison",
        }
    }

    /// A name for a file of it.
    fn example(self) -> &'static str {
        match self {
            OutputKind::Checkpoint => "checkpoint.safetensors",
            OutputKind::Model => "sensor.model",
            OutputKind::Export => "network.h",
            OutputKind::Report => "report.html",
            OutputKind::Predictions => "predictions.csv",
            OutputKind::Log => "metrics.jsonl",
            OutputKind::Curves => "curves.csv",
            OutputKind::Result => "comparison.json",
        }
    }
}

/// A file that cannot be written.
#[derive(Debug)]
pub struct OutputError {
    /// The path as it was given.
    pub path: PathBuf,
    /// What was to be written.
    pub kind: OutputKind,
    /// What is in the way.
    pub problem: OutputProblem,
}

/// What is in the way.
#[derive(Debug)]
pub enum OutputProblem {
    /// The same command uses the path for something else.
    Used {
        /// What for.
        what: &'static str,
        /// The path under which it does.
        path: PathBuf,
    },
    /// It is a folder, or another thing that takes no bytes.
    NoFile,
    /// Its folder is not there.
    NoFolder(PathBuf),
    /// Its mode allows nobody to write it.
    ReadOnly,
    /// What it holds is not what would be continued; what is wrong, and what to do.
    Foreign(String),
    /// The system refuses.
    System(io::Error),
}

impl OutputError {
    /// Whether the request was wrong; otherwise the system failed.
    pub fn is_wrong_request(&self) -> bool {
        match self.problem {
            OutputProblem::NoFolder(_) | OutputProblem::System(_) => false,
            OutputProblem::Used { .. }
            | OutputProblem::NoFile
            | OutputProblem::ReadOnly
            | OutputProblem::Foreign(_) => true,
        }
    }

    /// Whether another path would do, where it was opened: a wrong request too. A disk that is full or fails is none.
    pub fn is_wrong_path(&self) -> bool {
        match &self.problem {
            OutputProblem::NoFolder(_) => true,
            OutputProblem::System(error) => matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::IsADirectory
                    | io::ErrorKind::InvalidFilename
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::ReadOnlyFilesystem
            ),
            _ => self.is_wrong_request(),
        }
    }

    /// Whether nothing failed but that the reader went away.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(&self.problem, OutputProblem::System(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, example) = (self.kind.name(), self.kind.example());
        write!(f, "{}: cannot write {what}: ", self.path.display())?;
        match &self.problem {
            OutputProblem::Used { what, path } => {
                write!(f, "this is also {what} ({}), which would be lost; name another file", path.display())
            }
            OutputProblem::NoFile => write!(f, "this is there already and is no file; name a file, such as {example}"),
            OutputProblem::NoFolder(folder) => {
                write!(f, "there is no folder {}; make it first, or take another", folder.display())
            }
            OutputProblem::ReadOnly => write!(f, "the file is read-only; allow writing to it, or name another file"),
            OutputProblem::Foreign(problem) => f.write_str(problem),
            OutputProblem::System(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OutputError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_wrong_where_another_would_do_and_not_where_the_disk_fails() {
        let is_wrong = |error: io::Error| {
            let (path, kind) = ("report.html".into(), OutputKind::Report);
            OutputError { path, kind, problem: OutputProblem::System(error) }.is_wrong_path()
        };
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::InvalidFilename, io::ErrorKind::InvalidInput] {
            assert!(is_wrong(kind.into()), "{kind}");
        }
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::Other] {
            assert!(!is_wrong(kind.into()), "{kind}");
        }
        #[cfg(unix)]
        assert!(!is_wrong(io::Error::from_raw_os_error(libc::EIO)));
    }
}
