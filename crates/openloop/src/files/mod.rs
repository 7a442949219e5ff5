//! What leaves the process: checkpoints, the device's blob, C headers, C source, ONNX models.
//!
//! | file | one sentence |
//! |---|---|
//! | `checkpoint.rs`, `checkpoint_error.rs` | A run in one safetensors file: [`Checkpoint`]; why it cannot be written or read. |
//! | `tensors.rs`, `network_tensors.rs`, `stream_record.rs` | Its tensors, those of a network, and what a stream keeps beside it. |
//! | `blob.rs`, `device_rates.rs` | A checkpoint as a device's blob, and a blob as a checkpoint; the rates that it begins with. |
//! | `c_header.rs`, `export.rs` | A blob as a C header; all exports written to a file. |
//! | `c_source/` | A checkpoint as a C header that answers and learns by itself. |
//! | `onnx/` | A checkpoint as an ONNX model. |
//! | `best_tensors.rs` | The weights after a run's best epoch, as tensors. |
//! | `other_values.rs` | A checkpoint with other weights. |
//! | `load.rs` | A file that may be a checkpoint or a blob. |
//! | `output/` | The one way to write a file: completely or not at all, and never over another one. |
//! | `lock.rs` | One process at a time writes a run or a model. |

mod best_tensors;
pub mod blob;
mod c_header;
pub mod c_source;
pub mod checkpoint;
mod checkpoint_error;
mod device_rates;
pub mod export;
mod load;
mod lock;
mod network_tensors;
pub mod onnx;
mod other_values;
pub mod output;
mod stream_record;
mod tensors;

pub use blob::{DeviceRates, ExportError};
pub use checkpoint::{Checkpoint, FILE_NAME};
pub use checkpoint_error::CheckpointError;
pub use load::{load, load_run, model_file};
pub use lock::{Lock, LockError};
pub use other_values::OtherValuesError;
pub use output::{Output, OutputError, OutputKind, UsedPath};
pub(crate) use stream_record::StreamRecord;
pub(crate) use tensors::TensorValues;
