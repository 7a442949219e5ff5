//! A batch's learning step where every layer's output is kept: a walk forward, then a walk back.

use super::lent::StepMemory;
use crate::kernels::{Kernels, LocalStep, Projection, Room};
use crate::layer::{Dropout, Layer};
use crate::loss::{Targets, count_wrong};
use crate::matrix::Matrix;
use crate::optimizer::Step;
use crate::random::{Purpose, Stream};
use crate::rule::{Coefficients, Teacher};
use crate::share::{Readout, Share, Shares, split_back, split_front};
use crate::spec::{Checked, seen};
use crate::training::{Clock, Outcome, Training};
use crate::weights::{Trainable, Weights};

/// What a walk back is for.
pub(super) trait BackwardVisitor {
    /// Called with the teaching signal at the output of layer `k`.
    fn on_signal(&mut self, k: usize, signal: &[f32]);
    /// Whether the layers learn on the way.
    const LEARNS: bool;
}

/// The parts of a batch's learning step that stay the same from layer to layer.
pub(super) struct BatchStep<'w, K> {
    pub kernels: &'w K,
    pub network: &'w Checked<'w>,
    pub training: &'w Training,
    pub clock: &'w Clock,
    pub targets: Targets<'w>,
    pub batch: usize,
}

impl<K: Kernels> BatchStep<'_, K> {
    /// The output layer answers, and learns by its own error.
    pub fn learn_output(&self, layer: &Layer, own: Trainable<'_>, x: &[f32], y: &mut [f32], room: Room<'_>) -> Outcome {
        self.kernels.forward(layer, own.weights(), x, y);
        let delta = &mut room.signal[..y.len()];
        let outcome = self.output_delta(layer, y, delta);
        self.kernels.update(layer, own, x, delta, &self.output_step(), room.gradient);
        outcome
    }

    /// Rules that wait for the error: a walk forward that keeps every output, then a walk back.
    pub fn forward_and_backward<P: BackwardVisitor>(
        &self,
        x: &[f32],
        lent: StepMemory<'_>,
        visitor: &mut P,
    ) -> Outcome {
        let StepMemory { activations, mut room, mut shares } = lent;
        let (layers, batch) = (self.network.layers(), self.batch);
        let mut end = self.keep_outputs(x, activations, room.kept, P::LEARNS, &mut shares);
        let signal = core::mem::take(&mut room.signal);
        let mut kept = core::mem::take(&mut room.kept);
        let mut outcome = Outcome::default();
        for (k, layer) in layers.iter().enumerate().rev() {
            let start = end - batch * layer.outputs();
            let (before, a) = activations[..end].split_at_mut(start);
            let x = if k == 0 { x } else { &before[start - batch * layer.inputs()..] };
            end = start;
            let Share { own, matrix, readout } = shares.last_share(k);
            let kept_k = split_back(&mut kept, layer.kept(batch));
            if !layer.learns() && self.propagates(k).is_none() {
                continue;
            }
            let is_output = k + 1 == layers.len();
            let signal_k = &mut signal[..a.len()];
            if is_output {
                outcome = self.output_delta(layer, a, signal_k);
                self.fill_coefficients(a, room.coefficients);
            } else if layer.learns() {
                self.hidden_signal(layer, matrix, readout.as_ref(), room.reborrow(), a, signal_k);
                visitor.on_signal(k, signal_k);
                layer.activation().gate(a, signal_k);
            }
            if let Layer::Conv(conv) = layer
                && conv.norm
            {
                self.kernels.norm_gradient(conv, own.parameters, kept_k, signal_k, room.gradient);
            }
            let delta = match self.propagates(k) {
                None => signal_k,
                Some(fixed) => {
                    a.copy_from_slice(signal_k); // a is not needed any more: its place is delta's now
                    let through = if fixed { matrix } else { Matrix::Stored(&own.parameters[..layer.weights()]) };
                    self.signal_below(k, through, x, a, &mut signal[..x.len()], room.gradient);
                    a
                }
            };
            if P::LEARNS {
                let step = if is_output { self.output_step() } else { self.hidden_step() };
                self.kernels.update(layer, own, x, delta, &step, room.gradient);
            }
        }
        outcome
    }

    /// The delta at a layer's sums (or the signal at its output, if it has no weights) becomes the signal at its input.
    fn signal_below(&self, k: usize, matrix: Matrix<'_>, x: &[f32], delta: &[f32], below: &mut [f32], row: &mut [f32]) {
        match &self.network.layers()[k] {
            Layer::Dense(dense) => self.kernels.dense_input_gradient(dense, matrix, delta, below),
            Layer::Conv(conv) => self.kernels.conv_input_gradient(conv, matrix, delta, below, &mut row[..conv.patch()]),
            Layer::Pool(pool) => self.kernels.pool_input_gradient(pool, x, delta, below),
            Layer::Dropout(dropout) => self.drop_out(k, dropout, delta, below),
        }
    }

    /// Whether layer `k` propagates a signal to the layer below, and if so, whether through a fixed matrix: no layer that learns
    /// is below the first, and the projecting rules propagate none.
    fn propagates(&self, k: usize) -> Option<bool> {
        match self.training.rule.teacher() {
            Teacher::NextLayer { fixed } if k > self.network.first_learning() => Some(fixed),
            _ => None,
        }
    }

    /// What the rules that project the output's error will project, made from the output y.
    fn fill_coefficients(&self, y: &[f32], values: &mut [f32]) {
        if let Teacher::Projection(coefficients) = self.training.rule.teacher() {
            values.copy_from_slice(y);
            let (loss, outputs) = (self.network.loss(), self.network.outputs());
            self.kernels.fill_coefficients(coefficients, loss, outputs, &self.targets, values);
        }
    }

    /// The signal at a hidden layer's output `a`. One from the next layer is there already; a projected one is made here.
    fn hidden_signal(
        &self,
        layer: &Layer,
        matrix: Matrix<'_>,
        readout: Option<&Readout<'_>>,
        room: Room<'_>,
        a: &[f32],
        signal: &mut [f32],
    ) {
        match self.training.rule.teacher() {
            Teacher::NextLayer { .. } => return,
            Teacher::Nothing => return signal.fill(0.0),
            Teacher::Projection(of_layer) if self.training.rule.is_local() => {
                let step = self.hidden_step();
                let step = self.local_step(layer, matrix, &step);
                return self.local_signal(of_layer, &step, readout, a, room, signal);
            }
            Teacher::Projection(_) => {} // of the output, and made there
        }
        self.kernels.project(&self.projection(layer, matrix), 0..layer.outputs(), room.coefficients, signal);
    }

    /// The signal that a local rule makes of the layer's own output, or of its label.
    fn local_signal(
        &self,
        of_layer: Coefficients,
        step: &LocalStep<'_>,
        readout: Option<&Readout<'_>>,
        a: &[f32],
        room: Room<'_>,
        signal: &mut [f32],
    ) {
        let Room { coefficients, unit, cells, .. } = room;
        let (means, at_cells) = step.split_cells(self.batch, cells);
        let seen = self.kernels.see(step, a, means);
        self.kernels.local_coefficients(of_layer, step, readout, seen, (&mut *coefficients, &mut *unit));
        let step = LocalStep { own: unit, ..*step };
        let step = step.with_readout(readout);
        match step.grid() {
            Some(grid) => {
                self.kernels.project_with_own(&step, seen, coefficients, at_cells);
                grid.spread(at_cells, signal);
            }
            None => self.kernels.project_with_own(&step, seen, coefficients, signal),
        }
    }

    /// The forward pass that keeps every layer's output, one after the other; returns where they end. Running numbers move if the
    /// layers learn.
    fn keep_outputs(
        &self,
        x: &[f32],
        activations: &mut [f32],
        mut kept: &mut [f32],
        learns: bool,
        shares: &mut Shares<'_>,
    ) -> usize {
        let (mut used, mut start) = (0, 0);
        for (k, layer) in self.network.layers().iter().enumerate() {
            let (before, rest) = activations.split_at_mut(start);
            let x = if k == 0 { x } else { &before[start - self.batch * layer.inputs()..] };
            let a_k = &mut rest[..self.batch * layer.outputs()];
            let (layout, own) = (shares.layout(k), &mut shares.parameters()[used..used + layer.parameters()]);
            match layer {
                Layer::Conv(conv) if conv.norm => {
                    let kept = split_front(&mut kept, layer.kept(self.batch));
                    self.kernels.norm_forward(conv, own, learns, (x, a_k), kept);
                }
                _ if layer.learns() => self.kernels.forward(layer, Weights { values: own, layout }, x, a_k),
                _ => self.forward_without_weights(k, layer, x, a_k),
            }
            used += layer.parameters();
            start += a_k.len();
        }
        start
    }

    /// The sums of the last layer become y, and `delta` the gradient of the loss at them.
    fn output_delta(&self, layer: &Layer, y: &mut [f32], delta: &mut [f32]) -> Outcome {
        let (loss, outputs) = (self.network.loss(), self.network.outputs());
        loss.activate(outputs, y);
        let outcome =
            Outcome { loss: loss.value(outputs, y, &self.targets), wrong: count_wrong(outputs, y, &self.targets) };
        delta.copy_from_slice(y);
        self.targets.subtract_from(outputs, delta);
        self.targets.weigh(outputs, delta);
        let factor = self.training.scaling.output(loss, self.batch, outputs);
        delta.iter_mut().for_each(|d| *d *= factor);
        layer.activation().gate(y, delta);
        outcome
    }

    fn local_step<'s>(&'s self, layer: &'s Layer, matrix: Matrix<'s>, step: &'s Step) -> LocalStep<'s> {
        let projection = self.projection(layer, matrix);
        let (rule, loss, targets) = (self.training.rule, self.network.loss(), &self.targets);
        LocalStep { layer, rule, projection, loss, targets, step, own: &[], at_cells: &[] }
    }

    fn projection<'s>(&self, layer: &Layer, matrix: Matrix<'s>) -> Projection<'s> {
        let factor = self.training.scaling.hidden(self.batch);
        let columns = seen(self.training.rule, layer);
        Projection { matrix, outputs: self.network.outputs(), columns, factor }
    }

    /// The forward pass of a layer without weights while learning.
    pub fn forward_without_weights(&self, k: usize, layer: &Layer, x: &[f32], out: &mut [f32]) {
        match layer {
            Layer::Dropout(dropout) => self.drop_out(k, dropout, x, out),
            _ => self.kernels.forward(layer, Weights::in_rows(&[]), x, out),
        }
    }

    fn drop_out(&self, k: usize, layer: &Dropout, x: &[f32], out: &mut [f32]) {
        out.copy_from_slice(x);
        self.kernels.dropout(layer, &self.mask(k), self.clock.samples, out);
    }

    fn mask(&self, k: usize) -> Stream {
        Stream::new(self.training.seed, Purpose::Dropout, self.network.stream_number(k) as u32)
    }

    fn hidden_step(&self) -> Step {
        self.training.optimizer.step(self.clock.step, self.clock.hidden_rate)
    }

    fn output_step(&self) -> Step {
        self.training.optimizer.step(self.clock.step, self.clock.output_rate)
    }
}
