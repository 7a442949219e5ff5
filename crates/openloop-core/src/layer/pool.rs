//! Pooling: each channel shrinks to the largest or the mean value of its windows.

use crate::shape::Shape;

/// What is kept of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The largest value.
    Max,
    /// The mean.
    Average,
}

/// A pooling layer with square windows side by side; what is left over at the right and bottom edge is dropped. An input of one column,
/// such as a window of moments, has windows of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Of one sample.
    pub input: Shape,
    /// Height and width of a window.
    pub window: usize,
    /// What is kept.
    pub pooling: Pooling,
}

impl Pool {
    /// The shape of a sample's output.
    pub const fn output(&self) -> Shape {
        let (Shape { channels, height, width }, [down, right]) = (self.input, self.windows());
        if down == 0 || right == 0 {
            return Shape { channels, height: 0, width: 0 };
        }
        Shape { channels, height: height / down, width: width / right }
    }

    /// Height and width of a window.
    #[inline(always)]
    pub const fn windows(&self) -> [usize; 2] {
        [self.window, if self.input.width == 1 && self.window > 0 { 1 } else { self.window }]
    }

    /// The index in a sample of value (`y`, `x`) of the window that gives output `place`.
    #[inline(always)]
    fn index(&self, place: usize, y: usize, x: usize) -> usize {
        let (Shape { height, width, .. }, [down, right]) = (self.output(), self.windows());
        let (channel, row, column) = (place / (height * width), place / width % height, place % width);
        (channel * self.input.height + row * down + y) * self.input.width + column * right + x
    }

    /// The index of the largest value of a window, the first of equals; a value that is not a number counts as the largest,
    /// so that divergence is seen.
    #[inline(always)]
    fn largest(&self, place: usize, x: &[f32]) -> usize {
        let (mut best, [down, right]) = (self.index(place, 0, 0), self.windows());
        for row in 0..down {
            for column in 0..right {
                let i = self.index(place, row, column);
                if x[i] > x[best] || x[i].is_nan() {
                    best = i;
                }
            }
        }
        best
    }
}

/// `x: [batch, input]`, `out: [batch, output]`.
#[inline(always)]
pub fn forward(layer: &Pool, x: &[f32], out: &mut [f32]) {
    match layer.windows() {
        [2, 2] => forward_by(layer, [2, 2], x, out), // the usual one: known, it is several times as fast
        windows => forward_by(layer, windows, x, out),
    }
}

#[inline(always)]
fn forward_by(layer: &Pool, [down, right]: [usize; 2], x: &[f32], out: &mut [f32]) {
    let Shape { height, width, .. } = layer.output();
    let (plane, row) = (layer.input.height * layer.input.width, layer.input.width);
    for (x, out) in x.chunks_exact(plane).zip(out.chunks_exact_mut(height * width)) {
        for (rows, out) in x.chunks_exact(down * row).zip(out.chunks_exact_mut(width)) {
            match layer.pooling {
                Pooling::Max if down == 2 && right == 2 => largest_of_pairs(rows.split_at(row), out),
                Pooling::Max => keep(rows, (row, right), f32::NEG_INFINITY, out, larger),
                Pooling::Average => {
                    keep(rows, (row, right), 0.0, out, |sum, x| sum + x);
                    out.iter_mut().for_each(|sum| *sum /= (down * right) as f32);
                }
            }
        }
    }
}

/// The larger of two values; one that is no number counts as the largest.
#[inline(always)]
fn larger(kept: f32, x: f32) -> f32 {
    if x > kept || x.is_nan() { x } else { kept }
}

/// Windows of 2 x 2, [`AT_ONCE`] at a time; those that are left over go with some before them, which come to the same again.
#[inline(always)]
fn largest_of_pairs((top, bottom): (&[f32], &[f32]), out: &mut [f32]) {
    let (top, bottom) = (top.as_chunks().0, bottom.as_chunks().0);
    let width = out.len();
    let mut first = 0;
    while first < width {
        let start = first.min(width.saturating_sub(AT_ONCE));
        let rest = (top.get(start..), bottom.get(start..), out.get_mut(start..));
        let (Some(top), Some(bottom), Some(out)) = rest else { return };
        match (top.first_chunk(), bottom.first_chunk(), out.first_chunk_mut()) {
            (Some(top), Some(bottom), Some(out)) => *out = largest_at_once(top, bottom),
            _ => {
                for ((out, top), bottom) in out.iter_mut().zip(top).zip(bottom) {
                    *out = largest_of_four(top, bottom);
                }
            }
        }
        first = start + AT_ONCE;
    }
}

/// Windows that are looked at together: few enough for narrow images.
const AT_ONCE: usize = 8;

