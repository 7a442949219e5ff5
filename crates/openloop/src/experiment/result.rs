//! What a comparison finds: everything a report draws and `--json` prints, in one type.

use super::cell::Trial;
use super::search::{Budget, Search};
use super::statistics::{PairedT, SignedRank};
use crate::cost::multiply_adds::MultiplyAdds;
use crate::run::metrics::EpochReport;
use crate::settings::SavedSettings;
use serde::{Deserialize, Serialize};

/// Rules on the same network, data, seeds and budget.
///
/// Its figure is the one named by `figure`: what [`super::CellOutcome::figure`] gives, smaller is better.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The version of Openloop that computed it.
    pub version: String,
    /// Hidden layers.
    pub net: String,
    /// Data set.
    pub data: String,
    /// A note to show with every figure on this data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Rows to train on.
    pub training_rows: usize,
    /// Rows to test on.
    pub test_rows: usize,
    /// Passes over the training rows.
    pub epochs: u32,
    /// Samples in a batch.
    pub batch: usize,
    /// Trials a rule; trial k has seed `seed` + k under every rule.
    pub trials: u32,
    /// The first seed.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// What is compared: `test_error_last10_mean` (percent) or, for a regression, `test_rmse_last10_mean` (in the unit of its target)
    /// or, where there is no unit or more than one target, `test_loss_last10_mean`.
    pub figure: String,
    /// The level of the confidence intervals, before they are widened for their number as the p values `p_holm` are.
    pub confidence: f64,
    /// What differs from trial to trial, and so what the deviations and intervals cover.
    #[serde(default)]
    pub varies: Variation,
    /// What every rule might spend on its learning rate; none if the rates were given or the preset's.
    pub search: Option<Budget>,
    /// One entry for each rule, in the order asked for. The first is what the others are compared with.
    pub rules: Vec<RuleResult>,
    /// One entry for each trial, by seed and then by rule, as they ran.
    pub runs: Vec<TrialResult>,
}

/// A difference of fewer test rows than these is said to be that small.
pub const FEW_ROWS: f64 = 5.0;

/// What differs from trial to trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variation {
    /// Initial weights, feedback, order and dropout; all trials share their training and test rows.
    #[default]
    Seeds,
    /// Also which rows are trained and tested on.
    SeedsAndSplits,
    /// Also the fold that is tested on: each row is in exactly one.
    Folds,
}

/// What the trials of one rule come to. Trials that diverged are left out of all figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleResult {
    /// The rule.
    pub rule: String,
    /// Whether it is the control, in which no hidden layer learns: what the others gain by learning is their distance
    /// to it.
    pub control: bool,
    /// The settings of its first trial; the others differ in the seed.
    pub settings: SavedSettings,
    /// How its learning rate was found, where it was searched for.
    pub search: Option<Search>,
    /// Trials that came to their end.
    pub finished: usize,
    /// Trials that diverged.
    pub diverged: Vec<DivergedTrial>,
    /// Mean of the figure over the finished trials; none if there are none.
    pub mean: Option<f64>,
    /// Its sample standard deviation; none for fewer than two.
    pub std: Option<f64>,
    /// Mean of the test error after the last epoch, in percent; none for a regression.
    pub test_error: Option<f64>,
    /// Mean of the training error after the last epoch, in percent; none for a regression.
    pub train_error: Option<f64>,
    /// Its figure against the first rule's; none for the first itself, and if no seed finished under both.
    pub difference: Option<Difference>,
    /// What it took.
    pub cost: LearningCost,
    /// The mean learning curves of the finished trials; none if there are none.
    pub curves: Option<Curves>,
}

