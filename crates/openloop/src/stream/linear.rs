//! A linear model that follows the rows: recursive least squares with a forgetting factor, the baseline of real values.
//!
//! After row n its weights w minimise sum over i of l^(n - i) (t_i - w u_i)^2 + l^n |w|^2 / d, where u is the features and a 1, l = 0.998
//! and d = 1000. The inverse P of the weighted squares of the rows is kept as U D U', U upper triangular with ones on its diagonal,
//! and updated factor by factor: so P stays positive whatever is rounded, which it does not where it is updated itself.
//! No entry of D grows beyond d, so that directions in which no row lies do not grow for ever.
//!
//! G. J. Bierman, "Factorization methods for discrete sequential estimation", Academic Press, 1977, chapter V.

use serde::{Deserialize, Serialize};

/// The most features that it takes: a row costs their square.
pub(super) const MAX_FEATURES: usize = 256;
/// The weight of a row beside that of the next.
const FORGETTING: f64 = 0.998;
/// The variance of a weight before the first row.
const PRIOR: f64 = 1000.0;

/// The model of some targets that have the same features.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    /// `[targets, features + 1]`
    weights: Vec<f64>,
    /// D: `[features + 1]`
    diagonal: Vec<f64>,
    /// The columns of U above its diagonal, one after the other: column j has j entries.
    upper: Vec<f64>,
    forgetting: f64,
    /// The current row and a 1, and room for the gain.
    input: Vec<f64>,
    gain: Vec<f64>,
}

/// What is saved of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LinearState {
    pub weights: Vec<f64>,
    pub diagonal: Vec<f64>,
    pub upper: Vec<f64>,
}

impl LinearState {
    /// Whether it is one of a model of so many features and targets.
    pub fn fits(&self, features: usize, targets: usize) -> bool {
        let LinearState { weights, diagonal, upper } = self;
        let n = features + 1;
        let lengths = weights.len() == targets * n && diagonal.len() == n && upper.len() == n * (n - 1) / 2;
        let finite = [weights, diagonal, upper].into_iter().flatten().all(|value| value.is_finite());
        lengths && finite && diagonal.iter().all(|variance| (0.0..=PRIOR).contains(variance))
    }
}

impl LinearModel {
    /// One that has seen no row.
    pub fn new(features: usize, targets: usize) -> Self {
        let n = features + 1;
        LinearModel::of(LinearState {
            weights: vec![0.0; targets * n],
            diagonal: vec![PRIOR; n],
            upper: vec![0.0; n * (n - 1) / 2],
        })
    }

    /// As it was saved.
    pub(super) fn of(state: LinearState) -> Self {
        let LinearState { weights, diagonal, upper } = state;
        let (input, gain) = (vec![1.0; diagonal.len()], vec![0.0; diagonal.len()]);
        LinearModel { weights, diagonal, upper, forgetting: FORGETTING, input, gain }
    }

    /// To be saved.
    pub(super) fn state(&self) -> LinearState {
        let LinearModel { weights, diagonal, upper, .. } = self;
        LinearState { weights: weights.clone(), diagonal: diagonal.clone(), upper: upper.clone() }
    }

    /// Its answer to the features `x`: `[targets]`
    pub fn predict(&mut self, x: &[f32], answer: &mut [f64]) {
        self.take(x);
        for (answer, weights) in answer.iter_mut().zip(self.weights.chunks_exact(self.input.len())) {
            *answer = product(weights, &self.input);
        }
    }

    /// Learns from a row.
    pub fn learn(&mut self, x: &[f32], truth: &[f64]) {
        self.take(x);
        let total = self.update_factors();
        let n = self.input.len();
        for (weights, t) in self.weights.chunks_exact_mut(n).zip(truth) {
            let error = (t - product(weights, &self.input)) / total;
            weights.iter_mut().zip(&self.gain).for_each(|(weight, gain)| *weight += error * gain);
        }
        let is_sound = |values: &[f64]| values.iter().all(|value| value.is_finite());
        if ![&self.weights, &self.diagonal, &self.upper].into_iter().all(|values| is_sound(values)) {
            // only features that are not standardised and beyond all measure lead here
            let (features, targets) = (n - 1, self.weights.len() / n);
            *self = LinearModel::new(features, targets);
        }
    }

