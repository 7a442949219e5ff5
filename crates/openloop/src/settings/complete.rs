//! From the options given to settings that can run: [`Options::complete`] fills the rest from the preset and checks the whole.

use crate::data::{DataSet, SplitKind};
use crate::settings::choices::{PipelineMode, Preset, ReadoutMaps, ReadoutMode};
use crate::settings::class_weights::ClassWeights;
use crate::settings::error::ConfigError;
use crate::settings::int8;
use crate::settings::net::Net;
use crate::settings::options::Options;
use crate::settings::preset::{self, Defaults};
use crate::settings::ranges::{at_least_one, not_negative, positive, probability};
use crate::settings::run_settings::Settings;
use openloop_core::Rule;
use openloop_core::store::Arithmetic;

impl Options {
    /// Complete, checked settings for `data`.
    ///
    /// # Errors
    /// Names the option, its value and what is allowed.
    pub fn complete(&self, data: &DataSet) -> Result<Settings, ConfigError> {
        let rule = self.rule_or(self.default_rule(data))?;
        let net = self.net.clone().unwrap_or_else(|| Net::dense(100));
        let is_int8 = self.arithmetic == Some(Arithmetic::Int8);
        let defaults = match self.preset.unwrap_or_default() {
            Preset::Default if is_int8 => preset::integer(rule, data, self.freeze_conv),
            Preset::Default if net.has_norm() => preset::normalised(rule, data, self.batch == Some(1)),
            Preset::Default => preset::default(rule, data, !net.has_convolution()),
            Preset::Paper if is_int8 => {
                let (value, range) = (Preset::Paper.name().into(), Preset::Default.name());
                return Err(ConfigError::Integer { what: "preset", value, range });
            }
            Preset::Paper => preset::paper(rule, data, &net, self.freeze_conv),
        };
        let columns = data.columns.as_ref();
        let usual = SplitKind::usual(
            columns.is_some_and(|columns| columns.group().is_some()),
            columns.is_some_and(|columns| columns.windows().is_some()),
        );
        let split = self.split.unwrap_or(usual);
        let mut settings = Settings { split, ..self.over_defaults(rule, net, &defaults)? };
        if let Some(choice) = &self.class_weights {
            settings.class_weights = ClassWeights::of(choice, &data.name, &data.classes)?;
        }
        settings.check(data)?;
        Ok(settings)
    }

    /// The rule where none is asked for. For measured values, and for the classes of a user's own data, it is the local rule that did
    /// best on held-back rows; elsewhere it is drtp, the rule that this program is about.
    fn default_rule(&self, data: &DataSet) -> Rule {
        let is_own_table = data.is_own() && self.preset.unwrap_or_default() == Preset::Default;
        let is_int8 = self.arithmetic == Some(Arithmetic::Int8);
        match data.classes.is_empty() || (is_own_table && !is_int8) {
            true => Rule::LocalErrorLearned,
            false => Rule::Drtp,
        }
    }

    /// The rule asked for, or `default`; `local-error` with the readout asked for.
    pub(crate) fn rule_or(&self, default: Rule) -> Result<Rule, ConfigError> {
        match (self.rule.unwrap_or(default), self.readout) {
            (rule, None) => Ok(rule),
            (Rule::LocalErrorLearned, Some(ReadoutMode::Fixed)) if self.rule.is_none() => Ok(Rule::LocalError),
            (Rule::LocalError, Some(ReadoutMode::Fixed)) => Ok(Rule::LocalError),
            (Rule::LocalError | Rule::LocalErrorLearned, Some(ReadoutMode::Learned)) => Ok(Rule::LocalErrorLearned),
            (rule, Some(readout)) => {
                Err(ConfigError::Readout { rule: rule.name().into(), readout: readout.name().into() })
            }
        }
    }

