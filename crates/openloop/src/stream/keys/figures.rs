//! The figures of each learner, small enough to be kept of all, and their sums.

use super::super::prequential::Prequential;
use super::super::score::ErrorFigures;
use serde::{Deserialize, Serialize};

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What is counted of one learner after its warm-up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFigures {
    /// Rows answered.
    pub rows: u64,
    /// Rows whose label came.
    pub judged: u64,
    /// Rows that could not be used, those of the warm-up too.
    pub bad: u64,
    /// Learning steps.
    pub updates: u64,
    /// Learning steps that the policy `always` would have taken.
    pub possible_updates: u64,
    /// Drifts that were signalled.
    pub drifts: u64,
    /// Rows whose labels are still to come.
    pub waiting: u64,
    /// Rows of a class without an output.
    pub unknown_class: u64,
    /// Values of features that were bounded.
    pub bounded: u64,
    /// Rows that were flagged, where rows have no targets but themselves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flagged: u64,
    /// Right answers of the network and of each baseline; none of values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub right: Vec<u64>,
    /// The errors of the network and of each baseline in the unit of the target, where there are any that are numbers; none of classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Option<ErrorFigures>>,
}

impl KeyFigures {
    /// Those of a stream.
    pub(super) fn of(stream: &Prequential) -> Self {
        let (stats, units) = (stream.stats(), stream.target().units());
        let predictors = 1 + stream.baselines().count();
        let is_number = |errors: &ErrorFigures| errors.mae.is_finite() && errors.rmse.is_finite();
        let errors = |k: usize| stats.total.errors(k, units).filter(is_number);
        KeyFigures {
            rows: stats.total.rows,
            judged: stats.total.judged,
            bad: stats.bad,
            updates: stats.total.updates,
            possible_updates: stats.training_labels,
            drifts: stats.drift_count,
            waiting: stream.waiting() as u64,
            unknown_class: stats.unknown_class,
            bounded: stats.bounded,
            flagged: stats.total.flagged,
            right: stats.total.right().to_vec(),
            errors: if units.is_some() { (0..predictors).map(errors).collect() } else { Vec::new() },
        }
    }

    /// The share of the rows that were flagged, in percent; none where there was no row.
    pub fn flagged_share(&self) -> Option<f64> {
        (self.rows > 0).then(|| 100.0 * self.flagged as f64 / self.rows as f64)
    }

    /// Right answers of predictor `k` in percent of the rows judged; none where none was, or answers are values.
    pub fn accuracy(&self, k: usize) -> Option<f64> {
        let right = *self.right.get(k)?;
        (self.judged > 0).then(|| 100.0 * right as f64 / self.judged as f64)
    }
}

/// The sums over all learners.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyTotals {
    /// Keys that came.
    pub keys: u64,
    /// Those that are in their warm-up.
    pub in_warmup: u64,
    /// Those whose learner was given up.
    pub stopped: u64,
    /// Learners in memory.
    pub in_memory: u64,
    /// Rows of learners that were given up: not answered.
    pub unused: u64,
    /// Rows without a key.
    pub without_key: u64,
    /// Whether rows have no targets but themselves.
    pub is_unlabelled: bool,
    /// The sums of the counts; `errors` is empty.
    pub figures: KeyFigures,
    /// Of the network and of each baseline, over all rows: the sum of the absolute errors, and of their squares.
    pub(super) errors: Vec<[f64; 2]>,
}

impl KeyTotals {
    /// Adds the figures of a learner.
    pub(super) fn add(&mut self, one: &KeyFigures) {
        let sum = &mut self.figures;
        sum.rows += one.rows;
        sum.judged += one.judged;
        sum.bad += one.bad;
        sum.updates += one.updates;
        sum.possible_updates += one.possible_updates;
        sum.drifts += one.drifts;
        sum.waiting += one.waiting;
        sum.unknown_class += one.unknown_class;
        sum.bounded += one.bounded;
        sum.flagged += one.flagged;
        let length = one.right.len().max(sum.right.len());
        sum.right.resize(length, 0);
        sum.right.iter_mut().zip(&one.right).for_each(|(sum, right)| *sum += right);
        let length = one.errors.len().max(self.errors.len());
        self.errors.resize(length, [0.0; 2]);
        for ([absolute, squared], errors) in self.errors.iter_mut().zip(&one.errors) {
            let Some(errors) = errors else { continue };
            *absolute += one.judged as f64 * errors.mae;
            *squared += one.judged as f64 * errors.rmse * errors.rmse;
        }
    }

    /// The errors of predictor `k` over the rows of all keys; none of classes. There is no R2: targets of different keys may have
    /// different scales.
    pub fn errors(&self, k: usize) -> Option<ErrorFigures> {
        let [absolute, squared] = self.errors.get(k)?;
        let rows = self.figures.judged as f64;
        (rows > 0.0).then(|| ErrorFigures { mae: absolute / rows, rmse: (squared / rows).sqrt(), r2: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_weigh_each_key_by_its_judged_rows() {
        let of = |judged, right: u64, mae| KeyFigures {
            judged,
            right: vec![right],
            errors: vec![Some(ErrorFigures { mae, rmse: 2.0 * mae, r2: Some(0.5) })],
            ..KeyFigures::default()
        };
        let mut totals = KeyTotals::default();
        [of(30, 30, 1.0), of(10, 0, 5.0), KeyFigures::default()].iter().for_each(|one| totals.add(one));
        assert_eq!(totals.figures.accuracy(0), Some(75.0));
        assert_eq!(totals.errors(0), Some(ErrorFigures { mae: 2.0, rmse: 28f64.sqrt(), r2: None }));
        assert_eq!(KeyTotals::default().errors(0), None);
    }
}
