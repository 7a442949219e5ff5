//! The convolutional layer: each output channel is one small filter slid over all input channels.

use crate::activation::Activation;
use crate::matrix::Matrix;
use crate::shape::Shape;

/// The directions in which a filter reaches, and is slid by its stride over a padded input. In the other one it has the size 1, goes
/// from place to place, and nothing is padded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Along {
    /// Height and width: K x K.
    #[default]
    Both,
    /// The height alone: K x 1, along the time of windows `[channels, moments, 1]`.
    Height,
    /// The width alone: 1 x K.
    Width,
}

impl Along {
    /// A number of the height, and of the width: `value` where the filter reaches, else `other`.
    #[inline(always)]
    const fn sides(self, value: usize, other: usize) -> [usize; 2] {
        match self {
            Along::Both => [value, value],
            Along::Height => [value, other],
            Along::Width => [other, value],
        }
    }
}

/// A convolution with square filters, or with filters along one direction. Its parameters lie as W `[channels, input channels, height,
/// width]` row-major with the height and width of a filter, then b `[channels]`. A normalised one has more of them, see [`norm`](super::norm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Of one sample.
    pub input: Shape,
    /// Filters, channels out.
    pub channels: usize,
    /// Height and width of a filter, where it reaches.
    pub kernel: usize,
    /// Steps between two places of a filter, at least 1.
    pub stride: usize,
    /// Zeros around the input.
    pub padding: usize,
    /// Where it reaches.
    pub along: Along,
    /// Whether its sums are normalised, channel by channel, before the nonlinearity: see [`norm`](super::norm).
    pub norm: bool,
    /// Whether a readout of its own sees its maps averaged over a grid of at most 4 x 4 cells, and not every place: see [`grid`](super::grid).
    pub pooled_readout: bool,
    /// The nonlinearity.
    pub activation: Activation,
}

/// Numbers of a normalised channel beside its weights: shift, scale, running mean, running variance.
const NORM_NUMBERS: usize = 4;
/// The first of them, which an optimizer changes.
const NORM_LEARNED: usize = 2;

impl Conv {
    /// The shape of a sample's output: floor((in + 2 padding - kernel) / stride) + 1, or 0 where the filter does not fit.
    pub const fn output(&self) -> Shape {
        let Shape { height, width, .. } = self.input;
        let (kernel, stride, padding) = (self.kernels(), self.strides(), self.paddings());
        Shape {
            channels: self.channels,
            height: places(height, kernel[0], stride[0], padding[0]),
            width: places(width, kernel[1], stride[1], padding[1]),
        }
    }

    /// Height and width of a filter.
    #[inline(always)]
    pub const fn kernels(&self) -> [usize; 2] {
        self.along.sides(self.kernel, 1)
    }

    /// Steps between two places of a filter, down and to the right.
    #[inline(always)]
    pub const fn strides(&self) -> [usize; 2] {
        self.along.sides(self.stride, 1)
    }

    /// Zeros above and below the input, and to its left and right.
    #[inline(always)]
    pub const fn paddings(&self) -> [usize; 2] {
        self.along.sides(self.padding, 0)
    }

    /// The same convolution of an input of one column, as one of a single row: the values of both lie the same.
    pub const fn lying(&self) -> Conv {
        match self.along {
            Along::Height if self.input.width == 1 => {
                let Shape { channels, height, .. } = self.input;
                Conv { input: Shape { channels, height: 1, width: height }, along: Along::Width, ..*self }
            }
            _ => *self,
        }
    }

    /// Weights of one filter.
    pub const fn patch(&self) -> usize {
        let [height, width] = self.kernels();
        self.input.channels * height * width
    }

    /// Weights alone.
    pub const fn weights(&self) -> usize {
        self.channels * self.patch()
    }

    /// Weights and biases; of a normalised one also the other numbers of its channels.
    pub const fn parameters(&self) -> usize {
        self.weights() + self.channels * if self.norm { NORM_NUMBERS } else { 1 }
    }

    /// Those of the parameters that an optimizer changes, which are the first: all but a normalised one's running numbers.
    pub const fn learned(&self) -> usize {
        self.weights() + self.channels * if self.norm { NORM_LEARNED } else { 1 }
    }

    /// The same without normalisation.
    pub const fn without_norm(&self) -> Conv {
        Conv { norm: false, ..*self }
    }

    /// Calls `pair(weight, input)` for every weight of a filter that meets an input value when the filter is at output
    /// place (`row`, `column`): the indices in the filter and in the sample.
    #[inline(always)]
    fn for_each_pair(&self, row: usize, column: usize, mut pair: impl FnMut(usize, usize)) {
        let Shape { channels, height, width } = self.input;
        let ([rows, columns], strides, paddings) = (self.kernels(), self.strides(), self.paddings());
        for channel in 0..channels {
            for y in 0..rows {
                let Some(in_y) = (row * strides[0] + y).checked_sub(paddings[0]).filter(|y| *y < height) else {
                    continue;
                };
                for x in 0..columns {
                    let in_x = (column * strides[1] + x).checked_sub(paddings[1]).filter(|x| *x < width);
                    let Some(in_x) = in_x else { continue };
                    let weight = (channel * rows + y) * columns + x;
                    pair(weight, (channel * height + in_y) * width + in_x);
                }
            }
        }
    }
}

/// Places of a filter along a side.
const fn places(length: usize, kernel: usize, stride: usize, padding: usize) -> usize {
    let room = length + 2 * padding;
    if kernel == 0 || stride == 0 || room < kernel { 0 } else { (room - kernel) / stride + 1 }
}

/// a = act(W * x + b), the filter slid without being flipped. A normalised one answers by [`norm::answer`](super::norm::answer).
///
/// `parameters: [channels, patch] + [channels]`, `x: [batch, input]`, `a: [batch, output]`.
pub fn forward(layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    slide(layer, parameters, |channel| (1.0, parameters[layer.weights() + channel]), x, a);
    layer.activation.apply(a);
}

/// a = W * x, without biases and nonlinearity.
///
/// Slices as for [`forward`].
pub fn sums(layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
    slide(layer, parameters, |_| (1.0, 0.0), x, a);
}

/// a = (f W) * x + b, with a factor f and a bias b for each channel.
pub(super) fn slide(
    layer: &Conv,
    parameters: &[f32],
    of_channel: impl Fn(usize) -> (f32, f32),
    x: &[f32],
    a: &mut [f32],
) {
    let (filters, out) = (&parameters[..layer.weights()], layer.output());
    for (x, a) in x.chunks_exact(layer.input.size()).zip(a.chunks_exact_mut(out.size())) {
        let planes = a.chunks_exact_mut(out.height * out.width).zip(filters.chunks_exact(layer.patch()));
        for (channel, (plane, filter)) in planes.enumerate() {
            let (factor, bias) = of_channel(channel);
            for (place, a) in plane.iter_mut().enumerate() {
                let mut sum = bias;
                layer.for_each_pair(place / out.width, place % out.width, |w, i| sum += factor * filter[w] * x[i]);
                *a = sum;
            }
        }
    }
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

/// gradient += the sum over the samples of delta times the input under each filter, and of delta for the biases, which a normalised
/// convolution does not have.
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
                if !layer.norm {
                    *bias += d;
                }
            }
        }
    }
}
