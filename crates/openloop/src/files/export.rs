//! Trained networks for other programs: the device's blob, the same as a C header, C source, and an ONNX model.

use super::blob::{self, DeviceRates, ExportError};
use super::c_header;
use super::c_source;
use super::checkpoint::Checkpoint;
use super::onnx;
use super::output::Output;
use std::path::Path;

/// What a network can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A device's blob: [`openloop_core::store`].
    Device,
    /// A C header that holds the blob.
    C,
    /// A C header that answers and learns by itself: [`c_source`].
    CSource,
    /// A model for other runtimes: [`onnx`].
    Onnx,
}

openloop_core::named!(ExportFormat: "format" { Device = "device", C = "c", CSource = "c-source", Onnx = "onnx" });

/// Writes the export whole, or not at all; gives its length in bytes.
///
/// # Errors
/// A network the format cannot hold, or a file that cannot be written.
pub fn export(
    checkpoint: &Checkpoint<'_>,
    format: ExportFormat,
    rates: DeviceRates,
    output: &Output,
) -> Result<usize, ExportError> {
    let blob = || blob::to_blob(checkpoint, rates, 0);
    let name = if output.is_standard() { Path::new("network") } else { output.path() };
    let bytes = match format {
        ExportFormat::Device => blob()?,
        ExportFormat::Onnx => onnx::to_onnx(checkpoint)?,
        ExportFormat::CSource => c_source::source(checkpoint, rates, name)?.into_bytes(),
        ExportFormat::C => {
            let about = &checkpoint.about;
            let means = checkpoint.preprocessing.means(about.features());
            let (columns, units) = (about.columns.as_ref(), about.units.as_ref());
            let table = c_header::TableNotes { columns, means: means.as_deref(), units };
            c_header::header(&blob()?, name, &table).map_err(ExportError::Blob)?.into_bytes()
        }
    };
    output.write(&bytes)?;
    Ok(bytes.len())
}
