//! A learning step, whole or layer by layer.
//!
//! Under a local rule a layer learns in the part in which it answers, so a step has as many parts as layers, each layer's
//! time is its own, and the input is needed for the first part only. A rule that waits for the error takes twice as many
//! parts: forward through all layers, then back, and the input is needed to the last.

use super::learner::{Learner, Lent, Place};
use super::rows;
use crate::error::{Error, expect_length};
use crate::layer::Dense;
use crate::loss::{Loss, Scaling, Targets};
use crate::matrix::Matrix;
use crate::memory::{Feedback, feedback_stream};
use crate::rule::{Coefficients, Teacher};

/// How far a learning step has come. A small value that the caller keeps between two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    part: usize,
}

/// Whether a learning step goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// There is another part.
    More,
    /// All layers have learned.
    Done,
}

impl<'a> Learner<'a> {
    /// One learning step on one sample. Comes back with what the network answered before it learned, `[outputs]`; it lies in
    /// the scratch. `x: [inputs]`, `targets`: one label, or `[outputs]` values.
    ///
    /// # Errors
    /// As for [`Learner::infer`], and targets that the network or the rule cannot use. No weight has changed then.
    pub fn learn<'m>(&self, mut lent: Lent<'m>, x: &[f32], targets: &Targets<'_>) -> Result<&'m [f32], Error> {
        let mut progress = self.start(&mut lent, x, targets)?;
        while self.go_on(&mut lent, x, targets, &mut progress) == Stage::More {}
        Ok(self.answer(lent.scratch))
    }

    /// Begins a learning step that is taken layer by layer: checks everything, changes no weight.
    ///
    /// # Errors
    /// As for [`Learner::learn`].
    pub fn begin(&self, mut lent: Lent<'_>, x: &[f32], targets: &Targets<'_>) -> Result<Progress, Error> {
        self.start(&mut lent, x, targets)
    }

    /// One part of the step: a layer answers and, under a local rule, learns; or a layer learns on the way back.
    ///
    /// Memory, sample and targets are those of [`Learner::begin`], untouched between the parts.
    pub fn advance(&self, mut lent: Lent<'_>, x: &[f32], targets: &Targets<'_>, progress: &mut Progress) -> Stage {
        self.go_on(&mut lent, x, targets, progress)
    }

    fn start(&self, lent: &mut Lent<'_>, x: &[f32], targets: &Targets<'_>) -> Result<Progress, Error> {
        self.check_targets(targets)?;
        self.check(lent, x)?;
        Ok(Progress { part: 0 })
    }

    fn go_on(&self, lent: &mut Lent<'_>, x: &[f32], targets: &Targets<'_>, progress: &mut Progress) -> Stage {
        let parts = self.parts();
        if progress.part >= parts {
            return Stage::Done;
        }
        let layers = self.network.layers().len();
        let forward = progress.part < layers;
        let k = if forward { progress.part } else { parts - 1 - progress.part };
        if let Some(place) = self.place(k) {
            if forward {
                self.forward(Some(place), lent, x, self.keeps());
                if place.is_output {
                    self.find_error(lent, targets);
                }
            }
            if !forward || self.is_local() {
                self.teach(place, lent, x, targets);
            }
        }
        progress.part += 1;
        if progress.part < parts {
            return Stage::More;
        }
        lent.health.learned = lent.health.learned.saturating_add(1);
        Stage::Done
    }

