//! Settings that can run: [`Settings`] are complete and checked. [`Options::complete`] makes them of what was said: it checks it and
//! fills the rest from the preset.

use crate::data::DataSet;
use crate::settings::choices::{Init, PipelineMode, Preset, Readout};
use crate::settings::error::ConfigError;
use crate::settings::int8;
use crate::settings::net::{Net, Style};
use crate::settings::options::Options;
use crate::settings::preset::{self, Defaults};
use crate::settings::ranges::{at_least_one, not_negative, positive, probability};
use openloop_core::store::Arithmetic;
use openloop_core::{Activation, Layer, Loss, OptimizerKind, Rule, Scaling, Shape};

/// A complete description of a training run, but for its data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
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

impl Options {
    /// Complete, checked settings for `data`.
    ///
    /// # Errors
    /// Names the option, its value and what is allowed.
    pub fn complete(&self, data: &DataSet) -> Result<Settings, ConfigError> {
        let rule = self.rule_with_readout()?;
        let net = self.net.clone().unwrap_or_else(|| Net::dense(100));
        let is_int8 = self.arithmetic == Some(Arithmetic::Int8);
        let defaults = match self.preset.unwrap_or_default() {
            Preset::Default if is_int8 => preset::integer(rule, data),
            Preset::Default => preset::default(rule, data),
            Preset::Paper if is_int8 => {
                let (value, range) = (Preset::Paper.name().into(), Preset::Default.name());
                return Err(ConfigError::Integer { what: "preset", value, range });
            }
            Preset::Paper => preset::paper(rule, data, &net, self.freeze_conv),
        };
        let settings = self.over_defaults(rule, net, &defaults)?;
        settings.check(data)?;
        Ok(settings)
    }

    /// The rule, `local-error` with the readout asked for.
    pub(crate) fn rule_with_readout(&self) -> Result<Rule, ConfigError> {
        match (self.rule.unwrap_or(Rule::Drtp), self.readout) {
            (rule, None) => Ok(rule),
            (Rule::LocalError, Some(Readout::Fixed)) => Ok(Rule::LocalError),
            (Rule::LocalError | Rule::LocalErrorLearned, Some(Readout::Learned)) => Ok(Rule::LocalErrorLearned),
            (rule, Some(readout)) => {
                Err(ConfigError::Readout { rule: rule.name().into(), readout: readout.name().into() })
            }
        }
    }

    /// What was said, and where nothing was, `defaults`; numbers are in their ranges.
    pub(crate) fn over_defaults(&self, rule: Rule, net: Net, defaults: &Defaults) -> Result<Settings, ConfigError> {
        let rate = self.lr.unwrap_or(defaults.rate);
        Ok(Settings {
            rule,
            epochs: at_least_one("epochs", self.epochs.unwrap_or(defaults.epochs) as usize)? as u32,
            batch: at_least_one("batch", self.batch.unwrap_or(defaults.batch))?,
            rate: positive("lr", rate)?,
            hidden_rate: positive("hidden-lr", self.hidden_lr.unwrap_or(rate * defaults.hidden_ratio))?,
            decay: not_negative("lr-decay", self.lr_decay.unwrap_or(defaults.decay))?,
            optimizer: self.optimizer.unwrap_or(defaults.optimizer),
            loss: self.loss.unwrap_or(defaults.loss),
            activation: self.activation.unwrap_or(defaults.activation),
            scaling: self.scaling.unwrap_or(defaults.scaling),
            dropout: probability("dropout", self.dropout.unwrap_or(0.0))?,
            freeze_conv: self.freeze_conv,
            init: self.init.unwrap_or(defaults.init),
            arithmetic: self.arithmetic.unwrap_or(Arithmetic::F32),
            flip: self.flip,
            seed: self.seed.unwrap_or(0),
            pipeline: self.pipeline.unwrap_or_default(),
            net,
        })
    }
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

    /// How many layers at the front are frozen: those before the first dense one, if they are to stay as they were drawn.
    pub fn frozen_layers(&self) -> usize {
        frozen_layers(&self.net, self.freeze_conv)
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
        if self.freeze_conv && self.frozen_layers() == 0 {
            return Err(ConfigError::NothingToFreeze { net: self.net.to_string() });
        }
        if self.flip && data.shape.height == 1 {
            return Err(ConfigError::NoImages { data: data.name.clone() });
        }
        let network = |error| ConfigError::Network { net: self.net.to_string(), data: data.name.clone(), error };
        let checked = openloop_core::Spec { layers: &layers, loss: self.loss }.check().map_err(network)?;
        let regression = data.classes.is_empty();
        if self.arithmetic == Arithmetic::Int8 {
            int8::check(self, &checked, regression)?;
        }
        let targets =
            if regression { openloop_core::Targets::Values(&[]) } else { openloop_core::Targets::Labels(&[]) };
        checked.check_targets(self.rule, &targets).map_err(network)
    }
}

/// How many layers at the front of a net are frozen.
pub(super) fn frozen_layers(net: &Net, freeze_conv: bool) -> usize {
    if freeze_conv { net.front() } else { 0 }
}
