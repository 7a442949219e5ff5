//! A file that may be a checkpoint or a device's blob.

use super::blob;
use super::checkpoint::{Checkpoint, FILE_NAME};
use super::checkpoint_error::CheckpointError;
use crate::data::with_nearest_file;
use std::path::{Path, PathBuf};

/// The file of a model, where the folder it lies in may be given.
pub fn model_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(FILE_NAME) } else { path.into() }
}

/// Reads a model: a checkpoint, with the weights after its best epoch where it has validation rows, or a device's
/// [blob](super::blob); `path` may be the file or the folder it lies in.
///
/// # Errors
/// A file that is missing, unreadable, neither of the two, of another version, or whose content contradicts itself.
pub fn load(path: &Path) -> Result<Checkpoint<'static>, CheckpointError> {
    let content =
        |error: openloop_core::Error| CheckpointError::Content { path: path.into(), problem: error.to_string() };
    load_run(path)?.at_best().map_err(content)
}

/// Reads the same as it was saved, to go on with the run.
///
/// # Errors
/// As [`load`].
pub fn load_run(path: &Path) -> Result<Checkpoint<'static>, CheckpointError> {
    let path = model_file(path);
    let what = "read the checkpoint";
    let refused = |error| CheckpointError::System { path: path.clone(), what, error: with_nearest_file(&path, error) };
    let bytes = std::fs::read(&path).map_err(refused)?;
    let read = match blob::is_blob(&bytes) {
        true => blob::from_blob(&bytes).map(|(checkpoint, _)| checkpoint),
        false => Checkpoint::from_bytes(&bytes),
    };
    read.map_err(|problem| CheckpointError::Content { path, problem })
}
