//! `openloop predict`: CSV rows in, label and probabilities out, one row at a time, or one window of rows.

use crate::arguments::PredictArguments;
use crate::failure::Failure;
use crate::say::{say, standard_output};
use openloop::data::{
    self, BadRow, DataError, ExpectedColumns, MissingFeatures, Moment, Table, TableRequest, WindowBuffer,
};
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
        let is_windowed = model.about().columns.as_ref().is_some_and(|columns| columns.windows().is_some());
        table.summary().hints().iter().filter(|_| is_windowed).for_each(|hint| say!("note: {hint}"));
        label_rows(&model, &kernels, table, request.on_bad_row, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn open(request: &PredictArguments, model: &Model) -> Result<Option<Table>, DataError> {
    let about = model.about();
    let means = about.table(model.preprocessing()).row_means();
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

/// The names of what is written for a row, or for a window with the number of its last row.
fn header(about: &DataDescription) -> Vec<String> {
    let is_windowed = about.columns.as_ref().is_some_and(|columns| columns.windows().is_some());
    let row = is_windowed.then(|| "row".to_string()).into_iter();
    match &about.units {
        Some(units) => return row.chain(units.names.clone()).collect(),
        None if about.classes.is_empty() => {
            return row.chain((0..about.outputs).map(|k| format!("output_{k}"))).collect();
        }
        None => {}
    }
    row.chain(["label".into()]).chain(about.classes.iter().map(|class| format!("p_{class}"))).collect()
}

fn label_rows<W: Write>(
    model: &Model,
    kernels: &Fast,
    mut table: Table,
    on_bad_row: OnBadRow,
    out: &mut csv::Writer<W>,
) -> Result<(), Failure> {
    let mut samples = Samples::of(model, &table);
    while table.advance()? {
        let is_sample = match samples.take(&mut table) {
            Ok(is_sample) => is_sample,
            Err(bad) if on_bad_row == OnBadRow::Skip => {
                say!("{}, {bad}; skipped", table.path().display());
                samples.interrupt();
                continue;
            }
            Err(bad) => {
                out.flush()?;
                return Err(bad.into_error(table.path()).into());
            }
        };
        while let Some(news) = table.take_news() {
            say!("{}: {news}", table.path().display());
        }
        if is_sample {
            let answer = answer(model, kernels, &samples.features)?;
            out.write_record(samples.row_number().into_iter().chain(answer)).map_err(io_error)?;
            samples.count += 1;
        }
        if !table.has_buffered_row() {
            out.flush()?;
        }
    }
    samples.say_if_none(&table);
    Ok(())
}

/// The samples of a table: its rows, or windows of them.
struct Samples {
    /// Of the last sample.
    features: Vec<f64>,
    moment: Vec<f64>,
    windows: Option<(WindowBuffer, usize)>,
    /// Rows so far.
    rows: u64,
    /// Samples so far.
    count: u64,
}

impl Samples {
    fn of(model: &Model, table: &Table) -> Self {
        let windows = model.about().columns.as_ref().and_then(|columns| columns.windows());
        let channels = table.layout().columns.inputs();
        let windows = windows.map(|windows| (WindowBuffer::new(windows, channels), windows.moments));
        Samples { features: Vec::new(), moment: Vec::new(), windows, rows: 0, count: 0 }
    }

    /// Takes the current row; true if it is a sample, or the last row of a window.
    fn take(&mut self, table: &mut Table) -> Result<bool, BadRow> {
        self.rows += 1;
        self.features.clear();
        let Some((buffer, _)) = &mut self.windows else {
            table.features(&mut self.features)?;
            return Ok(true);
        };
        self.moment.clear();
        table.features(&mut self.moment)?;
        let (group, time) = (table.group()?, table.time()?);
        let is_window = buffer.push(Moment { channels: &self.moment, group, time, label: "" });
        if is_window {
            buffer.append(&mut self.features);
        }
        Ok(is_window)
    }

    /// A row cannot be used.
    fn interrupt(&mut self) {
        if let Some((buffer, _)) = &mut self.windows {
            buffer.interrupt();
        }
    }

    /// The number of a window's last row, counted from 1.
    fn row_number(&self) -> Option<String> {
        self.windows.as_ref().map(|_| self.rows.to_string())
    }

    /// Says why there are no answers, if there are none for some rows.
    fn say_if_none(&self, table: &Table) {
        if let (Some((_, moments)), 0) = (&self.windows, self.count) {
            let (path, rows) = (table.path().display(), self.rows);
            say!(
                "{path}: {rows} rows make no window of {moments} rows of one recording, so there is nothing to answer"
            );
        }
    }
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
