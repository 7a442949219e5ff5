//! The search of the learning rate: the same small grid, epochs and rows for every rule, judged on validation rows.
//!
//! The grid is "half-decade": the rate that would be used without a search, times sqrt(10) to the powers 0, 1, -1, 2,
//! -2, ... in that order. The ratio of the hidden layers' rate to the output layer's stays. A fifth of the training rows,
//! always the same, is held back ([`crate::data::DataSet::for_tuning`]) and judges by the figure that will be compared;
//! the test rows are not looked at. Each candidate is trained once, with the first seed.
//!
//! Where more than the rate is to vary ([`TunedSetting`]) it is a random search: the first candidate is what would be used without a search,
//! each of the others draws every setting that varies, the same draws for every rule. Rates and their ratio are drawn from a decade around
//! what they would be, evenly in the logarithm; the batch from 1/4 to 4 times, the widths of fully connected layers from 1/2 to 2 times
//! by powers of 2; the activation from tanh, relu and sigmoid. All candidates learn from as many samples.

use super::cell::CellOutcome;
use crate::settings::Settings;
use openloop_core::Activation;
use openloop_core::random::{Purpose, Stream};
use serde::{Deserialize, Serialize};

/// The search's name.
pub const NAME: &str = "half-decade grid";
/// The name of a search of more than the rate.
pub const RANDOM_NAME: &str = "random search";
/// Candidates of the grid at most: beyond it lie no rates that make sense.
pub const MAX_CANDIDATES: u32 = 25;
/// Candidates of a random search at most.
pub const MAX_RANDOM: u32 = 1_000;

/// The activations that are drawn from.
const ACTIVATIONS: [Activation; 3] = [Activation::Tanh, Activation::Relu, Activation::Sigmoid];

/// What a search varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunedSetting {
    /// The learning rate of all layers.
    Rate,
    /// The ratio of the hidden layers' rate to the output layer's.
    HiddenRate,
    /// Samples in a batch.
    Batch,
    /// The nonlinearity of the hidden layers.
    Activation,
    /// The widths of the fully connected layers.
    Net,
}

openloop_core::named!(TunedSetting: "setting to tune" {
    Rate = "lr",
    HiddenRate = "hidden-lr",
    Batch = "batch",
    Activation = "activation",
    Net = "net",
});

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

/// What was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Learning rate of the output layer.
    pub lr: f32,
    /// Learning rate of the hidden layers.
    pub hidden_lr: f32,
    /// Samples in a batch, where they were searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// The activation, where it was searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<String>,
    /// The hidden layers, where they were searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<String>,
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

impl Candidate {
    /// What it has beside its rate, in words; empty where only rates were searched for.
    pub fn others(&self) -> String {
        let batch = self.batch.map(|batch| format!("batch {batch}"));
        let parts = [batch, self.activation.clone(), self.net.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
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

/// The `count` settings to try where all of `over` vary.
pub(super) fn draw(settings: &Settings, count: u32, over: &[TunedSetting]) -> Vec<Settings> {
    (0..count).map(|k| if k == 0 { settings.clone() } else { drawn(settings, k, over) }).collect()
}

/// Candidate `k`, whose draws are the same for every rule.
fn drawn(settings: &Settings, k: u32, over: &[TunedSetting]) -> Settings {
    let stream = Stream::new(settings.seed, Purpose::Data, k);
    // a place in [0, 1) for each setting, whether it varies or not: one more setting does not change the others
    let place = |which: TunedSetting| f64::from(stream.word(which as u64)) / 4_294_967_296.0;
    let decade = |which| 10f64.powf(2.0 * place(which) - 1.0);
    let power = |which, most: i32| {
        let steps = f64::from(2 * most + 1);
        2f64.powi((place(which) * steps).floor() as i32 - most)
    };
    let mut drawn = settings.clone();
    for which in over {
        match which {
            TunedSetting::Rate => {
                let factor = decade(*which);
                drawn.rate = (f64::from(drawn.rate) * factor) as f32;
                drawn.hidden_rate = (f64::from(drawn.hidden_rate) * factor) as f32;
            }
            TunedSetting::HiddenRate => drawn.hidden_rate = (f64::from(drawn.hidden_rate) * decade(*which)) as f32,
            TunedSetting::Batch => drawn.batch = ((drawn.batch as f64 * power(*which, 2)).round() as usize).max(1),
            TunedSetting::Activation => {
                drawn.activation = ACTIVATIONS[(place(*which) * ACTIVATIONS.len() as f64) as usize];
            }
            TunedSetting::Net => drawn.net = drawn.net.widened(power(*which, 1)),
        }
    }
    drawn
}

/// Judges the outcomes of a random search.
pub(super) fn choose_drawn(drawn: &[Settings], outcomes: &[CellOutcome], over: &[TunedSetting]) -> Search {
    let varies = |which| over.contains(&which);
    let mut search = choose_best(drawn, outcomes);
    for (candidate, settings) in search.candidates.iter_mut().zip(drawn) {
        candidate.batch = varies(TunedSetting::Batch).then_some(settings.batch);
        candidate.activation = varies(TunedSetting::Activation).then(|| settings.activation.to_string());
        candidate.net = varies(TunedSetting::Net).then(|| settings.net.to_string());
    }
    Search { at_edge: false, ..search }
}

/// Judges the outcomes of a grid.
pub(super) fn choose_best(grid: &[Settings], outcomes: &[CellOutcome]) -> Search {
    let candidates: Vec<Candidate> = grid
        .iter()
        .zip(outcomes)
        .map(|(settings, outcome)| Candidate {
            lr: settings.rate,
            hidden_lr: settings.hidden_rate,
            batch: None,
            activation: None,
            net: None,
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
    fn a_random_search_tries_the_given_settings_first_and_varies_what_it_was_asked_to() {
        let settings = settings();
        let over = [TunedSetting::Rate, TunedSetting::Batch, TunedSetting::Activation, TunedSetting::Net];
        let drawn = draw(&settings, 40, &over);
        assert_eq!(drawn[0], settings);
        for candidate in &drawn {
            let factor = candidate.rate / settings.rate;
            assert!((0.0999..=10.01).contains(&factor), "{factor}");
            assert!((candidate.hidden_rate / candidate.rate - 3.0).abs() < 1e-4, "the ratio stays");
        }
        let different = |of: &dyn Fn(&Settings) -> String| {
            drawn.iter().map(of).collect::<std::collections::BTreeSet<String>>().len()
        };
        assert_eq!(different(&|s| s.net.to_string()), 3);
        assert_eq!(different(&|s| s.activation.to_string()), 3);
        assert!(different(&|s| s.batch.to_string()) >= 4);
        let alone = draw(&settings, 40, &[TunedSetting::Rate]);
        assert!(drawn.iter().zip(&alone).all(|(a, b)| a.rate == b.rate), "one more setting does not change the others");
    }

    #[test]
    fn the_edges_are_the_smallest_and_the_largest_rate() {
        let powers: Vec<i32> = (0..5).map(power).collect();
        assert_eq!(powers, [0, 1, -1, 2, -2]);
    }
}
