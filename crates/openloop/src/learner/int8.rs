//! Models whose dense layers compute in 8-bit integers: the core's own functions, fed with quantised inputs.
//!
//! The dense layers' input x (preprocessed features, or what a frozen front end makes of them in f32) becomes
//! round(x 2^b) within -127 to 127. b is the largest number of fraction bits, at most 7, with which at most one input in a
//! thousand of the training rows would lie outside; a model keeps it.

use crate::data::{Split, Targets};
use crate::kernels::{integer_infer, integer_learn};
use crate::learner::model::Evaluation;
use crate::learner::trainer::half_after;
use crate::settings::names::Named;
use crate::settings::options::{ConfigError, Settings};
use openloop_core::integer::{self, Int8Memory, Int8Network, Int8Outcome, Int8Plan, Int8Rate, Int8State};
use openloop_core::{Activation, Checked, Error, Loss, Optimizer, Rule};

/// Most fraction bits of an input.
const MOST_BITS: u8 = 7;
/// Inputs, in a thousand, that may lie outside of a byte.
const OUTSIDE: usize = 1;

/// The dense layers of a model in int8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integer {
    /// Weights and biases, in the core's panels.
    pub parameters: Vec<i8>,
    /// Fraction bits of the inputs.
    pub input_bits: u8,
}

impl Integer {
    /// Freshly drawn parameters of the layers `chain`.
    ///
    /// # Errors
    /// Layers that have no int8 version.
    pub fn new(chain: Checked<'_>, settings: &Settings, input_bits: u8) -> Result<Self, Error> {
        let network = Int8Network::new(chain, learning(settings, input_bits))?;
        let mut parameters = vec![0; Int8Plan::inference(&network).parameters];
        integer::initialize(&network, &mut parameters)?;
        Ok(Integer { parameters, input_bits })
    }

    /// Quantises inputs, after the scheme in the [module's description](self).
    pub fn quantise(&self, x: &[f32], out: &mut [i8]) {
        let one = (1u32 << self.input_bits) as f32;
        for (out, x) in out.iter_mut().zip(x) {
            *out = (x * one).round().clamp(-127.0, 127.0) as i8;
        }
    }

    /// Loss and errors on `split`, whose inputs of the layers `chain` are what `gather(rows, x)` makes.
    pub(crate) fn evaluate(
        &self,
        chain: Checked<'_>,
        split: &Split,
        mut gather: impl FnMut(&[u32], &mut [f32]),
    ) -> Evaluation {
        let (Ok(network), Targets::Labels(labels)) = (self.to_ask(chain), &split.targets) else {
            return Evaluation::default();
        };
        let (mut room, mut x) = (Room::new(&network), vec![0.0; BATCH * network.inputs()]);
        let mut sum = Evaluation { samples: split.len(), ..Evaluation::default() };
        let rows: Vec<u32> = (0..split.len() as u32).collect();
        for rows in rows.chunks(BATCH) {
            let x = &mut x[..rows.len() * network.inputs()];
            gather(rows, x);
            for (&row, x) in rows.iter().zip(x.chunks_exact(network.inputs())) {
                let label = labels[row as usize] as usize;
                let probabilities = room.probabilities(&network, self, x);
                sum.loss += loss(probabilities[label]);
                sum.wrong += usize::from(largest(probabilities) != label);
            }
        }
        sum
    }

    /// The probabilities for inputs `x: [n, inputs]` of the layers `chain`: `[n, classes]`.
    pub(crate) fn predict(&self, chain: Checked<'_>, x: &[f32]) -> Vec<f32> {
        let Ok(network) = self.to_ask(chain) else { return Vec::new() };
        let mut room = Room::new(&network);
        let rows = x.len() / network.inputs();
        let mut answers = vec![0.0; rows * network.outputs()];
        for (x, answer) in x.chunks_exact(network.inputs()).zip(answers.chunks_exact_mut(network.outputs())) {
            room.answer(&network, self, x, answer);
        }
        answers
    }

    /// Whether these are parameters of the layers `chain`.
    ///
    /// # Errors
    /// Layers that have no int8 version, or another number of parameters.
    pub(crate) fn fits(&self, chain: Checked<'_>) -> Result<(), Error> {
        let (found, expected) = (self.parameters.len(), Int8Plan::inference(&self.to_ask(chain)?).parameters);
        if found == expected { Ok(()) } else { Err(Error::WrongLength { what: "the parameters", found, expected }) }
    }

    /// The network, to be asked only.
    fn to_ask<'c>(&self, chain: Checked<'c>) -> Result<Int8Network<'c>, Error> {
        let (input_bits, rate) = (self.input_bits, Int8Rate(0));
        let (rule, seed, half_after) = (Rule::Shallow, 0, u32::MAX);
        let settings =
            integer::Int8Settings { rule, seed, hidden_rate: rate, output_rate: rate, half_after, input_bits };
        Int8Network::new(chain, settings)
    }
}

/// Samples whose inputs are made together.
const BATCH: usize = 100;
/// A probability of 1.
const ONE: f32 = 32_768.0;

/// -ln of a probability in units of 2^-15; one of 0 counts as half a unit.
pub(crate) fn loss(probability: i32) -> f64 {
    -f64::from((probability as f32).max(0.5) / ONE).ln()
}

