//! Layers spread over threads: under a local rule a layer is done with a batch as soon as it has answered and learned, so
//! the next batch can enter while the next layers still work on this one.
//!
//! Each stage holds some neighbouring layers and takes the batches in their order, so every weight sees what it would have
//! seen without a pipeline: the bits are the same.

mod partition;
mod scheduler;

use crate::kernels::Fast;
use crate::settings::PipelineMode;
use openloop_core::{Batches, Checked, Feedback, Kernels, Layer, Layout, Memory, Outcome, PartOutput, Plan, Training};
use partition::{partition, stages_of};
use scheduler::StageScheduler;
use std::ops::Range;

/// Samples in a packet: enough that passing packets between stages costs little.
const PACKET_SAMPLES: usize = 64;
/// The number of stages per thread that the stages' sizes aim at.
const STAGES_PER_THREAD: f64 = 8.0;
/// Multiply-adds between one filling of the pipeline and the next, so many that filling and emptying it cost little; some tenths of
/// a second.
const MULTIPLY_ADDS_PER_FILL: f64 = 1e10;
/// Samples per fill at most.
const MAX_SAMPLES_PER_FILL: usize = 1 << 14;
/// Minimum expected speed-up over one thread for a pipeline to be chosen.
const MIN_SPEEDUP: f64 = 1.4;
/// Minimum where the other threads would be idle: batches of one sample, and no layer of more than [`SHARED_MULTIPLY_ADDS`].
const MIN_SPEEDUP_IDLE_THREADS: f64 = 1.1;
/// Multiply-adds of a layer and a single sample from which threads share them.
const SHARED_MULTIPLY_ADDS: f64 = 1e6;
/// Minimum where threads share the first layer's weights, because every sample changes all of them.
const MIN_SPEEDUP_SHARED_WEIGHTS: f64 = 1.9;
/// Multiply-adds of a layer and a batch above which threads share the layer's work rather than the layers.
const LARGE_MULTIPLY_ADDS: f64 = 5e7;
/// Measured cost of a multiply-add with listed inputs, relative to one of a matrix product.
const LISTED_INPUT_COST: f64 = 3.5;

/// The partition of a network's layers into stages, and the kernels of each thread.
#[derive(Debug)]
pub struct Pipeline {
    /// The first layer of each stage, and the number of layers.
    stage_starts: Vec<usize>,
    /// The first stage of each thread's own, and the number of stages.
    own: Vec<usize>,
    kernels: Vec<Fast>,
    layouts: Vec<Layout>,
    scratch: Vec<Vec<f32>>,
    samples: usize,
}

/// What the learning steps of some neighbouring batches have in common.
pub struct LearningSteps<'s> {
    /// The layers that learn.
    pub network: Checked<'s>,
    /// How.
    pub training: Training,
    /// Their parameters, readouts and optimizer state.
    pub parameters: &'s mut [f32],
    /// See [`Memory::readouts`].
    pub readouts: &'s mut [f32],
    /// See [`Memory::optimizer`].
    pub optimizer: &'s mut [f32],
    /// See [`Memory::feedback`]; stored.
    pub feedback: &'s [f32],
    /// The batches, first to last.
    pub batches: Batches<'s>,
}

