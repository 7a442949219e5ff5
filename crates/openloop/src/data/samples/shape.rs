//! The shape of a sample, found from the dimensions of an array.

use super::array::{Array, Values};
use openloop_core::Shape;

/// More channels than this are no channels at the end: an image has 1, 2, 3 or 4.
const MOST_CHANNELS: usize = 4;

/// How the values of a row become a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleLayout {
    /// The sample: channels x height x width.
    pub shape: Shape,
    /// Whether channels stand last in the file, pixel by pixel; they are moved to the front.
    pub channels_last: bool,
}

impl SampleLayout {
    /// From the dimensions of a row: one is a list of values, two are an image, three an image whose few channels (4 at most) stand first
    /// or last, more are a list.
    pub fn of(dimensions: &[usize]) -> Self {
        let plain = |shape| SampleLayout { shape, channels_last: false };
        match *dimensions {
            [height, width] => plain(Shape { channels: 1, height, width }),
            [height, width, channels] if channels <= MOST_CHANNELS && height > MOST_CHANNELS => {
                SampleLayout { shape: Shape { channels, height, width }, channels_last: true }
            }
            [channels, height, width] => plain(Shape { channels, height, width }),
            _ => plain(Shape::flat(dimensions.iter().product())),
        }
    }

    /// The array's values with channels first.
    pub fn ordered(self, array: Array) -> Values {
        if !self.channels_last || self.shape.channels == 1 {
            return array.values;
        }
        match array.values {
            Values::Bytes(values) => Values::Bytes(self.channels_first(&values)),
            Values::Floats(values) => Values::Floats(self.channels_first(&values)),
            Values::Doubles(values) => Values::Doubles(self.channels_first(&values)),
            texts => texts,
        }
    }

    fn channels_first<T: Copy>(self, values: &[T]) -> Vec<T> {
        let Shape { channels, height, width } = self.shape;
        let pixels = height * width;
        let mut out = Vec::with_capacity(values.len());
        for row in values.chunks_exact((channels * pixels).max(1)) {
            (0..channels).for_each(|channel| out.extend(row.iter().skip(channel).step_by(channels)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_stand_first_or_last_as_the_dimensions_say() {
        let of = |dimensions: &[usize]| {
            let SampleLayout { shape: Shape { channels, height, width }, channels_last } = SampleLayout::of(dimensions);
            (channels, height, width, channels_last)
        };
        assert_eq!(of(&[28, 28]), (1, 28, 28, false));
        assert_eq!(of(&[32, 24, 3]), (3, 32, 24, true));
        assert_eq!(of(&[3, 32, 24]), (3, 32, 24, false));
        assert_eq!(of(&[28, 28, 1]), (1, 28, 28, true));
        let flat = |dimensions: &[usize]| SampleLayout::of(dimensions).shape;
        assert_eq!((flat(&[7]), flat(&[]), flat(&[2, 3, 4, 5])), (Shape::flat(7), Shape::flat(1), Shape::flat(120)));
    }

    #[test]
    fn channels_that_stand_last_are_moved_to_the_front() {
        let layout = SampleLayout::of(&[5, 1, 2]);
        let array = Array { file: "a".into(), shape: vec![2, 5, 1, 2], values: Values::Bytes((0..20).collect()) };
        let expected = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9, 10, 12, 14, 16, 18, 11, 13, 15, 17, 19];
        assert_eq!(layout.ordered(array), Values::Bytes(expected.to_vec()));
    }
}
