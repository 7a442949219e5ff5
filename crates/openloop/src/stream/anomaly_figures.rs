//! The figures of a stream without labels in its summary.

use super::anomaly::ScorePart;
use super::prequential::Prequential;
use serde::{Deserialize, Serialize};

/// What was flagged, and how well that fits labels, where there are some.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnomalyFigures {
    /// Rows that were flagged.
    pub flagged: u64,
    /// Their share of the rows, in percent; none where there was no row.
    pub flagged_share: Option<f64>,
    /// The threshold after the last row.
    pub threshold: f32,
    /// Deviations of the cube root of the score beyond which a row is flagged.
    pub flag_beyond: f32,
    /// Flagged rows, less a quarter of the others, after which they are learned from.
    pub relearn_after: u64,
    /// How the flags fit the labels; none where no label came.
    #[serde(flatten)]
    pub judged: Option<AlarmFigures>,
    /// Scores over time.
    pub score_curve: Vec<ScorePoint>,
}

/// How flags fit labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmFigures {
    /// The labels of normal rows.
    pub normal: Vec<String>,
    /// Rows with any other.
    pub anomalies: u64,
    /// The area under the ROC curve of the scores: the share of the pairs of an anomaly and a normal row in which the anomaly has the
    /// higher score. None where one of the two has no row.
    pub auc: Option<f64>,
    /// The share of the flagged rows that are anomalies, in percent; none where none was flagged.
    pub alarm_precision: Option<f64>,
    /// The share of the anomalies that were flagged, in percent; none where there was none.
    pub alarm_recall: Option<f64>,
    /// Stretches of anomalies.
    pub stretches: u64,
    /// Those of which a row was flagged.
    pub stretches_found: u64,
    /// Rows from the first of a stretch to the first of it that was flagged: the mean of the stretches that had one.
    pub mean_delay: Option<f64>,
}

/// A part of the stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScorePoint {
    /// Rows up to its end, the warm-up not counted.
    pub row: u64,
    /// The cube of the mean cube root of its scores.
    pub score: f64,
    /// The largest of them.
    pub largest: f32,
    /// The same of its thresholds.
    pub threshold: f64,
}

fn percent(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| 100.0 * part as f64 / all as f64)
}

impl AnomalyFigures {
    /// Those of a stream; none where targets are learned.
    pub(super) fn of(stream: &Prequential) -> Option<Self> {
        let (state, setup) = (stream.anomaly()?, stream.setup().anomaly.as_ref()?);
        let mut row = 0;
        let point = |part: &ScorePart| {
            row += part.rows;
            ScorePoint { row, score: part.score(), largest: part.largest, threshold: part.threshold() }
        };
        Some(AnomalyFigures {
            flagged: state.flagged,
            flagged_share: percent(state.flagged, stream.stats().total.rows),
            threshold: state.threshold.score(setup.deviations),
            flag_beyond: setup.deviations,
            relearn_after: setup.relearn_after,
            judged: AlarmFigures::of(stream),
            score_curve: state.course.parts().iter().map(point).collect(),
        })
    }
}

impl AlarmFigures {
    fn of(stream: &Prequential) -> Option<Self> {
        let (state, setup) = (stream.anomaly()?, stream.setup().anomaly.as_ref()?);
        let rows: Vec<&[u64]> = stream.stats().confusion.rows().collect();
        let [&[_, false_alarms], &[missed, found]] = rows[..] else { return None };
        let [normal, anomalies] = state.ranked.counts();
        (normal + anomalies > 0).then(|| AlarmFigures {
            normal: setup.normal.clone(),
            anomalies,
            auc: state.ranked.area(),
            alarm_precision: percent(found, found + false_alarms),
            alarm_recall: percent(found, found + missed),
            stretches: state.alarms.stretches,
            stretches_found: state.alarms.found,
            mean_delay: state.alarms.mean_delay(),
        })
    }
}
