//! What a user asks for, in flags or in a TOML file, and how it becomes settings that can run.
//!
//! [`Options`] holds only what was said; [`Options::settle`] checks it, fills the rest from the preset and gives
//! [`Settings`], which are complete. The flags and the keys of a TOML file are the same names.

use crate::data::DataSet;
use crate::learner::int8 as integer;
use crate::settings::names;
use crate::settings::net::{Net, NetError, Style};
use crate::settings::preset;
pub use openloop_core::store::Arithmetic;
use openloop_core::{Activation, Layer, Loss, Named, OptimizerKind, Rule, Scaling, Shape};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What can be asked of a training run. Everything left out comes from the preset.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Options {
    /// Data set by name, or a CSV file [default: digits]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME|FILE.csv"))]
    pub data: Option<String>,
    /// Folder that holds the data sets [default: OPENLOOP_DATA, else the platform's data folder]
    #[cfg_attr(feature = "clap", arg(long, value_name = "DIR"))]
    pub data_dir: Option<PathBuf>,
    /// Label column of a CSV file [default: one called label, class or target, else the last]
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN"))]
    pub label: Option<String>,
    /// Hidden layers, such as "fc500" or "conv32k5p2 pool2 fc1000" [default: fc100]
    #[cfg_attr(feature = "clap", arg(long, value_name = "SPEC"))]
    pub net: Option<String>,
    /// Learning rule of the hidden layers [default: drtp]
    #[cfg_attr(feature = "clap", arg(long, value_parser = Rule::ALL.map(Rule::name)))]
    pub rule: Option<String>,
    /// Whether the readouts of local-error stay as they were drawn or learn too [default: fixed]
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["fixed", "learned"]))]
    pub readout: Option<String>,
    /// Where settings not given come from: tuned ones, or the paper's [default: default]
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["default", "paper"]))]
    pub preset: Option<String>,
    /// Passes over the training rows
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub epochs: Option<u32>,
    /// Samples in a batch
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub batch: Option<usize>,
    /// Learning rate
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", allow_negative_numbers = true))]
    pub lr: Option<f32>,
    /// Learning rate of the hidden layers [default: a multiple of --lr that depends on the rule]
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", allow_negative_numbers = true))]
    pub hidden_lr: Option<f32>,
    /// After n samples the learning rates are divided by 1 + X n / 10,000
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", allow_negative_numbers = true))]
    pub lr_decay: Option<f32>,
    /// Optimizer
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["sgd", "momentum", "nesterov", "adam", "rmsprop"]))]
    pub optimizer: Option<String>,
    /// Loss: binary cross-entropy, cross-entropy or mean squared error
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["bce", "ce", "mse"]))]
    pub loss: Option<String>,
    /// Nonlinearity of the hidden layers [default: tanh]
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["tanh", "sigmoid", "relu", "identity"]))]
    pub activation: Option<String>,
    /// How sums over a batch become steps: averaged, or as in the paper's code
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["mean", "reference"]))]
    pub scaling: Option<String>,
    /// Probability of dropout before every dense layer [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "P", allow_negative_numbers = true))]
    pub dropout: Option<f32>,
    /// Leave the convolutional layers as they were drawn: their features are made once
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub freeze_conv: bool,
    /// Initial weights of the dense layers: drawn, or 0 with biases drawn [default: uniform]
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["uniform", "zero"]))]
    pub init: Option<String>,
    /// Numbers to compute with: int8 learns in whole numbers, as a microcontroller does [default: f32]
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["f32", "int8"]))]
    pub arithmetic: Option<String>,
    /// Mirror training images left to right at random
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub flip: bool,
    /// Measure after every epoch the angle between the rule's teaching signals and backpropagation's
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub alignment: bool,
    /// Seed of weights, feedback, order and dropout [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub seed: Option<u64>,
    /// Threads; the result does not depend on it [default: one for each processor]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub threads: Option<usize>,
    /// Spread the layers over the threads, under a local rule; the result does not depend on it [default: auto]
    #[cfg_attr(feature = "clap", arg(long, value_parser = ["auto", "on", "off"]))]
    pub pipeline: Option<String>,
    /// Folder for the checkpoint and the metrics
    #[cfg_attr(feature = "clap", arg(long, value_name = "DIR"))]
    pub out: Option<PathBuf>,
    /// Continue the run whose checkpoint is in --out
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub resume: bool,
    /// Print one JSON object on standard output at the end
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub json: bool,
}

