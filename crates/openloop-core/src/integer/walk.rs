//! `infer` and `learn`: the same walk as in [`network`](crate::network), sample by sample, in integers.

use super::bytes::{Bytes, take_front};
use super::feedback::Feedback;
#[cfg(feature = "fine-int8")]
use super::fractions;
#[cfg(feature = "fine-int8")]
use super::memory::Int8Fine;
use super::memory::{Int8Memory, Int8Outcome};
use super::network::{Int8Layer, Int8Network, Int8Rate, Int8Settings, RATE_BITS};
use super::panel::{change_all, forward, pass_down};
use super::plan::{Int8Plan, walking_buffers, widest_hidden};
use super::random::{RandomUse, key, mix};
use super::signals::{SignalSource, WeightChanges, gated};
use super::tables::{ONE_BITS, softmax, tanh};
use crate::error::{Error, expect_length};
use crate::few::copy;
use crate::rule::{Target, Teacher};

/// Fraction bits in which a change of a weight is computed.
const CHANGE_BITS: u32 = 16;
/// Draws the initial weights and biases: uniform within 1 / sqrt(inputs), to the nearest whole number.
///
/// # Errors
/// [`Error::WrongLength`] when `parameters` does not fit the network.
pub fn initialize(network: &Int8Network<'_>, parameters: &mut [i8]) -> Result<(), Error> {
    expect_length("the parameters", parameters.len(), Int8Plan::inference(network).parameters)?;
    let mut rest = parameters;
    for k in 0..network.depth() {
        let Some(layer) = network.layer(k) else { break };
        draw(network, &layer, take_front(&mut rest, layer.parameters()));
    }
    Ok(())
}

/// Draws the initial readouts, as output layers of their layers; second bytes become 0.
///
/// # Errors
/// [`Error::WrongLength`] when a slice does not fit the network.
#[cfg(feature = "fine-int8")]
pub fn initialize_fine(network: &Int8Network<'_>, fine: Int8Fine<'_>) -> Result<(), Error> {
    expect_fine(&Int8Plan::learning(network), &fine)?;
    let mut rest = fine.readouts;
    for k in 0..network.depth() {
        let Some(readout) = network.readout(k) else { break };
        draw(network, &readout, take_front(&mut rest, readout.parameters()));
    }
    fine.fractions.fill(0);
    Ok(())
}

fn draw(network: &Int8Network<'_>, layer: &Int8Layer, own: &mut [i8]) {
    let key = key(network.settings().seed, layer, RandomUse::Weights);
    let bound = (1 << layer.weight_bits) / layer.inputs.isqrt().max(1) as u32;
    for (i, w) in (0u32..).zip(own) {
        let word = mix(key.wrapping_add(i)) >> 16;
        *w = (((word * (2 * bound + 1)) >> 16) as i32 - bound as i32).clamp(-128, 127) as i8;
    }
}

#[cfg(feature = "fine-int8")]
fn expect_fine(plan: &Int8Plan, fine: &Int8Fine<'_>) -> Result<(), Error> {
    expect_length("the readouts", fine.readouts.len(), plan.readouts)?;
    expect_length("the second bytes of the weights", fine.fractions.len(), plan.fractions)
}

/// The sums of the output layer for `x`, as a part of `values`: the largest is the answer's class, and
/// [`probabilities`] makes probabilities of them.
///
/// [`Int8Plan::inference`] tells the lengths; more room is fine.
///
/// # Errors
/// [`Error::WrongLength`] when a slice does not fit the network.
#[inline(always)]
pub fn infer<'v>(
    network: &Int8Network<'_>,
    parameters: &[i8],
    x: &[i8],
    activations: &mut [i8],
    values: &'v mut [i32],
) -> Result<&'v mut [i32], Error> {
    expect_room(&Int8Plan::inference(network), activations, values)?;
    expect_length("the parameters", parameters.len(), Int8Plan::inference(network).parameters)?;
    expect_length("the input", x.len(), network.inputs())?;
    let (mut out, mut input) = activations.split_at_mut(walking_buffers(network).0.min(activations.len()));
    let (mut rest, mut x) = (parameters, x);
    let values = values.get_mut(..network.outputs()).unwrap_or_default();
    for k in 0..network.depth() {
        let Some(layer) = network.layer(k) else { break };
        let (own, others) = rest.split_at_checked(layer.parameters()).unwrap_or_default();
        rest = others;
        if k + 1 == network.depth() {
            forward_output(&layer, own, x, values);
            break;
        }
        forward_hidden(&layer, own, x, out);
        core::mem::swap(&mut out, &mut input);
        x = input.get(..layer.outputs).unwrap_or_default();
    }
    Ok(values)
}

