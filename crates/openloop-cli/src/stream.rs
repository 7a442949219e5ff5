//! `openloop stream`.
//!
//! Predictions are CSV on standard output, `row,label,confidence`, `row` and the values of the targets, or without labels
//! `row,score,threshold,flagged`, as they are made: unless `--json` puts its object there, or
//! standard output is a terminal, which shows how the stream goes instead. `--predictions FILE` sends them elsewhere, `-` to
//! standard output whatever it is. All else goes to standard error.

use crate::answers::Answers;
use crate::arguments::StreamArguments;
use crate::dashboard::{Dashboard, print_summary};
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::report::{self, Destination};
use crate::say::say;
use crate::train::{print_json, stop_on_interrupt};
use openloop::files::{self, Output, OutputKind, UsedPath};
use openloop::kernels::Fast;
use openloop::stream::{
    Answer, AnswerColumns, Predictions, Prequential, Row, SourceDescription, StreamEnd, StreamObserver, StreamRun,
};
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

/// Bad rows that are reported one by one.
pub const MAX_REPORTED_BAD_ROWS: u64 = 10;

/// Runs the stream, shows it, and prints the result.
pub fn stream(request: StreamArguments) -> Result<ExitCode, Failure> {
    let mut used = request.options.used_paths();
    let model = request.options.model.as_deref();
    used.extend(model.map(|path| UsedPath::new("the model", files::model_file(path))));
    let output = predictions_output(&request, &used)?;
    let predictions = request.predictions.iter().filter(|path| *path != Path::new("-"));
    used.extend(predictions.map(|path| UsedPath::new("the predictions", path)));
    let StreamArguments { options, report, json, metrics, .. } = request;
    let destination = Destination::open(report.as_deref(), &used, json)?;
    let metrics = metrics.map(Metrics::listen).transpose()?;
    let kernels = Fast::new(1).map_err(|error| Failure::run(format!("cannot start a thread: {error}")))?;
    let mut run = StreamRun::open(&options, kernels)?;
    let columns = run.stream().map_or_else(AnswerColumns::default, |stream| AnswerColumns::of(stream.target()));
    let out = output.map(|output| Predictions::open(output, run.answers_start(), columns)).transpose()?;
    let on_terminal = out.as_ref().is_some_and(Predictions::is_standard) && io::stdout().is_terminal();
    let SourceDescription { name, rows, .. } = run.description();
    let dashboard = Dashboard::new(name.clone(), *rows, !on_terminal);
    let mut shown = StreamOutput { answers: Answers::new(out), dashboard, metrics, bad: 0 };
    let stop = stop_on_interrupt();
    let ended = run.run(&mut shown, &stop);
    shown.dashboard.end(matches!(ended, Ok(StreamEnd::Stopped)));
    if shown.bad > MAX_REPORTED_BAD_ROWS {
        say!("{} rows more could not be used", shown.bad - MAX_REPORTED_BAD_ROWS);
    }
    // a stream that failed on its way still has something to show
    let saved = options.model.as_deref().filter(|_| run.is_saved());
    let Some(summary) = run.summary() else {
        return ended.map_err(Failure::from).map(|_| stopped(saved));
    };
    if let Some(destination) = &destination {
        destination.write_page(&openloop::report::stream_page(&summary, &report::command()))?;
    }
    if !json {
        print_summary(&summary, saved);
    } else if !matches!(&ended, Err(error) if error.is_closed_pipe()) {
        print_json(&summary)?;
    }
    Ok(if ended? == StreamEnd::Stopped { stopped(saved) } else { ExitCode::SUCCESS })
}

pub fn stopped(model: Option<&Path>) -> ExitCode {
    match model {
        Some(path) => say!("stopped; go on with the same command, from {}", path.display()),
        None => say!("stopped; nothing is kept without --model FILE"),
    }
    ExitCode::from(130)
}

/// Where predictions go, if anywhere.
pub fn predictions_output(request: &StreamArguments, used: &[UsedPath]) -> Result<Option<Output>, Failure> {
    let (json, standard) = (request.json, Path::new("-"));
    let report_there = request.report.as_deref() == Some(standard);
    let is_live = request.options.data() == "-" || request.options.is_from_broker();
    let path = match request.predictions.as_deref() {
        Some(path) if path == standard && json => {
            return Err(Failure::request("--predictions -: standard output is for the JSON object; name a file"));
        }
        Some(path) if path == standard && report_there => {
            return Err(Failure::request("--predictions -: standard output is for the report; name a file"));
        }
        Some(path) => path,
        None if json || report_there || (io::stdout().is_terminal() && !is_live) => return Ok(None),
        None => standard,
    };
    Output::open(path, OutputKind::Predictions, used).map(Some).map_err(Failure::opening)
}

/// Writes predictions and shows how it goes.
struct StreamOutput {
    answers: Answers,
    dashboard: Dashboard,
    metrics: Option<Metrics>,
    bad: u64,
}

impl StreamObserver for StreamOutput {
    fn on_prediction(&mut self, row: &Row, answer: Answer<'_>) -> io::Result<()> {
        if let Answer::Class { confidence, .. } = answer {
            self.dashboard.confidence(confidence);
        }
        self.answers.add(|out| out.add(row.number, answer))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.answers.flush()
    }

    fn sync(&mut self) -> io::Result<()> {
        self.answers.sync()
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
        self.answers.start(AnswerColumns::of(stream.target()));
        self.dashboard.begin(stream);
        self.metrics.iter().for_each(|metrics| metrics.leave(stream));
    }

    fn on_progress(&mut self, stream: &Prequential) {
        self.dashboard.look(stream);
        self.metrics.iter().for_each(|metrics| metrics.leave(stream));
    }
}
