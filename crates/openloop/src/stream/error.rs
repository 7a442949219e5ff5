//! Why a stream does not start, or does not come to its end.

use super::prequential::StreamDiverged;
use super::warmup::TargetsError;
use crate::data::DataError;
use crate::files::CheckpointError;
use crate::settings::ConfigError;
use std::io;
use std::path::PathBuf;

/// Why a stream did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The request was wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data are missing or damaged.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The broker's address or configuration.
    #[cfg(feature = "mqtt")]
    #[error(transparent)]
    MqttSource(#[from] super::mqtt::MqttError),
    /// The model cannot be read or written.
    #[error(transparent)]
    Model(#[from] CheckpointError),
    /// The model is of another kind than what is asked for.
    #[error(
        "{path}: the model has {what} {saved}, but {asked} is asked for; leave that option out, or choose another --model"
    )]
    OtherModel {
        /// The model's file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// In the model.
        saved: String,
        /// In the request.
        asked: String,
    },
    /// Another kind of file would be overwritten.
    #[error(
        "{path}: it holds a training run, which the stream's own state would replace; start from it with --from {path}, and \
         give --model a file of its own"
    )]
    TrainingRun {
        /// The file.
        path: PathBuf,
    },
    /// A blob holds too little for what is asked.
    #[error(
        "{path}: a device's blob has no room for readings that wait for their labels, which a broker needs; start from it \
         with --from {path}, and give --model a file of its own"
    )]
    BlobForBroker {
        /// The file.
        path: PathBuf,
    },
    /// Rows that the model cannot take.
    #[error(
        "{path}: the model takes {expected} features a row, but {data} has {found}; choose other --data, or another model"
    )]
    Features {
        /// The model's file.
        path: PathBuf,
        /// What the model takes.
        expected: usize,
        /// The data.
        data: String,
        /// What the data have.
        found: usize,
    },
    /// What does not go together with a learner for each key, or a folder that cannot hold their models.
    #[error("--key: {problem}; {remedy}")]
    Keys {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// No key has come beyond its warm-up.
    #[error("none of the {keys} keys came beyond its warm-up{example}")]
    NoKeyAnswered {
        /// How many keys there are.
        keys: usize,
        /// Why one of them did not.
        example: String,
    },
    /// Names of classes that are not the network's.
    #[error("--classes: {problem}; {remedy}")]
    Classes {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A row that cannot be used, and the request is to stop there.
    #[error("row {row}: {problem}; stopped there (--on-bad-row stop)")]
    BadRow {
        /// Its number.
        row: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The warm-up is too small.
    #[error(
        "the stream ended after {rows} rows, with {classes} classes: too few to warm up on; at least 2 classes are needed"
    )]
    TooShort {
        /// Rows in it.
        rows: usize,
        /// Classes in them.
        classes: usize,
    },
    /// The warm-up is too small to say what is normal.
    #[error(
        "the stream ended, or its warm-up, after {rows} rows: too few to say what is normal; at least {least} are needed"
    )]
    FewRows {
        /// Rows in it.
        rows: usize,
        /// How many it takes.
        least: usize,
    },
    /// What is normal was said, but rows have no label.
    #[error("--normal {normal}, but {data} has no label column; name it with --label, or leave --normal out")]
    NoLabel {
        /// What was said.
        normal: String,
        /// The data.
        data: String,
    },
    /// The warm-up's targets cannot be learned.
    #[error(transparent)]
    Targets(#[from] TargetsError),
    /// Data whose targets are not what is asked for.
    #[error("--task {asked}, but {data} has {found}; leave that option out, or choose other --data")]
    OtherTask {
        /// What is asked for.
        asked: String,
        /// The data.
        data: String,
        /// What it has.
        found: &'static str,
    },
    /// The numbers ran away.
    #[error("{diverged}{}", kept.as_ref().map_or_else(String::new, |path| format!("; {} is as it was", path.display())))]
    Diverged {
        /// Where and what.
        diverged: StreamDiverged,
        /// The last good model.
        kept: Option<PathBuf>,
    },
    /// Predictions could not be written.
    #[error("predictions: {0}")]
    Output(io::Error),
    /// The reader could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl StreamError {
    /// Whether nothing failed but that the reader of the predictions went away.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, StreamError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether answers were lost that a model must not count as given: they are given again.
    pub(super) fn loses_answers(&self) -> bool {
        matches!(self, StreamError::Output(_)) && !self.is_closed_pipe()
    }

    /// Whether the request was wrong.
    pub fn is_wrong_request(&self) -> bool {
        match self {
            StreamError::Config(_)
            | StreamError::OtherModel { .. }
            | StreamError::TrainingRun { .. }
            | StreamError::BlobForBroker { .. }
            | StreamError::Features { .. }
            | StreamError::Targets(TargetsError::Constant { .. })
            | StreamError::OtherTask { .. }
            | StreamError::NoLabel { .. }
            | StreamError::Keys { .. }
            | StreamError::Classes { .. } => true,
            #[cfg(feature = "mqtt")]
            StreamError::MqttSource(_) => true,
            // the stream was asked to go on with a model that these data do not fit
            StreamError::Data(DataError::OtherColumns { .. }) => true,
            StreamError::Data(error) => error.is_wrong_request(),
            StreamError::Model(error) => error.is_wrong_request(),
            _ => false,
        }
    }
}
