//! A single sample, as a stream brings them, taken in stretches of [`LANES`] inputs; those that are all 0 are passed over.

use super::instructions::for_each_instruction_set;
pub use super::vector::LANES;

/// A sample, and which of it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'x> {
    x: &'x [f32],
    listed: Option<&'x [u32]>,
    rest: usize,
}

impl<'x> Sample<'x> {
    /// A sample none of whose whole stretches is all 0.
    pub fn without_gaps(x: &'x [f32]) -> Option<Self> {
        has_no_gaps(x).then_some(Sample { x, listed: None, rest: x.len() / LANES * LANES })
    }

    /// All its values.
    #[inline(always)]
    pub fn values(self) -> &'x [f32] {
        self.x
    }

    /// The numbers of the whole stretches that are not all 0, each within the sample; none if that is every one.
    #[inline(always)]
    pub fn listed(self) -> Option<&'x [u32]> {
        self.listed
    }

    /// The inputs from here on fill no stretch; none if they are all 0.
    #[inline(always)]
    pub fn rest(self) -> usize {
        self.rest
    }
}

/// Room for the numbers of a sample's stretches.
#[derive(Clone, Debug, Default)]
pub struct Stretches {
    listed: Vec<u32>,
}

impl Stretches {
    /// Looks through a sample. What is no number is not 0.
    pub fn scan<'s>(&'s mut self, x: &'s [f32]) -> Sample<'s> {
        self.listed.clear();
        list_stretches(x, &mut self.listed);
        let (whole, rest) = x.as_chunks::<LANES>();
        let listed = (self.listed.len() < whole.len()).then_some(&self.listed[..]);
        let rest = if rest.iter().all(|v| *v == 0.0) { x.len() } else { x.len() - rest.len() };
        Sample { x, listed, rest }
    }
}

for_each_instruction_set! {
    /// Whether no whole stretch of `x` is all 0.
    pub fn has_no_gaps(x: &[f32]) -> bool {
        x.as_chunks::<LANES>().0.iter().all(|stretch| stretch.iter().fold(false, |any, v| any | (*v != 0.0)))
    }
}

for_each_instruction_set! {
    /// Lists the whole stretches of `x` that are not all 0.
    pub fn list_stretches(x: &[f32], listed: &mut Vec<u32>) {
        for (number, stretch) in x.as_chunks::<LANES>().0.iter().enumerate() {
            if stretch.iter().fold(false, |any, v| any | (*v != 0.0)) {
                listed.push(number as u32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stretches_of_zeros_are_passed_over_and_what_is_no_number_is_seen() {
        let mut x = [0.0; 3 * LANES + 5];
        (x[LANES + 3], x[2 * LANES]) = (f32::NAN, -0.0);
        let mut stretches = Stretches::default();
        let sample = stretches.scan(&x);
        assert_eq!((sample.listed(), sample.rest()), (Some(&[1][..]), x.len()));
        x[3 * LANES + 4] = 1.0;
        assert_eq!(stretches.scan(&x).rest(), 3 * LANES);
        x.fill(1.0);
        assert_eq!(stretches.scan(&x).listed(), None);
    }
}
