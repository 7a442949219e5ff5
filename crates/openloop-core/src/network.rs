//! A chain of layers over memory the caller lends: `infer` and `learn`.
//!
//! `learn` walks forward, and back only for the rules that wait for the error:
//!
//! ```text
//! for k in hidden layers:
//!     a = act(W[k] x)
//!     if the rule is local: update W[k] now, by its own signal; x is not needed again
//!     x = a
//! y = output(x);  the output layer learns by its own error
//! if the rule waits for the error: for k backwards: update W[k] by the signal that came back
//! ```

use crate::error::{Error, expect_length};
use crate::kernels::{Kernels, LocalStep, LocalSteps, Projection, Readout, Room};
use crate::layer::{Dropout, Layer};
use crate::loss::{Scaling, Targets, count_wrong};
use crate::matrix::Matrix;
use crate::memory::{Feedback, Memory, Share, Shares, Trainable, split_front};
use crate::optimizer::{Optimizer, Step};
use crate::plan::{self, Plan, walking_buffers};
use crate::random::{Purpose, Stream};
use crate::rule::{Rule, Teacher};
use crate::spec::Checked;
use core::ops::Range;

/// How a network learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// The learning rule.
    pub rule: Rule,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// How sums over a batch become steps.
    pub scaling: Scaling,
    /// The seed of the dropout masks.
    pub seed: u64,
}

/// Where a run stands: what a step depends on beside the parameters and the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// The number of this step, counted from 1.
    pub step: u64,
    /// Samples seen before this step.
    pub samples: u64,
    /// Learning rate of the hidden layers.
    pub hidden_rate: f32,
    /// Learning rate of the output layer.
    pub output_rate: f32,
}

/// Batches that are learned from one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Batches<'b> {
    /// The targets of their samples, batch after batch.
    pub targets: Targets<'b>,
    /// Samples in each; the last may have fewer.
    pub size: usize,
    /// Where the run stands at each.
    pub clocks: &'b [Clock],
}

impl<'b> Batches<'b> {
    /// The samples of batch `b` among those of all, when each has `outputs` outputs.
    #[inline]
    pub fn samples(&self, b: usize, outputs: usize) -> Range<usize> {
        let all = self.targets.batch(outputs);
        (b * self.size).min(all)..((b + 1) * self.size).min(all)
    }

    /// The targets of batch `b`, when each sample has `outputs` outputs.
    #[inline]
    pub fn targets(&self, b: usize, outputs: usize) -> Targets<'b> {
        self.targets.part(self.samples(b, outputs), outputs)
    }
}

/// What a learning step saw, before it changed anything.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The loss, summed over samples and outputs. NaN or infinite if the run diverged.
    pub loss: f32,
    /// Samples whose largest output was not their label's.
    pub wrong: usize,
}

/// Computes the network's answers.
///
/// `x: [batch, inputs]`; the answers `[batch, outputs]` come back as a part of `scratch`, whose length is at least
/// [`Plan::inference`]. Dropout layers pass everything on.
///
/// # Errors
/// [`Error::WrongLength`] when a slice does not fit the network.
pub fn infer<'s, K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    parameters: &[f32],
    x: &[f32],
    scratch: &'s mut [f32],
) -> Result<&'s mut [f32], Error> {
    let y = features(kernels, network, network.layers().len(), parameters, x, scratch)?;
    network.loss().activate(network.outputs(), y);
    Ok(y)
}

/// The output of the first `count` layers: what a frozen front end makes of its input.
///
/// Slices as for [`infer`]; `parameters` are those of these layers alone.
///
/// # Errors
/// [`Error::WrongLength`] when a slice does not fit the layers, [`Error::NoLayers`] when the network has not so many, or
/// none is asked for.
pub fn features<'s, K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    count: usize,
    parameters: &[f32],
    x: &[f32],
    scratch: &'s mut [f32],
) -> Result<&'s mut [f32], Error> {
    let layers = network.layers().get(..count).unwrap_or_default();
    let (Some(first), Some(last)) = (layers.first(), layers.last()) else { return Err(Error::NoLayers) };
    let batch = x.len() / first.inputs();
    expect_length("the input", x.len(), batch * first.inputs())?;
    expect_length("the parameters", parameters.len(), plan::parameters(layers))?;
    let (even, odd) = walking_buffers(layers);
    if scratch.len() < batch * (even + odd) {
        let expected = batch * (even + odd);
        return Err(Error::WrongLength { what: "the scratch", found: scratch.len(), expected });
    }
    let (mut out, mut input) = scratch.split_at_mut(batch * even);
    let mut used = 0;
    for (k, layer) in layers.iter().enumerate() {
        let x = if k == 0 { x } else { &input[..batch * layer.inputs()] };
        let own = &parameters[used..used + layer.parameters()];
        kernels.forward(layer, own, x, &mut out[..batch * layer.outputs()]);
        used += layer.parameters();
        core::mem::swap(&mut out, &mut input);
    }
    Ok(&mut input[..batch * last.outputs()])
}

