//! Settings as they stand in a checkpoint: [`SavedSettings`].

use crate::settings::choices::Init;
use crate::settings::complete::Settings;
use crate::settings::names::by_name;
use crate::settings::net::Net;
use crate::settings::options::Options;
use openloop_core::store::Arithmetic;
use openloop_core::{Activation, Loss, OptimizerKind, Rule, Scaling};
use serde::{Deserialize, Serialize};

/// [`Settings`] in names and numbers, as they stand in a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedSettings {
    /// Learning rule.
    #[serde(with = "by_name")]
    pub rule: Rule,
    /// Hidden layers.
    pub net: Net,
    /// Samples in a batch.
    pub batch: usize,
    /// Learning rate of the output layer.
    pub lr: f32,
    /// Learning rate of the hidden layers.
    pub hidden_lr: f32,
    /// Decay of both.
    pub lr_decay: f32,
    /// Optimizer.
    #[serde(with = "by_name")]
    pub optimizer: OptimizerKind,
    /// Loss.
    #[serde(with = "by_name")]
    pub loss: Loss,
    /// Activation of the hidden layers.
    #[serde(with = "by_name")]
    pub activation: Activation,
    /// Scaling convention.
    #[serde(with = "by_name")]
    pub scaling: Scaling,
    /// Probability of dropout.
    pub dropout: f32,
    /// Frozen convolutions.
    pub freeze_conv: bool,
    /// How the dense layers' weights start; left out where they are drawn.
    #[serde(default = "uniform", skip_serializing_if = "is_uniform", with = "by_name")]
    pub init: Init,
    /// The numbers that the dense layers compute with; left out where they are f32.
    #[serde(default = "f32", skip_serializing_if = "is_f32", with = "by_name")]
    pub arithmetic: Arithmetic,
    /// Mirrored images.
    pub flip: bool,
    /// Seed.
    pub seed: u64,
}

fn uniform() -> Init {
    Init::Uniform
}

fn is_uniform(init: &Init) -> bool {
    *init == Init::Uniform
}

fn f32() -> Arithmetic {
    Arithmetic::F32
}

fn is_f32(arithmetic: &Arithmetic) -> bool {
    *arithmetic == Arithmetic::F32
}

impl Settings {
    /// The names and numbers that decide a run's bits. The number of epochs is not among them: a run may be lengthened. Nor is
    /// the pipeline, which decides the time alone.
    pub fn saved(&self) -> SavedSettings {
        SavedSettings {
            rule: self.rule,
            net: self.net.without_output(),
            batch: self.batch,
            lr: self.rate,
            hidden_lr: self.hidden_rate,
            lr_decay: self.decay,
            optimizer: self.optimizer,
            loss: self.loss,
            activation: self.activation,
            scaling: self.scaling,
            dropout: self.dropout,
            freeze_conv: self.freeze_conv,
            init: self.init,
            arithmetic: self.arithmetic,
            flip: self.flip,
            seed: self.seed,
        }
    }
}

impl SavedSettings {
    /// The options that ask for exactly this.
    pub fn options(&self) -> Options {
        Options {
            rule: Some(self.rule),
            net: Some(self.net.clone()),
            batch: Some(self.batch),
            lr: Some(self.lr),
            hidden_lr: Some(self.hidden_lr),
            lr_decay: Some(self.lr_decay),
            optimizer: Some(self.optimizer),
            loss: Some(self.loss),
            activation: Some(self.activation),
            scaling: Some(self.scaling),
            dropout: Some(self.dropout),
            freeze_conv: self.freeze_conv,
            init: Some(self.init).filter(|init| !is_uniform(init)),
            arithmetic: Some(self.arithmetic).filter(|arithmetic| !is_f32(arithmetic)),
            flip: self.flip,
            seed: Some(self.seed),
            ..Options::default()
        }
    }
}
