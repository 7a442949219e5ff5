//! `openloop predict`: CSV rows in, label and probabilities out, one row at a time.

use crate::arguments::PredictArguments;
use crate::failure::Failure;
use crate::say::{say, standard_output};
use openloop::data::{self, DataError, ExpectedColumns, MissingFeatures, Table, TableRequest};
use openloop::files;
use openloop::kernels::Fast;
use openloop::learner::{DataDescription, Model};
use openloop::run;
use openloop::settings::Options;
use openloop::stream::OnBadRow;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Labels every row; a closed pipe ends the work quietly.
pub fn predict(request: &PredictArguments) -> Result<ExitCode, Failure> {
    let model = files::load(&request.model)?.into_model()?;
    let kernels = run::kernels(&Options { threads: Some(1), ..Options::default() })?;
    let mut out = csv::Writer::from_writer(standard_output());
    if data::are_samples(&request.rows.to_string_lossy()) {
        return label_samples(&model, &kernels, &request.rows, &mut out);
    }
    let table = open(request, &model)?;
    out.write_record(header(model.about())).map_err(io_error)?;
    out.flush()?;
    if let Some(table) = table {
        if table.summary().has_guesses() {
            say!("{}: {}", table.path().display(), table.summary());
        }
        label_rows(&model, &kernels, table, request.on_bad_row, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn open(request: &PredictArguments, model: &Model) -> Result<Option<Table>, DataError> {
    let about = model.about();
    let means = model.preprocessing().means(about.features());
    let is_live = request.rows == Path::new("-");
    let asked = TableRequest {
        expected: match &about.columns {
            Some(columns) => ExpectedColumns::Columns(columns),
            None => ExpectedColumns::Count(about.features()),
        },
        missing: means.as_deref().map_or(MissingFeatures::Refused, MissingFeatures::Mean),
        read_ahead: is_live.then_some(1),
        ..request.table.request()
    };
    match is_live {
        true => Table::read(Path::new("standard input"), io::stdin(), &asked),
        false => Table::open(&request.rows, &asked),
    }
}

/// Labels all samples of a file or folder; those that have names are called by them.
fn label_samples<W: Write>(
    model: &Model,
    kernels: &Fast,
    path: &Path,
    out: &mut csv::Writer<W>,
) -> Result<ExitCode, Failure> {
    let about = model.about();
    let samples = data::load_unlabelled(path, about.shape())?;
    let named = !samples.names.is_empty();
    let head = named.then(|| "file".to_string()).into_iter().chain(header(about));
    out.write_record(head).map_err(io_error)?;
    for (row, features) in samples.features.chunks_exact(about.features()).enumerate() {
        let name = samples.names.get(row).cloned().into_iter();
        out.write_record(name.chain(answer(model, kernels, features)?)).map_err(io_error)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The names of what is written for a row.
fn header(about: &DataDescription) -> Vec<String> {
    match &about.units {
        Some(units) => return units.names.clone(),
        None if about.classes.is_empty() => return (0..about.outputs).map(|k| format!("output_{k}")).collect(),
        None => {}
    }
    std::iter::once("label".into()).chain(about.classes.iter().map(|class| format!("p_{class}"))).collect()
}

fn label_rows<W: Write>(
    model: &Model,
    kernels: &Fast,
    mut table: Table,
    on_bad_row: OnBadRow,
    out: &mut csv::Writer<W>,
) -> Result<(), Failure> {
    let mut features = Vec::new();
    while table.advance()? {
        features.clear();
        match table.features(&mut features) {
            Ok(()) => {}
            Err(bad) if on_bad_row == OnBadRow::Skip => {
                say!("{}, {bad}; skipped", table.path().display());
                continue;
            }
            Err(bad) => {
                out.flush()?;
                return Err(bad.into_error(table.path()).into());
            }
        }
        while let Some(news) = table.take_news() {
            say!("{}: {news}", table.path().display());
        }
        out.write_record(answer(model, kernels, &features)?).map_err(io_error)?;
        if !table.has_buffered_row() {
            out.flush()?;
        }
    }
    Ok(())
}

/// What is written for a row: label and probabilities, or values.
fn answer(model: &Model, kernels: &Fast, features: &[f64]) -> Result<Vec<String>, Failure> {
    if model.about().units.is_some() {
        return Ok(model.values(kernels, features)?.iter().map(|value| value.to_string()).collect());
    }
    let y = model.predict(kernels, features)?;
    let label = model.about().classes.get(openloop::core::loss::largest(&y)).cloned();
    Ok(label.into_iter().chain(y.iter().map(|y| format!("{y:.6}"))).collect())
}

/// What the system said; the conversion of the `csv` library would hide a closed pipe.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
