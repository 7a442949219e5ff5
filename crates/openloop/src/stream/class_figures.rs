//! The figures of each class in a summary: after the warm-up in all, and over time.

use super::answer::TargetKind;
use super::baseline::Baseline;
use super::class_counts::{ClassCounts, ClassPart};
use super::prequential::Prequential;
use crate::learner::quality::{ClassQuality, share};
use serde::{Deserialize, Serialize};

/// The figures of the network that learns, where targets are classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// Cohen's kappa: 0 is what chance with the same shares of answers would have, 1 is perfect (Cohen 1960). None where there is no
    /// row, or one class alone.
    pub kappa: Option<f64>,
    /// The same against the class of the last labelled row, (p - l) / (1 - l) for the shares p and l of right answers: below 0 the
    /// network is worse than no model at all (Zliobaite et al. 2015). None without the baseline last-label.
    pub kappa_temporal: Option<f64>,
    /// The mean recall, in percent, of the classes that had rows.
    pub balanced_accuracy: Option<f64>,
    /// Each class on its own.
    pub per_class: Vec<ClassQuality>,
    /// Each class over time.
    pub class_curve: Vec<ClassPoint>,
}

/// A part of the stream by class; lists are in the order of the classes. A share is none where it would be one of no rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassPoint {
    /// Rows up to its end, the warm-up not counted.
    pub row: u64,
    /// The mean recall, in percent, of the classes that had rows.
    pub balanced_accuracy: Option<f64>,
    /// The share, in percent, of a class's rows that were answered rightly.
    pub recall: Vec<Option<f64>>,
    /// The share, in percent, of the rows answered with a class that are of it.
    pub precision: Vec<Option<f64>>,
    /// Rows of each class.
    pub support: Vec<u64>,
}

impl ClassFigures {
    /// Those of a stream whose targets are classes.
    pub(super) fn of(stream: &Prequential) -> Option<Self> {
        let (stats, names) = (stream.stats(), stream.target().classes());
        if stream.target().kind() != TargetKind::Classes {
            return None;
        }
        let (counts, judged) = (ClassCounts::of(&stats.confusion), stats.total.judged);
        let last = stream.baselines().position(Baseline::LastLabel).and_then(|k| stats.total.accuracy(1 + k));
        let beyond = |(own, last): (f64, f64)| (last < 100.0).then(|| (own - last) / (100.0 - last));
        let quality = |(k, name): (usize, &String)| {
            ClassQuality::of_counts(name, counts.right[k], counts.support[k], counts.answered[k])
        };
        Some(ClassFigures {
            kappa: counts.kappa(judged),
            kappa_temporal: stats.total.accuracy(0).zip(last).and_then(beyond),
            balanced_accuracy: counts.balanced_accuracy(),
            per_class: names.iter().enumerate().map(quality).collect(),
            class_curve: stats.classes.parts().iter().map(ClassPoint::of).collect(),
        })
    }
}

impl ClassPoint {
    fn of(part: &ClassPart) -> Self {
        let ClassPart { row, counts: ClassCounts { support, answered, right } } = part;
        let shares = |all: &[u64]| right.iter().zip(all).map(|(right, all)| share(*right, *all)).collect();
        ClassPoint {
            row: *row,
            balanced_accuracy: part.counts.balanced_accuracy(),
            recall: shares(support),
            precision: shares(answered),
            support: support.clone(),
        }
    }
}
