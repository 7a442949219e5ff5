//! Filters slid over a sample in integers, and pooled at once.

use super::front::{Int8Front, Int8FrontWeights, Stage};
use super::tables::tanh;
use crate::error::{Error, expect_length};
use crate::layer::{Along, Conv, Pooling};

/// Places of a filter, side by side, whose sums are formed together: as many as a microcontroller has registers for, or as a vector
/// of a PC has room for.
const PLACES: usize = if cfg!(target_os = "none") { 4 } else { 8 };

/// What a front makes of a sample `x`: the inputs of the layers behind it, into `out`.
///
/// [`Int8Front::sizes`] tells the lengths of `weights` and `room`, whose content means nothing between calls; more room is fine.
///
/// # Errors
/// [`Error::WrongLength`] for a slice that does not fit.
#[inline(always)]
pub fn features(
    front: &Int8Front<'_>,
    weights: Int8FrontWeights<'_>,
    x: &[i8],
    room: &mut [i8],
    out: &mut [i8],
) -> Result<(), Error> {
    let sizes = front.sizes();
    expect_length("the front's weights", weights.weights.len(), sizes.weights)?;
    expect_length("the front's biases", weights.biases.len(), sizes.biases)?;
    expect_length("the input", x.len(), front.inputs())?;
    expect_length("the front's output", out.len(), front.outputs())?;
    if room.len() < sizes.room {
        return Err(Error::WrongLength { what: "the front's room", found: room.len(), expected: sizes.room });
    }
    let (mut given, mut taken) = room.split_at_mut_checked(front.between().0).unwrap_or_default();
    let (mut filters, mut biases) = (weights.weights, weights.biases);
    let (mut k, mut x) = (0, x);
    while let Some((stage, next)) = front.stage(k) {
        let (own_filters, other_filters) = filters.split_at_checked(stage.conv.weights()).unwrap_or_default();
        let (own_biases, other_biases) = biases.split_at_checked(1 + stage.conv.channels).unwrap_or_default();
        (filters, biases) = (other_filters, other_biases);
        let sums = SlidingSums::new(&stage, own_biases);
        if front.stage(next).is_none() {
            sums.maps::<PLACES>(own_filters, own_biases, x, out);
            break;
        }
        sums.maps::<PLACES>(own_filters, own_biases, x, given.get_mut(..stage.outputs()).unwrap_or_default());
        core::mem::swap(&mut given, &mut taken);
        (x, k) = (taken.get(..stage.outputs()).unwrap_or_default(), next);
    }
    Ok(())
}

/// A convolution and its pooling, as they are computed.
struct SlidingSums {
    /// Lying, where it is of one column.
    conv: Conv,
    /// Height and width of a pooling window.
    windows: [usize; 2],
    pooling: Pooling,
    /// Height and width of a pooled map.
    map: [usize; 2],
    sum_bits: u32,
}

/// One filter, and what its sums start with.
#[derive(Clone, Copy)]
struct Filter<'f> {
    weights: &'f [i8],
    bias: i32,
}

impl SlidingSums {
    fn new(stage: &Stage<'_>, biases: &[i32]) -> Self {
        let conv = stage.conv.lying();
        let turned = matches!(stage.conv.along, Along::Height) && stage.conv.input.width == 1;
        let (windows, pooling, shape) = match stage.pool {
            Some(pool) => (pool.windows(), pool.pooling, pool.output()),
            None => ([1, 1], Pooling::Max, stage.conv.output()),
        };
        let ([down, right], map) = (windows, [shape.height, shape.width]);
        let (windows, map) = if turned { ([right, down], [map[1], map[0]]) } else { (windows, map) };
        let weight_bits = biases.first().copied().unwrap_or_default() as u32;
        SlidingSums { conv, windows, pooling, map, sum_bits: weight_bits + stage.input_bits as u32 }
    }

