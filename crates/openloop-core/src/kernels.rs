//! The arithmetic a network is made of, as a trait: a host swaps in fast versions, a device takes the plain ones.

use crate::layer::{Conv, Dense, Dropout, Layer, Pool, conv, dense, dropout, norm, pool};
use crate::loss::{Loss, Targets};
use crate::matrix::{Matrix, divide_by_length, unit_signal};
use crate::optimizer::Step;
use crate::random::Stream;
use crate::rule::{CoefficientInput, Coefficients, Teacher};
use crate::share::{Readout, Share};
pub use crate::steps::{LocalStep, LocalSteps, Pass, Projection, Room, add_own};
use crate::weights::{Layout, Trainable, Weights};
use core::ops::Range;

/// Every method has the core's plain function as its default. Whatever replaces one must agree with it to rounding.
pub trait Kernels {
    /// Whether the weights of `layer` may lie so. The core's own functions know rows alone, so an implementation that says more
    /// replaces all that read or change the weights of such a layer.
    fn supports(&self, layer: &Layer, layout: Layout) -> bool {
        let _ = layer;
        layout == Layout::Rows
    }

    /// a = act(W x + b); see [`dense::forward`].
    fn dense_forward(&self, layer: &Dense, weights: Weights<'_>, x: &[f32], a: &mut [f32]) {
        dense::forward(layer, weights.values, x, a);
    }

    /// gradient = delta M; see [`dense::input_gradient`].
    fn dense_input_gradient(&self, layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
        dense::input_gradient(layer, matrix, delta, gradient);
    }

