//! The loops over a convolution's weights and over the windows of a pooling layer, for one sample. Sums are formed in the order of the plain
//! [`conv`](crate::layer::conv) and [`pool`](crate::layer::pool), so that the bits are theirs.

use super::health::Health;
use crate::layer::{Conv, Pool, Pooling};
use crate::shape::Shape;
use core::num::NonZeroUsize;

/// Places of a filter that are summed side by side.
const LANES: usize = 8;
/// Where every operation on numbers is a call, there are no registers to keep sums in, and plain loops take less stack.
const PLAIN: bool = cfg!(any(target_arch = "riscv32", target_abi = "eabi"));

/// A convolution's numbers as the loops take them: height and width of what they go over.
struct Slide {
    input: Shape,
    output: Shape,
    kernel: [usize; 2],
    stride: [NonZeroUsize; 2],
    padding: [usize; 2],
}

impl Slide {
    fn of(layer: &Conv) -> Self {
        let layer = layer.lying(); // along one row, whose places follow each other
        let stride = layer.strides().map(|stride| NonZeroUsize::new(stride).unwrap_or(NonZeroUsize::MIN));
        let (kernel, padding) = (layer.kernels(), layer.paddings());
        Slide { input: layer.input, output: layer.output(), kernel, stride, padding }
    }

    /// A row of an input map under row `y` of a filter at output row `row`; none where it is padding.
    #[inline(always)]
    fn input_row<'x>(&self, x: &'x [f32], map: usize, row: usize, y: usize) -> Option<&'x [f32]> {
        let Shape { height, width, .. } = self.input;
        let at = (row * self.stride[0].get() + y).checked_sub(self.padding[0]).filter(|at| *at < height)?;
        x.get((map * height + at) * width..)?.get(..width)
    }

    /// How many places lie before the first at which a filter's column `x` meets an input that is at least `value` from the left.
    #[inline(always)]
    fn places_before(&self, value: usize, x: usize) -> usize {
        ((value + self.padding[1]).saturating_sub(x) + self.stride[1].get() - 1) / self.stride[1]
    }

    /// The filter's rows at output row `row` that meet an input, each with its input row, in the order of the weights.
    #[inline(always)]
    fn for_rows<'s>(&self, filter: &'s [f32], x: &'s [f32], row: usize, mut work: impl FnMut(&'s [f32], &'s [f32])) {
        let mut rest = filter;
        for map in 0..self.input.channels {
            for y in 0..self.kernel[0] {
                let Some(weights) = rest.split_off(..self.kernel[1]) else { return };
                if let Some(x) = self.input_row(x, map, row, y) {
                    work(weights, x);
                }
            }
        }
    }

    /// Whether a filter meets inputs alone at the places `column..column + LANES`, which follow each other.
    #[inline(always)]
    fn is_inside(&self, column: usize) -> bool {
        let [_, padding] = self.padding;
        let end = column + LANES - 1 + self.kernel[1];
        self.stride[1].get() == 1 && column >= padding && end <= self.input.width + padding
    }
}

/// a = W * x + b, `x: [input]`, `a: [output]`; what is left is the nonlinearity.
#[inline(never)]
pub(super) fn forward(layer: &Conv, own: &[f32], x: &[f32], a: &mut [f32]) {
    let (slide, patch) = (Slide::of(layer), layer.patch());
    let Some((mut filters, biases)) = own.split_at_checked(layer.weights()) else { return };
    let mut rest = a;
    for bias in biases.get(..layer.channels).unwrap_or_default() {
        let Some(filter) = filters.split_off(..patch) else { return };
        for row in 0..slide.output.height {
            let Some(sums) = rest.split_off_mut(..slide.output.width) else { return };
            sums.fill(*bias);
            answer_row(&slide, filter, x, row, sums);
        }
    }
}

/// sums += W * x for one row of a map.
#[inline(always)]
fn answer_row(slide: &Slide, filter: &[f32], x: &[f32], row: usize, sums: &mut [f32]) {
    let (mut column, mut rest) = (0, sums);
    while !rest.is_empty() {
        if !PLAIN && slide.is_inside(column) {
            let Some((sums, after)) = rest.split_first_chunk_mut::<LANES>() else { return };
            add_lanes(slide, filter, x, (row, column - slide.padding[1]), sums);
            (column, rest) = (column + LANES, after);
        } else {
            let Some((sum, after)) = rest.split_first_mut() else { return };
            add_place(slide, filter, x, (row, column), sum);
            (column, rest) = (column + 1, after);
        }
    }
}

/// sums += W * x for neighbouring places that lie inside; `first` is the leftmost input.
#[inline(never)]
fn add_lanes(slide: &Slide, filter: &[f32], x: &[f32], (row, first): (usize, usize), sums: &mut [f32; LANES]) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *sums;
    slide.for_rows(filter, x, row, |weights, x| {
        for (w, x) in weights.iter().zip(x.get(first..).unwrap_or_default().windows(LANES)) {
            let Some([i, j, k, l, m, n, o, p]) = x.first_chunk::<LANES>() else { return };
            a += w * i;
            b += w * j;
            c += w * k;
            d += w * l;
            e += w * m;
            f += w * n;
            g += w * o;
            h += w * p;
        }
    });
    *sums = [a, b, c, d, e, f, g, h];
}

