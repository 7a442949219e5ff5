//! What a stream saves beside its network and its tensors, and whether all of it fits together.
//!
//! A checksum finds a byte that was changed, but not a file that somebody made wrongly. What contradicts itself is refused when it is
//! read, so that no count is looked for later where there is none.

use super::anomaly::AnomalyState;
use super::answer::TargetKind;
use super::baseline::Baseline;
use super::budget::BudgetState;
use super::detector::{DriftDetector, DriftSignal};
use super::error_scale::ErrorScale;
use super::history::TargetCounts;
use super::linear::LinearState;
use super::pending::PendingRow;
use super::policy::PolicyState;
use super::received::{RECEIVED, ReceivedMessages};
use super::scaling::{Adaptation, FeatureScaling, Standardisation, moments_of};
use super::score::{MAX_COUNT, Predictors};
use super::setup::StreamSetup;
use super::source::FilePlace;
use super::stats::StreamStatistics;
use crate::data::{Preprocessing, WindowBuffer, WindowPlace};
use crate::files::{Checkpoint, StreamRecord};
use crate::learner::DataDescription;
use serde::{Deserialize, Serialize};

/// The tensor of the last moments of rows that become windows.
pub(super) const WINDOW: &str = "window";

/// The saved state of a stream, without its tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedState {
    pub setup: StreamSetup,
    pub has_segments: bool,
    /// The file of its rows; none where it is no file, or in a model of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePlace>,
    /// Where the window stands, for rows that become windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowPlace>,
    pub known_classes: usize,
    #[serde(rename = "tally")]
    pub stats: StreamStatistics,
    pub detector: DriftDetector,
    /// Of values alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_scale: Option<ErrorScale>,
    pub signal: DriftSignal,
    pub policy: PolicyState,
    /// Where the budget of labels stands, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetState>,
    /// The threshold and the scores, where rows have no targets but themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anomaly: Option<AnomalyState>,
    #[serde(rename = "labels")]
    pub targets: TargetCounts,
    /// Each with the learning steps that its network has taken, if it has one.
    pub baselines: Vec<(Baseline, Option<u64>)>,
    pub waiting: Vec<PendingRow>,
}

impl SavedState {
    /// What `record` holds beside the network of `checkpoint`.
    ///
    /// # Errors
    /// A text that is no state, or a state that contradicts itself or the network.
    pub fn read(record: &StreamRecord, checkpoint: &Checkpoint<'_>) -> Result<Self, String> {
        let state = SavedState::deserialize(&record.state).map_err(|error| error.to_string())?;
        let problem = state.contradiction(record, checkpoint);
        problem.map_or(Ok(state), |what| Err(format!("{what} do not fit the rest of the file")))
    }

    /// The last moments of the rows, if these become windows.
    pub fn window(&self, record: &StreamRecord, about: &DataDescription) -> Option<WindowBuffer> {
        let columns = about.columns.as_ref()?;
        let moments = record.doubles(WINDOW).unwrap_or_default();
        WindowBuffer::restored(columns.windows()?, columns.inputs(), self.window.clone()?, moments)
    }

    /// What does not fit, if anything.
    fn contradiction(&self, record: &StreamRecord, checkpoint: &Checkpoint<'_>) -> Option<&'static str> {
        let (outputs, features) = (checkpoint.about.outputs, checkpoint.about.features());
        let kind = self.kind(&checkpoint.about);
        let (classes, targets) = match kind {
            TargetKind::Classes => (outputs, 0),
            TargetKind::Values => (0, outputs),
            TargetKind::Inputs => (2, 0),
        };
        let predictors = Predictors { count: 1 + self.baselines.len(), targets };
        let length = |name: &str| record.floats(name).map(<[f32]>::len);
        let Preprocessing { offset, scale, .. } = &*checkpoint.preprocessing;
        let frozen = self.baselines.iter().any(|(which, _)| *which == Baseline::Frozen);
        let finite = |numbers: &[f32]| numbers.iter().all(|number| number.is_finite());
        let each = |found: Option<usize>| found == Some(features);
        let checks = [
            ("the moments of the window", self.window.is_none() || self.window(record, &checkpoint.about).is_some()),
            ("the scores of its rows", self.has_own_inputs(&checkpoint.about)),
            ("the known classes", (classes.min(1)..=classes).contains(&self.known_classes)),
            ("the counts", self.stats.fits(predictors, classes)),
            ("the rows before the file", self.file.is_none_or(|file| file.rows_before <= self.stats.row)),
            ("the detector's counts", self.detector.is_possible()),
            ("the budget of labels", self.budget.is_none_or(|budget| budget.is_possible())),
            ("the scale of errors", self.error_scale.as_ref().is_none_or(ErrorScale::is_possible)),
            ("the counts of labels", self.targets.fits(kind, outputs)),
            ("the linear model", self.has_linear(record, features, outputs)),
            ("the rows that wait for a label", self.waiting.iter().all(|row| row.fits(predictors, classes))),
            ("the features of the rows that wait", length("waiting").unwrap_or(0) == self.waiting.len() * features),
            ("the offsets and scales", offset.len() == features && scale.len() == features && finite(scale)),
            ("the baselines", self.baselines.iter().all(|one| is_baseline(one) && one.0.is_for(kind))),
            ("the learning steps", checkpoint.snapshot.counters.steps <= MAX_COUNT),
            (
                "the offsets",
                record
                    .doubles("offset")
                    .is_none_or(|found| found.len() == features && found.iter().all(|number| number.is_finite())),
            ),
            ("the moments", record.doubles("moments").is_none_or(|found| moments_of(&found, features).is_some())),
            (
                "the messages received",
                record.bytes(RECEIVED).is_none_or(|bytes| ReceivedMessages::from_bytes(bytes).is_some()),
            ),
            (
                "the frozen offsets and scales",
                !frozen
                    || each(record.doubles("frozen.offset").map(|found| found.len())) && each(length("frozen.scale")),
            ),
        ];
        checks.into_iter().find(|(_, fits)| !fits).map(|(what, _)| what)
    }
}

impl SavedState {
    /// What the network of `about` gives.
    pub fn kind(&self, about: &DataDescription) -> TargetKind {
        if self.anomaly.is_some() { TargetKind::Inputs } else { TargetKind::of(about) }
    }

