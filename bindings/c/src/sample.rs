//! Samples as they come, and what is said of them.

use openloop_core::device::Progress;
use openloop_core::standardise::{limit, standardise_one};

/// What went on so far.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Samples learned from since the weights were drawn, on any device or PC.
    pub samples: u64,
    /// Samples refused because an input was infinite or not a number, since the model was made.
    pub refused: u32,
    /// Sums and steps that were not a number and were left out, since the model was made.
    pub not_finite: u32,
    /// Sums, or in int8 changes of weights, that went beyond their range, since the model was made.
    pub saturated: u32,
}

/// The answer to a sample.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Answer {
    /// The class of the largest output.
    pub label: u32,
    /// That output, between 0 and 1: under cross-entropy the probability of the class.
    pub confidence: f32,
    /// 1, or 0 where the confidence is less than the threshold of openloop_set_threshold.
    pub sure: u32,
}

/// What a network answered to a sample that it learned from, before it learned.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The class of the largest output.
    pub label: u32,
    /// The output of the right class, between 0 and 1: under cross-entropy the loss is -ln of it.
    pub right: f32,
}

/// A learning step that was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) label: u32,
    /// In f32.
    pub(crate) progress: Option<Progress>,
}

/// A sample as it came.
#[derive(Clone, Copy)]
pub(crate) enum Sample<'a> {
    F32(&'a [f32]),
    /// Whole numbers, each taken as that number.
    U8(&'a [u8]),
    /// What an int8 network works on; not standardised.
    #[cfg(feature = "int8")]
    I8(&'a [i8]),
}

impl Sample<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Sample::F32(x) => x.len(),
            Sample::U8(x) => x.len(),
            #[cfg(feature = "int8")]
            Sample::I8(x) => x.len(),
        }
    }

    fn value(&self, i: usize) -> f32 {
        match self {
            Sample::F32(x) => x.get(i).copied().unwrap_or_default(),
            Sample::U8(x) => x.get(i).copied().unwrap_or_default() as f32,
            #[cfg(feature = "int8")]
            Sample::I8(x) => x.get(i).copied().unwrap_or_default() as f32,
        }
    }
}

/// Each input of a sample, standardised where the model has a standardisation. A copy for all who ask.
#[inline(never)]
pub(crate) fn standardised(sample: Sample<'_>, offset: &[f32], scale: &[f32], mut put: impl FnMut(usize, f32)) {
    let limit = limit(offset, scale);
    let mut standardisation = offset.iter().zip(scale);
    for i in 0..sample.len() {
        let x = sample.value(i);
        put(i, standardisation.next().map_or(x, |(offset, scale)| standardise_one(x, *offset, *scale, limit)));
    }
}
