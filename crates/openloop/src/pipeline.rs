//! Layers spread over threads: under a local rule a layer is done with a batch as soon as it has answered and learned, so
//! the next batch can come in while the layers behind are still at work on this one.
//!
//! Each stage holds some neighbouring layers and takes the batches in their order, so every weight sees what it would have
//! seen without a pipeline: the bits are the same.

use crate::kernels::{Fast, Panels};
use openloop_core::{Batches, Checked, Dense, Feedback, Kernels, Layer, Memory, Outcome, Plan, Training};
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

/// Samples handed from stage to stage at once: enough that the handing over costs little.
const PACKET: usize = 64;
/// Packets that may wait before a stage.
const WAITING: usize = 12;
/// Multiply-adds between one filling of the pipeline and the next, so many that filling and emptying it cost little; some tenths of
/// a second.
const FILLED: f64 = 1e10;
/// Samples for which that is done at most.
const MOST_SAMPLES: usize = 1 << 14;
/// Looks at an empty channel before a thread goes to sleep over it, which costs more than a packet's arrival.
const LOOKS: usize = 4000;
/// A pipeline must promise to be this much faster than one thread to be chosen.
const WORTH_IT: f64 = 1.4;
/// Multiply-adds of a layer and a batch above which threads share the layer's work rather than the layers.
const LARGE: f64 = 3e7;
/// What a multiply-add with listed inputs costs, as measured against one of a matrix product.
const LISTED: f64 = 3.5;

/// Whether layers are spread over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Where it is expected to be faster.
    #[default]
    Auto,
    /// Wherever the rule allows it and there are two layers to spread.
    On,
    /// Never.
    Off,
}

/// Where the layers of a network are cut, and the kernels of each stage.
#[derive(Debug)]
pub struct Pipeline {
    /// The first layer of each stage, and the number of layers.
    cuts: Vec<usize>,
    kernels: Vec<Fast>,
    panels: Vec<Dense>,
    scratch: Vec<Vec<f32>>,
    samples: usize,
}

/// What the learning steps of some neighbouring batches have in common.
pub struct Steps<'s> {
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
        mode: Mode,
        (network, training): (&Checked<'_>, &Training),
        (batch, threads): (usize, usize),
        (panels, share): (&[Dense], f64),
    ) -> Option<Pipeline> {
        if mode == Mode::Off || !training.rule.is_local() {
            return None;
        }
        let mut costs: Vec<f64> = network.layers().iter().map(|layer| multiply_adds(layer, batch)).collect();
        if let Some(Layer::Dense(first)) = network.layers().first()
            && panels.contains(first)
        {
            costs[0] *= if batch == 1 { share } else { (LISTED * share).min(1.0) };
        }
        let cuts = cut(&costs, threads);
        let most = cuts.windows(2).map(|cut| costs[cut[0]..cut[1]].iter().sum()).fold(0.0, f64::max);
        let gain = costs.iter().sum::<f64>() / most;
        let large = costs.iter().any(|cost| *cost > LARGE);
        if cuts.len() < 3 || mode == Mode::Auto && (gain < WORTH_IT || large) {
            return None;
        }
        let parts = cuts.windows(2).map(|cut| network.part(cut[0], cut[1]));
        let packet = batch * batches_in_packet(batch);
        let scratch = parts.map(|part| Some(vec![0.0; Plan::together(&part.ok()?, training, batch, packet).scratch()]));
        let scratch: Option<Vec<_>> = scratch.collect();
        let kernels: Result<Vec<_>, _> = (1..cuts.len()).map(|_| Fast::new(1)).collect();
        let samples = samples_together(batch, costs.iter().sum());
        Some(Pipeline { kernels: kernels.ok()?, scratch: scratch?, panels: panels.to_vec(), cuts, samples })
    }

    /// Samples, whole batches, that are best learned from before it is emptied and somebody looks at the clock.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The number of stages.
    pub fn stages(&self) -> usize {
        self.kernels.len()
    }

    /// Learns all batches; `gather(samples, x)` makes the input of some samples. Calls `saw` with each batch's outcome, in order.
    pub fn learn(
        &mut self,
        steps: Steps<'_>,
        mut gather: impl FnMut(Range<usize>, &mut [f32]) + Send,
        mut saw: impl FnMut(Outcome) + Send,
    ) {
        let Pipeline { cuts, kernels, panels, scratch, .. } = self;
        let (batches, training, outputs) = (steps.batches, steps.training, steps.network.outputs());
        let order = StateOrder::of(&steps.network, cuts, &training);
        let Steps { optimizer, .. } = steps;
        let mut sorted = order.by_stage(optimizer);
        let steps = Steps { optimizer: sorted.as_mut().map_or(&mut *optimizer, |own| own), ..steps };
        let mut source = Source::Gather { gather: &mut gather, x: Vec::new() };
        let mut stages: Vec<_> = stages(steps, cuts, scratch).into_iter().zip(&*kernels).collect();
        let panels = &panels[..];
        std::thread::scope(|scope| {
            let Some((last, fast_of_last)) = stages.pop() else { return };
            for (stage, fast) in stages {
                let (outlet, inlet) = link();
                let source = std::mem::replace(&mut source, Source::Link(inlet));
                let work = Work { batches: &batches, outputs, training, fast, panels };
                scope.spawn(move || stage.run(&work, source, Some(outlet), &mut |_| ()));
            }
            let work = Work { batches: &batches, outputs, training, fast: fast_of_last, panels };
            last.run(&work, source, None, &mut saw);
        });
        if let Some(sorted) = sorted {
            order.give_back(&sorted, optimizer);
        }
    }
}

