//! What was lent, handed out layer by layer: from the front on the way forward, from the back on the way back.

use crate::layer::Dense;
use crate::matrix::Matrix;
use crate::memory::{Feedback, Memory, feedback_matrix};
use crate::optimizer::Slots;
use crate::spec::Checked;
use crate::training::Training;
use crate::weights::{Layout, Trainable, layout_of};

/// What belongs to a layer: what it learns, the matrix that carries its signal, and its readout if that learns.
#[derive(Debug)]
pub struct Share<'a> {
    /// What it learns.
    pub own: Trainable<'a>,
    /// The fixed matrix that carries its signal; empty where it needs none.
    pub matrix: Matrix<'a>,
    /// Its own classifier, under a rule whose readout learns.
    pub readout: Option<Readout<'a>>,
}

impl Share<'_> {
    /// The same share, for a shorter time.
    pub fn reborrow(&mut self) -> Share<'_> {
        let readout =
            self.readout.as_mut().map(|readout| Readout { layer: readout.layer, own: readout.own.reborrow() });
        Share { own: self.own.reborrow(), matrix: self.matrix, readout }
    }
}

/// A hidden layer's own linear classifier `[outputs of the network, outputs of the layer]`, which learns too.
#[derive(Debug)]
pub struct Readout<'a> {
    /// Its sizes.
    pub layer: Dense,
    /// Its weights and biases.
    pub own: Trainable<'a>,
}

impl Readout<'_> {
    /// The matrix that carries the layer's signal: its weights as they are now.
    pub fn matrix(&self) -> Matrix<'_> {
        Matrix::Stored(&self.own.parameters[..self.layer.weights()])
    }
}

/// Hands out each layer's share of the memory.
pub(crate) struct Shares<'a> {
    network: Checked<'a>,
    training: Training,
    parameters: &'a mut [f32],
    layouts: &'a [Layout],
    optimizer: &'a mut [f32],
    readouts: &'a mut [f32],
    readout_optimizer: &'a mut [f32],
    feedback: Feedback<'a>,
}

impl<'a> Shares<'a> {
    /// Without scratch, which is not handed out by layer.
    pub(crate) fn new(network: Checked<'a>, training: Training, memory: Memory<'a>) -> Self {
        let Memory { parameters, layouts, readouts, mut optimizer, feedback, scratch: _ } = memory;
        let layers_optimizer = split_front(&mut optimizer, training.optimizer.slots() * parameters.len());
        Shares {
            network,
            training,
            parameters,
            layouts,
            optimizer: layers_optimizer,
            readouts,
            readout_optimizer: optimizer,
            feedback,
        }
    }

    /// All parameters not yet handed out.
    pub(crate) fn parameters(&mut self) -> &mut [f32] {
        self.parameters
    }

    /// How the weights of layer `k` lie.
    pub(crate) fn layout(&self, k: usize) -> Layout {
        layout_of(self.layouts, k)
    }

    /// The share of layer `k`, when layers are asked for first to last.
    pub(crate) fn next_share(&mut self, k: usize) -> Share<'a> {
        let feedback = self.feedback_length(k);
        let matrix = self.matrix(k, |stored| stored.split_at(feedback));
        Share { own: self.trainable(k, split_front), matrix, readout: self.readout(k, split_front) }
    }

    /// The share of layer `k`, when layers are asked for last to first.
    pub(crate) fn last_share(&mut self, k: usize) -> Share<'a> {
        let feedback = self.feedback_length(k);
        let matrix = self.matrix(k, |stored| {
            let (rest, own) = stored.split_at(stored.len() - feedback);
            (own, rest)
        });
        Share { own: self.trainable(k, split_back), matrix, readout: self.readout(k, split_back) }
    }

    fn feedback_length(&self, k: usize) -> usize {
        let (rows, columns) = self.network.feedback_shape(self.training.rule, k);
        rows * columns
    }

    fn trainable(&mut self, k: usize, split: Split) -> Trainable<'a> {
        let (count, slots) = (self.network.layers()[k].parameters(), self.training.optimizer.slots());
        let own = split(&mut self.parameters, count);
        let slots = Slots::new(split(&mut self.optimizer, slots * count), count);
        Trainable { parameters: own, slots, layout: self.layout(k) }
    }

    fn readout(&mut self, k: usize, split: Split) -> Option<Readout<'a>> {
        let layer = self.network.readout(self.training.rule, k)?;
        let (count, slots) = (layer.parameters(), self.training.optimizer.slots());
        let own = split(&mut self.readouts, count);
        let slots = Slots::new(split(&mut self.readout_optimizer, slots * count), count);
        Some(Readout { layer, own: Trainable { parameters: own, slots, layout: Layout::Rows } })
    }

    fn matrix(&mut self, k: usize, split: impl Fn(&'a [f32]) -> (&'a [f32], &'a [f32])) -> Matrix<'a> {
        match &mut self.feedback {
            Feedback::Stored(stored) => {
                let (own, rest) = split(stored);
                *stored = rest;
                Matrix::Stored(own)
            }
            Feedback::Seeded(seed) => {
                let rule = self.training.rule;
                let (rows, columns) = self.network.feedback_shape(rule, k);
                feedback_matrix(rule, *seed, self.network.stream_number(k), rows, columns)
            }
        }
    }
}

type Split = for<'b> fn(&mut &'b mut [f32], usize) -> &'b mut [f32];

/// Takes the first `count` values off `slice`.
pub(crate) fn split_front<'b>(slice: &mut &'b mut [f32], count: usize) -> &'b mut [f32] {
    let (own, rest) = core::mem::take(slice).split_at_mut(count);
    *slice = rest;
    own
}

/// Takes the last `count` values off `slice`.
pub(crate) fn split_back<'b>(slice: &mut &'b mut [f32], count: usize) -> &'b mut [f32] {
    let whole = core::mem::take(slice);
    let (rest, own) = whole.split_at_mut(whole.len() - count);
    *slice = rest;
    own
}
