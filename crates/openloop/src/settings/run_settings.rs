//! Settings that can run: complete and checked.

use crate::data::{DataSet, SplitKind};
use crate::settings::choices::{Init, PipelineMode, ReadoutMaps};
use crate::settings::class_weights::ClassWeights;
use crate::settings::error::ConfigError;
use crate::settings::net::{LayerStyle, Net};
use openloop_core::store::Arithmetic;
use openloop_core::{Activation, Layer, Loss, OptimizerKind, Rule, Scaling, Shape};
use std::path::PathBuf;

/// A complete description of a training run, but for its data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Learning rule of the hidden layers.
    pub rule: Rule,
    /// Hidden layers.
    pub net: Net,
    /// What readouts of convolutions see; whole where nothing reads a convolution that learns.
    pub readout_maps: ReadoutMaps,
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
    /// Bits of an int8 weight while it learns: 8, or 16. 8 in f32, where it means nothing.
    pub weight_bits: u8,
    /// Whether training images are mirrored at random.
    pub flip: bool,
    /// Seed of everything random but the split.
    pub seed: u64,
    /// Seed of the split of a CSV file into training and test rows.
    pub split_seed: u64,
    /// How a CSV file is split.
    pub split: SplitKind,
    /// The CSV file of test rows, if it is another one.
    pub test: Option<PathBuf>,
    /// The files of labels of samples and of test samples, if they are named.
    pub labels: [Option<PathBuf>; 2],
    /// The share of the training rows that epochs are judged by.
    pub validation: f32,
    /// The run ends after so many epochs without a better one.
    pub patience: Option<u32>,
    /// How much the rows of each class count; none if each counts once.
    pub class_weights: Option<ClassWeights>,
    /// Whether layers are spread over threads.
    pub pipeline: PipelineMode,
}

impl Settings {
    /// The chain of layers for `data`.
    ///
    /// # Errors
    /// A network that does not fit the data.
    pub fn layers(&self, data: &DataSet) -> Result<Vec<Layer>, ConfigError> {
        self.layers_for(data.shape, data.outputs, data.units.is_some())
    }

    /// The chain of layers for samples of shape `input` and that many outputs, whose targets may be standardised values.
    ///
    /// # Errors
    /// A network that does not fit them.
    pub fn layers_for(&self, input: Shape, outputs: usize, are_standardised: bool) -> Result<Vec<Layer>, ConfigError> {
        let style = LayerStyle::new(self.activation, self.dropout, self.loss, are_standardised);
        let style = style.with_readouts_of(self.readout_maps);
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
}

/// How many layers at the front of a net are frozen.
pub(super) fn frozen_layers(net: &Net, freeze_conv: bool) -> usize {
    if freeze_conv { net.front() } else { 0 }
}