/// sum += W * x for any place.
#[inline(never)]
fn add_place(slide: &Slide, filter: &[f32], x: &[f32], (row, column): (usize, usize), sum: &mut f32) {
    let at = column * slide.stride[1].get();
    let (skipped, first) = (slide.padding[1].saturating_sub(at), at.saturating_sub(slide.padding[1]));
    slide.for_rows(filter, x, row, |weights, x| {
        let pairs = weights.get(skipped..).unwrap_or_default().iter().zip(x.get(first..).unwrap_or_default());
        *sum = pairs.fold(*sum, |sum, (w, x)| sum + w * x);
    });
}

/// One step of filter `map`: w -= rate g and b -= rate g, with g the sum over the places of delta times what the weight meets there. A step
/// that is no number is left out. `delta: [places of a map]`, `x: [input]`.
#[inline(never)]
pub(super) fn step(
    layer: &Conv,
    own: &mut [f32],
    (map, x): (usize, &[f32]),
    delta: &[f32],
    rate: f32,
    health: &mut Health,
) {
    let (slide, patch) = (Slide::of(layer), layer.patch());
    let Some((filters, biases)) = own.split_at_mut_checked(layer.weights()) else { return };
    let Some(filter) = filters.get_mut(map * patch..).and_then(|rest| rest.get_mut(..patch)) else { return };
    let mut weights = filter.iter_mut();
    for channel in 0..slide.input.channels {
        for at in 0..slide.kernel[0] {
            for (column, w) in (0..slide.kernel[1]).zip(&mut weights) {
                *w -= health.step(rate * gradient(&slide, x, delta, channel, [at, column]));
            }
        }
    }
    if let Some(bias) = biases.get_mut(map) {
        *bias -= health.step(rate * delta.iter().fold(0.0, |sum, d| sum + d));
    }
}

/// The gradient of the weight at row and column `at` of a filter's part for input map `channel`.
#[inline(never)]
fn gradient(slide: &Slide, x: &[f32], delta: &[f32], channel: usize, at: [usize; 2]) -> f32 {
    let (first, stride) = (slide.places_before(0, at[1]), slide.stride[1].get());
    let count = slide.places_before(slide.input.width, at[1]).min(slide.output.width).saturating_sub(first);
    let start = (first * stride + at[1]).saturating_sub(slide.padding[1]);
    let (mut sum, mut rest) = (0.0, delta);
    for row in 0..slide.output.height {
        let Some(delta) = rest.split_off(..slide.output.width) else { break };
        let delta = delta.get(first..).and_then(|rest| rest.get(..count)).unwrap_or_default();
        let Some(x) = slide.input_row(x, channel, row, at[0]) else { continue };
        let x = x.get(start..).unwrap_or_default();
        sum = if stride == 1 { add_products(delta, x, sum) } else { add_strided(delta, x, stride, sum) };
    }
    sum
}

/// `sum` and the products, added up one after the other.
#[inline(always)]
fn add_products(delta: &[f32], x: &[f32], mut sum: f32) -> f32 {
    let (mut delta, mut x) = (delta, x);
    while !PLAIN
        && let (Some((d, more)), Some((v, rest))) = (delta.split_first_chunk::<LANES>(), x.split_first_chunk::<LANES>())
    {
        sum = sum + d[0] * v[0] + d[1] * v[1] + d[2] * v[2] + d[3] * v[3];
        sum = sum + d[4] * v[4] + d[5] * v[5] + d[6] * v[6] + d[7] * v[7];
        (delta, x) = (more, rest);
    }
    delta.iter().zip(x).fold(sum, |sum, (d, x)| sum + d * x)
}

/// The same with every `stride`-th value of x.
#[inline(always)]
fn add_strided(delta: &[f32], x: &[f32], stride: usize, mut sum: f32) -> f32 {
    let mut rest = x;
    for d in delta {
        let Some(x) = rest.first() else { break };
        sum += d * x;
        rest = rest.get(stride..).unwrap_or_default();
    }
    sum
}

/// out = the largest value or the mean of each window, `x: [input]`, `out: [output]`.
#[inline(never)]
pub(super) fn pool(layer: &Pool, x: &[f32], out: &mut [f32]) {
    let Shape { height: rows, width: columns, .. } = layer.output();
    let (Shape { channels, height, width }, [down, right]) = (layer.input, layer.windows());
    let (mut maps, mut rest) = (x, out);
    for _ in 0..channels {
        let Some(mut map) = maps.split_off(..height * width) else { return };
        for _ in 0..rows {
            let (Some(under), Some(out)) = (map.split_off(..down * width), rest.split_off_mut(..columns)) else {
                return;
            };
            for (column, out) in out.iter_mut().enumerate() {
                *out = keep(under, width, column * right..(column + 1) * right, layer.pooling);
            }
        }
    }
}

/// What is kept of the window over the columns `range` of some rows.
#[inline(always)]
fn keep(rows: &[f32], width: usize, range: core::ops::Range<usize>, pooling: Pooling) -> f32 {
    let (mut rest, mut kept, mut count) = (rows, if pooling == Pooling::Max { f32::NEG_INFINITY } else { 0.0 }, 0);
    while let Some(row) = rest.split_off(..width) {
        let values = row.get(range.clone()).unwrap_or_default();
        kept = match pooling {
            Pooling::Max => values.iter().fold(kept, |kept, x| if *x > kept { *x } else { kept }),
            Pooling::Average => values.iter().fold(kept, |sum, x| sum + x),
        };
        count += values.len();
    }
    if pooling == Pooling::Max { kept } else { kept / count as f32 }
}
