//! Normalisation of a convolution's sums, channel by channel, with a scale and a shift that learn (Ioffe and Szegedy, "Batch
//! normalization: accelerating deep network training by reducing internal covariate shift", ICML 2015).
//!
//! With z a channel's sums W * x at all places of all samples of a batch, n of them:
//!
//! ```text
//! mean = sum z / n      variance = sum (z - mean)^2 / n      u = (z - mean) / sqrt(variance + 1e-5)      a = act(scale u + shift)
//! ```
//!
//! | | mean and variance |
//! |---|---|
//! | learning from a batch | the batch's own, through which the gradient flows too; the running ones move a tenth of the way towards them, the variance towards sum (z - mean)^2 / (n - 1) |
//! | learning from one sample | the running ones, which count as constants; they move a hundredth of the way towards the sample's mean and its mean squared distance from the running mean |
//! | answering | the running ones |
//!
//! A normalised layer's parameters lie as W, shift, scale, running mean, running variance, `[channels]` each but the first. The shift
//! is in the place of the biases, which would be subtracted again. An optimizer changes the first three.
//!
//! With d the gradient at scale u + shift, the gradient of the shift is sum d, that of the scale sum d u, and the gradient at z is
//! scale / sqrt(variance + 1e-5) times d - (sum d + u sum d u) / n, or times d where the running numbers were used. So a step needs
//! u of one layer at a time, and keeps it in a buffer of its own: `[batch, outputs]`, then `[channels]` of 1 / sqrt(variance + 1e-5).

use super::conv::{self, Conv};
use crate::math;

/// What is added to a variance.
pub const EPSILON: f32 = 1e-5;
/// How far a batch moves the running numbers.
pub const BATCH_SHARE: f32 = 0.1;
/// How far a sample does.
pub const SAMPLE_SHARE: f32 = 0.01;

/// A channel's mean and variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// The mean.
    pub mean: f32,
    /// The variance.
    pub variance: f32,
}

impl Moments {
    /// 1 / sqrt(variance + [`EPSILON`]).
    #[inline(always)]
    pub fn inverse_deviation(&self) -> f32 {
        1.0 / math::sqrt(self.variance + EPSILON)
    }
}

/// What a channel is normalised by while it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Followed {
    /// What this batch is normalised by.
    pub used: Moments,
    /// The running numbers after it.
    pub running: Moments,
}

impl Followed {
    /// Of a channel of so many samples with so many places each: `sum` is that of its values, `squares` gives the sum of their squared
    /// distances from a centre.
    #[inline(always)]
    pub fn new(samples: usize, places: usize, running: Moments, sum: f64, squares: impl FnOnce(f32) -> f64) -> Self {
        let n = (samples * places) as f64;
        let mean = (sum / n) as f32;
        let move_towards = |share: f32, variance: f64| Moments {
            mean: running.mean + share * (mean - running.mean),
            variance: running.variance + share * (variance as f32 - running.variance),
        };
        if samples == 1 {
            return Followed { used: running, running: move_towards(SAMPLE_SHARE, squares(running.mean) / n) };
        }
        let squares = squares(mean);
        let used = Moments { mean, variance: (squares / n) as f32 };
        Followed { used, running: move_towards(BATCH_SHARE, squares / (n - 1.0)) }
    }
}

/// The four numbers of each channel: shift, scale, running mean, running variance.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'p> {
    /// Added after the scale.
    pub shift: &'p [f32],
    /// The factor on what was normalised.
    pub scale: &'p [f32],
    /// The running mean.
    pub mean: &'p [f32],
    /// The running variance.
    pub variance: &'p [f32],
}

impl<'p> Channels<'p> {
    /// Those in a normalised layer's parameters.
    pub fn new(layer: &Conv, parameters: &'p [f32]) -> Self {
        let (shift, rest) = parameters[layer.weights()..].split_at(layer.channels);
        let (scale, rest) = rest.split_at(layer.channels);
        let (mean, variance) = rest.split_at(layer.channels);
        Channels { shift, scale, mean, variance }
    }

