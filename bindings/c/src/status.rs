//! What a call came to: numbers that stay what they are, each with a name and a sentence.

use core::ffi::CStr;
use openloop_core::Error;
use openloop_core::store;

/// What a call came to. Anything but `OPENLOOP_OK` means that nothing was written, but for the counters.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// A pointer that must not be null is null.
    NullPointer = 1,
    /// The memory does not start at a multiple of 8 bytes.
    Misaligned = 2,
    /// The memory or buffer is smaller than is needed.
    TooSmall = 3,
    /// The pointer is to no model that openloop_init or openloop_open made, or its memory was overwritten.
    NotAModel = 4,
    /// A number of the configuration stands for nothing, or a rate is negative or not finite.
    BadConfig = 5,
    /// The layers make no network: each needs an input and an output.
    BadNetwork = 6,
    /// Devices have no such layer, rule or loss in this arithmetic.
    NotOnDevice = 7,
    /// The network is larger than this library allows.
    TooLarge = 8,
    /// The number of values is not the network's.
    WrongLength = 9,
    /// An input is infinite or not a number; the sample was refused and counted.
    InputNotFinite = 10,
    /// The label is not smaller than the number of outputs.
    BadLabel = 11,
    /// The bytes do not start as a blob does.
    NotABlob = 12,
    /// The blob's bytes come in the wrong order.
    OtherByteOrder = 13,
    /// The blob is of a version that this library does not read.
    OtherVersion = 14,
    /// Part of the blob is missing.
    Truncated = 15,
    /// The blob's checksum does not fit: a bit of it was changed.
    BadChecksum = 16,
    /// The blob contradicts itself.
    Malformed = 17,
    /// The blob's network, rule or arithmetic is not that of the model it is loaded into.
    OtherNetwork = 18,
    /// None of the slots holds a whole blob.
    NothingSaved = 19,
    /// A weight is infinite or not a number, so there is nothing worth saving.
    StateNotFinite = 20,
    /// Two pointers share bytes, and the call would write some of them.
    Overlap = 21,
}

/// Every status with its name and its sentence.
const ALL: [(Status, &CStr, &CStr); 22] = [
    (Status::Ok, c"OPENLOOP_OK", c"done"),
    (Status::NullPointer, c"OPENLOOP_NULL_POINTER", c"a pointer that must not be null is null"),
    (Status::Misaligned, c"OPENLOOP_MISALIGNED", c"the memory does not start at a multiple of 8 bytes"),
    (Status::TooSmall, c"OPENLOOP_TOO_SMALL", c"the memory or buffer is smaller than is needed"),
    (
        Status::NotAModel,
        c"OPENLOOP_NOT_A_MODEL",
        c"the pointer is to no model that openloop_init or openloop_open made, or its memory was overwritten",
    ),
    (
        Status::BadConfig,
        c"OPENLOOP_BAD_CONFIG",
        c"a number of the configuration stands for nothing, or a rate is negative or not finite",
    ),
    (Status::BadNetwork, c"OPENLOOP_BAD_NETWORK", c"the layers make no network: each needs an input and an output"),
    (Status::NotOnDevice, c"OPENLOOP_NOT_ON_DEVICE", c"devices have no such layer, rule or loss in this arithmetic"),
    (Status::TooLarge, c"OPENLOOP_TOO_LARGE", c"the network is larger than this library allows"),
    (Status::WrongLength, c"OPENLOOP_WRONG_LENGTH", c"the number of values is not the network's"),
    (
        Status::InputNotFinite,
        c"OPENLOOP_INPUT_NOT_FINITE",
        c"an input is infinite or not a number; the sample was refused and counted",
    ),
    (Status::BadLabel, c"OPENLOOP_BAD_LABEL", c"the label is not smaller than the number of outputs"),
    (Status::NotABlob, c"OPENLOOP_NOT_A_BLOB", c"the bytes do not start as a blob does"),
    (Status::OtherByteOrder, c"OPENLOOP_OTHER_BYTE_ORDER", c"the blob's bytes come in the wrong order"),
    (Status::OtherVersion, c"OPENLOOP_OTHER_VERSION", c"the blob is of a version that this library does not read"),
    (Status::Truncated, c"OPENLOOP_TRUNCATED", c"part of the blob is missing"),
    (Status::BadChecksum, c"OPENLOOP_BAD_CHECKSUM", c"the blob's checksum does not fit: a bit of it was changed"),
    (Status::Malformed, c"OPENLOOP_MALFORMED", c"the blob contradicts itself"),
    (
        Status::OtherNetwork,
        c"OPENLOOP_OTHER_NETWORK",
        c"the blob's network, rule or arithmetic is not that of the model it is loaded into",
    ),
    (Status::NothingSaved, c"OPENLOOP_NOTHING_SAVED", c"none of the slots holds a whole blob"),
    (
        Status::StateNotFinite,
        c"OPENLOOP_STATE_NOT_FINITE",
        c"a weight is infinite or not a number, so there is nothing worth saving",
    ),
    (Status::Overlap, c"OPENLOOP_OVERLAP", c"two pointers share bytes, and the call would write some of them"),
];

/// The name of the status with this number; there is one for any number.
pub(crate) fn name(status: u32) -> &'static CStr {
    ALL.get(status as usize).map_or(c"OPENLOOP_UNKNOWN_STATUS", |(_, name, _)| name)
}

/// Its sentence.
pub(crate) fn text(status: u32) -> &'static CStr {
    ALL.get(status as usize).map_or(c"this number is no status of this library", |(_, _, text)| text)
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::WrongLength { .. } => Status::WrongLength,
            Error::LabelOutOfRange { .. } => Status::BadLabel,
            Error::InputNotFinite => Status::InputNotFinite,
            Error::LayerNotOnDevice { .. }
            | Error::RuleNotOnDevice
            | Error::IntegerLayer { .. }
            | Error::IntegerLoss
            | Error::IntegerRule
            | Error::IntegerInput
            | Error::RuleNeedsLabels
            | Error::LossNeedsLabels => Status::NotOnDevice,
            _ => Status::BadNetwork,
        }
    }
}

impl From<store::Error> for Status {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::TooShort { .. } => Status::Truncated,
            store::Error::NotABlob => Status::NotABlob,
            store::Error::ByteOrder => Status::OtherByteOrder,
            store::Error::OtherVersion { .. } => Status::OtherVersion,
            store::Error::Checksum => Status::BadChecksum,
            store::Error::TooLarge { .. } => Status::TooLarge,
            store::Error::BufferTooSmall { .. } => Status::TooSmall,
            store::Error::OtherArithmetic
            | store::Error::OtherRule
            | store::Error::OtherNetwork { .. }
            | store::Error::Standardised => Status::OtherNetwork,
            store::Error::NothingSaved => Status::NothingSaved,
            store::Error::NotFinite { what: "the state" } => Status::StateNotFinite,
            _ => Status::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_stands_at_its_number_with_a_name_and_a_sentence() {
        for (number, (status, name, text)) in ALL.iter().enumerate() {
            assert_eq!(*status as usize, number);
            let variant: String = name.to_str().unwrap()["OPENLOOP_".len()..].split('_').map(capitalised).collect();
            assert_eq!(format!("{status:?}"), variant);
            assert!(text.count_bytes() > 3);
        }
        assert_eq!(name(22), c"OPENLOOP_UNKNOWN_STATUS");
    }

    fn capitalised(word: &str) -> String {
        word[..1].to_string() + &word[1..].to_lowercase()
    }
}
