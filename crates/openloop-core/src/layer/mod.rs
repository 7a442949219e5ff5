//! The layers: each a few free functions over slices. They are the plain reference version that every fast kernel is tested
//! against.
//!
//! The parameters of a layer that learns lie as a matrix of weights, one row for each neuron or filter, then the biases.

pub mod conv;
pub mod dense;
pub mod dropout;
pub mod grid;
pub mod norm;
pub mod pool;

use crate::activation::Activation;
use crate::shape::Shape;
pub use conv::{Along, Conv};
pub use dense::Dense;
pub use dropout::Dropout;
pub use grid::Grid;
pub use pool::{Pool, Pooling};

/// One link of the chain. Dense and convolutional layers learn; the others only pass values on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    /// Fully connected: a = act(W x + b).
    Dense(Dense),
    /// Convolution: a = act(W * x + b).
    Conv(Conv),
    /// Keeps the largest or the mean value of each window.
    Pool(Pool),
    /// Sets random units to 0 while learning.
    Dropout(Dropout),
}

/// A window over an image; two numbers are of the height and of the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The image.
    pub input: Shape,
    /// Its height and width.
    pub size: [usize; 2],
    /// Steps between two of its places.
    pub stride: [usize; 2],
    /// Zeros around the image.
    pub padding: [usize; 2],
}

