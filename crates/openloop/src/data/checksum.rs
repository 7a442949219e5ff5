//! The checksum of data sets, checkpoints and cells.

use crc::{CRC_32_ISCSI, Crc, Table};

/// CRC-32C.
pub(crate) static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
