//! Online learning from a stream of rows, for example of a sensor that drifts.
//!
//! Rows come one at a time from a [`RowSource`]; a [`Prequential`] stream answers each before it learns from it, by any rule,
//! and runs baselines beside itself. Its whole state can be saved at any row and goes on with the same bits.
//!
//! | file | one sentence |
//! |---|---|
//! | `source.rs` | What a row is, and where rows come from. |
//! | `table.rs` | A table, from a file or row by row from standard input. |
//! | `in_memory.rs`, `generated.rs` | Rows in memory, and generated rows. |
//! | `mqtt/` | Rows and late labels from a broker, answers to it. |
//! | `prefetch.rs` | Another thread reads the next rows while this one learns. |
//! | `prequential.rs`, `warm_up.rs`, `stats.rs` | Test, then train; how that begins; its statistics. |
//! | `unlabelled.rs`, `own_inputs.rs`, `anomaly/`, `anomaly_options.rs` | The same without labels: a row is its own target, and flagged where it is unlike the rows before; its options. |
//! | `row_learner.rs` | The learner, one row at a time. |
//! | `warmup.rs`, `scaling.rs`, `moments.rs` | What a stream starts from: its classes, and how its features are standardised. |
//! | `answer.rs`, `target.rs`, `score.rs` | What is predicted, a class or real values, and how well. |
//! | `fresh.rs` | A stream in its warm-up, after which it is decided what its targets are. |
//! | `pending.rs` | Predicted rows that wait for their labels. |
//! | `received.rs` | Messages that were received, so that one that comes again is known. |
//! | `error_scale.rs`, `detector.rs`, `policy.rs` | How large an error is, when the data drift, and when to learn. |
//! | `budget.rs`, `label_options.rs` | Which labels are asked for, where only a share of them can be had; the options. |
//! | `baseline.rs`, `baselines.rs`, `history.rs`, `linear.rs` | The baselines that the network is compared with; those without a network. |
//! | `counts.rs`, `class_counts.rs` | Counts of right answers: in total, by interval, by class, by class over time. |
//! | `keys/`, `key_options.rs` | A learner for each key, of which some are in memory; its options. |
//! | `options.rs`, `task.rs`, `request.rs`, `setup.rs` | The options, what rows are for, and the checked setup that follows. |
//! | `continuation.rs` | Whether rows are those that a model has seen, and where a stream goes on in them. |
//! | `open.rs`, `start.rs` | Opening the source, and the model file that a stream continues or starts from. |
//! | `state.rs` | What is saved beside the network, and whether it fits together. |
//! | `saved.rs` | The whole state in a model file, or the network in a device's blob. |
//! | `predictions.rs` | The file of the predictions, in which a stream goes on too. |
//! | `monitor.rs` | The current state of a stream, for a dashboard. |
//! | `observer.rs` | What a stream tells while it runs. |
//! | `run.rs`, `error.rs`, `summary.rs`, `class_figures.rs`, `anomaly_figures.rs`, `warnings.rs` | Running a stream, its errors, its result, and what that warns of. |

mod anomaly;
mod anomaly_figures;
mod anomaly_options;
mod answer;
mod baseline;
mod baselines;
mod budget;
mod class_counts;
mod class_figures;
mod continuation;
mod counts;
mod detector;
mod error;
mod error_scale;
mod fresh;
mod generated;
mod history;
mod in_memory;
mod key_options;
mod keys;
mod label_options;
mod linear;
mod moments;
mod monitor;
#[cfg(feature = "mqtt")]
pub mod mqtt;
mod observer;
mod open;
mod options;
mod own_inputs;
mod pending;
mod policy;
mod predictions;
mod prefetch;
mod prequential;
mod received;
mod request;
mod row_learner;
mod run;
mod saved;
mod scaling;
mod score;
mod setup;
mod source;
mod start;
mod state;
mod stats;
mod summary;
mod table;
mod target;
mod task;
mod unknown;
mod unlabelled;
mod warm_up;
mod warmup;
mod warnings;
mod windowed;

pub use anomaly::{Alarms, AnomalyState, RankedScores, ScoreCourse, ScorePart, Threshold, Verdict};
pub use anomaly_figures::{AlarmFigures, AnomalyFigures, ScorePoint};
pub use anomaly_options::AnomalyOptions;
pub use answer::{Answer, Answers, TargetKind, Truth};
pub use baseline::{Baseline, BaselineChoice};
pub use baselines::Baselines;
pub use budget::{BudgetState, LabelBudget, LabelChoice};
pub use class_counts::{ClassCounts, ClassCourse, ClassPart};
pub use class_figures::{ClassFigures, ClassPoint};
pub use counts::{Confusion, Interval, Intervals, OutcomeCounts};
pub use detector::{DriftDetector, DriftSignal};
pub use error::StreamError;
pub use error_scale::ErrorScale;
pub use generated::GeneratedSource;
pub use history::{LabelCounts, TargetCounts, TargetHistory, ValueCounts};
pub use in_memory::InMemorySource;
pub use key_options::KeyOptions;
pub use keys::{KeyFigures, KeySummary, KeyTotals, KeyedObserver, KeyedRun, KeyedSummary};
pub use label_options::LabelOptions;
pub use linear::LinearModel;
pub use monitor::{StreamMonitor, StreamStatus};
pub use observer::{StreamEnd, StreamObserver};
pub use options::StreamOptions;
pub use pending::PendingRow;
pub use policy::{Policy, PolicyKind};
pub use predictions::{AnswerColumns, AnswersStart, Predictions};
pub use prefetch::PrefetchedSource;
pub use prequential::{Prequential, StreamDiverged};
pub use row_learner::{RowLearner, RowSizes};
pub use run::StreamRun;
#[cfg(fuzzing)]
pub use saved::SavedStream;
pub use scaling::{Adaptation, FeatureScaling, Standardisation};
pub use score::{ErrorFigures, ErrorSums, Predictors, Score, shown_error};
pub use setup::{AnomalySetup, OnBadRow, StreamSetup};
pub use source::{FilePlace, MessageMark, OutgoingMessage, Row, RowSource, SeenRows, SourceDescription, SourceEvent};
pub use stats::StreamStatistics;
pub use summary::{AskedLabels, CurvePoint, SegmentSummary, StreamSummary, TargetErrors};
pub use table::CsvSource;
pub use target::{InputTarget, StreamTarget};
pub use task::StreamTask;
pub use warmup::{ClassList, TargetsError, Warmup};
