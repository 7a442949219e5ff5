//! What can be wrong with a request: the option, its value, and what is allowed.

use crate::data::question;
use crate::settings::net::NetError;
use std::path::PathBuf;

/// What is wrong with a request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A name that is not on the list.
    #[error("unknown {what} \"{name}\"; {}known are: {known}", question(*nearest))]
    Name {
        /// What it should be.
        what: &'static str,
        /// The name given.
        name: String,
        /// The known name that it is like, if it is like any.
        nearest: Option<&'static str>,
        /// The names there are.
        known: String,
    },
    /// A number out of range.
    #[error("{what} is {value}, but must be {range}")]
    Range {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// The network's description.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The network as a whole.
    #[error("net \"{net}\" on data \"{data}\": {error}")]
    Network {
        /// The network's description.
        net: String,
        /// The data set.
        data: String,
        /// What the core says.
        error: openloop_core::Error,
    },
    /// `--readout` for a rule that has no such choice.
    #[error("readout \"{readout}\": rule \"{rule}\" leaves no choice of a readout; local-error does")]
    Readout {
        /// The rule.
        rule: String,
        /// What was asked for.
        readout: String,
    },
    /// What makes sense of classes alone, or of real values alone.
    #[error("{what} {value} makes no sense of {targets}; take {instead}")]
    OfOtherTargets {
        /// The option.
        what: &'static str,
        /// What was asked for.
        value: String,
        /// What the targets are.
        targets: &'static str,
        /// What there is for them.
        instead: String,
    },
    /// A rule that makes no sense of measured values.
    #[error(
        "rule \"{rule}\" needs class labels, and \"{data}\" has measured values; take one of {others}, or say --task classes where the \
         numbers of a table are names of classes"
    )]
    NeedsClasses {
        /// The data set.
        data: String,
        /// The rule.
        rule: &'static str,
        /// The rules that do.
        others: String,
    },
    /// A share of the training rows that leaves none of them, or none to judge by.
    #[error("validation is {value}, which of {rows} training rows puts all or none away; take a share such as 0.1")]
    Validation {
        /// The share.
        value: String,
        /// The training rows.
        rows: usize,
    },
    /// `--validation` or `--patience` in a comparison.
    #[error(
        "validation and patience are for train: a comparison tests the same epochs of every rule, and --tune holds rows back by itself; \
         leave them out"
    )]
    NotCompared,
    /// Folds that the data cannot have.
    #[error("{folds} folds: {reason}")]
    Folds {
        /// How many were asked for.
        folds: u32,
        /// Why not, and what to do.
        reason: String,
    },
    /// `--patience` without rows to judge epochs by.
    #[error(
        "patience judges epochs by validation rows, and there are none; say --validation 0.1, or leave --patience out"
    )]
    NoValidation,
    /// `--class-weights` for data without classes.
    #[error("class weights for \"{data}\", which has measured values and no classes; leave --class-weights out")]
    NoClassesToWeigh {
        /// The data set.
        data: String,
    },
    /// A file of class weights that makes no sense.
    #[error("{}: {message}", path.display())]
    ClassWeights {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        message: String,
    },
    /// Weights to start from that are another network's.
    #[error(
        "the weights to start from belong to net \"{start}\", which with its loss, activations, inputs and outputs is not \
         the net \"{asked}\" asked for on this data"
    )]
    OtherStart {
        /// The start's network.
        start: String,
        /// The network asked for.
        asked: String,
    },
    /// Something that int8 arithmetic does not have.
    #[error("arithmetic int8: {what} is {value}, but must be {range}")]
    Integer {
        /// What was asked for.
        what: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// `--freeze-conv` on a network without a convolution.
    #[error("freeze-conv: net \"{net}\" has no convolutional layer to freeze")]
    NothingToFreeze {
        /// The network's description.
        net: String,
    },
    /// `--freeze-conv` on a network with normalised convolutions.
    #[error(
        "freeze-conv: net \"{net}\" has norm, whose means and variances come from the batches that a convolution learns from; leave out \
         norm or --freeze-conv"
    )]
    FrozenNorm {
        /// The network's description.
        net: String,
    },
    /// `--flip` on data that are no images.
    #[error("flip: the samples of data \"{data}\" are no images, so there is no left and right to exchange")]
    NoImages {
        /// The data set.
        data: String,
    },
    /// `--pipeline on` where layers cannot work on different batches.
    #[error("pipeline: {reason}, so the layers cannot work on different batches at once")]
    NoPipeline {
        /// Why not.
        reason: String,
    },
    /// A network too large for this machine.
    #[error(
        "net \"{net}\" with this rule, optimizer and batch needs {bytes:.1e} bytes of memory, more than this system gives; take fewer neurons"
    )]
    Memory {
        /// The network's description.
        net: String,
        /// What it needs.
        bytes: f64,
    },
    /// A configuration file that cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A configuration file with a mistake in it.
    #[error("{path}: {message}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// Line, column and what is wrong.
        message: String,
    },
}
