//! What the caller lent, checked against the plan and handed out.

use crate::error::{Error, expect_length};
use crate::kernels::{Kernels, Room};
use crate::layer::Layer;
use crate::loss::Targets;
use crate::memory::{Feedback, Memory};
use crate::plan::Plan;
use crate::rule::{Rule, Teacher};
use crate::share::{Shares, split_front};
use crate::spec::Checked;
use crate::training::{Batches, Training};
use crate::weights::Layout;

/// What was lent, handed out: room for the layers' outputs, for the signals, and every layer's own share.
pub(super) struct StepMemory<'m> {
    pub activations: &'m mut [f32],
    pub room: Room<'m>,
    pub shares: Shares<'m>,
}

/// The plan for some batches, once what was lent for them is found to fit it.
pub(super) fn check_lent<K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    training: &Training,
    memory: &Memory<'_>,
    batches: &Batches<'_>,
    x: &[f32],
) -> Result<Plan, Error> {
    let samples = batches.targets.batch(network.outputs());
    let plan = Plan::learning_batches(network, training, batches.size.min(samples), samples);
    expect_length("the clocks", batches.clocks.len(), samples.div_ceil(batches.size.max(1)).max(1))?;
    check_memory(kernels, network, training, &batches.targets, &plan, memory, x)?;
    Ok(plan)
}

/// Checks what was lent against the plan.
pub(super) fn check_memory<K: Kernels>(
    kernels: &K,
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
    check_layouts(kernels, network.layers(), memory.layouts)?;
    check_propagating_layouts(network, training.rule, memory.layouts)?;
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

/// Checks that there is a layout for each layer, if there are any, and that the kernels support it.
pub(super) fn check_layouts<K: Kernels>(kernels: &K, layers: &[Layer], layouts: &[Layout]) -> Result<(), Error> {
    if !layouts.is_empty() {
        expect_length("the layouts", layouts.len(), layers.len())?;
    }
    match layers.iter().zip(layouts).position(|(layer, layout)| !kernels.supports(layer, *layout)) {
        Some(layer) => Err(Error::UnsupportedLayout { layer }),
        None => Ok(()),
    }
}

/// Checks that the weights through which `rule` hands a signal down lie in rows.
fn check_propagating_layouts(network: &Checked<'_>, rule: Rule, layouts: &[Layout]) -> Result<(), Error> {
    let hands_down = |k: usize| network.first_learning() < k && rule.teacher() == Teacher::NextLayer { fixed: false };
    match layouts.iter().enumerate().position(|(k, layout)| *layout != Layout::Rows && hands_down(k)) {
        Some(layer) => Err(Error::UnsupportedLayout { layer }),
        None => Ok(()),
    }
}

/// Hands out what was lent, by the plan it fits.
pub(super) fn hand_out<'m>(
    network: &Checked<'m>,
    training: &Training,
    plan: &Plan,
    memory: Memory<'m>,
) -> StepMemory<'m> {
    let Memory { parameters, layouts, readouts, optimizer, feedback, mut scratch } = memory;
    let activations = split_front(&mut scratch, plan.activations);
    let unit = split_front(&mut scratch, plan.unit_readouts);
    let coefficients = split_front(&mut scratch, plan.coefficients - plan.unit_readouts);
    let gradient = split_front(&mut scratch, plan.gradient);
    let kept = split_front(&mut scratch, plan.normalised);
    let cells = split_front(&mut scratch, plan.cells);
    let room = Room { signal: scratch, coefficients, unit, gradient, cells, kept }; // room to spare serves several threads
    let memory = Memory { parameters, layouts, readouts, optimizer, feedback, scratch: &mut [] };
    StepMemory { activations, room, shares: Shares::new(*network, *training, memory) }
}
