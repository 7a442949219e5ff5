//! What can be asked of a stream; `request.rs` makes a setup and settings of it.

use super::anomaly_options::AnomalyOptions;
use super::answer::TargetKind;
use super::baseline::BaselineChoice;
use super::key_options::KeyOptions;
use super::label_options::LabelOptions;
use super::policy::PolicyKind;
use super::scaling::Adaptation;
use super::setup::OnBadRow;
use super::task::StreamTask;
use crate::data::drift::{self, DriftKind};
use crate::data::{self, AskedWindows, HeaderChoice, WindowFeatures};
use crate::files::UsedPath;
use crate::settings::net::Net;
use crate::settings::ranges::{not_negative, within};
use crate::settings::{Arithmetic, ConfigError, ReadoutMode};
#[cfg(feature = "clap")]
use crate::settings::{headings, names};
use openloop_core::{Activation, OptimizerKind, Rule};
use std::path::{Path, PathBuf};

// The fields that a training run has too are not one struct that both flatten: serde's flatten cannot refuse unknown keys and loses
// the line of a mistake in a TOML file, and the flags' help differs. What becomes of them is shared: `Options::over_defaults`.
// As `Options` it is not #[non_exhaustive], so that `..StreamOptions::default()` can be written.
/// What can be asked. Everything left out has a default.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct StreamOptions {
    /// Where the rows come from [default: drift]
    ///
    /// A CSV file, a data set by name, - for CSV on standard input, or mqtt://BROKER/TOPIC. drift is a generated sensor.
    #[cfg_attr(feature = "clap", arg(long, value_name = "DATA", help_heading = headings::DATA))]
    pub data: Option<String>,
    /// TOML file with the settings of an MQTT connection
    ///
    /// Its keys: username, password, ca, certificate, key, client-id, labels, predictions, extra-cell.
    #[cfg(feature = "mqtt")]
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE", help_heading = headings::DATA, hide_short_help = true))]
    pub mqtt: Option<PathBuf>,
    /// Folder that holds the data sets
    ///
    /// [default: the environment's OPENLOOP_DATA, else the platform's data folder]
    #[cfg_attr(feature = "clap", arg(long, value_name = "DIR", help_heading = headings::DATA, hide_short_help = true))]
    pub data_dir: Option<PathBuf>,
    /// Label column of CSV rows
    ///
    /// By name or, without a header, by number; several targets are separated by commas. A cell that is empty, NA, null, ? and the like is a label nobody knows. [default:
    /// label, class or target, else the last]
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN", help_heading = headings::DATA))]
    pub label: Option<String>,
    /// What the label column is taken for [default: auto]
    ///
    /// auto: many different numbers in the warm-up are measured values, all else is classes. anomaly: no label is learned from, and rows
    /// that are unlike those before are flagged. A model's own otherwise.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::DATA, value_parser = names::flag::<StreamTask>()))]
    pub task: Option<StreamTask>,
    /// What is flagged without labels.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub anomaly: AnomalyOptions,
    /// Column that names the segment of a CSV row
    ///
    /// [default: one called segment]
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN", help_heading = headings::DATA, hide_short_help = true))]
    pub segment: Option<String>,
    /// Columns of CSV rows that are no features
    ///
    /// Names or, without a header, numbers, separated by commas.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMNS", help_heading = headings::DATA, value_delimiter = ',', hide_short_help = true))]
    pub ignore: Vec<String>,
    /// Columns of CSV rows that are dates
    ///
    /// Separated by commas. Each becomes six inputs: where in the year, the week and the day it is.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMNS", help_heading = headings::DATA, value_delimiter = ',', hide_short_help = true))]
    pub date: Vec<String>,
    /// Columns of CSV rows whose numbers are names
    ///
    /// Separated by commas. Their numbers are categories; columns of text are found without it.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMNS", help_heading = headings::DATA, value_delimiter = ',', hide_short_help = true))]
    pub category: Vec<String>,
    /// Give columns with missing values an input that says so
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::DATA, hide_short_help = true))]
    pub missing_indicator: bool,
    /// Rows of CSV that make one sample
    ///
    /// N rows that follow each other become a window, which is answered with its last row. A model knows its own.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::DATA, hide_short_help = true))]
    pub window: Option<usize>,
    /// Rows between two windows
    ///
    /// [default: N, those of a window]
    #[cfg_attr(feature = "clap", arg(long, value_name = "M", help_heading = headings::DATA, hide_short_help = true))]
    pub hop: Option<usize>,
    /// What a window becomes [default: raw]
    ///
    /// raw: its values, channels by time. stats: statistics of each channel. spectrum: these and the energy in each octave.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::DATA, hide_short_help = true, value_parser = names::flag::<WindowFeatures>()))]
    pub features: Option<WindowFeatures>,
    /// Column of CSV rows that names their recording
    ///
    /// No window crosses a change of its value.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN", help_heading = headings::DATA, hide_short_help = true))]
    pub group: Option<String>,
    /// A learner for each key.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub keys: KeyOptions,
    /// Whether the first row of CSV names the columns
    ///
    /// [default: told from the rows after it]
    #[cfg_attr(feature = "clap", arg(long, value_name = "yes|no", help_heading = headings::DATA, hide_short_help = true, value_parser = names::flag::<HeaderChoice>()))]
    pub header: Option<HeaderChoice>,
    /// Longest line of CSV in bytes [default: 67108864]
    #[cfg_attr(feature = "clap", arg(long, value_name = "BYTES", help_heading = headings::DATA, hide_short_help = true))]
    pub max_line: Option<u64>,
    /// How --data drift drifts [default: gradual]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::DATA, hide_short_help = true, value_parser = names::flag::<DriftKind>()))]
    pub drift: Option<DriftKind>,
    /// Rows of --data drift [default: 10000]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::DATA, hide_short_help = true))]
    pub rows: Option<u64>,
    /// Take the rows of a data set in the order of its file
    ///
    /// They are shuffled within each segment otherwise.
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::DATA, hide_short_help = true))]
    pub file_order: bool,
    /// Hidden layers, such as "fc64"
    ///
    /// [default: fc64; with --task anomaly half as many units as there are inputs]
    #[cfg_attr(feature = "clap", arg(long, value_name = "LAYERS", help_heading = headings::NETWORK))]
    pub net: Option<Net>,
    /// Learning rule of the hidden layers
    ///
    /// [default: local-error-learned; drtp with --arithmetic int8]
    ///
    /// docs/rules.md says what each of them does.
    #[cfg_attr(feature = "clap", arg(long, value_name = "RULE", help_heading = headings::LEARNING, value_parser = names::flag::<Rule>()))]
    pub rule: Option<Rule>,
    /// Whether the readouts of local-error learn too
    ///
    /// They stay as they were drawn, or learn. [default: fixed]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, hide_short_help = true, value_parser = names::flag::<ReadoutMode>()))]
    pub readout: Option<ReadoutMode>,
    /// Learning rate, which does not fall
    ///
    /// [default: with rmsprop or adam 0.005, the more inputs above 16 the less; without 0.03; for measured values 0.001; or the
    /// model's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", help_heading = headings::LEARNING, allow_negative_numbers = true))]
    pub lr: Option<f32>,
    /// Learning rate of the hidden layers
    ///
    /// [default: --lr, or the model's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", help_heading = headings::LEARNING, hide_short_help = true, allow_negative_numbers = true))]
    pub hidden_lr: Option<f32>,
    /// Optimizer [default: rmsprop; of classes sgd under drtp, drtp-gated, local-hinge and shallow and in int8]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, hide_short_help = true, value_parser = names::flag::<OptimizerKind>()))]
    pub optimizer: Option<OptimizerKind>,
    /// Nonlinearity of the hidden layers
    ///
    /// [default: relu; tanh where the optimizer is not rmsprop or adam, and with --task anomaly]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::NETWORK, hide_short_help = true, value_parser = names::flag::<Activation>()))]
    pub activation: Option<Activation>,
    /// Numbers to compute with [default: f32]
    ///
    /// int8 learns in whole numbers, as a microcontroller does.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::NETWORK, hide_short_help = true, value_parser = names::flag::<Arithmetic>()))]
    pub arithmetic: Option<Arithmetic>,
    /// Rows trained on before the first answer
    ///
    /// The network starts from them. [default: the first segment up to 10,000, else 500]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::LEARNING))]
    pub warmup: Option<u64>,
    /// Passes over the warm-up [default: 5, for measured values 20, with --task anomaly 50]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::LEARNING, hide_short_help = true))]
    pub warmup_epochs: Option<u32>,
    /// Room for classes that the warm-up does not know [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::NETWORK, hide_short_help = true))]
    pub reserve: Option<usize>,
    /// How features are standardised
    ///
    /// online: mean and deviation follow the features while the network learns, which needs no labels. warmup: those of the warm-up
    /// stay. off: features are taken as they are. Standardised features are bounded to 8 deviations. [default: online; a device
    /// blob's stay]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, hide_short_help = true, value_parser = names::flag::<Adaptation>()))]
    pub standardise: Option<Adaptation>,
    /// When to learn from a row with a label [default: always]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, value_parser = names::flag::<PolicyKind>()))]
    pub learn: Option<PolicyKind>,
    /// Confidence for --learn low-confidence [default: 0.9]
    ///
    /// A row whose answer is right and at least as sure is not learned from.
    #[cfg_attr(feature = "clap", arg(long, value_name = "P", help_heading = headings::LEARNING, hide_short_help = true, allow_negative_numbers = true))]
    pub confidence: Option<f32>,
    /// Do not learn after the warm-up
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::LEARNING))]
    pub frozen: bool,
    /// Labels come that many rows late [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "ROWS", help_heading = headings::LEARNING, hide_short_help = true))]
    pub delay: Option<u64>,
    /// Learn from the label of every N-th row only [default: 1]
    ///
    /// The other labels are for judging.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::LEARNING, hide_short_help = true))]
    pub label_every: Option<u64>,
    /// Which labels are asked for.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub labels: LabelOptions,
    /// Probability that a label is made wrong [default: 0]
    ///
    /// Of the labels that are learned from, to see what that does.
    #[cfg_attr(feature = "clap", arg(long, value_name = "P", help_heading = headings::LEARNING, hide_short_help = true, allow_negative_numbers = true))]
    pub label_noise: Option<f32>,
    /// Baselines beside the network [default: all]
    ///
    /// all, none, or some of frozen, shallow, bp, for classes last-label, majority, for measured values last-value, mean, linear,
    /// separated by commas.
    #[cfg_attr(feature = "clap", arg(long, value_name = "LIST", help_heading = headings::RUN, value_delimiter = ',', hide_short_help = true))]
    pub baselines: Vec<BaselineChoice>,
    /// Rows of a segment, where the data name none [default: 1000]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::DATA, hide_short_help = true))]
    pub segment_rows: Option<u64>,
    /// What to do with a row that cannot be used [default: skip]
    #[cfg_attr(feature = "clap", arg(long, value_name = "skip|stop", help_heading = headings::DATA, hide_short_help = true, value_parser = names::flag::<OnBadRow>()))]
    pub on_bad_row: Option<OnBadRow>,
    /// Model, checkpoint or device blob to start from
    ///
    /// It is only read. --model goes before it once it is there.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE", help_heading = headings::NETWORK))]
    pub from: Option<PathBuf>,
    /// Names of the classes of a device blob, which has none
    ///
    /// In the order of the outputs, separated by commas.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAMES", help_heading = headings::NETWORK, value_delimiter = ',', hide_short_help = true))]
    pub classes: Vec<String>,
    /// Model file, continued if it is there
    ///
    /// It is written at an interval, on Ctrl-C and at the end. A device blob stays one.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE", help_heading = headings::RUN))]
    pub model: Option<PathBuf>,
    /// Seconds between two writings of the model [default: 10]
    #[cfg_attr(feature = "clap", arg(long, value_name = "SECONDS", help_heading = headings::RUN, hide_short_help = true, allow_negative_numbers = true))]
    pub save_every: Option<f32>,
    /// Seed of weights, order, generated data and noise [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::RUN))]
    pub seed: Option<u64>,
}

