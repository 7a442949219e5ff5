//! A network that learns one sample at a time, with all the memory that it needs.

use crate::checksum::of_values;
use crate::error::Error;
use openloop_core::device::{DeviceSettings, Health, Learner, Lent, Progress, Sizes, Stage};
use openloop_core::loss::largest;
use openloop_core::standardise::standardise;
use openloop_core::store::{About, Arithmetic};
use openloop_core::{
    Activation, Checked, Dense, Feedback, Layer, Loss, Memory, Optimizer, Plain, Plan, Rule, Scaling, Spec, Targets,
    Training, features, signals,
};

/// The most layers of a network.
const MOST_LAYERS: usize = 64;
/// The most weights of a network.
const MOST_WEIGHTS: usize = 4_000_000;

/// A network to be made, and how it is to learn.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// Inputs, neurons of each hidden layer, classes.
    pub sizes: &'a [usize],
    /// The learning rule.
    pub rule: Rule,
    /// The nonlinearity of the hidden layers.
    pub activation: Activation,
    /// The loss.
    pub loss: Loss,
    /// The seed of the first weights and of the feedback matrices.
    pub seed: u64,
    /// Learning rate of the hidden layers.
    pub hidden_rate: f32,
    /// Learning rate of the output layer.
    pub output_rate: f32,
}

/// A network and its memory.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) layers: Vec<Layer>,
    pub(crate) loss: Loss,
    pub(crate) about: About,
    pub(crate) offset: Vec<f32>,
    pub(crate) scale: Vec<f32>,
    pub(crate) parameters: Vec<f32>,
    pub(crate) sequence: u32,
    /// The sample at work, standardised.
    x: Vec<f32>,
    scratch: Vec<f32>,
    health: Health,
    step: Option<(Progress, u32)>,
}

impl Model {
    /// A network with freshly drawn weights, whose inputs are taken as they come.
    ///
    /// # Errors
    /// A network that cannot run, or a rule that no device learns by.
    pub fn new(config: &Config<'_>) -> Result<Self, Error> {
        let last = config.sizes.len().saturating_sub(2);
        let layer = |(k, pair): (usize, &[usize])| {
            let activation = if k == last { Activation::Identity } else { config.activation };
            let (inputs, outputs) = pair.split_first().map_or((0, 0), |(first, rest)| (*first, rest.iter().sum()));
            Layer::Dense(Dense { inputs, outputs, activation })
        };
        let layers: Vec<Layer> = config.sizes.windows(2).enumerate().map(layer).collect();
        let about = About {
            arithmetic: Arithmetic::F32,
            rule: config.rule,
            scaling: Scaling::Mean,
            regression: false,
            frozen: 0,
            seed: config.seed,
            samples: 0,
            hidden_rate: config.hidden_rate,
            output_rate: config.output_rate,
            half_after: 0,
            input_bits: 0,
            front_bits: None,
        };
        let mut model = Model::of(layers, config.loss, about)?;
        let network = Spec { layers: &model.layers, loss: model.loss }.check()?;
        openloop_core::initialize(&network, about.seed, &mut model.parameters)?;
        Ok(model)
    }

    /// Memory for a network that can learn, all weights 0.
    pub(crate) fn of(layers: Vec<Layer>, loss: Loss, about: About) -> Result<Self, Error> {
        let weights = layers.iter().fold(0usize, |sum, layer| {
            sum.saturating_add(layer.inputs().saturating_add(1).saturating_mul(layer.outputs()))
        });
        if layers.len() > MOST_LAYERS || weights > MOST_WEIGHTS {
            return Err(Error::TooLarge);
        }
        let (sizes, inputs) = {
            let learner = learner(&layers, loss, &about)?;
            (learner.sizes(), learner.inputs())
        };
        Ok(Model {
            layers,
            loss,
            about,
            offset: vec![0.0; inputs],
            scale: vec![1.0; inputs],
            parameters: vec![0.0; sizes.parameters],
            sequence: 0,
            x: vec![0.0; inputs],
            scratch: vec![0.0; sizes.scratch()],
            health: Health::NEW,
            step: None,
        })
    }

