//! From the outcomes of all cells to the result.

use super::cell::{CellOutcome, Trial};
use super::error::ExperimentError;
use super::result::{
    Band, Comparison, Curves, Difference, DivergedTrial, FinishedTrial, LearningCost, NoFigures, RuleResult,
    TrialResult, Variation,
};
use super::search::{Budget, Search};
use super::statistics::{CONFIDENCE, HolmCorrected, holm, mean, paired_t, signed_rank, standard_deviation};
use crate::cost::multiply_adds::MultiplyAdds;
use crate::data::DataSet;
use crate::run::metrics::EpochReport;
use crate::settings::{ConfigError, Settings};
use openloop_core::{Plan, Rule, Spec};

/// Differences smaller than half of this are rounding.
const RESOLUTION: f64 = 1e-9;

/// The outcomes of all cells.
pub(super) struct CellOutcomes<'f> {
    /// Each rule's settings, with the first seed.
    pub rules: &'f [Settings],
    /// Each rule's outcomes, by seed.
    pub outcomes: &'f [Vec<CellOutcome>],
    /// Each rule's search.
    pub searches: Vec<Option<Search>>,
    /// What each search might cost.
    pub budget: Option<Budget>,
    /// What differs from trial to trial.
    pub varies: Variation,
}

/// The result.
pub(super) fn comparison(
    finding: CellOutcomes<'_>,
    data: &DataSet,
    threads: usize,
) -> Result<Comparison, ExperimentError> {
    let CellOutcomes { rules: settings, outcomes, searches, budget, varies } = finding;
    let mut rules = Vec::new();
    for ((settings, outcomes), search) in settings.iter().zip(outcomes).zip(searches) {
        rules.push(rule_result(settings, outcomes, search, data)?);
    }
    compare_with_first(&mut rules, outcomes, &TrialRows::of(data, varies));
    let (first, trials) = (&settings[0], outcomes[0].len());
    let by_seed =
        (0..trials).flat_map(|k| settings.iter().zip(outcomes).map(move |(s, outcomes)| (k, s, &outcomes[k])));
    let runs = by_seed.map(|(k, settings, outcome)| trial_result(k, settings, outcome, data)).collect();
    let figure = match &data.units {
        _ if !data.classes.is_empty() => "test_error_last10_mean",
        Some(units) if units.names.len() == 1 => "test_rmse_last10_mean",
        _ => "test_loss_last10_mean",
    };
    Ok(Comparison {
        version: env!("CARGO_PKG_VERSION").into(),
        net: first.net.to_string(),
        data: data.name.clone(),
        note: data.note.clone(),
        training_rows: data.train.len(),
        test_rows: data.test.len(),
        epochs: first.epochs,
        batch: first.batch,
        trials: trials as u32,
        seed: first.seed,
        threads,
        figure: figure.into(),
        confidence: CONFIDENCE,
        varies,
        search: budget,
        rules,
        runs,
    })
}

fn rule_result(
    settings: &Settings,
    outcomes: &[CellOutcome],
    search: Option<Search>,
    data: &DataSet,
) -> Result<RuleResult, ConfigError> {
    let figures: Vec<f64> = outcomes.iter().filter_map(CellOutcome::figure).collect();
    let (mut finished, mut curves) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        if let CellOutcome::Finished { trial, curve } = outcome {
            finished.push(&**trial);
            curves.push(&curve[..]);
        }
    }
    let diverged = (0..).zip(outcomes).filter_map(|(k, outcome)| diverged_trial(k, settings, outcome, data)).collect();
    let mean_of =
        |value: fn(&Trial) -> Option<f64>| mean(&finished.iter().filter_map(|trial| value(trial)).collect::<Vec<_>>());
    Ok(RuleResult {
        rule: settings.rule.name().into(),
        control: settings.rule == Rule::Shallow,
        settings: settings.saved(),
        search,
        finished: finished.len(),
        diverged,
        mean: mean(&figures),
        std: standard_deviation(&figures),
        test_error: mean_of(|trial| trial.summary.test_error),
        train_error: mean_of(|trial| trial.summary.train_error),
        difference: None,
        cost: cost(settings, &finished, data)?,
        curves: (!curves.is_empty()).then(|| mean_curves(&curves)),
    })
}

