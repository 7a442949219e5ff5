//! The result of `openloop eval`, as JSON and as text.

use crate::failure::Failure;
use crate::number::significant;
use crate::terminal::{self, aligned};
use openloop::data::{Split, excerpt};
use openloop::kernels::Fast;
use openloop::learner::Model;
use openloop::learner::quality::{ClassificationQuality, Confusion, RegressionQuality, ValueQuality};
use serde::Serialize;
use std::fmt;

/// Classes and confusions that are shown; JSON has them all.
const MOST_CLASSES: usize = 30;
const MOST_CONFUSIONS: usize = 5;

/// The result of `openloop eval`. Errors are percentages, absent for a regression.
#[derive(Serialize)]
pub struct Evaluated<'a> {
    pub rule: &'a str,
    pub net: &'a str,
    pub data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    pub seed: u64,
    pub epochs: u32,
    pub rows: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_error: Option<f64>,
    pub test_error: Option<f64>,
    pub test_loss: f64,
    pub parameters: usize,
    #[serde(flatten)]
    pub quality: Quality,
}

/// The figures of classes or of measured values.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Quality {
    /// Of classes.
    Classes(ClassificationQuality),
    /// Of measured values.
    Values(TestValues),
    /// A regression without units has a loss and no more.
    LossOnly {},
}

/// The figures of measured values, with the names that `train` gives them.
#[derive(Serialize)]
pub struct TestValues {
    test_mae: f64,
    test_rmse: f64,
    test_r2: Option<f64>,
    test_rmse_of_mean: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    per_target: Vec<ValueQuality>,
}

impl Quality {
    /// Those of `model` on `rows`.
    ///
    /// # Errors
    /// Rows that are not the model's.
    pub fn of(model: &Model, kernels: &Fast, rows: &Split) -> Result<Self, Failure> {
        if let Some(classes) = ClassificationQuality::of_rows(model, kernels, rows)? {
            return Ok(Quality::Classes(classes));
        }
        if model.about().units.is_none() {
            return Ok(Quality::LossOnly {});
        }
        let RegressionQuality { mae, rmse, r2, rmse_of_mean, per_target } =
            RegressionQuality::of_rows(model, kernels, rows)?;
        let [test_mae, test_rmse, test_rmse_of_mean] = [mae, rmse, rmse_of_mean];
        Ok(Quality::Values(TestValues { test_mae, test_rmse, test_r2: r2, test_rmse_of_mean, per_target }))
    }
}

impl fmt::Display for Evaluated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} on {}, {} rows, after {} epochs", self.rule, self.net, self.data, self.rows, self.epochs)?;
        match (&self.test_error, &self.quality) {
            (Some(error), _) => writeln!(f, "error {error:.2} %, loss {:.4}", self.test_loss)?,
            (None, Quality::Values(values)) => values.fmt(f)?,
            (None, _) => writeln!(f, "loss {:.4}", self.test_loss)?,
        }
        if let Quality::Classes(quality) = &self.quality {
            write_classes(f, quality)?;
        }
        if let Some(note) = self.note {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TestValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let r2 = |r2: Option<f64>| r2.map_or_else(|| "-".into(), |r2| format!("{r2:.4}"));
        let [rmse, mae, mean] = [self.test_rmse, self.test_mae, self.test_rmse_of_mean].map(significant);
        writeln!(f, "RMSE {rmse} (answering the mean: {mean}), MAE {mae}, R2 {}", r2(self.test_r2))?;
        if !self.per_target.is_empty() {
            let mut rows = vec![["target", "RMSE", "of the mean", "MAE", "R2"].map(String::from).to_vec()];
            rows.extend(self.per_target.iter().map(|target| {
                let [rmse, mean, mae] = [target.rmse, target.rmse_of_mean, target.mae].map(significant);
                vec![target.target.clone(), rmse, mean, mae, r2(target.r2)]
            }));
            write!(f, "\n{}", aligned(&rows, terminal::output_width()))?;
        }
        Ok(())
    }
}

fn write_classes(f: &mut fmt::Formatter<'_>, quality: &ClassificationQuality) -> fmt::Result {
    write!(f, "balanced accuracy {:.2} %", quality.balanced_accuracy)?;
    if let (Some(loss), Some(calibration)) = (quality.log_loss, quality.calibration_error) {
        write!(f, ", log loss {loss:.4}, calibration error {calibration:.2} %")?;
    }
    let shown = quality.worst_classes(MOST_CLASSES);
    let is_cut = shown.len() < quality.per_class.len();
    let share = |share: Option<f64>| share.map_or_else(|| "-".into(), |share| format!("{share:.2}"));
    let mut rows = vec![["class", "precision", "recall", "F1", "rows"].map(String::from).to_vec()];
    rows.extend(shown.iter().map(|class| {
        let name = excerpt(&class.class);
        vec![name, share(class.precision), share(class.recall), share(class.f1), class.support.to_string()]
    }));
    write!(f, "\n\n{}", aligned(&rows, terminal::output_width()))?;
    if is_cut {
        writeln!(f, "the {MOST_CLASSES} classes with the lowest F1 of {}; --json has all", quality.per_class.len())?;
    }
    write_confusions(f, quality)
}

/// The classes that are most often taken for another.
fn write_confusions(f: &mut fmt::Formatter<'_>, quality: &ClassificationQuality) -> fmt::Result {
    let name = |class: usize| excerpt(&quality.per_class[class].class);
    let shown: Vec<String> = quality
        .confusions(MOST_CONFUSIONS)
        .iter()
        .map(|Confusion { rows, truth, answer }| format!("  {} as {}: {rows}", name(*truth), name(*answer)))
        .collect();
    match shown.is_empty() {
        true => Ok(()),
        false => writeln!(f, "\nmost often taken for another class, in rows:\n{}", shown.join("\n")),
    }
}