impl Pipeline {
    /// The pipeline for a network that learns in batches of up to `batch` samples on `threads` threads; none where the mode,
    /// the rule, or what is to be gained speak against one. `share` is how much of the input is not 0, if that is made use of.
    pub fn plan(
        mode: PipelineMode,
        (network, training): (&Checked<'_>, &Training),
        (batch, threads): (usize, usize),
        (layouts, share): (&[Layout], f64),
    ) -> Option<Pipeline> {
        if mode == PipelineMode::Off || !training.rule.is_local() {
            return None;
        }
        let mut costs: Vec<f64> = network.layers().iter().map(|layer| cost(layer, batch)).collect();
        let listed = layouts.first() == Some(&Layout::Panels);
        let changes_all = batch == 1 && training.optimizer.slots() > 0; // what an optimizer keeps, it changes at every input
        if listed && !changes_all {
            costs[0] *= if batch == 1 { share } else { (LISTED_INPUT_COST * share).min(1.0) };
        }
        let total: f64 = costs.iter().sum();
        let mut stage_starts = stages_of(&costs, total / (threads as f64 * STAGES_PER_THREAD));
        if mode == PipelineMode::On && stage_starts.len() < 3 {
            stage_starts = (0..=costs.len()).collect();
        }
        let stages: Vec<f64> = stage_starts.windows(2).map(|ends| costs[ends[0]..ends[1]].iter().sum()).collect();
        let gain = total / stages.iter().copied().fold(total / threads as f64, f64::max);
        let largest = costs.iter().copied().fold(0.0, f64::max);
        let min_speedup = match batch {
            1 if listed && changes_all => MIN_SPEEDUP_SHARED_WEIGHTS,
            1 if largest < SHARED_MULTIPLY_ADDS => MIN_SPEEDUP_IDLE_THREADS,
            _ => MIN_SPEEDUP,
        };
        if stages.len().min(threads) < 2
            || mode == PipelineMode::Auto && (gain < min_speedup || largest > LARGE_MULTIPLY_ADDS)
        {
            return None;
        }
        let own = partition(&stages, threads);
        let parts = stage_starts.windows(2).map(|ends| network.part(ends[0], ends[1]));
        let packet = batch * batches_per_packet(batch);
        let scratch =
            parts.map(|part| Some(vec![0.0; Plan::learning_batches(&part.ok()?, training, batch, packet).scratch()]));
        let scratch: Option<Vec<_>> = scratch.collect();
        let kernels: Result<Vec<_>, _> = (1..own.len()).map(|_| Fast::new(1)).collect();
        let samples = samples_per_fill(batch, total);
        Some(Pipeline {
            kernels: kernels.ok()?,
            scratch: scratch?,
            layouts: layouts.to_vec(),
            stage_starts,
            own,
            samples,
        })
    }

    /// Samples of one fill: whole batches, learned before the pipeline is emptied and the callback is called.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Learns all batches; `gather(samples, x)` makes the input of some samples. Calls `on_batch` with each batch's
    /// outcome, in order.
    pub fn learn(
        &mut self,
        steps: LearningSteps<'_>,
        mut gather: impl FnMut(Range<usize>, &mut [f32]) + Send,
        mut on_batch: impl FnMut(Outcome) + Send,
    ) {
        let Pipeline { stage_starts, own, kernels, layouts, scratch, .. } = self;
        let order = StateOrder::of(&steps.network, stage_starts, &steps.training);
        let packets = Packets { batches: steps.batches, outputs: steps.network.outputs() };
        let LearningSteps { optimizer, .. } = steps;
        let mut sorted = order.by_stage(optimizer);
        let steps = LearningSteps { optimizer: sorted.as_mut().map_or(&mut *optimizer, |own| own), ..steps };
        let mut stages = stages(steps, stage_starts, layouts, scratch);
        if let Some(first) = stages.first_mut() {
            first.gather = Some(&mut gather);
        }
        if let Some(last) = stages.last_mut() {
            last.on_batch = Some(&mut on_batch);
        }
        let scheduler = StageScheduler::new(stages, own, packets.count());
        let work = |(thread, kernels): (usize, &Fast)| {
            scheduler.work(thread, |stage, packet, x, out| stage.learn_packet(kernels, packets.packet(packet), x, out));
        };
        std::thread::scope(|scope| {
            let mut threads = kernels.iter().enumerate();
            let here = threads.next();
            threads.for_each(|other| drop(scope.spawn(move || work(other))));
            here.into_iter().for_each(work);
        });
        drop(scheduler);
        if let Some(sorted) = sorted {
            order.write_back(&sorted, optimizer);
        }
    }
}

/// Where the optimizer's state of each stage lies in that of the whole: its layers' among the layers', its readouts' behind
/// them all.
struct StateOrder(Vec<[Range<usize>; 2]>);

impl StateOrder {
    fn of(network: &Checked<'_>, stage_starts: &[usize], training: &Training) -> Self {
        let slots = training.optimizer.slots();
        let (mut layers, mut readouts) = (0, slots * Plan::learning(network, training, 1).parameters);
        let parts = stage_starts.windows(2).filter_map(|ends| network.part(ends[0], ends[1]).ok());
        let take = |from: &mut usize, count: usize| {
            *from += slots * count;
            *from - slots * count..*from
        };
        StateOrder(
            parts
                .map(|part| {
                    let plan = Plan::learning(&part, training, 1);
                    [take(&mut layers, plan.parameters), take(&mut readouts, plan.readouts)]
                })
                .collect(),
        )
    }