    /// All pooled maps.
    #[inline(always)]
    fn maps<const P: usize>(&self, filters: &[i8], biases: &[i32], x: &[i8], out: &mut [i8]) {
        let [height, width] = self.map;
        let biases = biases.iter().skip(1);
        let filters = filters.chunks_exact(self.conv.patch().max(1)).zip(biases);
        for ((weights, &bias), map) in filters.zip(out.chunks_exact_mut((height * width).max(1))) {
            for (row, line) in map.chunks_exact_mut(width.max(1)).enumerate() {
                self.line::<P>(Filter { weights, bias }, x, row, line);
            }
        }
    }

    /// A row of a pooled map: as many windows at once as there are places.
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn line<const P: usize>(&self, filter: Filter<'_>, x: &[i8], row: usize, line: &mut [i8]) {
        let [down, right] = self.windows;
        let at_once = P.checked_div(right).unwrap_or(1).max(1);
        let mut first = 0;
        for values in line.chunks_mut(at_once) {
            let (mut kept, places, mut done) = ([self.nothing(); P], values.len() * right, 0);
            while done < places {
                let count = P.min(places - done);
                let joined = self.joined::<P>(filter, x, [row * down, first + done], count);
                self.join_windows(&joined, count, &mut kept);
                done += count;
            }
            values.iter_mut().zip(&kept).for_each(|(value, kept)| *value = self.pooled(*kept));
            first += places;
        }
    }

    /// Joins places side by side into those of their windows, from the first window on.
    #[inline(always)]
    fn join_windows<const P: usize>(&self, joined: &[i32; P], count: usize, kept: &mut [i32; P]) {
        let mut joined = joined.iter().take(count);
        for kept in kept {
            for value in joined.by_ref().take(self.windows[1]) {
                *kept = self.join(*kept, *value);
            }
        }
    }

    /// The places from (`row`, `column`) on, each joined with those below it in the same windows; `count` of them mean something.
    #[inline(always)]
    fn joined<const P: usize>(
        &self,
        filter: Filter<'_>,
        x: &[i8],
        [row, column]: [usize; 2],
        count: usize,
    ) -> [i32; P] {
        let mut joined = [self.nothing(); P];
        for row in row..row + self.windows[0] {
            let sums = self.sums::<P>(filter, x, [row, column], count);
            for (joined, sum) in joined.iter_mut().zip(sums) {
                *joined = self.join(*joined, self.joinable(sum));
            }
        }
        joined
    }

    /// What pooling starts with.
    #[inline(always)]
    fn nothing(&self) -> i32 {
        match self.pooling {
            Pooling::Max => i32::MIN,
            Pooling::Average => 0,
        }
    }

    /// What is joined of a sum: tanh keeps the order of sums, so the largest is found before it.
    #[inline(always)]
    fn joinable(&self, sum: i32) -> i32 {
        match self.pooling {
            Pooling::Max => sum,
            Pooling::Average => tanh(sum, self.sum_bits) as i32,
        }
    }

    #[inline(always)]
    fn join(&self, kept: i32, value: i32) -> i32 {
        match self.pooling {
            Pooling::Max => kept.max(value),
            Pooling::Average => kept + value,
        }
    }

    /// The byte of what a window came to.
    #[inline(always)]
    fn pooled(&self, kept: i32) -> i8 {
        let count = (self.windows[0] * self.windows[1]) as i32;
        match self.pooling {
            Pooling::Max => tanh(kept, self.sum_bits),
            // from 0 on, so that it is rounded down
            Pooling::Average => ((kept + 127 * count + count / 2).checked_div(count).unwrap_or(127) - 127) as i8,
        }
    }

