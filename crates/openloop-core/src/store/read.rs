//! Reading a blob: over all its bytes first, then layer by layer, and only then into the caller's memory, with the checksum once more: a
//! flash may answer otherwise the second time.

use super::crc::Crc;
use super::error::Error;
use super::fit::{Fit, check_standardisation};
use super::format::{HEAD_BYTES, LAYER_BYTES};
use super::head::{About, Arithmetic, Head};
use super::layer;
use crate::layer::Layer;
use crate::rule::Rule;
use crate::spec::Checked;

/// Bytes that are read at once, from offsets that are multiples of it.
pub(super) const CHUNK: usize = 32;

/// Where a blob's bytes come from: memory, or a flash that can only be read through its driver.
pub trait Source {
    /// How many bytes there are; a blob may be shorter.
    fn length(&self) -> usize;
    /// Reads `bytes` from offset `at`, a multiple of 32; never more than 32 at once, nor beyond the length.
    ///
    /// # Errors
    /// [`Error::Flash`] where the driver refuses.
    fn read(&mut self, at: usize, bytes: &mut [u8]) -> Result<(), Error>;
}

impl Source for &[u8] {
    fn length(&self) -> usize {
        self.len()
    }

    fn read(&mut self, at: usize, bytes: &mut [u8]) -> Result<(), Error> {
        let from = self.get(at..).and_then(|rest| rest.get(..bytes.len())).ok_or(Error::Flash)?;
        bytes.copy_from_slice(from);
        Ok(())
    }
}

/// Room for the standardisation of the inputs: one value, one a channel or one an input; or none at all, for a network that
/// takes its inputs as they come.
#[derive(Debug, Default)]
pub struct Standardisation<'a> {
    /// Subtracted first.
    pub offset: &'a mut [f32],
    /// Multiplied after.
    pub scale: &'a mut [f32],
}

impl Standardisation<'_> {
    /// The same room, for a shorter time.
    pub fn reborrow(&mut self) -> Standardisation<'_> {
        Standardisation { offset: self.offset, scale: self.scale }
    }
}