    /// Standardises every later input as (x - offset) scale, bounded to 8 deviations. Slices of `[inputs]`.
    ///
    /// # Errors
    /// Slices of another length, or values that are not finite.
    pub fn standardise(&mut self, offset: &[f32], scale: &[f32]) -> Result<(), Error> {
        openloop_core::error::expect_length("the offsets", offset.len(), self.offset.len())?;
        openloop_core::error::expect_length("the scales", scale.len(), self.scale.len())?;
        if offset.iter().chain(scale).any(|value| !value.is_finite()) {
            return Err(openloop_core::Error::InputNotFinite.into());
        }
        self.offset.copy_from_slice(offset);
        self.scale.copy_from_slice(scale);
        Ok(())
    }

    /// One learning step. Gives what the network answered before it learned, `[classes]`.
    ///
    /// # Errors
    /// An input of another length or that is not finite, or a label out of range. No weight has changed then.
    pub fn learn(&mut self, x: &[f32], label: u32) -> Result<&[f32], Error> {
        self.begin(x, label)?;
        while self.advance()? == Stage::More {}
        Ok(learner(&self.layers, self.loss, &self.about)?.answer(&self.scratch))
    }

    /// Begins a learning step that is taken part by part with [`Model::advance`]; changes no weight.
    ///
    /// # Errors
    /// As for [`Model::learn`].
    pub fn begin(&mut self, x: &[f32], label: u32) -> Result<(), Error> {
        self.take(x)?;
        let learner = learner(&self.layers, self.loss, &self.about)?;
        let lent = Lent { parameters: &mut self.parameters, scratch: &mut self.scratch, health: &mut self.health };
        let progress = learner.begin(lent, &self.x, &Targets::Labels(&[label]))?;
        self.step = Some((progress, label));
        Ok(())
    }

    /// The next part of the step: a layer answers and, under a local rule, learns; or a layer learns on the way back.
    ///
    /// # Errors
    /// [`Error::NoStep`] where none was begun, or it has ended.
    pub fn advance(&mut self) -> Result<Stage, Error> {
        let (mut progress, label) = self.step.ok_or(Error::NoStep)?;
        let learner = learner(&self.layers, self.loss, &self.about)?;
        let lent = Lent { parameters: &mut self.parameters, scratch: &mut self.scratch, health: &mut self.health };
        let stage = learner.advance(lent, &self.x, &Targets::Labels(&[label]), &mut progress);
        self.step = Some((progress, label));
        if stage == Stage::Done {
            self.step = None;
            self.about.samples = self.about.samples.saturating_add(1);
        }
        Ok(stage)
    }

    /// The answer to a sample: its class, and the outputs `[classes]`.
    ///
    /// # Errors
    /// An input of another length or that is not finite. Ends a step that was under way.
    pub fn predict(&mut self, x: &[f32]) -> Result<(usize, &[f32]), Error> {
        self.take(x)?;
        let learner = learner(&self.layers, self.loss, &self.about)?;
        let lent = Lent { parameters: &mut self.parameters, scratch: &mut self.scratch, health: &mut self.health };
        let y = learner.infer(lent, &self.x)?;
        Ok((largest(y), y))
    }

    /// What layer `k` answers to a sample, `[outputs of the layer]`; the last layer's are sums, before the loss's own function.
    ///
    /// # Errors
    /// As for [`Model::predict`], and [`Error::NoLayer`].
    pub fn activations(&self, x: &[f32], k: usize) -> Result<Vec<f32>, Error> {
        let layers = self.layers.get(..k.saturating_add(1)).ok_or(Error::NoLayer { layer: k })?;
        let count = openloop_core::plan::parameters(layers);
        let own = self.parameters.get(..count).ok_or(Error::NoLayer { layer: k })?;
        let network = self.network()?;
        let mut scratch = vec![0.0; Plan::inference(&network, 1)];
        let y = features(&Plain, &network, k + 1, own, &self.standardised(x)?, &mut scratch)?;
        Ok(y.to_vec())
    }

