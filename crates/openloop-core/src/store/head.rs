//! The first 64 bytes: what a blob says of itself.

use super::error::Error;
use super::format::{HEAD_BYTES, LAYER_BYTES, MAGIC, MAX_LAYERS, VERSION};
use crate::codes::codes;
use crate::integer::FRONT_BITS;
use crate::loss::{Loss, Scaling};
use crate::rule::Rule;

/// How a network calculates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Single-precision floating point.
    F32,
    /// Eight-bit weights and activations.
    Int8,
}

crate::named!(Arithmetic: "arithmetic" { F32 = "f32", Int8 = "int8" });

/// How the network of a blob learns, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About {
    /// How it calculates.
    pub arithmetic: Arithmetic,
    /// The learning rule of its hidden layers.
    pub rule: Rule,
    /// How sums over a batch become steps.
    pub scaling: Scaling,
    /// Whether its outputs are real values and no classes.
    pub regression: bool,
    /// How many of the first layers stay as they are.
    pub frozen: u16,
    /// The seed of its feedback matrices.
    pub seed: u64,
    /// Samples learned from.
    pub samples: u64,
    /// Learning rate of the hidden layers at the start.
    pub hidden_rate: f32,
    /// Learning rate of the output layer at the start.
    pub output_rate: f32,
    /// Both rates are those at the start, divided by 1 + samples / `half_after`; 0: they stay.
    pub half_after: u32,
    /// In int8 arithmetic: an input of x stands for x / 2^`input_bits`; else 0. It is the input of the first layer that learns.
    pub input_bits: u8,
    /// The same of the first layer that stays, in int8 arithmetic whose front computes in integers too
    /// ([`Int8Front`](crate::integer::Int8Front)); `input_bits` is then [`FRONT_BITS`].
    pub front_bits: Option<u8>,
}

/// The head of a blob that was checked from its first byte to its last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// How the network learns.
    pub about: About,
    /// The loss.
    pub loss: Loss,
    /// The number of layers.
    pub layers: usize,
    /// The number of offsets of the standardisation.
    pub offsets: usize,
    /// The number of its scales.
    pub scales: usize,
    /// Bytes of the state.
    pub state: usize,
    /// Bytes of the blob.
    pub length: usize,
    /// Which save this is; a later one has a higher number (wrapping around).
    pub sequence: u32,
}

impl Arithmetic {
    codes! { F32 = 0, Int8 = 1 }
}

const REGRESSION: u8 = 1;
const REFERENCE: u8 = 2;
/// Whether networks may have other layers than dense ones, and so a front.
const FRONTS: bool = cfg!(feature = "every-layer");

/// What a number stands for, where it stands for something.
pub(super) fn known<T>(what: &'static str, code: u8, found: Option<T>) -> Result<T, Error> {
    found.ok_or(Error::Unknown { what, code: code as u32 })
}

/// Bytes of a blob with so many layers, offsets and scales together, and bytes of state: its length before any of it is there.
pub const fn length(layers: usize, standardisation: usize, state: usize) -> usize {
    let state = state.saturating_add(3) / 4 * 4;
    (HEAD_BYTES + LAYER_BYTES * layers).saturating_add(standardisation.saturating_mul(4)).saturating_add(state) + 4
}

impl Head {
    /// The head's bytes.
    pub(super) fn encode(&self) -> [u8; HEAD_BYTES] {
        let (about, mut bytes) = (&self.about, [0; HEAD_BYTES]);
        let scaling = match about.scaling {
            Scaling::Mean => 0,
            Scaling::Reference => REFERENCE,
        };
        let flags = scaling | if about.regression { REGRESSION } else { 0 };
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[6] = about.arithmetic.code();
        bytes[7] = about.rule.code();
        bytes[8] = self.loss.code();
        bytes[9] = flags;
        bytes[10..12].copy_from_slice(&(self.layers as u16).to_le_bytes());
        bytes[12..14].copy_from_slice(&about.frozen.to_le_bytes());
        bytes[14] = about.input_bits;
        bytes[15] = if FRONTS { about.front_bits.map_or(0, |bits| bits.saturating_add(1)) } else { 0 };
        bytes[16..20].copy_from_slice(&(self.length as u32).to_le_bytes());
        bytes[20..24].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[24..32].copy_from_slice(&about.seed.to_le_bytes());
        bytes[32..40].copy_from_slice(&about.samples.to_le_bytes());
        bytes[40..44].copy_from_slice(&about.hidden_rate.to_le_bytes());
        bytes[44..48].copy_from_slice(&about.output_rate.to_le_bytes());
        bytes[48..52].copy_from_slice(&(self.offsets as u32).to_le_bytes());
        bytes[52..56].copy_from_slice(&(self.scales as u32).to_le_bytes());
        bytes[56..60].copy_from_slice(&(self.state as u32).to_le_bytes());
        bytes[60..64].copy_from_slice(&about.half_after.to_le_bytes());
        bytes
    }

