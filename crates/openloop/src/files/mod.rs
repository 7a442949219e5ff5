//! What leaves the process: checkpoints, the device's blob, C headers.
pub mod blob;
mod c_header;
pub mod checkpoint;
pub mod export;
