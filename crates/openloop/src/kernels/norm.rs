//! The normalised convolution ([`openloop_core::layer::norm`]): what concerns a channel is split by channels, each of which one thread
//! sums over the whole batch, so that the number of threads changes no bit.

use super::blocks::Slices;
use super::conv::{self, accumulate_sample, in_parts, local_delta, with_signal};
use super::fast::Fast;
use super::loops;
use openloop_core::Activation;
use openloop_core::kernels::{LocalStep, Room};
use openloop_core::layer::Conv;
use openloop_core::layer::norm::{self, Followed, Moments, Through};
use openloop_core::weights::Trainable;
use std::ops::Range;

/// Multiply-adds that a value's part in a channel's sums is worth.
const WORK: usize = 8;

/// The planes of a batch: `[samples, channels]` of `span` places each.
#[derive(Clone, Copy)]
struct Planes {
    samples: usize,
    channels: usize,
    span: usize,
}

impl Planes {
    fn new(layer: &Conv, values: usize) -> Self {
        let out = layer.output();
        Planes { samples: values / out.size(), channels: layer.channels, span: out.height * out.width }
    }

    /// Where a plane lies among those of all samples.
    fn range(&self, sample: usize, channel: usize) -> Range<usize> {
        let first = (sample * self.channels + channel) * self.span;
        first..first + self.span
    }

    /// Where a channel's number lies in `[any, channels]`.
    fn number(&self, number: usize, channel: usize) -> Range<usize> {
        let at = number * self.channels + channel;
        at..at + 1
    }

    /// Calls `work(channel)` for each channel.
    fn for_channels(&self, fast: &Fast, work: impl Fn(usize) + Sync) {
        let values = self.samples * self.channels * self.span;
        fast.for_blocks(self.channels, 1, WORK * values, |channel| work(channel.start));
    }
}

/// The forward pass while learning; see [`openloop_core::kernels::Kernels::norm_forward`].
pub fn forward(
    fast: &Fast,
    layer: &Conv,
    parameters: &mut [f32],
    moves: bool,
    (x, a): (&[f32], &mut [f32]),
    kept: &mut [f32],
) {
    if x.is_empty() {
        return;
    }
    sums(fast, layer, parameters, x, a);
    let (planes, (units, inverse)) = (Planes::new(layer, a.len()), kept.split_at_mut(a.len()));
    let (learned, running) = parameters.split_at_mut(layer.learned());
    let (learned, running) = (&*learned, Slices::new(running));
    let (a, units, inverse) = (Slices::new(a), Slices::new(units), Slices::new(inverse));
    planes.for_channels(fast, |channel| {
        // SAFETY: each channel's planes are its own
        let a = |sample| unsafe { a.range(planes.range(sample, channel)) };
        // SAFETY: so are these
        let units = |sample| unsafe { units.range(planes.range(sample, channel)) };
        // SAFETY: and its two running numbers
        let running = |number: usize| unsafe { &mut running.range(planes.number(number, channel))[0] };
        // SAFETY: and this number
        let inverse = unsafe { &mut inverse.range(planes.number(0, channel))[0] };
        let (mean, variance) = (running(0), running(1));
        let sum = (0..planes.samples).map(|sample| f64::from(loops::sum(a(sample)))).sum();
        let squares =
            |centre: f32| (0..planes.samples).map(|sample| f64::from(loops::squares(a(sample), centre))).sum();
        let numbers = Moments { mean: *mean, variance: *variance };
        let Followed { used, running } = Followed::new(planes.samples, planes.span, numbers, sum, squares);
        *inverse = used.inverse_deviation();
        let learned = &learned[layer.weights()..];
        let scale_and_shift = (learned[planes.channels + channel], learned[channel]);
        for sample in 0..planes.samples {
            loops::normalise(layer.activation, (used.mean, *inverse), scale_and_shift, a(sample), units(sample));
        }
        if moves {
            (*mean, *variance) = (running.mean, running.variance);
        }
    });
}

/// a = W * x.
fn sums(fast: &Fast, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    let plain = Conv { activation: Activation::Identity, ..layer.without_norm() };
    let mut own = parameters[..layer.weights()].to_vec();
    own.resize(plain.parameters(), 0.0);
    conv::forward(fast, &plain, &own, x, a);
}

