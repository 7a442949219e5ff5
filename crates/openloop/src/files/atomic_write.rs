//! Atomic writes: a file is written under another name, synced and renamed.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file under the name `partial`, syncs it and renames it to `path`: it is there whole, or as it was before.
pub(crate) fn write_atomically(path: &Path, partial: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = std::fs::File::create(partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(partial, path));
    if written.is_err() {
        let _ = std::fs::remove_file(partial);
    }
    written.and_then(|()| sync_folder(path))
}

/// Makes a rename last: on Unix the folder itself is synced; other systems do it on their own.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { std::fs::File::open(folder)?.sync_all() } else { Ok(()) }
}
