//! Whether a checkpoint is of the run that is asked for.

use super::error::RunError;
use crate::data::DataSet;
use crate::files::Checkpoint;
use crate::kernels::instructions;
use crate::learner::{DataDescription, TrainingProgress};
use crate::settings::{SavedSettings, Settings};
use std::path::Path;

/// What is to be said where a checkpoint was computed with other instructions than this process uses.
pub(super) fn other_instructions(saved: Option<&str>) -> Option<String> {
    let own = instructions().name();
    let saved = saved.filter(|saved| *saved != own)?;
    Some(format!(
        "the checkpoint was made with the instructions {saved}, and this process uses {own}: batches are rounded otherwise from here \
         on, so the result is not to the bit that of a run on one machine"
    ))
}

/// Refuses to continue a checkpoint with other settings or other data: the result would be neither run.
pub(super) fn same_run(
    folder: &Path,
    checkpoint: &Checkpoint<'_>,
    settings: &Settings,
    data: &DataSet,
    remedy: &'static str,
) -> Result<(), RunError> {
    let differs = |what: &str, saved: String, asked: String| {
        Err(RunError::OtherRun { folder: folder.into(), what: what.into(), saved, asked, remedy })
    };
    let about = DataDescription::of(data);
    let (own, found) = (format!("\"{}\"", checkpoint.about.data), &about.data);
    // the defaults of other data are other settings, which would be named first
    if checkpoint.about.data != *found {
        return differs("data", own, format!("\"{found}\""));
    }
    let fields = |saved: &SavedSettings| serde_json::to_value(saved).expect("settings are names and numbers");
    let (saved, asked) = (fields(&checkpoint.settings), fields(&settings.saved()));
    // a setting may be left out of either where it is the usual one
    let names = [&saved, &asked].into_iter().filter_map(|fields| fields.as_object()).flat_map(|fields| fields.keys());
    if let Some(what) = names.into_iter().find(|what| asked[*what] != saved[*what]) {
        return differs(what, saved[what].to_string(), asked[what].to_string());
    }
    let rows =
        |progress: &TrainingProgress| progress.history.last().map(|epoch| (epoch.train.samples, epoch.test.samples));
    let now = (data.train.len(), data.test.len());
    if *checkpoint.about != about {
        return differs(
            "data",
            format!("\"{}\"", checkpoint.about.data),
            format!("other rows or columns in \"{}\"", about.data),
        );
    }
    match rows(&checkpoint.progress) {
        Some(saved) if saved != now => differs("rows (training, test)", format!("{saved:?}"), format!("{now:?}")),
        _ => Ok(()),
    }
}
