//! The name a file has until it is whole: `NAME.openloop-PROCESS-N.partial`, in the same folder, made exclusively.
//!
//! As long as its process lives it holds an advisory lock on it. A temporary file without such a lock was left by a kill.

use super::target::folder_of;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Between the file's name and the process's number.
const MIDDLE: &str = ".openloop-";
/// At the end.
const END: &str = ".partial";
/// Bytes of the file's own name that are kept, so that no name becomes longer than systems allow.
const MAX_NAME: usize = 200;
/// Names that are tried.
const TRIES: u32 = 100;

/// A file that is being written; it vanishes unless it is put in place.
pub(super) struct Temporary {
    path: PathBuf,
    file: File,
    is_placed: bool,
}

impl Temporary {
    /// A new one beside `target`.
    pub fn beside(target: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut last = io::Error::other("no free name for a temporary file");
        for _ in 0..TRIES {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}{MIDDLE}{}-{number}{END}", start(target), std::process::id());
            let path = target.with_file_name(name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let temporary = Temporary { path, file, is_placed: false };
                    // whoever clears leftovers may have been faster
                    if temporary.lock()? {
                        return Ok(temporary);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Locks it; false if it was taken for a leftover.
    fn lock(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(false),
            // a file system without locks clears nothing either
            Err(TryLockError::Error(_)) | Ok(()) => is_linked(&self.file),
        }
    }

    /// The file, to be written.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Brings it to the disk with the mode and the owner of what is at `target`, and gives it that name.
    pub fn put_in_place(mut self, target: &Path) -> io::Result<()> {
        if let Ok(old) = fs::metadata(target) {
            self.file.set_permissions(old.permissions())?;
            keep_owner(&self.file, &old);
        }
        self.file.sync_all()?;
        fs::rename(&self.path, target)?;
        self.is_placed = true;
        sync_folder(target)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_placed {
            // what cannot be removed now is cleared away at the next start; the error that led here matters more
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the temporary files of `target` that no living process holds. Given a folder, those of all files in it.
pub(crate) fn clear_leftovers(target: &Path) {
    let (folder, wanted) = if target.is_dir() { (target, None) } else { (folder_of(target), Some(start(target))) };
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(of) = name.to_str().and_then(file_of) else { continue };
        if wanted.as_ref().is_some_and(|wanted| of != wanted) {
            continue;
        }
        // what cannot be opened, locked or removed stays: it is in nobody's way
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The start of a temporary name: that of its file, cut where it is long.
fn start(target: &Path) -> String {
    let mut name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    while name.len() > MAX_NAME {
        name.pop();
    }
    name
}

/// The start of a name that is one of a temporary file.
fn file_of(name: &str) -> Option<&str> {
    let (of, numbers) = name.strip_suffix(END)?.rsplit_once(MIDDLE)?;
    let (process, number) = numbers.split_once('-')?;
    [process, number].iter().all(|text| text.parse::<u32>().is_ok()).then_some(of)
}

/// Makes a rename last: on Unix the folder itself is synced; other systems do it on their own.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

/// Whether the open file still has a name.
#[cfg(unix)]
fn is_linked(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.nlink() > 0)
}

#[cfg(not(unix))]
fn is_linked(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// Gives the file to whom the old one belongs, where that is allowed.
#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    if file.metadata().is_ok_and(|own| (own.uid(), own.gid()) != (old.uid(), old.gid())) {
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}
