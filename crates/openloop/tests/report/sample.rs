//! Results made by hand: what a comparison could have found, without training anything.

use openloop::core::Rule;
use openloop::cost::multiply_adds::MultiplyAdds;
use openloop::experiment::search::{Budget, Candidate, Search};
use openloop::experiment::statistics::{PairedT, mean, standard_deviation};
use openloop::experiment::{
    Band, Comparison, Curves, Difference, DivergedTrial, FinishedTrial, LearningCost, Published, Reproduction,
    ReproductionSection, RuleResult, Trial, TrialResult, Variation,
};
use openloop::report::{Machine, Report};
use openloop::run::Summary;
use openloop::settings::SavedSettings;

/// A classification by `rules`, with a spread between trials and between rules.
pub fn comparison(rules: &[&str], trials: u32, epochs: u32) -> Comparison {
    let figure = |k: usize, trial: u32| 2.0 + 0.7 * k as f64 + 0.1 * f64::from(trial);
    let run = |k: usize, trial| {
        let trial = finished(rules[k], trial, epochs, figure(k, trial));
        TrialResult::Finished(Box::new(FinishedTrial { trial, curve: Vec::new() }))
    };
    let figures = |k| (0..trials).map(|trial| figure(k, trial)).collect::<Vec<f64>>();
    Comparison {
        version: "0.0.0".into(),
        net: "100".into(),
        data: "digits".into(),
        note: None,
        training_rows: 1_437,
        test_rows: 360,
        epochs,
        batch: 60,
        trials,
        seed: 0,
        threads: 2,
        figure: "test_error_last10_mean".into(),
        confidence: 0.95,
        varies: Variation::Seeds,
        search: None,
        rules: (0..rules.len()).map(|k| rule(rules, k, &figures(k), epochs)).collect(),
        runs: (0..trials).flat_map(|trial| (0..rules.len()).map(move |k| run(k, trial))).collect(),
    }
}

fn rule(rules: &[&str], k: usize, figures: &[f64], epochs: u32) -> RuleResult {
    let error = mean(figures);
    RuleResult {
        rule: rules[k].into(),
        control: rules[k] == "shallow",
        settings: settings(rules[k]),
        search: None,
        finished: figures.len(),
        diverged: Vec::new(),
        mean: error,
        std: standard_deviation(figures),
        test_error: error,
        train_error: error.map(|error| 0.5 * error),
        difference: (k > 0).then(|| difference(rules[0], 0.7 * k as f64, figures.len())),
        cost: cost(),
        curves: Some(Curves {
            train_error: Some(band(1.0 + k as f64, epochs, figures.len())),
            test_error: Some(band(2.0 + k as f64, epochs, figures.len())),
            train_loss: band(0.1 + 0.01 * k as f64, epochs, figures.len()),
            test_loss: band(0.2 + 0.01 * k as f64, epochs, figures.len()),
            angles: Vec::new(),
        }),
    }
}

/// A curve that falls to `end`.
pub fn band(end: f64, epochs: u32, trials: usize) -> Band {
    let wave = |epoch: u32| 0.05 * (f64::from(epoch) * 1.7).sin().abs();
    let mean = (1..=epochs).map(|epoch| end * (1.0 + 8.0 / f64::from(epoch) + wave(epoch))).collect::<Vec<f64>>();
    let std = mean.iter().map(|value| 0.06 * value).collect();
    Band { mean, std: (trials > 1).then_some(std) }
}

fn difference(to: &str, mean: f64, pairs: usize) -> Difference {
    let t_test = PairedT { interval: [mean - 0.2, mean + 0.2], t: 9.0, degrees: pairs.saturating_sub(1), p: 1e-4 };
    let several = pairs > 1;
    Difference {
        to: to.into(),
        pairs,
        mean,
        t_test: several.then_some(t_test),
        test_rows: Some(3.6 * mean),
        p_holm: several.then_some(3e-4),
        signed_rank: None,
        signed_rank_p_holm: None,
    }
}

fn cost() -> LearningCost {
    LearningCost {
        seconds_per_epoch: 0.0042,
        samples_per_second: 341_000.0,
        multiply_adds: MultiplyAdds { forward: 7_400, signal: 1_000, update: 7_400, total: 15_800 },
        persistent_bytes: 180_000,
        transient_bytes: 31_000,
        learning_peak_bytes: 220_000,
        peak_bytes: 4_100_000,
    }
}

/// A rule of any name has the settings of bp: they can only be those of one that there is.
fn settings(rule: &str) -> SavedSettings {
    let rule = rule.parse().unwrap_or(Rule::Bp).name();
    let settings = serde_json::json!({
        "rule": rule,
        "net": "fc100",
        "batch": 60,
        "lr": 0.003,
        "hidden_lr": 0.00015,
        "lr_decay": 1.0,
        "optimizer": "adam",
        "loss": "bce",
        "activation": "tanh",
        "scaling": "reference",
        "dropout": 0.0,
        "freeze_conv": false,
        "flip": false,
        "seed": 0
    });
    serde_json::from_value(settings).expect("settings as a checkpoint holds them")
}

