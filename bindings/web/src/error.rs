//! Everything that can be wrong with a call, as a sentence for who made it.

use core::fmt;
use openloop_core::names::UnknownName;
use openloop_core::store;

/// Why a call did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The core refused.
    Core(openloop_core::Error),
    /// A file cannot be read, or a model cannot be written down.
    Blob(store::Error),
    /// The file is a model of 8-bit integers.
    Integers,
    /// The file's first layers are frozen.
    Frozen,
    /// The file's outputs are measured values.
    Values,
    /// A number that stands for no rule, activation or loss.
    Unknown {
        /// What it should name.
        what: &'static str,
        /// The number.
        code: u32,
    },
    /// A name that is not on the list.
    Name(UnknownName),
    /// No model has this number.
    NoModel {
        /// The number.
        id: u32,
    },
    /// The model has no such layer.
    NoLayer {
        /// The layer.
        layer: usize,
    },
    /// A step goes on that was not begun, or has ended.
    NoStep,
    /// More layers or neurons than a page should hold.
    TooLarge,
    /// The buffer holds fewer values than the call says.
    Buffer,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Core(error) => write!(f, "{error}"),
            Error::Blob(error) => write!(f, "{error}"),
            Error::Integers => f.write_str("it calculates in 8-bit integers; export it from a network of f32 weights"),
            Error::Frozen => f.write_str("its first layers are frozen; this page learns in all layers of a network"),
            Error::Values => f.write_str("its outputs are measured values; this page learns classes"),
            Error::Unknown { what, code } => write!(f, "{code} stands for no {what}"),
            Error::Name(error) => write!(f, "{error}"),
            Error::NoModel { id } => write!(f, "there is no model {id}; it was released or never made"),
            Error::NoLayer { layer } => write!(f, "the model has no layer {layer}"),
            Error::NoStep => f.write_str("no learning step is under way; begin one first"),
            Error::TooLarge => f.write_str("a network here has 1 to 64 layers and at most 4,000,000 weights"),
            Error::Buffer => f.write_str("the buffer holds fewer values than the call says"),
        }
    }
}

impl core::error::Error for Error {}

impl From<openloop_core::Error> for Error {
    fn from(error: openloop_core::Error) -> Self {
        Error::Core(error)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Error::Blob(error)
    }
}