/// One learning step on a batch.
///
/// `x: [batch, inputs]`. [`Plan::learning`] tells the length of every slice of `memory`; a longer scratch is fine (the host
/// lends more to several threads), and so is a smaller batch than planned.
///
/// # Errors
/// A slice of the wrong length, or targets the network cannot use. Nothing has changed then.
pub fn learn<K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    training: &Training,
    memory: Memory<'_>,
    x: &[f32],
    targets: &Targets<'_>,
    clock: &Clock,
) -> Result<Outcome, Error> {
    let size = targets.batch(network.outputs()).max(1);
    let batches = Batches { targets: *targets, size, clocks: core::slice::from_ref(clock) };
    let mut outcome = Outcome::default();
    learn_batches(kernels, network, training, memory, &batches, x, &mut |seen| outcome = seen)?;
    Ok(outcome)
}

/// As [`learn`] for several batches one after the other; `saw` gets each one's outcome, in order.
///
/// Under a local rule a layer learns from all of them before the layer behind it sees the first. No layer waits for another's
/// signal, so every bit is as it would be batch by batch. The scratch is that of [`Plan::together`]; `x: [samples, inputs]`.
///
/// # Errors
/// As for [`learn`]. Nothing has changed then.
pub fn learn_batches<K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    training: &Training,
    mut memory: Memory<'_>,
    batches: &Batches<'_>,
    x: &[f32],
    saw: &mut dyn FnMut(Outcome),
) -> Result<(), Error> {
    let plan = check_lent(network, training, &memory, batches, x)?;
    if training.rule.is_local() {
        learn_on_the_way(kernels, network, training, batches, x, hand_out(network, training, &plan, memory), saw);
        return Ok(());
    }
    for (b, clock) in batches.clocks.iter().enumerate() {
        let samples = batches.samples(b, network.outputs());
        let targets = batches.targets(b, network.outputs());
        let walk = Walk { kernels, network, training, clock, targets, batch: samples.len() };
        let plan = Plan::learning(network, training, samples.len());
        let x = &x[samples.start * network.inputs()..samples.end * network.inputs()];
        saw(walk.walk_back(x, hand_out(network, training, &plan, memory.again()), &mut Learn));
    }
    Ok(())
}

/// As [`learn_batches`], for some neighbouring layers ([`Checked::part`]) under a local rule: `out` gets the last one's output,
/// `[samples, outputs of that layer]`, which is what the layers after it learn from, whoever holds them.
///
/// Memory is that of these layers alone, by the plan of the part. There are no outcomes where the output layer is not among
/// them.
///
/// # Errors
/// As for [`learn`]; and [`Error::RuleNotLocal`] for a rule that waits for the error.
#[allow(clippy::too_many_arguments)]
pub fn learn_part<K: Kernels>(
    kernels: &K,
    part: &Checked<'_>,
    training: &Training,
    memory: Memory<'_>,
    batches: &Batches<'_>,
    x: &[f32],
    out: &mut [f32],
    saw: &mut dyn FnMut(Outcome),
) -> Result<(), Error> {
    if !training.rule.is_local() {
        return Err(Error::RuleNotLocal);
    }
    let plan = check_lent(part, training, &memory, batches, x)?;
    let outputs = part.layers().last().map_or(0, Layer::outputs);
    expect_length("the output", out.len(), batches.targets.batch(part.outputs()) * outputs)?;
    let lent = hand_out(part, training, &plan, memory);
    out.copy_from_slice(learn_on_the_way(kernels, part, training, batches, x, lent, saw));
    Ok(())
}

/// The answers `[batch, outputs]` that the last [`learn`] gave before it changed anything, as they still stand in its
/// `scratch`: a stream that tests, then trains, need not ask twice. None under a rule that waits for the error, which
/// uses their place.
pub fn answers<'s>(network: &Checked<'_>, rule: Rule, batch: usize, scratch: &'s [f32]) -> Option<&'s [f32]> {
    let (even, _) = walking_buffers(network.layers());
    let first = if network.layers().len() % 2 == 1 { 0 } else { batch * even };
    let y = scratch.get(first..first + batch * network.outputs());
    y.filter(|_| rule.is_local())
}

