//! `openloop export`: a trained network for a device.

use crate::arguments::ExportArguments;
use crate::failure::Failure;
use crate::say::say;
use crate::train::bytes;
use openloop::files::blob::DeviceRates;
use openloop::files::{self, Output, OutputKind, UsedPath, export};
use std::io::Write;
use std::process::ExitCode;

/// Writes the file and says what is in it.
pub fn export(request: &ExportArguments) -> Result<ExitCode, Failure> {
    let checkpoint = files::load(&request.model)?;
    let used = [UsedPath::new("the model", files::model_file(&request.model))];
    let output = Output::open(&request.file, OutputKind::Export, &used)?;
    let rates = DeviceRates { output: request.lr, hidden: request.hidden_lr.or(request.lr) };
    let written = export::export(&checkpoint, request.to, rates, &output)?;
    let (settings, file) = (&checkpoint.settings, output.path().display());
    let outputs = outputs(&checkpoint.about.classes);
    let said = format!("{} {}: {} in {file}{outputs}", settings.rule, settings.net, bytes(written));
    match output.is_standard() {
        true => say!("{said}"),
        false => writeln!(std::io::stdout(), "{said}")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Which output stands for which class, where that is not plain: a blob keeps no names.
fn outputs(classes: &[String]) -> String {
    match classes.iter().enumerate().all(|(output, name)| *name == output.to_string()) {
        true => String::new(),
        false => format!("; its outputs are {}", classes.join(", ")),
    }
}
