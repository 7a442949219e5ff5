//! The description of a network: a list of layers and a loss, checked before anything runs.

use crate::activation::Activation;
use crate::error::Error;
use crate::layer::{Dense, Grid, Layer, Window};
use crate::loss::{Loss, Targets};
use crate::rule::{Rule, Teacher};
pub use crate::shape::Shape;

/// A network as described, not yet checked. The last layer is the output layer; all before it are hidden.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec<'a> {
    /// The layers, first to last.
    pub layers: &'a [Layer],
    /// The loss at the output.
    pub loss: Loss,
}

/// A network that can run: every layer takes what the one before gives. Only [`Spec::check`] makes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checked<'a> {
    layers: &'a [Layer],
    loss: Loss,
    skipped: usize,
    /// Outputs of the whole network.
    outputs: usize,
    /// Whether the last of these layers is the output layer.
    ends: bool,
}

/// A checked network that holds its layers itself, as an array, a `Vec`, a `Box` or an `Arc`, and knows how many of the first
/// do not learn. What it lends was checked when it was made, so lending cannot fail.
///
/// ```
/// use openloop_core::*;
///
/// let layers = vec![
///     Layer::Dense(Dense { inputs: 4, outputs: 8, activation: Activation::Tanh }),
///     Layer::Dense(Dense { inputs: 8, outputs: 3, activation: Activation::Identity }),
/// ];
/// let network = Network::new(layers, Loss::CrossEntropy, 1)?;
/// assert_eq!((network.whole().inputs(), network.learning().inputs()), (4, 8));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network<L> {
    layers: L,
    loss: Loss,
    frozen: usize,
    outputs: usize,
}

impl<L: AsRef<[Layer]>> Network<L> {
    /// Checks a network whose first `frozen` layers do not learn, often 0. `layers` must give the same layers each time it is
    /// asked, as all containers do.
    ///
    /// # Errors
    /// As for [`Spec::check`], and [`Error::NoLayers`] when no layer would learn.
    pub fn new(layers: L, loss: Loss, frozen: usize) -> Result<Self, Error> {
        let whole = Spec { layers: layers.as_ref(), loss }.check()?;
        let outputs = whole.without_front(frozen)?.outputs();
        Ok(Network { layers, loss, frozen, outputs })
    }

    /// All layers: what answers.
    pub fn whole(&self) -> Checked<'_> {
        Checked { layers: self.layers(), loss: self.loss, skipped: 0, outputs: self.outputs, ends: true }
    }

    /// The layers that learn, as [`Checked::without_front`] gives them. Their inputs are the front's outputs.
    pub fn learning(&self) -> Checked<'_> {
        let (_, layers) = self.layers().split_at(self.frozen);
        Checked { layers, skipped: self.frozen, ..self.whole() }
    }

    /// The layers that do not learn, often none.
    pub fn front(&self) -> &[Layer] {
        &self.layers()[..self.frozen]
    }

    /// How many layers do not learn.
    pub const fn frozen(&self) -> usize {
        self.frozen
    }

    /// All layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        self.layers.as_ref()
    }

    /// The loss.
    pub const fn loss(&self) -> Loss {
        self.loss
    }

    /// Values in a sample.
    pub fn inputs(&self) -> usize {
        self.whole().inputs()
    }

    /// Values that the first learning layer takes.
    pub fn learning_inputs(&self) -> usize {
        self.learning().inputs()
    }

    /// Values in an answer.
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Weights and biases of all layers.
    pub fn parameters(&self) -> usize {
        self.layers().iter().map(Layer::parameters).sum()
    }

    /// Weights and biases of the layers that do not learn.
    pub fn frozen_parameters(&self) -> usize {
        self.front().iter().map(Layer::parameters).sum()
    }
}