fn cost(settings: &Settings, finished: &[&Trial], data: &DataSet) -> Result<LearningCost, ConfigError> {
    let layers = settings.layers(data)?;
    let network = Spec { layers: &layers, loss: settings.loss }.check();
    let learning = network
        .and_then(|network| network.without_front(settings.frozen_layers()))
        .map_err(|error| ConfigError::Network { net: settings.net.to_string(), data: data.name.clone(), error })?;
    let front = if settings.flip { &layers[..settings.frozen_layers()] } else { &[] };
    let plan = Plan::learning(&learning, &settings.training(), settings.batch.min(data.train.len()));
    let seconds: Vec<f64> = finished.iter().map(|trial| trial.summary.seconds_per_epoch).collect();
    let seconds_per_epoch = mean(&seconds).unwrap_or(0.0);
    let rows = data.train.len() as f64;
    Ok(LearningCost {
        seconds_per_epoch,
        samples_per_second: if seconds_per_epoch > 0.0 { rows / seconds_per_epoch } else { 0.0 },
        multiply_adds: MultiplyAdds::of(&learning, front, settings.rule),
        persistent_bytes: plan.persistent_bytes(),
        transient_bytes: plan.transient_bytes(),
        learning_peak_bytes: finished.iter().map(|trial| trial.learning_peak_bytes).min().unwrap_or(0),
        peak_bytes: finished.iter().map(|trial| trial.summary.peak_bytes).max().unwrap_or(0),
    })
}

fn mean_curves(curves: &[&[EpochReport]]) -> Curves {
    Curves {
        train_error: band(curves, |epoch| epoch.train_error),
        test_error: band(curves, |epoch| epoch.test_error),
        train_loss: band(curves, |epoch| Some(epoch.train_loss)).unwrap_or_default(),
        test_loss: band(curves, |epoch| Some(epoch.test_loss)).unwrap_or_default(),
        angles: (0..).map_while(|layer| band(curves, |epoch| epoch.angles.get(layer).copied())).collect(),
    }
}

/// Mean and deviation at each epoch; none if a value is missing anywhere.
fn band(curves: &[&[EpochReport]], value: impl Fn(&EpochReport) -> Option<f64>) -> Option<Band> {
    let epochs = curves.iter().map(|curve| curve.len()).min().filter(|epochs| *epochs > 0)?;
    let at = |k: usize| curves.iter().map(|curve| value(&curve[k])).collect::<Option<Vec<f64>>>();
    let values = (0..epochs).map(at).collect::<Option<Vec<_>>>()?;
    let mean = values.iter().map(|values| mean(values)).collect::<Option<_>>()?;
    Some(Band { mean, std: values.iter().map(|values| standard_deviation(values)).collect() })
}

/// Fills in every rule's difference to the first, and corrects p values and intervals for their number.
fn compare_with_first(rules: &mut [RuleResult], outcomes: &[Vec<CellOutcome>], rows: &TrialRows) {
    let to = rules[0].rule.clone();
    for (rule, outcomes_of_rule) in rules.iter_mut().zip(outcomes).skip(1) {
        let pairs = outcomes_of_rule.iter().zip(&outcomes[0]);
        let differences = pairs.filter_map(|(own, first)| Some(own.figure()? - first.figure()?));
        let rounded: Vec<f64> = differences.map(|d| (d / RESOLUTION).round() * RESOLUTION).collect();
        rule.difference = mean(&rounded).map(|mean| Difference {
            to: to.clone(),
            pairs: rounded.len(),
            mean,
            test_rows: rows.tested_for_errors.map(|rows| mean.abs() / 100.0 * rows as f64),
            t_test: paired_t(&rounded, rows.overlap),
            p_holm: None,
            signed_rank: signed_rank(&rounded),
            signed_rank_p_holm: None,
        });
    }
    let t = |d: &Difference| d.t_test.map(|test| test.p);
    correct(rules, t, |d, corrected| {
        d.p_holm = Some(corrected.p);
        d.t_test = d.t_test.map(|test| test.widened(corrected.factor));
    });
    let ranks = |d: &Difference| d.signed_rank.map(|test| test.p);
    correct(rules, ranks, |d, corrected| d.signed_rank_p_holm = Some(corrected.p));
}

