//! A sample in f32: the core's learner of this moment, over the model's memory.

use crate::config::How;
use crate::memory::{Counts, Parts, check, split};
use crate::sample::{Begun, Outcome, Sample, standardised};
use crate::status::Status;
use openloop_core::device::{DeviceSettings, Learner, Lent, Stage};
use openloop_core::loss::largest;
use openloop_core::{Feedback, Layer, Targets};

/// The floats of an f32 model.
struct Floats<'p> {
    x: &'p mut [f32],
    parameters: &'p mut [f32],
    feedback: &'p mut [f32],
    scratch: &'p mut [f32],
}

fn floats<'p>(all: &'p mut [f32], counts: &Counts) -> Floats<'p> {
    let (x, rest) = split(all, counts.inputs);
    let (parameters, rest) = split(rest, counts.parameters);
    let (feedback, scratch) = split(rest, counts.feedback);
    Floats { x, parameters, feedback, scratch }
}

/// The parameters of an f32 model, for its blob.
pub(crate) fn parameters<'p>(all: &'p mut [f32], counts: &Counts) -> &'p mut [f32] {
    floats(all, counts).parameters
}

/// Freshly drawn weights, and the fixed random matrices where they are stored.
pub(crate) fn initialize(parts: &mut Parts<'_>) -> Result<(), Status> {
    let how = &parts.model.how;
    let Floats { parameters, feedback, .. } = floats(parts.floats, &parts.model.counts);
    let learner = learner(parts.layers, &[], how);
    let learner = learner.as_ref()?;
    learner.init(how.about.seed, parameters)?;
    draw(learner, how, feedback)
}

/// The fixed random matrices, where they are stored, of a seed that was loaded.
pub(crate) fn draw_feedback(parts: &mut Parts<'_>) -> Result<(), Status> {
    let how = &parts.model.how;
    draw(learner(parts.layers, &[], how).as_ref()?, how, floats(parts.floats, &parts.model.counts).feedback)
}

fn draw(learner: &Learner<'_>, how: &How, feedback: &mut [f32]) -> Result<(), Status> {
    match feedback.is_empty() {
        true => Ok(()),
        false => Ok(learner.draw_feedback(how.about.seed, feedback)?),
    }
}

/// A sample that the network takes as it comes; another one is kept where the network looks for it.
pub(crate) fn take<'x>(parts: &mut Parts<'_>, sample: Sample<'x>) -> Result<Option<&'x [f32]>, Status> {
    match sample {
        Sample::F32(own) if parts.offset.is_empty() => Ok(Some(own)),
        sample => keep(parts, sample).map(|()| None),
    }
}

/// Keeps a sample where the network looks for it.
pub(crate) fn keep(parts: &mut Parts<'_>, sample: Sample<'_>) -> Result<(), Status> {
    #[cfg(feature = "int8")]
    if let Sample::I8(_) = sample {
        return Err(Status::NotOnDevice);
    }
    let (x, _) = split(parts.floats, parts.model.counts.inputs);
    standardised(sample, parts.offset, parts.scale, |i, value| {
        if let Some(x) = x.get_mut(i) {
            *x = value;
        }
    });
    Ok(())
}

/// The first part of a step whose sample is kept: checks it and changes no weight.
pub(crate) fn begin(parts: &mut Parts<'_>, label: u32) -> Result<Begun, Status> {
    let Parts { model, layers, .. } = parts;
    let Floats { x, parameters, feedback, scratch } = floats(parts.floats, &model.counts);
    let lent = Lent { parameters, scratch, health: &mut model.health };
    let learner = learner(layers, feedback, &model.how);
    let progress = learner.as_ref()?.begin(lent, x, &Targets::Labels(&[label]))?;
    Ok(Begun { label, progress: Some(progress) })
}

/// The next part of it; what the network answered where it was the last.
pub(crate) fn advance(parts: &mut Parts<'_>, begun: &mut Begun) -> Result<Option<Outcome>, Status> {
    let Begun { label, progress: Some(progress) } = begun else { return Err(Status::NothingBegun) };
    let Parts { model, layers, .. } = parts;
    let Floats { x, parameters, feedback, scratch } = floats(parts.floats, &model.counts);
    let learner = learner(layers, feedback, &model.how);
    let learner = learner.as_ref()?;
    let lent = Lent { parameters, scratch: &mut *scratch, health: &mut model.health };
    match learner.advance(lent, x, &Targets::Labels(&[*label]), progress) {
        Stage::More => Ok(None),
        Stage::Done => {
            model.how.about.samples = model.how.about.samples.saturating_add(1);
            Ok(Some(outcome(learner.answer(scratch), *label)))
        }
    }
}

/// A whole step on a sample that is taken as it comes, or else on the one that is kept.
pub(crate) fn learn(parts: &mut Parts<'_>, own: Option<&[f32]>, label: u32) -> Result<Outcome, Status> {
    let Parts { model, layers, .. } = parts;
    let Floats { x, parameters, feedback, scratch } = floats(parts.floats, &model.counts);
    let learner = learner(layers, feedback, &model.how);
    let lent = Lent { parameters, scratch, health: &mut model.health };
    let y = learner.as_ref()?.learn(lent, own.unwrap_or(x), &Targets::Labels(&[label]))?;
    model.how.about.samples = model.how.about.samples.saturating_add(1);
    Ok(outcome(y, label))
}

fn outcome(y: &[f32], label: u32) -> Outcome {
    Outcome { label: largest(y) as u32, right: y.get(label as usize).copied().unwrap_or_default() }
}

/// The class of a sample that is taken as it comes, or else of the one that is kept, and its output; and all outputs if `y` has room
/// for them.
pub(crate) fn predict(parts: &mut Parts<'_>, own: Option<&[f32]>, y: &mut [f32]) -> Result<(u32, f32), Status> {
    let Parts { model, layers, .. } = parts;
    let Floats { x, parameters, feedback, scratch } = floats(parts.floats, &model.counts);
    let lent = Lent { parameters, scratch, health: &mut model.health };
    let learner = learner(layers, feedback, &model.how);
    let answer = learner.as_ref()?.infer(lent, own.unwrap_or(x))?;
    y.iter_mut().zip(answer).for_each(|(y, answer)| *y = *answer);
    let label = largest(answer);
    Ok((label as u32, answer.get(label).copied().unwrap_or_default()))
}

/// The learner with the rates of this sample. Feedback that is not stored is drawn from the seed. A copy for all who ask, who take it by
/// reference: moving it out of its result would be a copy of its bytes.
#[inline(never)]
fn learner<'p>(layers: &'p [Layer], feedback: &'p [f32], how: &How) -> Result<Learner<'p>, Status> {
    let about = &how.about;
    let feedback = if feedback.is_empty() { Feedback::Seeded(about.seed) } else { Feedback::Stored(feedback) };
    let decay = match about.half_after {
        0 => 1.0,
        // beyond 2^32 samples the rates stay, as in int8
        after => 1.0 + u32::try_from(about.samples).unwrap_or(u32::MAX) as f32 / after as f32,
    };
    let (hidden_rate, output_rate) = (about.hidden_rate / decay, about.output_rate / decay);
    let settings = DeviceSettings { rule: about.rule, hidden_rate, output_rate, feedback };
    Ok(Learner::new(check(layers, how.loss)?, settings)?)
}
