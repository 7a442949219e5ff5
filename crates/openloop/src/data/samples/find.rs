//! What a path is: a folder of images, a NumPy file, an IDX file; and where its labels and test rows are.

use super::super::DataError;
use super::super::files::DataFile;
use super::array::Array;
use super::{idx, npy, npz, unusable};
use std::path::Path;
#[cfg(feature = "images")]
use std::path::PathBuf;

/// What holds samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleKind {
    /// A folder of images, or one image.
    Images,
    /// `.npy`: one array.
    Array,
    /// `.npz`: several arrays.
    Archive,
    /// An IDX file.
    Idx,
}

/// The endings of files that are images.
pub const IMAGE_ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

impl SampleKind {
    /// What is at a path; none if it is nothing of these.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            _ if path.is_dir() => Some(SampleKind::Images),
            _ if !path.is_file() => None,
            Some("npy") => Some(SampleKind::Array),
            Some("npz") => Some(SampleKind::Archive),
            Some(ending) if IMAGE_ENDINGS.contains(&ending) => Some(SampleKind::Images),
            _ => {
                let head = DataFile::open(path).ok()?.take(4).ok()?;
                idx::is_idx(&head).then_some(SampleKind::Idx)
            }
        }
    }
}

/// Whether a name is that of samples that are no table: an existing folder, or a NumPy, IDX or image file.
pub fn are_samples(name: &str) -> bool {
    SampleKind::of(Path::new(name)).is_some()
}

/// Arrays of samples, of their labels, and of test rows if they are known.
#[derive(Debug)]
pub struct FoundArrays {
    /// The samples.
    pub samples: Array,
    /// Their labels; none if nothing says where they are.
    pub labels: Option<Array>,
    /// Samples to test on, and their labels.
    pub test: Option<(Array, Array)>,
    /// What was found without being named.
    pub notes: Vec<String>,
}

/// Reads the arrays at `path`, whose labels may be in another file.
///
/// # Errors
/// Files that cannot be read, or labels in two places.
pub fn read(path: &Path, kind: SampleKind, labels: Option<&Path>) -> Result<FoundArrays, DataError> {
    let named = labels.map(read_array).transpose()?;
    match kind {
        SampleKind::Archive => {
            let archive = npz::read(path)?;
            if let (Some(_), Some(own)) = (&named, &archive.labels) {
                return Err(DataError::Request {
                    problem: format!("--labels names labels, and {} are there already", own.file.display()),
                    remedy: "leave --labels out".into(),
                });
            }
            let others = archive.others.join(", ");
            let notes = if others.is_empty() { Vec::new() } else { vec![format!("arrays left out: {others}")] };
            Ok(FoundArrays { samples: archive.samples, labels: named.or(archive.labels), test: archive.test, notes })
        }
        SampleKind::Idx if named.is_none() => {
            let (samples, beside) = (idx::read(path)?, idx::labels_beside(path));
            let notes = beside.iter().map(|labels| format!("labels: {}", labels.display())).collect();
            Ok(FoundArrays { samples, labels: beside.map(|path| idx::read(&path)).transpose()?, test: None, notes })
        }
        _ => Ok(FoundArrays { samples: read_array(path)?, labels: named, test: None, notes: Vec::new() }),
    }
}

/// Reads a file that holds one array.
///
/// # Errors
/// A file that cannot be read, or is neither a `.npy` nor an IDX file.
fn read_array(path: &Path) -> Result<Array, DataError> {
    match SampleKind::of(path) {
        Some(SampleKind::Array) => npy::read(path),
        Some(SampleKind::Idx) => idx::read(path),
        _ if !path.exists() => DataFile::open(path).and_then(|_| npy::read(path)),
        _ => Err(unusable(path, "a .npy or an IDX file", "another file", "name the array's file")),
    }
}

/// The parts of a folder that has them: a folder `train` and a folder `test`.
#[cfg(feature = "images")]
pub fn train_and_test(folder: &Path) -> Option<[PathBuf; 2]> {
    let parts = ["train", "test"].map(|name| folder.join(name));
    parts.iter().all(|part| part.is_dir()).then_some(parts)
}
