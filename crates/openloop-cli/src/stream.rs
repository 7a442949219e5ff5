//! `openloop stream`.
//!
//! Predictions are CSV on standard output, `row,label,confidence`, as they are made: unless `--json` puts its object there, or
//! standard output is a terminal, which shows how the stream goes instead. `--predictions FILE` sends them elsewhere, `-` to
//! standard output whatever it is. All else goes to standard error.

use crate::arguments::StreamArguments;
use crate::dashboard::{Dashboard, print_summary};
use crate::failure::Failure;
use crate::report::{self, Destination};
use crate::say::{say, standard_output};
use crate::train::{print_json, stop_on_interrupt};
use openloop::kernels::Fast;
use openloop::settings::{Arithmetic, Settings};
use openloop::stream::{Prequential, Row, StreamEnd, StreamObserver, StreamRun};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bad rows that are reported one by one.
const MAX_REPORTED_BAD_ROWS: u64 = 10;

/// Runs the stream, shows it, and prints the result.
pub fn stream(request: StreamArguments) -> Result<ExitCode, Failure> {
    let StreamArguments { options, predictions, report, json } = request;
    let destination = Destination::open(report)?;
    let kernels = Fast::new(1).map_err(|error| Failure::run(format!("cannot start a thread: {error}")))?;
    let mut run = StreamRun::open(&options, kernels)?;
    let out = open_predictions(predictions, json, run.description().is_live)?;
    let on_terminal = out.is_standard && io::stdout().is_terminal();
    let name = name(run.settings(), &run.description().name);
    let dashboard = Dashboard::new(name, run.description().rows, !on_terminal);
    let mut shown = StreamOutput { out, dashboard, bad: 0 };
    let stop = stop_on_interrupt();
    let ended = run.run(&mut shown, &stop);
    shown.dashboard.end();
    if shown.bad > MAX_REPORTED_BAD_ROWS {
        say!("{} rows more could not be used", shown.bad - MAX_REPORTED_BAD_ROWS);
    }
    // a stream that failed on its way still has something to show
    let Some(summary) = run.summary() else {
        return ended.map_err(Failure::from).map(|_| stopped(options.model.as_deref()));
    };
    if let Some(destination) = &destination {
        destination.write_page(&openloop::report::stream_page(&summary, &report::command()))?;
    }
    if !json {
        print_summary(&summary, options.model.as_deref());
    } else if !matches!(&ended, Err(error) if error.is_closed_pipe()) {
        print_json(&summary)?;
    }
    Ok(if ended? == StreamEnd::Stopped { stopped(options.model.as_deref()) } else { ExitCode::SUCCESS })
}

/// What the stream is called: what learns, and from what.
fn name(settings: &Settings, data: &str) -> String {
    let Settings { rule, net, arithmetic, .. } = settings;
    let arithmetic = match arithmetic {
        Arithmetic::F32 => String::new(),
        Arithmetic::Int8 => format!(" in {arithmetic}"),
    };
    format!("{rule} {net}{arithmetic} on {data}")
}

fn stopped(model: Option<&Path>) -> ExitCode {
    match model {
        Some(path) => say!("stopped; go on with the same command, from {}", path.display()),
        None => say!("stopped; nothing is kept without --model FILE"),
    }
    ExitCode::from(130)
}

/// Where predictions go.
struct Predictions {
    out: Option<BufWriter<Box<dyn Write>>>,
    is_standard: bool,
}

fn open_predictions(given: Option<PathBuf>, json: bool, is_live: bool) -> Result<Predictions, Failure> {
    let to = |out: Box<dyn Write>, is_standard| {
        let mut out = BufWriter::with_capacity(1 << 16, out);
        out.write_all(b"row,label,confidence\n")?;
        Ok(Predictions { out: Some(out), is_standard })
    };
    match given {
        Some(path) if path == Path::new("-") && json => {
            Err(Failure::request("--predictions -: standard output is for the JSON object; name a file"))
        }
        Some(path) if path == Path::new("-") => to(standard_output(), true),
        Some(path) => {
            let file = File::create(&path);
            to(Box::new(file.map_err(|error| Failure::request(format!("{}: {error}", path.display())))?), false)
        }
        None if json || (io::stdout().is_terminal() && !is_live) => Ok(Predictions { out: None, is_standard: false }),
        None => to(standard_output(), true),
    }
}

/// Writes predictions and shows how it goes.
struct StreamOutput {
    out: Predictions,
    dashboard: Dashboard,
    bad: u64,
}

impl StreamObserver for StreamOutput {
    fn on_prediction(&mut self, row: &Row, class: &str, confidence: f32) -> io::Result<()> {
        self.dashboard.confidence(confidence);
        let Some(out) = &mut self.out.out else { return Ok(()) };
        // a class may hold anything
        match class.contains([',', '"', '\n', '\r']) {
            true => writeln!(out, "{},\"{}\",{confidence:.4}", row.number, class.replace('"', "\"\"")),
            false => writeln!(out, "{},{class},{confidence:.4}", row.number),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.out.as_mut().map_or(Ok(()), Write::flush)
    }

    fn on_bad_row(&mut self, row: u64, problem: &str) {
        self.bad += 1;
        if self.bad <= MAX_REPORTED_BAD_ROWS {
            self.dashboard.suspended(|| say!("row {row}: {problem}; skipped"));
        }
    }

    fn on_notice(&mut self, text: &str) {
        self.dashboard.suspended(|| say!("{text}"));
    }

    fn on_start(&mut self, stream: &Prequential) {
        self.dashboard.begin(stream);
    }

    fn on_progress(&mut self, stream: &Prequential) {
        self.dashboard.look(stream);
    }
}
