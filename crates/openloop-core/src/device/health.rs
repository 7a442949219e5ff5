//! What went wrong on the device without stopping it: counters for whoever looks after it.

/// Counters that only grow, and stay at their largest value.
///
/// What is not a number spreads nowhere: a sample that holds one is refused, a neuron whose sum is one answers 0, and a step
/// that is one is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Samples learned.
    pub learned: u32,
    /// Samples refused because an input was infinite or not a number.
    pub refused: u32,
    /// Sums of neurons that were not a number, and steps of neurons that were infinite or not a number.
    pub not_finite: u32,
    /// Sums of neurons beyond the largest number, which answered as if they were it.
    pub saturated: u32,
}

impl Health {
    /// All at 0.
    pub const NEW: Health = Health { learned: 0, refused: 0, not_finite: 0, saturated: 0 };

    /// Whether nothing went wrong yet.
    pub const fn is_good(&self) -> bool {
        self.refused == 0 && self.not_finite == 0 && self.saturated == 0
    }

    /// Neurons' sums, made harmless.
    pub(super) fn sums(&mut self, sums: &mut [f32]) {
        if !all_finite(sums) {
            sums.iter_mut().for_each(|sum| *sum = self.sum(*sum));
        }
    }

    fn sum(&mut self, z: f32) -> f32 {
        if z.is_finite() {
            return z;
        }
        if z.is_nan() {
            self.not_finite = self.not_finite.saturating_add(1);
            return 0.0;
        }
        self.saturated = self.saturated.saturating_add(1);
        f32::MAX.copysign(z)
    }

    /// A neuron's step, made harmless.
    #[inline(always)]
    pub(super) fn step(&mut self, delta: f32) -> f32 {
        if delta.is_finite() {
            return delta;
        }
        self.not_finite = self.not_finite.saturating_add(1);
        0.0
    }
}

/// Whether all values are numbers, and none infinite: 0 times anything else is not 0.
#[inline(never)]
pub(super) fn all_finite(values: &[f32]) -> bool {
    let (fours, ones) = values.as_chunks::<4>();
    let sum = fours.iter().fold(0.0, |sum, v| sum + 0.0 * v[0] + 0.0 * v[1] + 0.0 * v[2] + 0.0 * v[3]);
    ones.iter().fold(sum, |sum, v| sum + 0.0 * v) == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinities_and_what_is_no_number_are_found_anywhere() {
        assert!(all_finite(&[]) && all_finite(&[-1.0, f32::MAX, f32::MIN, 1e-45, -0.0]));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in 0..7 {
                let mut values = [1.0; 7];
                values[place] = bad;
                assert!(!all_finite(&values));
            }
        }
    }

    #[test]
    fn sums_and_steps_become_harmless_and_are_counted() {
        let mut health = Health::NEW;
        assert_eq!((health.sum(2.5), health.step(-2.5)), (2.5, -2.5));
        assert!(health.is_good());
        assert_eq!((health.sum(f32::NAN), health.step(f32::INFINITY)), (0.0, 0.0));
        assert_eq!((health.sum(f32::INFINITY), health.sum(f32::NEG_INFINITY)), (f32::MAX, f32::MIN));
        assert_eq!(health, Health { learned: 0, refused: 0, not_finite: 2, saturated: 2 });
    }
}