/// Turns the sums of the output layer into probabilities in units of 2^-15.
pub fn probabilities(network: &Int8Network<'_>, sums: &mut [i32]) {
    if let Some(layer) = network.layer(network.depth().saturating_sub(1)) {
        softmax(sums, layer.sum_bits());
    }
}

/// One learning step on one sample.
///
/// [`Int8Plan::learning`] tells the length of every slice of `memory`; more room for activations and values is fine.
///
/// # Errors
/// A slice of the wrong length, or a label that is no class. Nothing has changed then.
#[inline(always)]
pub fn learn(network: &Int8Network<'_>, memory: Int8Memory<'_>, x: &[i8], label: u32) -> Result<Int8Outcome, Error> {
    let plan = Int8Plan::learning(network);
    expect_room(&plan, memory.activations, memory.values)?;
    expect_length("the parameters", memory.parameters.len(), plan.parameters)?;
    #[cfg(feature = "fine-int8")]
    expect_fine(&plan, &memory.fine)?;
    expect_length("the input", x.len(), network.inputs())?;
    if label as usize >= network.outputs() {
        return Err(Error::LabelOutOfRange { label, classes: network.outputs() });
    }
    let step = SampleStep { network, settings: network.settings(), step: memory.state.step, label: label as usize };
    let [own, readouts] = Bytes::of(memory.parameters, memory.fine);
    let (outcome, saturated) = match network.settings().rule.is_local() {
        true => step.learn_forward([own, readouts], x, memory.activations, memory.values),
        false => step.forward_and_backward(own, x, memory.activations, memory.values),
    };
    memory.state.step = memory.state.step.wrapping_add(1);
    memory.state.saturated = memory.state.saturated.saturating_add(saturated);
    Ok(outcome)
}

fn expect_room(plan: &Int8Plan, activations: &[i8], values: &[i32]) -> Result<(), Error> {
    let rooms = [
        ("the room for activations", activations.len(), plan.activations),
        ("the room for values", values.len(), plan.values),
    ];
    match rooms.into_iter().find(|(_, found, expected)| found < expected) {
        Some((what, found, expected)) => Err(Error::WrongLength { what, found, expected }),
        None => Ok(()),
    }
}

/// a = tanh(W x + b)
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn forward_hidden(layer: &Int8Layer, weights: &[i8], x: &[i8], a: &mut [i8]) {
    forward(layer, weights, x, |first, sums| {
        for (a, &sum) in a.get_mut(first..).unwrap_or_default().iter_mut().zip(sums) {
            *a = tanh(sum, layer.sum_bits());
        }
    });
}

/// W x + b
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn forward_output(layer: &Int8Layer, weights: &[i8], x: &[i8], values: &mut [i32]) {
    forward(layer, weights, x, |first, sums| {
        copy(sums, values.get_mut(first..).unwrap_or_default());
    });
}

/// The parts of a step that stay the same from layer to layer.
struct SampleStep<'w> {
    network: &'w Int8Network<'w>,
    settings: &'w Int8Settings,
    step: u64,
    label: usize,
}

