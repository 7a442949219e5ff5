//! How the answers of a stream were, in sums that can be added, compared and saved: right answers where a target is a class, errors
//! where it is real values.

use super::answer::{Answers, Truth};
use crate::data::TargetUnits;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The largest count that a saved stream may have: JSON's numbers are whole up to here, and none is ever reached.
pub(super) const MAX_COUNT: u64 = 1 << 53;
/// Targets that vary by less than this share of their mean square are the same in all rows: f64 holds sixteen digits.
const CONSTANT: f64 = 1e-9;

/// Who answers a row, and what an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predictors {
    /// The network and its baselines.
    pub count: usize,
    /// Real values in an answer; 0 where it is a class.
    pub targets: usize,
}

/// The sums over some rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Score {
    /// Of classes.
    Classes {
        /// Right answers: of the network, then of each baseline.
        right: Vec<u64>,
    },
    /// Of values.
    Values {
        /// Their errors.
        errors: ErrorSums,
    },
}

impl Default for Score {
    fn default() -> Self {
        Score::Classes { right: Vec::new() }
    }
}

impl Score {
    /// Of no row yet.
    pub fn new(predictors: Predictors) -> Self {
        let Predictors { count, targets } = predictors;
        match targets {
            0 => Score::Classes { right: vec![0; count] },
            _ => Score::Values { errors: ErrorSums::new(count, targets) },
        }
    }

    /// Adds a row of which the truth is known. A stream's parts are all of classes or all of values: nothing is added else.
    pub fn add(&mut self, answers: &Answers, truth: &Truth) {
        match (self, answers, truth) {
            (Score::Classes { right }, Answers::Classes(answers), Truth::Class(truth)) => {
                right.iter_mut().zip(answers).for_each(|(right, answer)| *right += u64::from(answer == truth));
            }
            (Score::Values { errors }, Answers::Values(answers), Truth::Values(truth)) => errors.add(answers, truth),
            _ => {}
        }
    }

    /// Adds other rows of the same predictors.
    pub fn join(&mut self, other: &Score) {
        match (self, other) {
            (Score::Classes { right }, Score::Classes { right: other }) => {
                right.iter_mut().zip(other).for_each(|(a, b)| *a += b);
            }
            (Score::Values { errors }, Score::Values { errors: other }) => errors.combine(other, |a, b| a + b),
            _ => {}
        }
    }

    /// What was added since it was `before`.
    pub fn since(&self, before: &Score) -> Score {
        let mut new = self.clone();
        match (&mut new, before) {
            (Score::Classes { right }, Score::Classes { right: then }) => {
                right.iter_mut().zip(then).for_each(|(now, then)| *now -= then);
            }
            (Score::Values { errors }, Score::Values { errors: then }) => errors.combine(then, |now, then| now - then),
            _ => {}
        }
        new
    }

    /// Whether it is one of these predictors over `judged` rows.
    pub(super) fn fits(&self, predictors: Predictors, judged: u64) -> bool {
        match self {
            Score::Classes { right } => {
                let possible = right.iter().all(|count| *count <= judged && *count <= MAX_COUNT);
                possible && predictors.targets == 0 && right.len() == predictors.count
            }
            Score::Values { errors } => predictors.targets > 0 && errors.fit(predictors),
        }
    }
}

/// Sums of errors, in deviations of the targets, of which no square overflows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorSums {
    /// Of |y - t|: `[predictors, targets]`
    absolute: Vec<f64>,
    /// Of (y - t)^2: `[predictors, targets]`
    squared: Vec<f64>,
    /// Of t: `[targets]`
    targets: Vec<f64>,
    /// Of t^2: `[targets]`
    target_squares: Vec<f64>,
}

/// The errors of a predictor in the targets' unit; of several targets their means, the root before the mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorFigures {
    /// The mean of the absolute errors.
    pub mae: f64,
    /// The root of the mean squared error.
    pub rmse: f64,
    /// 1 - sum (y - t)^2 / sum (t - mean t)^2 over the rows: 1 is perfect, 0 is as good as their mean. None where the targets are
    /// all the same.
    pub r2: Option<f64>,
}

/// "MAE 0.1234, RMSE 0.2345, R2 0.987"
impl fmt::Display for ErrorFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MAE {}, RMSE {}", shown_error(self.mae), shown_error(self.rmse))?;
        self.r2.map_or(Ok(()), |r2| write!(f, ", R2 {r2:.3}"))
    }
}