/// Shows what each hidden layer would be taught by a batch, and changes nothing: `see(k, signal)` gets the teaching signal
/// at the output of layer `k`, `[batch, outputs of the layer]`, before the slope of its nonlinearity; last layer first.
///
/// Memory as for [`learn`], with the scratch of [`Plan::watching`] and an optimizer without state.
///
/// # Errors
/// As for [`learn`].
pub fn signals<K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    training: &Training,
    memory: Memory<'_>,
    x: &[f32],
    targets: &Targets<'_>,
    see: &mut dyn FnMut(usize, &[f32]),
) -> Result<(), Error> {
    let batch = targets.batch(network.outputs());
    let plan = Plan::watching(network, training, batch);
    let clock = Clock { step: 1, samples: 0, hidden_rate: 0.0, output_rate: 0.0 };
    let walk = Walk { kernels, network, training, clock: &clock, targets: *targets, batch };
    check_memory(network, training, targets, &plan, &memory, x)?;
    walk.walk_back(x, hand_out(network, training, &plan, memory), &mut See(see));
    Ok(())
}

/// What a walk back is for.
trait Purposeful {
    /// The teaching signal at the output of layer `k` is known.
    fn signal(&mut self, k: usize, signal: &[f32]);
    /// Whether the layers learn on the way.
    const LEARNS: bool;
}

/// To learn.
struct Learn;

impl Purposeful for Learn {
    fn signal(&mut self, _k: usize, _signal: &[f32]) {}
    const LEARNS: bool = true;
}

/// To see the signals.
struct See<'s>(&'s mut dyn FnMut(usize, &[f32]));

impl Purposeful for See<'_> {
    fn signal(&mut self, k: usize, signal: &[f32]) {
        (self.0)(k, signal);
    }
    const LEARNS: bool = false;
}

/// What was lent, handed out: room for the layers' outputs, for the signals, and every layer's own share.
struct Lent<'m> {
    activations: &'m mut [f32],
    room: Room<'m>,
    shares: Shares<'m>,
}

/// The plan for some batches, once what was lent for them is found to fit it.
fn check_lent(
    network: &Checked<'_>,
    training: &Training,
    memory: &Memory<'_>,
    batches: &Batches<'_>,
    x: &[f32],
) -> Result<Plan, Error> {
    let samples = batches.targets.batch(network.outputs());
    let plan = Plan::together(network, training, batches.size.min(samples), samples);
    expect_length("the clocks", batches.clocks.len(), samples.div_ceil(batches.size.max(1)).max(1))?;
    check_memory(network, training, &batches.targets, &plan, memory, x)?;
    Ok(plan)
}

/// Checks what was lent against the plan.
fn check_memory(
    network: &Checked<'_>,
    training: &Training,
    targets: &Targets<'_>,
    plan: &Plan,
    memory: &Memory<'_>,
    x: &[f32],
) -> Result<(), Error> {
    expect_length("the input", x.len(), targets.batch(network.outputs()) * network.inputs())?;
    network.check_targets(training.rule, targets)?;
    expect_length("the parameters", memory.parameters.len(), plan.parameters)?;
    expect_length("the readouts", memory.readouts.len(), plan.readouts)?;
    expect_length("the optimizer state", memory.optimizer.len(), plan.optimizer)?;
    if let Feedback::Stored(stored) = memory.feedback {
        expect_length("the feedback", stored.len(), plan.feedback)?;
    }
    if memory.scratch.len() < plan.scratch() {
        let (found, expected) = (memory.scratch.len(), plan.scratch());
        return Err(Error::WrongLength { what: "the scratch", found, expected });
    }
    Ok(())
}

/// Hands out what was lent, by the plan it fits.
fn hand_out<'m>(network: &Checked<'m>, training: &Training, plan: &Plan, memory: Memory<'m>) -> Lent<'m> {
    let Memory { parameters, readouts, optimizer, feedback, mut scratch } = memory;
    let activations = split_front(&mut scratch, plan.activations);
    let coefficients = split_front(&mut scratch, plan.coefficients);
    let gradient = split_front(&mut scratch, plan.gradient);
    let room = Room { signal: scratch, coefficients, gradient }; // room to spare serves several threads
    let memory = Memory { parameters, readouts, optimizer, feedback, scratch: &mut [] };
    Lent { activations, room, shares: Shares::new(*network, *training, memory) }
}

