//! When a stream drifts: the Hoeffding-bound form of the drift detection method (HDDM_A) on the prequential error.
//!
//! An outcome is a number from 0 to 1: 1 for a wrong class and 0 for a right one; of values the error on a scale of its own
//! (`error_scale.rs`). With the sum w of n outcomes since the last drift, the detector keeps the moment (n', w') at which w/n plus its Hoeffding
//! bound sqrt(ln(1/a) / 2n), a = 0.001, was smallest, and signals when the error rate since has grown by more than chance
//! allows: w/n - w'/n' >= sqrt(m/2 ln(2/a)), m = (1/n' - 1/n), with a = 0.001 for a drift and 0.005 for a warning. After a
//! drift it forgets all. A stream gives it the outcomes on the warm-up's rows first: with these it compares the rows after them. The
//! network has learned from them, so one that fits its warm-up much better than other rows signals a drift too.
//! Four numbers are its state. Unlike the older DDM it is not alarmed by the first error after
//! a spell without any.
//!
//! I. Frías-Blanco, J. del Campo-Ávila, G. Ramos-Jiménez, R. Morales-Bueno, A. Ortiz-Díaz and Y. Caballero-Mota, "Online
//! and non-parametric drift detection methods based on Hoeffding's bounds", IEEE TKDE 27 (3), 2015.

use super::score::MAX_COUNT;
use serde::{Deserialize, Serialize};

/// The chance of a false drift that is taken.
const DRIFT: f64 = 0.001;
/// The chance of a false warning that is taken.
const WARNING: f64 = 0.005;

/// The detector's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriftSignal {
    /// All as before.
    #[default]
    Stable,
    /// Errors grow.
    Warning,
    /// The data are no longer those the network learned from.
    Drift,
}

/// The detector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriftDetector {
    now: ErrorCount,
    best: ErrorCount,
}

/// Errors in some outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ErrorCount {
    outcomes: u64,
    /// Their sum.
    wrong: f64,
}

impl ErrorCount {
    fn rate(self) -> f64 {
        self.wrong / self.outcomes as f64
    }

    /// The error rate that is not exceeded but by a chance of [`DRIFT`].
    fn bounded(self) -> f64 {
        self.rate() + (0.5 / self.outcomes as f64 * (1.0 / DRIFT).ln()).sqrt()
    }
}

impl DriftDetector {
    /// Whether outcomes can lead to this state.
    pub(super) fn is_possible(&self) -> bool {
        let DriftDetector { now, best } = self;
        let counted = |errors: &ErrorCount| {
            errors.outcomes <= MAX_COUNT && (0.0..=errors.outcomes as f64).contains(&errors.wrong)
        };
        counted(now) && counted(best) && best.outcomes <= now.outcomes
    }

    /// Adds an outcome: how wrong an answer was, from 0 to 1.
    pub fn update(&mut self, wrong: f64) -> DriftSignal {
        self.now.outcomes += 1;
        self.now.wrong += wrong;
        if self.best.outcomes == 0 || self.best.bounded() >= self.now.bounded() {
            self.best = self.now;
        }
        let grown = self.now.rate() - self.best.rate();
        if self.now.outcomes == self.best.outcomes {
            DriftSignal::Stable
        } else if grown >= self.allowed(DRIFT) {
            *self = DriftDetector::default();
            DriftSignal::Drift
        } else if grown >= self.allowed(WARNING) {
            DriftSignal::Warning
        } else {
            DriftSignal::Stable
        }
    }

    /// By how much the error rate may grow by a chance of `chance`.
    fn allowed(&self, chance: f64) -> f64 {
        let share = 1.0 / self.best.outcomes as f64 - 1.0 / self.now.outcomes as f64;
        (0.5 * share * (2.0 / chance).ln()).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where `river` signals on the same outcomes; made by `tests/golden/make_detector.py`.
    const RIVER: &str = include_str!("../../tests/golden/detector.json");

    #[derive(Deserialize)]
    struct Golden {
        /// Error rates in thousandths, 500 outcomes each.
        rates: Vec<u64>,
        /// Whether outcomes lie between 0 and 1.
        shares: bool,
        warnings: Vec<usize>,
        drifts: Vec<usize>,
    }

    /// Outcomes from a linear congruential generator, the same as in the script.
    fn outcomes(rates: &[u64], shares: bool) -> Vec<f64> {
        let mut state = 42u64;
        let mut wrong = |rate: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let unit = (state >> 33) as f64 / f64::from(1u32 << 31);
            match shares {
                true => unit * unit * rate as f64 / 1000.0,
                false => f64::from(u8::from((state >> 33) % 1000 < rate)),
            }
        };
        rates.iter().flat_map(|rate| (0..500).map(|_| *rate).collect::<Vec<_>>()).map(&mut wrong).collect()
    }

    #[test]
    fn it_signals_where_river_does() {
        for golden in serde_json::from_str::<Vec<Golden>>(RIVER).unwrap() {
            let mut detector = DriftDetector::default();
            let outcomes = outcomes(&golden.rates, golden.shares);
            let signals: Vec<DriftSignal> = outcomes.into_iter().map(|wrong| detector.update(wrong)).collect();
            let at = |signal| (0..signals.len()).filter(|k| signals[*k] == signal).collect::<Vec<_>>();
            assert_eq!(at(DriftSignal::Drift), golden.drifts, "{:?}", golden.rates);
            assert_eq!(at(DriftSignal::Warning), golden.warnings, "{:?}", golden.rates);
        }
    }
}