/// An error with the four digits that count; a dash where it is no number.
pub fn shown_error(value: f64) -> String {
    let digits = if value > 0.0 { (3.0 - value.log10().floor()).clamp(0.0, 9.0) as usize } else { 0 };
    match value {
        0.0 | 1e-6..1e7 => format!("{value:.digits$}"),
        _ if value.is_finite() => format!("{value:.3e}"),
        _ => "\u{2013}".into(),
    }
}

impl ErrorSums {
    fn new(predictors: usize, targets: usize) -> Self {
        let (each, own) = (vec![0.0; predictors * targets], vec![0.0; targets]);
        ErrorSums { absolute: each.clone(), squared: each, targets: own.clone(), target_squares: own }
    }

    fn add(&mut self, answers: &[f64], truth: &[f64]) {
        let sums = self.absolute.chunks_exact_mut(truth.len()).zip(self.squared.chunks_exact_mut(truth.len()));
        for ((absolute, squared), answer) in sums.zip(answers.chunks_exact(truth.len())) {
            for (((absolute, squared), y), t) in absolute.iter_mut().zip(squared).zip(answer).zip(truth) {
                let error = y - t;
                *absolute += error.abs();
                *squared += error * error;
            }
        }
        for ((sum, squares), t) in self.targets.iter_mut().zip(&mut self.target_squares).zip(truth) {
            *sum += t;
            *squares += t * t;
        }
    }

    fn combine(&mut self, other: &ErrorSums, with: impl Fn(f64, f64) -> f64) {
        let ErrorSums { absolute, squared, targets, target_squares } = self;
        for (own, other) in [
            (absolute, &other.absolute),
            (squared, &other.squared),
            (targets, &other.targets),
            (target_squares, &other.target_squares),
        ] {
            own.iter_mut().zip(other).for_each(|(a, b)| *a = with(*a, *b));
        }
    }

    fn fit(&self, predictors: Predictors) -> bool {
        let ErrorSums { absolute, squared, targets, target_squares } = self;
        let own = predictors.targets;
        let each = predictors.count.checked_mul(own);
        let no_less_than_0 = [absolute, squared, target_squares].into_iter().flatten().all(|sum| *sum >= 0.0);
        let finite = [absolute, squared, targets, target_squares].into_iter().flatten().all(|sum| sum.is_finite());
        let lengths = [absolute, squared].into_iter().all(|sums| Some(sums.len()) == each);
        lengths && [targets, target_squares].into_iter().all(|sums| sums.len() == own) && no_less_than_0 && finite
    }

    /// The figures of predictor `k` over `judged` rows, one for each target; none where no row was judged.
    pub fn of_each_target(&self, judged: u64, k: usize, units: &TargetUnits) -> Option<Vec<ErrorFigures>> {
        let (count, rows) = (self.targets.len(), judged as f64);
        let absolute = self.absolute.get(k * count..(k + 1) * count).filter(|_| judged > 0)?;
        let squared = self.squared.get(k * count..(k + 1) * count)?;
        let one = |at: usize| {
            let spread = self.target_squares[at] - self.targets[at] * self.targets[at] / rows;
            let varies = spread > CONSTANT * self.target_squares[at];
            ErrorFigures {
                mae: units.deviation[at] * absolute[at].max(0.0) / rows,
                rmse: units.deviation[at] * (squared[at].max(0.0) / rows).sqrt(),
                r2: varies.then(|| 1.0 - squared[at] / spread),
            }
        };
        Some((0..count).map(one).collect())
    }

