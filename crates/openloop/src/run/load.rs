//! What a run is made of that its options ask for: the threads and the data.

use super::error::RunError;
use crate::data::{self, DataError, DataRequest, DataSet};
use crate::files::Checkpoint;
use crate::kernels::Fast;
use crate::settings::{ConfigError, Options};
use std::sync::Arc;

/// The threads that `options` ask for.
///
/// # Errors
/// A system that refuses to start them.
pub fn kernels(options: &Options) -> Result<Arc<Fast>, RunError> {
    new_kernels(options).map(Arc::new)
}

/// The same, not yet shared.
///
/// # Errors
/// A system that refuses to start them.
pub fn new_kernels(options: &Options) -> Result<Fast, RunError> {
    let threads = options.threads.unwrap_or(0);
    if threads > 4096 {
        let value = threads.to_string();
        return Err(ConfigError::Range { what: "threads", value, range: "at most 4096" }.into());
    }
    Fast::new(threads).map_err(|error| RunError::Threads { threads, error: error.to_string() })
}

/// The data that `options` ask for.
///
/// # Errors
/// Data that is missing or damaged.
pub fn load(options: &Options) -> Result<Arc<DataSet>, RunError> {
    load_for(options, None)
}

/// The same; the columns and classes of a CSV file are matched with those of `start`.
///
/// # Errors
/// Data that is missing or damaged, or does not fit the start.
pub fn load_for(options: &Options, start: Option<&Checkpoint<'_>>) -> Result<Arc<DataSet>, RunError> {
    let start = start.filter(|start| !start.about.classes.is_empty() || start.about.units.is_some());
    let model = start.map(|start| start.about.table(&start.preprocessing));
    let request = options.data_request();
    // the rows of a table have the shape that the start was made for
    let shape = request.shape.or_else(|| start.filter(|_| data::is_csv(request.name)).map(|start| start.about.shape()));
    let data = data::load(&DataRequest { model, shape, ..request })?;
    Ok(Arc::new(with_validation(data, options)?))
}

/// The same data with the share of the training rows put away that `options` ask for.
///
/// # Errors
/// A share that leaves no row to learn from or to judge by.
pub fn with_validation(data: DataSet, options: &Options) -> Result<DataSet, RunError> {
    let share = options.validation.unwrap_or(0.0);
    let away = f64::from(share) * data.train.len() as f64;
    if share == 0.0 {
        return Ok(data);
    }
    if !(1.0..=data.train.len() as f64 - 1.0).contains(&away.round()) {
        let (rows, value) = (data.train.len(), share.to_string());
        return Err(ConfigError::Validation { value, rows }.into());
    }
    if data.train.parts() < 2 {
        let problem = format!("--validation {share}, but all training rows of {} belong together", data.name);
        return Err(
            DataError::Request { problem, remedy: "add groups or rows, or leave --validation out".into() }.into()
        );
    }
    Ok(data.with_validation(share, options.split_seed.unwrap_or(0)))
}
