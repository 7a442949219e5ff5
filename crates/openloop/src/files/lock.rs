//! An advisory lock: one process at a time writes a run's folder or a stream's model.
//!
//! The lock is the system's, on a small file that holds the process's number. It ends with the process, however that ends; what a
//! kill leaves is a file that nobody holds, which the next process takes over and removes at its end.

use crate::data::CRC32C;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Bytes of a file's name up to which its lock is called after it.
const MAX_NAME: usize = 200;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
}

/// Why a lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{path}: in use by process {process}; wait until it ends, or end it")]
    InUse {
        /// What is locked.
        path: PathBuf,
        /// Its number.
        process: String,
    },
    /// The system refuses.
    #[error("{path}: cannot write this lock: {error}")]
    System {
        /// The lock's file.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
}

impl LockError {
    /// Whether the request was wrong; otherwise the system failed.
    pub fn is_wrong_request(&self) -> bool {
        matches!(self, LockError::InUse { .. })
    }
}

impl Lock {
    /// Locks the folder or the file at `path`.
    ///
    /// # Errors
    /// If another process has it, or no lock can be made there.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let own = lock_file(path);
        let error = |error| LockError::System { path: own.clone(), error };
        loop {
            let file =
                OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&own).map_err(error)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::InUse { path: path.into(), process: holder(file) });
                }
                Err(TryLockError::Error(refusal)) if refusal.kind() != io::ErrorKind::Unsupported => {
                    return Err(error(refusal));
                }
                // a file system without locks is used without them
                _ => {}
            }
            // the process that held it may have removed the file just now: then it is another's
            if is_at(&file, &own) {
                let mut lock = Lock { path: own.clone(), file };
                return lock.write_number().map(|()| lock).map_err(error);
            }
        }
    }

    fn write_number(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{}", std::process::id())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // a file that stays is free all the same
        let _ = fs::remove_file(&self.path);
    }
}

/// The file that stands for `path`.
fn lock_file(path: &Path) -> PathBuf {
    match path.is_dir() {
        true => path.join(".lock"),
        false => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let long = name.len() > MAX_NAME;
            let name = if long { format!("{:08x}", CRC32C.checksum(name.as_bytes())).into() } else { name };
            path.with_file_name(format!(".{name}.lock"))
        }
    }
}

/// Who holds it.
fn holder(mut file: File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_string(),
        _ => "(number not known)".into(),
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let (own, there) = (file.metadata().map(inode), fs::metadata(path).map(inode));
    own.is_ok_and(|own| there.is_ok_and(|there| own == there))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_given_once_names_its_process_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_path_buf(), folder.path().join("sensor.model")] {
            let lock = Lock::take(&path).unwrap();
            let refused = Lock::take(&path).unwrap_err().to_string();
            assert!(refused.contains(&format!("in use by process {}", std::process::id())), "{refused}");
            drop(lock);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        }
    }

    #[test]
    fn what_a_kill_left_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".lock"), "12345678\n").unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(".lock")).unwrap(), format!("{}\n", std::process::id()));
        drop(lock);
    }
}
