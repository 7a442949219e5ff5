//! Which labels are asked for, where a label costs work and only a share of them can be had.
//!
//! ```text
//! u = 1 - the confidence of the answer;  every row earns `share` of a label, and no more than a few are saved up
//! a label is asked for where a whole one is there and
//!     with probability m:  by chance, with probability `share`
//!     otherwise:           log u + n > log threshold,  n normal with deviation 1
//!         asked for:  log threshold += STEP (1 - share)        not asked for:  log threshold -= STEP share
//! m = 1 - (mean u) / (share of wrong answers)  of the labels that came last, at least LEAST_CHANCE
//! ```
//!
//! So the threshold moves to where `share` of the rows lie above it, whatever confidences the network has, and follows them in a drift. The noise n
//! is that of Žliobaitė et al. (2014), whose threshold moves until half of the rows lie above it, as long as labels are left. m is ours: where answers
//! are wrong more often than their confidences say, as after a drift that turns classes round, confidences say little of which label teaches
//! most, and labels are asked for by chance.

use super::score::MAX_COUNT;
use openloop_core::random::{Purpose, Stream as Random};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// How far the logarithm of the threshold moves.
const STEP: f64 = 0.5;
/// Labels that can be saved up: what is beyond them is lost, so that a share is kept in every part of a stream.
const MOST_SAVED: f64 = 5.0;
/// The threshold before anything is known of the network's confidences.
const FIRST_THRESHOLD: f64 = 0.1;
/// Confidences are f32: the least uncertainty that they tell from none.
const LEAST_UNCERTAINTY: f64 = 1e-7;
/// The part of the labels that is asked for by chance at least.
const LEAST_CHANCE: f64 = 0.1;
/// How much the last label counts in the means.
const RATE: f64 = 0.05;
/// The means before any label came.
const FIRST_MEAN: f64 = 0.1;
/// The number of its random stream among those of [`Purpose::Noise`]; 0 makes labels wrong.
const RANDOM: u32 = 1;

/// How the rows are chosen whose labels are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelChoice {
    /// Those whose answers are least certain, with some chance.
    #[default]
    Uncertain,
    /// By chance alone.
    Random,
}

openloop_core::named!(LabelChoice: "ask" { Uncertain = "uncertain", Random = "random" });

/// For which share of the rows a label is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelBudget {
    /// From 0 to 1.
    pub share: f32,
    /// For which of them.
    pub choice: LabelChoice,
}

/// Where a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetState {
    /// Logarithm of the uncertainty from which on a label is asked for.
    log_threshold: f64,
    /// Labels that are saved up.
    saved: f64,
    /// The mean uncertainty of the answers whose labels came last, and the share of them that was wrong.
    claimed: f64,
    wrong: f64,
    /// Labels that were asked for.
    pub asked: u64,
}

impl Default for BudgetState {
    fn default() -> Self {
        let log_threshold = libm::log(FIRST_THRESHOLD);
        BudgetState { log_threshold, saved: 1.0, claimed: FIRST_MEAN, wrong: FIRST_MEAN, asked: 0 }
    }
}

impl LabelBudget {
    /// The threshold begins where `share` of the warm-up's rows lie above it, of which these are the confidences.
    pub fn begin(&self, state: &mut BudgetState, confidences: &mut [f32]) {
        confidences.sort_unstable_by(f32::total_cmp);
        let at = (f64::from(self.share) * confidences.len() as f64) as usize;
        if let Some(confidence) = confidences.get(at) {
            state.log_threshold = log_uncertainty(*confidence);
        }
    }

    /// Whether the label of row `number`, which was answered with this confidence, is asked for.
    pub fn asks(&self, state: &mut BudgetState, seed: u64, number: u64, confidence: f32) -> bool {
        let random = Random::new(seed, Purpose::Noise, RANDOM);
        let share = f64::from(self.share);
        let asks = match self.choice {
            LabelChoice::Random => random.unit(3 * number) < self.share,
            LabelChoice::Uncertain => {
                state.saved = (state.saved + share).min(MOST_SAVED);
                let has_label = state.saved >= 1.0;
                let asks = if f64::from(random.unit(3 * number + 2)) < state.chance() {
                    has_label && random.unit(3 * number) < self.share
                } else {
                    let noisy = log_uncertainty(confidence) + normal(&random, number);
                    let asks = has_label && noisy > state.log_threshold;
                    state.log_threshold += STEP * if asks { 1.0 - share } else { -share };
                    asks
                };
                state.saved -= f64::from(u8::from(asks));
                asks
            }
        };
        state.asked += u64::from(asks);
        asks
    }
}

