//! Convolutions with stride 1 straight from the padded input: an output row is the sum of shifted input rows, each times one
//! weight, so no columns are made of the input and nothing is packed.
//!
//! For AVX-512, whose 32 registers hold a tile of rows for several filters, or of gradients for several weights.

use super::instructions::{Instructions, for_each_instruction_set, instructions};
use super::panel_loops::{RowVectors, WIDTH, by_parts};
use super::vector::{LANES, Vectors, stretch};
use openloop_core::layer::Conv;
use std::cell::RefCell;

thread_local! {
    /// The sample a thread is working on, with its padding.
    static PADDED: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Weights of a filter for which making columns costs much beside multiplying them; with more, products are faster.
const SMALL_PATCH: usize = 100;

/// Whether a layer is best convolved so: its filters are small, and its output rows fill whole vectors well.
pub fn suits(layer: &Conv) -> bool {
    let width = layer.output().width;
    let fills = width <= WIDTH && 4 * width >= 3 * width.next_multiple_of(LANES);
    instructions() == Instructions::Avx512 && layer.strides() == [1, 1] && layer.patch() <= SMALL_PATCH && fills
}

/// A sample with its padding: planes of rows, and [`LANES`] values more behind the last.
#[derive(Clone, Copy)]
pub struct Padded<'p> {
    values: &'p [f32],
    plane: usize,
    row: usize,
}

impl<'p> Padded<'p> {
    /// Calls `work` with the sample `x` and its padding.
    pub fn with(layer: &Conv, x: &[f32], work: impl FnOnce(Padded<'_>)) {
        let (input, [above, left]) = (layer.input, layer.paddings());
        let row = input.width + 2 * left;
        let plane = (input.height + 2 * above) * row;
        PADDED.with_borrow_mut(|values| {
            values.clear();
            values.resize(input.channels * plane + LANES, 0.0);
            for (x, plane) in x.chunks_exact(input.height * input.width).zip(values.chunks_exact_mut(plane)) {
                let rows = plane[above * row + left..].chunks_mut(row);
                x.chunks_exact(input.width).zip(rows).for_each(|(x, row)| row[..x.len()].copy_from_slice(x));
            }
            work(Padded { values, plane, row });
        });
    }

    /// Where the value at some place stands.
    #[inline(always)]
    fn place(&self, channel: usize, y: usize, x: usize) -> usize {
        channel * self.plane + y * self.row + x
    }

    /// Panics unless the sample is one for `layer`: then a vector may be read wherever an output lies, and beside it wherever a
    /// weight meets it.
    #[inline(always)]
    fn check(&self, layer: &Conv) {
        let (out, [rows, columns]) = (layer.output(), layer.kernels());
        assert!(out.width + columns - 1 <= self.row && (out.height + rows - 1) * self.row <= self.plane);
        assert!(layer.input.channels * self.plane + LANES <= self.values.len());
    }
}

for_each_instruction_set! {
    /// z = W * x, where `weights: [channels, patch]` and `z: [channels, height, width]`.
    pub fn convolve<vectors>(layer: &Conv, weights: &[f32], padded: Padded<'_>, z: &mut [f32]) {
        let (patch, out) = (layer.patch(), layer.output());
        let span = out.height * out.width;
        padded.check(layer);
        by_parts!(vectors, out.width, |parts| {
            let mut first = 0;
            while first < layer.channels {
                let (weights, z) = (&weights[first * patch..], &mut z[first * span..]);
                first += match layer.channels - first {
                    4.. => parts.filters::<4>(layer, weights, padded, z),
                    _ => parts.filters::<1>(layer, weights, padded, z),
                };
            }
        });
    }
}

for_each_instruction_set! {
    /// gradient += the sum over the places of `delta: [channels, height, width]` times the input under each weight, where
    /// `gradient: [channels, patch]`.
    pub fn add_gradient<vectors>(layer: &Conv, padded: Padded<'_>, delta: &[f32], gradient: &mut [f32]) {
        let (patch, span) = (layer.patch(), layer.output().height * layer.output().width);
        padded.check(layer);
        let mut first = 0;
        while first < layer.channels {
            let (delta, gradient) = (&delta[first * span..], &mut gradient[first * patch..]);
            first += match layer.channels - first {
                4.. => add_filters::<_, 4>(vectors, layer, padded, delta, gradient),
                _ => add_filters::<_, 1>(vectors, layer, padded, delta, gradient),
            };
        }
    }
}

impl<V: Vectors, const N: usize> RowVectors<V, N> {
    /// The outputs of F filters; gives F.
    #[inline(always)]
    fn filters<const F: usize>(self, layer: &Conv, weights: &[f32], padded: Padded<'_>, z: &mut [f32]) -> usize {
        let (height, mut y) = (layer.output().height, 0);
        // the sums of two rows fit into the registers if these are not wide
        while N <= 2 && y + 2 <= height {
            y += self.rows::<F, 2>(layer, weights, padded, y, z);
        }
        while y < height {
            y += self.rows::<F, 1>(layer, weights, padded, y, z);
        }
        F
    }

