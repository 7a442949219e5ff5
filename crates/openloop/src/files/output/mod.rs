//! The one way in which a command writes a file: [`Output`].
//!
//! - A path that the command also reads, or writes for another purpose, is refused, through links and hard links too.
//! - A file is written under another name in the same folder, synced and renamed: it is there whole, or as it was before.
//!   It keeps its mode; a new one gets what the umask leaves.
//! - A symbolic link stays, and what it points to is written. A FIFO or a device is written into.
//! - `-` is standard output. A read-only file is refused.
//!
//! | file | one sentence |
//! |---|---|
//! | `target.rs` | What a path leads to, and whether two paths lead to the same file. |
//! | `temporary.rs` | The name a file has until it is whole, and what a kill left of such. |
//! | `error.rs` | Why a file cannot be written. |

mod error;
mod target;
mod temporary;

pub use error::{OutputError, OutputKind, OutputProblem};
pub(crate) use temporary::clear_leftovers;

use crate::data;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use target::Target;
use temporary::Temporary;

/// A path that the same command uses for something else, and what for, such as "the data".
#[derive(Clone, Debug)]
pub struct UsedPath {
    /// What it is used for.
    pub what: &'static str,
    /// The path; `-` is standard input.
    pub path: PathBuf,
}

impl UsedPath {
    /// `path` is used as `what`.
    pub fn new(what: &'static str, path: impl Into<PathBuf>) -> Self {
        UsedPath { what, path: path.into() }
    }

    /// The files of the data called `name`, of a data set in `folder`.
    pub fn data(name: &str, folder: Option<&Path>) -> Vec<Self> {
        let files = data::input_files(name, folder).into_iter();
        files.map(|path| UsedPath::new("the data", path)).collect()
    }
}

/// A place that can be written to.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    kind: OutputKind,
    target: Target,
}

impl Output {
    /// The place that `path` names; `-` is standard output. What a kill left of an earlier try is cleared away.
    ///
    /// # Errors
    /// A path that is used otherwise, leads to a folder or to a file that may not be written, or lies in a folder that is
    /// missing or takes no file.
    pub fn open(path: &Path, kind: OutputKind, used: &[UsedPath]) -> Result<Self, OutputError> {
        if path != Path::new("-") {
            return Self::file(path, kind, used);
        }
        let output = Output { path: "standard output".into(), kind, target: Target::Standard };
        output.check_unused(used).map(|()| output)
    }

    /// As [`Output::open`], where `-` is a file of that name.
    ///
    /// # Errors
    /// As [`Output::open`].
    pub fn file(path: &Path, kind: OutputKind, used: &[UsedPath]) -> Result<Self, OutputError> {
        let output = Self::find(path, kind, used)?;
        if let Target::File(file) = &output.target {
            clear_leftovers(file);
            Temporary::beside(file).map_err(|error| output.error(OutputProblem::System(error)))?;
        }
        Ok(output)
    }

    /// As [`Output::file`], without a look at the rest of the folder: for one of many files in it.
    ///
    /// # Errors
    /// As [`Output::open`].
    pub(crate) fn find(path: &Path, kind: OutputKind, used: &[UsedPath]) -> Result<Self, OutputError> {
        let error = |problem| OutputError { path: path.into(), kind, problem };
        let output = Output { path: path.into(), kind, target: Target::find(path).map_err(error)? };
        output.check_unused(used).map(|()| output)
    }