    /// The running numbers of a channel.
    pub fn running(&self, channel: usize) -> Moments {
        Moments { mean: self.mean[channel], variance: self.variance[channel] }
    }
}

/// The numbers before the first batch: shift 0, scale 1, mean 0, variance 1. `numbers: [4, channels]`.
pub(crate) fn start(channels: usize, numbers: &mut [f32]) {
    for (number, values) in numbers.chunks_exact_mut(channels.max(1)).enumerate() {
        values.fill(if number % 2 == 1 { 1.0 } else { 0.0 });
    }
}

/// The factor on a channel's filter, and its bias, that answer as the channel does by its running numbers.
pub fn folded_channel(layer: &Conv, parameters: &[f32], channel: usize) -> (f32, f32) {
    let channels = Channels::new(layer, parameters);
    let running = channels.running(channel);
    let factor = channels.scale[channel] * running.inverse_deviation();
    (factor, channels.shift[channel] - running.mean * factor)
}

/// a = act(scale u + shift) by the running numbers.
///
/// Slices as for [`conv::forward`], all of the layer's parameters.
pub fn answer(layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    conv::slide(layer, parameters, |channel| folded_channel(layer, parameters, channel), x, a);
    layer.activation.apply(a);
}

/// The weights and biases of [`Conv::without_norm`] that answer as the layer does, to the bit.
///
/// `folded: [channels, patch] + [channels]`.
pub fn fold(layer: &Conv, parameters: &[f32], folded: &mut [f32]) {
    let (weights, biases) = folded.split_at_mut(layer.weights());
    let filters = parameters.chunks_exact(layer.patch()).zip(weights.chunks_exact_mut(layer.patch()));
    for (channel, ((filter, folded), bias)) in filters.zip(biases).enumerate() {
        let (factor, shift) = folded_channel(layer, parameters, channel);
        folded.iter_mut().zip(filter).for_each(|(folded, weight)| *folded = factor * weight);
        *bias = shift;
    }
}

/// The second half of a forward pass while learning: the sums `a: [batch, outputs]` become what the layer answers, and `kept` what its
/// step needs. The running numbers move if they are to.
pub fn forward(layer: &Conv, parameters: &mut [f32], moves: bool, a: &mut [f32], kept: &mut [f32]) {
    let (out, channels) = (layer.output(), layer.channels);
    let (span, samples) = (out.height * out.width, a.len() / out.size());
    if samples == 0 {
        return;
    }
    let (units, inverse) = kept.split_at_mut(a.len());
    for (channel, inverse) in inverse[..channels].iter_mut().enumerate() {
        let numbers = Channels::new(layer, parameters);
        let planes = || a.chunks_exact(span).skip(channel).step_by(channels);
        let squares = |centre: f32| {
            let of_plane = |plane: &[f32]| plane.iter().map(|z| (z - centre) * (z - centre)).sum::<f32>() as f64;
            planes().map(of_plane).sum()
        };
        let sum = planes().map(|plane| plane.iter().sum::<f32>() as f64).sum();
        let Followed { used, running } = Followed::new(samples, span, numbers.running(channel), sum, squares);
        let (scale, shift) = (numbers.scale[channel], numbers.shift[channel]);
        *inverse = used.inverse_deviation();
        let units = units.chunks_exact_mut(span).skip(channel).step_by(channels);
        for (a, units) in a.chunks_exact_mut(span).skip(channel).step_by(channels).zip(units) {
            normalise(used.mean, *inverse, (scale, shift), a, units);
        }
        if moves {
            let first = layer.learned() + channel;
            (parameters[first], parameters[first + channels]) = (running.mean, running.variance);
        }
    }
    layer.activation.apply(a);
}

