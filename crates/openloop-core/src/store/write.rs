//! Writing a blob, from the first byte to the checksum.

use super::crc::Crc;
use super::error::Error;
use super::fit::Fit;
use super::format::MAX_LAYERS;
use super::head::{About, Head, length};
use super::layer;
use crate::spec::Checked;

/// Where a blob's bytes go.
pub trait Sink {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// No room, or a flash driver that refuses.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error>;
}

/// A part of the state.
#[derive(Clone, Copy, Debug)]
pub enum Section<'a> {
    /// Four bytes a value.
    F32(&'a [f32]),
    /// A byte a value.
    I8(&'a [i8]),
    /// Two bytes a value.
    I16(&'a [i16]),
    /// Four bytes a value.
    I32(&'a [i32]),
    /// As they are.
    Bytes(&'a [u8]),
}

impl Section<'_> {
    const fn bytes(&self) -> usize {
        match self {
            Section::F32(values) => size_of_val(*values),
            Section::I8(values) => size_of_val(*values),
            Section::I16(values) => size_of_val(*values),
            Section::I32(values) => size_of_val(*values),
            Section::Bytes(values) => values.len(),
        }
    }
}

/// Everything a blob holds.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// The layers and the loss.
    pub network: Checked<'a>,
    /// How it learns, and how far it is.
    pub about: About,
    /// Offsets of the standardisation: `[0.0]` for inputs that are taken as they come.
    pub offset: &'a [f32],
    /// Scales of the standardisation: `[1.0]` for inputs that are taken as they come.
    pub scale: &'a [f32],
    /// The state: `[F32(parameters), F32(readouts)]` in f32 arithmetic.
    pub state: &'a [Section<'a>],
}

impl Contents<'_> {
    /// Bytes of the blob.
    pub fn length(&self) -> usize {
        length(self.network.layers().len(), self.offset.len() + self.scale.len(), self.state_bytes())
    }

    fn state_bytes(&self) -> usize {
        self.state.iter().map(Section::bytes).sum()
    }

    fn head(&self, sequence: u32) -> Head {
        Head {
            about: self.about,
            loss: self.network.loss(),
            layers: self.network.layers().len(),
            offsets: self.offset.len(),
            scales: self.scale.len(),
            state: self.state_bytes(),
            length: self.length(),
            sequence,
        }
    }

    /// Writes the blob as save number `sequence`.
    ///
    /// # Errors
    /// A state that is not finite, a network too large for the format, or a sink that refuses; before the first byte where
    /// it is not the sink.
    pub fn write<W: Sink>(&self, sequence: u32, sink: &mut W) -> Result<(), Error> {
        self.check()?;
        let mut out = Summed { sink, crc: Crc::new() };
        let head = self.head(sequence);
        out.put(&head.encode())?;
        for (k, layer) in self.network.layers().iter().enumerate() {
            out.put(&layer::encode(k, layer)?)?;
        }
        self.offset.iter().chain(self.scale).try_for_each(|value| out.put(&value.to_le_bytes()))?;
        self.state.iter().try_for_each(|section| out.section(section))?;
        for _ in 0..head.state.next_multiple_of(4) - head.state {
            out.put(&[0])?;
        }
        let checksum = out.crc.value();
        out.sink.put(&checksum.to_le_bytes())
    }

    /// Writes the blob into `bytes` and gives its length.
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`], or as for [`Contents::write`]. Nothing was written then.
    pub fn write_to(&self, sequence: u32, bytes: &mut [u8]) -> Result<usize, Error> {
        let (found, expected) = (bytes.len(), self.length());
        if found < expected {
            return Err(Error::BufferTooSmall { found, expected });
        }
        self.write(sequence, &mut Slice(bytes))?;
        Ok(expected)
    }

    /// Whether a reader would take it.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.about.check()?;
        if self.network.layers().len() > MAX_LAYERS {
            return Err(Error::TooLarge { layer: MAX_LAYERS });
        }
        // a chain of dense layers is checked, and who has nothing else has made the rest of it fit
        if cfg!(feature = "every-layer") {
            self.check_fit()?;
        }
        if self.about.frozen as usize >= self.network.layers().len() {
            let code = self.about.frozen as u32;
            return Err(Error::Unknown { what: "number of layers that stay", code });
        }
        if self.offset.iter().chain(self.scale).any(|value| !value.is_finite()) {
            return Err(Error::NotFinite { what: "the standardisation" });
        }
        let is_finite = |section: &Section<'_>| match section {
            Section::F32(values) => values.iter().all(|value| value.is_finite()),
            _ => true,
        };
        if !self.state.iter().all(is_finite) {
            return Err(Error::NotFinite { what: "the state" });
        }
        Ok(())
    }

    /// Whether the parts fit together when they are read again.
    fn check_fit(&self) -> Result<(), Error> {
        let mut fit = Fit::default();
        for (k, layer) in self.network.layers().iter().enumerate() {
            fit.add(&layer::decode(k, &layer::encode(k, layer)?)?, self.about.frozen)?;
        }
        fit.check(&self.head(0)).map(|_| ())
    }
}

/// A sink with the checksum of what went in.
struct Summed<'s, W> {
    sink: &'s mut W,
    crc: Crc,
}

impl<W: Sink> Summed<'_, W> {
    // once for all lengths
    #[cfg_attr(target_os = "none", inline(never))]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        bytes.iter().for_each(|byte| self.crc.add(*byte));
        self.sink.put(bytes)
    }

    fn section(&mut self, section: &Section<'_>) -> Result<(), Error> {
        match section {
            Section::F32(values) => values.iter().try_for_each(|v| self.put(&v.to_le_bytes())),
            Section::I8(values) => values.iter().try_for_each(|v| self.put(&v.to_le_bytes())),
            Section::I16(values) => values.iter().try_for_each(|v| self.put(&v.to_le_bytes())),
            Section::I32(values) => values.iter().try_for_each(|v| self.put(&v.to_le_bytes())),
            Section::Bytes(values) => values.iter().try_for_each(|v| self.put(&[*v])),
        }
    }
}

/// Memory that fills up.
struct Slice<'a>(&'a mut [u8]);

impl Sink for Slice<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let whole = core::mem::take(&mut self.0);
        let (found, expected) = (whole.len(), bytes.len());
        let (now, rest) = whole.split_at_mut_checked(expected).ok_or(Error::BufferTooSmall { found, expected })?;
        now.copy_from_slice(bytes);
        self.0 = rest;
        Ok(())
    }
}
