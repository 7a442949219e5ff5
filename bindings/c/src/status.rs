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
    /// No learning step was begun, or another call ended it.
    NothingBegun = 22,
    /// The model was made without room for a standardisation.
    NoStandardisation = 23,
    /// The slots are no whole sectors of the flash, or are no multiples of 32 bytes.
    BadFlash = 24,
    /// A function of the flash driver gave something other than 0.
    FlashFailed = 25,
    /// The flash does not hold what was written to it.
    NotStored = 26,
}

/// Every status with its name and its sentence, each with a 0 behind it. Both in one constant: linkers gather constants that end in
/// their only 0 in one place, which they keep as a whole where one of them is needed.
const ALL: [(Status, &str); 27] = [
    (Status::Ok, "OPENLOOP_OK\0done\0"),
    (Status::NullPointer, "OPENLOOP_NULL_POINTER\0a pointer that must not be null is null\0"),
    (Status::Misaligned, "OPENLOOP_MISALIGNED\0the memory does not start at a multiple of 8 bytes\0"),
    (Status::TooSmall, "OPENLOOP_TOO_SMALL\0the memory or buffer is smaller than is needed\0"),
    (
        Status::NotAModel,
        "OPENLOOP_NOT_A_MODEL\0the pointer is to no model that openloop_init or openloop_open made, or its memory was overwritten\0",
    ),
    (
        Status::BadConfig,
        "OPENLOOP_BAD_CONFIG\0a number of the configuration stands for nothing, or a rate is negative or not finite\0",
    ),
    (Status::BadNetwork, "OPENLOOP_BAD_NETWORK\0the layers make no network: each needs an input and an output\0"),
    (Status::NotOnDevice, "OPENLOOP_NOT_ON_DEVICE\0devices have no such layer, rule or loss in this arithmetic\0"),
    (Status::TooLarge, "OPENLOOP_TOO_LARGE\0the network is larger than this library allows\0"),
    (Status::WrongLength, "OPENLOOP_WRONG_LENGTH\0the number of values is not the network's\0"),
    (
        Status::InputNotFinite,
        "OPENLOOP_INPUT_NOT_FINITE\0an input is infinite or not a number; the sample was refused and counted\0",
    ),
    (Status::BadLabel, "OPENLOOP_BAD_LABEL\0the label is not smaller than the number of outputs\0"),
    (Status::NotABlob, "OPENLOOP_NOT_A_BLOB\0the bytes do not start as a blob does\0"),
    (Status::OtherByteOrder, "OPENLOOP_OTHER_BYTE_ORDER\0the blob's bytes come in the wrong order\0"),
    (Status::OtherVersion, "OPENLOOP_OTHER_VERSION\0the blob is of a version that this library does not read\0"),
    (Status::Truncated, "OPENLOOP_TRUNCATED\0part of the blob is missing\0"),
    (Status::BadChecksum, "OPENLOOP_BAD_CHECKSUM\0the blob's checksum does not fit: a bit of it was changed\0"),
    (Status::Malformed, "OPENLOOP_MALFORMED\0the blob contradicts itself\0"),
    (
        Status::OtherNetwork,
        "OPENLOOP_OTHER_NETWORK\0the blob's network, rule or arithmetic is not that of the model it is loaded into\0",
    ),
    (Status::NothingSaved, "OPENLOOP_NOTHING_SAVED\0none of the slots holds a whole blob\0"),
    (
        Status::StateNotFinite,
        "OPENLOOP_STATE_NOT_FINITE\0a weight is infinite or not a number, so there is nothing worth saving\0",
    ),
    (Status::Overlap, "OPENLOOP_OVERLAP\0two pointers share bytes, and the call would write some of them\0"),
    (Status::NothingBegun, "OPENLOOP_NOTHING_BEGUN\0no learning step was begun, or another call ended it\0"),
    (Status::NoStandardisation, "OPENLOOP_NO_STANDARDISATION\0the model was made without room for a standardisation\0"),
    (
        Status::BadFlash,
        "OPENLOOP_BAD_FLASH\0the slots are no whole sectors of the flash, or are no multiples of 32 bytes\0",
    ),
    (Status::FlashFailed, "OPENLOOP_FLASH_FAILED\0a function of the flash driver gave something other than 0\0"),
    (Status::NotStored, "OPENLOOP_NOT_STORED\0the flash does not hold what was written to it\0"),
];

/// The name of the status with this number; there is one for any number.
pub(crate) fn name(status: u32) -> &'static CStr {
    let both = ALL.get(status as usize).map_or("OPENLOOP_UNKNOWN_STATUS\0\0", |(_, both)| both);
    CStr::from_bytes_until_nul(both.as_bytes()).unwrap_or_default()
}

/// Its sentence.
pub(crate) fn text(status: u32) -> &'static CStr {
    let both = ALL.get(status as usize).map_or("\0this number is no status of this library\0", |(_, both)| both);
    let after = both.split_once('\0').map_or("", |(_, text)| text);
    CStr::from_bytes_until_nul(after.as_bytes()).unwrap_or_default()
}

impl From<&Status> for Status {
    fn from(status: &Status) -> Self {
        *status
    }
}

impl From<Error> for Status {
    // a copy for all who ask
    #[inline(never)]
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
    // a copy for all who ask
    #[inline(never)]
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
            store::Error::Region => Status::BadFlash,
            store::Error::Flash => Status::FlashFailed,
            store::Error::NotStored => Status::NotStored,
            _ => Status::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_stands_at_its_number_with_a_name_and_a_sentence() {
        for (number, (status, _)) in ALL.iter().enumerate() {
            assert_eq!(*status as usize, number);
            let (name, text) = (name(number as u32), text(number as u32));
            let variant: String = name.to_str().unwrap()["OPENLOOP_".len()..].split('_').map(capitalised).collect();
            assert_eq!(format!("{status:?}"), variant);
            assert!(text.to_str().unwrap() != name.to_str().unwrap());
            assert!(text.count_bytes() > 3);
        }
        assert_eq!(name(27), c"OPENLOOP_UNKNOWN_STATUS");
        assert_eq!(text(27), c"this number is no status of this library");
    }

    fn capitalised(word: &str) -> String {
        word[..1].to_string() + &word[1..].to_lowercase()
    }
}
