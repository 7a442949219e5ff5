//! The numbers of the layout that the module's first lines draw: what a blob starts with, and how large its parts may be.

/// The first four bytes.
pub const MAGIC: [u8; 4] = *b"OLNB";
/// The version of the layout above.
pub const VERSION: u16 = 1;
/// Bytes before the layers.
pub const HEAD_BYTES: usize = 64;
/// Bytes of a layer's description.
pub const LAYER_BYTES: usize = 24;
/// More layers than this are no network for a device.
pub const MAX_LAYERS: usize = 64;
/// Nor is one with more values than this between two layers.
pub const MAX_VALUES: u64 = 1 << 22;
/// Nor is one with more weights than this in a layer.
pub const MAX_WEIGHTS: u64 = 1 << 28;
