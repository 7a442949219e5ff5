//! Models whose dense layers compute in 8-bit integers: the core's own functions, fed with quantised inputs.
//!
//! The dense layers' input x, preprocessed features, becomes round(x 2^b) within -127 to 127. b is the largest number of fraction bits, at most 7, with which at most one input in a
//! thousand of the training rows would lie outside; a model keeps it. Behind a frozen front that computes in integers
//! ([`Int8Front`]) that is the front's input, and the dense layers take what it makes, with [`FRONT_BITS`] fraction bits.
//! A model of an older version has a front in f32, and goes on with it.

use super::counters::Counters;
use crate::kernels::{integer_infer, integer_learn};
use crate::settings::int8::{MAX_BITS, learning};
use crate::settings::{ConfigError, Settings};
use openloop_core::error::expect_length;
use openloop_core::integer::{
    self, FRONT_BITS, Int8Fine, Int8Front, Int8Memory, Int8Network, Int8Plan, Int8Rate, Int8State,
};
use openloop_core::{Checked, Error, Layer, Rule};

/// Inputs, in a thousand, that may lie outside of a byte.
const OUTSIDE_IN_A_THOUSAND: usize = 1;

/// The dense layers of a model in int8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Int8Weights {
    /// Weights and biases, in the core's panels.
    pub parameters: Vec<i8>,
    /// Those of the hidden layers' readouts while they learn by a rule that has them.
    pub readouts: Vec<i8>,
    /// The second bytes of parameters and readouts while they learn in 16 bits.
    pub fractions: Vec<i8>,
    /// Fraction bits of the inputs.
    pub input_bits: u8,
    /// Fraction bits of what frozen layers take that compute in integers too; none where they do not.
    pub front_bits: Option<u8>,
}

impl Int8Weights {
    /// Parameters of a network without a front in integers.
    pub fn without_front(parameters: Vec<i8>, input_bits: u8) -> Self {
        Int8Weights { parameters, readouts: Vec::new(), fractions: Vec::new(), input_bits, front_bits: None }
    }

    /// Fresh readouts and second bytes of 0 for the layers `chain`, as `settings` ask for them.
    ///
    /// # Errors
    /// Layers that have no int8 version.
    pub(super) fn prepare(&mut self, chain: Checked<'_>, settings: &Settings) -> Result<(), Error> {
        let network = Int8Network::new(chain, learning(settings, self.input_bits))?;
        let plan = Int8Plan::learning(&network);
        (self.readouts, self.fractions) = (vec![0; plan.readouts], vec![0; plan.fractions]);
        integer::initialize_fine(&network, self.fine())
    }

    fn fine(&mut self) -> Int8Fine<'_> {
        Int8Fine { readouts: &mut self.readouts, fractions: &mut self.fractions }
    }

    /// How many bytes they are of each kind.
    pub(super) fn lengths(&self) -> [usize; 3] {
        [self.parameters.len(), self.readouts.len(), self.fractions.len()]
    }

    /// Whether they have the readouts and second bytes that `settings` ask for.
    ///
    /// # Errors
    /// Another number of them.
    pub(super) fn expect_prepared(&self, chain: Checked<'_>, settings: &Settings) -> Result<(), Error> {
        let plan = Int8Plan::learning(&Int8Network::new(chain, learning(settings, self.input_bits))?);
        expect_length("the readouts", self.readouts.len(), plan.readouts)?;
        expect_length("the second bytes of the weights", self.fractions.len(), plan.fractions)
    }

    /// Freshly drawn parameters of the layers `chain`.
    ///
    /// # Errors
    /// Layers that have no int8 version.
    pub fn draw(chain: Checked<'_>, settings: &Settings, input_bits: u8) -> Result<Self, Error> {
        let network = Int8Network::new(chain, learning(settings, input_bits))?;
        let mut parameters = vec![0; Int8Plan::inference(&network).parameters];
        integer::initialize(&network, &mut parameters)?;
        Ok(Self::without_front(parameters, input_bits))
    }

    /// Quantises inputs, after the scheme in the [module's description](self).
    fn quantise(&self, x: &[f32], out: &mut [i8]) {
        quantise(self.input_bits, x, out);
    }

    /// Whether these are parameters of the layers `chain` behind the frozen layers `front`.
    ///
    /// # Errors
    /// Layers that have no int8 version, or another number of parameters.
    pub fn fits(&self, front: &[Layer], chain: Checked<'_>) -> Result<(), Error> {
        if let Some(bits) = self.front_bits {
            Int8Front::new(front, bits)?;
            expect_length("the fraction bits behind the front", self.input_bits.into(), FRONT_BITS.into())?;
        }
        let (found, expected) = (self.parameters.len(), Int8Plan::inference(&self.for_inference(chain)?).parameters);
        if found == expected { Ok(()) } else { Err(Error::WrongLength { what: "the parameters", found, expected }) }
    }

    /// The layers of `chain` in int8, with the scales of their numbers.
    ///
    /// # Errors
    /// Layers that have no int8 version.
    pub fn layers(&self, chain: Checked<'_>) -> Result<Vec<integer::Int8Layer>, Error> {
        let network = self.for_inference(chain)?;
        Ok((0..network.depth()).filter_map(|k| network.layer(k)).collect())
    }

    /// The network, for inference only.
    fn for_inference<'c>(&self, chain: Checked<'c>) -> Result<Int8Network<'c>, Error> {
        let (input_bits, rate) = (self.input_bits, Int8Rate(0));
        let (rule, seed, half_after) = (Rule::Shallow, 0, u32::MAX);
        let settings = integer::Int8Settings {
            rule,
            seed,
            hidden_rate: rate,
            output_rate: rate,
            half_after,
            input_bits,
            fractions: false,
        };
        Int8Network::new(chain, settings)
    }
}