/// The index of the largest value, the first of equals.
fn largest(values: &[i32]) -> usize {
    let mut best = 0;
    for (k, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = k;
        }
    }
    best
}

/// The number of fraction bits for inputs such as `x`.
///
/// # Errors
/// Inputs of which more than one in a thousand is larger than a byte.
pub fn input_bits(x: &[f32]) -> Result<u8, ConfigError> {
    let fits = |bits: u8| {
        let most = 128.0 / (1u32 << bits) as f32;
        1000 * x.iter().filter(|x| x.abs() > most).count() <= OUTSIDE * x.len()
    };
    (0..=MOST_BITS).rev().find(|bits| fits(*bits)).ok_or_else(|| {
        let largest = x.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let range = "at most 128, but for one in a thousand: let the features be standardised";
        ConfigError::Integer { what: "the largest input", value: largest.to_string(), range }
    })
}

/// The core's settings for a run.
pub fn learning(settings: &Settings, input_bits: u8) -> integer::Int8Settings {
    integer::Int8Settings {
        rule: settings.rule,
        seed: settings.seed,
        hidden_rate: Int8Rate::new(settings.hidden_rate),
        output_rate: Int8Rate::new(settings.rate),
        half_after: half_after(settings.decay),
        input_bits,
    }
}

/// Refuses what has no int8 version.
pub(crate) fn check(settings: &Settings, network: &Checked<'_>, regression: bool) -> Result<(), ConfigError> {
    let refuse = |what, value: String, range| Err(ConfigError::Integer { what, value, range });
    if regression {
        return refuse("the task", "a regression".into(), "a classification");
    }
    if settings.loss != Loss::CrossEntropy {
        return refuse("loss", settings.loss.name().into(), "ce");
    }
    if settings.optimizer != Optimizer::Sgd {
        return refuse("optimizer", settings.optimizer.name().into(), "sgd");
    }
    if settings.batch != 1 {
        return refuse("batch", settings.batch.to_string(), "1: every sample is learned from on its own");
    }
    if settings.activation != Activation::Tanh {
        return refuse("activation", settings.activation.name().into(), "tanh");
    }
    if settings.dropout > 0.0 {
        return refuse("dropout", settings.dropout.to_string(), "0");
    }
    if settings.init != crate::settings::options::Init::Uniform {
        return refuse("init", settings.init.name().into(), "uniform");
    }
    if matches!(settings.rule, Rule::Fa | Rule::LocalErrorLearned) {
        let name = Named::name(settings.rule);
        return refuse(
            "rule",
            name.into(),
            "one without feedback matrices shaped like the weights, or learned readouts",
        );
    }
    if settings.net.front() > 0 && !settings.freeze_conv {
        return refuse("a convolution", "to be trained".into(), "left as it was drawn: add --freeze-conv");
    }
    let rates = settings.rate.max(settings.hidden_rate);
    if rates >= 1.0 {
        return refuse("lr or hidden-lr", rates.to_string(), "less than 1");
    }
    let chain = network.without_front(settings.front());
    let fits = chain.and_then(|chain| Int8Network::new(chain, learning(settings, MOST_BITS)));
    let data = |error| ConfigError::Integer { what: "the network", value: error_text(error), range: "smaller" };
    fits.map(|_| ()).map_err(data)
}

fn error_text(error: Error) -> String {
    format!("too large ({error})")
}

/// Room for the layers' outputs and sums.
#[derive(Clone, Debug, Default)]
pub struct Room {
    x: Vec<i8>,
    activations: Vec<i8>,
    values: Vec<i32>,
}

impl Room {
    /// For learning with `network`, and for asking it.
    pub fn new(network: &Int8Network<'_>) -> Self {
        let (learning, inference) = (Int8Plan::learning(network), Int8Plan::inference(network));
        Room {
            x: vec![0; network.inputs()],
            activations: vec![0; learning.activations.max(inference.activations)],
            values: vec![0; learning.values],
        }
    }

    /// One step on one sample.
    pub fn learn(
        &mut self,
        network: &Int8Network<'_>,
        model: &mut Integer,
        state: &mut Int8State,
        x: &[f32],
        label: u32,
    ) -> Int8Outcome {
        model.quantise(x, &mut self.x);
        let Integer { parameters, .. } = model;
        let (activations, values) = (&mut self.activations[..], &mut self.values[..]);
        integer_learn(network, Int8Memory { parameters, state, activations, values }, &self.x, label)
            .expect("the room was made for the network, and labels were checked when the data was loaded")
    }

    /// The probabilities of the classes for one sample.
    pub(crate) fn answer(&mut self, network: &Int8Network<'_>, model: &Integer, x: &[f32], answer: &mut [f32]) {
        let probabilities = self.probabilities(network, model, x);
        answer.iter_mut().zip(probabilities).for_each(|(answer, p)| *answer = *p as f32 / ONE);
    }

    /// The probabilities of the classes for one sample, in units of 2^-15.
    fn probabilities(&mut self, network: &Int8Network<'_>, model: &Integer, x: &[f32]) -> &[i32] {
        model.quantise(x, &mut self.x);
        integer_infer(network, &model.parameters, &self.x, &mut self.activations, &mut self.values)
            .expect("the room was made for the network");
        let sums = &mut self.values[..network.outputs()];
        integer::probabilities(network, sums);
        sums
    }
}
