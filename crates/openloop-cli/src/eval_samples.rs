//! `openloop eval` on samples that are no table: NumPy and IDX files, folders of images.

use crate::arguments::EvalArguments;

use crate::failure::Failure;
use crate::say::say;
use crate::tested::{Tested, named};
use openloop::data::{self, DataRequest, DataSet, SplitKind, TableRequest, Task};
use openloop::kernels::Fast;
use openloop::learner::Model;
use openloop::settings::SavedSettings;
use std::path::Path;

/// On the test rows if these are the samples that the model was trained on, else on all.
pub fn test(
    request: &EvalArguments,
    name: &str,
    model: &Model,
    kernels: &Fast,
    settings: &SavedSettings,
) -> Result<Tested, Failure> {
    let about = model.about();
    if let Some(data) = own_data(request, name, model, settings)? {
        say!("they are the samples that the model was trained on: its {} test rows are tested", data.test.len());
        return Tested::new(model, kernels, Some(&data.train), data.test);
    }
    let is_test_file = settings.test.as_ref().is_some_and(|test| test.display().to_string() == name);
    let of_test = settings.test_labels.as_deref().filter(|_| is_test_file);
    let labels = request.labels.as_deref().or(of_test);
    let table = named(about.table(model.preprocessing()), &request.classes)?;
    let rows = data::load_samples_for(Path::new(name), labels, about.shape(), &table)?;
    say!("{name}: {}", rows.understood);
    if name == about.data {
        say!("they are not those that the model was trained on, or not in that order");
    }
    Tested::new(model, kernels, None, rows.all)
}

/// The data that the model was trained on, if these are they to the bit.
fn own_data(
    request: &EvalArguments,
    name: &str,
    model: &Model,
    settings: &SavedSettings,
) -> Result<Option<DataSet>, Failure> {
    let about = model.about();
    if name != about.data || request.labels.is_some() || about.fingerprint == 0 {
        return Ok(None);
    }
    let task = if about.classes.is_empty() { Task::Regression } else { Task::Classes };
    let data = data::load(&DataRequest {
        name,
        table: TableRequest { task, ..TableRequest::default() },
        labels: settings.labels.as_deref(),
        split: Some(settings.split).filter(|split| *split != SplitKind::Random),
        split_seed: Some(settings.split_seed).filter(|seed| *seed != 0),
        shape: Some(about.shape()),
        ..DataRequest::default()
    })?;
    let data = match settings.validation {
        0.0 => data,
        share => data.with_validation(share, settings.split_seed),
    };
    Ok(Some(data).filter(|data| data.fingerprint() == about.fingerprint && data.classes == about.classes))
}
