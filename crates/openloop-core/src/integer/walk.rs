//! `infer` and `learn`: the same walk as in [`network`](crate::network), sample by sample, in integers.

use super::feedback::Feedback;
use super::memory::{Int8Memory, Int8Outcome};
use super::network::{Int8Layer, Int8Network, Int8Rate, Int8Settings, RATE_BITS};
use super::panel::{change_all, forward, pass_down};
use super::plan::{Int8Plan, walking_buffers, widest_hidden};
use super::random::{RandomUse, key, mix};
use super::tables::{ONE_BITS, softmax, tanh};
use crate::error::{Error, expect_length};
use crate::few::copy;
use crate::rule::{Target, Teacher};

/// Fraction bits in which a change of a weight is computed.
const CHANGE_BITS: u32 = 16;
/// Most that a signal may say, in units of 2^-15: twice 1.
const MAX_SIGNAL: i32 = 65_535;
/// Most that a change may be for the last bit of an input, in units of 2^-16: all of a byte's range for its first.
const MAX_CHANGE: i32 = i16::MAX as i32;

/// Draws the initial weights and biases: uniform within 1 / sqrt(inputs), to the nearest whole number.
///
/// # Errors
/// [`Error::WrongLength`] when `parameters` does not fit the network.
pub fn initialize(network: &Int8Network<'_>, parameters: &mut [i8]) -> Result<(), Error> {
    expect_length("the parameters", parameters.len(), Int8Plan::inference(network).parameters)?;
    let mut rest = parameters;
    for k in 0..network.depth() {
        let Some(layer) = network.layer(k) else { break };
        let own = take_front(&mut rest, layer.parameters());
        let key = key(network.settings().seed, &layer, RandomUse::Weights);
        let bound = (1 << layer.weight_bits) / layer.inputs.isqrt().max(1) as u32;
        for (i, w) in (0u32..).zip(own) {
            let word = mix(key.wrapping_add(i)) >> 16;
            *w = (((word * (2 * bound + 1)) >> 16) as i32 - bound as i32).clamp(-128, 127) as i8;
        }
    }
    Ok(())
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
    expect_length("the input", x.len(), network.inputs())?;
    if label as usize >= network.outputs() {
        return Err(Error::LabelOutOfRange { label, classes: network.outputs() });
    }
    let step = SampleStep { network, settings: network.settings(), step: memory.state.step, label: label as usize };
    let (outcome, saturated) = match network.settings().rule.is_local() {
        true => step.learn_forward(memory.parameters, x, memory.activations, memory.values),
        false => step.forward_and_backward(memory.parameters, x, memory.activations, memory.values),
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
        parameters: &mut [i8],
        x: &[i8],
        activations: &mut [i8],
        values: &mut [i32],
    ) -> (Int8Outcome, u32) {
        let (mut out, mut input) = activations.split_at_mut(walking_buffers(self.network).0.min(activations.len()));
        let (mut rest, mut x, mut saturated) = (parameters, x, 0);
        let values = values.get_mut(..self.network.outputs()).unwrap_or_default();
        for k in 0..self.network.depth().saturating_sub(1) {
            let Some(layer) = self.network.layer(k) else { break };
            let own = take_front(&mut rest, layer.parameters());
            let a = out.get_mut(..layer.outputs).unwrap_or_default();
            forward_hidden(&layer, own, x, a);
            if let Teacher::Projection(of_layer) = self.settings.rule.teacher() {
                let feedback = Feedback::new(self.settings, &layer);
                feedback.fill_coefficients(of_layer, a, self.label, values);
                let source = SignalSource::Projected { feedback, coefficients: Feedback::trim(values), a };
                saturated += self.change_weights(&layer, own, x, self.settings.hidden_rate, source);
            }
            core::mem::swap(&mut out, &mut input);
            x = input.get(..layer.outputs).unwrap_or_default();
        }
        let Some(layer) = self.network.layer(self.network.depth().saturating_sub(1)) else { return NOTHING };
        forward_output(&layer, rest, x, values);
        let outcome = self.output_error(&layer, values);
        (outcome, saturated + self.change_output_weights(&layer, rest, x, values))
    }

    /// Rules that wait for the error: a walk forward that keeps every output, then a walk back.
    fn forward_and_backward(
        &self,
        parameters: &mut [i8],
        x: &[i8],
        activations: &mut [i8],
        values: &mut [i32],
    ) -> (Int8Outcome, u32) {
        let last = self.network.depth().saturating_sub(1);
        let (error, signals) = values.split_at_mut_checked(self.network.outputs()).unwrap_or_default();
        let mut end = self.keep_outputs(parameters, x, activations);
        let (mut outcome, mut saturated, mut rest) = (NOTHING.0, 0, parameters);
        let (mut delta, mut below) = signals.split_at_mut(widest_hidden(self.network).min(signals.len()));
        for k in (0..=last).rev() {
            let Some(layer) = self.network.layer(k) else { break };
            let own = take_back(&mut rest, layer.parameters());
            let (before, a) = activations.split_at_checked(end).unwrap_or_default();
            end = end.saturating_sub(if k == 0 { 0 } else { layer.inputs });
            let x = if k == 0 { x } else { before.get(end..).unwrap_or_default() };
            if k == last {
                forward_output(&layer, own, x, error);
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
                        pass_down(&layer, own, values, below.get_mut(..layer.inputs).unwrap_or_default());
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
    fn change_output_weights(&self, layer: &Int8Layer, weights: &mut [i8], x: &[i8], error: &[i32]) -> u32 {
        self.change_weights(layer, weights, x, self.settings.output_rate, SignalSource::Known(error))
    }

    /// Changes a layer's weights by -rate v x, with v from `source`.
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn change_weights(
        &self,
        layer: &Int8Layer,
        weights: &mut [i8],
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
        let changed = change_all(layer, weights, x, self.noise(layer), |first, delta| changes.delta(first, delta));
        changed + changes.saturated
    }

    /// Where the noise of a layer's changes starts in this step.
    fn noise(&self, layer: &Int8Layer) -> u32 {
        let start = key(self.settings.seed, layer, RandomUse::Rounding) ^ mix((self.step >> 32) as u32);
        mix(start.wrapping_add(self.step as u32))
    }
}

/// Where the signals at a layer's sums come from, in units of 2^-15.
enum SignalSource<'t> {
    /// They are there.
    Known(&'t [i32]),
    /// Coefficients times the layer's matrix, gated by the slope of its outputs `a`.
    Projected { feedback: Feedback, coefficients: (usize, &'t [i32]), a: &'t [i8] },
}

/// How signals become changes.
struct WeightChanges<'t> {
    rate: i32,
    down: u32,
    source: SignalSource<'t>,
    saturated: u32,
}

impl WeightChanges<'_> {
    /// Puts down the changes of the neurons from `first` on, in units of 2^-16 for the last bit of an input; returns a number
    /// of as many bits as the largest has. Once for all widths.
    #[inline(never)]
    fn delta(&mut self, first: usize, delta: &mut [i32]) -> u32 {
        let mut bits = 0;
        match &self.source {
            SignalSource::Known(values) => {
                for (delta, value) in delta.iter_mut().zip(values.get(first..).unwrap_or_default()) {
                    let change = self.change((*value).clamp(-MAX_SIGNAL, MAX_SIGNAL));
                    bits |= limit(delta, change, &mut self.saturated);
                }
            }
            SignalSource::Projected { feedback, coefficients, a } => {
                feedback.project(*coefficients, first, delta);
                for (delta, a) in delta.iter_mut().zip(a.get(first..).unwrap_or_default()) {
                    let change = self.change(gated(*delta, *a));
                    bits |= limit(delta, change, &mut self.saturated);
                }
            }
        }
        bits
    }

    /// -rate signal, to the nearest.
    #[inline(always)]
    fn change(&self, signal: i32) -> i32 {
        ((1i32 << self.down >> 1) - signal * self.rate) >> self.down
    }
}

/// Keeps a change within its range, and counts it if it was not; returns its size.
#[inline(always)]
fn limit(kept: &mut i32, change: i32, saturated: &mut u32) -> u32 {
    *kept = change;
    let size = change.unsigned_abs();
    if size > MAX_CHANGE as u32 {
        *kept = change.clamp(-MAX_CHANGE, MAX_CHANGE);
        *saturated += 1;
        return MAX_CHANGE as u32;
    }
    size
}

/// The result of a step without layers.
const NOTHING: (Int8Outcome, u32) = (Int8Outcome { class: 0, confidence: 0 }, 0);

/// signal (1 - a^2), with a in units of 1/127.
#[inline(always)]
fn gated(signal: i32, a: i8) -> i32 {
    (signal.clamp(-MAX_SIGNAL, MAX_SIGNAL) * (127 * 127 - a as i32 * a as i32)) >> 14
}

/// Takes the first `count` values off `slice`.
fn take_front<'b>(slice: &mut &'b mut [i8], count: usize) -> &'b mut [i8] {
    let (own, rest) = core::mem::take(slice).split_at_mut_checked(count).unwrap_or_default();
    *slice = rest;
    own
}

/// Takes the last `count` values off `slice`.
fn take_back<'b>(slice: &mut &'b mut [i8], count: usize) -> &'b mut [i8] {
    let whole = core::mem::take(slice);
    let (rest, own) = whole.split_at_mut_checked(whole.len().saturating_sub(count)).unwrap_or_default();
    *slice = rest;
    own
}
