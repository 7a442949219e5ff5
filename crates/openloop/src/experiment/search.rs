//! The search of the learning rate: the same small grid, epochs and rows for every rule, judged on validation rows.
//!
//! The grid is "half-decade": the rate that would be used without a search, times sqrt(10) to the powers 0, 1, -1, 2,
//! -2, ... in that order. The ratio of the hidden layers' rate to the output layer's stays. A fifth of the training rows,
//! always the same, is held back ([`crate::data::DataSet::for_tuning`]) and judges by the figure that will be compared;
//! the test rows are not looked at. Each candidate is trained once, with the first seed.

use super::cell::CellOutcome;
use crate::settings::Settings;
use serde::{Deserialize, Serialize};

/// The search's name.
pub const NAME: &str = "half-decade grid";
/// Candidates at most.
pub const MAX_CANDIDATES: u32 = 25;

/// What every rule may spend on its search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// How candidates are chosen: [`NAME`].
    pub name: String,
    /// Seed of the candidates' runs.
    pub seed: u64,
    /// Candidates a rule.
    pub candidates: u32,
    /// Epochs a candidate.
    pub epochs: u32,
    /// Samples that a candidate learns from: epochs times training rows.
    pub samples: u64,
    /// Rows held back to judge by.
    pub validation_rows: usize,
}

/// One rate that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Learning rate of the output layer.
    pub lr: f32,
    /// Learning rate of the hidden layers.
    pub hidden_lr: f32,
    /// The figure on the validation rows; none if it diverged.
    pub figure: Option<f64>,
}

/// What the search found for a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// In the order of the grid.
    pub candidates: Vec<Candidate>,
    /// The index of the best; the first of equals, and 0 if all diverged.
    pub chosen: usize,
    /// Whether the best is the smallest or the largest rate tried: then a wider search may find a better one.
    pub at_edge: bool,
}

/// The power of sqrt(10) of candidate `k`: 0, 1, -1, 2, -2, ...
fn power(k: usize) -> i32 {
    let half = k.div_ceil(2) as i32;
    if k % 2 == 1 { half } else { -half }
}

/// The `count` settings to try around `settings`.
pub(super) fn grid(settings: &Settings, count: u32) -> Vec<Settings> {
    let scaled = |rate: f32, k: usize| (f64::from(rate) * 10f64.powf(f64::from(power(k)) / 2.0)) as f32;
    let candidate = |k| Settings {
        rate: scaled(settings.rate, k),
        hidden_rate: scaled(settings.hidden_rate, k),
        ..settings.clone()
    };
    (0..count as usize).map(candidate).collect()
}

/// Judges the outcomes of a grid.
pub(super) fn choose_best(grid: &[Settings], outcomes: &[CellOutcome]) -> Search {
    let candidates: Vec<Candidate> = grid
        .iter()
        .zip(outcomes)
        .map(|(settings, outcome)| Candidate {
            lr: settings.rate,
            hidden_lr: settings.hidden_rate,
            figure: outcome.figure(),
        })
        .collect();
    let figure = |k: &usize| candidates[*k].figure.unwrap_or(f64::INFINITY);
    let chosen = (0..candidates.len()).min_by(|a, b| figure(a).total_cmp(&figure(b))).unwrap_or(0);
    let powers = || (0..candidates.len()).map(power);
    let at_edge = candidates.len() > 1 && [powers().min(), powers().max()].contains(&Some(power(chosen)));
    Search { candidates, chosen, at_edge }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{self, DataRequest};
    use crate::settings::Options;

    fn settings() -> Settings {
        let data = data::load(&DataRequest { name: "digits", ..DataRequest::default() }).unwrap();
        Options { lr: Some(0.01), hidden_lr: Some(0.03), ..Options::default() }.complete(&data).unwrap()
    }

    #[test]
    fn the_grid_goes_out_from_the_given_rate_by_half_decades_and_keeps_the_ratio() {
        let grid = grid(&settings(), 5);
        let rates: Vec<f32> = grid.iter().map(|settings| settings.rate).collect();
        for (found, expected) in rates.iter().zip([0.01, 0.031_622_78, 0.003_162_277_7, 0.1, 0.001]) {
            assert!((found / expected - 1.0).abs() < 1e-6, "{rates:?}");
        }
        assert!(grid.iter().all(|settings| (settings.hidden_rate / settings.rate - 3.0).abs() < 1e-5));
    }

    #[test]
    fn a_search_in_which_all_diverge_keeps_the_given_rate() {
        let grid = grid(&settings(), 3);
        let search = choose_best(&grid, &vec![CellOutcome::Diverged("nan".into()); 3]);
        assert_eq!((search.chosen, search.at_edge, search.candidates[0].lr), (0, false, 0.01));
    }

    #[test]
    fn the_edges_are_the_smallest_and_the_largest_rate() {
        let powers: Vec<i32> = (0..5).map(power).collect();
        assert_eq!(powers, [0, 1, -1, 2, -2]);
    }
}