fn finished(rule: &str, trial: u32, epochs: u32, error: f64) -> Trial {
    let summary = Summary {
        arithmetic: None,
        saturated: None,
        rule: rule.into(),
        readout: None,
        net: "100".into(),
        data: "digits".into(),
        note: None,
        seed: u64::from(trial),
        epochs,
        batch: 60,
        optimizer: "adam".into(),
        loss: "bce".into(),
        lr: 0.003,
        hidden_lr: 0.00015,
        train_error: Some(0.5 * error),
        test_error: Some(error),
        test_error_last10_mean: Some(error),
        train_loss: 0.1,
        test_loss: 0.2,
        best_epoch: None,
        validation_error: None,
        validation_loss: None,
        test_mae: None,
        test_rmse: None,
        test_r2: None,
        test_rmse_of_mean: None,
        seconds_per_epoch: 0.0042,
        samples_per_second: 341_000.0,
        peak_bytes: 4_100_000,
        parameters: 7_510,
        threads: 2,
        angles: Vec::new(),
    };
    Trial { summary, persistent_bytes: 180_000, transient_bytes: 31_000, learning_peak_bytes: 220_000 }
}

/// The same with losses and without errors.
pub fn regression(mut comparison: Comparison) -> Comparison {
    comparison.figure = "test_loss_last10_mean".into();
    for rule in &mut comparison.rules {
        (rule.test_error, rule.train_error) = (None, None);
        let curves = rule.curves.as_mut().unwrap();
        (curves.train_error, curves.test_error) = (None, None);
    }
    for run in &mut comparison.runs {
        let TrialResult::Finished(run) = run else { continue };
        let trial = &mut run.trial;
        let summary = &mut trial.summary;
        (summary.train_error, summary.test_error, summary.test_error_last10_mean) = (None, None, None);
    }
    comparison
}

/// The same with angles at `layers` layers.
pub fn with_angles(mut comparison: Comparison, layers: usize) -> Comparison {
    for rule in &mut comparison.rules {
        let angle =
            |layer: usize| Band { mean: vec![88.0 - 20.0 * layer as f64; comparison.epochs as usize], std: None };
        rule.curves.as_mut().unwrap().angles = (0..layers).map(angle).collect();
    }
    comparison
}

/// The same with every trial of rule `k` diverged.
pub fn with_divergence(mut comparison: Comparison, k: usize, why: &str) -> Comparison {
    let diverged: Vec<DivergedTrial> = (0..comparison.trials).map(|trial| diverged(trial, why)).collect();
    let rule = &mut comparison.rules[k];
    (rule.mean, rule.std, rule.test_error, rule.train_error) = (None, None, None, None);
    (rule.finished, rule.difference, rule.curves) = (0, None, None);
    rule.cost =
        LearningCost { multiply_adds: rule.cost.multiply_adds, persistent_bytes: 1_000, ..LearningCost::default() };
    let name = rule.rule.clone();
    comparison.runs.retain(|run| !matches!(run, TrialResult::Finished(run) if run.trial.summary.rule == name));
    comparison.runs.extend(diverged.iter().cloned().map(TrialResult::Diverged));
    comparison.rules[k].diverged = diverged;
    comparison
}

/// A trial that diverged, as it stands in a comparison's JSON.
fn diverged(trial: u32, why: &str) -> DivergedTrial {
    let json = format!(
        r#"{{"rule": "bp", "net": "100", "data": "digits", "seed": {trial}, "epochs": 2, "lr": 0.003, "hidden_lr": 0.003,
        "train_error": null, "test_error": null, "test_error_last10_mean": null, "train_loss": null, "test_loss": null,
        "seconds_per_epoch": null, "samples_per_second": null, "peak_bytes": null, "parameters": null, "diverged": ""}}"#
    );
    let mut trial: DivergedTrial = serde_json::from_str(&json).unwrap();
    trial.diverged = why.into();
    trial
}

/// The same after a search in which the largest rate was the best and another diverged.
pub fn with_search(mut comparison: Comparison) -> Comparison {
    let name = "half-decade grid".into();
    comparison.search = Some(Budget { name, seed: 0, candidates: 3, epochs: 5, samples: 5_750, validation_rows: 287 });
    let candidate = |lr, figure| Candidate { lr, hidden_lr: lr, batch: None, activation: None, net: None, figure };
    let candidates = vec![candidate(0.003, Some(4.0)), candidate(0.0095, Some(3.5)), candidate(0.00095, None)];
    for rule in comparison.rules.iter_mut().skip(1) {
        rule.search = Some(Search { candidates: candidates.clone(), chosen: 1, at_edge: true });
    }
    comparison
}

/// A reproduction of `sections` comparisons like this one, with figures and angles published for each rule.
pub fn reproduction(comparison: &Comparison, sections: usize) -> Reproduction {
    let published = |rule: &RuleResult| Published {
        rule: rule.rule.clone(),
        value: rule.mean.unwrap_or(5.0) + 0.1,
        std: Some(0.08),
        angles: vec![77.0, 55.0],
    };
    let section = |k: usize| ReproductionSection {
        title: format!("FC1-500 {k}"),
        comparison: comparison.clone(),
        published: comparison.rules.iter().map(published).collect(),
        source: "table 1".into(),
    };
    Reproduction {
        task: "mnist".into(),
        shortened: Some("2 trials, not 10".into()),
        sections: (1..=sections).map(section).collect(),
    }
}

/// The page of a comparison.
pub fn page_of(comparison: &Comparison) -> String {
    page(Report::of_comparison(comparison, "openloop compare --report report.html"))
}

/// The page of a report, as if made on an unknown machine: a processor's name may hold anything.
pub fn page(mut report: Report<'_>) -> String {
    report.machine = Machine { processor: "unknown".into(), cores: None, system: "unknown".into() };
    report.html()
}
