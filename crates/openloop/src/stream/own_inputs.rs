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
use super::answer::{Answer, Answers, Truth};
use super::detector::DriftSignal;
use super::pending::PendingRow;
use super::prequential::Prequential;
use super::row_learner::RowLearner;
use super::source::Row;
use super::warmup::Warmup;
use crate::kernels::Fast;
use openloop_core::random::{Purpose, Stream as Random};

/// One part in so many of the warm-up is held back for the threshold.
const HELD_BACK: usize = 5;

/// What the rows of such a stream are compared with.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnInputs {
    pub state: AnomalyState,
    /// The last row's score, and what became of it.
    score: f32,
    verdict: Verdict,
    /// Room for the target of a row.
    target: Truth,
}

/// A row of the warm-up, as it came and standardised.
#[derive(Clone, Copy)]
struct WarmupRow<'w> {
    raw: &'w [f64],
    x: &'w [f32],
}

impl OwnInputs {
    /// With this state.
    pub fn of(state: AnomalyState) -> Self {
        OwnInputs { state, ..OwnInputs::default() }
    }

    /// The answer to the last row.
    pub fn answer(&self) -> Answer<'static> {
        let Verdict { threshold, is_flagged, .. } = self.verdict;
        Answer::Anomaly { score: self.score, threshold, is_flagged }
    }

    /// The score of the row `x`, whose features as they came are `raw`; its target is what is learned from it.
    fn score(&mut self, kernels: &Fast, learner: &mut RowLearner, raw: &[f64], x: &[f32]) -> f32 {
        let y = learner.infer(kernels, x);
        let (mut sum, mut count) = (0.0, 0.0);
        let each = raw.iter().zip(x.iter().zip(y)).map(|(raw, (x, y))| {
            if raw.is_nan() {
                return f64::from(*y);
            }
            let error = f64::from(*y) - f64::from(*x);
            sum += error * error;
            count += 1.0;
            f64::from(*x)
        });
        self.target.set_values(each);
        if count > 0.0 { (sum / count) as f32 } else { 0.0 }
    }

    /// Leaves out the rows that would be flagged by the scores of these.
    fn keep_normal(
        &mut self,
        kernels: &Fast,
        learner: &mut RowLearner,
        rows: &mut Vec<WarmupRow<'_>>,
        deviations: f32,
    ) {
        let scores = self.scores(kernels, learner, rows);
        let limit = Threshold::fit(&scores).score(deviations);
        let mut scores = scores.into_iter();
        rows.retain(|_| scores.next().is_some_and(|score| score <= limit));
    }

    /// The scores of some rows.
    fn scores(&mut self, kernels: &Fast, learner: &mut RowLearner, rows: &[WarmupRow<'_>]) -> Vec<f32> {
        rows.iter().map(|row| self.score(kernels, learner, row.raw, row.x)).collect()
    }
}

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
