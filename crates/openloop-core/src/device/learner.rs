//! A network of dense layers and how it learns: `init`, `infer`, `learn` over memory the caller lends.

use super::health::{Health, all_finite};
use super::rows;
use super::sizes::{Sizes, feedback_of};
use crate::error::{Error, expect_length};
use crate::initial;
use crate::layer::{Dense, Layer};
use crate::memory::Feedback;
use crate::rule::Rule;
use crate::spec::{Checked, Spec};

/// How a network learns on a device: by plain gradient steps, a sample at a time.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The learning rule.
    pub rule: Rule,
    /// Learning rate of the hidden layers.
    pub hidden_rate: f32,
    /// Learning rate of the output layer.
    pub output_rate: f32,
    /// The fixed random matrices: drawn again from a seed (0 bytes), or stored, perhaps in flash.
    pub feedback: Feedback<'a>,
}

/// A network and how it learns. Small, `Copy`, without any of the memory it works on: it may be a constant in flash.
#[derive(Clone, Copy, Debug)]
pub struct Learner<'a> {
    pub(super) network: Checked<'a>,
    /// How it learns; rates may change from sample to sample.
    pub settings: Settings<'a>,
}

/// Everything a call writes to. [`Sizes`] says how long each slice must be; a longer scratch is fine.
#[derive(Debug)]
pub struct Lent<'m> {
    /// Weights and biases, layer by layer: for each W `[outputs, inputs]` row-major, then b `[outputs]`.
    pub parameters: &'m mut [f32],
    /// Room for outputs and signals; its content means nothing between samples.
    pub scratch: &'m mut [f32],
    /// What went wrong so far.
    pub health: &'m mut Health,
}

/// A layer, its index, and where its share of the memory starts.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) dense: &'a Dense,
    pub(super) k: usize,
    pub(super) parameters: usize,
    pub(super) feedback: usize,
    /// When all outputs are kept.
    pub(super) output: usize,
}

impl<'a> Learner<'a> {
    /// A network that a device can run, with a rule it can learn by.
    ///
    /// # Errors
    /// [`Error::LayerNotOnDevice`] for a layer that is not dense (a frozen front end of convolutions is another network:
    /// [`Checked::without_front`]), [`Error::RuleNotOnDevice`] for a rule whose readouts learn, [`Error::WrongLength`] for
    /// stored feedback that does not fit.
    pub const fn new(network: Checked<'a>, settings: Settings<'a>) -> Result<Self, Error> {
        let layers = network.layers();
        let mut k = 0;
        while k < layers.len() {
            if !matches!(layers[k], Layer::Dense(_)) {
                return Err(Error::LayerNotOnDevice { layer: k });
            }
            k += 1;
        }
        if settings.rule.learns_readout() {
            return Err(Error::RuleNotOnDevice);
        }
        if let Feedback::Stored(stored) = settings.feedback {
            let (found, expected) = (stored.len(), Sizes::of(&network, settings.rule).feedback);
            if found != expected {
                return Err(Error::WrongLength { what: "the feedback", found, expected });
            }
        }
        Ok(Learner { network, settings })
    }

    /// The same for a constant: what is wrong with it stops the compiler.
    ///
    /// # Panics
    /// At compile time, or at run time outside of a constant, where [`Learner::new`] would give an error.
    pub const fn fixed(spec: Spec<'a>, settings: Settings<'a>) -> Self {
        let network = match spec.check() {
            Ok(network) => network,
            Err(_) => panic!("the layers do not make a network: Spec::check says why"),
        };
        match Learner::new(network, settings) {
            Ok(learner) => learner,
            Err(_) => panic!("a device cannot run this network or rule: Learner::new says why"),
        }
    }