/// What the rows of the trials mean for the differences between rules.
struct TrialRows {
    /// How many test rows an error is a share of; none for a regression.
    tested_for_errors: Option<usize>,
    /// The overlap of the splits that [`paired_t`] takes.
    overlap: f64,
}

impl TrialRows {
    fn of(data: &DataSet, varies: Variation) -> Self {
        let (train, test) = (data.train.len(), data.test.len());
        TrialRows {
            tested_for_errors: (!data.classes.is_empty()).then_some(test),
            overlap: if varies != Variation::Seeds { test as f64 / train.max(1) as f64 } else { 0.0 },
        }
    }
}

/// Holm's correction of a p value over the rules that have it.
fn correct(
    rules: &mut [RuleResult],
    p: impl Fn(&Difference) -> Option<f64>,
    set: impl Fn(&mut Difference, HolmCorrected),
) {
    let differences = rules.iter_mut().filter_map(|rule| rule.difference.as_mut());
    let tested: Vec<&mut Difference> = differences.filter(|d| p(d).is_some()).collect();
    let values: Vec<f64> = tested.iter().filter_map(|d| p(d)).collect();
    tested.into_iter().zip(holm(&values)).for_each(|(d, corrected)| set(d, corrected));
}

fn trial_result(k: usize, settings: &Settings, outcome: &CellOutcome, data: &DataSet) -> TrialResult {
    match outcome {
        CellOutcome::Finished { trial, curve } => {
            TrialResult::Finished(Box::new(FinishedTrial { trial: (**trial).clone(), curve: curve.clone() }))
        }
        CellOutcome::Diverged(message) => TrialResult::Diverged(diverged(k as u64, settings, message, data)),
    }
}

fn diverged_trial(k: u64, settings: &Settings, outcome: &CellOutcome, data: &DataSet) -> Option<DivergedTrial> {
    let CellOutcome::Diverged(message) = outcome else { return None };
    Some(diverged(k, settings, message, data))
}

fn diverged(k: u64, settings: &Settings, message: &str, data: &DataSet) -> DivergedTrial {
    DivergedTrial {
        rule: settings.rule.name().into(),
        net: settings.net.to_string(),
        data: data.name.clone(),
        seed: settings.seed + k,
        epochs: settings.epochs,
        lr: settings.rate,
        hidden_lr: settings.hidden_rate,
        diverged: message.into(),
        figures: NoFigures::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(test_loss: f64) -> EpochReport {
        let none = (None, None);
        EpochReport {
            epoch: 1,
            train_loss: 2.0 * test_loss,
            train_error: none.0,
            test_loss,
            test_error: none.1,
            test_rmse: None,
            validation_loss: None,
            validation_error: None,
            validation_rmse: None,
            learning_rate: 0.1,
            seconds: Some(1.0),
            angles: vec![10.0 * test_loss],
        }
    }

    #[test]
    fn bands_are_means_and_deviations_over_the_trials_at_each_epoch() {
        let (a, b) = ([report(1.0), report(2.0)], [report(3.0), report(2.0)]);
        let curves = mean_curves(&[&a, &b]);
        assert_eq!(curves.test_loss, Band { mean: vec![2.0, 2.0], std: Some(vec![2f64.sqrt(), 0.0]) });
        assert_eq!(curves.train_loss.mean, [4.0, 4.0]);
        assert_eq!(curves.angles, [Band { mean: vec![20.0, 20.0], std: Some(vec![200f64.sqrt(), 0.0]) }]);
        assert_eq!((curves.test_error, mean_curves(&[&a]).test_loss.std), (None, None));
    }
}
