//! Learning steps: under a local rule on the way forward, under all others on the way back.

use super::backward::{BackwardVisitor, BatchStep};
use super::lent::{StepMemory, check_lent, hand_out};
use crate::error::{Error, expect_length};
use crate::kernels::{Kernels, LocalSteps};
use crate::layer::Layer;
use crate::loss::Targets;
use crate::memory::Memory;
use crate::plan::{Plan, walking_buffers};
use crate::spec::Checked;
use crate::training::{Batches, Clock, Outcome, Training};

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

/// As [`learn`] for several batches one after the other; `on_batch` gets each one's outcome, in order.
///
/// Under a local rule a layer learns from all of them before the next layer gets the first. No layer waits for another's
/// signal, so every bit is as it would be batch by batch. The scratch is that of [`Plan::learning_batches`]; `x: [samples, inputs]`.
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
    on_batch: &mut dyn FnMut(Outcome),
) -> Result<(), Error> {
    let plan = check_lent(kernels, network, training, &memory, batches, x)?;
    if training.rule.is_local() {
        learn_forward(kernels, network, training, batches, x, hand_out(network, training, &plan, memory), on_batch);
        return Ok(());
    }
    for (b, clock) in batches.clocks.iter().enumerate() {
        let samples = batches.samples(b, network.outputs());
        let targets = batches.targets(b, network.outputs());
        let step = BatchStep { kernels, network, training, clock, targets, batch: samples.len() };
        let plan = Plan::learning(network, training, samples.len());
        let x = &x[samples.start * network.inputs()..samples.end * network.inputs()];
        on_batch(step.forward_and_backward(x, hand_out(network, training, &plan, memory.reborrow()), &mut LearnLayers));
    }
    Ok(())
}

/// Where the results of [`learn_part`] go.
pub struct PartOutput<'o> {
    /// The last layer's output, `[samples, outputs of that layer]`: the input of the next layers.
    pub values: &'o mut [f32],
    /// Called with each batch's outcome, in order, if the output layer is among the layers.
    pub on_batch: &'o mut dyn FnMut(Outcome),
}

/// As [`learn_batches`], for some neighbouring layers ([`Checked::part`]) under a local rule. Memory is that of these layers
/// alone, by the plan of the part.
///
/// # Errors
/// As for [`learn`]; and [`Error::RuleNotLocal`] for a rule that waits for the error.
pub fn learn_part<K: Kernels>(
    kernels: &K,
    part: &Checked<'_>,
    training: &Training,
    memory: Memory<'_>,
    batches: &Batches<'_>,
    x: &[f32],
    output: PartOutput<'_>,
) -> Result<(), Error> {
    if !training.rule.is_local() {
        return Err(Error::RuleNotLocal);
    }
    let plan = check_lent(kernels, part, training, &memory, batches, x)?;
    let outputs = part.layers().last().map_or(0, Layer::outputs);
    expect_length("the output", output.values.len(), batches.targets.batch(part.outputs()) * outputs)?;
    let lent = hand_out(part, training, &plan, memory);
    output.values.copy_from_slice(learn_forward(kernels, part, training, batches, x, lent, output.on_batch));
    Ok(())
}

/// Every layer learns.
struct LearnLayers;

impl BackwardVisitor for LearnLayers {
    fn on_signal(&mut self, _k: usize, _signal: &[f32]) {}
    const LEARNS: bool = true;
}

/// Local rules: one walk forward through two buffers; each layer learns the moment its own output exists, from one batch after
/// the other. Gives back the last layer's output.
fn learn_forward<'m, K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    training: &Training,
    batches: &Batches<'_>,
    x: &[f32],
    lent: StepMemory<'m>,
    on_batch: &mut dyn FnMut(Outcome),
) -> &'m [f32] {
    let StepMemory { activations, mut room, mut shares } = lent;
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
            kernels.local_steps(&steps, share, x, a_k, room.reborrow());
        } else {
            for (b, clock) in batches.clocks.iter().enumerate() {
                let (own, targets) = (batches.samples(b, outputs), batches.targets(b, outputs));
                let step = BatchStep { kernels, network, training, clock, targets, batch: own.len() };
                let x = &x[own.start * layer.inputs()..own.end * layer.inputs()];
                let a_k = &mut a_k[own.start * layer.outputs()..own.end * layer.outputs()];
                if network.is_output(k) {
                    on_batch(step.learn_output(layer, share.own.reborrow(), x, a_k, room.reborrow()));
                } else {
                    step.forward_without_weights(k, layer, x, a_k);
                }
            }
        }
        core::mem::swap(&mut a, &mut input);
    }
    &input[..samples * layers.last().map_or(0, Layer::outputs)]
}
