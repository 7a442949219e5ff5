//! A learner's steps in f32: how its weights lie, and the memory that a step needs beside them.

use super::counters::Counters;
use super::layout;
use super::network::Network;
use super::pipeline::{LearningSteps, Pipeline};
use super::weights::NetworkWeights;
use crate::kernels::Fast;
use crate::kernels::aligned::Aligned;
use crate::settings::Settings;
use openloop_core::{Batches, Clock, Error, Feedback, Layout, Memory, Outcome, Plan, Targets};
use std::ops::Range;

/// Maximum number of samples that a layer learns from before the next layer starts.
const MAX_SAMPLES_PER_LAYER: usize = 256;
/// Minimum number of scratch values for these samples, even in a small network.
const MIN_SCRATCH_VALUES: usize = 1 << 13;

/// What a learner is made for. It decides layouts and sizes: how fast a step is, and with panels the order of some sums.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// Samples there are to learn from.
    pub samples: usize,
    /// How much of the learning layers' inputs is not 0, from 0 to 1.
    pub share_not_zero: f64,
    /// Threads that take part.
    pub threads: usize,
}

impl Workload {
    /// One sample at a time, none seen before.
    pub const STREAM: Workload = Workload { samples: 1, share_not_zero: 1.0, threads: 1 };
}

/// Buffers of a learning step in f32, beside weights, readouts and optimizer state.
#[derive(Debug, Default)]
pub(super) struct FloatBuffers {
    feedback: Vec<f32>,
    scratch: Aligned,
    clocks: Vec<Clock>,
    /// The layout in which each of the learning layers learns.
    layouts: Vec<Layout>,
    /// Whether the weights lie so now. Otherwise they lie in rows.
    packed: bool,
    /// Samples that are learned from layer by layer, in whole batches.
    samples_per_call: usize,
    /// The layers spread over threads, if they are.
    pipeline: Option<Pipeline>,
}

/// What a step changes.
pub(super) struct LearnerState<'s> {
    pub weights: &'s mut NetworkWeights,
    pub readouts: &'s mut Aligned,
    pub optimizer: &'s mut Aligned,
    pub counters: &'s mut Counters,
}

impl FloatBuffers {
    /// Room for a network that learns under `settings`; its feedback matrices are drawn.
    ///
    /// # Errors
    /// None that can be met: the memory is sized by the network.
    pub fn new(network: &Network, settings: &Settings, workload: Workload) -> Result<Self, Error> {
        let (learning, training) = (network.learning(), settings.training());
        let batch = settings.batch.min(workload.samples).max(1);
        let layouts = layout::choose(learning.layers(), settings.rule, batch, workload.share_not_zero);
        let pipeline = Pipeline::plan(
            settings.pipeline,
            (&learning, &training),
            (batch, workload.threads),
            (&layouts, workload.share_not_zero),
        );
        let mut samples_per_call = batch;
        if pipeline.is_none() && layout::has_panels(&layouts) && settings.rule.knows_its_signal() {
            let plan = Plan::learning_batches(&learning, &training, batch, 1);
            let most = samples_per_layer(&plan, learning.inputs(), workload.share_not_zero).min(workload.samples);
            samples_per_call = (most / batch).max(1) * batch;
        }
        let plan = Plan::learning_batches(&learning, &training, batch, samples_per_call);
        let mut feedback = vec![0.0; plan.feedback];
        openloop_core::draw_feedback(&learning, settings.rule, settings.seed, &mut feedback)?;
        // each thread has a block of signal of its own
        let scratch = plan.scratch() + (workload.threads - 1) * plan.signals;
        let scratch = Aligned::zeros(scratch.max(Plan::inference(&learning, 1)));
        Ok(FloatBuffers { feedback, scratch, clocks: Vec::new(), layouts, packed: false, samples_per_call, pipeline })
    }

    /// The number of samples per call that is fastest.
    pub fn samples_per_call(&self) -> usize {
        self.pipeline.as_ref().map_or(self.samples_per_call, Pipeline::samples)
    }

    /// Whether the layers are spread over threads.
    pub fn is_pipeline(&self) -> bool {
        self.pipeline.is_some()
    }

    /// Whether some weights lie in panels now.
    pub fn is_packed(&self) -> bool {
        self.packed
    }

    /// Repacks weights and optimizer state, from rows into the layouts in which they learn or back `into` rows.
    pub fn pack(
        &mut self,
        network: &Network,
        settings: &Settings,
        into: Layout,
        floats: &mut [f32],
        state: &mut [f32],
    ) {
        self.repack(network, settings, into, floats, state);
        self.packed = into == Layout::Panels && layout::has_panels(&self.layouts);
    }

