//! The epoch that did best on the validation rows: its weights are what a run with validation rows ends with.

use super::evaluation::Evaluation;
use super::learner::Learner;
use super::progress::TrainingProgress;
use super::snapshot::Snapshot;
use super::weights::NetworkWeights;
use openloop_core::Error;
use openloop_core::error::expect_length;
use std::borrow::Cow;

/// The weights after the best epoch; which it was, the history of the run tells ([`TrainingProgress::best_epoch`]).
#[derive(Clone, Debug, PartialEq)]
pub struct BestWeights {
    /// The network's weights.
    pub weights: NetworkWeights,
    /// The readouts that learn.
    pub readouts: Vec<f32>,
}

impl BestWeights {
    /// Those that a learner has now.
    pub fn of(learner: &Learner) -> Self {
        let Snapshot { weights, readouts, .. } = learner.snapshot();
        BestWeights { weights: weights.into_owned(), readouts: readouts.into_owned() }
    }

    /// A snapshot with these weights and not its own.
    ///
    /// # Errors
    /// Weights of another network.
    pub fn put_into(self, snapshot: Snapshot<'_>) -> Result<Snapshot<'_>, Error> {
        expect_length("the readouts", self.readouts.len(), snapshot.readouts.len())?;
        let weights = self.weights.of_network(&snapshot.network)?;
        Ok(Snapshot { weights: Cow::Owned(weights), readouts: Cow::Owned(self.readouts), ..snapshot })
    }
}

impl TrainingProgress {
    /// The epoch, counted from 1, that did best on the validation rows: the fewest wrong answers, then the smallest loss, then the
    /// first. None without validation rows.
    pub fn best_epoch(&self) -> Option<u32> {
        let judged = (1..).zip(&self.history).filter_map(|(number, epoch)| Some((number, epoch.validation?)));
        let best = judged.reduce(|best, next| if is_better(&next.1, &best.1) { next } else { best });
        best.map(|(number, _)| number)
    }
}

fn is_better(one: &Evaluation, other: &Evaluation) -> bool {
    one.wrong < other.wrong || (one.wrong == other.wrong && one.loss < other.loss)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::Epoch;

    #[test]
    fn the_best_epoch_is_the_first_with_the_fewest_mistakes_and_the_smallest_loss() {
        let epoch = |(wrong, loss): (usize, f64)| Epoch {
            validation: Some(Evaluation { samples: 10, wrong, loss }),
            ..Epoch::default()
        };
        let best = |judged: &[(usize, f64)]| {
            TrainingProgress { history: judged.iter().copied().map(epoch).collect(), ..TrainingProgress::default() }
                .best_epoch()
        };
        assert_eq!(best(&[(3, 1.0), (2, 5.0), (2, 4.0), (2, 4.0), (3, 0.5)]), Some(3));
        assert_eq!(best(&[(0, 2.0), (0, 1.0), (0, 1.5)]), Some(2));
        assert_eq!(best(&[]), None);
    }
}
