//! What can be wrong with a data set, or with a request for one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::nearest::question;
use thiserror::Error;

/// Why a data set could not be read, generated or fetched.
///
/// Every message names the file, the place in it, what was expected there and what to do about it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// No data set has this name.
    #[error(
        "unknown data set \"{name}\"; {}known are {known}, or give a path that ends in .csv or .csv.gz, a NumPy or IDX file, or a folder of images",
        question(nearest.as_deref())
    )]
    UnknownName {
        /// The name asked for.
        name: String,
        /// The known name that it is like, or the nearest CSV file in its folder.
        nearest: Option<String>,
        /// The known names, comma separated.
        known: String,
    },
    /// The request asks for something that this data set cannot give.
    #[error("{problem}; {remedy}")]
    Request {
        /// What does not fit.
        problem: String,
        /// What to ask for instead.
        remedy: String,
    },
    /// A known data set (or one of its files) is not where it should be.
    #[error("data set \"{name}\" is not complete: {what} not found; looked in {}; {remedy}", list(looked))]
    Missing {
        /// The data set.
        name: String,
        /// The file or files that are not there.
        what: String,
        /// The places that were tried, in order.
        looked: Vec<PathBuf>,
        /// How to get the files.
        remedy: String,
    },
    /// The operating system would not open, read or write the file.
    #[error("cannot {action} {}: {source}", file.display())]
    Access {
        /// What was tried: "read", "write", ...
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// There is a folder where a file was expected.
    #[error("{} is a folder, expected a file; give the path of the file itself", file.display())]
    Folder {
        /// The folder.
        file: PathBuf,
    },
    /// A gzip file ends early or its contents are damaged.
    #[error(
        "{}, after {bytes} unpacked bytes: expected more gzip data, found a cut or damaged stream ({source}); \
         get the file again",
        file.display()
    )]
    Gzip {
        /// The file.
        file: PathBuf,
        /// How many bytes could be unpacked.
        bytes: u64,
        /// What the decoder said.
        source: io::Error,
    },
    /// The file can be read, but its contents are not what they should be.
    #[error("{}, {place}: expected {expected}, found {found}; {remedy}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Where in the file.
        place: Place,
        /// What should be there.
        expected: Box<str>,
        /// What is there.
        found: Box<str>,
        /// What to do about it.
        remedy: Box<str>,
    },
    /// A table does not have as many columns as a model takes.
    #[error("{}, line {line}: expected {expected}, found {found}; {remedy}", file.display())]
    OtherColumns {
        /// The file.
        file: PathBuf,
        /// The line of its first row.
        line: u64,
        /// What the model takes.
        expected: Box<str>,
        /// What the table has.
        found: Box<str>,
        /// What to do about it.
        remedy: Box<str>,
    },
    /// A table that can be read, and from which what was asked for cannot be learned.
    #[error("{}: expected {expected}, found {found}; {remedy}", file.display())]
    NotLearnable {
        /// The file.
        file: PathBuf,
        /// What it should have.
        expected: &'static str,
        /// What it has.
        found: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A data set could not be downloaded.
    #[error("cannot fetch {url}: {reason}; {remedy}")]
    Fetch {
        /// The address.
        url: String,
        /// What went wrong.
        reason: String,
        /// What to do about it.
        remedy: String,
    },
}

impl DataError {
    /// True if the request itself was wrong (an unknown name or column, a table without what is to be learned), rather than a file
    /// or the network.
    pub fn is_wrong_request(&self) -> bool {
        matches!(self, DataError::UnknownName { .. } | DataError::Request { .. } | DataError::NotLearnable { .. })
    }

    pub(super) fn invalid(
        file: &Path,
        place: Place,
        expected: impl Into<Box<str>>,
        found: impl Into<Box<str>>,
        remedy: impl Into<Box<str>>,
    ) -> Self {
        let (expected, found, remedy) = (expected.into(), found.into(), remedy.into());
        DataError::Invalid { file: file.to_path_buf(), place, expected, found, remedy }
    }

    pub(crate) fn access(action: &'static str, file: &Path, source: io::Error) -> Self {
        DataError::Access { action, file: file.to_path_buf(), source }
    }
}

/// A place in a file. Lines and columns count from 1, bytes from 0 (of the unpacked contents).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A byte offset.
    Byte(u64),
    /// A line.
    Line(u64),
    /// A cell of a table.
    Cell {
        /// The line in the file.
        line: u64,
        /// The column's number.
        column: usize,
        /// The column's name; empty where the file has no header.
        name: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Whole => write!(f, "the file as a whole"),
            Place::Byte(byte) => write!(f, "byte {byte}"),
            Place::Line(line) => write!(f, "line {line}"),
            Place::Cell { line, column, name } if name.is_empty() => write!(f, "line {line}, column {column}"),
            Place::Cell { line, column, name } => write!(f, "line {line}, column {column} (\"{}\")", excerpt(name)),
        }
    }
}

/// Text made fit for a terminal: control characters but line ends, which could steer it, are written as escapes.
pub fn printable(text: &str) -> std::borrow::Cow<'_, str> {
    let steers =
        |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(steers) {
        return text.into();
    }
    text.chars()
        .map(|c| if steers(c) { c.escape_default().to_string() } else { c.to_string() })
        .collect::<String>()
        .into()
}

/// Text from a file, made fit for a one-line message: control characters escaped, at most 40 characters.
pub fn excerpt(text: &str) -> String {
    let mut shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        shown.push_str("...");
    }
    shown
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    shown.join(", ")
}
