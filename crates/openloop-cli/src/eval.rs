//! `openloop eval`: on the test rows of a network's own data, or on all rows of another table.

use crate::arguments::EvalArguments;
use crate::failure::Failure;
use crate::say::say;
use crate::train::{print_json, say_understood};
use openloop::data::{self, DataError, DataRequest, ModelTable, TableRequest};
use openloop::files;
use openloop::kernels::Fast;
use openloop::learner::{Evaluation, Model};
use openloop::run;
use openloop::settings::Options;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// The result of `openloop eval`. Errors are percentages, absent for a regression.
#[derive(Serialize)]
struct Evaluated<'a> {
    rule: &'a str,
    net: &'a str,
    data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    seed: u64,
    epochs: u32,
    rows: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    train_error: Option<f64>,
    test_error: Option<f64>,
    test_loss: f64,
    parameters: usize,
}

/// What was tested.
struct Tested {
    train: Option<Evaluation>,
    test: Evaluation,
    note: Option<String>,
}

/// Tests a trained network.
pub fn eval(request: &EvalArguments) -> Result<ExitCode, Failure> {
    let checkpoint = files::load(&request.model)?;
    let (settings, epochs) = (checkpoint.settings.clone(), checkpoint.progress.epoch);
    let model = checkpoint.into_model()?;
    let about = model.about();
    let kernels = run::kernels(&Options { threads: request.threads, ..Options::default() })?;
    let name = request.data.as_deref().unwrap_or(&about.data);
    if name.is_empty() {
        return Err(Failure::request("a device blob does not know its data; name it with --data"));
    }
    let is_listed = data::catalogue().iter().any(|entry| entry.name == name);
    let tested = match data::is_csv(name) || (about.columns.is_some() && !is_listed) {
        true => on_table(request, name, &model, &kernels, settings.split_seed)?,
        false => on_data_set(request, name, &model, &kernels)?,
    };
    if tested.test.samples == 0 {
        return Err(Failure::run(format!("{name}: expected rows to test on, found none")));
    }
    let classes = !about.classes.is_empty();
    let result = Evaluated {
        rule: settings.rule.name(),
        net: &settings.net.to_string(),
        data: name,
        note: tested.note.as_deref(),
        seed: settings.seed,
        epochs,
        rows: tested.test.samples,
        train_error: tested.train.filter(|_| classes).map(|train| train.error()),
        test_error: classes.then(|| tested.test.error()),
        test_loss: tested.test.mean_loss(),
        parameters: model.parameter_count(),
    };
    if request.json {
        print_json(&result)?
    } else {
        print_evaluated(&result)?
    }
    Ok(ExitCode::SUCCESS)
}

/// On the test rows if the table is the one that the model was trained on, byte by byte in what was read from it, else on all rows.
fn on_table(
    request: &EvalArguments,
    name: &str,
    model: &Model,
    kernels: &Fast,
    split_seed: u64,
) -> Result<Tested, Failure> {
    let about = model.about();
    if about.classes.is_empty() {
        return Err(Failure::request(format!(
            "{name}: the model gives values and not classes, so a table cannot test it"
        )));
    }
    let own = about.table(model.preprocessing());
    let table = named(own, &request.classes)?;
    let rows = data::load_csv_for(Path::new(name), &request.table.request(), &table).map_err(failure)?;
    say_understood(name, &rows.summary);
    let [train, test] = rows.parts(split_seed);
    if about.fingerprint != 0 && data::fingerprint([&train, &test]) == about.fingerprint {
        say!("it is the table that the model was trained on: its {} test rows are tested", test.len());
        let (train, test) = (model.evaluate(kernels, &train)?, model.evaluate(kernels, &test)?);
        return Ok(Tested { train: Some(train), test, note: None });
    }
    let why = match () {
        () if about.is_unnamed() => "; a device's blob does not know which it learned from",
        () if name == about.data => "; they are not those that the model was trained on, or not in that order",
        () => "",
    };
    say!("all {} rows are tested{why}", rows.all.len());
    Ok(Tested { train: None, test: model.evaluate(kernels, &rows.all)?, note: None })
}

/// A table with another number of columns is the wrong one to ask for.
fn failure(error: DataError) -> Failure {
    if matches!(error, DataError::OtherColumns { .. }) { Failure::request(error) } else { error.into() }
}

/// The model with the names that the user gave to classes without names.
fn named<'a>(own: ModelTable<'a>, names: &'a [String]) -> Result<ModelTable<'a>, Failure> {
    if names.is_empty() {
        return Ok(own);
    }
    if own.are_named {
        return Err(Failure::request("--classes: the model knows the names of its classes; leave the option out"));
    }
    if names.len() != own.classes.len() {
        let (found, outputs) = (names.len(), own.classes.len());
        return Err(Failure::request(format!("--classes: {found} names for {outputs} outputs; give one for each")));
    }
    Ok(ModelTable { classes: names, are_named: true, ..own })
}

/// On the test rows of a data set by name.
fn on_data_set(request: &EvalArguments, name: &str, model: &Model, kernels: &Fast) -> Result<Tested, Failure> {
    let about = model.about();
    let table = TableRequest { label: request.table.label.as_deref(), ..TableRequest::default() };
    let folder = request.data_dir.as_deref();
    let data = data::load(&DataRequest { name, folder, table, ..DataRequest::default() })?;
    if data.shape.size() != about.features() || data.outputs != about.outputs {
        return Err(Failure::request(format!(
            "{} has {} features and {} outputs, but the model takes {} and gives {}",
            name,
            data.shape.size(),
            data.outputs,
            about.features(),
            about.outputs
        )));
    }
    let (train, test) = (model.evaluate(kernels, &data.train)?, model.evaluate(kernels, &data.test)?);
    Ok(Tested { train: Some(train), test, note: data.note })
}

fn print_evaluated(result: &Evaluated<'_>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{} {} on {}, {} rows, after {} epochs",
        result.rule, result.net, result.data, result.rows, result.epochs
    )?;
    match result.test_error {
        Some(error) => writeln!(out, "error {error:.2} %, loss {:.4}", result.test_loss)?,
        None => writeln!(out, "loss {:.4}", result.test_loss)?,
    }
    if let Some(note) = result.note {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}
