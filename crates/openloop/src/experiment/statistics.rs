//! Means, deviations and paired tests over the trials of an experiment.
//!
//! Trials of two rules with the same seed share their initial weights, their order of samples and their test rows, so
//! it is their differences that are tested. All functions take them in any order; `None` means that the numbers
//! cannot answer the question, such as the deviation of a single trial.

use super::student;
use serde::{Deserialize, Serialize};

/// Pairs up to which the signed rank test counts every assignment of signs.
pub const EXACT_PAIRS: usize = 25;
/// The level of the confidence intervals.
pub const CONFIDENCE: f64 = 0.95;

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample standard deviation, sqrt(sum (x - mean)^2 / (n - 1)); `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Wilson's score interval of a share ("Probable inference, the law of succession, and statistical inference", Journal of the American
/// Statistical Association 22, 1927) at 95 %, low and high end, for `count` of `of` that are independent:
/// (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), z = 1.96. `None` of nothing.
pub fn share_interval(count: u64, of: u64) -> Option<[f64; 2]> {
    const Z: f64 = 1.959_963_984_540_054;
    let (n, square) = (of as f64, Z * Z);
    let share = (of > 0).then(|| count as f64 / n)?;
    let middle = share + square / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).max(0.0).sqrt();
    Some([middle - half, middle + half].map(|end| (end / (1.0 + square / n)).clamp(0.0, 1.0)))
}

/// What [`paired_t`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedT {
    /// The confidence interval of the mean difference, low and high end: mean -+ t* error. At 95 % as [`paired_t`] gives it.
    pub interval: [f64; 2],
    /// mean / error.
    pub t: f64,
    /// n - 1.
    pub degrees: usize,
    /// The two-sided p value of no difference.
    pub p: f64,
}

impl PairedT {
    /// The same test with the interval at the level 1 - 0.05 / `factor`: what a p value multiplied by `factor` belongs to.
    pub fn widened(self, factor: f64) -> Self {
        let [low, high] = self.interval;
        let (mean, degrees) = (0.5 * (low + high), self.degrees as f64);
        let error = 0.5 * (high - low) / student::quantile(1.0 - CONFIDENCE, degrees);
        let half = student::quantile((1.0 - CONFIDENCE) / factor, degrees) * error;
        PairedT { interval: [mean - half, mean + half], ..self }
    }
}

/// Student's t test ("Student", Biometrika 1908) of paired differences against 0, two-sided.
///
/// `overlap` is 0 where the differences are independent, and then the squared error of the mean is s^2 / n. Differences
/// from random splits of the same rows are not: their training rows overlap. Nadeau and Bengio (Machine Learning 52, 2003)
/// take s^2 (1 / n + overlap), with overlap = test rows / training rows.
///
/// `None` for fewer than two differences, and for differences that are all the same: without a spread there is nothing
/// to measure their mean by.
pub fn paired_t(differences: &[f64], overlap: f64) -> Option<PairedT> {
    let (n, mean) = (differences.len(), mean(differences)?);
    let error = standard_deviation(differences).filter(|s| *s > 0.0)? * (1.0 / n as f64 + overlap).sqrt();
    let (t, degrees) = (mean / error, n - 1);
    let half = student::quantile(1.0 - CONFIDENCE, degrees as f64) * error;
    Some(PairedT { interval: [mean - half, mean + half], t, degrees, p: student::two_sided(t, degrees as f64) })
}

/// What [`signed_rank`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedRank {
    /// The smaller of the rank sums of the positive and of the negative differences.
    pub statistic: f64,
    /// Differences that are not 0.
    pub pairs: usize,
    /// The two-sided p value of differences symmetric about 0.
    pub p: f64,
    /// Whether p counts all assignments of signs, or is a normal approximation.
    pub exact: bool,
}

/// Wilcoxon's signed rank test (Biometrics Bulletin 1945), two-sided.
///
/// As in SciPy, differences of 0 are left out and equal sizes share their mean rank. Up to [`EXACT_PAIRS`] pairs the p
/// value is the share of all 2^n assignments of signs at least as extreme, given the ranks at hand; beyond, the normal
/// approximation with the variance corrected for ties and without a continuity correction.
///
/// `None` if no difference is left.
pub fn signed_rank(differences: &[f64]) -> Option<SignedRank> {
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let ranks = double_ranks(&sorted);
    let (n, total) = (sorted.len(), ranks.iter().sum::<usize>());
    if n == 0 {
        return None;
    }
    let positive: usize = sorted.iter().zip(&ranks).filter(|(d, _)| **d > 0.0).map(|(_, rank)| rank).sum();
    let smaller = positive.min(total - positive);
    let exact = n <= EXACT_PAIRS;
    let p = if exact { exact_p(&ranks, smaller) } else { normal_p(&ranks, smaller) };
    Some(SignedRank { statistic: smaller as f64 / 2.0, pairs: n, p, exact })
}

/// Twice the rank of each value by its size, counted from 1; twice, so that the mean rank of ties is a whole number.
fn double_ranks(sorted: &[f64]) -> Vec<usize> {
    let mut ranks = Vec::with_capacity(sorted.len());
    for ties in sorted.chunk_by(|a, b| a.abs() == b.abs()) {
        let first = ranks.len() + 1;
        ranks.extend(std::iter::repeat_n(2 * first + ties.len() - 1, ties.len()));
    }
    ranks
}

/// Twice the share of sign assignments whose positive (doubled) ranks sum up to `smaller` at most.
fn exact_p(ranks: &[usize], smaller: usize) -> f64 {
    // ways[s]: subsets of the ranks so far with sum s
    let mut ways = vec![0.0; smaller + 1];
    ways[0] = 1.0;
    for &rank in ranks {
        for sum in (rank..=smaller).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let share = ways.iter().sum::<f64>() / 2f64.powi(ranks.len() as i32);
    (2.0 * share).min(1.0)
}

/// Under the null hypothesis the rank sum has mean n (n + 1) / 4 and variance (sum of the squared ranks) / 4, which
/// holds with ties as well as without.
fn normal_p(ranks: &[usize], smaller: usize) -> f64 {
    let mean = ranks.iter().sum::<usize>() as f64 / 4.0;
    let variance = ranks.iter().map(|rank| (rank * rank) as f64 / 16.0).sum::<f64>();
    let z = (smaller as f64 / 2.0 - mean) / variance.sqrt();
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// One p value after Holm's correction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HolmCorrected {
    /// The corrected p value, at most 1.
    pub p: f64,
    /// What the p value was multiplied by, before the bound of 1.
    pub factor: f64,
}

/// Holm's correction of several p values (Scandinavian Journal of Statistics 1979), in their order.
///
/// The k-th smallest of m is multiplied by m - k + 1, none may fall below the one before, none exceeds 1. The chance of
/// one false alarm among all of them is then at most what each is compared with.
pub fn holm(p: &[f64]) -> Vec<HolmCorrected> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut corrected = vec![HolmCorrected { p: 0.0, factor: 1.0 }; p.len()];
    let mut largest = 0f64;
    for (k, &at) in order.iter().enumerate() {
        let own = (p.len() - k) as f64;
        largest = largest.max(p[at] * own);
        let factor = if p[at] > 0.0 { largest / p[at] } else { own };
        corrected[at] = HolmCorrected { p: largest.min(1.0), factor };
    }
    corrected
}