    fn take(&mut self, x: &[f32]) {
        self.input.iter_mut().zip(x).for_each(|(own, x)| *own = f64::from(*x));
    }

    /// Brings U and D to the next row; gives a = l + u' P u, and in `gain` P u, of the P before.
    fn update_factors(&mut self) -> f64 {
        let LinearModel { diagonal, upper, forgetting, input, gain, .. } = self;
        let (mut total, mut column) = (*forgetting, 0);
        for j in 0..diagonal.len() {
            let entries = &mut upper[column..column + j];
            column += j;
            let f = input[j] + product(entries, &input[..j]);
            let v = diagonal[j] * f;
            let before = total;
            total += f * v;
            diagonal[j] = (diagonal[j] * before / (total * *forgetting)).min(PRIOR);
            for (entry, gain) in entries.iter_mut().zip(&mut gain[..j]) {
                let old = *entry;
                *entry -= *gain * f / before;
                *gain += old * v;
            }
            gain[j] = v;
        }
        total
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights of weighted ridge regressions of all rows at once; made by `tests/golden/make_linear.py`.
    const GOLDEN: &str = include_str!("../../tests/golden/linear.json");

    #[derive(Deserialize)]
    struct Golden {
        rows: usize,
        forgetting: f64,
        /// `[targets][features + 1]`
        weights: Vec<Vec<f64>>,
    }

    /// Features and targets from a linear congruential generator, the same as in the script.
    fn rows(count: usize) -> Vec<([f32; 3], [f64; 2])> {
        let mut state = 7u64;
        let mut unit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        let row = |k: usize| {
            let x = [unit(), unit(), unit()];
            let [a, b, c] = x.map(f64::from);
            let age = k as f64 / 500.0;
            (x, [1.0 + 2.0 * a - b + 0.1 * f64::from(unit()), age * c - 3.0 * a * b])
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn its_weights_are_those_of_a_regression_of_all_rows_at_once() {
        for golden in serde_json::from_str::<Vec<Golden>>(GOLDEN).unwrap() {
            let mut model = LinearModel { forgetting: golden.forgetting, ..LinearModel::new(3, 2) };
            rows(golden.rows).iter().for_each(|(x, t)| model.learn(x, t));
            let expected: Vec<f64> = golden.weights.concat();
            let far = model.weights.iter().zip(&expected).map(|(own, other)| (own - other).abs()).fold(0.0, f64::max);
            assert!(far < 1e-8, "{} rows: {:?} {expected:?}", golden.rows, model.weights);
        }
    }

    #[test]
    fn it_stays_finite_over_a_million_rows_of_features_that_do_not_vary_or_are_the_same() {
        let mut model = LinearModel::new(4, 1);
        for k in 0..1_000_000u32 {
            let x = (k % 10) as f32 / 10.0;
            model.learn(&[x, x, 0.0, 8.0], &[f64::from(2.0 * x)]);
        }
        let mut answer = [0.0];
        model.predict(&[0.5, 0.5, 0.0, 8.0], &mut answer);
        assert!((answer[0] - 1.0).abs() < 1e-6 && model.state().fits(4, 1), "{answer:?} {model:?}");
    }

    #[test]
    fn features_beyond_all_measure_leave_numbers_behind() {
        let mut model = LinearModel::new(2, 1);
        for k in 0..100 {
            model.learn(&[f32::MAX, if k % 2 == 0 { f32::MIN } else { 1e-30 }], &[1e9]);
        }
        assert!(model.state().fits(2, 1), "{model:?}");
    }
}
