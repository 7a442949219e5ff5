//! A stream without labels: test, then train, where a row is its own target.
//!
//! ```text
//! for each row after the warm-up:
//!     x = standardised features;  y = the network's answer;  score = mean of (y - x)^2 over the inputs that are not missing
//!     flagged = score > threshold
//!     if it is not flagged, or so many were that they are learned from: learn from (x, x); scaling and threshold follow
//!     when its label comes, if it has one: count whether it was flagged rightly
//! ```
//!
//! A missing input has no error: its target is the network's own answer.

use super::anomaly::{AnomalyState, Threshold, Verdict};
use super::answer::{Answers, Truth};
use super::detector::DriftSignal;
use super::own_inputs::{OwnInputs, WarmupRow};
use super::pending::PendingRow;
use super::prequential::Prequential;
use super::source::Row;
use super::warmup::Warmup;
use crate::kernels::Fast;
use openloop_core::random::{Purpose, Stream as Random};

/// One part in so many of the warm-up is held back for the threshold.
const HELD_BACK: usize = 5;

impl Prequential {
    /// Scores a row, flags it or not, and learns from it or not.
    pub(super) fn process_own(&mut self, kernels: &Fast, row: &Row, mut own: OwnInputs) {
        let mut current = std::mem::take(&mut self.current);
        self.begin_row(row, &mut current);
        self.stats.bounded += self.scaling.apply(&row.features, &mut current.x, false);
        own.score = own.score(kernels, &mut self.learner, &row.features, &current.x);
        own.verdict = self
            .setup
            .anomaly
            .as_ref()
            .map_or_else(Verdict::default, |setup| own.state.threshold.take(own.score, setup));
        let Verdict { threshold, is_flagged, is_learned, begins_anew } = own.verdict;
        current.confidence = own.score;
        current.answers = match std::mem::take(&mut current.answers) {
            Answers::Classes(mut answers) => {
                answers.fill(u32::from(is_flagged));
                Answers::Classes(answers)
            }
            other => other,
        };
        own.state.course.add(own.score, threshold);
        own.state.flagged += u64::from(is_flagged);
        self.stats.training_labels += 1;
        if is_learned && self.setup.policy.is_always() {
            self.learner.learn(kernels, &current.x, &own.target);
            self.scaling.follow(&row.features);
            self.stats.of_row(current.intervals).for_each(|counts| counts.updates += 1);
        }
        self.stats.of_row(current.intervals).for_each(|counts| counts.flagged += u64::from(is_flagged));
        self.signal = match own.state.threshold.is_relearning() {
            _ if begins_anew => DriftSignal::Drift,
            true => DriftSignal::Warning,
            false => DriftSignal::Stable,
        };
        if begins_anew {
            self.stats.note_drift();
        }
        self.own = Some(own);
        match current.truth.is_known() {
            true => self.judge_own(&current),
            false if row.id.is_empty() || self.pending.contains(&row.id) => {}
            false => self.pending.push(&current),
        }
        self.current = current;
    }

    /// Counts a row whose label is known.
    pub(super) fn judge_own(&mut self, row: &PendingRow) {
        self.stats.judge(row, None);
        let (Some(own), Answers::Classes(answers), Truth::Class(class)) = (&mut self.own, &row.answers, &row.truth)
        else {
            return;
        };
        let (is_anomaly, is_flagged) = (*class == 1, answers.contains(&1));
        own.state.ranked.add(row.confidence, is_anomaly);
        own.state.alarms.add(row.number, is_anomaly, is_flagged);
    }

    /// Trains on the warm-up, whose standardised features are `x`: on four fifths of it, then, for a few passes more, on all of it. Between
    /// them the threshold begins with the scores of the last fifth, which was not learned from yet. Rows that would be flagged after
    /// half of the passes, or then, are left out of the rest.
    pub(super) fn warm_up_own(&mut self, kernels: &Fast, warmup: &Warmup, x: &[f32]) {
        let (width, mut own) = (self.current.x.len(), OwnInputs::default());
        let each = warmup.features.chunks_exact(width).zip(x.chunks_exact(width));
        let all: Vec<WarmupRow<'_>> = each.map(|(raw, x)| WarmupRow { raw, x }).collect();
        let (first, last) = all.split_at(all.len() - all.len() / HELD_BACK);
        let (deviations, epochs) = (self.deviations(), self.setup.warmup_epochs);
        let mut rows = first.to_vec();
        for epoch in 0..epochs {
            if epoch == epochs.div_ceil(2) {
                own.keep_normal(kernels, &mut self.learner, &mut rows, deviations);
            }
            self.learn_own(kernels, &mut own, &rows, epoch);
        }
        let threshold = Threshold::fit(&own.scores(kernels, &mut self.learner, last));
        let mut last = last.to_vec();
        own.keep_normal(kernels, &mut self.learner, &mut last, deviations);
        rows.extend(last);
        for epoch in 0..epochs / HELD_BACK as u32 {
            self.learn_own(kernels, &mut own, &rows, epochs + epoch);
        }
        self.own = Some(OwnInputs::of(AnomalyState { threshold, ..AnomalyState::default() }));
        self.begin_counts(warmup);
    }

    /// A pass over rows of the warm-up.
    fn learn_own(&mut self, kernels: &Fast, own: &mut OwnInputs, rows: &[WarmupRow<'_>], epoch: u32) {
        let mut order = rows.to_vec();
        Random::new(self.learner().settings().seed, Purpose::Shuffle, epoch).shuffle(&mut order);
        for row in order {
            own.score(kernels, &mut self.learner, row.raw, row.x);
            self.learner.learn(kernels, row.x, &own.target);
        }
    }

    /// Deviations beyond which a row is flagged.
    fn deviations(&self) -> f32 {
        self.setup.anomaly.as_ref().map_or(f32::INFINITY, |setup| setup.deviations)
    }
}