    /// The sums at the places from (`row`, `column`) on, of which `count` are there.
    #[inline(always)]
    fn sums<const P: usize>(&self, filter: Filter<'_>, x: &[i8], [row, column]: [usize; 2], count: usize) -> [i32; P] {
        let mut sums = [filter.bias; P];
        let ([_, right], [_, padding]) = (self.conv.strides(), self.conv.paddings());
        let reach = self.conv.kernels()[1] + P - 1;
        match column.checked_sub(padding) {
            Some(left) if right == 1 && left + reach <= self.conv.input.width => {
                self.add_filter(filter, x, row, left, |weights, x| add_row(weights, x, &mut sums));
            }
            _ => (column..).zip(sums.iter_mut().take(count)).for_each(|(column, sum)| {
                let (before, left) = (padding.saturating_sub(column * right), (column * right).saturating_sub(padding));
                let end = self.conv.input.width.saturating_sub(left);
                self.add_filter(filter, x, row, left, |weights, x| {
                    let weights = weights.get(before..).unwrap_or_default();
                    weights.iter().zip(x.get(..end).unwrap_or(x)).for_each(|(w, x)| *sum += *w as i32 * *x as i32);
                });
            }),
        }
        sums
    }

    /// Calls `add(row of the filter, row of the input)` for all rows that meet where the filter is at row `row`, each input's from
    /// column `left` on.
    #[inline(always)]
    fn add_filter(&self, filter: Filter<'_>, x: &[i8], row: usize, left: usize, mut add: impl FnMut(&[i8], &[i8])) {
        let ([rows, columns], input) = (self.conv.kernels(), self.conv.input);
        let (at, padding) = (row * self.conv.strides()[0], self.conv.paddings()[0]);
        let (above, top) = (padding.saturating_sub(at), at.saturating_sub(padding));
        let meeting = rows.saturating_sub(above).min(input.height.saturating_sub(top));
        let (width, columns) = (input.width.max(1), columns.max(1));
        let planes = x.chunks_exact((input.height * width).max(1));
        for (weights, plane) in filter.weights.chunks_exact((rows * columns).max(1)).zip(planes) {
            let weights = weights.get(above * columns..).unwrap_or_default().chunks_exact(columns);
            let inputs = plane.get(top * width + left..).unwrap_or_default().chunks(width);
            weights.zip(inputs).take(meeting).for_each(|(weights, x)| add(weights, x));
        }
    }
}

/// sums[i] += the sum over k of w[k] x[k + i].
#[inline(always)]
fn add_row<const P: usize>(weights: &[i8], x: &[i8], sums: &mut [i32; P]) {
    if let Some(sums) = sums.as_mut_slice().first_chunk_mut::<4>()
        && P == 4
    {
        return add_row_of_four(weights, x, sums);
    }
    for (k, w) in weights.iter().enumerate() {
        let Some(x) = x.get(k..).and_then(<[i8]>::first_chunk::<P>) else { return };
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum += *w as i32 * *x as i32;
        }
    }
}

/// The same for four places, each input read once.
#[inline(always)]
fn add_row_of_four(weights: &[i8], x: &[i8], sums: &mut [i32; 4]) {
    let ([mut a, mut b, mut c, mut d], Some(&[x0, x1, x2])) = (*sums, x.first_chunk()) else { return };
    let (mut x0, mut x1, mut x2) = (x0 as i32, x1 as i32, x2 as i32);
    for (w, x3) in weights.iter().zip(x.iter().skip(3)) {
        let (w, x3) = (*w as i32, *x3 as i32);
        (a, b, c, d) = (a + w * x0, b + w * x1, c + w * x2, d + w * x3);
        (x0, x1, x2) = (x1, x2, x3);
    }
    *sums = [a, b, c, d];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_places_come_to_what_any_number_of_places_comes_to() {
        let weights = [3i8, -128, 127, 5, -7, 11, 90];
        let x: [i8; 20] = core::array::from_fn(|i| (i * 37 % 251) as u8 as i8);
        for kernel in 1..=7 {
            let (mut four, mut two) = ([1, 2, 3, 4], [1, 2]);
            add_row(&weights[..kernel], &x, &mut four);
            add_row(&weights[..kernel], &x, &mut two);
            let expected: [i32; 4] = core::array::from_fn(|i| {
                let products = (0..kernel).map(|k| i32::from(weights[k]) * i32::from(x[k + i]));
                i as i32 + 1 + products.sum::<i32>()
            });
            assert_eq!((four, two.as_slice()), (expected, &expected[..2]), "{kernel} weights");
        }
    }
}