/// Where the optimizer's state of each stage lies in that of the whole: its layers' among the layers', its readouts' behind
/// them all.
struct StateOrder(Vec<[Range<usize>; 2]>);

impl StateOrder {
    fn of(network: &Checked<'_>, cuts: &[usize], training: &Training) -> Self {
        let slots = training.optimizer.slots();
        let (mut layers, mut readouts) = (0, slots * Plan::learning(network, training, 1).parameters);
        let parts = cuts.windows(2).filter_map(|cut| network.part(cut[0], cut[1]).ok());
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

    /// A copy, stage by stage; none if it lies so already.
    fn by_stage(&self, optimizer: &[f32]) -> Option<Vec<f32>> {
        let ranges = || self.0.iter().flatten().filter(|range| !range.is_empty());
        let sorted = ranges().zip(ranges().skip(1)).all(|(one, next)| one.end == next.start);
        (!sorted).then(|| ranges().flat_map(|range| &optimizer[range.clone()]).copied().collect())
    }

    fn give_back(&self, mut by_stage: &[f32], optimizer: &mut [f32]) {
        for range in self.0.iter().flatten() {
            let (own, rest) = by_stage.split_at(range.len());
            optimizer[range.clone()].copy_from_slice(own);
            by_stage = rest;
        }
    }
}

/// Samples, whole batches, between one filling of a pipeline and the next, when a batch takes so many multiply-adds.
fn samples_together(batch: usize, multiply_adds: f64) -> usize {
    let batches = (FILLED / multiply_adds) as usize;
    batches.min(MOST_SAMPLES / batch).max(1) * batch
}

/// Multiply-adds of a layer's answer and step.
fn multiply_adds(layer: &Layer, batch: usize) -> f64 {
    let each = match layer {
        Layer::Dense(dense) => 2 * dense.weights(),
        Layer::Conv(conv) => 2 * conv.patch() * conv.output().size(),
        Layer::Pool(_) | Layer::Dropout(_) => layer.inputs(),
    };
    (each * batch) as f64
}

/// Cuts a chain of costs into at most `stages` neighbouring groups, so that the largest group is as small as can be; gives the
/// first member of each group, and the end.
fn cut(costs: &[f64], stages: usize) -> Vec<usize> {
    let groups = |most: f64| {
        let (mut cuts, mut sum) = (vec![0], 0.0);
        for (k, cost) in costs.iter().enumerate() {
            if sum > 0.0 && sum + cost > most {
                cuts.push(k);
                sum = 0.0;
            }
            sum += cost;
        }
        cuts.push(costs.len());
        cuts
    };
    // the largest group is the sum of some neighbours: the smallest such sum that needs no more groups
    let sums =
        (0..costs.len()).flat_map(|from| (from..costs.len()).map(move |to| costs[from..=to].iter().sum::<f64>()));
    let largest = costs.iter().copied().fold(0.0, f64::max);
    let mut sums: Vec<f64> = sums.filter(|sum| *sum >= largest).collect();
    sums.sort_by(f64::total_cmp);
    let enough = sums.into_iter().map(|most| groups(most * (1.0 + 1e-9))).find(|cuts| cuts.len() <= stages.max(1) + 1);
    enough.unwrap_or_else(|| vec![0, costs.len()])
}

/// Some neighbouring layers and what is theirs.
struct Stage<'s> {
    part: Checked<'s>,
    parameters: &'s mut [f32],
    readouts: &'s mut [f32],
    optimizer: &'s mut [f32],
    feedback: &'s [f32],
    scratch: &'s mut [f32],
}

