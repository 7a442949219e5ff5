//! `openloop predict`: CSV rows in, label and probabilities out, one row at a time.

use crate::arguments::PredictArguments;
use crate::failure::Failure;
use openloop::data::{DataFile, ExpectedColumns, read_rows};
use openloop::files;
use openloop::learner::Model;
use openloop::run;
use openloop::settings::Options;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Labels every row; a closed pipe ends the work quietly.
pub fn predict(request: &PredictArguments) -> Result<ExitCode, Failure> {
    let model = files::load(&request.model)?.into_model()?;
    let kernels = run::kernels(&Options { threads: Some(1), ..Options::default() })?;
    let source = if request.rows == Path::new("-") {
        DataFile::new(Path::new("standard input"), io::stdin())
            .map_err(|error| Failure::run(format!("standard input: {error}")))?
    } else {
        DataFile::open(&request.rows)?
    };
    let mut out = csv::Writer::from_writer(io::stdout().lock());
    label_rows(&model, &kernels, source, &mut out)?;
    Ok(ExitCode::SUCCESS)
}

fn label_rows<W: Write>(
    model: &Model,
    kernels: &openloop::kernels::Fast,
    source: DataFile,
    out: &mut csv::Writer<W>,
) -> Result<(), Failure> {
    let about = model.about();
    let expected = match &about.columns {
        Some(columns) => ExpectedColumns::Columns(columns),
        None => ExpectedColumns::Count(about.features()),
    };
    let names: Vec<String> = if about.classes.is_empty() {
        (0..about.outputs).map(|k| format!("output_{k}")).collect()
    } else {
        std::iter::once("label".into()).chain(about.classes.iter().map(|class| format!("p_{class}"))).collect()
    };
    out.write_record(&names).map_err(io::Error::from)?;
    for row in read_rows(source, expected) {
        let (_, features) = row?;
        let y = model.predict(kernels, &features)?;
        let label = openloop::core::loss::largest(&y);
        let label = about.classes.get(label).cloned();
        out.write_record(label.into_iter().chain(y.iter().map(|y| format!("{y:.6}")))).map_err(io::Error::from)?;
        out.flush()?;
    }
    out.flush()?;
    Ok(())
}