impl<'a> Spec<'a> {
    /// Checks the description.
    ///
    /// # Errors
    /// Names the first layer that is empty or does not fit, a filter or window larger than its input, a dropout probability
    /// outside [0, 1), a last layer that is not dense, or an output activation that the loss does not allow.
    #[inline]
    pub const fn check(self) -> Result<Checked<'a>, Error> {
        let layers = self.layers;
        let Some((last, _)) = layers.split_last() else { return Err(Error::NoLayers) };
        if let Err(error) = check_output(last, self.loss) {
            return Err(error);
        }
        let mut k = 0;
        while k < layers.len() {
            let before = if k > 0 { Some(layers[k - 1].outputs()) } else { None };
            if let Err(error) = check_layer(k, before, &layers[k]) {
                return Err(error);
            }
            k += 1;
        }
        Ok(Checked { layers, loss: self.loss, skipped: 0, outputs: last.outputs(), ends: true })
    }

    /// As [`check`](Spec::check), for a chain of dense layers alone: less code where there is no other layer.
    ///
    /// # Errors
    /// [`Error::LayerNotOnDevice`] for a layer that is not dense, and as for [`check`](Spec::check).
    pub const fn check_dense(self) -> Result<Checked<'a>, Error> {
        let (layers, mut k, mut given) = (self.layers, 0, None);
        while k < layers.len() {
            let Layer::Dense(Dense { inputs, outputs, activation }) = layers[k] else {
                return Err(Error::LayerNotOnDevice { layer: k });
            };
            if inputs == 0 || outputs == 0 {
                return Err(Error::EmptyLayer { layer: k });
            }
            if let Some(given) = given
                && given != inputs
            {
                return Err(Error::LayersDoNotFit { layer: k, given, expected: inputs });
            }
            let is_last = k + 1 == layers.len();
            if is_last && !allows_output(activation, self.loss) {
                return Err(Error::OutputActivation);
            }
            given = Some(outputs);
            k += 1;
        }
        match given {
            Some(outputs) => Ok(Checked { layers, loss: self.loss, skipped: 0, outputs, ends: true }),
            None => Err(Error::NoLayers),
        }
    }
}

/// The cells over which the readout of `layer` averages its maps under a rule; none where it sees every output.
pub const fn readout_grid(rule: Rule, layer: &Layer) -> Option<Grid> {
    if rule.reads_layers() { layer.grid() } else { None }
}

/// Values of `layer` that its readout sees under a rule, and that a projected signal comes at.
pub const fn seen(rule: Rule, layer: &Layer) -> usize {
    match readout_grid(rule, layer) {
        Some(grid) => grid.cells(),
        None => layer.outputs(),
    }
}

/// Whether `last` can be the last layer under this loss.
const fn check_output(last: &Layer, loss: Loss) -> Result<(), Error> {
    let Layer::Dense(output) = last else { return Err(Error::LastLayerNotDense) };
    if allows_output(output.activation, loss) { Ok(()) } else { Err(Error::OutputActivation) }
}

/// Whether the output layer may have this activation: a loss with a function of its own takes sums.
pub(crate) const fn allows_output(activation: Activation, loss: Loss) -> bool {
    matches!(loss, Loss::MeanSquaredError) || matches!(activation, Activation::Identity)
}

/// Whether layer `k` can follow a layer that gives `before` values; none for the first.
pub(crate) const fn check_layer(k: usize, before: Option<usize>, layer: &Layer) -> Result<(), Error> {
    if cfg!(not(feature = "every-layer")) && !matches!(layer, Layer::Dense(_)) {
        return Err(Error::LayerNotOnDevice { layer: k });
    }
    if let Err(error) = check_window(k, layer) {
        return Err(error);
    }
    if layer.inputs() == 0 || layer.outputs() == 0 {
        return Err(Error::EmptyLayer { layer: k });
    }
    if let Some(given) = before
        && given != layer.inputs()
    {
        return Err(Error::LayersDoNotFit { layer: k, given, expected: layer.inputs() });
    }
    if let Layer::Dropout(dropout) = layer
        && !(dropout.probability >= 0.0 && dropout.probability < 1.0)
    {
        return Err(Error::DropoutProbability { layer: k });
    }
    Ok(())
}

/// Whether the filter or pooling window of layer `k`, if it has one, has a size and fits into its input.
const fn check_window(k: usize, layer: &Layer) -> Result<(), Error> {
    let Some(Window { input, size: window, stride, padding }) = layer.window() else { return Ok(()) };
    let (height, width) = (input.height + 2 * padding[0], input.width + 2 * padding[1]);
    if window[0] == 0 || window[1] == 0 || stride[0] == 0 || stride[1] == 0 {
        return Err(Error::EmptyWindow { layer: k });
    }
    if input.size() > 0 && (height < window[0] || width < window[1]) {
        return Err(Error::WindowDoesNotFit { layer: k, window, height, width });
    }
    Ok(())
}

