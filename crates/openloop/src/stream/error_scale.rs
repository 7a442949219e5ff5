//! The error of an answer as a number from 0 to 1, which the drift detector takes, and whether it is a large one.
//!
//! A class is right or wrong: 0 or 1. The error of values has no bound, so it is divided by 4 times the median of the errors on the warm-up's
//! rows, and 1 at most: one row of any size cannot be a drift. The scale stays until a drift is signalled; then, and where there
//! was no warm-up, it is taken anew from the next 100 errors.

use super::answer::TargetKind;
use serde::{Deserialize, Serialize};

/// Errors from which the scale is taken where it is not taken from a warm-up.
const FITTED_ROWS: usize = 100;
/// The error that is 1, in medians.
const MEDIANS: f64 = 4.0;
/// An error is a large one from this part of the scale on: at 1.5 medians, which a third of the rows of normal errors reach.
const LARGE: f64 = 1.5 / MEDIANS;

/// The scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorScale {
    /// The error that is 1; none while it is taken from the next errors.
    limit: Option<f64>,
    /// The errors since, fewer than 100.
    collected: Vec<f64>,
}

impl ErrorScale {
    /// Of classes, or of values whose errors are not known yet.
    pub fn new(kind: TargetKind) -> Self {
        let limit = match kind {
            TargetKind::Classes | TargetKind::Inputs => Some(1.0),
            TargetKind::Values => None,
        };
        ErrorScale { limit, collected: Vec::new() }
    }

    /// Whether errors can lead to it.
    pub(super) fn is_possible(&self) -> bool {
        let ErrorScale { limit, collected } = self;
        let no_less_than_0 = |error: &f64| error.is_finite() && *error >= 0.0;
        limit.is_none_or(|limit| no_less_than_0(&limit))
            && collected.len() < FITTED_ROWS
            && collected.iter().all(no_less_than_0)
    }

    /// Takes the scale of values from `errors`.
    pub fn fit(&mut self, kind: TargetKind, errors: &[f64]) {
        if errors.is_empty() || kind != TargetKind::Values {
            return;
        }
        let (mut sorted, middle) = (errors.to_vec(), errors.len() / 2);
        let median = *sorted.select_nth_unstable_by(middle, f64::total_cmp).1;
        *self = ErrorScale { limit: Some(MEDIANS * median), collected: Vec::new() };
    }

    /// Shows the detector's input for an error to `show`: nothing while the scale is being taken, then all of the errors that it was
    /// taken from.
    pub fn take(&mut self, error: f64, mut show: impl FnMut(f64)) {
        if self.limit.is_some() {
            return show(self.part(error));
        }
        self.collected.push(error);
        if self.collected.len() == FITTED_ROWS {
            let errors = std::mem::take(&mut self.collected);
            self.fit(TargetKind::Values, &errors);
            errors.iter().for_each(|error| show(self.part(*error)));
        }
    }

    /// Whether an error is a large one; any is while there is no scale.
    pub fn is_large(&self, error: f64) -> bool {
        self.limit.is_none_or(|limit| error > LARGE * limit)
    }

    /// After a drift errors are of another size.
    pub fn begin_anew(&mut self, kind: TargetKind) {
        *self = ErrorScale::new(kind);
    }

    /// An error from 0 to 1. Where most errors of the fit were 0, any other is 1.
    fn part(&self, error: f64) -> f64 {
        match self.limit {
            Some(limit) if error < limit => error / limit,
            Some(limit) if limit == 0.0 && error == 0.0 => 0.0,
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_right_or_wrong_and_values_lie_between() {
        let (mut classes, mut values) = (ErrorScale::new(TargetKind::Classes), ErrorScale::new(TargetKind::Values));
        values.fit(TargetKind::Values, &[0.5, 0.25, 100.0]);
        let mut shown = Vec::new();
        [0.0, 1.0].into_iter().for_each(|error| classes.take(error, |part| shown.push(part)));
        [0.5, 1e9].into_iter().for_each(|error| values.take(error, |part| shown.push(part)));
        assert_eq!(shown, [0.0, 1.0, 0.25, 1.0]);
        assert_eq!([0.0, 1.0].map(|error| classes.is_large(error)), [false, true]);
        assert_eq!([0.7, 0.8].map(|error| values.is_large(error)), [false, true]);
    }

    #[test]
    fn without_a_warm_up_and_after_a_drift_the_next_hundred_errors_make_the_scale() {
        let (mut scale, mut shown) = (ErrorScale::new(TargetKind::Values), Vec::new());
        for k in 0..FITTED_ROWS {
            assert!(shown.is_empty() && scale.is_possible() && scale.is_large(0.0), "{k}");
            scale.take(2.0, |part| shown.push(part));
        }
        assert_eq!(shown, vec![0.25; FITTED_ROWS]);
        scale.take(4.0, |part| shown.push(part));
        assert_eq!(shown.last(), Some(&0.5));
        scale.begin_anew(TargetKind::Values);
        scale.take(4.0, |_| panic!("no scale yet"));
        scale.fit(TargetKind::Values, &[0.0; 10]);
        assert_eq!((scale.part(0.0), scale.part(1e-300)), (0.0, 1.0));
    }
}
