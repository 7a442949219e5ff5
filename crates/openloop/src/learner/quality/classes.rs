//! Figures of a classification: what is confused with what, each class on its own, and whether probabilities can be believed.

use crate::data::{Split, Targets};
use crate::kernels::Fast;
use crate::learner::model::Model;
use openloop_core::loss::largest;
use openloop_core::{Error, Loss};
use serde::{Deserialize, Serialize};

/// Bins of the calibration error.
const BINS: usize = 10;
/// Probabilities below this count as this in the log loss, so that one sure and wrong answer does not make it infinite.
const LEAST_PROBABILITY: f64 = 1e-15;

/// The figures of a classification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassificationQuality {
    /// Rows of each true class (first index) that were answered as each class (second index).
    pub confusion: Vec<Vec<u64>>,
    /// Each class on its own, in the order of the classes.
    pub per_class: Vec<ClassQuality>,
    /// The mean recall, in percent, of the classes that have rows: what always naming the most frequent class does not raise.
    pub balanced_accuracy: f64,
    /// The mean of -ln p(true class); none where outputs are no probabilities.
    pub log_loss: Option<f64>,
    /// The expected calibration error, in percent: |accuracy - confidence| over ten equal bins of the confidence, weighted by
    /// rows (Naeini et al. 2015; Guo et al. 2017). None where outputs are no probabilities.
    pub calibration_error: Option<f64>,
    /// What the calibration error is made of: a bin with rows each, by rising confidence.
    pub calibration: Vec<CalibrationBin>,
}

/// Rows of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassQuality {
    /// The class.
    pub class: String,
    /// The share, in percent, of the rows answered as this class that are of it; none if no row was.
    pub precision: Option<f64>,
    /// The share, in percent, of the rows of this class that were answered so; none if there are no such rows.
    pub recall: Option<f64>,
    /// The harmonic mean of precision and recall, in percent; 0 where no row of the class was answered rightly. None where the class
    /// has no rows and was never answered.
    pub f1: Option<f64>,
    /// Rows of this class.
    pub support: u64,
}

/// Rows whose answers were about equally confident.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Their mean confidence, in percent.
    pub confidence: f64,
    /// How many of them, in percent, were right.
    pub accuracy: f64,
    /// How many there are.
    pub rows: u64,
}

impl ClassificationQuality {
    /// The figures of a model on rows of its classes; none where the rows have values.
    ///
    /// # Errors
    /// Rows that are not the model's.
    pub fn of_rows(model: &Model, kernels: &Fast, rows: &Split) -> Result<Option<Self>, Error> {
        let Targets::Labels(labels) = &rows.targets else { return Ok(None) };
        let are_probabilities = model.network().loss() != Loss::MeanSquaredError;
        Ok(Some(Self::of(&model.answers(kernels, rows)?, labels, &model.about().classes, are_probabilities)))
    }

    /// The figures of `answers: [rows, classes]` to rows of the classes `labels`; the largest output is the answer.
    ///
    /// Where `are_probabilities` is false (the loss `mse`), there is no log loss and no calibration. Sigmoid outputs
    /// (the loss `bce`) are divided by their sum first.
    pub fn of(answers: &[f32], labels: &[u32], classes: &[String], are_probabilities: bool) -> Self {
        let count = classes.len();
        let mut confusion = vec![vec![0u64; count]; count];
        let mut log_loss = 0.0;
        let mut bins = [BinSums::default(); BINS];
        for (y, &label) in answers.chunks_exact(count.max(1)).zip(labels) {
            let (answer, sum) = (largest(y), y.iter().map(|y| f64::from(*y)).sum::<f64>());
            confusion[label as usize][answer] += 1;
            let probability = |class: usize| f64::from(y[class]) / if sum > 0.0 { sum } else { 1.0 };
            log_loss -= probability(label as usize).max(LEAST_PROBABILITY).ln();
            bins[bin_of(probability(answer))].add(probability(answer), answer == label as usize);
        }
        let per_class: Vec<_> = (0..count).map(|k| class_quality(&confusion, k, &classes[k])).collect();
        let rows = labels.len().max(1) as f64;
        ClassificationQuality {
            balanced_accuracy: balanced_accuracy(per_class.iter().map(|class| class.recall)).unwrap_or(0.0),
            log_loss: are_probabilities.then_some(log_loss / rows),
            calibration_error: are_probabilities.then(|| 100.0 * bins.iter().map(BinSums::gap).sum::<f64>() / rows),
            calibration: if are_probabilities { bins.iter().filter_map(BinSums::bin).collect() } else { Vec::new() },
            confusion,
            per_class,
        }
    }
}

