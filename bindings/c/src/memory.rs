//! What lies where in the memory the caller gives: the model's head, its layers, and the values it works on.

use crate::config::How;
use crate::sample::Begun;
use crate::status::Status;
use openloop_core::device::Health;
use openloop_core::{Checked, Layer, Loss, Spec, integer};

/// At the start of every model.
pub(crate) const MAGIC: u32 = 0x4F4C_4E4D;

/// A network and everything it works on: an opaque head, followed in the same memory by what it needs.
#[repr(C, align(8))]
#[derive(Debug)]
pub struct Model {
    pub(crate) magic: u32,
    pub(crate) sequence: u32,
    pub(crate) counts: Counts,
    pub(crate) how: How,
    pub(crate) health: Health,
    /// Of int8 arithmetic.
    pub(crate) state: integer::Int8State,
    /// Answers of less confidence are not sure.
    pub(crate) threshold: f32,
    /// A learning step that is taken part by part, until its end.
    pub(crate) begun: Option<Begun>,
}

/// How much of each kind follows the head, in the order of [`Parts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) layers: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Offsets, and scales.
    pub(crate) standardised: usize,
    /// Weights and biases: floats or bytes.
    pub(crate) parameters: usize,
    /// Floats of f32.
    pub(crate) feedback: usize,
    /// Floats of f32.
    pub(crate) scratch: usize,
    /// Words of int8.
    pub(crate) words: usize,
    /// Bytes of int8.
    pub(crate) activations: usize,
    /// Bytes of head and all that follows.
    pub(crate) total: usize,
}

/// A model's memory as Rust sees it.
pub(crate) struct Parts<'m> {
    pub(crate) model: &'m mut Model,
    pub(crate) layers: &'m mut [Layer],
    /// Of the standardisation, where there is one.
    pub(crate) offset: &'m mut [f32],
    /// As many.
    pub(crate) scale: &'m mut [f32],
    /// In f32: a sample, parameters, feedback and scratch.
    pub(crate) floats: &'m mut [f32],
    /// In int8: sums.
    pub(crate) words: &'m mut [i32],
    /// In int8: parameters, a sample, activations.
    pub(crate) bytes: &'m mut [i8],
}

impl Counts {
    fn is_f32(&self) -> bool {
        cfg!(not(feature = "int8")) || (cfg!(feature = "f32") && self.scratch > 0)
    }

    /// Values behind offsets and scales.
    pub(crate) fn floats(&self) -> usize {
        if self.is_f32() { self.inputs + self.parameters + self.feedback + self.scratch } else { 0 }
    }

    /// Bytes behind the words.
    pub(crate) fn bytes(&self) -> usize {
        if self.is_f32() { 0 } else { self.inputs + self.parameters + self.activations }
    }

    /// Bytes of head and all that follows; an error where they are too many to count.
    pub(crate) fn find_total(&mut self) -> Result<(), Status> {
        let values = 2 * self.standardised + self.floats() + self.words;
        let head = size_of::<Model>() + self.layers * size_of::<Layer>();
        let whole = 4 * values as u64 + (head + self.bytes() + 7) as u64;
        self.total = whole as usize & !7;
        if whole <= i32::MAX as u64 { Ok(()) } else { Err(Status::TooLarge) }
    }
}

/// The checked network over these layers. A copy for all who ask.
#[inline(never)]
pub(crate) fn check(layers: &[Layer], loss: Loss) -> Result<Checked<'_>, Status> {
    Ok(Spec { layers, loss }.check_dense()?)
}

/// The first `count` values and the rest; all there are where there are fewer.
pub(crate) fn split<T>(values: &mut [T], count: usize) -> (&mut [T], &mut [T]) {
    let count = count.min(values.len());
    values.split_at_mut_checked(count).unwrap_or_default()
}