/// Quantises inputs to `bits` fraction bits, after the scheme in the [module's description](self).
pub(super) fn quantise(bits: u8, x: &[f32], out: &mut [i8]) {
    let one = (1u32 << bits) as f32;
    for (out, x) in out.iter_mut().zip(x) {
        *out = (x * one).round().clamp(-127.0, 127.0) as i8;
    }
}

/// A probability of 1.
const ONE: f32 = 32_768.0;

/// -ln of a probability in units of 2^-15; one of 0 counts as half a unit.
fn loss(probability: i32) -> f64 {
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
        1000 * x.iter().filter(|x| x.abs() > most).count() <= OUTSIDE_IN_A_THOUSAND * x.len()
    };
    (0..=MAX_BITS).rev().find(|bits| fits(*bits)).ok_or_else(|| {
        let largest = x.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let range = "at most 128, but for one in a thousand: let the features be standardised";
        ConfigError::Integer { what: "the largest input", value: largest.to_string(), range }
    })
}

/// Buffers for the layers' outputs and sums.
#[derive(Clone, Debug, Default)]
pub(super) struct Int8Buffers {
    x: Vec<i8>,
    activations: Vec<i8>,
    values: Vec<i32>,
}

impl Int8Buffers {
    /// For learning and inference with the layers `chain`.
    ///
    /// # Errors
    /// Layers that have no int8 version.
    pub fn new(chain: Checked<'_>, settings: &Settings, input_bits: u8) -> Result<Self, Error> {
        Ok(Self::of(&Int8Network::new(chain, learning(settings, input_bits))?))
    }

    /// For inference with the layers `chain`.
    ///
    /// # Errors
    /// Layers that have no int8 version.
    pub fn for_inference(chain: Checked<'_>, weights: &Int8Weights) -> Result<Self, Error> {
        Ok(Self::of(&weights.for_inference(chain)?))
    }

    fn of(network: &Int8Network<'_>) -> Self {
        let (learning, inference) = (Int8Plan::learning(network), Int8Plan::inference(network));
        Int8Buffers {
            x: vec![0; network.inputs()],
            activations: vec![0; learning.activations.max(inference.activations)],
            values: vec![0; learning.values],
        }
    }

    /// One step on one sample; `counters` go on by it.
    ///
    /// # Errors
    /// An input of another length, or a label out of range: nothing has changed then.
    pub fn learn(
        &mut self,
        chain: Checked<'_>,
        settings: &Settings,
        weights: &mut Int8Weights,
        counters: &mut Counters,
        (x, label): (&[f32], u32),
    ) -> Result<openloop_core::Outcome, Error> {
        expect_length("the input", x.len(), self.x.len())?;
        let network = Int8Network::new(chain, learning(settings, weights.input_bits))?;
        weights.quantise(x, &mut self.x);
        let state = &mut Int8State { step: counters.steps, saturated: counters.saturated };
        let (activations, values) = (&mut self.activations[..], &mut self.values[..]);
        let Int8Weights { parameters, readouts, fractions, .. } = weights;
        let fine = Int8Fine { readouts, fractions };
        let memory = Int8Memory { parameters, state, activations, values, fine };
        let outcome = integer_learn(&network, memory, &self.x, label)?;
        counters.saturated = state.saturated;
        counters.steps += 1;
        counters.samples += 1;
        let loss = loss(outcome.confidence.into()) as f32;
        Ok(openloop_core::Outcome { loss, wrong: usize::from(outcome.class != label) })
    }

    /// The probabilities of the classes for samples `x: [n, inputs]` of the layers `chain`: `[n, classes]`.
    ///
    /// # Errors
    /// Inputs of another length.
    pub fn infer(
        &mut self,
        chain: Checked<'_>,
        weights: &Int8Weights,
        x: &[f32],
        answers: &mut [f32],
    ) -> Result<(), Error> {
        let (inputs, outputs) = (chain.inputs(), chain.outputs());
        for (x, answer) in x.chunks(inputs).zip(answers.chunks_exact_mut(outputs)) {
            let probabilities = self.probabilities(chain, weights, x)?;
            answer.iter_mut().zip(probabilities).for_each(|(answer, p)| *answer = *p as f32 / ONE);
        }
        Ok(())
    }

    /// The loss of a sample, and whether it is answered wrongly.
    ///
    /// # Errors
    /// An input of another length, or a label out of range.
    pub fn evaluate_sample(
        &mut self,
        chain: Checked<'_>,
        weights: &Int8Weights,
        (x, label): (&[f32], u32),
    ) -> Result<(f64, bool), Error> {
        let probabilities = self.probabilities(chain, weights, x)?;
        let classes = probabilities.len();
        let own = *probabilities.get(label as usize).ok_or(Error::LabelOutOfRange { label, classes })?;
        Ok((loss(own), largest(probabilities) != label as usize))
    }

    /// The probabilities of the classes for one sample, in units of 2^-15.
    fn probabilities(&mut self, chain: Checked<'_>, weights: &Int8Weights, x: &[f32]) -> Result<&[i32], Error> {
        expect_length("the input", x.len(), self.x.len())?;
        let network = weights.for_inference(chain)?;
        weights.quantise(x, &mut self.x);
        integer_infer(&network, &weights.parameters, &self.x, &mut self.activations, &mut self.values)?;
        let sums = &mut self.values[..network.outputs()];
        integer::probabilities(&network, sums);
        Ok(sums)
    }
}
