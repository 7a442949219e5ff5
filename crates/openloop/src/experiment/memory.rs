//! What the allocator hands out while a network learns, beside what the plan says.

use crate::data::DataSet;
use crate::kernels::Fast;
use crate::learner::Trainer;
use crate::settings::{ConfigError, Options};
use openloop_core::Plan;
use peak_alloc::PeakAlloc;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Learning steps that are measured.
const STEPS: usize = 2;

/// The memory of a network's first learning steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredMemory {
    /// What was planned.
    pub plan: Plan,
    /// The most that was handed out at once for a step, beyond what lasts (weights, optimizer, feedback) and beyond the
    /// batch's inputs and targets and the order of the samples, which any trainer has. In it is what the kernels keep for
    /// themselves, if they have not learned before in this process.
    pub transient_bytes: usize,
}

/// Learns for two steps and counts; the process's allocator must be [`PeakAlloc`], and nothing else may run in it.
///
/// # Errors
/// A request that is wrong.
pub fn measure(options: &Options, data: &Arc<DataSet>, kernels: &Arc<Fast>) -> Result<MeasuredMemory, ConfigError> {
    let settings = options.complete(data)?;
    let before = PeakAlloc.current_usage();
    let mut trainer = Trainer::new(settings, Arc::clone(data), Arc::clone(kernels))?;
    let (mut peak, mut steps) = (0, 0);
    PeakAlloc.reset_peak_usage();
    // stop before the evaluation, which has a plan of its own; a network that diverges takes no other memory
    let _ = trainer.train_epoch(&mut |_: &Trainer| {
        steps += 1;
        peak = PeakAlloc.peak_usage();
        if steps == STEPS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let (plan, batch) = (trainer.plan(), trainer.settings().batch.min(data.train.len()));
    let target = if data.classes.is_empty() { data.outputs * size_of::<f32>() } else { size_of::<u32>() };
    let order = data.train.len() * size_of::<u32>();
    let any_trainers = batch * (data.shape.size() * size_of::<f32>() + target) + order;
    let transient_bytes = peak.saturating_sub(before + plan.persistent_bytes() + any_trainers);
    Ok(MeasuredMemory { plan, transient_bytes })
}