impl BudgetState {
    /// A label came that was asked for: the answer was given with this confidence, and was wrong or not.
    pub fn hear(&mut self, confidence: f32, is_wrong: bool) {
        self.claimed += RATE * (1.0 - f64::from(confidence) - self.claimed);
        self.wrong += RATE * (f64::from(u8::from(is_wrong)) - self.wrong);
    }

    /// The part of the labels that is asked for by chance.
    fn chance(&self) -> f64 {
        (1.0 - self.claimed / self.wrong.max(f64::MIN_POSITIVE)).max(LEAST_CHANCE)
    }

    /// Whether it is one that a stream can have.
    pub(super) fn is_possible(&self) -> bool {
        let are_shares = [self.claimed, self.wrong].iter().all(|mean| (0.0..=1.0).contains(mean));
        let is_saved = (0.0..=MOST_SAVED).contains(&self.saved);
        self.log_threshold.is_finite() && is_saved && are_shares && self.asked <= MAX_COUNT
    }
}

fn log_uncertainty(confidence: f32) -> f64 {
    libm::log((1.0 - f64::from(confidence)).max(LEAST_UNCERTAINTY))
}

/// A normal number with mean 0 and deviation 1, by Box and Muller.
fn normal(random: &Random, number: u64) -> f64 {
    let [radius, angle] = [3 * number, 3 * number + 1].map(|index| f64::from(random.unit(index)));
    (-2.0 * libm::log(1.0 - radius)).sqrt() * libm::cos(TAU * angle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 10,000 rows with these confidences are asked for.
    fn asked(budget: LabelBudget, confidence: impl Fn(u64) -> f32) -> u64 {
        let mut state = BudgetState::default();
        (0..10_000).for_each(|row| _ = budget.asks(&mut state, 1, row, confidence(row)));
        state.asked
    }

    #[test]
    fn the_share_is_kept_whatever_the_confidences_are() {
        for choice in [LabelChoice::Uncertain, LabelChoice::Random] {
            for share in [0.01f32, 0.05, 0.2, 0.5] {
                let (budget, wanted) = (LabelBudget { share, choice }, 10_000.0 * share);
                let close = |count: u64| (count as f32 - wanted).abs() < 0.1 * wanted + 20.0;
                let hash = |row: u64| (row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32 / (1 << 24) as f32;
                assert!(close(asked(budget, |_| 1.0)) && close(asked(budget, |_| 0.4)), "{choice} {share}");
                assert!(close(asked(budget, hash)), "{choice} {share}");
                let drift = |row: u64| if row < 5000 { 0.999_99 } else { 0.6 };
                assert!(close(asked(budget, drift)), "{choice} {share}: {}", asked(budget, drift));
            }
        }
    }

    #[test]
    fn less_certain_rows_are_asked_for_more_often_and_certain_ones_now_and_then() {
        let budget = LabelBudget { share: 0.1, choice: LabelChoice::Uncertain };
        let (mut state, mut counts) = (BudgetState::default(), [0; 2]);
        for row in 0..10_000u64 {
            let is_unsure = row % 5 == 0;
            if budget.asks(&mut state, 1, row, if is_unsure { 0.6 } else { 0.99 }) {
                counts[usize::from(is_unsure)] += 1;
            }
        }
        let [sure, unsure] = counts;
        assert!(sure > 0 && unsure > 5 * sure, "{counts:?}");
    }

    #[test]
    fn where_sure_answers_are_wrong_labels_are_asked_for_by_chance() {
        let budget = LabelBudget { share: 0.1, choice: LabelChoice::Uncertain };
        let sure_ones = |is_wrong: bool| {
            let (mut state, mut sure) = (BudgetState::default(), 0);
            for row in 0..10_000u64 {
                let confidence = if row % 5 == 0 { 0.6 } else { 0.99 };
                if budget.asks(&mut state, 1, row, confidence) {
                    state.hear(confidence, is_wrong);
                    // once the means have settled
                    sure += u64::from(row >= 5_000 && confidence > 0.9);
                }
            }
            assert!(state.is_possible());
            sure
        };
        let [trusted, surprised] = [sure_ones(false), sure_ones(true)];
        // by chance alone it would be 400 of 500; nine of ten are asked for by chance
        assert!(surprised > 300 && surprised > 3 * trusted, "{trusted} {surprised}");
    }
}