    /// One optimizer step on some neurons; see [`dense::update`].
    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step, row: &mut [f32]) {
        dense::update(layer, own, pass.units, pass.x, pass.delta, step, row);
    }

    /// a = act(W * x + b); see [`conv::forward`], and [`norm::answer`] for a normalised one.
    fn conv_forward(&self, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        match layer.norm {
            true => norm::answer(layer, parameters, x, a),
            false => conv::forward(layer, parameters, x, a),
        }
    }

    /// The transposed convolution of delta; see [`conv::input_gradient`].
    fn conv_input_gradient(&self, layer: &Conv, matrix: Matrix<'_>, delta: &[f32], out: &mut [f32], row: &mut [f32]) {
        conv::input_gradient(layer, matrix, delta, out, row);
    }

    /// gradient += what some samples contribute; see [`conv::accumulate`].
    fn conv_accumulate(&self, layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
        conv::accumulate(layer, x, delta, gradient);
    }

    /// The forward pass of a normalised convolution while it learns, by the batch's own numbers; `kept` is for [`Layer::kept`] values.
    /// See [`norm::forward`].
    fn norm_forward(
        &self,
        layer: &Conv,
        parameters: &mut [f32],
        moves: bool,
        (x, a): (&[f32], &mut [f32]),
        kept: &mut [f32],
    ) {
        conv::sums(layer, parameters, x, a);
        norm::forward(layer, parameters, moves, a, kept);
    }

    /// The gradient at scale u + shift becomes that at the sums, in place; shift and scale get their gradients. See [`norm`].
    fn norm_gradient(&self, layer: &Conv, parameters: &[f32], kept: &[f32], delta: &mut [f32], gradient: &mut [f32]) {
        norm::gradient(layer, parameters, kept, delta, &mut gradient[layer.weights()..]);
    }

    /// See [`pool::forward`].
    fn pool_forward(&self, layer: &Pool, x: &[f32], out: &mut [f32]) {
        pool::forward(layer, x, out);
    }

    /// See [`pool::input_gradient`].
    fn pool_input_gradient(&self, layer: &Pool, x: &[f32], signal: &[f32], gradient: &mut [f32]) {
        pool::input_gradient(layer, x, signal, gradient);
    }

    /// Dropout, in place; see [`dropout::apply`].
    fn dropout(&self, layer: &Dropout, stream: &Stream, first_sample: u64, values: &mut [f32]) {
        dropout::apply(layer, stream, first_sample, values);
    }

    /// Turns what a rule's coefficients are made of into the coefficients, in place; see [`Coefficients::fill`]. A host can put a rule of
    /// its own in the place of one that reads the network's output or a readout.
    fn fill_coefficients(
        &self,
        of: Coefficients,
        loss: Loss,
        outputs: usize,
        targets: &Targets<'_>,
        values: &mut [f32],
    ) {
        of.fill(loss, outputs, targets, values);
    }

    /// out = factor C M for some columns of M; see [`Matrix::product`].
    fn project(&self, projection: &Projection<'_>, range: Range<usize>, coefficients: &[f32], out: &mut [f32]) {
        let Projection { matrix, outputs, columns, factor } = *projection;
        matrix.product(outputs, columns, range, coefficients, factor, out);
    }

    /// out = a M^T; see [`Matrix::read_out`].
    fn read_out(&self, projection: &Projection<'_>, a: &[f32], out: &mut [f32]) {
        projection.matrix.read_out(projection.outputs, projection.columns, a, out);
    }

    /// The fused local steps of a hidden layer by several batches, one after the other.
    ///
    /// `x: [samples, inputs]` and `a: [samples, outputs]` hold all batches; `room.coefficients` is for all of them, the rest of
    /// the room for one. A host can let some neurons learn from all batches before it turns to others.
    fn local_steps(&self, steps: &LocalSteps<'_>, mut share: Share<'_>, x: &[f32], a: &mut [f32], mut room: Room<'_>) {
        self.local_steps_in_order(steps, &mut share, x, a, &mut room);
    }

    /// [`Kernels::local_step`] for each batch, in order.
    fn local_steps_in_order(
        &self,
        steps: &LocalSteps<'_>,
        share: &mut Share<'_>,
        x: &[f32],
        a: &mut [f32],
        room: &mut Room<'_>,
    ) {
        let (inputs, outputs) = (steps.layer.inputs(), steps.layer.outputs());
        let each = if room.coefficients.is_empty() { 0 } else { steps.outputs };
        for b in 0..steps.count() {
            let (samples, step) = (steps.samples(b), steps.step(b));
            let targets = steps.batches.targets(b, steps.outputs);
            let step = steps.local_step(b, &targets, &step);
            let x = &x[samples.start * inputs..samples.end * inputs];
            let a = &mut a[samples.start * outputs..samples.end * outputs];
            let room = room.reborrow();
            let coefficients = &mut room.coefficients[samples.start * each..samples.end * each];
            self.local_step(step, share.reborrow(), x, a, Room { coefficients, ..room });
        }
    }

    /// The fused local step: a hidden layer's forward pass, teaching signal and update for a batch in one go.
    ///
    /// `a` receives the output computed with the weights *before* the update, so the layers after it get what they
    /// would have got without learning. After the call, x is not needed again.
    fn local_step(&self, step: LocalStep<'_>, share: Share<'_>, x: &[f32], a: &mut [f32], mut room: Room<'_>) {
        let Share { own, readout, .. } = share;
        if step.rule.knows_its_signal() {
            Coefficients::Target.fill(step.loss, step.projection.outputs, step.targets, room.coefficients);
            return self.local_step_by_known_signal(&step, own, x, a, room);
        }
        let mut own = own;
        self.forward_and_keep(step.layer, own.reborrow(), x, a, room.kept);
        let Teacher::Projection(coefficients) = step.rule.teacher() else { return };
        let batch = a.len() / step.layer.outputs();
        let (means, at_cells) = step.split_cells(batch, core::mem::take(&mut room.cells));
        let seen = self.see(&step, a, means);
        let Room { signal, coefficients: values, unit, gradient, kept, .. } = room.reborrow();
        self.local_coefficients(coefficients, &step, readout.as_ref(), seen, (&mut *values, &mut *unit));
        let mut taught = LocalStep { own: unit, ..step }.with_readout(readout.as_ref());
        if taught.grid().is_some() {
            self.project_with_own(&taught, seen, values, at_cells);
            taught.at_cells = at_cells;
        }
        let rest = Room { signal, coefficients: values, unit: &mut [], gradient, cells: &mut [], kept };
        self.learn_locally(&taught, own, x, a, rest);
        if let Some(Readout { layer, own }) = readout {
            room.coefficients.iter_mut().for_each(|c| *c *= step.projection.factor);
            let pass = Pass { units: 0..layer.outputs, x: seen, delta: room.coefficients };
            self.dense_update(&layer, own, pass, step.step, &mut room.gradient[..layer.inputs]);
        }
    }

    /// What a layer's readout sees of its output `a`: its maps' averages, which go into `means`, or all of it.
    fn see<'a>(&self, step: &LocalStep<'_>, a: &'a [f32], means: &'a mut [f32]) -> &'a [f32] {
        let Some(grid) = step.grid() else { return a };
        grid.average(a, means);
        means
    }

    /// out = the signal at what a layer's readout sees of a batch, `seen: [batch, columns]`, with the layer's own part.
    fn project_with_own(&self, step: &LocalStep<'_>, seen: &[f32], coefficients: &[f32], out: &mut [f32]) {
        let columns = step.projection.columns;
        self.project(&step.projection, 0..columns, coefficients, out);
        step.add_own_to_all(seen, out);
    }

    /// The local step of a layer whose coefficients are known before its output: a host can fuse forward pass and update for each
    /// neuron, or for each sample of a convolution.
    fn local_step_by_known_signal(
        &self,
        step: &LocalStep<'_>,
        mut own: Trainable<'_>,
        x: &[f32],
        a: &mut [f32],
        room: Room<'_>,
    ) {
        self.forward_and_keep(step.layer, own.reborrow(), x, a, room.kept);
        self.learn_locally(step, own, x, a, room);
    }

    /// The forward pass of a layer that learns.
    fn forward_and_keep(&self, layer: &Layer, own: Trainable<'_>, x: &[f32], a: &mut [f32], kept: &mut [f32]) {
        match layer {
            Layer::Conv(conv) if conv.norm => self.norm_forward(conv, own.parameters, true, (x, a), kept),
            _ => self.forward(layer, own.weights(), x, a),
        }
    }

    /// The second half of a local step, once the layer's output and its coefficients are known.
    fn learn_locally(&self, step: &LocalStep<'_>, own: Trainable<'_>, x: &[f32], a: &[f32], room: Room<'_>) {
        match step.layer {
            Layer::Dense(dense) => self.learn_by_blocks(dense, step, own, x, a, room),
            Layer::Conv(conv) => self.learn_by_samples(conv, step, own, x, a, room),
            Layer::Pool(_) | Layer::Dropout(_) => {}
        }
    }

    /// A layer's coefficients from its own output, or from what a pooled readout sees of it: what they are made of, and then they themselves; and where its output is read at
    /// length 1, each sample's factor on it in the signal.
    fn local_coefficients(
        &self,
        of: Coefficients,
        step: &LocalStep<'_>,
        readout: Option<&Readout<'_>>,
        a: &[f32],
        (coefficients, unit): (&mut [f32], &mut [f32]),
    ) {
        let Projection { outputs, columns, factor, .. } = step.projection;
        self.read_layer(of, step, readout, a, coefficients);
        if of.input() == CoefficientInput::UnitReadout {
            divide_by_length(columns, a, outputs, coefficients);
            unit[..coefficients.len()].copy_from_slice(coefficients);
        }
        self.fill_coefficients(of, step.loss, outputs, step.targets, coefficients);
        if of.input() == CoefficientInput::UnitReadout {
            unit_signal(columns, a, outputs, coefficients, unit, factor);
        }
    }

    /// The values that a layer's coefficients are made of, if they depend on its own output: its class scores through the fixed
    /// matrix (out = a M^T) or its own classifier, or its agreement with its class's row.
    fn read_layer(
        &self,
        coefficients: Coefficients,
        step: &LocalStep<'_>,
        readout: Option<&Readout<'_>>,
        a: &[f32],
        out: &mut [f32],
    ) {
        match (coefficients.input(), readout) {
            (CoefficientInput::Readout, Some(readout)) => {
                self.dense_forward(&readout.layer, readout.own.weights(), a, out);
            }
            (CoefficientInput::Readout, None) | (CoefficientInput::UnitReadout, _) => {
                self.read_out(&step.projection, a, out)
            }
            (CoefficientInput::Agreement, _) => self.agreement(&step.projection, step.targets, a, out),
            (CoefficientInput::Output | CoefficientInput::Nothing, _) => {}
        }
    }

    /// Each sample's agreement with its class's row, in the class's place; see [`Projection::agreement`].
    fn agreement(&self, projection: &Projection<'_>, targets: &Targets<'_>, a: &[f32], out: &mut [f32]) {
        projection.agreement(targets, a, out);
    }

    /// A dense layer has many weights and few outputs: the signal is made for one block of neurons after the other, for
    /// the whole batch, and each neuron's gradient is used up at once.
    fn learn_by_blocks(
        &self,
        layer: &Dense,
        step: &LocalStep<'_>,
        mut own: Trainable<'_>,
        x: &[f32],
        a: &[f32],
        room: Room<'_>,
    ) {
        let batch = a.len() / layer.outputs;
        for units in layer.blocks() {
            let delta = &mut room.signal[..batch * units.len()];
            self.project(&step.projection, units.clone(), room.coefficients, delta);
            let samples = delta.chunks_exact_mut(units.len()).zip(a.chunks_exact(layer.outputs));
            for (sample, (delta, a)) in samples.enumerate() {
                add_own(step.own, sample, &a[units.clone()], delta);
                layer.activation.gate(&a[units.clone()], delta);
            }
            let row = &mut room.gradient[..layer.inputs];
            self.dense_update(layer, own.reborrow(), Pass { units, x, delta }, step.step, row);
        }
    }

    /// A convolution has few weights and many outputs: the signal is made for one sample after the other, and its part of
    /// the gradient added up. For a normalised one it is made twice, first for the sums over the batch that the way back through the
    /// normalisation needs.
    fn learn_by_samples(
        &self,
        layer: &Conv,
        step: &LocalStep<'_>,
        mut own: Trainable<'_>,
        x: &[f32],
        a: &[f32],
        room: Room<'_>,
    ) {
        let Room { signal, coefficients, gradient, kept, .. } = room;
        let (inputs, outputs, classes) = (layer.input.size(), layer.output().size(), step.projection.outputs);
        let (gradient, samples) = (&mut gradient[..layer.learned()], a.len() / outputs);
        let delta = &mut signal[..outputs.min(a.len())]; // no samples have no room
        let make_delta = |sample: usize, delta: &mut [f32]| {
            let (a, coefficients) = (&a[sample * outputs..], &coefficients[sample * classes..]);
            self.sample_delta(layer, step, &coefficients[..classes], (sample, &a[..outputs]), delta);
        };
        gradient.fill(0.0);
        for sample in 0..if layer.norm { samples } else { 0 } {
            make_delta(sample, delta);
            norm::add_totals(layer, &kept[sample * outputs..][..outputs], delta, &mut gradient[layer.weights()..]);
        }
        for sample in 0..samples {
            make_delta(sample, delta);
            if layer.norm {
                norm::to_sums(
                    layer,
                    samples,
                    own.parameters,
                    kept,
                    &gradient[layer.weights()..],
                    (sample, &mut *delta),
                );
            }
            self.conv_accumulate(layer, &x[sample * inputs..][..inputs], delta, gradient);
        }
        own.step(step.step, 0, gradient);
    }

    /// The signal at a convolution's outputs `a` for one sample, times the slope of its nonlinearity.
    fn sample_delta(
        &self,
        layer: &Conv,
        step: &LocalStep<'_>,
        coefficients: &[f32],
        (sample, a): (usize, &[f32]),
        delta: &mut [f32],
    ) {
        match step.grid() {
            Some(grid) => grid.spread(&step.at_cells[sample * grid.cells()..][..grid.cells()], delta),
            None => {
                self.project(&step.projection, 0..a.len(), coefficients, delta);
                add_own(step.own, sample, a, delta);
            }
        }
        layer.activation.gate(a, delta);
    }

    /// The forward pass of any layer without learning: dropout passes everything on.
    fn forward(&self, layer: &Layer, weights: Weights<'_>, x: &[f32], out: &mut [f32]) {
        match layer {
            Layer::Dense(dense) => self.dense_forward(dense, weights, x, out),
            Layer::Conv(conv) => self.conv_forward(conv, weights.values, x, out),
            Layer::Pool(pool) => self.pool_forward(pool, x, out),
            Layer::Dropout(_) => out.copy_from_slice(x),
        }
    }

    /// One optimizer step on any layer that learns, by the whole of its delta.
    ///
    /// `x: [batch, inputs]`, `delta: [batch, outputs]`, `gradient: [Layer::gradient]`, in which the gradients of a normalised
    /// convolution's shift and scale stand already.
    fn update(
        &self,
        layer: &Layer,
        mut own: Trainable<'_>,
        x: &[f32],
        delta: &[f32],
        step: &Step,
        gradient: &mut [f32],
    ) {
        let gradient = &mut gradient[..layer.gradient()];
        match layer {
            Layer::Dense(dense) => {
                self.dense_update(dense, own, Pass { units: 0..dense.outputs, x, delta }, step, gradient);
            }
            Layer::Conv(conv) => {
                let made = if conv.norm { conv.weights() } else { conv.parameters() };
                gradient[..made].fill(0.0);
                self.conv_accumulate(conv, x, delta, gradient);
                own.step(step, 0, gradient);
            }
            Layer::Pool(_) | Layer::Dropout(_) => {}
        }
    }
}

/// The core's own arithmetic: scalar, sequential, the same on every machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Kernels for Plain {}
