//! Dropout: while learning, each value is set to 0 with probability p and the others are scaled by 1 / (1 - p).

use crate::random::{Stream, unit};

/// A dropout layer over `units` values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Values in and out.
    pub units: usize,
    /// Probability p that a value is set to 0, in [0, 1).
    pub probability: f32,
}

/// values = values * mask / (1 - p), in place; the same function serves a signal on its way back.
///
/// The mask is a function of the stream and of `first_sample`, the number of samples seen before this batch, so it is
/// drawn again rather than kept. `values: [batch, units]`.
pub fn apply(layer: &Dropout, stream: &Stream, first_sample: u64, values: &mut [f32]) {
    let scale = 1.0 / (1.0 - layer.probability);
    let count = values.len();
    stream.for_each(first_sample * layer.units as u64, count, |i, word| {
        values[i] *= if unit(word) < layer.probability { 0.0 } else { scale };
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    const LAYER: Dropout = Dropout { units: 50, probability: 0.3 };

    #[test]
    fn dropout_keeps_the_mean_and_sets_the_stated_share_to_0() {
        let mut values = [1.0; 50 * 200];
        apply(&LAYER, &Stream::new(1, Purpose::Dropout, 0), 0, &mut values);
        let zeros = values.iter().filter(|v| **v == 0.0).count() as f32 / values.len() as f32;
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!((zeros - 0.3).abs() < 0.02 && (mean - 1.0).abs() < 0.03, "{zeros} set to 0, mean {mean}");
    }

    #[test]
    fn a_sample_has_the_same_mask_in_any_batch() {
        let stream = Stream::new(1, Purpose::Dropout, 0);
        let mut in_batch = [1.0; 100];
        apply(&LAYER, &stream, 7, &mut in_batch);
        let mut alone = [1.0; 50];
        apply(&LAYER, &stream, 8, &mut alone);
        assert_eq!(in_batch[50..], alone);
    }
}