    /// The figures of predictor `k` over `judged` rows; none where no row was judged.
    pub fn figures(&self, judged: u64, k: usize, units: &TargetUnits) -> Option<ErrorFigures> {
        let each = self.of_each_target(judged, k, units)?;
        let count = each.len().max(1) as f64;
        let r2: Option<Vec<f64>> = each.iter().map(|target| target.r2).collect();
        Some(ErrorFigures {
            mae: each.iter().map(|target| target.mae).sum::<f64>() / count,
            rmse: each.iter().map(|target| target.rmse).sum::<f64>() / count,
            r2: r2.map(|r2| r2.iter().sum::<f64>() / count),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::quality::RegressionQuality;

    /// Rows of two targets, and two predictors' answers to them, standardised.
    fn rows() -> (Vec<[f64; 2]>, Vec<[f64; 4]>) {
        let truth = |k: usize| [(k % 7) as f64 / 3.0 - 1.0, ((k * k) % 11) as f64 / 5.0];
        let truths: Vec<[f64; 2]> = (0..40).map(truth).collect();
        let answer = |(k, [a, b]): (usize, &[f64; 2])| [a + 0.1, b - 0.01 * (k as f64), 0.5, a * b];
        let answers = truths.iter().enumerate().map(answer).collect();
        (truths, answers)
    }

    fn sums(rows: std::ops::Range<usize>) -> Score {
        let (truths, answers) = self::rows();
        let mut score = Score::new(Predictors { count: 2, targets: 2 });
        rows.for_each(|k| score.add(&Answers::Values(answers[k].into()), &Truth::Values(truths[k].into())));
        score
    }

    fn units() -> TargetUnits {
        let names = vec!["a".to_string(), "b".into()];
        TargetUnits { names, mean: vec![10.0, -1e6], deviation: vec![2.0, 1e5] }
    }

    #[test]
    fn the_figures_are_those_of_a_test_of_all_rows_in_the_targets_unit() {
        let Score::Values { errors } = sums(0..40) else { panic!("no values") };
        let (truths, answers) = rows();
        let restored = |values: &[f64]| [values[0] * 2.0 + 10.0, values[1] * 1e5 - 1e6];
        for k in 0..2 {
            let own: Vec<f64> = answers.iter().flat_map(|row| restored(&row[2 * k..2 * k + 2])).collect();
            let right: Vec<f64> = truths.iter().flat_map(|row| restored(row)).collect();
            let expected = RegressionQuality::of(&own, &right, &units().names, &units().mean);
            let found = errors.figures(40, k, &units()).unwrap();
            let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
            assert!(close(found.mae, expected.mae) && close(found.rmse, expected.rmse), "{found:?} {expected:?}");
            assert!(close(found.r2.unwrap(), expected.r2.unwrap()), "{found:?} {expected:?}");
        }
    }

    #[test]
    fn parts_can_be_joined_and_what_came_since_can_be_told() {
        let (whole, mut joined) = (sums(0..40), sums(0..15));
        let first = joined.clone();
        joined.join(&sums(15..40));
        let close = |a: &Score, b: &Score| match (a, b) {
            (Score::Values { errors: a }, Score::Values { errors: b }) => {
                let (a, b) = (a.figures(25, 1, &units()).unwrap(), b.figures(25, 1, &units()).unwrap());
                (a.mae - b.mae).abs() < 1e-6 * a.mae && (a.rmse - b.rmse).abs() < 1e-6 * a.rmse
            }
            _ => false,
        };
        assert!(close(&joined, &whole) && close(&whole.since(&first), &sums(15..40)));
    }

    #[test]
    fn targets_that_are_all_the_same_have_no_r2_and_no_rows_no_figures() {
        let mut score = Score::new(Predictors { count: 1, targets: 1 });
        (0..5).for_each(|_| score.add(&Answers::Values(vec![1.0]), &Truth::Values(vec![3.0])));
        let Score::Values { errors } = &score else { panic!("no values") };
        let units = TargetUnits { names: vec!["a".into()], mean: vec![0.0], deviation: vec![10.0] };
        let figures = errors.figures(5, 0, &units).unwrap();
        assert_eq!((figures.mae, figures.rmse, figures.r2), (20.0, 20.0, None));
        assert!(errors.figures(0, 0, &units).is_none() && errors.figures(5, 1, &units).is_none());
    }

    #[test]
    fn an_error_has_four_digits_in_any_unit() {
        let shown = [0.0, 1234.56, 0.012344, 1e7, 3e-9, f64::NAN].map(shown_error);
        assert_eq!(shown, ["0", "1235", "0.01234", "1.000e7", "3.000e-9", "\u{2013}"]);
        let figures = ErrorFigures { mae: 0.5, rmse: 20.0, r2: Some(0.25) };
        assert_eq!(figures.to_string(), "MAE 0.5000, RMSE 20.00, R2 0.250");
    }

    #[test]
    fn a_score_of_others_does_not_fit() {
        let (own, classes) = (Predictors { count: 2, targets: 2 }, Predictors { count: 2, targets: 0 });
        assert!(sums(0..3).fits(own, 3) && !sums(0..3).fits(classes, 3));
        assert!(!sums(0..3).fits(Predictors { count: 3, ..own }, 3) && Score::new(classes).fits(classes, 0));
        let text = r#"{"errors":{"absolute":[1.0],"squared":[-1.0],"targets":[0.0],"target_squares":[0.0]}}"#;
        let damaged: Score = serde_json::from_str(text).unwrap();
        assert!(!damaged.fits(Predictors { count: 1, targets: 1 }, 3));
    }
}