    /// A copy ordered by stage; none if it is in that order already.
    fn by_stage(&self, optimizer: &[f32]) -> Option<Vec<f32>> {
        let ranges = || self.0.iter().flatten().filter(|range| !range.is_empty());
        let sorted = ranges().zip(ranges().skip(1)).all(|(one, next)| one.end == next.start);
        (!sorted).then(|| ranges().flat_map(|range| &optimizer[range.clone()]).copied().collect())
    }

    fn write_back(&self, mut by_stage: &[f32], optimizer: &mut [f32]) {
        for range in self.0.iter().flatten() {
            let (own, rest) = by_stage.split_at(range.len());
            optimizer[range.clone()].copy_from_slice(own);
            by_stage = rest;
        }
    }
}

/// Samples, whole batches, between one filling of a pipeline and the next, when a batch takes so many multiply-adds.
fn samples_per_fill(batch: usize, multiply_adds: f64) -> usize {
    let batches = (MULTIPLY_ADDS_PER_FILL / multiply_adds) as usize;
    batches.min(MAX_SAMPLES_PER_FILL / batch).max(1) * batch
}

/// What a layer's forward pass and step on a batch cost, in multiply-adds: one for each input of a layer without weights.
fn cost(layer: &Layer, batch: usize) -> f64 {
    let each = if layer.learns() { 2 * layer.multiply_adds() } else { layer.inputs() };
    (each * batch) as f64
}

/// Some neighbouring layers and what is theirs.
struct PipelineStage<'s> {
    part: Checked<'s>,
    training: Training,
    parameters: &'s mut [f32],
    layouts: &'s [Layout],
    readouts: &'s mut [f32],
    optimizer: &'s mut [f32],
    feedback: &'s [f32],
    scratch: &'s mut [f32],
    /// Makes the first stage's input.
    gather: Option<&'s mut Gather<'s>>,
    /// Gets the outcomes of the last stage.
    on_batch: Option<&'s mut OnBatch<'s>>,
}

type Gather<'g> = dyn FnMut(Range<usize>, &mut [f32]) + Send + 'g;
type OnBatch<'s> = dyn FnMut(Outcome) + Send + 's;

/// Hands every stage its share.
fn stages<'s>(
    steps: LearningSteps<'s>,
    stage_starts: &[usize],
    layouts: &'s [Layout],
    scratch: &'s mut [Vec<f32>],
) -> Vec<PipelineStage<'s>> {
    let LearningSteps { network, training, mut parameters, mut readouts, mut optimizer, mut feedback, batches: _ } =
        steps;
    let parts = stage_starts
        .windows(2)
        .filter_map(|ends| Some((network.part(ends[0], ends[1]).ok()?, &layouts[ends[0]..ends[1]])));
    parts
        .zip(scratch)
        .map(|((part, layouts), scratch)| {
            let plan = Plan::learning(&part, &training, 1);
            let (own, rest) = feedback.split_at(plan.feedback);
            feedback = rest;
            PipelineStage {
                part,
                training,
                parameters: parameters.split_off_mut(..plan.parameters).unwrap_or_default(),
                layouts,
                readouts: readouts.split_off_mut(..plan.readouts).unwrap_or_default(),
                optimizer: optimizer.split_off_mut(..plan.optimizer).unwrap_or_default(),
                feedback: own,
                scratch,
                gather: None,
                on_batch: None,
            }
        })
        .collect()
}

impl PipelineStage<'_> {
    /// Learns from a packet: `x` is what the stage before has made of it, `out` gets what this one makes of it.
    fn learn_packet<K: Kernels>(
        &mut self,
        kernels: &K,
        (samples, packet): (Range<usize>, Batches<'_>),
        x: &mut Vec<f32>,
        out: &mut Vec<f32>,
    ) {
        out.resize(samples.len() * self.part.layers().last().map_or(0, Layer::outputs), 0.0);
        if let Some(gather) = &mut self.gather {
            x.resize(samples.len() * self.part.inputs(), 0.0);
            gather(samples, x);
        }
        let memory = Memory {
            parameters: self.parameters,
            layouts: self.layouts,
            readouts: self.readouts,
            optimizer: self.optimizer,
            feedback: Feedback::Stored(self.feedback),
            scratch: self.scratch,
        };
        let on_batch = &mut |outcome| self.on_batch.iter_mut().for_each(|on_batch| on_batch(outcome));
        let output = PartOutput { values: out, on_batch };
        openloop_core::learn_part(kernels, &self.part, &self.training, memory, &packet, x, output)
            .expect("the stages' memory is sized by their plans, and the data was checked when it was loaded");
    }
}

