//! The arithmetic a network is made of, as a trait: a host swaps in fast versions, a device takes the plain ones.

use crate::layer::{Conv, Dense, Dropout, Layer, Pool, conv, dense, dropout, pool};
use crate::loss::{Loss, Targets};
use crate::matrix::Matrix;
use crate::memory::{Share, Trainable};
use crate::network::{Batches, Training};
use crate::optimizer::Step;
use crate::random::Stream;
use crate::rule::{Coefficients, Rule, Teacher};
use core::ops::Range;

/// Every method has the core's plain function as its default. Whatever replaces one must agree with it to rounding.
pub trait Kernels {
    /// a = act(W x + b); see [`dense::forward`].
    fn dense_forward(&self, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        dense::forward(layer, parameters, x, a);
    }

    /// gradient = delta M; see [`dense::input_gradient`].
    fn dense_input_gradient(&self, layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
        dense::input_gradient(layer, matrix, delta, gradient);
    }

    /// One optimizer step on some neurons; see [`dense::update`].
    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step, row: &mut [f32]) {
        dense::update(layer, own, pass.units, pass.x, pass.delta, step, row);
    }

    /// a = act(W * x + b); see [`conv::forward`].
    fn conv_forward(&self, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        conv::forward(layer, parameters, x, a);
    }

    /// The transposed convolution of delta; see [`conv::input_gradient`].
    fn conv_input_gradient(&self, layer: &Conv, matrix: Matrix<'_>, delta: &[f32], out: &mut [f32], row: &mut [f32]) {
        conv::input_gradient(layer, matrix, delta, out, row);
    }

    /// gradient += what some samples contribute; see [`conv::accumulate`].
    fn conv_accumulate(&self, layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
        conv::accumulate(layer, x, delta, gradient);
    }

    /// See [`pool::forward`].
    fn pool_forward(&self, layer: &Pool, x: &[f32], out: &mut [f32]) {
        pool::forward(layer, x, out);
    }

    /// See [`pool::input_gradient`].
    fn pool_input_gradient(&self, layer: &Pool, x: &[f32], signal: &[f32], gradient: &mut [f32]) {
        pool::input_gradient(layer, x, signal, gradient);
    }

    /// Dropout, in place; see [`dropout::silence`].
    fn dropout(&self, layer: &Dropout, stream: &Stream, first_sample: u64, values: &mut [f32]) {
        dropout::silence(layer, stream, first_sample, values);
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
        steps.one_by_one(self, &mut share, x, a, &mut room);
    }

    /// The fused local step: a hidden layer's forward pass, teaching signal and update for a batch in one go.
    ///
    /// `a` receives the output computed with the weights *before* the update, so the layers after it see what they would
    /// have seen without learning. After the call, x is not needed again.
    fn local_step(&self, step: LocalStep<'_>, share: Share<'_>, x: &[f32], a: &mut [f32], mut room: Room<'_>) {
        let Share { own, readout, .. } = share;
        if step.rule.knows_its_signal() {
            Coefficients::Target.fill(step.loss, step.projection.outputs, step.targets, room.coefficients);
            return self.step_at_once(&step, own, x, a, room);
        }
        self.forward(step.layer, own.parameters, x, a);
        let Teacher::Projection(coefficients) = step.rule.teacher() else { return };
        self.ask_layer(coefficients, &step, readout.as_ref(), a, room.coefficients);
        coefficients.fill(step.loss, step.projection.outputs, step.targets, room.coefficients);
        self.learn_locally(&step.through(readout.as_ref()), own, x, a, room.again());
        if let Some(Readout { layer, own }) = readout {
            room.coefficients.iter_mut().for_each(|c| *c *= step.projection.factor);
            let pass = Pass { units: 0..layer.outputs, x: a, delta: room.coefficients };
            self.dense_update(&layer, own, pass, step.step, &mut room.gradient[..layer.inputs]);
        }
    }

    /// The local step of a layer whose coefficients are known before it has answered: a host can let each neuron, or each sample
    /// of a convolution, answer and learn in one go.
    fn step_at_once(&self, step: &LocalStep<'_>, own: Trainable<'_>, x: &[f32], a: &mut [f32], room: Room<'_>) {
        self.forward(step.layer, own.parameters, x, a);
        self.learn_locally(step, own, x, a, room);
    }

    /// The second half of a local step, once the layer has answered and its coefficients are known.
    fn learn_locally(&self, step: &LocalStep<'_>, own: Trainable<'_>, x: &[f32], a: &[f32], room: Room<'_>) {
        match step.layer {
            Layer::Dense(dense) => self.learn_by_blocks(dense, step, own, x, a, room),
            Layer::Conv(conv) => self.learn_by_samples(conv, step, own, x, a, room),
            Layer::Pool(_) | Layer::Dropout(_) => {}
        }
    }

    /// What the layer's own output says that its coefficients are made of, if anything: its answer through the fixed matrix
    /// (out = a M^T) or through its own classifier, or its agreement with its class's row.
    fn ask_layer(
        &self,
        coefficients: Coefficients,
        step: &LocalStep<'_>,
        readout: Option<&Readout<'_>>,
        a: &[f32],
        out: &mut [f32],
    ) {
        match (coefficients, readout) {
            (Coefficients::LocalError | Coefficients::LocalHinge, Some(readout)) => {
                self.dense_forward(&readout.layer, readout.own.parameters, a, out);
            }
            (Coefficients::LocalError | Coefficients::LocalHinge, None) => self.read_out(&step.projection, a, out),
            (Coefficients::GatedTarget, _) => self.agreement(&step.projection, step.targets, a, out),
            (Coefficients::Target | Coefficients::Error | Coefficients::ErrorSign, _) => {}
        }
    }

    /// Each sample's agreement with its class's row, in the class's place; see [`Matrix::agreement`].
    fn agreement(&self, projection: &Projection<'_>, targets: &Targets<'_>, a: &[f32], out: &mut [f32]) {
        let Targets::Labels(labels) = targets else { return };
        let samples = a.chunks_exact(projection.columns).zip(out.chunks_exact_mut(projection.outputs));
        for ((a, out), &label) in samples.zip(*labels) {
            out[label as usize] = projection.matrix.agreement(label as usize, a);
        }
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
            for (delta, a) in delta.chunks_exact_mut(units.len()).zip(a.chunks_exact(layer.outputs)) {
                layer.activation.gate(&a[units.clone()], delta);
            }
            let row = &mut room.gradient[..layer.inputs];
            self.dense_update(layer, own.again(), Pass { units, x, delta }, step.step, row);
        }
    }

    /// A convolution has few weights and many outputs: the signal is made for one sample after the other, and its part of
    /// the gradient added up.
    fn learn_by_samples(
        &self,
        layer: &Conv,
        step: &LocalStep<'_>,
        mut own: Trainable<'_>,
        x: &[f32],
        a: &[f32],
        room: Room<'_>,
    ) {
        let (outputs, gradient) = (layer.output().size(), &mut room.gradient[..layer.parameters()]);
        gradient.fill(0.0);
        let samples = x.chunks_exact(layer.input.size()).zip(a.chunks_exact(outputs));
        for ((x, a), coefficients) in samples.zip(room.coefficients.chunks_exact(step.projection.outputs)) {
            let delta = &mut room.signal[..outputs];
            self.project(&step.projection, 0..outputs, coefficients, delta);
            layer.activation.gate(a, delta);
            self.conv_accumulate(layer, x, delta, gradient);
        }
        own.step(step.step, 0, gradient);
    }

    /// The forward pass of any layer without learning: dropout passes everything on.
    fn forward(&self, layer: &Layer, parameters: &[f32], x: &[f32], out: &mut [f32]) {
        match layer {
            Layer::Dense(dense) => self.dense_forward(dense, parameters, x, out),
            Layer::Conv(conv) => self.conv_forward(conv, parameters, x, out),
            Layer::Pool(pool) => self.pool_forward(pool, x, out),
            Layer::Dropout(_) => out.copy_from_slice(x),
        }
    }

    /// One optimizer step on any layer that learns, by the whole of its delta.
    ///
    /// `x: [batch, inputs]`, `delta: [batch, outputs]`, `gradient: [Layer::gradient]`.
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
                gradient.fill(0.0);
                self.conv_accumulate(conv, x, delta, gradient);
                own.step(step, 0, gradient);
            }
            Layer::Pool(_) | Layer::Dropout(_) => {}
        }
    }
}

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
    /// The layer's outputs.
    pub columns: usize,
    /// The factor on the signal, from the scaling convention.
    pub factor: f32,
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
}