/// Local rules: one walk forward through two buffers; each layer learns the moment its own output exists, from one batch after
/// the other. Gives back the last layer's output.
fn learn_on_the_way<'m, K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    training: &Training,
    batches: &Batches<'_>,
    x: &[f32],
    lent: Lent<'m>,
    saw: &mut dyn FnMut(Outcome),
) -> &'m [f32] {
    let Lent { activations, mut room, mut shares } = lent;
    let (layers, outputs) = (network.layers(), network.outputs());
    let samples = batches.targets.batch(outputs);
    let (first, _) = walking_buffers(layers);
    let (mut a, mut input) = activations.split_at_mut(samples * first);
    for (k, layer) in layers.iter().enumerate() {
        let x = if k == 0 { x } else { &input[..samples * layer.inputs()] };
        let a_k = &mut a[..samples * layer.outputs()];
        let mut share = shares.next_share(k);
        if layer.learns() && !network.is_output(k) {
            let (matrix, loss) = (share.matrix, network.loss());
            let steps = LocalSteps { layer, matrix, outputs, loss, training, batches };
            kernels.local_steps(&steps, share, x, a_k, room.again());
        } else {
            for (b, clock) in batches.clocks.iter().enumerate() {
                let (own, targets) = (batches.samples(b, outputs), batches.targets(b, outputs));
                let walk = Walk { kernels, network, training, clock, targets, batch: own.len() };
                let x = &x[own.start * layer.inputs()..own.end * layer.inputs()];
                let a_k = &mut a_k[own.start * layer.outputs()..own.end * layer.outputs()];
                if network.is_output(k) {
                    saw(walk.learn_output(layer, share.own.again(), x, a_k, room.again()));
                } else {
                    walk.pass_on(k, layer, x, a_k);
                }
            }
        }
        core::mem::swap(&mut a, &mut input);
    }
    &input[..samples * layers.last().map_or(0, Layer::outputs)]
}

/// The parts of a batch's learning step that stay the same from layer to layer.
struct Walk<'w, K> {
    kernels: &'w K,
    network: &'w Checked<'w>,
    training: &'w Training,
    clock: &'w Clock,
    targets: Targets<'w>,
    batch: usize,
}

