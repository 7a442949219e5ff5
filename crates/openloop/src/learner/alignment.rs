//! How far a rule's teaching signals point away from backpropagation's: the angle at each hidden layer, in degrees.
//!
//! Both signals are those at the layer's output, before the slope of its nonlinearity (the "modulatory signals" whose
//! angles Frenkel, Lefebvre and Bol, 2021, plot), for the same samples and the same weights, without dropout. The angle is
//! taken for each sample, arccos(s . b / |s| |b|), and averaged. At 90 degrees a layer learns nothing of what
//! backpropagation would have it learn.
//!
//! Measuring changes nothing ([`openloop_core::signals`]): a measured run has the same bits as one that is not.

use super::trainer::Trainer;
use openloop_core::Rule;

/// Training rows that are used, evenly spaced over all of them.
const ROWS: usize = 1_000;
/// Rows that go through the network together.
const BATCH: usize = 100;

/// The mean angle at each hidden layer that learns, first to last.
///
/// Empty for `bp`, whose angles are 0, and for `shallow`, which has no signal. A layer at which no sample has both signals
/// (the weights behind it are 0, say) counts as 90 degrees away.
pub fn angles(trainer: &mut Trainer) -> Vec<f64> {
    let rule = trainer.settings().rule;
    if matches!(rule, Rule::Bp | Rule::Shallow) {
        return Vec::new();
    }
    let mut found: Vec<Vec<f64>> = Vec::new();
    for rows in evenly_spaced(trainer.training_rows()).chunks(BATCH) {
        let (own, back) = (signals(trainer, rule, rows), signals(trainer, Rule::Bp, rows));
        found.resize(own.len(), Vec::new());
        for ((found, own), back) in found.iter_mut().zip(&own).zip(&back) {
            let width = own.len() / rows.len();
            found.extend(own.chunks_exact(width).zip(back.chunks_exact(width)).filter_map(|(a, b)| angle(a, b)));
        }
    }
    let mean = |angles: Vec<f64>| angles.iter().sum::<f64>() / angles.len() as f64;
    found.into_iter().map(|angles| if angles.is_empty() { 90.0 } else { mean(angles) }).collect()
}

/// The signals at the hidden layers that learn, first to last, each `[rows, outputs]`.
fn signals(trainer: &mut Trainer, rule: Rule, rows: &[u32]) -> Vec<Vec<f32>> {
    let mut signals = Vec::new();
    trainer.signals(rule, rows, &mut |_, signal| signals.push(signal.to_vec()));
    signals.reverse();
    signals
}

/// Up to [`ROWS`] of `count` rows, evenly spread.
fn evenly_spaced(count: usize) -> Vec<u32> {
    let taken = count.min(ROWS);
    (0..taken).map(|i| (i * count / taken) as u32).collect()
}

/// The angle between two vectors in degrees; none if either is 0 or not a number.
fn angle(a: &[f32], b: &[f32]) -> Option<f64> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    cosine.is_finite().then(|| cosine.clamp(-1.0, 1.0).acos().to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_those_of_the_plane() {
        let close = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-5;
        assert!(close(angle(&[1.0, 0.0], &[3.0, 3.0]), 45.0) && close(angle(&[1.0, 2.0], &[-2.0, -4.0]), 180.0));
        assert!(close(angle(&[0.0, 2.0], &[5.0, 0.0]), 90.0) && close(angle(&[0.3, 0.7], &[0.3, 0.7]), 0.0));
        assert_eq!(angle(&[0.0, 0.0], &[1.0, 0.0]), None);
        assert_eq!(angle(&[f32::NAN, 0.0], &[1.0, 0.0]), None);
    }

    #[test]
    fn rows_are_spread_from_the_first_to_near_the_last() {
        assert_eq!(evenly_spaced(3), [0, 1, 2]);
        let rows = evenly_spaced(60_000);
        assert_eq!((rows.len(), rows[0], rows[999]), (1_000, 0, 59_940));
        assert!(evenly_spaced(0).is_empty());
    }
}
