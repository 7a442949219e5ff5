//! A network and how it learns: `init`, `infer`, `learn` over memory the caller lends.

use super::health::{Health, all_finite};
use super::part::Part;
use super::rows;
use super::sizes::{Counts, Sizes, WINDOWS, counts, shape_of, windows_shape};
use crate::activation::Activation;
use crate::error::{Error, expect_length};
use crate::initial;
use crate::layer::Layer;
use crate::loss::Loss;
use crate::memory::{Feedback, feedback_stream};
use crate::rule::Rule;
use crate::spec::{Checked, Spec};

/// How a network learns on a device: by plain gradient steps, a sample at a time.
#[derive(Clone, Copy, Debug)]
pub struct DeviceSettings<'a> {
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
    pub(super) settings: DeviceSettings<'a>,
    pub(super) sizes: Sizes,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
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

impl<'a> Learner<'a> {
    /// A network that a device can run, with a rule it can learn by.
    ///
    /// # Errors
    /// [`Error::LayerNotOnDevice`] for a layer that is neither dense nor pooling nor a convolution without norm, and for one that is not dense
    /// where the feature `device-convolutions` is left out (a front that does not learn is another network: [`Checked::without_front`]);
    /// [`Error::RuleNotOnDevice`] for a rule that is not [on a device](Rule::is_on_device), [`Error::RuleNotLocal`] for convolutions under a rule
    /// that waits for the error, [`Error::WrongLength`] for stored feedback that does not fit.
    pub const fn new(network: Checked<'a>, settings: DeviceSettings<'a>) -> Result<Self, Error> {
        let layers = network.layers();
        let mut k = 0;
        while k < layers.len() {
            if counts(&layers[k]).is_none() {
                return Err(Error::LayerNotOnDevice { layer: k });
            }
            k += 1;
        }
        if !settings.rule.is_on_device() {
            return Err(Error::RuleNotOnDevice);
        }
        if WINDOWS && !settings.rule.is_local() && !is_dense(layers) {
            return Err(Error::RuleNotLocal);
        }
        let sizes = Sizes::of(&network, settings.rule);
        if let Feedback::Stored(stored) = settings.feedback {
            let (found, expected) = (stored.len(), sizes.feedback);
            if found != expected {
                return Err(Error::WrongLength { what: "the feedback", found, expected });
            }
        }
        Ok(Learner { network, settings, sizes, inputs: network.inputs(), outputs: network.outputs() })
    }

    /// The same for a constant: what is wrong with it stops the compiler.
    ///
    /// # Panics
    /// At compile time, or at run time outside of a constant, where [`Learner::new`] would give an error.
    pub const fn fixed(spec: Spec<'a>, settings: DeviceSettings<'a>) -> Self {
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

    /// How it learns.
    pub const fn settings(&self) -> &DeviceSettings<'a> {
        &self.settings
    }

    /// Other learning rates, which may change from sample to sample.
    pub const fn set_rates(&mut self, hidden: f32, output: f32) {
        self.settings.hidden_rate = hidden;
        self.settings.output_rate = output;
    }

    /// The memory it needs.
    pub const fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// The network's inputs.
    pub const fn inputs(&self) -> usize {
        self.inputs
    }

    /// The network's outputs.
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Draws the weights and biases a network starts with, the same as [`initialize`](crate::initialize) on a PC.
    ///
    /// # Errors
    /// [`Error::WrongLength`] when `parameters` does not fit the network.
    pub fn init(&self, seed: u64, parameters: &mut [f32]) -> Result<(), Error> {
        expect_length("the parameters", parameters.len(), self.sizes.parameters)?;
        let mut rest = parameters;
        for (k, layer) in self.network.layers().iter().enumerate() {
            let (units, columns) = match layer {
                Layer::Dense(dense) => (dense.outputs, dense.inputs),
                Layer::Conv(_) if WINDOWS => layer.weight_shape(),
                _ => continue,
            };
            let weights = rest.split_off_mut(..units * columns).unwrap_or_default();
            let biases = rest.split_off_mut(..units).unwrap_or_default();
            initial::draw(seed, self.network.stream_number(k), columns, weights, biases);
        }
        Ok(())
    }

    /// Draws the fixed random matrices that [`Feedback::Stored`] holds, as [`draw_feedback`](crate::draw_feedback) does for any network.
    ///
    /// # Errors
    /// [`Error::WrongLength`] when `feedback` does not have the length that [`Sizes`] says.
    pub fn draw_feedback(&self, seed: u64, feedback: &mut [f32]) -> Result<(), Error> {
        expect_length("the feedback", feedback.len(), self.sizes.feedback)?;
        let mut rest = feedback;
        for k in 0..self.network.layers().len() {
            let (rows, columns) = self.matrix_shape(k);
            let own = rest.split_off_mut(..rows * columns).unwrap_or_default();
            if !own.is_empty() {
                let (stream, bound) = feedback_stream(seed, self.network.stream_number(k), columns);
                stream.fill_uniform(0, bound, own);
            }
        }
        Ok(())
    }

