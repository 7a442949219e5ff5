//! Everything that can be wrong with a blob, or with the flash it lies in.

use super::format::VERSION;
use core::fmt;

/// Why a blob was not read or written. Nothing was written to the caller's memory when one of these comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Fewer bytes than the blob, or its head, has.
    TooShort {
        /// Bytes there are.
        found: usize,
        /// Bytes needed.
        expected: usize,
    },
    /// The first four bytes are not [`MAGIC`](super::MAGIC).
    NotABlob,
    /// The first four bytes are the magic number backwards: something turned the byte order round.
    ByteOrder,
    /// A version this program does not read.
    OtherVersion {
        /// The version found.
        found: u16,
    },
    /// The checksum does not fit the content: a bit was changed, or it was not written to its end.
    Checksum,
    /// A number that stands for nothing.
    Unknown {
        /// What it should name.
        what: &'static str,
        /// The number found.
        code: u32,
    },
    /// A layer, or the number of layers, is larger than the format allows.
    TooLarge {
        /// Index of the layer.
        layer: usize,
    },
    /// The layers make no network.
    Network(crate::Error),
    /// A weight, a rate or a value of the standardisation is not finite (or a rate is negative).
    NotFinite {
        /// Which part.
        what: &'static str,
    },
    /// The parts do not add up: the state, or the whole, does not have the length that the network needs.
    WrongLength {
        /// Which part.
        what: &'static str,
        /// Its bytes.
        found: usize,
        /// The bytes it needs.
        expected: usize,
    },
    /// The blob's arithmetic is not that of the network it is to be loaded into.
    OtherArithmetic,
    /// The blob's rule is not that of the network it is to be loaded into.
    OtherRule,
    /// The blob's layers or loss are not those of the network it is to be loaded into.
    OtherNetwork {
        /// The first layer that differs; the number of layers if only their number, or the loss, does.
        layer: usize,
    },
    /// The blob standardises its inputs, and the network it is to be loaded into has no room for that.
    Standardised,
    /// The memory lent for the blob is too small.
    BufferTooSmall {
        /// Its bytes.
        found: usize,
        /// The bytes needed.
        expected: usize,
    },
    /// Neither slot holds a whole blob of this version.
    NothingSaved,
    /// The region is not two slots of whole sectors inside the flash, or the flash's word is not 1, 2, 4, 8, 16 or 32 bytes.
    Region,
    /// The flash driver refused.
    Flash,
    /// What was written does not read back: the flash is worn out. The state saved before is still there.
    NotStored,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Error::TooShort { found, expected } => {
                write!(f, "it ends after {found} bytes, but {expected} are needed: part of it is missing")
            }
            Error::NotABlob => f.write_str("it does not start with OLNB, so it is no device blob"),
            Error::ByteOrder => {
                f.write_str("its bytes come in the wrong order: it must be stored little-endian, as it was made")
            }
            Error::OtherVersion { found } => {
                write!(f, "it is version {found} of the format, but this program reads version {}", VERSION)
            }
            Error::Checksum => f.write_str("its checksum does not fit its content: a bit of it was changed"),
            Error::Unknown { what, code } => write!(f, "{code} stands for no {what} that this program knows"),
            Error::TooLarge { layer } => write!(f, "layer {layer} is larger than the format allows"),
            Error::Network(error) => write!(f, "its layers make no network: {error}"),
            Error::NotFinite { what } => write!(f, "{what} holds a number that is not finite, or a negative rate"),
            Error::WrongLength { what, found, expected } => {
                write!(f, "{what} has {found} bytes, but {expected} are needed")
            }
            Error::OtherArithmetic => f.write_str("its arithmetic is not that of the network it is loaded into"),
            Error::OtherRule => f.write_str("its rule is not that of the network it is loaded into"),
            Error::OtherNetwork { layer } => {
                write!(f, "its network differs from the one it is loaded into, at layer {layer} or in the loss")
            }
            Error::Standardised => {
                f.write_str("it standardises its inputs, but the network it is loaded into has no room for that")
            }
            Error::BufferTooSmall { found, expected } => {
                write!(f, "the memory lent has {found} bytes, but {expected} are needed")
            }
            Error::NothingSaved => f.write_str("neither slot holds a whole blob: nothing was saved yet"),
            Error::Region => f.write_str(
                "the region must be two slots of whole sectors inside the flash, whose word has at most 32 bytes",
            ),
            Error::Flash => f.write_str("the flash driver reported an error"),
            Error::NotStored => f.write_str("what was written does not read back: the flash is worn out"),
        }
    }
}

impl core::error::Error for Error {}
