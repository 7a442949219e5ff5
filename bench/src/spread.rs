//! A few measurements of the same thing: the middle one, and how far they lie apart.

use serde::{Deserialize, Serialize};

/// Median, least and largest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TurnSpread {
    /// The middle value, or the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

impl TurnSpread {
    /// Of some values; none of nothing.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(TurnSpread { median, low, high })
    }

    /// How many times as long as `first` each turn of `second` took: turns of the same round, which had the same machine.
    pub fn of_ratios(first: &[f64], second: &[f64]) -> Option<Self> {
        Self::of(&first.iter().zip(second).map(|(first, second)| second / first).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_or_between_the_two_in_the_middle() {
        assert_eq!(TurnSpread::of(&[]), None);
        assert_eq!(TurnSpread::of(&[3.0, 1.0, 2.0]), Some(TurnSpread { median: 2.0, low: 1.0, high: 3.0 }));
        assert_eq!(TurnSpread::of(&[4.0, 1.0, 2.0, 3.0]), Some(TurnSpread { median: 2.5, low: 1.0, high: 4.0 }));
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        let ratios = TurnSpread::of_ratios(&[1.0, 2.0, 4.0], &[3.0, 6.0]);
        assert_eq!(
            ratios,
            Some(TurnSpread { median: 3.0, low: 3.0, high: 3.0 }),
            "a side with fewer turns counts as far as it goes"
        );
    }
}
