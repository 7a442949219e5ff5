//! How well scores tell anomalies from normal rows, without a threshold: the area under the ROC curve, over any number of rows in
//! bounded memory.
//!
//! ```text
//! AUC = P(score of an anomaly > score of a normal row) + P(both are equal) / 2
//! ```
//!
//! over all pairs (Hanley and McNeil 1982). Scores are counted in bins of which 128 make up a doubling, and two in one bin are taken as
//! equal: what that can change is at most half the share of such pairs.

use super::super::score::MAX_COUNT;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bits of a score that its bin does not tell.
const REST: u32 = 16;

/// Scores of labelled rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RankedScores {
    /// Normal rows and anomalies in each bin.
    bins: BTreeMap<u16, [u64; 2]>,
}

impl RankedScores {
    /// Counts a row with a score of at least 0.
    pub fn add(&mut self, score: f32, is_anomaly: bool) {
        // the bits of numbers from 0 on are in the order of the numbers
        let bin = (score.max(0.0).to_bits() >> REST) as u16;
        self.bins.entry(bin).or_default()[usize::from(is_anomaly)] += 1;
    }

    /// The normal rows and the anomalies.
    pub fn counts(&self) -> [u64; 2] {
        self.bins.values().fold([0, 0], |[normal, anomalies], bin| [normal + bin[0], anomalies + bin[1]])
    }

    /// The area; none where one of the two kinds has no row.
    pub fn area(&self) -> Option<f64> {
        let [normal, anomalies] = self.counts().map(|count| count as f64);
        let (mut below, mut pairs) = (0.0, 0.0);
        for [normal, anomalies] in self.bins.values().map(|bin| bin.map(|count| count as f64)) {
            pairs += anomalies * (below + 0.5 * normal);
            below += normal;
        }
        (normal > 0.0 && anomalies > 0.0).then(|| pairs / (normal * anomalies))
    }

    /// Whether rows can lead to these counts.
    pub(super) fn is_possible(&self) -> bool {
        let all = self.bins.values().flatten().try_fold(0u64, |sum, count| sum.checked_add(*count));
        all.is_some_and(|sum| sum <= MAX_COUNT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(normal: &[f32], anomalies: &[f32]) -> Option<f64> {
        let mut ranked = RankedScores::default();
        normal.iter().for_each(|score| ranked.add(*score, false));
        anomalies.iter().for_each(|score| ranked.add(*score, true));
        ranked.area()
    }

    #[test]
    fn the_area_is_that_of_all_pairs() {
        assert_eq!(area(&[1.0, 2.0], &[3.0, 4.0]), Some(1.0));
        assert_eq!(area(&[3.0, 4.0], &[1.0, 2.0]), Some(0.0));
        assert_eq!(area(&[2.0, 2.0], &[2.0]), Some(0.5));
        // by scikit-learn: roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        assert_eq!(area(&[0.1, 0.4], &[0.35, 0.8]), Some(0.75));
        assert_eq!((area(&[], &[1.0]), area(&[1.0], &[])), (None, None));
    }

    #[test]
    fn bins_are_fine_and_hold_any_score() {
        assert_eq!(area(&[1.0], &[1.008]), Some(1.0));
        assert_eq!(area(&[0.0, 1e-30, 1e30], &[f32::MAX, f32::INFINITY]), Some(1.0));
    }

    #[test]
    fn they_are_the_same_after_a_file() {
        let mut ranked = RankedScores::default();
        (0..100u16).for_each(|k| ranked.add(f32::from(k * k), k % 7 == 0));
        let text = serde_json::to_string(&ranked).unwrap();
        assert_eq!(serde_json::from_str::<RankedScores>(&text).unwrap(), ranked);
        assert!(ranked.is_possible() && ranked.counts() == [85, 15]);
    }
}