    /// Whether a network that gives what it gets is one, with scores that rows can lead to.
    fn has_own_inputs(&self, about: &DataDescription) -> bool {
        let is_own = about.units.is_some() && about.outputs == about.features();
        self.setup.anomaly.is_some() == self.anomaly.is_some()
            && self.anomaly.as_ref().is_none_or(|own| is_own && own.is_possible())
    }

    /// Whether the linear baseline's state is there, if that is one of the baselines.
    fn has_linear(&self, record: &StreamRecord, features: usize, outputs: usize) -> bool {
        let is_there = self.baselines.iter().any(|(which, _)| *which == Baseline::Linear);
        !is_there || saved_linear(record).is_some_and(|state| state.fits(features, outputs))
    }
}

/// The names of the linear model's tensors.
pub(super) const LINEAR: [&str; 3] = ["linear.weights", "linear.diagonal", "linear.upper"];

/// The linear model as it was saved, if it was.
pub(super) fn saved_linear(record: &StreamRecord) -> Option<LinearState> {
    let [weights, diagonal, upper] = LINEAR.map(|name| record.doubles(name));
    Some(LinearState { weights: weights?, diagonal: diagonal?, upper: upper? })
}

/// The standardisation as it was; versions before f64 saved f32 offsets and variances.
pub(super) fn saved_scaling(
    adaptation: Adaptation,
    preprocessing: Preprocessing,
    extra: &StreamRecord,
) -> FeatureScaling {
    let features = preprocessing.offset.len();
    let rounded = Standardisation::of_preprocessing(preprocessing);
    let current = match extra.doubles("offset") {
        Some(offset) => Standardisation::new(offset, rounded.scale().to_vec()),
        None => rounded,
    };
    let moments = extra.doubles("moments").and_then(|numbers| moments_of(&numbers, features));
    FeatureScaling::of(adaptation, current, moments)
}

/// One mean and one scale for each feature.
pub(super) fn per_feature(preprocessing: Preprocessing, features: usize) -> Preprocessing {
    let each = |values: Vec<f32>| {
        let length = features / values.len().max(1);
        values.iter().flat_map(|value| std::iter::repeat_n(*value, length)).collect()
    };
    let Preprocessing { offset, scale, origin } = preprocessing;
    Preprocessing { offset: each(offset), scale: each(scale), origin }
}

/// Whether a baseline has learning steps if it has a network, and otherwise none.
fn is_baseline((which, steps): &(Baseline, Option<u64>)) -> bool {
    let has_network = *which == Baseline::Frozen || which.rule().is_some();
    steps.is_some() == has_network && steps.is_none_or(|steps| steps <= MAX_COUNT)
}

#[cfg(test)]
mod tests {
    use crate::stream::answer::{Answers, Truth};
    use crate::stream::counts::{Confusion, OutcomeCounts};
    use crate::stream::detector::DriftDetector;
    use crate::stream::pending::PendingRow;
    use crate::stream::score::Predictors;

    #[test]
    fn counts_of_other_predictors_or_classes_do_not_fit() {
        let of = |count: usize| Predictors { count, targets: 0 };
        assert!(OutcomeCounts::new(of(2)).fits(of(2)) && !OutcomeCounts::new(of(2)).fits(of(3)));
        assert!(Confusion::new(3).fits(3) && !Confusion::new(3).fits(2));
        let damaged: Confusion = serde_json::from_str(r#"{"classes": 3, "counts": [0, 0, 0, 0]}"#).unwrap();
        assert!(!damaged.fits(3) && !damaged.fits(2));
        let beyond: OutcomeCounts =
            serde_json::from_str(r#"{"rows": 18446744073709551615, "judged": 0, "right": [0], "updates": 0}"#).unwrap();
        assert!(!beyond.fits(of(1)));
    }

    #[test]
    fn a_pending_row_of_an_unknown_class_does_not_fit() {
        let of = |count: usize, targets: usize| Predictors { count, targets };
        let answers = Answers::Classes(vec![1, 0]);
        let row = PendingRow { answers, truth: Truth::Class(2), ..PendingRow::default() };
        assert!(row.fits(of(2, 0), 3) && !row.fits(of(2, 0), 2) && !row.fits(of(1, 0), 3) && !row.fits(of(2, 1), 3));
        let row = PendingRow { answers: Answers::Values(vec![0.5; 4]), truth: Truth::Values(vec![1.0; 2]), ..row };
        assert!(row.fits(of(2, 2), 0) && !row.fits(of(4, 1), 0) && !row.fits(of(4, 0), 0));
    }

    #[test]
    fn a_detector_with_more_errors_than_outcomes_is_not_possible() {
        let wrong = r#"{"now": {"outcomes": 3, "wrong": 4}, "best": {"outcomes": 1, "wrong": 0}}"#;
        assert!(!serde_json::from_str::<DriftDetector>(wrong).unwrap().is_possible());
        assert!(DriftDetector::default().is_possible());
    }
}
