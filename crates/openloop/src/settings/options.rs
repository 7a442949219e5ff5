//! What a user asks for, in flags or in a TOML file: [`Options`] hold only what was said. The flags and the keys of a TOML file are
//! the same names. [`Options::complete`] makes settings of it.

use crate::data::{HeaderChoice, SplitKind, Task, WindowFeatures, with_nearest_field, with_nearest_file};
use crate::settings::choices::{Init, PipelineMode, Preset, ReadoutMaps, ReadoutMode};
use crate::settings::class_weights::ClassWeightsChoice;
use crate::settings::error::ConfigError;
#[cfg(feature = "clap")]
use crate::settings::headings;
use crate::settings::names;
use crate::settings::net::Net;
use crate::settings::sample_shape::SampleShape;
use openloop_core::store::Arithmetic;
use openloop_core::{Activation, Loss, OptimizerKind, Rule, Scaling};
use serde::Deserialize;
use std::path::{Path, PathBuf};

// not #[non_exhaustive], which would forbid `Options { rule: Some(Rule::Bp), ..Options::default() }` outside this crate
/// What can be asked of a training run. Everything left out comes from the preset.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Options {
    /// Data set by name, or a file of one's own [default: digits]
    ///
    /// `openloop data list` shows the names. A file whose name ends in .csv or .csv.gz is a table: a row a sample, with one column of
    /// labels. Else a NumPy file (.npz, .npy), an IDX file, or a folder with a subfolder of PNG or JPEG images for each class.
    #[cfg_attr(feature = "clap", arg(long, value_name = "DATA", help_heading = headings::DATA))]
    pub data: Option<String>,
    /// Folder that holds the data sets
    ///
    /// [default: the environment's OPENLOOP_DATA, else the platform's data folder]
    #[cfg_attr(feature = "clap", arg(long, value_name = "DIR", help_heading = headings::DATA, hide_short_help = true))]
    pub data_dir: Option<PathBuf>,
    /// Label column of a CSV file
    ///
    /// By name or, without a header, by number; several targets of a regression are separated by commas. [default: label, class or
    /// target, else the last]
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN", help_heading = headings::DATA))]
    pub label: Option<String>,
    /// What the label column is taken for [default: auto]
    ///
    /// classes: each distinct label is a class. regression: labels are measured values. auto: told from the labels, and said.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::DATA, value_parser = names::flag::<Task>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub task: Option<Task>,
    /// Columns of a CSV file that are no features
    ///
    /// Names or, without a header, numbers, separated by commas.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMNS", help_heading = headings::DATA, value_delimiter = ',', hide_short_help = true))]
    pub ignore: Vec<String>,
    /// Columns of a CSV file that are dates
    ///
    /// Separated by commas. Each becomes six inputs: where in the year, the week and the day it is. With --window it is one column, the
    /// time of a row: no window crosses a gap in it.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMNS", help_heading = headings::DATA, value_delimiter = ',', hide_short_help = true))]
    pub date: Vec<String>,
    /// Columns of a CSV file whose numbers are names
    ///
    /// Separated by commas. Their numbers are categories; columns of text are found without it.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMNS", help_heading = headings::DATA, value_delimiter = ',', hide_short_help = true))]
    pub category: Vec<String>,
    /// Give columns with missing values an input that says so
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::DATA, hide_short_help = true))]
    pub missing_indicator: bool,
    /// Rows of a CSV file that make one sample
    ///
    /// N rows that follow each other, moments of a log, become a window: the sample that is learned. Its label is that of its rows; a window
    /// whose rows have different labels is left out. A measured value is that of its last row. docs/time-series.md says more.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::DATA, hide_short_help = true))]
    pub window: Option<usize>,
    /// Rows between two windows
    ///
    /// A window starts M rows after the one before; fewer than N make windows overlap. [default: N]
    #[cfg_attr(feature = "clap", arg(long, value_name = "M", help_heading = headings::DATA, hide_short_help = true))]
    pub hop: Option<usize>,
    /// What a window becomes [default: raw]
    ///
    /// raw: its values, channels by time, so that convolutions such as conv16x5 slide along time. stats: of each channel mean, standard
    /// deviation, minimum, maximum, root mean square and zero crossings. spectrum: these and the energy in each octave.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::DATA, hide_short_help = true, value_parser = names::flag::<WindowFeatures>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub features: Option<WindowFeatures>,
    /// Column of a CSV file whose rows belong together
    ///
    /// A recording, a person, a machine: it is no feature, no window crosses a change of its value, and all rows of one value are for
    /// training or all for testing.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN", help_heading = headings::DATA, hide_short_help = true))]
    pub group: Option<String>,
    /// Column of a CSV file that says how much each row counts
    ///
    /// It is no feature. Only the ratios of the weights matter.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN", help_heading = headings::DATA, hide_short_help = true))]
    pub sample_weights: Option<String>,
    /// Whether the first row of a CSV file names the columns
    ///
    /// [default: told from the rows after it]
    #[cfg_attr(feature = "clap", arg(long, value_name = "yes|no", help_heading = headings::DATA, hide_short_help = true, value_parser = names::flag::<HeaderChoice>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub header: Option<HeaderChoice>,
    /// Longest line of a CSV file in bytes [default: 67108864]
    #[cfg_attr(feature = "clap", arg(long, value_name = "BYTES", help_heading = headings::DATA, hide_short_help = true))]
    pub max_line: Option<u64>,
    /// Seed of the split of a CSV file
    ///
    /// It draws the test rows, a fifth of all. [default: 0; compare: another for each trial]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::DATA, hide_short_help = true))]
    pub split_seed: Option<u64>,
    /// How a CSV file is split
    ///
    /// Four fifths are for training, one fifth for testing. random: of all rows. stratified: of the rows of each class. ordered: the last
    /// fifth of the file is for testing. group: whole groups, see --group. blocks: windows that follow each other, none of which shares a
    /// row with one of the other side. [default: random; with --group group, else with --window blocks]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::DATA, hide_short_help = true, value_parser = names::flag::<SplitKind>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub split: Option<SplitKind>,
    /// File of labels for samples that are NumPy arrays or IDX images
    ///
    /// The labels beside an IDX file, and those inside a .npz, are found without it.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE", help_heading = headings::DATA, hide_short_help = true))]
    pub labels: Option<PathBuf>,
    /// File of test rows
    ///
    /// A CSV file, or samples as those of --data. Then all rows of --data are for training.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE", help_heading = headings::DATA))]
    pub test: Option<PathBuf>,
    /// File of labels for the samples of --test
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE", help_heading = headings::DATA, hide_short_help = true))]
    pub test_labels: Option<PathBuf>,
    /// Share of the training rows to judge epochs by
    ///
    /// These rows are not learned from. The result is the network after the epoch that did best on them; the test rows play no part in that
    /// choice. [default: 0, the network after the last epoch]
    #[cfg_attr(feature = "clap", arg(long, value_name = "P", help_heading = headings::DATA, allow_negative_numbers = true))]
    pub validation: Option<f32>,
    /// Shape of a row of a CSV file
    ///
    /// Such as 28x28 or 3x32x32 (channels, height, width): the features are then an image, row by row, and convolutions make sense.
    /// [default: a list of values]
    #[cfg_attr(feature = "clap", arg(long, value_name = "SHAPE", help_heading = headings::DATA, hide_short_help = true))]
    pub shape: Option<SampleShape>,
    /// Hidden layers [default: fc100]
    ///
    /// A word for each layer: fcN is N fully connected neurons, convCkK is C filters of K x K (sS and pP add a stride and a padding),
    /// convCxK is C filters of K moments along the time of windows, norm after either normalises its channels, poolN and avgpoolN are windows
    /// of N x N, globalpool the mean of each map. Such as "fc500", "conv32k5p2 pool2 fc1000", "conv32k3p1 norm pool2 fc100" or "conv16x5 pool2 fc100".
    #[cfg_attr(feature = "clap", arg(long, value_name = "LAYERS", help_heading = headings::NETWORK))]
    pub net: Option<Net>,
    /// Learning rule of the hidden layers [default: drtp]
    ///
    /// docs/rules.md says what each of them does. For the table of a CSV file, classes or measured values, the default is local-error with
    /// a learned readout.
    #[cfg_attr(feature = "clap", arg(long, value_name = "RULE", help_heading = headings::LEARNING, value_parser = names::flag::<Rule>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub rule: Option<Rule>,
    /// Whether the readouts of local-error learn too
    ///
    /// They stay as they were drawn, or learn. [default: fixed]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, hide_short_help = true, value_parser = names::flag::<ReadoutMode>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub readout: Option<ReadoutMode>,
    /// What readouts of convolutions see: pooled (each map's means over 4 x 4 cells) or whole [default: pooled; paper: whole]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, hide_short_help = true, value_parser = names::flag::<ReadoutMaps>()))]
    #[serde(default, deserialize_with = "names::read_if_any")]
    pub readout_maps: Option<ReadoutMaps>,
    /// Where settings not given come from [default: default]
    ///
    /// default: tuned for each rule on rows held back from training. paper: the paper's settings, as its authors' code has them.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, value_parser = names::flag::<Preset>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub preset: Option<Preset>,
    /// Passes over the training rows
    ///
    /// [default: the preset's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::LEARNING))]
    pub epochs: Option<u32>,
    /// Stop after N epochs without a better one
    ///
    /// Judged by the rows of --validation, which it needs. [default: never]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::LEARNING, hide_short_help = true))]
    pub patience: Option<u32>,
    /// How much the rows of each class count [default: none]
    ///
    /// balanced: all classes count the same, however many rows they have. A file: a line for each class, its name, a comma, its weight.
    /// none: each row counts once. Only the ratios of the weights matter.
    #[cfg_attr(feature = "clap", arg(long, value_name = "none|balanced|FILE", help_heading = headings::LEARNING, hide_short_help = true))]
    pub class_weights: Option<ClassWeightsChoice>,
    /// Samples in a batch
    ///
    /// [default: the preset's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::LEARNING))]
    pub batch: Option<usize>,
    /// Learning rate
    ///
    /// [default: the preset's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", help_heading = headings::LEARNING, allow_negative_numbers = true))]
    pub lr: Option<f32>,
    /// Learning rate of the hidden layers
    ///
    /// [default: a multiple of --lr that depends on the rule]
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", help_heading = headings::LEARNING, hide_short_help = true, allow_negative_numbers = true))]
    pub hidden_lr: Option<f32>,
    /// How the learning rates fall
    ///
    /// After n samples they are divided by 1 + X n / 10,000. [default: the preset's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", help_heading = headings::LEARNING, hide_short_help = true, allow_negative_numbers = true))]
    pub lr_decay: Option<f32>,
    /// Optimizer
    ///
    /// [default: the preset's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, value_parser = names::flag::<OptimizerKind>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub optimizer: Option<OptimizerKind>,
    /// Loss
    ///
    /// bce: binary cross-entropy. ce: cross-entropy. mse: mean squared error. [default: the preset's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, hide_short_help = true, value_parser = names::flag::<Loss>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub loss: Option<Loss>,
    /// Nonlinearity of the hidden layers [default: tanh]
    ///
    /// tanh, sigmoid, relu, lrelu (0.01 z below 0), identity. For a CSV file the default is relu under bp and local-error, and for measured values under all rules.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::NETWORK, hide_short_help = true, value_parser = names::flag::<Activation>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub activation: Option<Activation>,
    /// How sums over a batch become steps
    ///
    /// mean: averaged. reference: as in the paper's code, which averages the loss and sums the hidden layers' signals. [default: the
    /// preset's]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, hide_short_help = true, value_parser = names::flag::<Scaling>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub scaling: Option<Scaling>,
    /// Probability of dropout before every dense layer [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "P", help_heading = headings::NETWORK, hide_short_help = true, allow_negative_numbers = true))]
    pub dropout: Option<f32>,
    /// Leave the convolutional layers as they were drawn
    ///
    /// Their features are then made once, and not in every epoch.
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::NETWORK, hide_short_help = true))]
    pub freeze_conv: bool,
    /// Initial weights of the dense layers [default: uniform]
    ///
    /// uniform: drawn. zero: 0, with biases drawn.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::NETWORK, hide_short_help = true, value_parser = names::flag::<Init>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub init: Option<Init>,
    /// Numbers to compute with [default: f32]
    ///
    /// int8 learns in whole numbers, as a microcontroller does.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::NETWORK, hide_short_help = true, value_parser = names::flag::<Arithmetic>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub arithmetic: Option<Arithmetic>,
    /// Bits of an int8 weight while it learns, 8 or 16 [default: 8]
    ///
    /// With 16 a network learns as exactly as in f32, in half its memory. Answers are computed from 8.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::NETWORK, hide_short_help = true))]
    pub weight_bits: Option<u8>,
    /// Mirror training images left to right at random
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::LEARNING, hide_short_help = true))]
    pub flip: bool,
    /// Seed of weights, feedback, order and dropout [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::RUN))]
    pub seed: Option<u64>,
    /// Threads [default: one for each processor]
    ///
    /// The result does not depend on their number.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::RUN, hide_short_help = true))]
    pub threads: Option<usize>,
    /// Spread the layers over the threads [default: auto]
    ///
    /// Under a local rule only. The result does not depend on it.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::RUN, hide_short_help = true, value_parser = names::flag::<PipelineMode>()))]
    #[serde(deserialize_with = "names::read_if_any")]
    pub pipeline: Option<PipelineMode>,
    /// Folder for the checkpoint and the metrics
    #[cfg_attr(feature = "clap", arg(long, value_name = "DIR", help_heading = headings::OUTPUT))]
    pub out: Option<PathBuf>,
    /// Continue the run whose checkpoint is in --out
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::RUN))]
    pub resume: bool,
    /// Measure the angles between teaching signals
    ///
    /// After every epoch: the angle between the rule's teaching signal at each hidden layer and backpropagation's.
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::OUTPUT, hide_short_help = true))]
    pub alignment: bool,
    /// Print one JSON object on standard output at the end
    #[cfg_attr(feature = "clap", arg(long, help_heading = headings::OUTPUT))]
    pub json: bool,
}