    /// The network's answer to one sample, `[outputs]`; it lies in the scratch. `x: [inputs]`.
    ///
    /// # Errors
    /// [`Error::WrongLength`] for a slice that does not fit, [`Error::InputNotFinite`] for an input that is infinite or not a
    /// number, which the counters note.
    pub fn infer<'m>(&self, mut lent: Lent<'m>, x: &[f32]) -> Result<&'m [f32], Error> {
        self.check(&mut lent, x)?;
        for k in 0..self.network.layers().len() {
            if self.has_windows(k) {
                self.turn_windows(k, &mut lent, x, None);
            } else if let Some(mut part) = self.part(k, lent.parameters, lent.scratch, x, false) {
                self.answer_part(&mut part, lent.health);
            }
        }
        Ok(self.output(lent.scratch, false))
    }

    /// Checks what was lent, and the sample.
    pub(super) fn check(&self, lent: &mut Lent<'_>, x: &[f32]) -> Result<(), Error> {
        expect_length("the parameters", lent.parameters.len(), self.sizes.parameters)?;
        let (found, expected) = (lent.scratch.len(), self.sizes.scratch());
        if found < expected {
            return Err(Error::WrongLength { what: "the scratch", found, expected });
        }
        expect_length("the input", x.len(), self.inputs)?;
        if !all_finite(x) {
            lent.health.refused = lent.health.refused.saturating_add(1);
            return Err(Error::InputNotFinite);
        }
        Ok(())
    }

    /// The forward pass of one layer; the output layer's ends in the loss's own function.
    pub(super) fn answer_part(&self, part: &mut Part<'_>, health: &mut Health) {
        rows::forward(part, health);
        activate(part.layer.activation, part.is_output.then_some(self.network.loss()), part.a);
    }

    /// Whether layer `k` is a convolution or a pooling layer.
    #[inline(always)]
    pub(super) fn has_windows(&self, k: usize) -> bool {
        WINDOWS && self.network.layers().get(k).is_some_and(|layer| !matches!(layer, Layer::Dense(_)))
    }

    /// Where the layers leave the network's answer.
    pub(super) fn output<'s>(&self, scratch: &'s [f32], keeps: bool) -> &'s [f32] {
        let first = match (keeps, self.network.layers().len() % 2) {
            (true, _) => self.sizes.activations.wrapping_sub(self.outputs),
            (false, 1) => 0,
            (false, _) => self.sizes.even,
        };
        scratch.get(first..).and_then(|rest| rest.get(..self.outputs)).unwrap_or_default()
    }

    /// Layer `k`, a dense one, and its share of the memory.
    #[inline(never)]
    pub(super) fn part<'p>(
        &'p self,
        k: usize,
        parameters: &'p mut [f32],
        scratch: &'p mut [f32],
        x: &'p [f32],
        keeps: bool,
    ) -> Option<Part<'p>> {
        self.any_part(k, parameters, scratch, x, keeps)?.dense()
    }

    /// Layer `k` and its share of the memory: outputs one after the other where all are kept, else in two buffers in turn.
    #[inline(always)]
    pub(super) fn any_part<'p>(
        &'p self,
        k: usize,
        parameters: &'p mut [f32],
        scratch: &'p mut [f32],
        x: &'p [f32],
        keeps: bool,
    ) -> Option<Part<'p, Layer>> {
        let (mut own, mut output) = (0, 0);
        for layer in self.network.layers().get(..k)? {
            let Counts { outputs, parameters, .. } = counts(layer)?;
            own += parameters;
            output += outputs;
        }
        let (layer, after) = self.network.layers().get(k..)?.split_first()?;
        let Counts { inputs, outputs, .. } = counts(layer)?;
        let (activations, rest) = scratch.split_at_mut_checked(self.sizes.activations)?;
        let (error, signal) = rest.split_at_mut_checked(self.outputs)?;
        let (first, second) = activations.split_at_mut_checked(if keeps { output } else { self.sizes.even })?;
        let (before, a) = if keeps || k % 2 == 1 { (first, second) } else { (second, first) };
        let start = if keeps { before.len().wrapping_sub(inputs) } else { 0 };
        let x = if k == 0 { x } else { before.get(start..)?.get(..inputs)? };
        let (own, a) = (parameters.get_mut(own..)?, a.get_mut(..outputs)?);
        Some(Part { layer, k, is_output: after.is_empty(), own, x, a, error, signal })
    }

    /// Where the stored feedback of layer `k` starts.
    pub(super) fn feedback_before(&self, k: usize) -> usize {
        (0..k).map(|k| self.matrix_shape(k)).map(|(rows, columns)| rows * columns).sum()
    }

    /// Rows and columns of the fixed matrix that carries layer `k`'s signal, as in [`Checked::feedback_shape`].
    fn matrix_shape(&self, k: usize) -> (usize, usize) {
        let layers = self.network.layers();
        match layers.get(k) {
            Some(Layer::Dense(dense)) => shape_of(dense, self.settings.rule, k, layers.len(), self.outputs),
            Some(layer) if WINDOWS => windows_shape(layer, self.settings.rule, k, self.outputs),
            _ => (0, 0),
        }
    }
}

/// The nonlinearity, and that of the loss at the output.
#[inline(always)]
pub(super) fn activate(activation: Activation, loss: Option<Loss>, a: &mut [f32]) {
    activation.apply(a);
    if let Some(loss) = loss {
        loss.activate(a.len(), a);
    }
}

/// Whether all layers are dense.
const fn is_dense(layers: &[Layer]) -> bool {
    let mut k = 0;
    while k < layers.len() && matches!(layers[k], Layer::Dense(_)) {
        k += 1;
    }
    k == layers.len()
}