#[inline(always)]
fn largest_at_once(top: &[[f32; 2]; AT_ONCE], bottom: &[[f32; 2]; AT_ONCE]) -> [f32; AT_ONCE] {
    let mut out = [0.0; AT_ONCE];
    for i in 0..AT_ONCE {
        out[i] = largest_of_four(&top[i], &bottom[i]);
    }
    out
}

#[inline(always)]
fn largest_of_four(top: &[f32; 2], bottom: &[f32; 2]) -> f32 {
    larger(larger(top[0], top[1]), larger(bottom[0], bottom[1]))
}

/// Brings together the values of each window in some rows, row by row.
#[inline(always)]
fn keep(rows: &[f32], (row, window): (usize, usize), start: f32, out: &mut [f32], join: impl Fn(f32, f32) -> f32) {
    out.fill(start);
    for row in rows.chunks_exact(row) {
        for (out, values) in out.iter_mut().zip(row.chunks_exact(window)) {
            *out = values.iter().fold(*out, |kept, value| join(kept, *value));
        }
    }
}

/// A signal at the output goes to the value that was kept, or evenly to the whole window.
///
/// `x: [batch, input]` is what came in, `signal: [batch, output]`, `gradient: [batch, input]`.
pub fn input_gradient(layer: &Pool, x: &[f32], signal: &[f32], gradient: &mut [f32]) {
    gradient.fill(0.0);
    let size = layer.input.size();
    let samples = x.chunks_exact(size).zip(signal.chunks_exact(layer.output().size()));
    for ((x, signal), gradient) in samples.zip(gradient.chunks_exact_mut(size)) {
        for (place, s) in signal.iter().enumerate() {
            match layer.pooling {
                Pooling::Max => gradient[layer.largest(place, x)] += s,
                Pooling::Average => {
                    let [down, right] = layer.windows();
                    let share = s / (down * right) as f32;
                    for row in 0..down {
                        for column in 0..right {
                            gradient[layer.index(place, row, column)] += share;
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    const X: [f32; 6] = [1.0, 5.0, 9.0, 3.0, 2.0, 9.0];

    fn pool(pooling: Pooling) -> Pool {
        Pool { input: Shape { channels: 1, height: 2, width: 3 }, window: 2, pooling }
    }

    #[test]
    fn a_window_keeps_its_largest_value_or_its_mean_and_edges_are_dropped() {
        let mut out = [0.0];
        forward(&pool(Pooling::Max), &X, &mut out);
        assert_eq!(out, [5.0]);
        forward(&pool(Pooling::Average), &X, &mut out);
        assert_eq!(out, [2.75]);
    }

    #[test]
    fn an_input_of_one_column_is_pooled_along_it() {
        let pool = |pooling| Pool { input: Shape { channels: 2, height: 3, width: 1 }, window: 2, pooling };
        assert_eq!(pool(Pooling::Max).output(), Shape { channels: 2, height: 1, width: 1 });
        let mut out = [0.0; 2];
        forward(&pool(Pooling::Max), &X, &mut out);
        assert_eq!(out, [5.0, 3.0]);
        forward(&pool(Pooling::Average), &X, &mut out);
        assert_eq!(out, [3.0, 2.5]);
        let mut gradient = [7.0; 6];
        input_gradient(&pool(Pooling::Max), &X, &[2.0, 4.0], &mut gradient);
        assert_eq!(gradient, [0.0, 2.0, 0.0, 4.0, 0.0, 0.0]);
        input_gradient(&pool(Pooling::Average), &X, &[2.0, 4.0], &mut gradient);
        assert_eq!(gradient, [1.0, 1.0, 0.0, 2.0, 2.0, 0.0]);
    }

    #[test]
    fn a_signal_returns_to_where_its_value_came_from() {
        let mut gradient = [7.0; 6];
        input_gradient(&pool(Pooling::Max), &X, &[2.0], &mut gradient);
        assert_eq!(gradient, [0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
        input_gradient(&pool(Pooling::Average), &X, &[2.0], &mut gradient);
        assert_eq!(gradient, [0.5, 0.5, 0.0, 0.5, 0.5, 0.0]);
    }

    #[test]
    fn the_largest_value_of_every_window_is_kept_whatever_the_width() {
        for (width, window) in (2..40).map(|width| (width, 2)).chain([(9, 3), (20, 4)]) {
            let layer = Pool { input: Shape { channels: 1, height: 5, width }, window, pooling: Pooling::Max };
            let (mut x, mut out) = ([0.0; 200], [0.0; 40]);
            let (x, out) = (&mut x[..layer.input.size()], &mut out[..layer.output().size()]);
            Stream::new(width as u64, Purpose::Data, 0).fill_uniform(0, 1.0, x);
            x[width / 2] = f32::NAN;
            forward(&layer, x, out);
            for (place, found) in out.iter().enumerate() {
                assert_eq!(found.to_bits(), x[layer.largest(place, x)].to_bits(), "width {width}, place {place}");
            }
        }
    }
}