impl Options {
    /// Reads a TOML file whose keys are the flags' names.
    ///
    /// # Errors
    /// An unreadable file, or the line and column of an unknown key or a value of the wrong type.
    pub fn from_toml(path: &Path) -> Result<Self, ConfigError> {
        let refused = |error| ConfigError::Read { path: path.into(), error: with_nearest_file(path, error) };
        let text = std::fs::read_to_string(path).map_err(refused)?;
        toml::from_str(&text).map_err(|error: toml::de::Error| {
            let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            let message =
                format!("line {line}, column {column}: {}", with_nearest_field(error.message()).replace('\n', " "));
            ConfigError::Toml { path: path.into(), message }
        })
    }

    /// These options, with those of `file` where nothing was said.
    pub fn over(self, file: Options) -> Options {
        Options {
            data: self.data.or(file.data),
            data_dir: self.data_dir.or(file.data_dir),
            label: self.label.or(file.label),
            task: self.task.or(file.task),
            ignore: if self.ignore.is_empty() { file.ignore } else { self.ignore },
            date: if self.date.is_empty() { file.date } else { self.date },
            category: if self.category.is_empty() { file.category } else { self.category },
            missing_indicator: self.missing_indicator || file.missing_indicator,
            window: self.window.or(file.window),
            hop: self.hop.or(file.hop),
            features: self.features.or(file.features),
            group: self.group.or(file.group),
            sample_weights: self.sample_weights.or(file.sample_weights),
            header: self.header.or(file.header),
            max_line: self.max_line.or(file.max_line),
            split_seed: self.split_seed.or(file.split_seed),
            split: self.split.or(file.split),
            labels: self.labels.or(file.labels),
            test: self.test.or(file.test),
            test_labels: self.test_labels.or(file.test_labels),
            validation: self.validation.or(file.validation),
            shape: self.shape.or(file.shape),
            patience: self.patience.or(file.patience),
            class_weights: self.class_weights.or(file.class_weights),
            net: self.net.or(file.net),
            rule: self.rule.or(file.rule),
            readout: self.readout.or(file.readout),
            readout_maps: self.readout_maps.or(file.readout_maps),
            preset: self.preset.or(file.preset),
            epochs: self.epochs.or(file.epochs),
            batch: self.batch.or(file.batch),
            lr: self.lr.or(file.lr),
            hidden_lr: self.hidden_lr.or(file.hidden_lr),
            lr_decay: self.lr_decay.or(file.lr_decay),
            optimizer: self.optimizer.or(file.optimizer),
            loss: self.loss.or(file.loss),
            activation: self.activation.or(file.activation),
            scaling: self.scaling.or(file.scaling),
            dropout: self.dropout.or(file.dropout),
            freeze_conv: self.freeze_conv || file.freeze_conv,
            init: self.init.or(file.init),
            arithmetic: self.arithmetic.or(file.arithmetic),
            weight_bits: self.weight_bits.or(file.weight_bits),
            flip: self.flip || file.flip,
            alignment: self.alignment || file.alignment,
            seed: self.seed.or(file.seed),
            threads: self.threads.or(file.threads),
            pipeline: self.pipeline.or(file.pipeline),
            out: self.out.or(file.out),
            resume: self.resume || file.resume,
            json: self.json || file.json,
        }
    }
}
