//! Trained networks for other programs: the device's blob, and the same as a C header.

use super::atomic_write::write_atomically;
use super::blob::{self, DeviceRates, ExportError};
use super::c_header;
use super::checkpoint::Checkpoint;
use std::path::Path;

/// What a network can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A device's blob: [`openloop_core::store`].
    Device,
    /// A C header that holds the blob.
    C,
}

openloop_core::named!(ExportFormat: "format" { Device = "device", C = "c" });

/// Writes the export whole, or not at all; gives its length in bytes.
///
/// # Errors
/// A network the format cannot hold, or a file that cannot be written.
pub fn export(
    checkpoint: &Checkpoint<'_>,
    format: ExportFormat,
    rates: DeviceRates,
    path: &Path,
) -> Result<usize, ExportError> {
    let bytes = blob::to_blob(checkpoint, rates, 0)?;
    let bytes = match format {
        ExportFormat::Device => bytes,
        ExportFormat::C => c_header::header(&bytes, path).map_err(ExportError::Blob)?.into_bytes(),
    };
    let partial = path.with_extension("partial");
    write_atomically(path, &partial, &bytes).map_err(|error| ExportError::Write { path: path.into(), error })?;
    Ok(bytes.len())
}
