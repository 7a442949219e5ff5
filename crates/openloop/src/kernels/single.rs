//! A dense layer and a single sample, as a stream brings them: one look at each weight forward, one for the step.
//!
//! The sample is taken in stretches of [`LANES`] inputs; stretches that are all 0 are passed over. Every sum is formed in a
//! fixed order, so the bits depend neither on the threads nor on the instruction set.

use super::loops;
use openloop_core::optimizer::Step;

/// Inputs in a stretch.
pub const LANES: usize = 16;

/// Where a sample's stretches start that are not all 0; inputs beyond the last whole stretch count as one more.
#[derive(Clone, Debug, Default)]
pub struct Stretches {
    starts: Vec<u32>,
}

impl Stretches {
    /// Looks through a sample.
    pub fn look(&mut self, x: &[f32]) {
        self.starts.clear();
        loops::find_stretches(x, &mut self.starts);
    }

    /// z = W x for some neurons, whose weights are `rows: [units, inputs]`.
    pub fn forward(&self, rows: &[f32], x: &[f32], z: &mut [f32]) {
        loops::rows_times_sample(rows, x, &self.starts, z);
    }

    /// One step on a neuron's weights by the gradient delta x, for an optimizer that rests where the gradient is 0.
    pub fn step(&self, step: &Step, row: &mut [f32], delta: f32, x: &[f32]) {
        loops::step_row(step, row, delta, x, &self.starts);
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
        stretches.look(&x);
        assert_eq!(stretches.starts, [LANES as u32]);
        x[3 * LANES + 4] = 1.0;
        stretches.look(&x);
        assert_eq!(stretches.starts, [LANES as u32, 3 * LANES as u32]);
        let mut z = [0.0];
        stretches.forward(&[1.0; 3 * LANES + 5], &x, &mut z);
        assert!(z[0].is_nan());
    }
}
