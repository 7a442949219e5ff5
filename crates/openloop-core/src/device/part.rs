//! What one part of a step works on, between the walk over the layers and the loops over the weights.

use crate::layer::{Dense, Layer};

/// A layer with its share of the memory: what one part of a step works on.
pub(super) struct Part<'p, L = Dense> {
    pub(super) layer: &'p L,
    /// The layer's index.
    pub(super) k: usize,
    /// Whether it is the last.
    pub(super) is_output: bool,
    /// Its parameters, and perhaps those of the layers after it.
    pub(super) own: &'p mut [f32],
    /// What comes in.
    pub(super) x: &'p [f32],
    /// What goes out.
    pub(super) a: &'p mut [f32],
    /// The error, or what else is projected.
    pub(super) error: &'p mut [f32],
    /// Room for a signal.
    pub(super) signal: &'p mut [f32],
}

impl<'p> Part<'p, Layer> {
    /// The same of a dense layer.
    #[inline(always)]
    pub(super) fn dense(self) -> Option<Part<'p>> {
        let Part { layer: Layer::Dense(layer), k, is_output, own, x, a, error, signal } = self else { return None };
        Some(Part { layer, k, is_output, own, x, a, error, signal })
    }
}