impl<'a> LocalStep<'a> {
    /// The step with its signal through the layer's own readout, where there is one.
    fn through(self, readout: Option<&'a Readout<'_>>) -> LocalStep<'a> {
        let matrix = readout.map_or(self.projection.matrix, Readout::matrix);
        LocalStep { projection: Projection { matrix, ..self.projection }, ..self }
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

    /// Where the signal of batch `b` comes from.
    #[inline]
    pub fn projection(&self, b: usize) -> Projection<'_> {
        let factor = self.training.scaling.hidden(self.samples(b).len());
        Projection { matrix: self.matrix, outputs: self.outputs, columns: self.layer.outputs(), factor }
    }

    /// Calls [`Kernels::local_step`] for each batch.
    #[inline]
    pub fn one_by_one<K: Kernels + ?Sized>(
        &self,
        kernels: &K,
        share: &mut Share<'_>,
        x: &[f32],
        a: &mut [f32],
        room: &mut Room<'_>,
    ) {
        let (inputs, outputs) = (self.layer.inputs(), self.layer.outputs());
        let each = if room.coefficients.is_empty() { 0 } else { self.outputs };
        for b in 0..self.count() {
            let (samples, step) = (self.samples(b), self.step(b));
            let targets = &self.batches.targets(b, self.outputs);
            let (rule, projection) = (self.training.rule, self.projection(b));
            let step = LocalStep { layer: self.layer, rule, projection, loss: self.loss, targets, step: &step };
            let x = &x[samples.start * inputs..samples.end * inputs];
            let a = &mut a[samples.start * outputs..samples.end * outputs];
            let Room { signal, coefficients, gradient } = room.again();
            let coefficients = &mut coefficients[samples.start * each..samples.end * each];
            kernels.local_step(step, share.again(), x, a, Room { signal, coefficients, gradient });
        }
    }
}

/// Scratch for one layer's step.
#[derive(Debug)]
pub struct Room<'a> {
    /// At least [`Layer::signal`] values for the batch.
    pub signal: &'a mut [f32],
    /// `[batch, outputs of the network]`, empty for rules that project nothing.
    pub coefficients: &'a mut [f32],
    /// At least [`Layer::gradient`] values.
    pub gradient: &'a mut [f32],
}

impl Room<'_> {
    /// The same room, lent on.
    pub(crate) fn again(&mut self) -> Room<'_> {
        Room { signal: self.signal, coefficients: self.coefficients, gradient: self.gradient }
    }
}

/// The core's own arithmetic: scalar, sequential, the same on every machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Kernels for Plain {}
