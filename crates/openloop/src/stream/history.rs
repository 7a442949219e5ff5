//! The targets that came so far, and the answers that follow from these alone: the baselines without a network.

use super::answer::{Answers, TargetKind, Truth};
use super::baseline::Baseline;
use super::linear::{LinearModel, LinearState};
use super::row_learner::RowSizes;
use super::score::MAX_COUNT;
use serde::{Deserialize, Serialize};

/// The labels so far: the last, and the count of each class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelCounts {
    last: u32,
    counts: Vec<u64>,
}

/// The values so far, in deviations: how many rows, their mean, and the last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueCounts {
    rows: u64,
    mean: Vec<f64>,
    last: Vec<f64>,
}

/// The targets so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TargetCounts {
    /// Classes.
    Classes(LabelCounts),
    /// Values.
    Values(ValueCounts),
}

impl TargetCounts {
    /// Nothing yet, of a network with these outputs.
    pub fn new(sizes: RowSizes) -> Self {
        let (rows, zeros) = (0, vec![0.0; sizes.outputs]);
        match sizes.kind {
            TargetKind::Classes => TargetCounts::Classes(LabelCounts { last: 0, counts: vec![0; sizes.outputs] }),
            // labels are not learned from
            TargetKind::Inputs => TargetCounts::Classes(LabelCounts::default()),
            TargetKind::Values => TargetCounts::Values(ValueCounts { rows, mean: zeros.clone(), last: zeros }),
        }
    }

    /// Whether these are of such targets.
    pub(super) fn fits(&self, kind: TargetKind, outputs: usize) -> bool {
        match (self, kind) {
            (TargetCounts::Classes(LabelCounts { last, counts }), TargetKind::Classes) => {
                let all = counts.len() == outputs && counts.iter().all(|count| *count <= MAX_COUNT);
                all && (*last as usize) < outputs
            }
            (TargetCounts::Classes(labels), TargetKind::Inputs) => *labels == LabelCounts::default(),
            (TargetCounts::Values(ValueCounts { rows, mean, last }), TargetKind::Values) => {
                let finite = mean.iter().chain(last).all(|value| value.is_finite());
                finite && *rows <= MAX_COUNT && mean.len() == outputs && last.len() == outputs
            }
            _ => false,
        }
    }
}

/// The targets so far, and the linear model of values.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetHistory {
    counts: TargetCounts,
    linear: Option<LinearModel>,
}

impl TargetHistory {
    /// Nothing yet; with a linear model or not.
    pub fn new(sizes: RowSizes, has_linear: bool) -> Self {
        let linear = has_linear.then(|| LinearModel::new(sizes.shape.size(), sizes.outputs));
        TargetHistory { counts: TargetCounts::new(sizes), linear }
    }

    /// As it was saved.
    pub(super) fn of(counts: TargetCounts, linear: Option<LinearState>) -> Self {
        TargetHistory { counts, linear: linear.map(LinearModel::of) }
    }

    /// The targets.
    pub fn counts(&self) -> &TargetCounts {
        &self.counts
    }

    /// The linear model, to be saved.
    pub(super) fn linear(&self) -> Option<LinearState> {
        self.linear.as_ref().map(LinearModel::state)
    }

    /// Writes the answer of baseline `which` to a row with the standardised features `x` as that of predictor `k`.
    pub fn answer(&mut self, which: Baseline, x: &[f32], answers: &mut Answers, k: usize) {
        match (&self.counts, answers) {
            (TargetCounts::Classes(labels), Answers::Classes(answers)) => {
                answers[k] = if which == Baseline::Majority { labels.most_frequent() } else { labels.last };
            }
            (TargetCounts::Values(values), Answers::Values(answers)) => {
                let count = values.mean.len();
                let answer = &mut answers[k * count..][..count];
                match (which, &mut self.linear) {
                    (Baseline::Linear, Some(linear)) => linear.predict(x, answer),
                    (Baseline::LastValue, _) => answer.copy_from_slice(&values.last),
                    _ => answer.copy_from_slice(&values.mean),
                }
            }
            _ => {}
        }
    }

    /// Takes in the target of a row.
    pub fn observe(&mut self, x: &[f32], truth: &Truth) {
        match (&mut self.counts, truth) {
            (TargetCounts::Classes(labels), Truth::Class(class)) => {
                labels.last = *class;
                labels.counts[*class as usize] += 1;
            }
            (TargetCounts::Values(values), Truth::Values(truth)) => {
                values.rows += 1;
                let rows = values.rows as f64;
                values.mean.iter_mut().zip(truth).for_each(|(mean, t)| *mean += (t - *mean) / rows);
                values.last.copy_from_slice(truth);
                self.linear.iter_mut().for_each(|linear| linear.learn(x, truth));
            }
            _ => {}
        }
    }
}

impl LabelCounts {
    /// The first of the most frequent classes.
    fn most_frequent(&self) -> u32 {
        let counts = self.counts.iter().enumerate();
        counts.max_by_key(|(k, count)| (**count, usize::MAX - k)).map_or(0, |(k, _)| k as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::Shape;

    fn answers(history: &mut TargetHistory, which: Baseline, x: &[f32]) -> Vec<f64> {
        let mut answers = Answers::Values(vec![9.0; 2]);
        history.answer(which, x, &mut answers, 1);
        let Answers::Values(values) = answers else { panic!("no values") };
        assert_eq!(values[0], 9.0, "another predictor's answer");
        values[1..].into()
    }

    #[test]
    fn values_are_answered_by_their_mean_the_last_one_or_a_line() {
        let sizes = RowSizes { shape: Shape::flat(1), outputs: 1, kind: TargetKind::Values };
        let mut history = TargetHistory::new(sizes, true);
        for x in [0.0, 1.0, 2.0, 5.0] {
            history.observe(&[x], &Truth::Values(vec![3.0 * f64::from(x) - 1.0]));
        }
        assert_eq!(answers(&mut history, Baseline::Mean, &[7.0]), [5.0]);
        assert_eq!(answers(&mut history, Baseline::LastValue, &[7.0]), [14.0]);
        assert!((answers(&mut history, Baseline::Linear, &[7.0])[0] - 20.0).abs() < 0.01);
        let mut again = TargetHistory::of(history.counts().clone(), history.linear());
        for which in [Baseline::Mean, Baseline::LastValue, Baseline::Linear] {
            assert_eq!(answers(&mut again, which, &[3.0]), answers(&mut history, which, &[3.0]), "after a file");
        }
        assert!(again.counts().fits(TargetKind::Values, 1) && !again.counts().fits(TargetKind::Classes, 1));
    }
}