/// What is wrong with a request.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A name that is not on the list.
    #[error("{what} \"{name}\" is unknown; known are: {known}")]
    Name {
        /// What it should be.
        what: &'static str,
        /// The name given.
        name: String,
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

impl Options {
    /// Reads a TOML file whose keys are the flags' names.
    ///
    /// # Errors
    /// An unreadable file, or the line and column of an unknown key or a value of the wrong type.
    pub fn from_toml(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Read { path: path.into(), error })?;
        toml::from_str(&text).map_err(|error: toml::de::Error| {
            let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            let message = format!("line {line}, column {column}: {}", error.message().replace('\n', " "));
            ConfigError::Toml { path: path.into(), message }
        })
    }

    /// These options, with those of `file` where nothing was said.
    pub fn over(self, file: Options) -> Options {
        Options {
            data: self.data.or(file.data),
            data_dir: self.data_dir.or(file.data_dir),
            label: self.label.or(file.label),
            net: self.net.or(file.net),
            rule: self.rule.or(file.rule),
            readout: self.readout.or(file.readout),
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

    /// The data set asked for.
    pub fn data_request(&self) -> crate::data::Request<'_> {
        crate::data::Request {
            name: self.data.as_deref().unwrap_or("digits"),
            folder: self.data_dir.as_deref(),
            label: self.label.as_deref(),
        }
    }

    /// Complete, checked settings for `data`.
    ///
    /// # Errors
    /// Names the option, its value and what is allowed.
    pub fn settle(&self, data: &DataSet) -> Result<Settings, ConfigError> {
        let rule = with_readout(choice(&self.rule, Rule::Drtp)?, self.readout.as_deref())?;
        let net: Net = self.net.as_deref().unwrap_or("fc100").parse()?;
        let arithmetic = choice(&self.arithmetic, Arithmetic::F32)?;
        let defaults = match self.preset.as_deref().unwrap_or("default") {
            "default" if arithmetic == Arithmetic::Int8 => preset::integer(rule, data),
            "default" => preset::default(rule, data),
            "paper" if arithmetic == Arithmetic::Int8 => {
                let (value, range) = ("paper".into(), "default");
                return Err(ConfigError::Integer { what: "preset", value, range });
            }
            "paper" => preset::paper(rule, data, &net, self.freeze_conv),
            name => {
                let known = "default, paper".into();
                return Err(ConfigError::Name { what: "preset", name: name.into(), known });
            }
        };
        let rate = self.lr.unwrap_or(defaults.rate);
        let settings = Settings {
            rule,
            epochs: at_least_one("epochs", self.epochs.unwrap_or(defaults.epochs) as usize)? as u32,
            batch: at_least_one("batch", self.batch.unwrap_or(defaults.batch))?,
            rate: positive("lr", rate)?,
            hidden_rate: positive("hidden-lr", self.hidden_lr.unwrap_or(rate * defaults.hidden_ratio))?,
            decay: not_negative("lr-decay", self.lr_decay.unwrap_or(defaults.decay))?,
            optimizer: choice(&self.optimizer, defaults.optimizer)?,
            loss: choice(&self.loss, defaults.loss)?,
            activation: choice(&self.activation, defaults.activation)?,
            scaling: choice(&self.scaling, defaults.scaling)?,
            dropout: probability("dropout", self.dropout.unwrap_or(0.0))?,
            freeze_conv: self.freeze_conv,
            init: choice(&self.init, defaults.init)?,
            arithmetic,
            flip: self.flip,
            seed: self.seed.unwrap_or(0),
            pipeline: choice(&self.pipeline, PipelineMode::Auto)?,
            net,
        };
        settings.check(data)?;
        Ok(settings)
    }
}

/// How the weights of dense layers start. Biases, and the filters of convolutions, are always drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// Drawn: [`openloop_core::initialize`].
    Uniform,
    /// All 0, as the paper has it for fa, dfa and sdfa on its synthetic tasks.
    Zero,
}

openloop_core::named!(Init: "init" { Uniform = "uniform", Zero = "zero" });

/// Whether layers are spread over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PipelineMode {
    /// Where it is expected to be faster.
    #[default]
    Auto,
    /// Wherever the rule allows it and there are two layers to spread.
    On,
    /// Never.
    Off,
}