impl<'a> Checked<'a> {
    /// All layers.
    pub const fn layers(&self) -> &'a [Layer] {
        self.layers
    }

    /// The loss.
    pub const fn loss(&self) -> Loss {
        self.loss
    }

    /// The network without its first `count` layers: what is left when a frozen front end has made its features. The
    /// layers keep their random streams, so they learn what they would have learned inside the whole (a front end with a
    /// dropout layer aside: features are made without).
    ///
    /// # Errors
    /// [`Error::NoLayers`] when nothing would be left.
    pub const fn without_front(&self, count: usize) -> Result<Checked<'a>, Error> {
        if count >= self.layers.len() {
            return Err(Error::NoLayers);
        }
        let (_, layers) = self.layers.split_at(count);
        Ok(Checked { layers, skipped: self.skipped + count, ..*self })
    }

    /// The layers `from..to` alone, for [`crate::network::learn_part`]. They keep their random streams, and the network's
    /// outputs are still those of the whole.
    ///
    /// # Errors
    /// [`Error::NoLayers`] when there is none between the two.
    pub const fn part(&self, from: usize, to: usize) -> Result<Checked<'a>, Error> {
        if from >= to || to > self.layers.len() {
            return Err(Error::NoLayers);
        }
        let ends = self.ends && to == self.layers.len();
        let (_, layers) = self.layers.split_at(from);
        let (layers, _) = layers.split_at(to - from);
        Ok(Checked { layers, skipped: self.skipped + from, ends, ..*self })
    }

    /// Whether layer `k` is the output layer.
    pub const fn is_output(&self, k: usize) -> bool {
        self.ends && k + 1 == self.layers.len()
    }

    /// The number that layer `k`'s random streams go by: its index in the whole network.
    pub const fn stream_number(&self, k: usize) -> usize {
        self.skipped + k
    }

    /// Values a sample brings in.
    pub const fn inputs(&self) -> usize {
        match self.layers {
            [first, ..] => first.inputs(),
            [] => 0,
        }
    }

    /// Values the network answers with.
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Index of the first layer that has weights: no signal is needed below it.
    pub const fn first_learning(&self) -> usize {
        let mut k = 0;
        while k < self.layers.len() && !self.layers[k].learns() {
            k += 1;
        }
        k
    }

    /// Rows and columns of the matrix that carries layer `k`'s teaching signal, `(0, 0)` where the rule needs none.
    ///
    /// Projections (dfa, sdfa, drtp, local-error): `[outputs of the network, outputs of the layer]`, at hidden layers; in a
    /// convolution these outputs are the pixels before pooling, or the cells that a pooled readout sees ([`seen`]).
    /// Feedback alignment: the shape of the layer's own weights, at all but the first.
    #[inline]
    pub const fn feedback_shape(&self, rule: Rule, k: usize) -> (usize, usize) {
        if k >= self.layers.len() {
            return (0, 0);
        }
        let layer = &self.layers[k];
        match rule.teacher() {
            Teacher::Projection(_) if rule.learns_readout() => (0, 0),
            Teacher::Projection(_) if layer.learns() && !self.is_output(k) => (self.outputs(), seen(rule, layer)),
            Teacher::NextLayer { fixed: true } if layer.learns() && k > self.first_learning() => layer.weight_shape(),
            _ => (0, 0),
        }
    }

    /// Layer `k`'s own linear classifier, under a rule whose readout learns and at a hidden layer that has weights.
    #[inline]
    pub const fn readout(&self, rule: Rule, k: usize) -> Option<Dense> {
        let layer = &self.layers[k];
        if rule.learns_readout() && layer.learns() && !self.is_output(k) {
            let (inputs, outputs) = (seen(rule, layer), self.outputs());
            return Some(Dense { inputs, outputs, activation: Activation::Identity });
        }
        None
    }

    /// Checks that targets can be used with this network and rule.
    ///
    /// # Errors
    /// A label out of range, a wrong number of values, or real-valued targets where the rule or the loss needs labels.
    pub fn check_targets(&self, rule: Rule, targets: &Targets<'_>) -> Result<(), Error> {
        if let Some(weights) = targets.weights() {
            crate::error::expect_length("the weights", weights.len(), targets.batch(self.outputs()))?;
        }
        match targets {
            Targets::Labels(labels) | Targets::WeightedLabels(labels, _) => {
                let classes = self.outputs();
                match labels.iter().find(|label| **label as usize >= classes) {
                    Some(&label) => Err(Error::LabelOutOfRange { label, classes }),
                    None => Ok(()),
                }
            }
            Targets::Values(_) | Targets::WeightedValues(..) if rule.needs_labels() => Err(Error::RuleNeedsLabels),
            Targets::Values(_) | Targets::WeightedValues(..) if self.loss == Loss::CrossEntropy => {
                Err(Error::LossNeedsLabels)
            }
            Targets::Values(values) | Targets::WeightedValues(values, _) => {
                let expected = targets.batch(self.outputs()) * self.outputs();
                crate::error::expect_length("the targets", values.len(), expected)
            }
        }
    }
}