    /// R rows, from row `first` on, of the outputs of F filters; gives R.
    #[inline(always)]
    fn rows<const F: usize, const R: usize>(
        self,
        layer: &Conv,
        weights: &[f32],
        padded: Padded<'_>,
        first: usize,
        z: &mut [f32],
    ) -> usize {
        let (RowVectors { vectors, width }, patch) = (self, layer.patch());
        let (span, [kernel_rows, kernel_columns]) = (layer.output().height * width, layer.kernels());
        assert!(weights.len() >= F * patch && z.len() >= F * span && first + R <= layer.output().height);
        let mut sums = [[[vectors.splat(0.0); N]; R]; F];
        let mut weight = 0;
        for channel in 0..layer.input.channels {
            for down in 0..kernel_rows {
                let places: [usize; R] = std::array::from_fn(|row| padded.place(channel, first + row + down, 0));
                for right in 0..kernel_columns {
                    let mut x = [[vectors.splat(0.0); N]; R];
                    for (x, place) in x.iter_mut().zip(places) {
                        // SAFETY: the sample was found to be the layer's, so the row of outputs lies within it
                        self.read_into(unsafe { padded.values.get_unchecked(place + right..place + right + width) }, x);
                    }
                    for (filter, sums) in sums.iter_mut().enumerate() {
                        // SAFETY: there are F filters of as many weights as are counted
                        let weight = vectors.splat(unsafe { *weights.get_unchecked(filter * patch + weight) });
                        for (sum, x) in sums.as_flattened_mut().iter_mut().zip(x.as_flattened()) {
                            *sum = vectors.multiply_add(weight, *x, *sum);
                        }
                    }
                    weight += 1;
                }
            }
        }
        for (filter, sums) in sums.into_iter().enumerate() {
            for (row, sums) in sums.into_iter().enumerate() {
                self.write(sums, &mut z[filter * span + (first + row) * width..][..width]);
            }
        }
        R
    }
}

/// What F filters' gradients gain; gives F.
#[inline(always)]
fn add_filters<V: Vectors, const F: usize>(
    vectors: V,
    layer: &Conv,
    padded: Padded<'_>,
    delta: &[f32],
    gradient: &mut [f32],
) -> usize {
    let [rows, columns] = layer.kernels();
    for channel in 0..layer.input.channels {
        for down in 0..rows {
            let mut right = 0;
            while right < columns {
                let (from, weight) = (Tap { channel, down, right }, (channel * rows + down) * columns + right);
                right += match columns - right {
                    5.. => add_weights::<_, F, 5>(vectors, layer, padded, from, delta, &mut gradient[weight..]),
                    3.. => add_weights::<_, F, 3>(vectors, layer, padded, from, delta, &mut gradient[weight..]),
                    _ => add_weights::<_, F, 1>(vectors, layer, padded, from, delta, &mut gradient[weight..]),
                };
            }
        }
    }
    F
}

/// A weight's place in its filter: its input channel, row and column.
#[derive(Clone, Copy)]
struct Tap {
    channel: usize,
    down: usize,
    right: usize,
}

/// Adds the gradient of T neighbouring weights of F filters, from one weight on; gives T.
#[inline(always)]
fn add_weights<V: Vectors, const F: usize, const T: usize>(
    vectors: V,
    layer: &Conv,
    padded: Padded<'_>,
    Tap { channel, down, right }: Tap,
    delta: &[f32],
    gradient: &mut [f32],
) -> usize {
    let (out, patch) = (layer.output(), layer.patch());
    let span = out.height * out.width;
    assert!(delta.len() >= F * span);
    let mut sums = [[vectors.splat(0.0); T]; F];
    for y in 0..out.height {
        for first in (0..out.width).step_by(LANES) {
            let (place, x) = (y * out.width + first, padded.place(channel, y + down, first + right));
            let mut deltas = [vectors.splat(0.0); F];
            for (filter, own) in deltas.iter_mut().enumerate() {
                *own = match out.width - first {
                    // SAFETY: as many values follow in the row
                    LANES.. => vectors.load(unsafe { stretch(delta, filter * span + place) }),
                    // lanes behind the row's end add nothing
                    few => vectors.load_few(&delta[filter * span + place..][..few]),
                };
            }
            for weight in 0..T {
                // SAFETY: the sample was found to be the layer's, and there is a vector behind its end
                let x = vectors.load(unsafe { stretch(padded.values, x + weight) });
                for (sums, delta) in sums.iter_mut().zip(deltas) {
                    sums[weight] = vectors.multiply_add(delta, x, sums[weight]);
                }
            }
        }
    }
    for (filter, sums) in sums.into_iter().enumerate() {
        let gradient = &mut gradient[filter * patch..][..T];
        gradient.iter_mut().zip(vectors.totals(sums)).for_each(|(g, sum)| *g += sum);
    }
    T
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::layer::conv;
    use openloop_core::{Activation, Along, Shape};

    /// Values without a pattern that are small whole numbers, so that no order of a sum rounds.
    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 37 + seed * 11 + i / 7) % 9) as f32 - 4.0).collect()
    }

    #[test]
    fn answers_and_gradients_of_any_shape_are_those_of_the_definition() {
        for (channels, width, filters, kernel, padding, along) in [
            (1, 28, 32, 5, 2, Along::Both),
            (3, 32, 5, 3, 1, Along::Both),
            (2, 9, 1, 1, 0, Along::Both),
            (1, 50, 13, 7, 3, Along::Both),
            (2, 64, 4, 2, 0, Along::Both),
            (1, 16, 9, 4, 0, Along::Both),
            (3, 61, 5, 5, 2, Along::Width),
            (2, 31, 6, 7, 0, Along::Width),
            (2, 31, 6, 5, 2, Along::Height),
        ] {
            let input = Shape { channels, height: 8, width };
            let activation = Activation::Identity;
            let layer = Conv {
                input,
                channels: filters,
                kernel,
                stride: 1,
                padding,
                along,
                norm: false,
                pooled_readout: false,
                activation,
            };
            let (mut parameters, x) = (values(layer.parameters(), 1), values(input.size(), 2));
            parameters[layer.weights()..].fill(0.0);
            let delta = values(layer.output().size(), 3);
            let (mut z, mut expected) = (vec![7.0; delta.len()], vec![0.0; delta.len()]);
            let mut gradient = values(layer.parameters(), 4);
            let mut expected_gradient = gradient.clone();
            Padded::with(&layer, &x, |padded| {
                convolve(&layer, &parameters[..layer.weights()], padded, &mut z);
                add_gradient(&layer, padded, &delta, &mut gradient[..layer.weights()]);
            });
            conv::forward(&layer, &parameters, &x, &mut expected);
            conv::accumulate(&layer, &x, &delta, &mut expected_gradient);
            assert_eq!(z, expected, "{layer:?}");
            assert_eq!(gradient[..layer.weights()], expected_gradient[..layer.weights()], "{layer:?}");
        }
    }

    #[test]
    fn layers_suit_whose_filters_are_small_and_whose_rows_fill_vectors_well() {
        let suits = |channels, width, stride| {
            let input = Shape { channels, height: 8, width };
            suits(&Conv {
                input,
                channels: 4,
                kernel: 3,
                stride,
                padding: 1,
                along: Along::Both,
                norm: false,
                pooled_readout: false,
                activation: Activation::Tanh,
            })
        };
        let wide = instructions() == Instructions::Avx512;
        assert_eq!([12, 28, 32, 64].map(|width| suits(3, width, 1)), [wide; 4]);
        assert_eq!([8, 18, 65].map(|width| suits(3, width, 1)), [false; 3]);
        assert!(!suits(3, 28, 2) && !suits(64, 28, 1));
    }
}
