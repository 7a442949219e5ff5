//! What a path leads to: standard output, a device, or a file behind all links.

use super::error::OutputProblem;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::{Duration, Instant};

/// Links that are followed one after another at most, as systems do.
const MAX_LINKS: usize = 40;
/// Names that stand for what a process has open: a file behind them is written into and never replaced.
const OPEN_FILES: [&str; 5] = ["/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/fd", "/proc"];

/// How long a FIFO may have no reader.
#[cfg(unix)]
const WAIT_FOR_READER: Duration = Duration::from_secs(10);

/// Where bytes go.
#[derive(Debug)]
pub(super) enum Target {
    Standard,
    /// A FIFO, a device, or something that a process has open: written into.
    Device(PathBuf),
    /// A file that is there or will be, behind all links: replaced as a whole.
    File(PathBuf),
}

impl Target {
    /// What `path` leads to.
    pub fn find(path: &Path) -> Result<Self, OutputProblem> {
        let ends_in_folder = path.to_string_lossy().ends_with(std::path::is_separator);
        if path.file_name().is_none() || ends_in_folder {
            return Err(OutputProblem::NoFile);
        }
        match fs::metadata(path) {
            Ok(metadata) if is_device(&metadata) => return Ok(Target::Device(path.into())),
            Ok(metadata) if !metadata.is_file() => return Err(OutputProblem::NoFile),
            Ok(_) if OPEN_FILES.iter().any(|start| path.starts_with(start)) => return Ok(Target::Device(path.into())),
            _ => {}
        }
        let file = follow(path).map_err(OutputProblem::System)?;
        let folder = folder_of(&file);
        if !folder.is_dir() {
            return Err(OutputProblem::NoFolder(folder.into()));
        }
        match fs::metadata(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Target::File(file)),
            Err(error) => Err(OutputProblem::System(error)),
            Ok(metadata) if metadata.permissions().readonly() => Err(OutputProblem::ReadOnly),
            // a rename would replace what this process may not write
            Ok(_) => match OpenOptions::new().write(true).open(&file) {
                Err(error) => Err(OutputProblem::System(error)),
                Ok(_) => Ok(Target::File(file)),
            },
        }
    }

    /// Whether it is the file behind `used`. A device is never the same: what is read from it is not what is written.
    pub fn is_same(&self, used: &Path) -> bool {
        let used = match used == Path::new("-") {
            true => Path::new("/dev/stdin"),
            false => used,
        };
        match self {
            Target::Standard => same_file(Path::new("/dev/stdout"), used),
            Target::Device(path) | Target::File(path) => same_file(path, used),
        }
    }
}

/// Opens a device, or a FIFO that somebody reads: of one that nobody reads, the system would wait without an end.
#[cfg(unix)]
pub(super) fn open_device(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    // appending, so that what standard output was sent to keeps what it has
    let mut options = OpenOptions::new();
    options.append(true);
    if !fs::metadata(path)?.file_type().is_fifo() {
        return options.open(path);
    }
    let mut probe = options.clone();
    probe.custom_flags(libc::O_NONBLOCK);
    let began = Instant::now();
    // stays open until the FIFO is opened to be written: a reader whose only writer closes sees the end and goes
    let _probe = loop {
        match probe.open(path) {
            Ok(probe) => break probe,
            Err(error) if error.raw_os_error() != Some(libc::ENXIO) => return Err(error),
            Err(_) if began.elapsed() > WAIT_FOR_READER => {
                return Err(io::Error::other("no process reads from this FIFO; start the reader first"));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    options.open(path)
}

#[cfg(not(unix))]
pub(super) fn open_device(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

/// The path behind all symbolic links of its last part, also where nothing is there yet.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                let next = fs::read_link(&path)?;
                path = path.parent().unwrap_or(Path::new("")).join(next);
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many symbolic links one after another"))
}

/// Whether two paths lead to one file, or will.
fn same_file(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(a), Ok(b)) if a.is_file() && b.is_file() => {
            is_same_inode(&a, &b).unwrap_or_else(|| place(one) == place(other))
        }
        (Err(_), Err(_)) => place(one).is_some_and(|place_of_one| Some(place_of_one) == place(other)),
        _ => false,
    }
}

/// The canonical path, also of a file that is not there yet.
fn place(path: &Path) -> Option<PathBuf> {
    let path = follow(path).ok()?;
    Some(fs::canonicalize(folder_of(&path)).ok()?.join(path.file_name()?))
}

/// The folder that a path lies in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether it is one file under two names, hard links included; none where the system does not say.
#[cfg(unix)]
fn is_same_inode(one: &Metadata, other: &Metadata) -> Option<bool> {
    use std::os::unix::fs::MetadataExt;
    Some((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

#[cfg(not(unix))]
fn is_same_inode(_: &Metadata, _: &Metadata) -> Option<bool> {
    None
}

#[cfg(unix)]
fn is_device(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &Metadata) -> bool {
    false
}
