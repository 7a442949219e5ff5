//! A model's way into a blob and back.

use crate::learning::split;
use crate::memory::{FromBlob, Parts, check};
use crate::status::Status;
use openloop_core::store::{self, Arithmetic, Contents, Section, SectionMut, Standardisation};

impl Parts<'_> {
    /// Bytes of the blob that `save` writes now.
    pub(crate) fn saved_size(&mut self) -> Result<usize, Status> {
        self.contents(|contents, _| Ok(contents.length()))
    }

    /// Writes the blob and gives its length.
    pub(crate) fn save(&mut self, bytes: &mut [u8]) -> Result<usize, Status> {
        let sequence = self.model.sequence.wrapping_add(1);
        let length = self.contents(|contents, sequence| Ok(contents.write_to(sequence, bytes)?))?;
        self.model.sequence = sequence;
        Ok(length)
    }

    /// Shows what a blob of this model holds, and the number of the next save.
    fn contents<T>(&mut self, with: impl FnOnce(&Contents<'_>, u32) -> Result<T, Status>) -> Result<T, Status> {
        let (how, counts) = (self.model.plan, self.model.counts);
        let network = check(self.layers, how.loss)?;
        let floats = Parts::floats(self.floats, counts.inputs, counts.parameters, 0);
        let (parameters, _) = split(self.bytes, counts.parameters);
        let state = match how.about.arithmetic {
            Arithmetic::F32 => Section::F32(floats.parameters),
            Arithmetic::Int8 => Section::I8(parameters),
        };
        let (offset, scale) = (one_if_equal(floats.offset), one_if_equal(floats.scale));
        let contents = Contents { network, about: how.about, offset, scale, state: &[state] };
        with(&contents, self.model.sequence.wrapping_add(1))
    }

    /// Reads a blob of this very network into it.
    pub(crate) fn load(&mut self, mut bytes: &[u8]) -> Result<(), Status> {
        let (how, counts) = (self.model.plan, self.model.counts);
        let network = check(self.layers, how.loss)?;
        let floats = Parts::floats(self.floats, counts.inputs, counts.parameters, 0);
        let (parameters, _) = split(self.bytes, counts.parameters);
        let state = match how.about.arithmetic {
            Arithmetic::F32 => SectionMut::F32(floats.parameters),
            Arithmetic::Int8 => SectionMut::I8(parameters),
        };
        let room = Standardisation { offset: floats.offset, scale: floats.scale };
        let head = store::load(&mut bytes, &network, how.about.arithmetic, how.about.rule, room, &mut [state])?;
        self.model.plan.about = head.about;
        self.model.sequence = head.sequence;
        self.model.state = openloop_core::integer::Int8State { step: head.about.samples, saturated: 0 };
        self.draw()
    }
}

/// The first value stands for all where all are the same.
fn one_if_equal(values: &[f32]) -> &[f32] {
    let first = values.first().copied().unwrap_or_default();
    let same = values.iter().all(|value| value.to_bits() == first.to_bits());
    values.get(..if same { 1 } else { values.len() }).unwrap_or_default()
}

/// Which of two slots holds the later save; none if neither holds a whole blob.
pub(crate) fn newer(first: &[u8], second: &[u8]) -> Result<u32, Status> {
    let sequence = |bytes| FromBlob::new(bytes, false).map(|blob| blob.head.sequence);
    match (sequence(first), sequence(second)) {
        (Ok(first), Ok(second)) => Ok(if (second.wrapping_sub(first) as i32) > 0 { 1 } else { 0 }),
        (Ok(_), Err(_)) => Ok(0),
        (Err(_), Ok(_)) => Ok(1),
        (Err(_), Err(_)) => Err(Status::NothingSaved),
    }
}