openloop_core::named!(PipelineMode: "pipeline" { Auto = "auto", On = "on", Off = "off" });

/// A complete description of a training run, but for its data.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Learning rule of the hidden layers.
    pub rule: Rule,
    /// Hidden layers.
    pub net: Net,
    /// Passes over the training rows.
    pub epochs: u32,
    /// Samples in a batch.
    pub batch: usize,
    /// Learning rate of the output layer.
    pub rate: f32,
    /// Learning rate of the hidden layers.
    pub hidden_rate: f32,
    /// After n samples both rates are divided by 1 + decay n / 10,000.
    pub decay: f32,
    /// The optimizer.
    pub optimizer: OptimizerKind,
    /// The loss.
    pub loss: Loss,
    /// Of the hidden layers.
    pub activation: Activation,
    /// How sums over a batch become steps.
    pub scaling: Scaling,
    /// Probability of dropout before every dense layer.
    pub dropout: f32,
    /// Whether the layers before the first dense one stay as they were drawn.
    pub freeze_conv: bool,
    /// How the dense layers' weights start.
    pub init: Init,
    /// The numbers that the dense layers compute with.
    pub arithmetic: Arithmetic,
    /// Whether training images are mirrored at random.
    pub flip: bool,
    /// Seed of everything random.
    pub seed: u64,
    /// Whether layers are spread over threads.
    pub pipeline: PipelineMode,
}

/// [`Settings`] in names and numbers, as they stand in a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Learning rule.
    pub rule: String,
    /// Hidden layers.
    pub net: String,
    /// Samples in a batch.
    pub batch: usize,
    /// Learning rate of the output layer.
    pub lr: f32,
    /// Learning rate of the hidden layers.
    pub hidden_lr: f32,
    /// Decay of both.
    pub lr_decay: f32,
    /// Optimizer.
    pub optimizer: String,
    /// Loss.
    pub loss: String,
    /// Activation of the hidden layers.
    pub activation: String,
    /// Scaling convention.
    pub scaling: String,
    /// Probability of dropout.
    pub dropout: f32,
    /// Frozen convolutions.
    pub freeze_conv: bool,
    /// How the dense layers' weights start; left out where they are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// The numbers that the dense layers compute with; left out where they are f32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<String>,
    /// Mirrored images.
    pub flip: bool,
    /// Seed.
    pub seed: u64,
}

impl Settings {
    /// The chain of layers for `data`.
    ///
    /// # Errors
    /// A network that does not fit the data.
    pub fn layers(&self, data: &DataSet) -> Result<Vec<Layer>, ConfigError> {
        self.layers_for(data.shape, data.outputs)
    }

    /// The chain of layers for samples of shape `input` and that many outputs.
    ///
    /// # Errors
    /// A network that does not fit them.
    pub fn layers_for(&self, input: Shape, outputs: usize) -> Result<Vec<Layer>, ConfigError> {
        let style = Style { activation: self.activation, dropout: self.dropout, loss: self.loss };
        Ok(self.net.layers(input, outputs, &style)?)
    }

    /// The core's part of the settings.
    pub fn training(&self) -> openloop_core::Training {
        openloop_core::Training {
            rule: self.rule,
            optimizer: self.optimizer.optimizer(),
            scaling: self.scaling,
            seed: self.seed,
        }
    }

    /// How many layers at the front are frozen.
    pub fn front(&self) -> usize {
        if self.freeze_conv { self.net.front() } else { 0 }
    }

    /// The names and numbers that decide a run's bits. The number of epochs is not among them: a run may be lengthened. Nor is
    /// the pipeline, which decides the time alone.
    pub fn written(&self) -> Written {
        Written {
            rule: self.rule.name().into(),
            net: self.net.to_string(),
            batch: self.batch,
            lr: self.rate,
            hidden_lr: self.hidden_rate,
            lr_decay: self.decay,
            optimizer: self.optimizer.name().into(),
            loss: self.loss.name().into(),
            activation: self.activation.name().into(),
            scaling: self.scaling.name().into(),
            dropout: self.dropout,
            freeze_conv: self.freeze_conv,
            init: (self.init != Init::Uniform).then(|| self.init.name().into()),
            arithmetic: (self.arithmetic != Arithmetic::F32).then(|| self.arithmetic.name().into()),
            flip: self.flip,
            seed: self.seed,
        }
    }

