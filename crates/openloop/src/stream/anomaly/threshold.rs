//! The score beyond which a row is flagged, and which rows are learned from.
//!
//! With s the cube root of the score, and the mean m and the deviation d of s over the rows, where a flagged one counts as the threshold,
//!
//! ```text
//! threshold = (m + k max(d, 0.01))^3
//! ```
//!
//! m and d begin with the scores of the warm-up, those far out left out, and follow as those of a feature do (`moments.rs`), over 1,000
//! rows. The cube root of a mean of squares is nearly normal (Wilson and Hilferty 1931), so k is in deviations of a normal number. 0.01
//! keeps rows that are all alike from being flagged for nothing: it is the root of the score of a row that is known to a thousandth of a
//! deviation.
//!
//! A flagged row is not learned from, neither by the network nor by the scaling. But a machine that was switched to
//! another state, or that drifts, must not be flagged for ever. So flagged rows are counted, and four that are not flagged take one of
//! them away. When the count is as large as is allowed, which takes more than one flagged row in five, all rows are learned from, until as
//! many as are allowed were not flagged, and four more for each that was.

use super::super::moments::Moments;
use super::super::setup::AnomalySetup;
use serde::{Deserialize, Serialize};

/// Rows that are not flagged that make up for one that is.
const MAKE_UP: u64 = 4;
/// The least deviation of the root.
const LEAST_DEVIATION: f64 = 0.01;

/// The threshold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Of the roots of the scores, those of flagged rows no higher than the threshold.
    moments: Moments,
    /// Flagged rows, each as many as make up for it, less the others.
    surplus: u64,
    /// Whether flagged rows are learned from.
    is_relearning: bool,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The threshold that its score was compared with.
    pub threshold: f32,
    /// Whether the score is beyond it.
    pub is_flagged: bool,
    /// Whether it may be learned from.
    pub is_learned: bool,
    /// Whether flagged rows are learned from beginning with this one.
    pub begins_anew: bool,
}

/// The cube root of a score.
pub(super) fn root(score: f32) -> f64 {
    libm::cbrt(f64::from(score))
}

/// The score that a root, or a mean of some, is of.
pub(super) fn of_root(root: f64) -> f64 {
    root * root * root
}

fn score_of(limit: f64) -> f32 {
    of_root(limit).min(f64::from(f32::MAX)) as f32
}

impl Threshold {
    /// From the scores of rows most of which are normal.
    pub fn fit(scores: &[f32]) -> Self {
        let mut roots: Vec<f64> = scores.iter().map(|score| root(*score)).collect();
        Threshold { moments: Moments::fit(&mut roots), ..Threshold::default() }
    }

    /// The score beyond which a row is flagged.
    pub fn score(&self, deviations: f32) -> f32 {
        score_of(self.limit(deviations))
    }

    /// Its root.
    fn limit(&self, deviations: f32) -> f64 {
        self.moments.mean + f64::from(deviations) * self.moments.deviation.max(LEAST_DEVIATION)
    }

    /// Whether flagged rows are learned from.
    pub fn is_relearning(&self) -> bool {
        self.is_relearning
    }

