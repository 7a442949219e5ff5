//! The report of one model, by `train --report` and `eval --report`.

use crate::failure::Failure;
use crate::report;
use openloop::data::Split;
use openloop::kernels::Fast;
use openloop::learner::Model;
use openloop::learner::quality::{ClassificationQuality, Examination, RegressionQuality};
use openloop::report::ModelReport;
use openloop::run::metrics::EpochReport;

/// A model with what it is tested on.
pub struct ReportedModel<'r> {
    /// The model.
    pub model: &'r Model,
    /// The threads.
    pub kernels: &'r Fast,
    /// The rows that it is tested on.
    pub rows: &'r Split,
    /// Every epoch of its training that is known.
    pub curve: &'r [EpochReport],
}

impl ReportedModel<'_> {
    /// The page.
    ///
    /// # Errors
    /// Rows that are not the model's.
    pub fn page(&self, rule: &str, data: &str, note: Option<&str>) -> Result<String, Failure> {
        let ReportedModel { model, kernels, rows, curve } = *self;
        let about = model.about();
        let classes = ClassificationQuality::of_rows(model, kernels, rows)?;
        let values = match about.units {
            Some(_) => Some(RegressionQuality::of_rows(model, kernels, rows)?),
            None => None,
        };
        let tested = model.evaluate(kernels, rows)?;
        let page = ModelReport {
            title: format!("{rule} on {data}"),
            lead: format!(
                "{} parameters, {} inputs, {}; tested on {} rows.",
                model.parameter_count(),
                about.features(),
                if about.classes.is_empty() {
                    format!("{} targets", about.outputs)
                } else {
                    format!("{} classes", about.outputs)
                },
                rows.len()
            ),
            note,
            command: report::command(),
            curve,
            rows: rows.len(),
            error: classes.is_some().then(|| tested.error()),
            classes: classes.as_ref(),
            values: values.as_ref(),
            examination: &Examination::of_rows(model, kernels, rows)?,
            shape: about.shape(),
            features: about
                .columns
                .as_ref()
                .map_or_else(|| numbered(about.features()), |columns| columns.input_names()),
        };
        Ok(page.html())
    }
}

fn numbered(features: usize) -> Vec<String> {
    (1..=features).map(|k| k.to_string()).collect()
}
