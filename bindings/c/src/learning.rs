//! What a model does with a sample, behind the pointers.

use crate::memory::{Parts, check, integer, settings};
use crate::status::Status;
use openloop_core::device::{Learner, Lent};
use openloop_core::loss::largest;
use openloop_core::store::Arithmetic;
use openloop_core::{Dense, Layer, Targets, draw_feedback, initialize};

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

/// The values of an f32 model, or the standardisation of any.
pub(crate) struct Floats<'p> {
    pub(crate) offset: &'p mut [f32],
    pub(crate) scale: &'p mut [f32],
    pub(crate) x: &'p mut [f32],
    pub(crate) parameters: &'p mut [f32],
    pub(crate) feedback: &'p mut [f32],
    pub(crate) scratch: &'p mut [f32],
}

impl<'m> Parts<'m> {
    /// Cuts the floats into their parts.
    pub(crate) fn floats(floats: &'m mut [f32], inputs: usize, parameters: usize, feedback: usize) -> Floats<'m> {
        let (offset, rest) = split(floats, inputs);
        let (scale, rest) = split(rest, inputs);
        let (x, rest) = split(rest, inputs);
        let (parameters, rest) = split(rest, parameters);
        let (feedback, scratch) = split(rest, feedback);
        Floats { offset, scale, x, parameters, feedback, scratch }
    }

    /// Draws the weights a network starts with, and takes inputs as they come.
    pub(crate) fn initialize(mut self) -> Result<(), Status> {
        let seed = self.model.plan.about.seed;
        self.floats.fill(0.0);
        self.words.fill(0);
        self.bytes.fill(0);
        self.draw()?;
        let network = check(self.layers, self.model.plan.loss)?;
        let counts = self.model.counts;
        match self.model.plan.about.arithmetic {
            Arithmetic::F32 => {
                let floats = Parts::floats(self.floats, counts.inputs, counts.parameters, 0);
                floats.scale.fill(1.0);
                initialize(&network, seed, floats.parameters)?;
            }
            Arithmetic::Int8 => {
                Parts::floats(self.floats, counts.inputs, 0, 0).scale.fill(1.0);
                let (parameters, _) = split(self.bytes, counts.parameters);
                openloop_core::integer::initialize(&integer(network, &self.model.plan)?, parameters)?;
            }
        }
        Ok(())
    }

    /// Draws the fixed random matrices, where they are stored.
    pub(crate) fn draw(&mut self) -> Result<(), Status> {
        let (counts, how) = (self.model.counts, self.model.plan);
        let network = check(self.layers, how.loss)?;
        if how.about.arithmetic == Arithmetic::F32 && how.store_feedback {
            let feedback = Learner::new(network, settings(&how, &[]))?.sizes().feedback;
            let start = 3 * counts.inputs + counts.parameters;
            let own = self.floats.get_mut(start..).and_then(|rest| rest.get_mut(..feedback)).unwrap_or_default();
            draw_feedback(&network, how.about.rule, how.about.seed, own)?;
        }
        Ok(())
    }

    /// One learning step.
    pub(crate) fn learn(self, x: &[f32], label: u32) -> Result<(), Status> {
        if self.model.plan.about.regression {
            return Err(Status::NotOnDevice);
        }
        let classes = self.outputs();
        if label as usize >= classes {
            return Err(Status::BadLabel);
        }
        match self.model.plan.about.arithmetic {
            Arithmetic::F32 => self.learn_f32(x, label),
            Arithmetic::Int8 => self.learn_int8(x, label),
        }
    }

    fn learn_f32(self, x: &[f32], label: u32) -> Result<(), Status> {
        let how = self.model.plan;
        let (learner, floats) = learner(self.layers, self.floats, &self.model.counts, &how)?;
        standardise(x, floats.offset, floats.scale, floats.x)?;
        let lent = Lent { parameters: floats.parameters, scratch: floats.scratch, health: &mut self.model.health };
        learner.learn(lent, floats.x, &Targets::Labels(&[label]))?;
        self.model.plan.about.samples = how.about.samples.saturating_add(1);
        Ok(())
    }

    fn learn_int8(mut self, x: &[f32], label: u32) -> Result<(), Status> {
        let counts = self.model.counts;
        self.quantise(x)?;
        let network = integer(check(self.layers, self.model.plan.loss)?, &self.model.plan)?;
        let (parameters, rest) = split(self.bytes, counts.parameters);
        let (x, activations) = split(rest, counts.inputs);
        let state = &mut self.model.state;
        let memory = openloop_core::integer::Int8Memory { parameters, state, activations, values: self.words };
        openloop_core::integer::learn(&network, memory, x, label)?;
        self.model.plan.about.samples = self.model.state.step;
        Ok(())
    }

    /// The answer to a sample: the label, and each output if `y` has room for them.
    pub(crate) fn predict(self, x: &[f32], y: &mut [f32]) -> Result<u32, Status> {
        if !y.is_empty() && y.len() != self.outputs() {
            return Err(Status::WrongLength);
        }
        match self.model.plan.about.arithmetic {
            Arithmetic::F32 => self.predict_f32(x, y),
            Arithmetic::Int8 => self.predict_int8(x, y),
        }
    }

    fn predict_f32(self, x: &[f32], y: &mut [f32]) -> Result<u32, Status> {
        let how = self.model.plan;
        let (learner, floats) = learner(self.layers, self.floats, &self.model.counts, &how)?;
        standardise(x, floats.offset, floats.scale, floats.x)?;
        let lent = Lent { parameters: floats.parameters, scratch: floats.scratch, health: &mut self.model.health };
        let answer = learner.infer(lent, floats.x)?;
        y.iter_mut().zip(answer).for_each(|(y, answer)| *y = *answer);
        Ok(largest(answer) as u32)
    }

    fn predict_int8(mut self, x: &[f32], y: &mut [f32]) -> Result<u32, Status> {
        const ONE: f32 = 32_768.0;
        let counts = self.model.counts;
        self.quantise(x)?;
        let network = integer(check(self.layers, self.model.plan.loss)?, &self.model.plan)?;
        let (parameters, rest) = split(self.bytes, counts.parameters);
        let (x, activations) = split(rest, counts.inputs);
        let sums = openloop_core::integer::infer(&network, parameters, x, activations, self.words)?;
        let label =
            sums.iter().enumerate().fold((0, i32::MIN), |best, (k, &sum)| if sum > best.1 { (k, sum) } else { best });
        openloop_core::integer::probabilities(&network, sums);
        y.iter_mut().zip(&*sums).for_each(|(y, p)| *y = *p as f32 / ONE);
        Ok(label.0 as u32)
    }

    /// The sample in int8, where `learn` and `predict` look for it: round(x' 2^bits) within a byte.
    fn quantise(&mut self, x: &[f32]) -> Result<(), Status> {
        let counts = self.model.counts;
        let floats = Parts::floats(self.floats, counts.inputs, 0, 0);
        standardise(x, floats.offset, floats.scale, floats.x)?;
        if floats.x.iter().any(|x| !x.is_finite()) {
            self.model.health.refused = self.model.health.refused.saturating_add(1);
            return Err(Status::InputNotFinite);
        }
        let one = (1u32 << self.model.plan.about.input_bits.min(14)) as f32;
        let bytes = self.bytes.get_mut(counts.parameters..).unwrap_or_default();
        for (byte, x) in bytes.iter_mut().zip(&*floats.x) {
            *byte = libm::roundf(x * one).clamp(-127.0, 127.0) as i8;
        }
        Ok(())
    }

    pub(crate) fn outputs(&self) -> usize {
        match self.layers.last() {
            Some(Layer::Dense(Dense { outputs, .. })) => *outputs,
            _ => 0,
        }
    }

    /// What went on so far.
    pub(crate) fn counters(&self) -> Counters {
        let (health, state) = (&self.model.health, &self.model.state);
        Counters {
            samples: self.model.plan.about.samples,
            refused: health.refused,
            not_finite: health.not_finite,
            saturated: health.saturated.saturating_add(state.saturated),
        }
    }
}

/// The f32 learner at this moment, with its rates, and the memory it works on.
fn learner<'p>(
    layers: &'p [Layer],
    floats: &'p mut [f32],
    counts: &crate::memory::Counts,
    how: &crate::config::Plan,
) -> Result<(Learner<'p>, Floats<'p>), Status> {
    let network = check(layers, how.loss)?;
    let stored = match how.store_feedback {
        true => Learner::new(network, settings(how, &[]))?.sizes().feedback,
        false => 0,
    };
    let floats = Parts::floats(floats, counts.inputs, counts.parameters, stored);
    let Floats { offset, scale, x, parameters, feedback, scratch } = floats;
    let feedback: &'p [f32] = feedback;
    let mut learner = Learner::new(network, settings(how, feedback))?;
    if how.about.half_after > 0 {
        let decay = 1.0 + how.about.samples as f32 / how.about.half_after as f32;
        learner.set_rates(how.about.hidden_rate / decay, how.about.output_rate / decay);
    }
    Ok((learner, Floats { offset, scale, x, parameters, feedback: &mut [], scratch }))
}

/// x' = (x - offset) scale, bounded.
fn standardise(x: &[f32], offset: &[f32], scale: &[f32], out: &mut [f32]) -> Result<(), Status> {
    if x.len() != out.len() {
        return Err(Status::WrongLength);
    }
    openloop_core::standardise::standardise(x, offset, scale, out);
    Ok(())
}

/// The first `count` values and the rest; all there are where there are fewer.
pub(crate) fn split<T>(values: &mut [T], count: usize) -> (&mut [T], &mut [T]) {
    let count = count.min(values.len());
    values.split_at_mut_checked(count).unwrap_or_default()
}
