//! Settings as they stand in a checkpoint: [`SavedSettings`].

use crate::data::{SplitChoice, SplitKind};
use crate::settings::choices::{Init, ReadoutMaps};
use crate::settings::class_weights::{ClassWeights, ClassWeightsChoice};
use crate::settings::names::by_name;
use crate::settings::net::Net;
use crate::settings::options::Options;
use crate::settings::run_settings::{Settings, frozen_layers};
use openloop_core::store::Arithmetic;
use openloop_core::{Activation, Loss, OptimizerKind, Rule, Scaling};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// [`Settings`] in names and numbers, as they stand in a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SavedSettings {
    /// Learning rule.
    #[serde(with = "by_name")]
    pub rule: Rule,
    /// Hidden layers.
    pub net: Net,
    /// What readouts of convolutions see; left out where it is all of them.
    #[serde(default, skip_serializing_if = "is_whole", with = "by_name")]
    pub readout_maps: ReadoutMaps,
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
    /// Bits of an int8 weight while it learned; left out where they are 8.
    #[serde(default = "eight", skip_serializing_if = "is_eight")]
    pub weight_bits: u8,
    /// Mirrored images.
    pub flip: bool,
    /// Seed.
    pub seed: u64,
    /// Seed of the split; left out where it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub split_seed: u64,
    /// How a CSV file was split; left out where it was random.
    #[serde(default, skip_serializing_if = "is_random", with = "by_name")]
    pub split: SplitKind,
    /// The CSV file of test rows; left out where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    /// The file of the samples' labels; left out where none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<PathBuf>,
    /// The file of the test samples' labels; left out where none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_labels: Option<PathBuf>,
    /// The share of the training rows that epochs were judged by; left out where it is 0.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub validation: f32,
    /// Epochs without a better one after which the run ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<u32>,
    /// How much the rows of each class counted; left out where each counted once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<ClassWeights>,
}

fn is_whole(maps: &ReadoutMaps) -> bool {
    *maps == ReadoutMaps::Whole
}

fn is_nothing(share: &f32) -> bool {
    *share == 0.0
}

fn is_random(split: &SplitKind) -> bool {
    *split == SplitKind::Random
}

impl SavedSettings {
    /// How the rows of a table were split.
    pub fn split_choice(&self) -> SplitChoice {
        SplitChoice { kind: self.split, seed: self.split_seed }
    }
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

fn eight() -> u8 {
    8
}

fn is_eight(bits: &u8) -> bool {
    *bits == 8
}

fn is_zero(seed: &u64) -> bool {
    *seed == 0
}

impl Settings {
    /// The names and numbers that decide a run's bits. The number of epochs is not among them: a run may be lengthened. Nor is
    /// the pipeline, which decides the time alone.
    pub fn saved(&self) -> SavedSettings {
        SavedSettings {
            rule: self.rule,
            net: self.net.without_output(),
            readout_maps: self.readout_maps,
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
            weight_bits: self.weight_bits,
            flip: self.flip,
            seed: self.seed,
            split_seed: self.split_seed,
            split: self.split,
            test: self.test.clone(),
            labels: self.labels[0].clone(),
            test_labels: self.labels[1].clone(),
            validation: self.validation,
            patience: self.patience,
            class_weights: self.class_weights.clone(),
        }
    }
}

impl SavedSettings {
    /// How many layers at the front are frozen.
    pub fn frozen_layers(&self) -> usize {
        frozen_layers(&self.net, self.freeze_conv)
    }

    /// The options that ask for exactly this.
    pub fn options(&self) -> Options {
        Options {
            rule: Some(self.rule),
            net: Some(self.net.clone()),
            readout_maps: Some(self.readout_maps),
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
            weight_bits: Some(self.weight_bits).filter(|bits| !is_eight(bits)),
            flip: self.flip,
            seed: Some(self.seed),
            split_seed: Some(self.split_seed).filter(|seed| *seed != 0),
            split: Some(self.split).filter(|split| *split != SplitKind::Random),
            test: self.test.clone(),
            labels: self.labels.clone(),
            test_labels: self.test_labels.clone(),
            validation: Some(self.validation).filter(|share| *share != 0.0),
            patience: self.patience,
            class_weights: self.class_weights.clone().map(ClassWeightsChoice::Given),
            ..Options::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataRequest, load};

    /// As checkpoints have it from the first version on.
    const USUAL: &str = r#"{"rule":"local-error","net":"conv8k3 fc20","batch":10,"lr":0.003,"hidden_lr":0.001,"lr_decay":0.06,"optimizer":"adam","loss":"bce","activation":"relu","scaling":"reference","dropout":0.5,"freeze_conv":true,"flip":true,"seed":7}"#;
    const RARE: &str = r#"{"rule":"drtp","net":"","batch":1,"lr":0.03,"hidden_lr":0.03,"lr_decay":0.0,"optimizer":"sgd","loss":"ce","activation":"tanh","scaling":"mean","dropout":0.0,"freeze_conv":false,"init":"zero","arithmetic":"int8","weight_bits":16,"flip":false,"seed":0}"#;

    #[test]
    fn settings_are_read_and_written_as_the_same_text() {
        for text in [USUAL, RARE] {
            let saved: SavedSettings = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&saved).unwrap(), text);
        }
    }

    #[test]
    fn the_options_of_saved_settings_ask_for_exactly_these() {
        let saved: SavedSettings = serde_json::from_str(USUAL).unwrap();
        let digits = load(&DataRequest { name: "digits", ..DataRequest::default() }).unwrap();
        let settings = saved.options().complete(&digits).unwrap();
        assert_eq!((settings.saved(), settings.frozen_layers(), saved.frozen_layers()), (saved, 1, 1));
    }

    #[test]
    fn a_name_that_nothing_has_is_told_with_those_that_are_known() {
        let error = serde_json::from_str::<SavedSettings>(&USUAL.replace("adam", "lbfgs")).unwrap_err().to_string();
        assert!(error.starts_with("unknown optimizer \"lbfgs\"; known are: sgd, momentum, nesterov, adam"), "{error}");
    }
}
