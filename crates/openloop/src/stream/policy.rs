//! When a row with a label is worth a learning step: on a battery, a step is energy.

use super::detector::DriftSignal;
use serde::{Deserialize, Serialize};

/// Rows that are learned from after a drift was signalled.
const AFTER_DRIFT: u64 = 500;

/// When the network learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Policy {
    /// From every row with a label.
    Always,
    /// While the detector warns, and from 500 rows after a drift.
    OnDrift,
    /// From the rows that it answered wrongly, or with a large error (`error_scale.rs`).
    OnError,
    /// From the rows of whose answer it was less sure than this, and from those it answered wrongly.
    LowConfidence(f32),
    /// Never.
    Never,
}

/// When to learn from a row whose label is known, by name; a [`Policy`] has its number with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// Always.
    Always,
    /// While the detector warns, and for a while after a drift.
    OnDrift,
    /// Where the answer was wrong, or its error large.
    OnError,
    /// Where the answer was wrong or unsure.
    LowConfidence,
}

openloop_core::named!(PolicyKind: "learn" {
    Always = "always",
    OnDrift = "on-drift",
    OnError = "on-error",
    LowConfidence = "low-confidence",
});

/// The state of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyState {
    /// Rows that will still be learned from.
    left: u64,
}

impl Policy {
    /// Whether nothing has to be known of a row's answer.
    pub fn is_always(self) -> bool {
        self == Policy::Always
    }

    /// Whether the standardisation follows the features of the next row: never under weights that stay as they are, because to
    /// these the features of a class would move.
    pub fn should_follow(self, memory: PolicyState, signal: DriftSignal) -> bool {
        match self {
            Policy::Never => false,
            Policy::OnDrift => memory.left > 0 || signal == DriftSignal::Warning,
            Policy::Always | Policy::OnError | Policy::LowConfidence(_) => true,
        }
    }

    /// Whether to learn from a row.
    pub fn should_learn(self, memory: &mut PolicyState, signal: DriftSignal, wrong: bool, confidence: f32) -> bool {
        if signal == DriftSignal::Drift {
            memory.left = AFTER_DRIFT;
        }
        let recent = memory.left > 0;
        memory.left = memory.left.saturating_sub(1);
        match self {
            Policy::Always => true,
            Policy::Never => false,
            Policy::OnError => wrong,
            Policy::LowConfidence(least) => wrong || confidence < least,
            Policy::OnDrift => recent || signal == DriftSignal::Warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_is_learned_from_for_a_while_and_an_error_once() {
        let mut memory = PolicyState::default();
        let mut should_learn = |signal| Policy::OnDrift.should_learn(&mut memory, signal, true, 0.1);
        assert!(
            !should_learn(DriftSignal::Stable)
                && should_learn(DriftSignal::Warning)
                && !should_learn(DriftSignal::Stable)
        );
        assert!(should_learn(DriftSignal::Drift));
        let learned = (0..1000).filter(|_| should_learn(DriftSignal::Stable)).count() as u64;
        assert_eq!(learned, AFTER_DRIFT - 1);
        let mut memory = PolicyState::default();
        let mut unsure = |wrong, confidence| {
            Policy::LowConfidence(0.9).should_learn(&mut memory, DriftSignal::Stable, wrong, confidence)
        };
        assert!(unsure(false, 0.8) && !unsure(false, 0.95) && unsure(true, 0.95));
    }
}
