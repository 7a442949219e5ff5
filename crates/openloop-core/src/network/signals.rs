//! The teaching signals of the hidden layers, shown without learning.

use super::backward::{BackwardVisitor, BatchStep};
use super::lent::{check_memory, hand_out};
use crate::error::Error;
use crate::kernels::Kernels;
use crate::loss::Targets;
use crate::memory::Memory;
use crate::plan::Plan;
use crate::spec::Checked;
use crate::training::{Clock, Training};

/// Shows what each hidden layer would be taught by a batch, and changes nothing: `on_signal(k, signal)` gets the teaching signal
/// at the output of layer `k`, `[batch, outputs of the layer]`, before the slope of its nonlinearity; last layer first.
///
/// Memory as for [`learn`](crate::learn), with the scratch of [`Plan::watching`] and an optimizer without state.
///
/// # Errors
/// As for [`learn`](crate::learn).
pub fn signals<K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    training: &Training,
    memory: Memory<'_>,
    x: &[f32],
    targets: &Targets<'_>,
    on_signal: &mut dyn FnMut(usize, &[f32]),
) -> Result<(), Error> {
    let batch = targets.batch(network.outputs());
    let plan = Plan::watching(network, training, batch);
    let clock = Clock { step: 1, samples: 0, hidden_rate: 0.0, output_rate: 0.0 };
    let step = BatchStep { kernels, network, training, clock: &clock, targets: *targets, batch };
    check_memory(kernels, network, training, targets, &plan, &memory, x)?;
    step.forward_and_backward(x, hand_out(network, training, &plan, memory), &mut ShowSignals(on_signal));
    Ok(())
}

/// No layer learns; the signals are shown.
struct ShowSignals<'s>(&'s mut dyn FnMut(usize, &[f32]));

impl BackwardVisitor for ShowSignals<'_> {
    fn on_signal(&mut self, k: usize, signal: &[f32]) {
        (self.0)(k, signal);
    }
    const LEARNS: bool = false;
}