    /// What teaches layer `k` when `x` is called `label`: at a hidden layer the signal at its output, at the last the error of the
    /// answer. Changes nothing.
    ///
    /// # Errors
    /// As for [`Model::learn`], and [`Error::NoLayer`].
    pub fn signal(&mut self, x: &[f32], label: u32, k: usize) -> Result<Vec<f32>, Error> {
        let (network, x) = (self.network()?, self.standardised(x)?);
        let targets = Targets::Labels(&[label]);
        network.check_targets(self.about.rule, &targets)?;
        if network.is_output(k) {
            let mut scratch = vec![0.0; Plan::inference(&network, 1)];
            let y = openloop_core::infer(&Plain, &network, &self.parameters, &x, &mut scratch)?;
            return Ok(y.iter().enumerate().map(|(c, y)| y - f32::from(c == label as usize)).collect());
        }
        let outputs = self.layers.get(k).ok_or(Error::NoLayer { layer: k })?.outputs();
        let (rule, seed) = (self.about.rule, self.about.seed);
        let training = Training { rule, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed };
        let mut scratch = vec![0.0; Plan::watching(&network, &training, 1).scratch()];
        let (mut parameters, mut found) = (self.parameters.clone(), vec![0.0; outputs]);
        let memory = Memory {
            parameters: &mut parameters,
            layouts: &[],
            readouts: &mut [],
            optimizer: &mut [],
            feedback: Feedback::Seeded(seed),
            scratch: &mut scratch,
        };
        let mut keep = |layer: usize, signal: &[f32]| {
            if layer == k {
                found.copy_from_slice(signal);
            }
        };
        signals(&Plain, &network, &training, memory, &x, &targets, &mut keep)?;
        Ok(found)
    }

    /// Standardises a sample into the place where steps look for it.
    fn take(&mut self, x: &[f32]) -> Result<(), Error> {
        self.step = None;
        openloop_core::error::expect_length("the input", x.len(), self.x.len())?;
        standardise(x, &self.offset, &self.scale, &mut self.x);
        Ok(())
    }

    fn standardised(&self, x: &[f32]) -> Result<Vec<f32>, Error> {
        openloop_core::error::expect_length("the input", x.len(), self.x.len())?;
        let mut standardised = vec![0.0; x.len()];
        standardise(x, &self.offset, &self.scale, &mut standardised);
        match standardised.iter().all(|value| value.is_finite()) {
            true => Ok(standardised),
            false => Err(openloop_core::Error::InputNotFinite.into()),
        }
    }

    fn network(&self) -> Result<Checked<'_>, Error> {
        Ok(Spec { layers: &self.layers, loss: self.loss }.check()?)
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// How it learns, and how many samples it has learned.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The loss.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// What went wrong so far.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Weights and biases, layer by layer: for each W `[outputs, inputs]`, then b `[outputs]`.
    pub fn parameters(&self) -> &[f32] {
        &self.parameters
    }

    /// The memory that the core plans for this network and rule.
    ///
    /// # Errors
    /// None for a model that was made; the core is asked anew.
    pub fn sizes(&self) -> Result<Sizes, Error> {
        Ok(learner(&self.layers, self.loss, &self.about)?.sizes())
    }

    /// Parts of a learning step.
    ///
    /// # Errors
    /// As for [`Model::sizes`].
    pub fn parts(&self) -> Result<usize, Error> {
        Ok(learner(&self.layers, self.loss, &self.about)?.parts())
    }

    /// CRC-32 of all weights and biases, as little-endian f32.
    pub fn checksum(&self) -> u32 {
        of_values(&self.parameters)
    }

    /// CRC-32 of the weights and biases of layer `k`.
    ///
    /// # Errors
    /// [`Error::NoLayer`].
    pub fn layer_checksum(&self, k: usize) -> Result<u32, Error> {
        let (before, layer) = (self.layers.get(..k), self.layers.get(k));
        let (Some(before), Some(layer)) = (before, layer) else { return Err(Error::NoLayer { layer: k }) };
        let own = self.parameters.get(openloop_core::plan::parameters(before)..).unwrap_or_default();
        Ok(of_values(own.get(..layer.parameters()).unwrap_or_default()))
    }
}

/// The core's learner at this moment, with its rates.
fn learner<'l>(layers: &'l [Layer], loss: Loss, about: &About) -> Result<Learner<'l>, Error> {
    let decay = match about.half_after {
        0 => 1.0,
        half => 1.0 + about.samples as f32 / half as f32,
    };
    let settings = DeviceSettings {
        rule: about.rule,
        hidden_rate: about.hidden_rate / decay,
        output_rate: about.output_rate / decay,
        feedback: Feedback::Seeded(about.seed),
    };
    Ok(Learner::new(Spec { layers, loss }.check()?, settings)?)
}