/// units = (a - mean) inverse, and a = scale units + shift, for some values of a channel.
#[inline(always)]
pub fn normalise(mean: f32, inverse: f32, (scale, shift): (f32, f32), a: &mut [f32], units: &mut [f32]) {
    for (a, u) in a.iter_mut().zip(units) {
        *u = (*a - mean) * inverse;
        *a = scale * *u + shift;
    }
}

/// totals += what some samples contribute to the gradients of shift and scale: sum d, and sum d u.
///
/// `units` and `delta: [samples, outputs]`, `totals: [2, channels]`.
pub fn add_totals(layer: &Conv, units: &[f32], delta: &[f32], totals: &mut [f32]) {
    let out = layer.output();
    let (shift, scale) = totals.split_at_mut(layer.channels);
    let planes = units.chunks_exact(out.height * out.width).zip(delta.chunks_exact(out.height * out.width));
    for (plane, (units, delta)) in planes.enumerate() {
        let channel = plane % layer.channels;
        shift[channel] += delta.iter().sum::<f32>();
        scale[channel] += delta.iter().zip(units).map(|(d, u)| d * u).sum::<f32>();
    }
}

/// How the gradient at a channel's scale u + shift becomes that at its sums.
#[derive(Clone, Copy, Debug)]
pub struct Through {
    /// The factor on all of it.
    pub factor: f32,
    /// Taken off.
    pub mean: f32,
    /// Taken off, times u.
    pub slope: f32,
}

impl Through {
    /// Of a channel of `samples` samples, by the layer's parameters, what its forward pass kept of the deviations, and the totals of
    /// all samples, `[2, channels]`.
    #[inline(always)]
    pub fn new(
        layer: &Conv,
        samples: usize,
        parameters: &[f32],
        inverse: &[f32],
        totals: &[f32],
        channel: usize,
    ) -> Self {
        let out = layer.output();
        let factor = Channels::new(layer, parameters).scale[channel] * inverse[channel];
        if samples == 1 {
            return Through { factor, mean: 0.0, slope: 0.0 };
        }
        let n = (samples * out.height * out.width) as f32;
        Through { factor, mean: totals[channel] / n, slope: totals[layer.channels + channel] / n }
    }

    /// Some values of the channel, in place.
    #[inline(always)]
    pub fn apply(&self, units: &[f32], delta: &mut [f32]) {
        delta.iter_mut().zip(units).for_each(|(d, u)| *d = self.factor * (*d - self.mean - self.slope * u));
    }
}

/// The gradient at scale u + shift becomes that at the sums, in place, for all samples of a batch; `totals: [2, channels]` get the
/// gradients of shift and scale.
///
/// `kept` is that of [`forward`].
pub fn gradient(layer: &Conv, parameters: &[f32], kept: &[f32], delta: &mut [f32], totals: &mut [f32]) {
    totals.fill(0.0);
    add_totals(layer, &kept[..delta.len()], delta, totals);
    to_sums(layer, delta.len() / layer.output().size(), parameters, kept, totals, (0, delta));
}

/// The gradient at scale u + shift becomes that at the sums, in place, for some of a batch's `samples` from number `first` on, by the
/// totals of all of them.
///
/// `kept` is that of [`forward`], `totals: [2, channels]`, `delta: [any, outputs]`.
pub fn to_sums(
    layer: &Conv,
    samples: usize,
    parameters: &[f32],
    kept: &[f32],
    totals: &[f32],
    (first, delta): (usize, &mut [f32]),
) {
    let out = layer.output();
    let (units, inverse) = kept.split_at(samples * out.size());
    let span = out.height * out.width;
    let planes = units[first * out.size()..].chunks_exact(span).zip(delta.chunks_exact_mut(span));
    for (plane, (units, delta)) in planes.enumerate() {
        Through::new(layer, samples, parameters, inverse, totals, plane % layer.channels).apply(units, delta);
    }
}