/// a = act(W * x + b) by the running numbers.
pub fn answer(fast: &Fast, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    let plain = layer.without_norm();
    let mut own = vec![0.0; plain.parameters()];
    norm::fold(layer, parameters, &mut own);
    conv::forward(fast, &plain, &own, x, a);
}

/// The gradient at scale u + shift becomes that at the sums; see [`openloop_core::kernels::Kernels::norm_gradient`].
pub fn gradient(fast: &Fast, layer: &Conv, parameters: &[f32], kept: &[f32], delta: &mut [f32], gradient: &mut [f32]) {
    let (planes, (units, inverse)) = (Planes::new(layer, delta.len()), kept.split_at(delta.len()));
    let totals = &mut gradient[layer.weights()..layer.learned()];
    let delta = Slices::new(delta);
    // SAFETY: each channel's planes are its own
    let plane = |sample, channel| unsafe { delta.range(planes.range(sample, channel)) };
    add_totals(fast, planes, totals, |sample, channel, add| {
        add(plane(sample, channel), &units[planes.range(sample, channel)]);
    });
    let totals = &*totals;
    planes.for_channels(fast, |channel| {
        let through = Through::new(layer, planes.samples, parameters, inverse, totals, channel);
        for sample in 0..planes.samples {
            loops::normalise_gradient(&through, &units[planes.range(sample, channel)], plane(sample, channel));
        }
    });
}

/// Fills `totals: [2, channels]` with the sums of d and of d u, of the planes that `show(sample, channel, add)` shows to `add(d, u)`.
fn add_totals(
    fast: &Fast,
    planes: Planes,
    totals: &mut [f32],
    show: impl Fn(usize, usize, &mut dyn FnMut(&[f32], &[f32])) + Sync,
) {
    let totals = Slices::new(totals);
    planes.for_channels(fast, |channel| {
        let (mut shift, mut scale) = (0.0, 0.0);
        for sample in 0..planes.samples {
            show(sample, channel, &mut |delta, units| {
                shift += f64::from(loops::sum(delta));
                scale += f64::from(loops::dot(delta, units));
            });
        }
        // SAFETY: each channel's numbers are its own
        unsafe {
            totals.range(planes.number(0, channel))[0] = shift as f32;
            totals.range(planes.number(1, channel))[0] = scale as f32;
        }
    });
}

/// The second half of a local step; see [`openloop_core::kernels::Kernels::learn_by_samples`].
pub fn learn(
    fast: &Fast,
    layer: &Conv,
    step: &LocalStep<'_>,
    mut own: Trainable<'_>,
    (x, a): (&[f32], &[f32]),
    room: Room<'_>,
) {
    let layer = &layer.lying();
    let Room { coefficients, gradient, kept, .. } = room;
    let (coefficients, planes) = (&*coefficients, Planes::new(layer, a.len()));
    let (units, inverse) = kept.split_at(a.len());
    let (inputs, outputs) = (layer.input.size(), layer.output().size());
    let gradient = &mut gradient[..layer.learned()];
    let (filters, totals) = gradient.split_at_mut(layer.weights());
    add_totals(fast, planes, totals, |sample, channel, add| {
        let here = planes.range(sample, channel);
        with_signal(planes.span, |signal| {
            let places = planes.range(0, channel);
            local_delta(layer, step, coefficients, (sample, places), &a[here.clone()], signal);
            add(signal, &units[here.clone()]);
        });
    });
    let (parameters, totals) = (&*own.parameters, &*totals);
    let through = |channel| Through::new(layer, planes.samples, parameters, inverse, totals, channel);
    let through: Vec<Through> = (0..planes.channels).map(through).collect();
    filters.fill(0.0);
    in_parts(fast, layer, planes.samples, filters, |sample, filters| {
        with_signal(outputs, |signal| {
            let a = &a[sample * outputs..][..outputs];
            local_delta(layer, step, coefficients, (sample, 0..outputs), a, signal);
            for (channel, through) in through.iter().enumerate() {
                let delta = &mut signal[planes.range(0, channel)];
                loops::normalise_gradient(through, &units[planes.range(sample, channel)], delta);
            }
            accumulate_sample(layer, &x[sample * inputs..][..inputs], signal, filters);
        });
    });
    own.step(step.step, 0, gradient);
}