    /// What the network answered in the learning step that lies in this scratch, `[outputs]`.
    pub fn answer<'s>(&self, scratch: &'s [f32]) -> &'s [f32] {
        self.output(scratch, self.keeps())
    }

    /// Parts of a learning step.
    pub const fn parts(&self) -> usize {
        self.network.layers().len() * if self.is_local() { 1 } else { 2 }
    }

    /// Whether every layer learns the moment its own output exists: then the sample is needed for the first part only.
    pub const fn is_local(&self) -> bool {
        self.settings.rule.is_local()
    }

    fn keeps(&self) -> bool {
        !self.is_local()
    }

    /// Checks the targets of one sample.
    fn check_targets(&self, targets: &Targets<'_>) -> Result<(), Error> {
        let (rule, loss) = (self.settings.rule, self.network.loss());
        match targets {
            Targets::Labels(labels) => {
                expect_length("the targets", labels.len(), 1)?;
                let classes = self.outputs;
                match labels.iter().find(|label| **label as usize >= classes) {
                    Some(&label) => Err(Error::LabelOutOfRange { label, classes }),
                    None => Ok(()),
                }
            }
            Targets::Values(_) if rule.needs_labels() => Err(Error::RuleNeedsLabels),
            Targets::Values(_) if loss == Loss::CrossEntropy => Err(Error::LossNeedsLabels),
            Targets::Values(values) => expect_length("the targets", values.len(), self.outputs),
        }
    }

    /// error = y - t
    fn find_error(&self, lent: &mut Lent<'_>, targets: &Targets<'_>) {
        let (outputs, keeps) = (self.outputs, self.keeps());
        let Some((before, error)) = lent.scratch.split_at_mut_checked(self.sizes.activations) else { return };
        copy(self.output(before, keeps), error);
        let Some(error) = error.get_mut(..outputs) else { return };
        targets.subtract_from(outputs, error);
    }

    /// A layer learns: the output layer by the error, a hidden one by its signal.
    ///
    /// Under bp and fa it hands its own signal down before it changes; under the rules that project the output's error, the
    /// output layer leaves what will be projected.
    fn teach(&self, place: Place<'_>, lent: &mut Lent<'_>, x: &[f32], targets: &Targets<'_>) {
        let Some(own) = lent.parameters.get_mut(place.parameters..) else { return };
        let Some((activations, rest)) = lent.scratch.split_at_mut_checked(self.sizes.activations) else { return };
        let Some((error, signal)) = rest.split_at_mut_checked(self.outputs) else { return };
        let Some((before, a)) = place.around(activations, self.middle(place, self.keeps()), self.keeps()) else {
            return;
        };
        let (x, teacher) = (if place.k == 0 { x } else { before }, self.settings.rule.teacher());
        let delta = match teacher {
            _ if place.is_output => {
                let delta = self.output_delta(place, a, error);
                self.hand_down(place, own, delta, signal);
                delta
            }
            Teacher::NextLayer { .. } => {
                place.dense.activation.gate(a, signal);
                copy(signal, a); // a is not needed any more: its place is delta's now
                self.hand_down(place, own, a, signal);
                &mut *a
            }
            Teacher::Projection(coefficients) => {
                let matrix = self.matrix(place);
                if self.is_local() {
                    if coefficients != Coefficients::Target {
                        matrix.answer(a, error);
                    }
                    self.fill(coefficients, targets, error);
                }
                let Some(delta) = signal.get_mut(..a.len()) else { return };
                project(matrix, error, delta);
                place.dense.activation.gate(a, delta);
                delta
            }
            Teacher::Nothing => return,
        };
        rows::step(place.dense, own, x, delta, self.rate(place), lent.health);
        if let (Teacher::Projection(coefficients), true, false) = (teacher, place.is_output, self.is_local()) {
            copy(a, error);
            self.fill(coefficients, targets, error);
        }
    }

    /// Under bp and fa, delta times the layer's weights, or its fixed matrix, is the signal at the layer below.
    fn hand_down(&self, place: Place<'_>, own: &[f32], delta: &[f32], signal: &mut [f32]) {
        let (Teacher::NextLayer { fixed }, 1..) = (self.settings.rule.teacher(), place.k) else { return };
        let through = if fixed { self.matrix(place) } else { Matrix::Stored(own) };
        let Some(below) = signal.get_mut(..place.dense.inputs) else { return };
        project(through, delta, below);
    }

    /// See [`Coefficients::fill`].
    #[inline(never)]
    fn fill(&self, coefficients: Coefficients, targets: &Targets<'_>, values: &mut [f32]) {
        coefficients.fill(self.network.loss(), self.outputs, targets, values);
    }

    /// The error becomes the gradient at the output's sums; the answer stays.
    fn output_delta<'e>(&self, place: Place<'_>, a: &[f32], error: &'e mut [f32]) -> &'e mut [f32] {
        let factor = Scaling::Mean.output(self.network.loss(), 1, self.outputs);
        error.iter_mut().for_each(|error| *error *= factor);
        place.dense.activation.gate(a, error);
        error
    }

    /// The fixed matrix that carries a layer's signal: the network's outputs by the layer's, or shaped like its weights.
    fn matrix(&self, place: Place<'_>) -> Matrix<'a> {
        let Dense { inputs, outputs, .. } = *place.dense;
        let by_class = matches!(self.settings.rule.teacher(), Teacher::Projection(_));
        let (rows, columns) = if by_class { (self.outputs, outputs) } else { (outputs, inputs) };
        match self.settings.feedback {
            Feedback::Stored(values) => {
                let own = values.get(self.feedback_before(place.k)..).and_then(|rest| rest.get(..rows * columns));
                Matrix::Stored(own.unwrap_or_default())
            }
            Feedback::Seeded(seed) => {
                let (stream, bound) = feedback_stream(seed, self.network.stream_number(place.k), columns);
                Matrix::Seeded { stream, bound }
            }
        }
    }

    fn rate(&self, place: Place<'_>) -> f32 {
        if place.is_output { self.settings.output_rate } else { self.settings.hidden_rate }
    }
}

/// signal = coefficients M, one value a column.
#[inline(never)]
fn project(matrix: Matrix<'_>, coefficients: &[f32], signal: &mut [f32]) {
    matrix.project(signal.len(), 0, coefficients, 1.0, signal);
}

fn copy(from: &[f32], to: &mut [f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}
