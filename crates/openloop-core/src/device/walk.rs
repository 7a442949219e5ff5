//! A learning step, whole or layer by layer.
//!
//! Under a local rule a layer learns in the part in which it answers, so a step has as many parts as layers, each layer's
//! time is its own, and the input is needed for the first part only. A rule that waits for the error takes twice as many
//! parts: forward through all layers, then back, and the input is needed to the last.

use super::health::Health;
use super::learner::{Learner, Lent};
use super::part::Part;
use super::rows;
use super::sizes::PIECE;
use crate::error::{Error, expect_length};
use crate::few::copy;
use crate::layer::Dense;
use crate::loss::{Loss, Scaling, Targets};
use crate::matrix::Matrix;
use crate::memory::{Feedback, feedback_stream};
use crate::rule::{CoefficientInput, Coefficients, Teacher};
use core::mem::swap;

/// Whether rules that wait for the error are part of this build; [`Learner::new`] refuses them where they are not.
const WAITING: bool = cfg!(feature = "waiting-rules");
/// The same of rules that read out a layer's own output.
pub(super) const READOUTS: bool = cfg!(feature = "readout-rules");

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
        while self.advance_one_part(&mut lent, x, targets, &mut progress) == Stage::More {}
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
        self.advance_one_part(&mut lent, x, targets, progress)
    }

    fn start(&self, lent: &mut Lent<'_>, x: &[f32], targets: &Targets<'_>) -> Result<Progress, Error> {
        self.check_targets(targets)?;
        self.check(lent, x)?;
        Ok(Progress { part: 0 })
    }

    fn advance_one_part(
        &self,
        lent: &mut Lent<'_>,
        x: &[f32],
        targets: &Targets<'_>,
        progress: &mut Progress,
    ) -> Stage {
        let parts = self.parts();
        if progress.part >= parts {
            return Stage::Done;
        }
        let (layers, keeps) = (self.network.layers().len(), self.keeps());
        let forward = progress.part < layers;
        let k = if forward { progress.part } else { parts - 1 - progress.part };
        if self.has_windows(k) {
            self.turn_windows(k, lent, x, Some(targets));
        } else if let Some(part) = &mut self.part(k, lent.parameters, lent.scratch, x, keeps) {
            if forward {
                self.answer_part(part, lent.health);
            }
            if !(forward && keeps) {
                self.learn_part(part, targets, lent.health);
            }
            if WAITING && part.is_output && !forward {
                self.leave_coefficients(part, targets);
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
            Targets::WeightedLabels(..) | Targets::WeightedValues(..) => Err(Error::NoWeights),
        }
    }

    /// A layer learns: the output layer from the error, a hidden one from its signal.
    fn learn_part(&self, part: &mut Part<'_>, targets: &Targets<'_>, health: &mut Health) {
        let teacher = self.settings.rule.teacher();
        if part.is_output {
            self.find_error(part, targets);
        }
        match teacher {
            Teacher::NextLayer { fixed } if WAITING => self.propagate_signal(part, fixed),
            Teacher::Projection(coefficients) if !part.is_output => {
                return self.learn_projected(part, coefficients, targets, health);
            }
            Teacher::Nothing if !part.is_output => return,
            Teacher::Projection(_) | Teacher::Nothing | Teacher::NextLayer { .. } => {}
        }
        let rate = if part.is_output { self.settings.output_rate } else { self.settings.hidden_rate };
        match (part.is_output, part.k) {
            (true, _) => swap(&mut part.error, &mut part.signal),
            (false, 1..) => swap(&mut part.a, &mut part.signal),
            (false, 0) => {}
        }
        rows::step(part, 0, part.layer.outputs, rate, health);
    }

    /// The output layer's delta, in the place of the error.
    #[inline(never)]
    fn find_error(&self, part: &mut Part<'_>, targets: &Targets<'_>) {
        let factor = Scaling::Mean.output(self.network.loss(), 1, self.outputs);
        for (i, (error, a)) in part.error.iter_mut().zip(&*part.a).enumerate() {
            *error = (a - targets.of_one(i)) * factor;
        }
        part.layer.activation.gate(part.a, part.error);
    }

    /// A hidden layer learns from coefficients that a fixed matrix carries to it: piece by piece, so that there is never more
    /// of the signal than a piece.
    #[inline(never)]
    fn learn_projected(
        &self,
        part: &mut Part<'_>,
        coefficients: Coefficients,
        targets: &Targets<'_>,
        health: &mut Health,
    ) {
        let matrix = self.dense_matrix(part);
        if self.is_local() {
            if READOUTS && coefficients.input() == CoefficientInput::Readout {
                matrix.answer(part.a, part.error);
            }
            self.fill(coefficients, targets, part.error);
        }
        let mut first = 0;
        while first < part.a.len() {
            let count = PIECE.min(part.a.len() - first);
            find_piece(&matrix, part, first, count);
            rows::step(part, first, count, self.settings.hidden_rate, health);
            first += count;
        }
    }

    /// Under bp and fa a layer hands its own signal down before it changes. A hidden layer's delta comes to lie in the place of
    /// its output, which is not needed any more; the first layer's stays where its signal was.
    #[inline(never)]
    fn propagate_signal(&self, part: &mut Part<'_>, fixed: bool) {
        if !part.is_output {
            part.layer.activation.gate(part.a, part.signal);
        }
        if part.k == 0 {
            return;
        }
        if !part.is_output {
            copy(part.signal, part.a);
        }
        let delta = if part.is_output { &*part.error } else { &*part.a };
        let through = if fixed { self.dense_matrix(part) } else { Matrix::Stored(part.own) };
        let Some(below) = part.signal.get_mut(..part.layer.inputs) else { return };
        project(&through, part.layer.inputs, 0, delta, below);
    }

    /// The output layer has learned: under a rule that projects the output's error, that error takes its place.
    fn leave_coefficients(&self, part: &mut Part<'_>, targets: &Targets<'_>) {
        if let Teacher::Projection(coefficients) = self.settings.rule.teacher() {
            swap(&mut part.error, &mut part.signal); // where the walk left them
            copy(part.a, part.error);
            self.fill(coefficients, targets, part.error);
        }
    }

    /// See [`Coefficients::fill`].
    #[inline(never)]
    pub(super) fn fill(&self, coefficients: Coefficients, targets: &Targets<'_>, values: &mut [f32]) {
        coefficients.fill_one(self.network.loss(), targets, values);
    }

    /// The fixed matrix that carries a layer's signal: the network's outputs by the layer's, or shaped like its weights.
    fn dense_matrix(&self, part: &Part<'_>) -> Matrix<'a> {
        let Dense { inputs, outputs, .. } = *part.layer;
        let by_class = matches!(self.settings.rule.teacher(), Teacher::Projection(_));
        let (rows, columns) = if by_class { (self.outputs, outputs) } else { (outputs, inputs) };
        self.matrix(part.k, rows, columns)
    }

    /// The fixed matrix `[rows, columns]` of layer `k`.
    pub(super) fn matrix(&self, k: usize, rows: usize, columns: usize) -> Matrix<'a> {
        match self.settings.feedback {
            Feedback::Stored(values) => {
                let own = values.get(self.feedback_before(k)..).and_then(|rest| rest.get(..rows * columns));
                Matrix::Stored(own.unwrap_or_default())
            }
            Feedback::Seeded(seed) => {
                // no rule of a device has square waves
                let (stream, bound) = feedback_stream(seed, self.network.stream_number(k), columns);
                Matrix::Seeded { stream, bound }
            }
        }
    }
}

/// The deltas of some neurons of a hidden layer, from its coefficients.
#[inline(never)]
fn find_piece(matrix: &Matrix<'_>, part: &mut Part<'_>, first: usize, count: usize) {
    let (Some(a), Some(signal)) = (part.a.get(first..), part.signal.get_mut(..count)) else { return };
    project(matrix, part.layer.outputs, first, part.error, signal);
    part.layer.activation.gate(a, signal);
}

/// signal = coefficients M for the columns from `first` on, one value a column.
pub(super) fn project(matrix: &Matrix<'_>, columns: usize, first: usize, coefficients: &[f32], signal: &mut [f32]) {
    signal.fill(0.0);
    for (row, &c) in coefficients.iter().enumerate() {
        if c != 0.0 {
            add_part(matrix, row * columns + first, c, signal);
        }
    }
}

/// See [`Matrix::add_part`].
#[inline(never)]
fn add_part(matrix: &Matrix<'_>, first: usize, factor: f32, signal: &mut [f32]) {
    match matrix {
        Matrix::Stored(_) | Matrix::Seeded { .. } => matrix.add_part(first, factor, signal),
        Matrix::Waves(_) => {} // no rule of a device has them
    }
}
