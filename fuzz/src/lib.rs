//! What the targets share: readers open files, so bytes become files in a folder of this process.

use std::fs;
use std::path::PathBuf;

/// A folder of this process in which `files` lie, each a name and its bytes.
pub fn folder(files: &[(&str, &[u8])]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("openloop-fuzz-{}", std::process::id()));
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder above it")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

/// The path of one file with these bytes.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    folder(&[(name, bytes)]).join(name)
}

/// Two parts of an input: its first two bytes are the length of the first one.
pub fn two(data: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = data.split_first_chunk() else { return (data, &[]) };
    rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()))
}
