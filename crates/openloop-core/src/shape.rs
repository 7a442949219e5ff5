//! The shape of a sample.

/// The shape of one sample: `[channels, height, width]`, row-major.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Colour planes or feature maps.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
}

impl Shape {
    /// A vector of `n` values.
    pub const fn flat(n: usize) -> Self {
        Shape { channels: 1, height: 1, width: n }
    }

    /// The number of values.
    pub const fn size(&self) -> usize {
        self.channels * self.height * self.width
    }
}