impl SampleStep<'_> {
    /// Local rules: one walk forward through two buffers; each layer learns the moment its own output exists.
    #[inline(always)]
    fn learn_forward(
        &self,
        [mut rest, mut readouts]: [Bytes<'_>; 2],
        x: &[i8],
        activations: &mut [i8],
        values: &mut [i32],
    ) -> (Int8Outcome, u32) {
        let (mut out, mut input) = activations.split_at_mut(walking_buffers(self.network).0.min(activations.len()));
        let (mut x, mut saturated) = (x, 0);
        let (values, signal) = values.split_at_mut_checked(self.network.outputs()).unwrap_or_default();
        for k in 0..self.network.depth().saturating_sub(1) {
            let Some(layer) = self.network.layer(k) else { break };
            let own = rest.take_front(layer.parameters());
            let a = out.get_mut(..layer.outputs).unwrap_or_default();
            forward_hidden(&layer, own.weights, x, a);
            if let Some(readout) = self.network.readout(k) {
                let signal = signal.get_mut(..layer.outputs).unwrap_or_default();
                let of_readout = readouts.take_front(readout.parameters());
                saturated += self.learn_readout(&readout, of_readout, a, (&mut *values, &mut *signal));
                saturated +=
                    self.change_weights(&layer, own, x, self.settings.hidden_rate, SignalSource::Known(signal));
            } else if let Teacher::Projection(of_layer) = self.settings.rule.teacher() {
                let feedback = Feedback::new(self.settings, &layer);
                feedback.fill_coefficients(of_layer, a, self.label, values);
                let source = SignalSource::Projected { feedback, coefficients: Feedback::trim(values), a };
                saturated += self.change_weights(&layer, own, x, self.settings.hidden_rate, source);
            }
            core::mem::swap(&mut out, &mut input);
            x = input.get(..layer.outputs).unwrap_or_default();
        }
        let Some(layer) = self.network.layer(self.network.depth().saturating_sub(1)) else { return NOTHING };
        forward_output(&layer, rest.weights, x, values);
        let outcome = self.output_error(&layer, values);
        (outcome, saturated + self.change_output_weights(&layer, rest, x, values))
    }

    /// A readout that learns is an output layer of its hidden layer, whose outputs are `a`: it answers, gives the signal at the hidden
    /// layer's sums, and learns by its own error.
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn learn_readout(
        &self,
        readout: &Int8Layer,
        own: Bytes<'_>,
        a: &[i8],
        (values, signal): (&mut [i32], &mut [i32]),
    ) -> u32 {
        forward_output(readout, own.weights, a, values);
        self.output_error(readout, values);
        pass_down(readout, own.weights, values, signal);
        signal.iter_mut().zip(a).for_each(|(signal, a)| *signal = gated(*signal, *a));
        self.change_output_weights(readout, own, a, values)
    }

    /// Rules that wait for the error: a walk forward that keeps every output, then a walk back.
    fn forward_and_backward(
        &self,
        mut rest: Bytes<'_>,
        x: &[i8],
        activations: &mut [i8],
        values: &mut [i32],
    ) -> (Int8Outcome, u32) {
        let last = self.network.depth().saturating_sub(1);
        let (error, signals) = values.split_at_mut_checked(self.network.outputs()).unwrap_or_default();
        let mut end = self.keep_outputs(rest.weights, x, activations);
        let (mut outcome, mut saturated) = (NOTHING.0, 0);
        let (mut delta, mut below) = signals.split_at_mut(widest_hidden(self.network).min(signals.len()));
        for k in (0..=last).rev() {
            let Some(layer) = self.network.layer(k) else { break };
            let own = rest.take_back(layer.parameters());
            let (before, a) = activations.split_at_checked(end).unwrap_or_default();
            end = end.saturating_sub(if k == 0 { 0 } else { layer.inputs });
            let x = if k == 0 { x } else { before.get(end..).unwrap_or_default() };
            if k == last {
                forward_output(&layer, own.weights, x, error);
                outcome = self.output_error(&layer, error);
            }
            match self.settings.rule.teacher() {
                Teacher::NextLayer { .. } => {
                    let values =
                        if k == last { &mut *error } else { delta.get_mut(..layer.outputs).unwrap_or_default() };
                    if k < last {
                        values.iter_mut().zip(a).for_each(|(v, a)| *v = gated(*v, *a));
                    }
                    if k > 0 {
                        pass_down(&layer, own.weights, values, below.get_mut(..layer.inputs).unwrap_or_default());
                    }
                    let rate = if k == last { self.settings.output_rate } else { self.settings.hidden_rate };
                    saturated += self.change_weights(&layer, own, x, rate, SignalSource::Known(values));
                    core::mem::swap(&mut delta, &mut below);
                }
                _ if k == last => {
                    saturated += self.change_output_weights(&layer, own, x, error);
                    if let Teacher::Projection(of_output) = self.settings.rule.teacher() {
                        of_output.fill_from_error(error);
                    }
                }
                _ => {
                    let feedback = Feedback::new(self.settings, &layer);
                    let source = SignalSource::Projected { feedback, coefficients: Feedback::trim(error), a };
                    saturated += self.change_weights(&layer, own, x, self.settings.hidden_rate, source);
                }
            }
        }
        (outcome, saturated)
    }

    /// The hidden layers' outputs, one after the other; returns where they end.
    fn keep_outputs(&self, parameters: &[i8], x: &[i8], activations: &mut [i8]) -> usize {
        let (mut rest, mut start) = (parameters, 0);
        for k in 0..self.network.depth().saturating_sub(1) {
            let Some(layer) = self.network.layer(k) else { break };
            let (own, others) = rest.split_at_checked(layer.parameters()).unwrap_or_default();
            rest = others;
            let (before, after) = activations.split_at_mut_checked(start).unwrap_or_default();
            let x = if k == 0 { x } else { before.get(start.saturating_sub(layer.inputs)..).unwrap_or_default() };
            forward_hidden(&layer, own, x, after.get_mut(..layer.outputs).unwrap_or_default());
            start += layer.outputs;
        }
        start
    }

    /// The output layer's sums become y - t, in units of 2^-15.
    fn output_error(&self, layer: &Int8Layer, values: &mut [i32]) -> Int8Outcome {
        let mut best = (0u32, i32::MIN);
        for (class, &value) in (0u32..).zip(&*values) {
            if value > best.1 {
                best = (class, value);
            }
        }
        softmax(values, layer.sum_bits());
        let confidence = values.get(self.label).copied().unwrap_or(0) as u16;
        Target::Label(self.label).subtract_from(values);
        Int8Outcome { class: best.0, confidence }
    }

    #[inline(always)]
    fn change_output_weights(&self, layer: &Int8Layer, own: Bytes<'_>, x: &[i8], error: &[i32]) -> u32 {
        self.change_weights(layer, own, x, self.settings.output_rate, SignalSource::Known(error))
    }

    /// Changes a layer's weights by -rate v x, with v from `source`.
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn change_weights(
        &self,
        layer: &Int8Layer,
        own: Bytes<'_>,
        x: &[i8],
        rate: Int8Rate,
        source: SignalSource<'_>,
    ) -> u32 {
        let bits = if let SignalSource::Projected { .. } = source { layer.feedback_bits } else { 0 };
        let rate = rate.after(self.step, self.settings.half_after);
        // the rate in 12 bits, so that a signal times it fits into a word
        let spare = (32 - 12u32).saturating_sub(rate.leading_zeros());
        // a step of the weight in units of 2^-16 of its last bit, for an input's last bit
        let down =
            (RATE_BITS + ONE_BITS + bits + layer.input_bits).saturating_sub(layer.weight_bits + CHANGE_BITS + spare);
        let mut changes = WeightChanges { rate: (rate >> spare) as i32, down: down.min(31), source, saturated: 0 };
        let noise = self.noise(layer);
        #[cfg(feature = "fine-int8")]
        let mut own = own;
        #[cfg(feature = "fine-int8")]
        if let Some(own) = own.with_fractions() {
            let changed = fractions::change_all(layer, own, x, noise, |first, delta| changes.delta(first, delta));
            return changed + changes.saturated;
        }
        let changed = change_all(layer, own.weights, x, noise, |first, delta| changes.delta(first, delta));
        changed + changes.saturated
    }

    /// Where the noise of a layer's changes starts in this step.
    fn noise(&self, layer: &Int8Layer) -> u32 {
        let start = key(self.settings.seed, layer, RandomUse::Rounding) ^ mix((self.step >> 32) as u32);
        mix(start.wrapping_add(self.step as u32))
    }
}

/// The result of a step without layers.
const NOTHING: (Int8Outcome, u32) = (Int8Outcome { class: 0, confidence: 0 }, 0);