impl Layer {
    /// Values a sample brings in. Without the feature `every-layer`, in which no network has other layers than dense ones, 0 for those.
    pub const fn inputs(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.inputs,
            _ if cfg!(not(feature = "every-layer")) => 0,
            Layer::Conv(conv) => conv.input.size(),
            Layer::Pool(pool) => pool.input.size(),
            Layer::Dropout(dropout) => dropout.units,
        }
    }

    /// Values a sample leaves with. For layers that are not dense as [`inputs`](Layer::inputs).
    pub const fn outputs(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.outputs,
            _ if cfg!(not(feature = "every-layer")) => 0,
            Layer::Conv(conv) => conv.output().size(),
            Layer::Pool(pool) => pool.output().size(),
            Layer::Dropout(dropout) => dropout.units,
        }
    }

    /// The shape of a sample's input: an image for a layer with windows, else a vector.
    pub const fn input_shape(&self) -> Shape {
        match self {
            Layer::Conv(conv) => conv.input,
            Layer::Pool(pool) => pool.input,
            Layer::Dense(_) | Layer::Dropout(_) => Shape::flat(self.inputs()),
        }
    }

    /// The shape of a sample's output: an image for a layer with windows, else a vector.
    pub const fn output_shape(&self) -> Shape {
        match self {
            Layer::Conv(conv) => conv.output(),
            Layer::Pool(pool) => pool.output(),
            Layer::Dense(_) | Layer::Dropout(_) => Shape::flat(self.outputs()),
        }
    }

    /// The window that is slid over the input, for a layer that has one.
    pub const fn window(&self) -> Option<Window> {
        match self {
            Layer::Conv(conv) => {
                let (size, stride, padding) = (conv.kernels(), conv.strides(), conv.paddings());
                Some(Window { input: conv.input, size, stride, padding })
            }
            Layer::Pool(pool) => {
                let size = pool.windows();
                Some(Window { input: pool.input, size, stride: size, padding: [0, 0] })
            }
            Layer::Dense(_) | Layer::Dropout(_) => None,
        }
    }

    /// The pooling layer that it is, if it is one.
    pub(crate) const fn pool(&self) -> Option<&Pool> {
        if let Layer::Pool(pool) = self { Some(pool) } else { None }
    }

    /// Rows and columns of the weight matrix: neurons or filters, and weights of each. `(0, 0)` for a layer without weights.
    pub const fn weight_shape(&self) -> (usize, usize) {
        match self {
            Layer::Dense(dense) => (dense.outputs, dense.inputs),
            Layer::Conv(conv) => (conv.channels, conv.patch()),
            Layer::Pool(_) | Layer::Dropout(_) => (0, 0),
        }
    }

    /// Weights, without biases.
    pub const fn weights(&self) -> usize {
        let (units, columns) = self.weight_shape();
        units * columns
    }

    /// The sizes of the weights as other programs write them: `[outputs, inputs]`, or `[channels, input channels, height,
    /// width]` of a filter for a convolution; `[0, 0]` for a layer without weights.
    pub fn weight_dimensions(&self) -> impl Iterator<Item = usize> + use<> {
        let (units, columns) = self.weight_shape();
        let (dimensions, count) = match self {
            Layer::Conv(conv) => {
                let [height, width] = conv.kernels();
                ([conv.channels, conv.input.channels, height, width], 4)
            }
            Layer::Dense(_) | Layer::Pool(_) | Layer::Dropout(_) => ([units, columns, 0, 0], 2),
        };
        dimensions.into_iter().take(count)
    }

    /// Multiply-adds of one pass of a sample: forward, back to the input, or for the gradient of the weights. Zeros around an
    /// image count as its other values; a layer without weights has none.
    pub const fn multiply_adds(&self) -> usize {
        let places = match self {
            Layer::Conv(conv) => conv.output().height * conv.output().width,
            Layer::Dense(_) | Layer::Pool(_) | Layer::Dropout(_) => 1,
        };
        self.weights() * places
    }

    /// Weights and biases; of a normalised convolution also the other numbers of its channels.
    pub const fn parameters(&self) -> usize {
        match self {
            Layer::Conv(conv) => conv.parameters(),
            Layer::Dense(_) | Layer::Pool(_) | Layer::Dropout(_) => self.weights() + self.weight_shape().0,
        }
    }

    /// Whether the layer has weights, and so takes part in learning.
    pub const fn learns(&self) -> bool {
        self.parameters() > 0
    }

    /// The nonlinearity; identity for a layer that has none.
    pub const fn activation(&self) -> Activation {
        match self {
            Layer::Dense(dense) => dense.activation,
            Layer::Conv(conv) => conv.activation,
            Layer::Pool(_) | Layer::Dropout(_) => Activation::Identity,
        }
    }

    /// Values of teaching signal that a local rule makes at once, for a batch: a block of neurons of a dense layer for all
    /// samples, all outputs of a convolution for one sample.
    pub const fn signal(&self, batch: usize) -> usize {
        match self {
            Layer::Dense(dense) => batch * dense.block(),
            Layer::Conv(_) => self.outputs(),
            Layer::Pool(_) | Layer::Dropout(_) => 0,
        }
    }

    /// Values of gradient that an update holds at once: one neuron's weights in a dense layer, everything in a
    /// convolution, whose weights are few.
    pub const fn gradient(&self) -> usize {
        match self {
            Layer::Dense(dense) => dense.inputs,
            Layer::Conv(conv) => conv.learned(),
            Layer::Pool(_) | Layer::Dropout(_) => 0,
        }
    }

    /// The cells over which a readout of the layer's own averages its maps; none where it sees every output.
    pub const fn grid(&self) -> Option<Grid> {
        match self {
            Layer::Conv(conv) if conv.pooled_readout => Some(Grid::of(conv)),
            _ => None,
        }
    }

    /// Values that a normalised convolution keeps of a batch from its forward pass to its step; 0 for all others.
    pub const fn kept(&self, batch: usize) -> usize {
        match self {
            Layer::Conv(conv) if conv.norm => batch * self.outputs() + conv.channels,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_costs_are_those_counted_by_hand() {
        let (image, activation) = (Shape { channels: 2, height: 6, width: 5 }, Activation::Tanh);
        let conv = Layer::Conv(Conv {
            input: image,
            channels: 3,
            kernel: 3,
            stride: 1,
            padding: 0,
            along: Along::Both,
            norm: false,
            pooled_readout: false,
            activation,
        });
        let made = Shape { channels: 3, height: 4, width: 3 };
        assert_eq!((conv.input_shape(), conv.output_shape(), conv.inputs(), conv.outputs()), (image, made, 60, 36));
        assert_eq!((conv.weights(), conv.multiply_adds()), (3 * 18, 3 * 18 * 12));
        assert!(conv.weight_dimensions().eq([3, 2, 3, 3]));
        let pool = Layer::Pool(Pool { input: made, window: 2, pooling: Pooling::Max });
        assert_eq!((pool.output_shape(), pool.multiply_adds()), (Shape { channels: 3, height: 2, width: 1 }, 0));
        assert_eq!(pool.window(), Some(Window { input: made, size: [2, 2], stride: [2, 2], padding: [0, 0] }));
        let series = Shape { channels: 2, height: 9, width: 1 };
        let along = Conv {
            input: series,
            channels: 3,
            kernel: 4,
            stride: 2,
            padding: 1,
            along: Along::Height,
            norm: false,
            pooled_readout: false,
            activation,
        };
        let made = Shape { channels: 3, height: 4, width: 1 };
        assert_eq!((along.output(), along.patch(), along.lying().output().width), (made, 8, 4));
        assert!(Layer::Conv(along).weight_dimensions().eq([3, 2, 4, 1]));
        let dense = Layer::Dense(Dense { inputs: 6, outputs: 4, activation });
        assert_eq!((dense.input_shape(), dense.output_shape()), (Shape::flat(6), Shape::flat(4)));
        assert_eq!((dense.multiply_adds(), dense.window()), (24, None));
        assert!(dense.weight_dimensions().eq([4, 6]));
    }
}
