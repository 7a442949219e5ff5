//! A report's file: whole or absent, and known to be possible before the hours of training.

use crate::files::write_atomically;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The path is a folder, a device or the like.
    #[error("report {path}: this is there already and is no file; name a file, such as report.html")]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// The folder that it should lie in is not there.
    #[error("report {path}: there is no folder {folder}; make it first, or take another")]
    NoFolder {
        /// The path.
        path: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },
    /// The system refuses.
    #[error("report {path}: cannot be written ({error}); take a folder that can")]
    System {
        /// The path.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
}

/// Tries whether a report can be written to `path`, and leaves nothing there.
///
/// # Errors
/// A path that is no file, a folder that is missing, or one that cannot be written to.
pub fn check(path: &Path) -> Result<(), WriteError> {
    // a path without a last name ends in a folder; another kind of thing, such as a device, must not be replaced
    let there = fs::metadata(path);
    if path.file_name().is_none() || there.is_ok_and(|metadata| !metadata.is_file()) {
        return Err(WriteError::NoFile { path: path.into() });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(WriteError::NoFolder { path: path.into(), folder: folder.into() });
    }
    let partial = partial(path);
    let tried = File::create(&partial).and_then(|_| fs::remove_file(&partial));
    tried.map_err(|error| WriteError::System { path: path.into(), error })
}

/// Writes a report under another name, syncs it, and puts it in place.
///
/// # Errors
/// As [`check`], or what the system says, such as a full disk.
pub fn write(path: &Path, html: &str) -> Result<(), WriteError> {
    check(path)?;
    let written = write_atomically(path, &partial(path), html.as_bytes());
    written.map_err(|error| WriteError::System { path: path.into(), error })
}

/// The name it has until it is whole.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".partial");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_written_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        check(&path).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "a check leaves nothing");
        write(&path, "first").unwrap();
        write(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn paths_that_cannot_be_written_are_refused_by_the_check() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing/report.html");
        assert!(matches!(check(&missing), Err(WriteError::NoFolder { .. })));
        assert!(matches!(check(folder.path()), Err(WriteError::NoFile { .. })));
        for none in ["", "..", "/"] {
            assert!(matches!(check(Path::new(none)), Err(WriteError::NoFile { .. })), "{none}");
        }
        let long = folder.path().join("x".repeat(300));
        assert!(matches!(check(&long), Err(WriteError::System { .. })));
        if cfg!(unix) {
            assert!(matches!(check(Path::new("/dev/null")), Err(WriteError::NoFile { .. })), "a device stays");
        }
    }
}
