//! `openloop eval`: on the test rows of a network's own data, or on all rows of another table.

use crate::arguments::EvalArguments;
use crate::eval_samples as samples;
use crate::evaluated::Evaluated;
use crate::failure::Failure;
use crate::model_report::ReportedModel;
use crate::report::{self, Destination};
use crate::say::say;
use crate::tested::{Tested, named};
use crate::train::{print_json, say_understood};
use openloop::data::{self, DataError, DataRequest, Split, TableRequest, TableRows};
use openloop::files::{self, Checkpoint, UsedPath};
use openloop::kernels::Fast;
use openloop::learner::Model;
use openloop::run::{self, metrics::EpochReport};
use openloop::settings::{Options, SavedSettings};
use std::path::Path;
use std::process::ExitCode;

/// Tests a trained network.
pub fn eval(request: &EvalArguments) -> Result<ExitCode, Failure> {
    let checkpoint = files::load(&request.model)?;
    let (settings, epochs) = (checkpoint.settings.clone(), checkpoint.progress.epoch);
    let curve = epoch_reports(&checkpoint);
    let model = checkpoint.into_model()?;
    let about = model.about();
    let kernels = run::kernels(&Options { threads: request.threads, ..Options::default() })?;
    let test = settings.test.as_ref().map(|test| test.display().to_string());
    let name = data::as_listed(request.data.as_deref().or(test.as_deref()).unwrap_or(&about.data));
    if name.is_empty() {
        return Err(Failure::request("a device blob does not know its data; name it with --data"));
    }
    let is_listed = data::catalogue().iter().any(|entry| entry.name == name);
    let mut used = UsedPath::data(name, request.data_dir.as_deref());
    used.push(UsedPath::new("the model", &request.model));
    let destination = Destination::open(request.report.as_deref(), &used, request.json)?;
    let tested = if data::is_csv(name) || (about.columns.is_some() && !is_listed) {
        on_table(request, name, &model, &kernels, &settings)?
    } else if !is_listed && data::are_samples(name) {
        samples::test(request, name, &model, &kernels, &settings)?
    } else {
        on_data_set(request, name, &model, &kernels)?
    };
    if tested.test.samples == 0 {
        return Err(Failure::run(format!("{name}: expected rows to test on, found none")));
    }
    let classes = !about.classes.is_empty();
    let Tested { train, test, quality, note, rows } = tested;
    if let Some(destination) = &destination {
        let reported = ReportedModel { model: &model, kernels: &kernels, rows: &rows, curve: &curve };
        destination.write_page(&reported.page(settings.rule.name(), name, note.as_deref())?)?;
    }
    let result = Evaluated {
        rule: settings.rule.name(),
        net: &settings.net.to_string(),
        data: name,
        note: note.as_deref(),
        seed: settings.seed,
        epochs,
        rows: test.samples,
        train_error: train.filter(|_| classes).map(|train| train.error()),
        test_error: classes.then(|| test.error()),
        test_loss: test.mean_loss(),
        parameters: model.parameter_count(),
        quality,
    };
    match request.json {
        true => print_json(&result)?,
        false => report::print_text_beside(destination.as_ref(), &result.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The epochs of the run that made a model, as far as its checkpoint knows them.
fn epoch_reports(checkpoint: &Checkpoint<'_>) -> Vec<EpochReport> {
    let report = |(number, epoch)| EpochReport::new(number, epoch, &checkpoint.about, checkpoint.settings.lr, None);
    (1..).zip(&checkpoint.progress.history).map(report).collect()
}

/// On the test rows if the table is the one that the model was trained on, byte by byte in what was read from it, else on all rows.
fn on_table(
    request: &EvalArguments,
    name: &str,
    model: &Model,
    kernels: &Fast,
    settings: &SavedSettings,
) -> Result<Tested, Failure> {
    let about = model.about();
    if about.classes.is_empty() && about.units.is_none() {
        return Err(Failure::request(format!(
            "{name}: the model gives values whose names and units it does not know, so a table cannot test it"
        )));
    }
    if about.predicts_inputs() {
        return Err(Failure::request(format!(
            "{name}: the model predicts the rows themselves, so no label can test it; openloop stream --task anomaly scores rows, and              judges the scores with --label and --normal"
        )));
    }
    let own = about.table(model.preprocessing());
    let table = named(own, &request.classes)?;
    let rows = data::load_csv_for(Path::new(name), &request.table.request(), &table).map_err(failure)?;
    say_understood(name, &rows.summary);
    let [train, test] = rows.parts(settings.split_choice());
    let (train, validation) = put_away(train, settings, &rows);
    let parts = [Some(&train), validation.as_ref(), Some(&test)];
    if about.fingerprint != 0 && data::fingerprint(parts.into_iter().flatten()) == about.fingerprint {
        say!("it is the table that the model was trained on: its {} test rows are tested", test.len());
        return Tested::new(model, kernels, Some(&train), test);
    }
    let is_test_file = settings.test.as_ref().is_some_and(|test| test.display().to_string() == name);
    let why = match () {
        () if is_test_file => ", those that the model was tested on after its training",
        () if about.is_unnamed() => "; a device's blob does not know which it learned from",
        () if name == about.data => "; they are not those that the model was trained on, or not in that order",
        () => "",
    };
    say!("all {} rows are tested{why}", rows.all.len());
    Tested::new(model, kernels, None, rows.all)
}

/// The training rows without those that the training judged epochs by, and these.
fn put_away(train: Split, settings: &SavedSettings, rows: &TableRows) -> (Split, Option<Split>) {
    if settings.validation == 0.0 {
        return (train, None);
    }
    let [kept, away] = train.divided(settings.validation, settings.split_seed, rows.features, rows.targets);
    (kept, Some(away))
}

/// A table with another number of columns is the wrong one to ask for.
fn failure(error: DataError) -> Failure {
    if matches!(error, DataError::OtherColumns { .. }) { Failure::request(error) } else { error.into() }
}

/// On the test rows of a data set by name.
fn on_data_set(request: &EvalArguments, name: &str, model: &Model, kernels: &Fast) -> Result<Tested, Failure> {
    let about = model.about();
    let table = TableRequest { label: request.table.label.as_deref(), ..TableRequest::default() };
    let (folder, labels) = (request.data_dir.as_deref(), request.labels.as_deref());
    let data = data::load(&DataRequest { name, folder, table, labels, ..DataRequest::default() })?;
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
    Ok(Tested { note: data.note, ..Tested::new(model, kernels, Some(&data.train), data.test)? })
}