impl<K: Kernels> Walk<'_, K> {
    /// The output layer answers, and learns by its own error.
    fn learn_output(&self, layer: &Layer, own: Trainable<'_>, x: &[f32], y: &mut [f32], room: Room<'_>) -> Outcome {
        self.kernels.forward(layer, own.parameters, x, y);
        let delta = &mut room.signal[..y.len()];
        let outcome = self.output_delta(layer, y, delta);
        self.kernels.update(layer, own, x, delta, &self.output_step(), room.gradient);
        outcome
    }

    /// Rules that wait for the error: a walk forward that keeps every output, then a walk back.
    fn walk_back<P: Purposeful>(&self, x: &[f32], lent: Lent<'_>, purpose: &mut P) -> Outcome {
        let Lent { activations, mut room, mut shares } = lent;
        let (layers, batch) = (self.network.layers(), self.batch);
        let mut end = self.keep_outputs(x, activations, shares.parameters());
        let signal = core::mem::take(&mut room.signal);
        let mut outcome = Outcome::default();
        for (k, layer) in layers.iter().enumerate().rev() {
            let start = end - batch * layer.outputs();
            let (before, a) = activations[..end].split_at_mut(start);
            let x = if k == 0 { x } else { &before[start - batch * layer.inputs()..] };
            end = start;
            let Share { own, matrix, readout } = shares.last_share(k);
            if !layer.learns() && self.passes_on(k).is_none() {
                continue;
            }
            let is_output = k + 1 == layers.len();
            let signal_k = &mut signal[..a.len()];
            if is_output {
                outcome = self.output_delta(layer, a, signal_k);
                self.fill_coefficients(a, room.coefficients);
            } else if layer.learns() {
                self.hidden_signal(layer, matrix, readout.as_ref(), room.coefficients, a, signal_k);
                purpose.signal(k, signal_k);
                layer.activation().gate(a, signal_k);
            }
            let delta = match self.passes_on(k) {
                None => signal_k,
                Some(fixed) => {
                    a.copy_from_slice(signal_k); // a is not needed any more: its place is delta's now
                    let through = if fixed { matrix } else { Matrix::Stored(&own.parameters[..layer.weights()]) };
                    self.signal_below(k, layer, through, x, a, &mut signal[..x.len()], room.gradient);
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
    #[allow(clippy::too_many_arguments)]
    fn signal_below(
        &self,
        k: usize,
        layer: &Layer,
        matrix: Matrix<'_>,
        x: &[f32],
        delta: &[f32],
        below: &mut [f32],
        row: &mut [f32],
    ) {
        match layer {
            Layer::Dense(dense) => self.kernels.dense_input_gradient(dense, matrix, delta, below),
            Layer::Conv(conv) => self.kernels.conv_input_gradient(conv, matrix, delta, below, &mut row[..conv.patch()]),
            Layer::Pool(pool) => self.kernels.pool_input_gradient(pool, x, delta, below),
            Layer::Dropout(dropout) => self.drop_out(k, dropout, delta, below),
        }
    }

    /// Whether layer `k` hands a signal down, and if so, whether through a fixed matrix: no layer that learns is below
    /// the first, and the projecting rules hand nothing down at all.
    fn passes_on(&self, k: usize) -> Option<bool> {
        match self.training.rule.teacher() {
            Teacher::NextLayer { fixed } if k > self.network.first_learning() => Some(fixed),
            _ => None,
        }
    }

    /// What the rules that project the output's error will project, made from the output y.
    fn fill_coefficients(&self, y: &[f32], values: &mut [f32]) {
        if let Teacher::Projection(coefficients) = self.training.rule.teacher() {
            values.copy_from_slice(y);
            coefficients.fill(self.network.loss(), self.network.outputs(), &self.targets, values);
        }
    }

    /// The signal at a hidden layer's output `a`. One from the next layer is there already; a projected one is made here.
    fn hidden_signal(
        &self,
        layer: &Layer,
        matrix: Matrix<'_>,
        readout: Option<&Readout<'_>>,
        coefficients: &mut [f32],
        a: &[f32],
        signal: &mut [f32],
    ) {
        match self.training.rule.teacher() {
            Teacher::NextLayer { .. } => return,
            Teacher::Nothing => return signal.fill(0.0),
            Teacher::Projection(of_layer) if self.training.rule.is_local() => {
                let step = self.hidden_step();
                self.kernels.ask_layer(of_layer, &self.local_step(layer, matrix, &step), readout, a, coefficients);
                of_layer.fill(self.network.loss(), self.network.outputs(), &self.targets, coefficients);
            }
            Teacher::Projection(_) => {} // of the output, and made there
        }
        let matrix = readout.map_or(matrix, Readout::matrix);
        self.kernels.project(&self.projection(layer, matrix), 0..layer.outputs(), coefficients, signal);
    }

    /// The forward pass that keeps every layer's output, one after the other; returns where they end.
    fn keep_outputs(&self, x: &[f32], activations: &mut [f32], parameters: &[f32]) -> usize {
        let (mut used, mut start) = (0, 0);
        for (k, layer) in self.network.layers().iter().enumerate() {
            let (before, rest) = activations.split_at_mut(start);
            let x = if k == 0 { x } else { &before[start - self.batch * layer.inputs()..] };
            let a_k = &mut rest[..self.batch * layer.outputs()];
            if layer.learns() {
                self.kernels.forward(layer, &parameters[used..used + layer.parameters()], x, a_k);
            } else {
                self.pass_on(k, layer, x, a_k);
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
        let factor = self.training.scaling.output(loss, self.batch, outputs);
        delta.iter_mut().for_each(|d| *d *= factor);
        layer.activation().gate(y, delta);
        outcome
    }

    fn local_step<'s>(&'s self, layer: &'s Layer, matrix: Matrix<'s>, step: &'s Step) -> LocalStep<'s> {
        let projection = self.projection(layer, matrix);
        let (rule, loss, targets) = (self.training.rule, self.network.loss(), &self.targets);
        LocalStep { layer, rule, projection, loss, targets, step }
    }

    fn projection<'s>(&self, layer: &Layer, matrix: Matrix<'s>) -> Projection<'s> {
        let factor = self.training.scaling.hidden(self.batch);
        Projection { matrix, outputs: self.network.outputs(), columns: layer.outputs(), factor }
    }

    /// The forward pass of a layer without weights while learning.
    fn pass_on(&self, k: usize, layer: &Layer, x: &[f32], out: &mut [f32]) {
        match layer {
            Layer::Dropout(dropout) => self.drop_out(k, dropout, x, out),
            _ => self.kernels.forward(layer, &[], x, out),
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