    /// Judges a row by its score, and takes that in if the row may be learned from.
    pub fn take(&mut self, score: f32, setup: &AnomalySetup) -> Verdict {
        let limit = self.limit(setup.deviations);
        let threshold = score_of(limit);
        let is_flagged = score > threshold;
        let surplus = if is_flagged { self.surplus + MAKE_UP } else { self.surplus.saturating_sub(1) };
        self.surplus = surplus.min(MAKE_UP * setup.relearn_after);
        let begins_anew = !self.is_relearning && self.surplus == MAKE_UP * setup.relearn_after;
        if begins_anew {
            self.surplus = setup.relearn_after;
        }
        self.is_relearning = begins_anew || (self.is_relearning && self.surplus > 0);
        let is_learned = !is_flagged || self.is_relearning;
        // a flagged row moves the threshold as the highest score that is not flagged would, so that its own tail is not cut off
        self.moments.follow(if is_learned { root(score) } else { limit });
        Verdict { threshold, is_flagged, is_learned, begins_anew }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::random::{Purpose, Stream};

    fn setup() -> AnomalySetup {
        AnomalySetup { normal: Vec::new(), deviations: 2.5, relearn_after: 200 }
    }

    /// Scores between a third and three times `level`.
    fn scores(rows: usize, level: f32) -> Vec<f32> {
        let random = Stream::new(7, Purpose::Noise, 0);
        (0..rows as u64).map(|k| level * 9f32.powf(random.unit(k) - 0.5)).collect()
    }

    fn flagged(threshold: &mut Threshold, scores: &[f32]) -> usize {
        scores.iter().filter(|score| threshold.take(**score, &setup()).is_flagged).count()
    }

    #[test]
    fn a_score_is_flagged_by_its_ratio_to_the_others_whatever_their_size() {
        for level in [1e-4, 1.0, 1e4] {
            let mut threshold = Threshold::fit(&scores(500, level));
            assert_eq!(flagged(&mut threshold, &scores(5000, level)), 0, "{level}");
            assert!(threshold.take(10.0 * level, &setup()).is_flagged);
        }
    }

    #[test]
    fn what_is_flagged_is_not_learned_from_and_moves_the_threshold_no_more_whatever_its_score() {
        let after = |score: f32| {
            let mut threshold = Threshold::fit(&scores(500, 1.0));
            for _ in 0..20 {
                let verdict = threshold.take(score, &setup());
                assert!(verdict.is_flagged && !verdict.is_learned && !verdict.begins_anew);
            }
            threshold.score(2.5) / Threshold::fit(&scores(500, 1.0)).score(2.5)
        };
        assert!(after(1e3) == after(1e30) && (1.0..1.25).contains(&after(1e3)), "{}", after(1e3));
    }

    #[test]
    fn scores_that_stay_higher_are_learned_from_after_a_while_and_no_longer_flagged() {
        let mut threshold = Threshold::fit(&scores(500, 1.0));
        let high = scores(3000, 1e4);
        let begins = high.iter().position(|score| threshold.take(*score, &setup()).begins_anew);
        assert_eq!(begins, Some(199));
        assert!(threshold.is_relearning());
        let soon = flagged(&mut threshold, &high[200..1000]);
        assert!(soon < 40, "{soon} rows flagged until the threshold has followed");
        assert_eq!(flagged(&mut threshold, &high[1000..]), 0);
        assert!(!threshold.is_relearning());
        // a single row between them is flagged again and not learned from
        let verdict = threshold.take(1e8, &setup());
        assert!(verdict.is_flagged && !verdict.is_learned);
    }

    #[test]
    fn flagged_rows_are_learned_from_where_they_are_more_than_one_in_five() {
        let begins = |every: usize| {
            let mut threshold = Threshold::fit(&scores(500, 1.0));
            let rows =
                scores(4000, 1.0).into_iter().enumerate().map(|(k, score)| if k % every == 0 { 1e4 } else { score });
            rows.map(|score| threshold.take(score, &setup())).any(|verdict| verdict.begins_anew)
        };
        assert_eq!([3, 4, 6].map(begins), [true, true, false]);
    }

    #[test]
    fn rows_that_are_all_alike_are_not_flagged_and_one_that_differs_is() {
        let mut threshold = Threshold::fit(&[0.0; 500]);
        assert_eq!(flagged(&mut threshold, &[0.0, 1e-8, 0.0, 2e-7]), 0);
        assert!(threshold.take(1e-3, &setup()).is_flagged);
    }

    #[test]
    fn it_is_the_same_after_a_file_and_moments_that_no_scores_lead_to_are_refused() {
        let mut threshold = Threshold::fit(&scores(500, 0.3));
        flagged(&mut threshold, &scores(50, 0.5));
        let text = serde_json::to_string(&threshold).unwrap();
        assert_eq!(serde_json::from_str::<Threshold>(&text).unwrap(), threshold);
        let wrong = r#"{"moments":[0.0,-1.0,0.0,0.0,0.0],"surplus":0,"is_relearning":false}"#;
        assert!(serde_json::from_str::<Threshold>(wrong).is_err());
    }
}
