//! A checksum of weights: short enough to be compared by eye.

use openloop_core::store::checksum;

/// CRC-32, as zlib has it, of the values' little-endian bytes.
pub(crate) fn of_values(values: &[f32]) -> u32 {
    checksum(values.iter().flat_map(|value| value.to_le_bytes()))
}