    /// The length that a blob with this head says it has, before anything else of it is believed.
    pub(super) fn stated_length(bytes: &[u8; HEAD_BYTES]) -> Result<usize, Error> {
        let magic = [bytes[0], bytes[1], bytes[2], bytes[3]];
        if magic == [MAGIC[3], MAGIC[2], MAGIC[1], MAGIC[0]] {
            return Err(Error::ByteOrder);
        }
        if magic != MAGIC {
            return Err(Error::NotABlob);
        }
        match u16::from_le_bytes([bytes[4], bytes[5]]) {
            VERSION => Ok(word(bytes, 16) as usize),
            found => Err(Error::OtherVersion { found }),
        }
    }

    /// Reads the head of a blob whose length and checksum are right.
    pub(super) fn decode(bytes: &[u8; HEAD_BYTES]) -> Result<Head, Error> {
        let short = |at: usize| word(bytes, at / 4 * 4) >> (8 * (at % 4)) & 0xFFFF;
        let long = |at: usize| word(bytes, at) as u64 | (word(bytes, at + 4) as u64) << 32;
        let size = |at: usize| word(bytes, at) as usize;
        let unknown = |what, code| Err(Error::Unknown { what, code });
        let (flags, layers) = (bytes[9], short(10) as usize);
        if flags & !(REGRESSION | REFERENCE) != 0 {
            return unknown("flag", flags as u32);
        }
        if !FRONTS && bytes[15] != 0 {
            return unknown("scale of the front's inputs", bytes[15] as u32);
        }
        if layers > MAX_LAYERS {
            return Err(Error::TooLarge { layer: MAX_LAYERS });
        }
        let frozen = short(12) as u16;
        if layers > 0 && frozen as usize >= layers {
            return unknown("number of layers that stay", frozen as u32);
        }
        let about = About {
            arithmetic: known("arithmetic", bytes[6], Arithmetic::from_code(bytes[6]))?,
            rule: known("rule", bytes[7], Rule::from_code(bytes[7]))?,
            scaling: if flags & REFERENCE == 0 { Scaling::Mean } else { Scaling::Reference },
            regression: flags & REGRESSION != 0,
            frozen,
            seed: long(24),
            samples: long(32),
            hidden_rate: f32::from_bits(word(bytes, 40)),
            output_rate: f32::from_bits(word(bytes, 44)),
            half_after: word(bytes, 60),
            input_bits: bytes[14],
            front_bits: if FRONTS { bytes[15].checked_sub(1) } else { None },
        };
        about.check()?;
        let (offsets, scales, state) = (size(48), size(52), size(56));
        let (loss, sequence) = (known("loss", bytes[8], Loss::from_code(bytes[8]))?, word(bytes, 20));
        let (found, expected) = (size(16), length(layers, offsets.saturating_add(scales), state));
        if found != expected {
            return Err(Error::WrongLength { what: "the blob", found, expected });
        }
        Ok(Head { about, loss, layers, offsets, scales, state, length: found, sequence })
    }
}

impl About {
    /// Whether the rates and the scale of the inputs can be used.
    pub(super) fn check(&self) -> Result<(), Error> {
        let most = if self.arithmetic == Arithmetic::Int8 { 14 } else { 0 };
        if self.input_bits > most {
            return Err(Error::Unknown { what: "scale of the inputs", code: self.input_bits as u32 });
        }
        if FRONTS && let Some(bits) = self.front_bits {
            let is_int8 = self.arithmetic == Arithmetic::Int8 && self.input_bits == FRONT_BITS;
            if bits > most || !is_int8 || self.frozen == 0 {
                return Err(Error::Unknown { what: "scale of the front's inputs", code: bits as u32 });
            }
        }
        let sensible = |rate: f32| rate.is_finite() && rate >= 0.0;
        match sensible(self.hidden_rate) && sensible(self.output_rate) {
            true => Ok(()),
            false => Err(Error::NotFinite { what: "a learning rate" }),
        }
    }
}

/// The number at `at`, a multiple of 4 inside the head.
const fn word(bytes: &[u8; HEAD_BYTES], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
