//! How what is asked of a stream becomes a setup and settings that can run.

use super::answer::TargetKind;
use super::baseline::BaselineChoice;
use super::options::StreamOptions;
use super::policy::{Policy, PolicyKind};
use super::scaling::Adaptation;
use super::setup::{OnBadRow, StreamSetup};
use crate::settings::net::Net;
use crate::settings::preset;
use crate::settings::ranges::{at_least_one, probability, within};
use crate::settings::{self, Arithmetic, ConfigError, PipelineMode, Settings};
use openloop_core::Rule;

impl StreamOptions {
    /// Everything about the stream but its network, for such targets.
    ///
    /// # Errors
    /// Names the option, its value and what is allowed.
    pub fn setup(&self, kind: TargetKind) -> Result<StreamSetup, ConfigError> {
        self.check_kind(kind)?;
        let epochs = match kind {
            TargetKind::Classes => 5,
            TargetKind::Values => 20,
            TargetKind::Inputs => 50,
        };
        let rows = |what, value: u64| within((1..=1 << 40).contains(&value), what, value, "from 1 to 2^40");
        let reserve = self.reserve.unwrap_or(0);
        let delay = self.delay.unwrap_or(0);
        Ok(StreamSetup {
            warmup: self.warmup.map(|value| rows("warmup", value)).transpose()?,
            warmup_epochs: at_least_one("warmup-epochs", self.warmup_epochs.unwrap_or(epochs) as usize)? as u32,
            reserve: within(reserve <= 10_000, "reserve", reserve, "at most 10,000")?,
            adaptation: self.standardise.unwrap_or(Adaptation::Online),
            policy: self.policy()?,
            delay: within(delay <= 1_000_000, "delay", delay, "at most 1,000,000 rows")?,
            label_every: rows("label-every", self.label_every.unwrap_or(1))?,
            label_budget: self.labels.budget(kind, self.label_every.unwrap_or(1))?,
            anomaly: self.anomaly.setup(kind, self.label.as_deref())?,
            label_noise: probability("label-noise", self.label_noise.unwrap_or(0.0))?,
            baselines: BaselineChoice::baselines(&self.baselines, kind)?,
            segment_rows: rows("segment-rows", self.segment_rows.unwrap_or(1000))?,
            on_bad_row: self.on_bad_row.unwrap_or(OnBadRow::Skip),
        })
    }

    /// Refuses what makes no sense of such targets.
    fn check_kind(&self, kind: TargetKind) -> Result<(), ConfigError> {
        let refuse = |what, value: String, instead: &str| {
            let targets = kind.described();
            Err(ConfigError::OfOtherTargets { what, value, targets, instead: instead.into() })
        };
        let is_unlabelled = kind == TargetKind::Inputs;
        match self {
            _ if kind == TargetKind::Classes => Ok(()),
            StreamOptions { label_noise: Some(noise), .. } if *noise != 0.0 => {
                refuse("label-noise", noise.to_string(), "0")
            }
            StreamOptions { reserve: Some(reserve), .. } if *reserve > 0 => refuse("reserve", reserve.to_string(), "0"),
            StreamOptions { learn: Some(learn), .. } if is_unlabelled && *learn != PolicyKind::Always => refuse(
                "learn",
                learn.to_string(),
                "always, which learns from every row that is not flagged, or --frozen",
            ),
            StreamOptions { learn: Some(learn @ PolicyKind::LowConfidence), .. } => {
                refuse("learn", learn.to_string(), "always, on-drift or on-error")
            }
            _ if is_unlabelled => self.check_unlabelled(),
            _ => Ok(()),
        }
    }

    /// Refuses what makes no sense where no label is learned from.
    fn check_unlabelled(&self) -> Result<(), ConfigError> {
        let refuse = |what, value: String, instead: &str| {
            let targets = TargetKind::Inputs.described();
            Err(ConfigError::OfOtherTargets { what, value, targets, instead: instead.into() })
        };
        match self {
            StreamOptions { delay: Some(delay), .. } if *delay > 0 => refuse("delay", delay.to_string(), "0"),
            StreamOptions { label_every: Some(every), .. } if *every != 1 => {
                refuse("label-every", every.to_string(), "1")
            }
            StreamOptions { labels, .. } if labels.label_budget.is_some_and(|share| share != 1.0) => {
                refuse("label-budget", labels.label_budget.unwrap_or_default().to_string(), "1")
            }
            StreamOptions { labels, .. } if labels.ask.is_some() => {
                refuse("ask", labels.ask.unwrap_or_default().to_string(), "none")
            }
            StreamOptions { standardise: Some(off @ Adaptation::Off), .. } => {
                refuse("standardise", off.to_string(), "online or warmup: the score of a row is in deviations")
            }
            StreamOptions { arithmetic: Some(int8 @ Arithmetic::Int8), .. } => {
                refuse("arithmetic", int8.to_string(), "f32")
            }
            _ => Ok(()),
        }
    }

    fn policy(&self) -> Result<Policy, ConfigError> {
        let confidence = self.confidence.unwrap_or(0.9);
        let confidence = within((0.0..=1.0).contains(&confidence), "confidence", confidence, "from 0 to 1")?;
        Ok(match self.learn.unwrap_or(PolicyKind::Always) {
            _ if self.frozen => Policy::Never,
            PolicyKind::Always => Policy::Always,
            PolicyKind::OnDrift => Policy::OnDrift,
            PolicyKind::OnError => Policy::OnError,
            PolicyKind::LowConfidence => Policy::LowConfidence(confidence),
        })
    }

    /// How the network learns such targets from rows of so many inputs.
    ///
    /// # Errors
    /// Names the option, its value and what is allowed.
    pub fn settings(&self, kind: TargetKind, inputs: usize) -> Result<Settings, ConfigError> {
        let is_integer = self.arithmetic == Some(Arithmetic::Int8);
        let usual = match kind {
            TargetKind::Classes if is_integer => Rule::Drtp,
            _ => Rule::LocalErrorLearned,
        };
        let asked = settings::Options {
            rule: self.rule,
            readout: self.readout,
            lr: self.lr,
            hidden_lr: self.hidden_lr,
            optimizer: self.optimizer,
            activation: self.activation,
            arithmetic: self.arithmetic,
            seed: Some(self.seed()),
            pipeline: Some(PipelineMode::Off),
            ..settings::Options::default()
        };
        // the middle is narrower than a row, so that not every row can pass
        let units = if kind == TargetKind::Inputs { inputs.div_ceil(2).max(1) } else { 64 };
        let net = self.net.clone().unwrap_or_else(|| Net::dense(units));
        let rule = asked.rule_or(usual)?;
        let preset = match kind {
            TargetKind::Values => preset::STREAM_VALUES,
            TargetKind::Inputs => preset::STREAM_INPUTS,
            TargetKind::Classes => preset::stream(rule, is_integer, self.optimizer, inputs),
        };
        if kind != TargetKind::Classes && rule.needs_labels() {
            let (data, others) = (self.data().into(), settings::rules_for_values());
            return Err(ConfigError::NeedsClasses { data, rule: rule.name(), others });
        }
        asked.over_defaults(rule, net, &preset)
    }
}