/// Room for a part of the state.
#[derive(Debug)]
pub enum SectionMut<'a> {
    /// Four bytes a value.
    F32(&'a mut [f32]),
    /// A byte a value.
    I8(&'a mut [i8]),
    /// Two bytes a value.
    I16(&'a mut [i16]),
    /// Four bytes a value.
    I32(&'a mut [i32]),
    /// As they are.
    Bytes(&'a mut [u8]),
}

impl SectionMut<'_> {
    fn bytes(&self) -> usize {
        match self {
            SectionMut::F32(values) => size_of_val(*values),
            SectionMut::I8(values) => size_of_val(*values),
            SectionMut::I16(values) => size_of_val(*values),
            SectionMut::I32(values) => size_of_val(*values),
            SectionMut::Bytes(values) => values.len(),
        }
    }
}

/// A source read byte by byte.
struct Reader<'s, S> {
    source: &'s mut S,
    chunk: [u8; CHUNK],
    used: usize,
    next: usize,
    crc: Crc,
}

impl<'s, S: Source> Reader<'s, S> {
    /// From offset `at` on.
    fn new(source: &'s mut S, at: usize) -> Result<Self, Error> {
        let next = at / CHUNK * CHUNK;
        let mut reader = Reader { source, chunk: [0; CHUNK], used: CHUNK, next, crc: Crc::new() };
        for _ in next..at {
            reader.byte()?;
        }
        Ok(reader)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        if self.used >= CHUNK {
            let left = self.source.length().saturating_sub(self.next);
            let chunk = self.chunk.get_mut(..left.min(CHUNK)).unwrap_or_default();
            self.source.read(self.next, chunk)?;
            (self.next, self.used) = (self.next + CHUNK, 0);
        }
        let byte = self.chunk.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        self.crc.add(byte);
        Ok(byte)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.fill(&mut bytes).map(|()| bytes)
    }

    // once for all lengths
    #[cfg_attr(target_os = "none", inline(never))]
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        for byte in bytes {
            *byte = self.byte()?;
        }
        Ok(())
    }

    /// Reads over `count` bytes.
    fn skip(&mut self, count: usize) -> Result<(), Error> {
        (0..count).try_for_each(|_| self.byte().map(|_| ()))
    }

    /// Checks that the next four bytes are the checksum of all before.
    fn checksum(&mut self) -> Result<(), Error> {
        let made = self.crc.value();
        if made == u32::from_le_bytes(self.take()?) { Ok(()) } else { Err(Error::Checksum) }
    }

    fn float(&mut self) -> Result<f32, Error> {
        Ok(f32::from_le_bytes(self.take()?))
    }

    fn section(&mut self, section: &mut SectionMut<'_>) -> Result<(), Error> {
        match section {
            SectionMut::F32(values) => values.iter_mut().try_for_each(|v| self.float().map(|read| *v = read)),
            SectionMut::I8(values) => values.iter_mut().try_for_each(|v| self.byte().map(|read| *v = read as i8)),
            SectionMut::I16(values) => {
                values.iter_mut().try_for_each(|v| self.take().map(|read| *v = i16::from_le_bytes(read)))
            }
            SectionMut::I32(values) => {
                values.iter_mut().try_for_each(|v| self.take().map(|read| *v = i32::from_le_bytes(read)))
            }
            SectionMut::Bytes(values) => values.iter_mut().try_for_each(|v| self.byte().map(|read| *v = read)),
        }
    }
}

/// Checks a blob from its first byte to its last and gives its head.
///
/// # Errors
/// What is wrong with it.
pub fn open<S: Source>(source: &mut S) -> Result<Head, Error> {
    let head = whole(source)?;
    check_content(source, &head)?;
    Ok(head)
}

/// The head of a blob whose checksum is right: all bytes were written as they were meant. Whether they make a network is not asked.
pub(super) fn whole<S: Source>(source: &mut S) -> Result<Head, Error> {
    let found = source.length();
    if found < HEAD_BYTES {
        return Err(Error::TooShort { found, expected: HEAD_BYTES });
    }
    let mut reader = Reader::new(source, 0)?;
    let bytes = reader.take()?;
    let length = Head::stated_length(&bytes)?;
    if length > found {
        return Err(Error::TooShort { found, expected: length });
    }
    if length < HEAD_BYTES + 4 {
        return Err(Error::WrongLength { what: "the blob", found: length, expected: HEAD_BYTES + 4 });
    }
    reader.skip(length - 4 - HEAD_BYTES)?;
    reader.checksum()?;
    Head::decode(&bytes)
}

/// What the checksum does not say: that the layers make a network, that the parts fit it, that numbers are numbers.
fn check_content<S: Source>(source: &mut S, head: &Head) -> Result<(), Error> {
    let (mut reader, mut fit) = (Reader::new(source, HEAD_BYTES)?, Fit::default());
    for k in 0..head.layers {
        fit.add(&layer::decode(k, &reader.take()?)?, head.about.frozen)?;
    }
    let floats = fit.check(head)?;
    check_numbers(&mut reader, head, floats)
}

/// Whether the standardisation and the first `floats` values of the state are finite, and the rest of it is filled up with zeros.
fn check_numbers<S: Source>(reader: &mut Reader<'_, S>, head: &Head, floats: usize) -> Result<(), Error> {
    for _ in 0..head.offsets + head.scales {
        if !reader.float()?.is_finite() {
            return Err(Error::NotFinite { what: "the standardisation" });
        }
    }
    for _ in 0..floats {
        if !reader.float()?.is_finite() {
            return Err(Error::NotFinite { what: "the state" });
        }
    }
    for i in 4 * floats..head.state.next_multiple_of(4) {
        let code = reader.byte()? as u32;
        if i >= head.state && code != 0 {
            return Err(Error::Unknown { what: "filling after the state", code });
        }
    }
    Ok(())
}

/// Layer `k` of a blob that was opened.
///
/// # Errors
/// [`Error::TooLarge`] where it has no such layer.
pub fn read_layer<S: Source>(source: &mut S, head: &Head, k: usize) -> Result<Layer, Error> {
    if k >= head.layers {
        return Err(Error::TooLarge { layer: k });
    }
    layer::decode(k, &Reader::new(source, HEAD_BYTES + LAYER_BYTES * k)?.take()?)
}

/// Whether the network of a blob that was opened takes its inputs as they come: one offset of 0 and one scale of 1.
///
/// # Errors
/// [`Error::Flash`] where the source cannot be read again.
pub fn takes_inputs_as_they_come<S: Source>(source: &mut S, head: &Head) -> Result<bool, Error> {
    if (head.offsets, head.scales) != (1, 1) {
        return Ok(false);
    }
    let mut reader = Reader::new(source, HEAD_BYTES + LAYER_BYTES * head.layers)?;
    Ok(reader.float()? == 0.0 && reader.float()? == 1.0)
}

/// Reads standardisation and state of a blob that was opened, and checks its checksum in the same reading.
///
/// # Errors
/// Memory that does not fit; nothing was written then. [`Error::Checksum`] or [`Error::Flash`] where its bytes are not those that were
/// opened, or cannot be read again: some of them may have been written, so what lies in the memory is no state.
pub fn read_state<S: Source>(
    source: &mut S,
    head: &Head,
    standardisation: Standardisation<'_>,
    state: &mut [SectionMut<'_>],
) -> Result<(), Error> {
    expect_state(head, state)?;
    let Standardisation { offset, scale } = standardisation;
    let fits = |values: &[f32], count: usize| values.len().is_multiple_of(count.max(1)) && !values.is_empty();
    let mut reader = Reader::new(source, 0)?;
    let read = reader.take::<HEAD_BYTES>()?;
    if read.iter().zip(&head.encode()).any(|(read, opened)| read != opened) {
        return Err(Error::Checksum);
    }
    reader.skip(LAYER_BYTES * head.layers)?;
    if offset.is_empty() && scale.is_empty() {
        for i in 0..head.offsets + head.scales {
            if reader.float()? != if i < head.offsets { 0.0 } else { 1.0 } {
                return Err(Error::Standardised);
            }
        }
    } else if fits(offset, head.offsets) && fits(scale, head.scales) {
        spread(&mut reader, head.offsets, offset)?;
        spread(&mut reader, head.scales, scale)?;
    } else {
        let (found, expected) = (offset.len().min(scale.len()), head.offsets.max(head.scales));
        return Err(Error::WrongLength { what: "the memory for the standardisation", found, expected });
    }
    state.iter_mut().try_for_each(|section| reader.section(section))?;
    reader.skip(head.state.next_multiple_of(4) - head.state)?;
    reader.checksum()
}

/// Reads `count` values, each for an equal part of `values`.
fn spread<S: Source>(reader: &mut Reader<'_, S>, count: usize, values: &mut [f32]) -> Result<(), Error> {
    let part = values.len() / count.max(1);
    for part in values.chunks_exact_mut(part.max(1)) {
        part.fill(reader.float()?);
    }
    Ok(())
}

/// Reads a blob into a network that is there already: its layers, its arithmetic and its rule must be the same.
///
/// # Errors
/// What is wrong with the blob, or how it differs. Nothing was written then, but for what [`read_state`] says.
pub fn load<S: Source>(
    source: &mut S,
    network: &Checked<'_>,
    arithmetic: Arithmetic,
    rule: Rule,
    standardisation: Standardisation<'_>,
    state: &mut [SectionMut<'_>],
) -> Result<Head, Error> {
    let head = whole(source);
    // by reference: a device should not copy it
    if let Ok(head) = &head {
        load_whole(source, head, network, arithmetic, rule, standardisation, state)?;
    }
    head
}

/// The same of a blob whose head was read: its layers need not be understood, because they must be those of the network, byte by byte.
pub(super) fn load_whole<S: Source>(
    source: &mut S,
    head: &Head,
    network: &Checked<'_>,
    arithmetic: Arithmetic,
    rule: Rule,
    standardisation: Standardisation<'_>,
    state: &mut [SectionMut<'_>],
) -> Result<(), Error> {
    check_network(source, head, network, arithmetic, rule)?;
    check_standardisation(head, network.inputs())?;
    expect_state(head, state)?;
    let floats = match state.first() {
        Some(SectionMut::F32(_)) if arithmetic == Arithmetic::F32 => head.state / 4,
        Some(SectionMut::F32(frozen)) => frozen.len(),
        _ => 0,
    };
    let mut reader = Reader::new(source, HEAD_BYTES + LAYER_BYTES * head.layers)?;
    check_numbers(&mut reader, head, floats)?;
    read_state(source, head, standardisation, state)
}

fn expect_state(head: &Head, state: &[SectionMut<'_>]) -> Result<(), Error> {
    let room = state.iter().map(SectionMut::bytes).sum::<usize>();
    if room != head.state {
        return Err(Error::WrongLength { what: "the memory for the state", found: room, expected: head.state });
    }
    Ok(())
}

/// Whether a state goes on from a model of the same network: all that both say of themselves is the same, the standardisation too, and the
/// state has learned from at least as many samples.
pub(super) fn goes_on<A: Source, B: Source>(state: (&mut A, &Head), model: (&mut B, &Head)) -> bool {
    let ((state, head), (model, of_model)) = (state, model);
    let samples = of_model.about.samples;
    let is_kin = head.about == About { samples: head.about.samples, ..of_model.about } && head.about.samples >= samples;
    let counts = (head.offsets, head.scales);
    is_kin && counts == (of_model.offsets, of_model.scales) && have_equal_standardisation(state, model, head)
}

fn have_equal_standardisation<A: Source, B: Source>(a: &mut A, b: &mut B, head: &Head) -> bool {
    let start = HEAD_BYTES + LAYER_BYTES * head.layers;
    let (Ok(mut a), Ok(mut b)) = (Reader::new(a, start), Reader::new(b, start)) else { return false };
    (0..4 * (head.offsets + head.scales)).all(|_| match (a.byte(), b.byte()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    })
}

/// Checks that a blob that was opened is of this network, arithmetic and rule.
pub(super) fn check_network<S: Source>(
    source: &mut S,
    head: &Head,
    network: &Checked<'_>,
    arithmetic: Arithmetic,
    rule: Rule,
) -> Result<(), Error> {
    if head.about.arithmetic != arithmetic {
        return Err(Error::OtherArithmetic);
    }
    if head.about.rule != rule {
        return Err(Error::OtherRule);
    }
    let mut reader = Reader::new(source, HEAD_BYTES)?;
    for (k, layer) in network.layers().iter().enumerate() {
        if k >= head.layers || reader.take()? != layer::encode(k, layer)? {
            return Err(Error::OtherNetwork { layer: k });
        }
    }
    if head.layers != network.layers().len() || head.loss != network.loss() {
        return Err(Error::OtherNetwork { layer: network.layers().len() });
    }
    Ok(())
}
