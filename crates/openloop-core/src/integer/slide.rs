//! Filters slid over a sample in integers, and pooled at once.

use super::filter_rows::{add_rows, add_rows_of_four};
use super::front::{Int8Front, Int8FrontWeights, Int8Stage};
use super::tables::tanh;
#[cfg(cortex_dsp)]
use crate::cortex::filters::largest_of_fives;
use crate::error::{Error, expect_length};
use crate::layer::{Conv, Pooling};

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
        let (own_filters, other_filters) = filters.split_at_checked(stage.conv().weights()).unwrap_or_default();
        let (own_biases, other_biases) = biases.split_at_checked(1 + stage.conv().channels).unwrap_or_default();
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
    fn new(stage: &Int8Stage<'_>, biases: &[i32]) -> Self {
        let weight_bits = biases.first().copied().unwrap_or_default() as u32;
        let (windows, pooling, map) = (stage.windows(), stage.pooling(), stage.map());
        SlidingSums { conv: stage.conv(), windows, pooling, map, sum_bits: weight_bits + stage.input_bits as u32 }
    }

    /// All pooled maps.
    #[inline(always)]
    fn maps<const P: usize>(&self, filters: &[i8], biases: &[i32], x: &[i8], out: &mut [i8]) {
        let ([height, width], mut filters, mut out) = (self.map, filters, out);
        for &bias in biases.iter().skip(1) {
            let (weights, others) = filters.split_at_checked(self.conv.patch()).unwrap_or_default();
            filters = others;
            for row in 0..height {
                let line = out.split_off_mut(..width).unwrap_or_default();
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
            if P == 4
                && right == 4
                && let (Some(start), [value]) = (self.start::<P>(row * down, first), &mut *values)
            {
                *value = self.window_of_four(filter, x.get(start..).unwrap_or_default());
                first += right;
                continue;
            }
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
        if P == 4
            && let (Some(first), Some(four)) = (self.start::<P>(row, column), joined.first_chunk_mut::<4>())
        {
            self.join_four(filter, x.get(first..).unwrap_or_default(), four);
            return joined;
        }
        for row in row..row + self.windows[0] {
            let sums = self.sums::<P>(filter, x, [row, column], count);
            for (joined, sum) in joined.iter_mut().zip(sums) {
                *joined = self.join(*joined, self.joinable(sum));
            }
        }
        joined
    }

    /// Where in a plane of the input the windows from (`row`, `column`) on start to see, if `P` places side by side see no edge.
    #[inline(always)]
    fn start<const P: usize>(&self, row: usize, column: usize) -> Option<usize> {
        let ([rows, columns], [down, right]) = (self.conv.kernels(), self.conv.strides());
        let ([above, before], input) = (self.conv.paddings(), self.conv.input);
        let (top, left) = ((row * down).checked_sub(above)?, column.checked_sub(before)?);
        let is_inside = right == 1
            && left + columns + P - 1 <= input.width
            && top + (self.windows[0].saturating_sub(1)) * down + rows <= input.height;
        is_inside.then_some(top * input.width + left)
    }

    /// What is joined of four places side by side, from the first row of their windows to the last; the first sees `x` from its start.
    #[inline(always)]
    fn join_four(&self, filter: Filter<'_>, mut x: &[i8], joined: &mut [i32; 4]) {
        let ([rows, columns], input) = (self.conv.kernels(), self.conv.input);
        let (width, plane, patch) = (input.width, input.height * input.width, rows * columns);
        let (step, bias) = (self.conv.strides()[0] * width, filter.bias);
        #[cfg(cortex_dsp)]
        if columns == 5
            && input.channels == 1
            && self.pooling == Pooling::Max
            && let Some(fives) = filter.weights.as_chunks().0.get(..rows)
            && let Some(largest) = largest_of_fives(fives, x, width, bias, [self.windows[0], step])
        {
            *joined = largest;
            return;
        }
        for _ in 0..self.windows[0] {
            // number by number: a loop over four takes a microcontroller more than the sums do
            let mut sums = [bias, bias, bias, bias];
            add_rows_of_four(filter.weights, x, [rows, columns, width], &mut sums);
            let (mut weights, mut seen) = (filter.weights, x);
            for _ in 1..input.channels {
                weights = weights.get(patch..).unwrap_or_default();
                seen = seen.get(plane..).unwrap_or_default();
                add_rows_of_four(weights, seen, [rows, columns, width], &mut sums);
            }
            joined[0] = self.join(joined[0], self.joinable(sums[0]));
            joined[1] = self.join(joined[1], self.joinable(sums[1]));
            joined[2] = self.join(joined[2], self.joinable(sums[2]));
            joined[3] = self.join(joined[3], self.joinable(sums[3]));
            x = x.get(step..).unwrap_or_default();
        }
    }

    /// The byte of a window of four columns that sees no edge; it sees `x` from its start.
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn window_of_four(&self, filter: Filter<'_>, x: &[i8]) -> i8 {
        let nothing = self.nothing();
        let mut joined = [nothing, nothing, nothing, nothing];
        self.join_four(filter, x, &mut joined);
        let [a, b, c, d] = joined;
        self.pooled(self.join(self.join(a, b), self.join(c, d)))
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
        let ([_, right], [_, padding], [_, columns]) = (self.conv.strides(), self.conv.paddings(), self.conv.kernels());
        let width = self.conv.input.width;
        match column.checked_sub(padding) {
            Some(left) if right == 1 && left + columns + P - 1 <= width => {
                self.for_planes(filter.weights, x, row, left, |w, x, rows| {
                    add_rows(w, x, [rows, columns, width], &mut sums)
                });
            }
            _ => (column..).zip(sums.iter_mut().take(count)).for_each(|(column, sum)| {
                let (before, left) = (padding.saturating_sub(column * right), (column * right).saturating_sub(padding));
                let end = width.saturating_sub(left);
                self.for_planes(filter.weights, x, row, left, |mut w, mut x, rows| {
                    for _ in 0..rows {
                        let (own, others) = w.split_at_checked(columns).unwrap_or_default();
                        let meeting = x.get(..end).unwrap_or(x);
                        own.iter().skip(before).zip(meeting).for_each(|(w, x)| *sum += *w as i32 * *x as i32);
                        (w, x) = (others, x.get(width..).unwrap_or_default());
                    }
                });
            }),
        }
        sums
    }

    /// Calls `add(weights, inputs, rows)` for each channel of the input: from the first row of the filter that meets an input where the
    /// filter is at row `row`, and from that input's column `left` on.
    #[inline(always)]
    fn for_planes(
        &self,
        mut weights: &[i8],
        mut x: &[i8],
        row: usize,
        left: usize,
        mut add: impl FnMut(&[i8], &[i8], usize),
    ) {
        let ([rows, columns], input) = (self.conv.kernels(), self.conv.input);
        let (at, padding) = (row * self.conv.strides()[0], self.conv.paddings()[0]);
        let (above, top) = (padding.saturating_sub(at), at.saturating_sub(padding));
        let meeting = rows.saturating_sub(above).min(input.height.saturating_sub(top));
        let (from, start) = (above * columns, top * input.width + left);
        for _ in 0..input.channels {
            if let (Some(weights), Some(x)) = (weights.get(from..), x.get(start..)) {
                add(weights, x, meeting);
            }
            weights = weights.get(rows * columns..).unwrap_or_default();
            x = x.get(input.height * input.width..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::layer::{Along, Layer, Pool};
    use crate::random::{Purpose, Stream};
    use crate::shape::Shape;

    /// Maps of random numbers, so many places at once.
    fn maps<const P: usize>(layers: &[Layer]) -> [i8; 400] {
        let front = Int8Front::new(layers, 7).expect("int8 has this front");
        let (stage, _) = front.stage(0).expect("a convolution");
        let stream = Stream::new(1, Purpose::Data, 0);
        let bytes: [i8; 1000] = core::array::from_fn(|i| stream.word(i as u64) as i8);
        let biases = [8, -900, 400, 3, 70_000];
        let (mut out, count) = ([0; 400], front.outputs());
        let filters = &bytes[..stage.conv().weights()];
        let sums = SlidingSums::new(&stage, &biases);
        sums.maps::<P>(
            filters,
            &biases[..1 + stage.conv().channels],
            &bytes[300..][..front.inputs()],
            &mut out[..count],
        );
        out
    }

    #[test]
    fn four_places_at_once_come_to_what_any_number_of_places_comes_to() {
        let (input, norm, pooled_readout) = (Shape { channels: 2, height: 13, width: 14 }, false, false);
        for (kernel, stride, padding) in [(5, 1, 0), (5, 1, 2), (3, 1, 1), (4, 1, 0), (5, 2, 1), (1, 1, 0)] {
            let (channels, along, activation) = (3, Along::Both, Activation::Tanh);
            let conv = Conv { input, channels, kernel, stride, padding, along, norm, pooled_readout, activation };
            for (window, pooling) in
                [(2, Pooling::Max), (4, Pooling::Max), (3, Pooling::Average), (5, Pooling::Average)]
            {
                let layers = [Layer::Conv(conv), Layer::Pool(Pool { input: conv.output(), window, pooling })];
                let four = maps::<4>(&layers);
                assert_eq!(four, maps::<8>(&layers), "{conv:?}, windows of {window}");
                assert_eq!(four, maps::<1>(&layers), "{conv:?}, windows of {window}");
                assert!(four.iter().any(|value| *value != 0), "{conv:?}: nothing comes out");
            }
        }
    }
}
