//! Trained networks for other programs: the device's blob, and the same as a C header.

use crate::files::blob as device;
use crate::files::c_header as c;
use crate::files::checkpoint::{Checkpoint, write_whole};
use crate::settings::options::ConfigError;
use openloop_core::store;
use std::io;
use std::path::{Path, PathBuf};

/// What a network can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A device's blob: [`openloop_core::store`].
    Device,
    /// A C header that holds the blob.
    C,
}

openloop_core::named!(Format: "format" { Device = "device", C = "c" });

/// Why a network was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A name that is not on the list, or a rate out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The network cannot be written down as a blob.
    #[error("this network fits no device blob: {0}")]
    Blob(store::Error),
    /// The file cannot be written.
    #[error("{path}: cannot write the export: {error}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Writes the export whole, or not at all; gives its length in bytes.
///
/// # Errors
/// A network the format cannot hold, or a file that cannot be written.
pub fn export(
    checkpoint: &Checkpoint<'_>,
    format: Format,
    rates: device::Rates,
    path: &Path,
) -> Result<usize, ExportError> {
    let blob = device::to_blob(checkpoint, rates, 0)?;
    let bytes = match format {
        Format::Device => blob,
        Format::C => c::header(&blob, path).map_err(ExportError::Blob)?.into_bytes(),
    };
    let partial = path.with_extension("partial");
    write_whole(path, &partial, &bytes).map_err(|error| ExportError::Write { path: path.into(), error })?;
    Ok(bytes.len())
}