/// Batches that are handed from stage to stage together.
fn batches_per_packet(size: usize) -> usize {
    (PACKET_SAMPLES / size.max(1)).max(1)
}

/// Batches, some of them handed on together.
struct Packets<'b> {
    batches: Batches<'b>,
    /// The network's outputs.
    outputs: usize,
}

impl<'b> Packets<'b> {
    fn count(&self) -> usize {
        self.batches.clocks.len().div_ceil(batches_per_packet(self.batches.size))
    }

    /// A packet's batches, and the numbers of their samples.
    fn packet(&self, number: usize) -> (Range<usize>, Batches<'b>) {
        let Batches { targets, size, clocks } = self.batches;
        let (together, all) = (batches_per_packet(size), targets.batch(self.outputs));
        let first = number * together;
        let clocks = &clocks[first..clocks.len().min(first + together)];
        let samples = first * size..all.min((first + clocks.len()) * size);
        (samples.clone(), Batches { targets: targets.part(samples, self.outputs), size, clocks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::{Activation, Dense, Loss, Optimizer, Rule, Scaling, Spec};

    /// Whether two threads learn in a pipeline of dense layers of these sizes.
    fn is_chosen(mode: PipelineMode, sizes: &[usize], batch: usize) -> bool {
        is_chosen_by(mode, sizes, batch, Optimizer::Sgd, false)
    }

    /// As [`is_chosen`], with some optimizer, and the first layer's inputs mostly 0 or not.
    fn is_chosen_by(mode: PipelineMode, sizes: &[usize], batch: usize, optimizer: Optimizer, sparse: bool) -> bool {
        let dense = |size: &[usize]| Dense { inputs: size[0], outputs: size[1], activation: Activation::Tanh };
        let layers: Vec<Layer> = sizes.windows(2).map(|size| Layer::Dense(dense(size))).collect();
        let network = Spec { layers: &layers, loss: Loss::MeanSquaredError }.check().unwrap();
        let training = Training { rule: Rule::Drtp, optimizer, scaling: Scaling::Mean, seed: 0 };
        let mut layouts = vec![Layout::Rows; layers.len()];
        layouts[0] = if sparse { Layout::Panels } else { Layout::Rows };
        Pipeline::plan(mode, (&network, &training), (batch, 2), (&layouts, 0.2)).is_some()
    }

    #[test]
    fn a_pipeline_is_made_of_any_two_layers_when_asked_for_and_else_where_it_promises_enough() {
        let deep = &[784, 256, 256, 256, 256, 256, 10];
        assert!(is_chosen(PipelineMode::On, &[784, 1000, 10], 100) && !is_chosen(PipelineMode::On, &[784, 10], 100));
        assert!(is_chosen(PipelineMode::Auto, deep, 1) && is_chosen(PipelineMode::Auto, deep, 32));
        assert!(
            !is_chosen(PipelineMode::Auto, &[784, 1000, 10], 1)
                && !is_chosen(PipelineMode::Auto, &[784, 1000, 10], 100)
        );
        assert!(is_chosen(PipelineMode::Auto, &[64, 32, 10], 1) && !is_chosen(PipelineMode::Auto, &[64, 32, 10], 32));
        assert!(!is_chosen(PipelineMode::Auto, &[784, 1000, 1000, 1000, 10], 100), "threads share large layers");
        assert!(!is_chosen(PipelineMode::Off, deep, 32));
        let nesterov = Optimizer::Nesterov { momentum: 0.9 };
        assert!(is_chosen_by(PipelineMode::Auto, &[784, 100, 100, 10], 1, Optimizer::Sgd, true));
        assert!(
            !is_chosen_by(PipelineMode::Auto, &[784, 100, 100, 10], 1, nesterov, true),
            "threads share the first layer's state"
        );
        assert!(is_chosen_by(PipelineMode::Auto, &[784, 100, 100, 10], 1, nesterov, false));
    }

    #[test]
    fn a_pipeline_is_filled_with_whole_batches_for_a_bounded_time() {
        assert_eq!(samples_per_fill(1, 1e6), 10_000);
        assert_eq!(samples_per_fill(30, 3e7), 9_990);
        assert_eq!(samples_per_fill(1, 1.0), MAX_SAMPLES_PER_FILL);
        assert_eq!(samples_per_fill(100, 1.0), 16_300);
        assert_eq!(samples_per_fill(100, 1e12), 100);
        assert_eq!(samples_per_fill(20_000, 1.0), 20_000);
    }
}