    /// As [`FloatBuffers::pack`], for a copy.
    pub fn repack(&self, network: &Network, settings: &Settings, into: Layout, floats: &mut [f32], state: &mut [f32]) {
        if !layout::has_panels(&self.layouts) {
            return;
        }
        let (learning, slots) = (network.learning(), settings.optimizer.slots());
        let floats = &mut floats[network.frozen_parameters()..];
        layout::repack(learning.layers(), &self.layouts, into, slots, floats, state);
    }

    /// The answers `[samples, outputs]` to inputs `x` of the learning layers, a part at a time.
    pub fn infer(
        &mut self,
        kernels: &Fast,
        network: &Network,
        weights: &NetworkWeights,
        x: &[f32],
        answers: &mut [f32],
    ) -> Result<(), Error> {
        let learning = network.learning();
        let parameters = &weights.floats[network.frozen_parameters()..];
        let at_once = (self.scratch.len() / Plan::inference(&learning, 1)).max(1);
        let parts = x.chunks(at_once * learning.inputs()).zip(answers.chunks_mut(at_once * learning.outputs()));
        for (x, answers) in parts {
            let layouts = if self.packed { &self.layouts[..] } else { &[] };
            let y = openloop_core::infer_with_layouts(kernels, &learning, layouts, parameters, x, &mut self.scratch)?;
            answers.copy_from_slice(y);
        }
        Ok(())
    }

    /// Learns from some whole batches, at most [`FloatBuffers::samples_per_call`] samples.
    pub fn learn(
        &mut self,
        kernels: &Fast,
        network: &Network,
        settings: &Settings,
        state: LearnerState<'_>,
        (x, targets): (&[f32], &Targets<'_>),
        on_batch: &mut dyn FnMut(Outcome),
    ) -> Result<(), Error> {
        let (learning, training) = (network.learning(), settings.training());
        let samples = targets.batch(learning.outputs());
        let LearnerState { weights, readouts, optimizer, counters } = state;
        settings.clocks(counters.steps, counters.samples, samples, &mut self.clocks);
        let batches = Batches { targets: *targets, size: settings.batch, clocks: &self.clocks };
        let memory = Memory {
            parameters: &mut weights.floats[network.frozen_parameters()..],
            layouts: if self.packed { &self.layouts } else { &[] },
            readouts,
            optimizer,
            feedback: Feedback::Stored(&self.feedback),
            scratch: &mut self.scratch,
        };
        openloop_core::learn_batches(kernels, &learning, &training, memory, &batches, x, on_batch)?;
        counters.steps += self.clocks.len() as u64;
        counters.samples += samples as u64;
        Ok(())
    }

    /// As [`FloatBuffers::learn`], each layer at its own batch; `gather(samples, x)` makes the inputs of some samples.
    pub fn learn_in_pipeline(
        &mut self,
        network: &Network,
        settings: &Settings,
        state: LearnerState<'_>,
        targets: &Targets<'_>,
        gather: impl FnMut(Range<usize>, &mut [f32]) + Send,
        on_batch: impl FnMut(Outcome) + Send,
    ) -> Result<(), Error> {
        let (learning, training) = (network.learning(), settings.training());
        learning.check_targets(training.rule, targets)?;
        let Some(pipeline) = &mut self.pipeline else { return Err(Error::RuleNotLocal) };
        let samples = targets.batch(learning.outputs());
        let LearnerState { weights, readouts, optimizer, counters } = state;
        settings.clocks(counters.steps, counters.samples, samples, &mut self.clocks);
        let steps = LearningSteps {
            network: learning,
            training,
            parameters: &mut weights.floats[network.frozen_parameters()..],
            readouts,
            optimizer,
            feedback: &self.feedback,
            batches: Batches { targets: *targets, size: settings.batch, clocks: &self.clocks },
        };
        pipeline.learn(steps, gather, on_batch);
        counters.steps += self.clocks.len() as u64;
        counters.samples += samples as u64;
        Ok(())
    }

    /// What the last step on a single sample answered before it changed anything, under a rule that leaves it in place.
    pub fn last_answer(&self, network: &Network, settings: &Settings) -> Option<&[f32]> {
        openloop_core::answers(&network.learning(), settings.rule, 1, &self.scratch)
    }

    /// The feedback matrices.
    pub fn feedback(&self) -> &[f32] {
        &self.feedback
    }
}

/// Samples for which there is room to be learned from layer by layer: what is kept of them takes as much memory as the network at
/// most, whose plan for one of them is given. `share` is how much of the first layer's `inputs` is not 0, and so listed.
fn samples_per_layer(plan: &Plan, inputs: usize, share: f64) -> usize {
    let listed_twice = (4.0 * share * inputs as f64) as usize;
    let each = plan.activations + plan.coefficients + inputs + listed_twice;
    let network = plan.parameters + plan.optimizer + plan.feedback;
    MAX_SAMPLES_PER_LAYER.min(network.max(MIN_SCRATCH_VALUES) / each)
}