    /// The network.
    pub const fn network(&self) -> &Checked<'a> {
        &self.network
    }

    /// The memory it needs.
    pub const fn sizes(&self) -> Sizes {
        Sizes::of(&self.network, self.settings.rule)
    }

    /// Draws the weights and biases a network starts with, the same as [`initialize`](crate::initialize) on a PC.
    ///
    /// # Errors
    /// [`Error::WrongLength`] when `parameters` does not fit the network.
    pub fn init(&self, seed: u64, parameters: &mut [f32]) -> Result<(), Error> {
        initial::initialize(&self.network, seed, parameters)
    }

    /// The network's answer to one sample, `[outputs]`; it lies in the scratch. `x: [inputs]`.
    ///
    /// # Errors
    /// [`Error::WrongLength`] for a slice that does not fit, [`Error::InputNotFinite`] for an input that is infinite or not a
    /// number, which the counters note.
    pub fn infer<'m>(&self, mut lent: Lent<'m>, x: &[f32]) -> Result<&'m [f32], Error> {
        self.check(&mut lent, x)?;
        for place in self.places() {
            self.forward(place, &mut lent, x, false);
        }
        Ok(self.output(lent.scratch, false))
    }

    /// Checks what was lent, and the sample.
    pub(super) fn check(&self, lent: &mut Lent<'_>, x: &[f32]) -> Result<(), Error> {
        let sizes = self.sizes();
        expect_length("the parameters", lent.parameters.len(), sizes.parameters)?;
        if lent.scratch.len() < sizes.scratch() {
            let (found, expected) = (lent.scratch.len(), sizes.scratch());
            return Err(Error::WrongLength { what: "the scratch", found, expected });
        }
        expect_length("the input", x.len(), self.inputs())?;
        if !all_finite(x) {
            lent.health.refused = lent.health.refused.saturating_add(1);
            return Err(Error::InputNotFinite);
        }
        Ok(())
    }

    /// The forward pass of one layer; the output layer's ends in the loss's own function.
    pub(super) fn forward(&self, place: Place<'_>, lent: &mut Lent<'_>, x: &[f32], keeps: bool) {
        let Some(own) = own(lent.parameters, place) else { return };
        let Some((before, a)) = self.around(place, lent.scratch, keeps) else { return };
        let x = if place.k == 0 { x } else { before };
        rows::forward(place.dense, own, x, a, lent.health);
        if self.is_output(place) {
            self.network.loss().activate(a.len(), a);
        }
    }

    /// A layer's input and its output in the scratch: side by side where all outputs are kept, else in two buffers in turn.
    pub(super) fn around<'s>(
        &self,
        place: Place<'_>,
        scratch: &'s mut [f32],
        keeps: bool,
    ) -> Option<(&'s mut [f32], &'s mut [f32])> {
        let Dense { inputs, outputs, .. } = *place.dense;
        if keeps {
            let (before, after) = scratch.split_at_mut_checked(place.output)?;
            let start = before.len().saturating_sub(inputs);
            return Some((before.get_mut(start..)?, after.get_mut(..outputs)?));
        }
        let (even, odd) = scratch.split_at_mut_checked(self.even())?;
        let (before, after) = if place.k.is_multiple_of(2) { (odd, even) } else { (even, odd) };
        let inputs = if place.k == 0 { 0 } else { inputs };
        Some((before.get_mut(..inputs)?, after.get_mut(..outputs)?))
    }

    /// Where [`Learner::forward`] leaves the network's answer.
    pub(super) fn output<'s>(&self, scratch: &'s [f32], keeps: bool) -> &'s [f32] {
        let Some(last) = self.places().last() else { return &[] };
        let first = match keeps {
            true => last.output,
            false if last.k.is_multiple_of(2) => 0,
            false => self.even(),
        };
        scratch.get(first..).and_then(|rest| rest.get(..last.dense.outputs)).unwrap_or_default()
    }

    /// All layers, first to last.
    pub(super) fn places(&self) -> impl Iterator<Item = Place<'a>> + use<'a> {
        let (layers, rule, outputs) = (self.network.layers(), self.settings.rule, self.outputs());
        let (mut parameters, mut feedback, mut output) = (0, 0, 0);
        layers.iter().enumerate().filter_map(move |(k, layer)| {
            let Layer::Dense(dense) = layer else { return None };
            let place = Place { dense, k, parameters, feedback, output };
            parameters += dense.parameters();
            feedback += feedback_of(dense, rule, k, layers.len(), outputs);
            output += dense.outputs;
            Some(place)
        })
    }

    pub(super) fn is_output(&self, place: Place<'_>) -> bool {
        place.k + 1 == self.network.layers().len()
    }

    /// The network's inputs.
    pub fn inputs(&self) -> usize {
        match self.network.layers().first() {
            Some(Layer::Dense(dense)) => dense.inputs,
            _ => 0,
        }
    }

    /// The network's outputs.
    pub fn outputs(&self) -> usize {
        match self.network.layers().last() {
            Some(Layer::Dense(dense)) => dense.outputs,
            _ => 0,
        }
    }

    /// The width of the buffer that layers 0, 2, 4, ... answer in.
    fn even(&self) -> usize {
        self.places().step_by(2).fold(0, |widest, place| widest.max(place.dense.outputs))
    }
}

/// A layer's parameters.
fn own<'p>(parameters: &'p [f32], place: Place<'_>) -> Option<&'p [f32]> {
    parameters.get(place.parameters..)?.get(..place.dense.parameters())
}