    fn check(&self, data: &DataSet) -> Result<(), ConfigError> {
        let layers = self.layers(data)?;
        if self.pipeline == PipelineMode::On && !self.rule.is_local() {
            let reason = format!("under rule \"{}\" a layer waits for the output's error", self.rule.name());
            return Err(ConfigError::NoPipeline { reason });
        }
        if self.pipeline == PipelineMode::On && self.arithmetic == Arithmetic::Int8 {
            return Err(ConfigError::NoPipeline { reason: "int8 arithmetic learns on one thread".into() });
        }
        if self.freeze_conv && self.front() == 0 {
            return Err(ConfigError::NothingToFreeze { net: self.net.to_string() });
        }
        if self.flip && data.shape.height == 1 {
            return Err(ConfigError::NoImages { data: data.name.clone() });
        }
        let network = |error| ConfigError::Network { net: self.net.to_string(), data: data.name.clone(), error };
        let checked = openloop_core::Spec { layers: &layers, loss: self.loss }.check().map_err(network)?;
        let regression = data.classes.is_empty();
        if self.arithmetic == Arithmetic::Int8 {
            integer::check(self, &checked, regression)?;
        }
        let targets =
            if regression { openloop_core::Targets::Values(&[]) } else { openloop_core::Targets::Labels(&[]) };
        checked.check_targets(self.rule, &targets).map_err(network)
    }
}

impl Written {
    /// The options that ask for exactly this.
    pub fn options(&self) -> Options {
        Options {
            rule: Some(self.rule.clone()),
            net: Some(self.net.clone()),
            batch: Some(self.batch),
            lr: Some(self.lr),
            hidden_lr: Some(self.hidden_lr),
            lr_decay: Some(self.lr_decay),
            optimizer: Some(self.optimizer.clone()),
            loss: Some(self.loss.clone()),
            activation: Some(self.activation.clone()),
            scaling: Some(self.scaling.clone()),
            dropout: Some(self.dropout),
            freeze_conv: self.freeze_conv,
            init: self.init.clone(),
            arithmetic: self.arithmetic.clone(),
            flip: self.flip,
            seed: Some(self.seed),
            ..Options::default()
        }
    }
}

/// `local-error` with the readout asked for.
pub(crate) fn with_readout(rule: Rule, readout: Option<&str>) -> Result<Rule, ConfigError> {
    match (rule, readout) {
        (rule, None) => Ok(rule),
        (Rule::LocalError, Some("fixed")) => Ok(Rule::LocalError),
        (Rule::LocalError | Rule::LocalErrorLearned, Some("learned")) => Ok(Rule::LocalErrorLearned),
        (Rule::LocalError, Some(name)) => {
            let known = "fixed, learned".into();
            Err(ConfigError::Name { what: "readout", name: name.into(), known })
        }
        (rule, Some(name)) => Err(ConfigError::Readout { rule: rule.name().into(), readout: name.into() }),
    }
}

/// The thing called `name`, or `default` where no name was given.
pub(crate) fn choice<T: Named>(name: &Option<String>, default: T) -> Result<T, ConfigError> {
    name.as_deref().map_or(Ok(default), names::parse)
}

pub(crate) fn within<T: std::fmt::Display>(
    ok: bool,
    what: &'static str,
    value: T,
    range: &'static str,
) -> Result<T, ConfigError> {
    if ok { Ok(value) } else { Err(ConfigError::Range { what, value: value.to_string(), range }) }
}

pub(crate) fn at_least_one(what: &'static str, value: usize) -> Result<usize, ConfigError> {
    within((1..=100_000_000).contains(&value), what, value, "from 1 to 100,000,000")
}

pub(crate) fn positive(what: &'static str, value: f32) -> Result<f32, ConfigError> {
    within(value > 0.0 && value.is_finite(), what, value, "a number greater than 0")
}

pub(crate) fn not_negative(what: &'static str, value: f32) -> Result<f32, ConfigError> {
    within(value >= 0.0 && value.is_finite(), what, value, "0 or greater")
}

pub(crate) fn probability(what: &'static str, value: f32) -> Result<f32, ConfigError> {
    within((0.0..1.0).contains(&value), what, value, "at least 0 and less than 1")
}
