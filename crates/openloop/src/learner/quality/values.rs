//! Figures of a regression, in the unit of its targets.

use crate::data::{Split, Targets};
use crate::kernels::Fast;
use crate::learner::model::Model;
use openloop_core::Error;
use serde::{Deserialize, Serialize};

/// The figures of a regression: their means over the targets, and each target on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegressionQuality {
    /// The mean of the absolute errors.
    pub mae: f64,
    /// The root of the mean squared error.
    pub rmse: f64,
    /// 1 - sum (y - t)^2 / sum (t - mean t)^2: 1 is perfect, 0 is as good as the mean of these rows. None where the targets are all
    /// the same.
    pub r2: Option<f64>,
    /// The root mean squared error of always answering the mean of the training rows.
    pub rmse_of_mean: f64,
    /// Each target on its own; empty where there is only one.
    pub per_target: Vec<ValueQuality>,
}

/// The figures of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueQuality {
    /// The target.
    pub target: String,
    /// As in [`RegressionQuality`].
    pub mae: f64,
    /// As in [`RegressionQuality`].
    pub rmse: f64,
    /// As in [`RegressionQuality`].
    pub r2: Option<f64>,
    /// As in [`RegressionQuality`].
    pub rmse_of_mean: f64,
}

impl RegressionQuality {
    /// The figures of a model whose targets have units, on rows of its targets.
    ///
    /// # Errors
    /// [`Error::LossNeedsLabels`] where the rows have classes or the model has no units; rows that are not the model's.
    pub fn of_rows(model: &Model, kernels: &Fast, rows: &Split) -> Result<Self, Error> {
        let (Targets::Values(truths), Some(units)) = (&rows.targets, &model.about().units) else {
            return Err(Error::LossNeedsLabels);
        };
        let answers = units.restored(&model.answers(kernels, rows)?);
        Ok(Self::of(&answers, &units.restored(truths), &units.names, &units.mean))
    }

    /// The figures of `answers: [rows, targets]` where `truths: [rows, targets]` were right; `means` are those of the training
    /// rows. Of several targets the mean is taken, as scikit-learn does, the root before the mean.
    pub fn of(answers: &[f64], truths: &[f64], names: &[String], means: &[f64]) -> Self {
        let column = |k: usize| target_quality(k, answers, truths, &names[k], means[k], names.len());
        let all: Vec<ValueQuality> = (0..names.len()).map(column).collect();
        let mean = |figure: fn(&ValueQuality) -> f64| all.iter().map(figure).sum::<f64>() / all.len().max(1) as f64;
        let r2 = all.iter().map(|target| target.r2).collect::<Option<Vec<f64>>>();
        RegressionQuality {
            mae: mean(|target| target.mae),
            rmse: mean(|target| target.rmse),
            r2: r2.map(|r2| r2.iter().sum::<f64>() / r2.len().max(1) as f64),
            rmse_of_mean: mean(|target| target.rmse_of_mean),
            per_target: if all.len() > 1 { all } else { Vec::new() },
        }
    }
}

fn target_quality(k: usize, answers: &[f64], truths: &[f64], name: &str, mean: f64, width: usize) -> ValueQuality {
    let column = |values: &[f64]| values.iter().skip(k).step_by(width).copied().collect::<Vec<f64>>();
    let (answers, truths) = (column(answers), column(truths));
    let rows = truths.len().max(1) as f64;
    let own_mean = truths.iter().sum::<f64>() / rows;
    let squares = |distance: &dyn Fn(f64, f64) -> f64| -> f64 {
        answers.iter().zip(&truths).map(|(y, t)| distance(*y, *t).powi(2)).sum()
    };
    let (error, spread) = (squares(&|y, t| y - t), squares(&|_, t| t - own_mean));
    ValueQuality {
        target: name.into(),
        mae: answers.iter().zip(&truths).map(|(y, t)| (y - t).abs()).sum::<f64>() / rows,
        rmse: (error / rows).sqrt(),
        r2: (spread > 0.0).then(|| 1.0 - error / spread),
        rmse_of_mean: (squares(&|_, t| t - mean) / rows).sqrt(),
    }
}