impl ClassificationQuality {
    /// Each class on its own; where there are more than `most`, those with the lowest F1.
    pub fn worst_classes(&self, most: usize) -> Vec<&ClassQuality> {
        let mut classes: Vec<&ClassQuality> = self.per_class.iter().collect();
        if classes.len() > most {
            classes.sort_by(|a, b| a.f1.unwrap_or(100.0).total_cmp(&b.f1.unwrap_or(100.0)));
            classes.truncate(most);
        }
        classes
    }

    /// The classes that are taken for another in most rows: rows, true class, answer.
    pub fn confusions(&self, most: usize) -> Vec<Confusion> {
        let wrong = |(truth, answers): (usize, &Vec<u64>)| {
            let others =
                answers.iter().copied().enumerate().filter(move |(answer, rows)| *answer != truth && *rows > 0);
            others.map(move |(answer, rows)| Confusion { rows, truth, answer }).collect::<Vec<_>>()
        };
        let mut all: Vec<Confusion> = self.confusion.iter().enumerate().flat_map(wrong).collect();
        all.sort_by_key(|confusion| (std::cmp::Reverse(confusion.rows), confusion.truth, confusion.answer));
        all.truncate(most);
        all
    }
}

/// Rows of one class that were answered as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// How many.
    pub rows: u64,
    /// The number of their class.
    pub truth: usize,
    /// The number of the answer.
    pub answer: usize,
}

/// `of` in percent of `all`; none where that is 0.
pub(crate) fn share(of: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| 100.0 * of as f64 / all as f64)
}

/// The mean recall, in percent, of the classes that have one; none where none has.
pub(crate) fn balanced_accuracy(recalls: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, count) = recalls.flatten().fold((0.0, 0), |(sum, count), recall| (sum + recall, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn class_quality(confusion: &[Vec<u64>], class: usize, name: &str) -> ClassQuality {
    let right = confusion[class][class];
    let support: u64 = confusion[class].iter().sum();
    let answered: u64 = confusion.iter().map(|row| row[class]).sum();
    ClassQuality::of_counts(name, right, support, answered)
}

impl ClassQuality {
    /// Of a class with `support` rows, of which `right` were answered so, as were `answered` rows in all.
    pub fn of_counts(name: &str, right: u64, support: u64, answered: u64) -> Self {
        ClassQuality {
            class: name.into(),
            precision: share(right, answered),
            recall: share(right, support),
            f1: (support + answered > 0).then(|| 200.0 * right as f64 / (support + answered) as f64),
            support,
        }
    }
}

/// The bin of a confidence: bin k holds (k / 10, (k + 1) / 10].
fn bin_of(confidence: f64) -> usize {
    ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1
}

#[derive(Clone, Copy, Default)]
struct BinSums {
    confidence: f64,
    right: u64,
    rows: u64,
}

impl BinSums {
    fn add(&mut self, confidence: f64, is_right: bool) {
        self.confidence += confidence;
        self.right += u64::from(is_right);
        self.rows += 1;
    }

    /// |accuracy - confidence|, times the rows.
    fn gap(&self) -> f64 {
        (self.right as f64 - self.confidence).abs()
    }

    fn bin(&self) -> Option<CalibrationBin> {
        let percent = |sum: f64| 100.0 * sum / self.rows as f64;
        let (confidence, accuracy) = (percent(self.confidence), percent(self.right as f64));
        (self.rows > 0).then_some(CalibrationBin { confidence, accuracy, rows: self.rows })
    }
}
