//! A checksum by which data are known again.

use super::checksum::CRC32C;
use super::features::Features;
use super::set::{DataSet, Split, Targets};

impl DataSet {
    /// CRC-32C of all features and targets: data of the same name and size that is other data has another one.
    pub fn fingerprint(&self) -> u32 {
        let parts = [Some(&self.train), self.validation.as_ref(), Some(&self.test)];
        fingerprint(parts.into_iter().flatten())
    }
}

/// CRC-32C of the features and targets of the rows to train on, then of those to judge epochs by, then of those to test on.
pub fn fingerprint<'s>(parts: impl IntoIterator<Item = &'s Split>) -> u32 {
    let mut digest = CRC32C.digest();
    for split in parts {
        match &split.features {
            Features::Bytes(bytes) => digest.update(bytes),
            Features::Floats(floats) => floats.iter().for_each(|v| digest.update(&v.to_le_bytes())),
            Features::Lent(rows) => {
                rows.for_each_row(&mut |row| row.iter().for_each(|v| digest.update(&v.to_le_bytes())));
            }
        }
        match &split.targets {
            Targets::Labels(labels) => labels.iter().for_each(|label| digest.update(&label.to_le_bytes())),
            Targets::Values(values) => values.iter().for_each(|v| digest.update(&v.to_le_bytes())),
        }
    }
    digest.finalize()
}