/// A rule's figure minus the first rule's, seed by seed, over the seeds that finished under both.
///
/// Differences are rounded to 1e-9 before they are tested, so that equal results are ties and not noise. Where the split
/// differs from trial to trial, the trials still share most of their training rows; the t test then has the variance of
/// Nadeau and Bengio ([`paired_t`](super::statistics::paired_t)). The signed rank test has no such form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The first rule.
    pub to: String,
    /// Seeds that finished under both.
    pub pairs: usize,
    /// Mean difference; negative if this rule is the better one.
    pub mean: f64,
    /// Paired t test with the confidence interval, which is widened for the number of rules by the factor of `p_holm`: it
    /// holds 0 exactly where `p_holm` is above 0.05. None for fewer than two pairs or differences without a spread.
    pub t_test: Option<PairedT>,
    /// The t test's p, Holm-corrected over all rules compared with the first, the control included.
    pub p_holm: Option<f64>,
    /// The mean difference in test rows, for a classification: what |mean| percent of the test rows are.
    #[serde(default)]
    pub test_rows: Option<f64>,
    /// Wilcoxon's signed rank test, for those who do not trust normality. With n pairs its p is never below 2^(1 - n):
    /// five pairs cannot show anything at 5 %.
    pub signed_rank: Option<SignedRank>,
    /// The signed rank test's p, Holm-corrected in the same way.
    pub signed_rank_p_holm: Option<f64>,
}

/// What learning took. Times are means over the finished trials. Times and measured bytes are 0 if none finished.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearningCost {
    /// Seconds of learning steps an epoch, without evaluations.
    pub seconds_per_epoch: f64,
    /// Training samples a second.
    pub samples_per_second: f64,
    /// Multiply-adds a sample, from the layers.
    pub multiply_adds: MultiplyAdds,
    /// By the plan: weights, optimizer state, feedback matrices.
    pub persistent_bytes: usize,
    /// By the plan: what a learning step needs beside them.
    pub transient_bytes: usize,
    /// Measured: the least [`Trial::learning_peak_bytes`]. All trials of a rule need the same; what one has more is what a
    /// thread made for good when it first took part.
    pub learning_peak_bytes: usize,
    /// Measured: the most the process had allocated during any trial, the data and evaluations included.
    pub peak_bytes: usize,
}

/// Learning curves with an entry for each epoch. Errors are percentages, absent for a regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// As the learning steps saw it.
    pub train_error: Option<Band>,
    /// After each epoch.
    pub test_error: Option<Band>,
    /// A sample's loss, as the learning steps saw it.
    pub train_loss: Band,
    /// A sample's loss on the test rows after each epoch.
    pub test_loss: Band,
    /// The angle in degrees between the rule's teaching signal and backpropagation's, a curve for each hidden layer, first
    /// to last; empty if not measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub angles: Vec<Band>,
}

/// A curve with its spread over the trials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Mean at each epoch.
    pub mean: Vec<f64>,
    /// Sample standard deviation at each epoch; none for a single trial.
    pub std: Option<Vec<f64>>,
}

/// One trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TrialResult {
    /// It came to its end.
    Finished(Box<FinishedTrial>),
    /// The numbers ran away.
    Diverged(DivergedTrial),
}

/// A trial with its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedTrial {
    /// The result.
    #[serde(flatten)]
    pub trial: Trial,
    /// Every epoch; empty in comparisons of an older version.
    #[serde(default)]
    pub curve: Vec<EpochReport>,
}

/// A trial without a result. In JSON the figures of a finished one are there, and null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DivergedTrial {
    /// The rule.
    pub rule: String,
    /// Hidden layers.
    pub net: String,
    /// Data set.
    pub data: String,
    /// Seed.
    pub seed: u64,
    /// Epochs it should have had.
    pub epochs: u32,
    /// Learning rate of the output layer.
    pub lr: f32,
    /// Learning rate of the hidden layers.
    pub hidden_lr: f32,
    /// Where and what ran away.
    pub diverged: String,
    #[serde(flatten)]
    pub(super) figures: NoFigures,
}

/// The keys of a finished trial's figures, all null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct NoFigures {
    train_error: (),
    test_error: (),
    test_error_last10_mean: (),
    train_loss: (),
    test_loss: (),
    seconds_per_epoch: (),
    samples_per_second: (),
    peak_bytes: (),
    parameters: (),
}
