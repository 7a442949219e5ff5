//! Samples of one's own that are no table: NumPy arrays, IDX files under any name, folders of images by class.
//!
//! | file | one sentence |
//! |---|---|
//! | `array.rs` | Numbers or texts with a shape, as they were read. |
//! | `npy.rs`, `npz.rs`, `idx.rs` | The files that hold arrays. |
//! | `images.rs` | Folders of images; each subfolder is a class. |
//! | `find.rs` | What a path is, and where its labels and test rows are. |
//! | `part.rs`, `read.rs` | Samples with their labels; how they are read from wherever they are. |
//! | `shape.rs` | The shape of a sample: a list of values, or an image. |
//! | `targets.rs` | Labels become classes or measured values. |
//! | `assemble.rs` | Samples and labels become a [`DataSet`](super::DataSet). |

mod array;
mod assemble;
mod find;
mod idx;
#[cfg(feature = "images")]
mod images;
mod npy;
mod npz;
mod part;
mod read;
mod shape;
mod targets;

pub(super) use self::assemble::load;
pub use self::assemble::{SampleRequest, SampleRows, UnlabelledSamples, load_samples_for, load_unlabelled};
pub use self::find::are_samples;

use super::DataError;
use std::path::Path;

/// Samples from which what was asked for cannot be learned; the request is wrong, not the system.
fn unusable(file: &Path, expected: &'static str, found: impl Into<String>, remedy: &'static str) -> DataError {
    DataError::NotLearnable { file: file.to_path_buf(), expected, found: found.into(), remedy }
}
