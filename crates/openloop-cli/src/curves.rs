//! Every epoch of every run of a comparison, as a CSV file.

use crate::failure::Failure;
use crate::say::say;
use openloop::experiment::{Comparison, FinishedTrial, TrialResult};
use openloop::files::Output;

const COLUMNS: [&str; 14] = [
    "rule",
    "net",
    "data",
    "seed",
    "lr",
    "hidden_lr",
    "epoch",
    "train_loss",
    "train_error",
    "test_loss",
    "test_error",
    "test_rmse",
    "learning_rate",
    "seconds",
];

/// Writes the file and says where it is. A run that diverged has no rows.
pub fn write(comparison: &Comparison, output: &Output) -> Result<(), Failure> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let failed = |error: String| Failure::run(format!("the curves cannot be written: {error}"));
    table.write_record(COLUMNS).map_err(|error| failed(error.to_string()))?;
    for run in &comparison.runs {
        let TrialResult::Finished(run) = run else { continue };
        rows(run).try_for_each(|row| table.write_record(row)).map_err(|error| failed(error.to_string()))?;
    }
    output.write(&table.into_inner().map_err(|error| failed(error.to_string()))?)?;
    if !output.is_standard() {
        say!("curves in {}", output.path().display());
    }
    Ok(())
}

/// A row for each epoch.
fn rows(run: &FinishedTrial) -> impl Iterator<Item = [String; COLUMNS.len()]> {
    let summary = &run.trial.summary;
    run.curve.iter().map(move |epoch| {
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        [
            summary.rule.clone(),
            summary.net.clone(),
            summary.data.clone(),
            summary.seed.to_string(),
            summary.lr.to_string(),
            summary.hidden_lr.to_string(),
            epoch.epoch.to_string(),
            number(Some(epoch.train_loss)),
            number(epoch.train_error),
            number(Some(epoch.test_loss)),
            number(epoch.test_error),
            number(epoch.test_rmse),
            epoch.learning_rate.to_string(),
            number(epoch.seconds),
        ]
    })
}