/// What a stage works on, and with what.
struct Work<'w> {
    batches: &'w Batches<'w>,
    /// The network's outputs.
    outputs: usize,
    training: Training,
    fast: &'w Fast,
    panels: &'w [Dense],
}

/// Where a stage's inputs come from.
enum Source<'g> {
    /// From the data.
    Gather { gather: &'g mut (dyn FnMut(Range<usize>, &mut [f32]) + Send), x: Vec<f32> },
    /// From the stage before.
    Link(Inlet),
}

/// Where packets of outputs arrive, and go back to when they are used up.
struct Inlet {
    full: Receiver<Vec<f32>>,
    empty: SyncSender<Vec<f32>>,
}

/// Where packets of outputs are sent to, and come back from.
struct Outlet {
    full: SyncSender<Vec<f32>>,
    empty: Receiver<Vec<f32>>,
}

fn link() -> (Outlet, Inlet) {
    let ((full, arrived), (back, empty)) = (sync_channel(WAITING), sync_channel(WAITING));
    for _ in 0..WAITING {
        let _ = back.send(Vec::new()); // there is room, and the receiver is here
    }
    (Outlet { full, empty }, Inlet { full: arrived, empty: back })
}

/// The next packet; none when the other end has gone.
fn receive(from: &Receiver<Vec<f32>>) -> Option<Vec<f32>> {
    for _ in 0..LOOKS {
        match from.try_recv() {
            Err(TryRecvError::Empty) => std::hint::spin_loop(),
            found => return found.ok(),
        }
    }
    from.recv().ok()
}

/// Hands every stage its share.
fn stages<'s>(steps: Steps<'s>, cuts: &[usize], scratch: &'s mut [Vec<f32>]) -> Vec<Stage<'s>> {
    let Steps { network, training, mut parameters, mut readouts, mut optimizer, mut feedback, batches: _ } = steps;
    let parts = cuts.windows(2).filter_map(|cut| network.part(cut[0], cut[1]).ok());
    parts
        .zip(scratch)
        .map(|(part, scratch)| {
            let plan = Plan::learning(&part, &training, 1);
            let (own, rest) = feedback.split_at(plan.feedback);
            feedback = rest;
            Stage {
                part,
                parameters: parameters.split_off_mut(..plan.parameters).unwrap_or_default(),
                readouts: readouts.split_off_mut(..plan.readouts).unwrap_or_default(),
                optimizer: optimizer.split_off_mut(..plan.optimizer).unwrap_or_default(),
                feedback: own,
                scratch,
            }
        })
        .collect()
}

