//! CRC-32 as zlib and Ethernet have it (ISO 3309: polynomial 0x04C11DB7 reflected, start and final inversion), four bits
//! at a time: a table of 64 bytes.

const TABLE: [u32; 16] = {
    let (mut table, mut i) = ([0; 16], 0);
    while i < 16 {
        let (mut value, mut bit) = (i as u32, 0);
        while bit < 4 {
            value = if value & 1 == 1 { value >> 1 ^ 0xEDB8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
};

/// The checksum of some bytes, as it ends a blob and as zlib computes it.
pub fn checksum(bytes: impl IntoIterator<Item = u8>) -> u32 {
    let mut crc = Crc::new();
    bytes.into_iter().for_each(|byte| crc.add(byte));
    crc.value()
}

/// A checksum in the making.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc(u32);

impl Crc {
    pub(super) const fn new() -> Self {
        Crc(!0)
    }

    pub(super) fn add(&mut self, byte: u8) {
        self.0 ^= byte as u32;
        self.0 = self.0 >> 4 ^ TABLE[(self.0 & 15) as usize];
        self.0 = self.0 >> 4 ^ TABLE[(self.0 & 15) as usize];
    }

    pub(super) const fn value(self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_has_the_catalogues_check_value() {
        assert_eq!(checksum(*b"123456789"), 0xCBF4_3926);
        assert_eq!(Crc::new().value(), 0);
    }
}
