//! The score of a row that is its own target: the mean of (y - x)^2 over the inputs that are not missing. A missing input has no error:
//! its target is the network's own answer.

use super::anomaly::{AnomalyState, Threshold, Verdict};
use super::answer::{Answer, Truth};
use super::row_learner::RowLearner;
use crate::kernels::Fast;

/// What the rows of such a stream are compared with.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnInputs {
    pub state: AnomalyState,
    /// The last row's score, and what became of it.
    pub score: f32,
    pub verdict: Verdict,
    /// Room for the target of a row.
    pub target: Truth,
}

/// A row of the warm-up, as it came and standardised.
#[derive(Clone, Copy)]
pub(super) struct WarmupRow<'w> {
    pub raw: &'w [f64],
    pub x: &'w [f32],
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
    pub fn score(&mut self, kernels: &Fast, learner: &mut RowLearner, raw: &[f64], x: &[f32]) -> f32 {
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
    pub fn keep_normal(
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
    pub fn scores(&mut self, kernels: &Fast, learner: &mut RowLearner, rows: &[WarmupRow<'_>]) -> Vec<f32> {
        rows.iter().map(|row| self.score(kernels, learner, row.raw, row.x)).collect()
    }
}
