//! What a layer's learning step works on: the plain structs that [`Kernels`](crate::kernels::Kernels) take.

use crate::layer::{Grid, Layer};
use crate::loss::{Loss, Targets};
use crate::matrix::Matrix;
use crate::optimizer::Step;
use crate::rule::Rule;
use crate::share::Readout;
use crate::spec::{readout_grid, seen};
use crate::training::{Batches, Training};
use core::ops::Range;

/// What some neurons of a dense layer learn from.
#[derive(Clone, Debug)]
pub struct Pass<'a> {
    /// The neurons that learn.
    pub units: Range<usize>,
    /// What came in, `[batch, inputs]`.
    pub x: &'a [f32],
    /// The gradient at these neurons' sums, `[batch, units]`.
    pub delta: &'a [f32],
}

/// A fixed matrix that carries a signal to a layer.
#[derive(Clone, Copy, Debug)]
pub struct Projection<'a> {
    /// `[outputs, columns]`.
    pub matrix: Matrix<'a>,
    /// The network's outputs, C.
    pub outputs: usize,
    /// The layer's outputs, or what a pooled readout sees of them.
    pub columns: usize,
    /// The factor on the signal, from the scaling convention.
    pub factor: f32,
}

impl Projection<'_> {
    /// Each sample's agreement with its class's row, in the class's place of `out: [batch, outputs]`; see [`Matrix::agreement`].
    pub fn agreement(&self, targets: &Targets<'_>, a: &[f32], out: &mut [f32]) {
        let (Targets::Labels(labels) | Targets::WeightedLabels(labels, _)) = targets else { return };
        let samples = a.chunks_exact(self.columns).zip(out.chunks_exact_mut(self.outputs));
        for ((a, out), &label) in samples.zip(*labels) {
            out[label as usize] = self.matrix.agreement(label as usize, a);
        }
    }
}

/// All that a hidden layer needs to know to learn on its own.
#[derive(Clone, Copy, Debug)]
pub struct LocalStep<'a> {
    /// The layer; it learns.
    pub layer: &'a Layer,
    /// The rule; it is local.
    pub rule: Rule,
    /// Where the signal comes from.
    pub projection: Projection<'a>,
    /// The network's loss.
    pub loss: Loss,
    /// The batch's targets.
    pub targets: &'a Targets<'a>,
    /// The optimizer, with the hidden layers' learning rate.
    pub step: &'a Step,
    /// Each sample's factor on the layer's own output, which is added to the signal; empty under rules whose signal has none of it.
    pub own: &'a [f32],
    /// The signal at what a pooled readout sees of the layer, `[batch, cells]`, with the layer's own part; empty where the signal is made
    /// at the layer's outputs.
    pub at_cells: &'a [f32],
}

impl<'a> LocalStep<'a> {
    /// The cells over which the layer's readout averages its maps; none where it sees every output.
    pub fn grid(&self) -> Option<Grid> {
        readout_grid(self.rule, self.layer)
    }

    /// Room for the cells' means of a batch, and for the signal at them; nothing where the readout sees every output.
    pub(crate) fn split_cells<'r>(&self, batch: usize, room: &'r mut [f32]) -> (&'r mut [f32], &'r mut [f32]) {
        let values = self.grid().map_or(0, |grid| batch * grid.cells());
        let (means, rest) = room.split_at_mut(values);
        (means, &mut rest[..values])
    }

    /// signal += each sample's part of what the readout saw of it, `seen: [batch, columns]`.
    pub(crate) fn add_own_to_all(&self, seen: &[f32], signal: &mut [f32]) {
        let columns = self.projection.columns;
        let samples = seen.chunks_exact(columns).zip(signal.chunks_exact_mut(columns));
        samples.enumerate().for_each(|(sample, (seen, signal))| add_own(self.own, sample, seen, signal));
    }

    /// The step with its signal through the layer's own readout, where there is one.
    pub(crate) fn with_readout(self, readout: Option<&'a Readout<'_>>) -> LocalStep<'a> {
        let matrix = readout.map_or(self.projection.matrix, Readout::matrix);
        LocalStep { projection: Projection { matrix, ..self.projection }, ..self }
    }
}

/// signal += own a for sample `sample`, whose outputs at the places of the signal are `a`; see [`LocalStep::own`].
#[inline(always)]
pub fn add_own(own: &[f32], sample: usize, a: &[f32], signal: &mut [f32]) {
    if let Some(&own) = own.get(sample) {
        signal.iter_mut().zip(a).for_each(|(signal, a)| *signal += own * a);
    }
}

/// All that a hidden layer needs to know to learn from some batches on its own.
#[derive(Clone, Copy, Debug)]
pub struct LocalSteps<'a> {
    /// The layer; it learns.
    pub layer: &'a Layer,
    /// The fixed matrix that carries its signal.
    pub matrix: Matrix<'a>,
    /// The network's outputs, C.
    pub outputs: usize,
    /// The network's loss.
    pub loss: Loss,
    /// How the network learns; the rule is local.
    pub training: &'a Training,
    /// The batches.
    pub batches: &'a Batches<'a>,
}

impl LocalSteps<'_> {
    /// The number of batches.
    #[inline]
    pub fn count(&self) -> usize {
        self.batches.clocks.len()
    }

    /// The samples of batch `b` among those of all.
    #[inline]
    pub fn samples(&self, b: usize) -> Range<usize> {
        self.batches.samples(b, self.outputs)
    }

    /// The optimizer at batch `b`, with the hidden layers' learning rate.
    #[inline]
    pub fn step(&self, b: usize) -> Step {
        let clock = &self.batches.clocks[b];
        self.training.optimizer.step(clock.step, clock.hidden_rate)
    }

    /// The layer's step on batch `b`, by its targets and its optimizer step.
    pub fn local_step<'s>(&'s self, b: usize, targets: &'s Targets<'s>, step: &'s Step) -> LocalStep<'s> {
        let (rule, projection) = (self.training.rule, self.projection(b));
        LocalStep { layer: self.layer, rule, projection, loss: self.loss, targets, step, own: &[], at_cells: &[] }
    }

    /// Where the signal of batch `b` comes from.
    #[inline]
    pub fn projection(&self, b: usize) -> Projection<'_> {
        let factor = self.training.scaling.hidden(self.samples(b).len());
        Projection { matrix: self.matrix, outputs: self.outputs, columns: seen(self.training.rule, self.layer), factor }
    }
}

/// Scratch for one layer's step.
#[derive(Debug)]
pub struct Room<'a> {
    /// At least [`Layer::signal`] values for the batch.
    pub signal: &'a mut [f32],
    /// `[batch, outputs of the network]`, empty for rules that project nothing.
    pub coefficients: &'a mut [f32],
    /// `[batch, outputs of the network]` under a rule that reads the output at length 1, else empty: first what was read, then in
    /// the first `[batch]` places each sample's factor on the layer's own output.
    pub unit: &'a mut [f32],
    /// At least [`Layer::gradient`] values.
    pub gradient: &'a mut [f32],
    /// At least twice what a pooled readout sees of a batch, under a rule with readouts: the cells' means, and the signal at them.
    pub cells: &'a mut [f32],
    /// At least [`Layer::kept`] values: what a normalised convolution keeps from its forward pass to its step.
    pub kept: &'a mut [f32],
}

impl Room<'_> {
    /// The same room, for a shorter time.
    pub fn reborrow(&mut self) -> Room<'_> {
        let Room { signal, coefficients, unit, gradient, cells, kept } = self;
        Room { signal, coefficients, unit, gradient, cells, kept }
    }
}