    fn check_unused(&self, used: &[UsedPath]) -> Result<(), OutputError> {
        match used.iter().find(|used| self.target.is_same(&used.path)) {
            None => Ok(()),
            Some(used) => Err(self.error(OutputProblem::Used { what: used.what, path: used.path.clone() })),
        }
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is standard output.
    pub fn is_standard(&self) -> bool {
        matches!(self.target, Target::Standard)
    }

    /// The file behind all links, if it is one or will be.
    pub fn target(&self) -> Option<&Path> {
        match &self.target {
            Target::File(path) => Some(path),
            Target::Standard | Target::Device(_) => None,
        }
    }

    /// Writes it whole: a reader, or a power cut, sees the old file or the new one.
    ///
    /// # Errors
    /// Whatever the system says. The file is then as it was.
    pub fn write(&self, bytes: &[u8]) -> Result<(), OutputError> {
        self.write_with(&mut |out| out.write_all(bytes))
    }

    /// As [`Output::write`]; `write` makes the bytes.
    ///
    /// # Errors
    /// As [`Output::write`], or what `write` says.
    pub fn write_with(&self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<(), OutputError> {
        let written = match &self.target {
            Target::File(path) => replace(path, write),
            Target::Standard | Target::Device(_) => self.in_place().and_then(|mut out| {
                write(&mut out)?;
                out.flush()
            }),
        };
        written.map_err(|error| self.error(OutputProblem::System(error)))
    }

    /// The place itself, to be written bit by bit: a file with what it holds, from its start on.
    pub(crate) fn in_place(&self) -> io::Result<InPlace> {
        Ok(match &self.target {
            Target::Standard => InPlace::Standard(io::stdout()),
            Target::Device(path) => InPlace::Device(target::open_device(path)?),
            Target::File(path) => {
                InPlace::File(OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?)
            }
        })
    }

    /// An error of this output.
    pub(crate) fn error(&self, problem: OutputProblem) -> OutputError {
        OutputError { path: self.path.clone(), kind: self.kind, problem }
    }
}

/// An output that is written bit by bit.
#[derive(Debug)]
pub(crate) enum InPlace {
    Standard(io::Stdout),
    Device(File),
    File(File),
}

impl Write for InPlace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            InPlace::Standard(out) => out.write(bytes),
            InPlace::Device(file) | InPlace::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            InPlace::Standard(out) => out.flush(),
            InPlace::Device(file) | InPlace::File(file) => file.flush(),
        }
    }
}

/// Writes a temporary file beside `path`, syncs it and gives it the name.
fn replace(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let temporary = Temporary::beside(path)?;
    let mut out = BufWriter::with_capacity(1 << 16, temporary.file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    temporary.put_in_place(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn open(path: &Path) -> Result<Output, OutputError> {
        Output::open(path, OutputKind::Report, &[])
    }

    #[test]
    fn a_file_is_written_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let output = open(&path).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "opening leaves nothing");
        output.write(b"first").unwrap();
        output.write(b"second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn paths_that_cannot_be_written_are_refused_when_they_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let problem = |path: &Path| open(path).unwrap_err().problem;
        assert!(matches!(problem(&folder.path().join("missing/report.html")), OutputProblem::NoFolder(_)));
        assert!(matches!(problem(folder.path()), OutputProblem::NoFile));
        for none in ["", "..", "/", "new/"] {
            assert!(matches!(problem(Path::new(none)), OutputProblem::NoFile), "{none}");
        }
        assert!(matches!(problem(&folder.path().join("x".repeat(300))), OutputProblem::System(_)));
    }

    #[test]
    fn a_name_as_long_as_names_may_be_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("é".repeat(127));
        open(&path).unwrap().write(b"text").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }

    #[test]
    fn a_failed_write_leaves_the_file_as_it_was_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let output = open(&path).unwrap();
        output.write(b"first").unwrap();
        let failed = output.write_with(&mut |out| {
            out.write_all(&[7; 200_000])?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.unwrap_err().to_string().contains("no more"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn what_a_kill_left_is_cleared_away_and_what_a_living_process_writes_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sensor.a");
        let living = Temporary::beside(&path).unwrap();
        let names = ["sensor.a.openloop-1-0.partial", "sensor.b.openloop-1-0.partial", "sensor.a.openloop-x.partial"];
        names.iter().for_each(|name| fs::write(folder.path().join(name), "half").unwrap());
        open(&path).unwrap();
        let left = names.map(|name| folder.path().join(name).exists());
        assert_eq!(left, [false, true, true], "only leftovers of this very file go");
        living.put_in_place(&path).unwrap();
    }
}
