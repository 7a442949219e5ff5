//! The convolutional layer: each output channel is one small filter slid over all input channels.

use crate::activation::Activation;
use crate::matrix::Matrix;
use crate::shape::Shape;

/// A convolution with square filters. Its parameters lie as W `[channels, input channels, kernel, kernel]` row-major,
/// then b `[channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Of one sample.
    pub input: Shape,
    /// Filters, channels out.
    pub channels: usize,
    /// Height and width of a filter.
    pub kernel: usize,
    /// Steps between two places of a filter, at least 1.
    pub stride: usize,
    /// Zeros around the input.
    pub padding: usize,
    /// The nonlinearity.
    pub activation: Activation,
}

impl Conv {
    /// The shape of a sample's output: floor((in + 2 padding - kernel) / stride) + 1, or 0 where the filter does not fit.
    pub const fn output(&self) -> Shape {
        Shape { channels: self.channels, height: self.places(self.input.height), width: self.places(self.input.width) }
    }

    /// Weights of one filter.
    pub const fn patch(&self) -> usize {
        self.input.channels * self.kernel * self.kernel
    }

    /// Weights alone.
    pub const fn weights(&self) -> usize {
        self.channels * self.patch()
    }

    /// Weights and biases.
    pub const fn parameters(&self) -> usize {
        self.weights() + self.channels
    }

    const fn places(&self, length: usize) -> usize {
        let room = length + 2 * self.padding;
        if self.kernel == 0 || self.stride == 0 || room < self.kernel {
            0
        } else {
            (room - self.kernel) / self.stride + 1
        }
    }

    /// Calls `pair(weight, input)` for every weight of a filter that meets an input value when the filter is at output
    /// place (`row`, `column`): the indices in the filter and in the sample.
    #[inline(always)]
    fn for_each_pair(&self, row: usize, column: usize, mut pair: impl FnMut(usize, usize)) {
        let Shape { channels, height, width } = self.input;
        for channel in 0..channels {
            for y in 0..self.kernel {
                let Some(in_y) = (row * self.stride + y).checked_sub(self.padding).filter(|y| *y < height) else {
                    continue;
                };
                for x in 0..self.kernel {
                    let in_x = (column * self.stride + x).checked_sub(self.padding).filter(|x| *x < width);
                    let Some(in_x) = in_x else { continue };
                    let weight = (channel * self.kernel + y) * self.kernel + x;
                    pair(weight, (channel * height + in_y) * width + in_x);
                }
            }
        }
    }
}

/// a = act(W * x + b), the filter slid without being flipped.
///
/// `parameters: [channels, patch] + [channels]`, `x: [batch, input]`, `a: [batch, output]`.
pub fn forward(layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    let (weights, bias) = parameters.split_at(layer.weights());
    let out = layer.output();
    for (x, a) in x.chunks_exact(layer.input.size()).zip(a.chunks_exact_mut(out.size())) {
        let filters = weights.chunks_exact(layer.patch()).zip(bias);
        for (plane, (filter, b)) in a.chunks_exact_mut(out.height * out.width).zip(filters) {
            for (place, a) in plane.iter_mut().enumerate() {
                let mut sum = *b;
                layer.for_each_pair(place / out.width, place % out.width, |w, i| sum += filter[w] * x[i]);
                *a = sum;
            }
        }
    }
    layer.activation.apply(a);
}

/// The transposed convolution of delta with the filters (backprop) or with a fixed matrix of their shape (FA): what
/// reaches the layer's input.
///
/// `matrix: [channels, patch]`, `delta: [batch, output]`, `gradient: [batch, input]`, `row: [patch]`.
pub fn input_gradient(layer: &Conv, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32], row: &mut [f32]) {
    let out = layer.output();
    let span = out.height * out.width;
    gradient.fill(0.0);
    for channel in 0..layer.channels {
        matrix.copy_row(channel, row);
        let samples = delta.chunks_exact(out.size()).zip(gradient.chunks_exact_mut(layer.input.size()));
        for (delta, gradient) in samples {
            for (place, d) in delta[channel * span..][..span].iter().enumerate() {
                layer.for_each_pair(place / out.width, place % out.width, |w, i| gradient[i] += d * row[w]);
            }
        }
    }
}

/// gradient += the sum over the samples of delta times the input under each filter, and of delta for the biases.
///
/// `x: [batch, input]`, `delta: [batch, output]`, `gradient: [channels, patch] + [channels]`.
pub fn accumulate(layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
    let out = layer.output();
    let (weights, bias) = gradient.split_at_mut(layer.weights());
    for (x, delta) in x.chunks_exact(layer.input.size()).zip(delta.chunks_exact(out.size())) {
        let filters = weights.chunks_exact_mut(layer.patch()).zip(bias.iter_mut());
        for (delta, (filter, bias)) in delta.chunks_exact(out.height * out.width).zip(filters) {
            for (place, d) in delta.iter().enumerate() {
                layer.for_each_pair(place / out.width, place % out.width, |w, i| filter[w] += d * x[i]);
                *bias += d;
            }
        }
    }
}
