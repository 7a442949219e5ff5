//! A model's way into a blob and back.

use crate::chain::opened;
#[cfg(feature = "f32")]
use crate::float;
#[cfg(feature = "int8")]
use crate::int8;
use crate::memory::{Parts, check};
use crate::status::Status;
use openloop_core::integer::Int8State;
use openloop_core::store::{self, Arithmetic, Contents, Head, Section, SectionMut, Standardisation};
use openloop_core::{Checked, Rule};

/// The standardisation of a model that has none, as a blob says it.
const AS_THEY_COME: ([f32; 1], [f32; 1]) = ([0.0], [1.0]);

/// What a state is loaded into.
pub(crate) struct Room<'p> {
    pub(crate) network: Checked<'p>,
    pub(crate) arithmetic: Arithmetic,
    pub(crate) rule: Rule,
    pub(crate) standardisation: Standardisation<'p>,
    pub(crate) state: SectionMut<'p>,
}

impl Parts<'_> {
    /// Bytes of the blob that `save` writes now.
    pub(crate) fn saved_size(&mut self) -> Result<usize, Status> {
        self.with_contents(|contents, _| Ok(contents.length()))
    }

    /// Writes the blob and gives its length.
    pub(crate) fn save(&mut self, bytes: &mut [u8]) -> Result<usize, Status> {
        let sequence = self.model.sequence.wrapping_add(1);
        let length = self.with_contents(|contents, sequence| Ok(contents.write_to(sequence, bytes)?))?;
        self.model.sequence = sequence;
        Ok(length)
    }

    /// Shows what a blob of this model holds, and the number of the next save.
    pub(crate) fn with_contents<T>(
        &mut self,
        with: impl FnOnce(&Contents<'_>, u32) -> Result<T, Status>,
    ) -> Result<T, Status> {
        let Parts { model, layers, offset, scale, floats, bytes, .. } = self;
        let network = check(layers, model.how.loss)?;
        let state = match model.how.about.arithmetic {
            #[cfg(feature = "f32")]
            Arithmetic::F32 => Section::F32(float::parameters(floats, &model.counts)),
            #[cfg(feature = "int8")]
            Arithmetic::Int8 => Section::I8(int8::parameters(bytes, &model.counts)),
            #[cfg(not(all(feature = "f32", feature = "int8")))]
            _ => return Err(Status::NotOnDevice),
        };
        let (offset, scale) = match offset.is_empty() {
            true => (&AS_THEY_COME.0[..], &AS_THEY_COME.1[..]),
            false => (one_if_equal(offset), one_if_equal(scale)),
        };
        let contents = Contents { network, about: model.how.about, offset, scale, state: &[state] };
        with(&contents, model.sequence.wrapping_add(1))
    }

    /// Reads a blob of this very network into it.
    pub(crate) fn load(&mut self, bytes: &[u8]) -> Result<(), Status> {
        self.with_room(|room| {
            let Room { network, arithmetic, rule, standardisation, state } = room;
            Ok(store::load(&mut &*bytes, &network, arithmetic, rule, standardisation, &mut [state])?)
        })
    }

    /// Lets `read` fill the room for a state, and takes over what its head says.
    pub(crate) fn with_room(&mut self, read: impl FnOnce(Room<'_>) -> Result<Head, Status>) -> Result<(), Status> {
        let Parts { model, layers, offset, scale, floats, bytes, .. } = self;
        let network = check(layers, model.how.loss)?;
        let (arithmetic, rule) = (model.how.about.arithmetic, model.how.about.rule);
        let state = match arithmetic {
            #[cfg(feature = "f32")]
            Arithmetic::F32 => SectionMut::F32(float::parameters(floats, &model.counts)),
            #[cfg(feature = "int8")]
            Arithmetic::Int8 => SectionMut::I8(int8::parameters(bytes, &model.counts)),
            #[cfg(not(all(feature = "f32", feature = "int8")))]
            _ => return Err(Status::NotOnDevice),
        };
        let standardisation = Standardisation { offset, scale };
        model.begun = None;
        let head = read(Room { network, arithmetic, rule, standardisation, state })?;
        model.how.about = head.about;
        model.sequence = head.sequence;
        model.state = Int8State { step: head.about.samples, saturated: 0 };
        self.draw_feedback()
    }
}

/// The first value stands for all where all are the same.
fn one_if_equal(values: &[f32]) -> &[f32] {
    let first = values.first().copied().unwrap_or_default();
    let same = values.iter().all(|value| value.to_bits() == first.to_bits());
    values.get(..if same { 1 } else { values.len() }).unwrap_or_default()
}

/// Which of two slots holds the later save; none if neither holds a whole blob.
pub(crate) fn newer(mut first: &[u8], mut second: &[u8]) -> Result<u32, Status> {
    match (opened(&mut first), opened(&mut second)) {
        (Ok(first), Ok(second)) => Ok((second.sequence.wrapping_sub(first.sequence) as i32 > 0) as u32),
        (Ok(_), Err(_)) => Ok(0),
        (Err(_), Ok(_)) => Ok(1),
        (Err(_), Err(_)) => Err(Status::NothingSaved),
    }
}
