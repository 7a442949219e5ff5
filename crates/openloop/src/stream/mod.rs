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
//! | `prequential.rs`, `stats.rs` | Test, then train; its statistics. |
//! | `row_learner.rs` | The learner, one row at a time. |
//! | `warmup.rs`, `scaling.rs`, `moments.rs` | What a stream starts from: its classes, and how its features are standardised. |
//! | `pending.rs` | Predicted rows that wait for their labels. |
//! | `received.rs` | Messages that were received, so that one that comes again is known. |
//! | `detector.rs`, `policy.rs` | When the data drift, and when to learn. |
//! | `baselines.rs` | The baselines that the network is compared with. |
//! | `counts.rs` | Counts of right answers: in total, by interval, by class. |
//! | `options.rs`, `setup.rs` | The options, and the checked setup. |
//! | `continuation.rs` | Whether rows are those that a model has seen, and where a stream goes on in them. |
//! | `open.rs`, `start.rs` | Opening the source, and the model file that a stream continues or starts from. |
//! | `state.rs` | What is saved beside the network, and whether it fits together. |
//! | `saved.rs` | The whole state in a model file, or the network in a device's blob. |
//! | `predictions.rs` | The file of the predictions, in which a stream goes on too. |
//! | `monitor.rs` | The current state of a stream, for a dashboard. |
//! | `observer.rs` | What a stream tells while it runs. |
//! | `run.rs`, `error.rs`, `summary.rs` | Running a stream, its errors, and its result. |

mod baselines;
mod continuation;
mod counts;
mod detector;
mod error;
mod generated;
mod in_memory;
mod moments;
mod monitor;
#[cfg(feature = "mqtt")]
pub mod mqtt;
mod observer;
mod open;
mod options;
mod pending;
mod policy;
mod predictions;
mod prefetch;
mod prequential;
mod received;
mod row_learner;
mod run;
mod saved;
mod scaling;
mod setup;
mod source;
mod start;
mod state;
mod stats;
mod summary;
mod table;
mod unknown;
mod warmup;
mod windowed;

pub use baselines::{Baseline, BaselineChoice, Baselines};
pub use counts::{Confusion, Interval, Intervals, OutcomeCounts};
pub use detector::{DriftDetector, DriftSignal};
pub use error::StreamError;
pub use generated::GeneratedSource;
pub use in_memory::InMemorySource;
pub use monitor::{StreamMonitor, StreamStatus};
pub use observer::{StreamEnd, StreamObserver};
pub use options::StreamOptions;
pub use policy::{Policy, PolicyKind};
pub use predictions::{AnswersStart, Predictions};
pub use prefetch::PrefetchedSource;
pub use prequential::{Prediction, Prequential, StreamDiverged};
pub use row_learner::{RowLearner, RowSizes};
pub use run::StreamRun;
#[cfg(fuzzing)]
pub use saved::SavedStream;
pub use scaling::{Adaptation, FeatureScaling, Standardisation};
pub use setup::{OnBadRow, StreamSetup};
pub use source::{FilePlace, MessageMark, OutgoingMessage, Row, RowSource, SeenRows, SourceDescription, SourceEvent};
pub use stats::StreamStatistics;
pub use summary::{CurvePoint, SegmentSummary, StreamSummary};
pub use table::CsvSource;
pub use warmup::{ClassList, Warmup};
