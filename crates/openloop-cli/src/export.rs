//! `openloop export`: a trained network for a device.

use crate::arguments::ExportArguments;
use crate::failure::Failure;
use crate::say::say;
use crate::train::bytes;
use openloop::data::printable;
use openloop::files::blob::DeviceRates;
use openloop::files::{self, export};
use std::io::Write;
use std::process::ExitCode;

/// Writes the file and says what is in it.
pub fn export(request: &ExportArguments) -> Result<ExitCode, Failure> {
    let checkpoint = files::load(&request.model)?;
    let rates = DeviceRates { output: request.lr, hidden: request.hidden_lr.or(request.lr) };
    let written = export::export(&checkpoint, request.to, rates, &request.file)?;
    let (settings, file) = (&checkpoint.settings, request.file.display());
    let outputs = outputs(&checkpoint.about.classes);
    let origin = &checkpoint.preprocessing.origin;
    let exact = (0..origin.len()).filter(|k| origin[*k] != 0.0).map(|k| match &checkpoint.about.columns {
        Some(columns) => columns.features[k].clone(),
        None => (k + 1).to_string(),
    });
    for column in exact {
        say!(
            "note: f32 has no room for what tells values of \"{column}\" apart; on the device subtract a constant from it \
             before it becomes f32, and train on the same difference"
        );
    }
    writeln!(std::io::stdout(), "{} {}: {} in {file}{outputs}", settings.rule, settings.net, bytes(written))?;
    Ok(ExitCode::SUCCESS)
}

/// Which output stands for which class, where that is not plain: a blob keeps no names.
fn outputs(classes: &[String]) -> String {
    match classes.iter().enumerate().all(|(output, name)| *name == output.to_string()) {
        true => String::new(),
        false => format!("; its outputs are {}", printable(&classes.join(", "))),
    }
}