impl Stage<'_> {
    fn run(self, work: &Work<'_>, source: Source<'_>, outlet: Option<Outlet>, saw: &mut dyn FnMut(Outcome)) {
        // an end that has gone takes this stage with it; what ended it is told by its own thread
        let _ = self.take_all(work, source, outlet, saw);
    }

    /// Takes all batches in their order; none when a neighbour has gone.
    fn take_all(
        mut self,
        work: &Work<'_>,
        mut source: Source<'_>,
        outlet: Option<Outlet>,
        saw: &mut dyn FnMut(Outcome),
    ) -> Option<()> {
        let kernels = &Panels::new(work.fast, work.panels);
        let (inputs, outputs) = (self.part.inputs(), self.part.layers().last()?.outputs());
        let mut own = Vec::new();
        for (samples, packet) in work.packets() {
            let arrived = if let Source::Link(inlet) = &source { Some(receive(&inlet.full)?) } else { None };
            let mut output =
                if let Some(outlet) = &outlet { receive(&outlet.empty)? } else { std::mem::take(&mut own) };
            output.resize(samples.len() * outputs, 0.0);
            let x = match (&mut source, &arrived) {
                (Source::Gather { gather, x }, _) => {
                    x.resize(samples.len() * inputs, 0.0);
                    gather(samples, x);
                    &x[..]
                }
                (Source::Link(_), arrived) => arrived.as_ref()?,
            };
            self.take(kernels, &work.training, &packet, (x, &mut output), saw);
            match &outlet {
                Some(outlet) => outlet.full.send(output).ok()?,
                None => own = output,
            }
            if let (Source::Link(inlet), Some(arrived)) = (&source, arrived) {
                // the stage before may have sent its last packet and left
                let _ = inlet.empty.send(arrived);
            }
        }
        Some(())
    }

    fn take<K: Kernels>(
        &mut self,
        kernels: &K,
        training: &Training,
        packet: &Batches<'_>,
        (x, out): (&[f32], &mut [f32]),
        saw: &mut dyn FnMut(Outcome),
    ) {
        let memory = Memory {
            parameters: self.parameters,
            readouts: self.readouts,
            optimizer: self.optimizer,
            feedback: Feedback::Stored(self.feedback),
            scratch: self.scratch,
        };
        openloop_core::learn_part(kernels, &self.part, training, memory, packet, x, out, saw)
            .expect("the stages' memory is sized by their plans, and the data was checked when it was loaded");
    }
}

/// Batches that are handed from stage to stage together.
fn batches_in_packet(size: usize) -> usize {
    (PACKET / size.max(1)).max(1)
}

impl<'w> Work<'w> {
    /// Batches that are handed on together, and the numbers of their samples.
    fn packets(&self) -> impl Iterator<Item = (Range<usize>, Batches<'w>)> {
        let Batches { targets, size, clocks } = *self.batches;
        let (outputs, together) = (self.outputs, batches_in_packet(size));
        clocks.chunks(together).enumerate().map(move |(number, clocks)| {
            let first = number * together * size;
            let samples = first..targets.batch(outputs).min(first + clocks.len() * size);
            (samples.clone(), Batches { targets: targets.part(samples, outputs), size, clocks })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_is_filled_with_whole_batches_for_a_bounded_time() {
        assert_eq!(samples_together(1, 1e6), 10_000);
        assert_eq!(samples_together(30, 3e7), 9_990);
        assert_eq!(samples_together(1, 1.0), MOST_SAMPLES);
        assert_eq!(samples_together(100, 1.0), 16_300);
        assert_eq!(samples_together(100, 1e12), 100);
        assert_eq!(samples_together(20_000, 1.0), 20_000);
    }

    #[test]
    fn a_chain_is_cut_where_the_largest_group_is_smallest() {
        assert_eq!(cut(&[2.0, 1.0, 1.0, 1.0, 1.0, 0.1], 2), [0, 2, 6]);
        assert_eq!(cut(&[1.0, 1.0, 1.0], 3), [0, 1, 2, 3]);
        assert_eq!(cut(&[5.0, 1.0, 1.0], 3), [0, 1, 3]);
        assert_eq!(cut(&[1.0], 2), [0, 1]);
        assert_eq!(cut(&[1.0, 2.0], 1), [0, 2]);
    }
}