impl StreamOptions {
    /// The data's name.
    pub fn data(&self) -> &str {
        data::as_listed(self.data.as_deref().unwrap_or("drift"))
    }

    /// The files that it reads, beside its own model.
    pub fn used_paths(&self) -> Vec<UsedPath> {
        let mut used = UsedPath::data(self.data(), self.data_dir.as_deref());
        #[cfg(feature = "mqtt")]
        used.extend(self.mqtt.iter().map(|path| UsedPath::new("the settings (--mqtt)", path)));
        // where the model is there it goes before --from, so that both may be one file
        let from = self.from.iter().filter(|_| !self.model.as_deref().is_some_and(Path::exists));
        used.extend(from.map(|path| UsedPath::new("the start (--from)", path)));
        used
    }

    /// The windows asked for.
    pub fn windows(&self) -> AskedWindows {
        AskedWindows { moments: self.window, hop: self.hop, features: self.features }
    }

    /// Whether rows come from a broker.
    pub fn is_from_broker(&self) -> bool {
        #[cfg(feature = "mqtt")]
        return super::mqtt::BrokerSettings::is_address(self.data());
        #[cfg(not(feature = "mqtt"))]
        false
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// The generated stream asked for.
    ///
    /// # Errors
    /// A number out of range.
    pub fn drift(&self) -> Result<drift::Drift, ConfigError> {
        let rows = self.rows.unwrap_or(drift::ROWS);
        let rows = within((1..=1 << 40).contains(&rows), "rows", rows, "from 1 to 2^40")?;
        Ok(drift::Drift::new(self.drift.unwrap_or_default(), rows, self.seed()))
    }

    /// What is asked for of its targets; none where their looks decide.
    pub fn kind(&self) -> Option<TargetKind> {
        self.task.and_then(StreamTask::kind)
    }

    /// Seconds between two checkpoints.
    ///
    /// # Errors
    /// A negative number.
    pub fn save_every(&self) -> Result<f32, ConfigError> {
        not_negative("save-every", self.save_every.unwrap_or(10.0))
    }
}
