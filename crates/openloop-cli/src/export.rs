//! `openloop export`: a trained network for a device or another runtime.

use crate::arguments::ExportArguments;
use crate::failure::Failure;
use crate::say::{self, one_line, say};
use crate::train::bytes;
use openloop::data::{Columns, printable};
use openloop::files::blob::DeviceRates;
use openloop::files::export::ExportFormat;
use openloop::files::{self, Checkpoint, Output, OutputKind, UsedPath, export, onnx};
use std::process::ExitCode;

/// Writes the file and says what is in it.
pub fn export(request: &ExportArguments) -> Result<ExitCode, Failure> {
    if request.to == ExportFormat::Onnx && (request.lr.is_some() || request.hidden_lr.is_some()) {
        return Err(Failure::request(
            "--lr and --hidden-lr are for a device, and an ONNX model does not learn; leave them out",
        ));
    }
    let checkpoint = files::load(&request.model)?;
    let used = [UsedPath::new("the model", files::model_file(&request.model))];
    let output = Output::open(&request.file, OutputKind::Export, &used)?;
    let rates = DeviceRates { output: request.lr, hidden: request.hidden_lr.or(request.lr) };
    let written = export::export(&checkpoint, request.to, rates, &output)?;
    let (settings, file) = (&checkpoint.settings, output.path().display());
    let named = match request.to {
        ExportFormat::Onnx => format!("; opset {}", onnx::OPSET),
        ExportFormat::Device | ExportFormat::C => {
            say_what_f32_has_no_room_for(&checkpoint);
            say_what_units_outputs_have(&checkpoint);
            outputs(&checkpoint.about.classes)
        }
        ExportFormat::CSource => {
            say_what_f32_has_no_room_for(&checkpoint);
            outputs(&checkpoint.about.classes)
        }
    };
    let said = format!("{} {}: {} in {file}{named}", settings.rule, settings.net, bytes(written));
    match output.is_standard() {
        true => say!("{said}"),
        false => say::print(&format!("{said}\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which features have an origin, which is lost.
fn say_what_f32_has_no_room_for(checkpoint: &Checkpoint<'_>) {
    let origin = &checkpoint.preprocessing.origin;
    let names = checkpoint.about.columns.as_ref().map(Columns::input_names);
    let exact = (0..origin.len()).filter(|k| origin[*k] != 0.0).map(|k| match &names {
        Some(names) => printable(&names[k]).into_owned(),
        None => (k + 1).to_string(),
    });
    for column in exact {
        say!(
            "note: f32 has no room for what tells values of \"{column}\" apart; on the device subtract a constant from it \
             before it becomes f32, and train on the same difference"
        );
    }
}

/// Says what units the targets have, for which a blob has no room.
fn say_what_units_outputs_have(checkpoint: &Checkpoint<'_>) {
    for (k, name) in checkpoint.about.units.iter().flat_map(|units| units.names.iter().enumerate()) {
        let units = checkpoint.about.units.as_ref().map_or((1.0, 0.0), |units| (units.deviation[k], units.mean[k]));
        let (name, deviation, mean) = (printable(name), units.0, units.1);
        say!(
            "note: output {k} is standardised: \"{name}\" = output x {deviation} + {mean}, and what it is taught must be too: (\"{name}\" - \
             {mean}) / {deviation}"
        );
    }
}

/// Which output stands for which class, where that is not plain: a blob keeps no names.
fn outputs(classes: &[String]) -> String {
    match classes.iter().enumerate().all(|(output, name)| *name == output.to_string()) {
        true => String::new(),
        false => format!("; its outputs are {}", one_line(&classes.join(", "))),
    }
}