    /// What readouts of the net's convolutions see; only a rule that reads one which learns has any.
    fn readout_maps_of(&self, rule: Rule, net: &Net) -> ReadoutMaps {
        let are_read = rule.reads_layers() && net.has_convolution() && !self.freeze_conv;
        let usual = if self.preset == Some(Preset::Paper) { ReadoutMaps::Whole } else { ReadoutMaps::Pooled };
        if are_read { self.readout_maps.unwrap_or(usual) } else { ReadoutMaps::Whole }
    }

    /// 8 or 16; in f32 nothing may be asked for.
    fn weight_bits_of_int8(&self) -> Result<u8, ConfigError> {
        match (self.weight_bits, self.arithmetic) {
            (None, _) => Ok(8),
            (Some(bits @ (8 | 16)), Some(Arithmetic::Int8)) => Ok(bits),
            (Some(bits), arithmetic) => {
                let is_int8 = arithmetic == Some(Arithmetic::Int8);
                let range = if is_int8 { "8 or 16" } else { "left out, or beside --arithmetic int8" };
                Err(ConfigError::Range { what: "weight-bits", value: bits.to_string(), range })
            }
        }
    }

    /// The options given, with `defaults` for the rest; numbers are checked.
    pub(crate) fn over_defaults(&self, rule: Rule, net: Net, defaults: &Defaults) -> Result<Settings, ConfigError> {
        let rate = self.lr.unwrap_or(defaults.rate);
        let readout_maps = self.readout_maps_of(rule, &net);
        Ok(Settings {
            rule,
            readout_maps,
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
            weight_bits: self.weight_bits_of_int8()?,
            flip: self.flip,
            seed: self.seed.unwrap_or(0),
            split_seed: self.split_seed.unwrap_or(0),
            split: self.split.unwrap_or_default(),
            test: self.test.clone(),
            labels: [self.labels.clone(), self.test_labels.clone()],
            validation: probability("validation", self.validation.unwrap_or(0.0))?,
            patience: self
                .patience
                .map(|epochs| at_least_one("patience", epochs as usize))
                .transpose()?
                .map(|epochs| epochs as u32),
            class_weights: None,
            pipeline: self.pipeline.unwrap_or_default(),
            net,
        })
    }
}

/// The rules that learn measured values.
pub(crate) fn rules_for_values() -> String {
    let names = Rule::ALL.iter().filter(|rule| !rule.needs_labels()).map(|rule| rule.name());
    names.collect::<Vec<_>>().join(", ")
}

impl Settings {
    fn check(&self, data: &DataSet) -> Result<(), ConfigError> {
        if self.patience.is_some() && self.validation == 0.0 {
            return Err(ConfigError::NoValidation);
        }
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
        if self.freeze_conv && self.net.has_norm() {
            return Err(ConfigError::FrozenNorm { net: self.net.to_string() });
        }
        if self.flip && (data.shape.height == 1 || data.shape.width == 1) {
            return Err(ConfigError::NoImages { data: data.name.clone() });
        }
        let network = |error| ConfigError::Network { net: self.net.to_string(), data: data.name.clone(), error };
        let checked = openloop_core::Spec { layers: &layers, loss: self.loss }.check().map_err(network)?;
        let regression = data.classes.is_empty();
        if self.arithmetic == Arithmetic::Int8 && !data.train.weights.is_empty() {
            let (value, range) = ("given".into(), "left out: every sample counts once");
            return Err(ConfigError::Integer { what: "sample-weights", value, range });
        }
        if self.arithmetic == Arithmetic::Int8 {
            int8::check(self, &checked, regression)?;
        }
        if regression && self.rule.needs_labels() {
            return Err(ConfigError::NeedsClasses {
                data: data.name.clone(),
                rule: self.rule.name(),
                others: rules_for_values(),
            });
        }
        let targets =
            if regression { openloop_core::Targets::Values(&[]) } else { openloop_core::Targets::Labels(&[]) };
        checked.check_targets(self.rule, &targets).map_err(network)
    }
}
