//! `openloop stream --key COLUMN`: a learner for each key. Predictions are CSV, `row,key,label,confidence` or `row,key` and the values, and go
//! where those of a stream go.

use crate::answers::Answers;
use crate::arguments::StreamArguments;
use crate::dashboard::percent;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::say::say;
use crate::stream::{MAX_REPORTED_BAD_ROWS, predictions_output, stopped};
use crate::train::{bytes, print_json, stop_on_interrupt};
use indicatif::{ProgressBar, ProgressStyle};
use openloop::files::UsedPath;
use openloop::kernels::Fast;
use openloop::stream::{
    Answer, AnswerColumns, ErrorFigures, KeySummary, KeyTotals, KeyedObserver, KeyedRun, KeyedSummary, Predictions,
    Row, StreamEnd, shown_error,
};
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Between two lines where there is no terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);
/// Keys that are printed one by one.
const MAX_KEYS: usize = 10;

/// Runs the stream, shows it, and prints the result.
pub fn keyed_stream(request: StreamArguments) -> Result<ExitCode, Failure> {
    if request.report.is_some() {
        return Err(Failure::request(
            "--report shows one network, and --key makes one for each key; take --json, whose per_key has the figures of each",
        ));
    }
    let mut used = request.options.used_paths();
    used.extend(request.options.model.iter().map(|path| UsedPath::new("the models", path)));
    let output = predictions_output(&request, &used)?;
    let StreamArguments { options, json, metrics, .. } = request;
    let metrics = metrics.map(Metrics::listen).transpose()?;
    let kernels = Fast::new(1).map_err(|error| Failure::run(format!("cannot start a thread: {error}")))?;
    let mut run = KeyedRun::open(&options, kernels)?;
    let columns = run.answer_columns().unwrap_or_else(|| AnswerColumns::default().with_key());
    let out = output.map(|output| Predictions::open(output, run.answers_start(), columns)).transpose()?;
    let on_terminal = out.as_ref().is_some_and(Predictions::is_standard) && io::stdout().is_terminal();
    let mut shown = KeyedOutput { answers: Answers::new(out), metrics, line: Line::new(!on_terminal), bad: 0 };
    let stop = stop_on_interrupt();
    let ended = run.run(&mut shown, &stop);
    shown.line.end();
    if shown.bad > MAX_REPORTED_BAD_ROWS {
        say!("{} rows more could not be used", shown.bad - MAX_REPORTED_BAD_ROWS);
    }
    let saved = options.model.as_deref().filter(|_| run.is_saved());
    if !shown.answers.has_started() {
        return ended.map_err(Failure::from).map(|_| stopped(saved));
    }
    let summary = run.summary()?;
    if !json {
        print_summary(&summary, saved);
    } else if !matches!(&ended, Err(error) if error.is_closed_pipe()) {
        print_json(&summary)?;
    }
    Ok(if ended? == StreamEnd::Stopped { stopped(saved) } else { ExitCode::SUCCESS })
}

/// Writes predictions and shows how it goes.
struct KeyedOutput {
    answers: Answers,
    metrics: Option<Metrics>,
    line: Line,
    bad: u64,
}

impl KeyedObserver for KeyedOutput {
    fn on_prediction(&mut self, row: &Row, answer: Answer<'_>) -> io::Result<()> {
        self.answers.add(|out| out.add_of_key(row.number, &row.key, answer))
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
            self.line.suspended(|| say!("row {row}: {problem}; skipped"));
        }
    }

    fn on_notice(&mut self, text: &str) {
        self.line.suspended(|| say!("{text}"));
    }

    fn on_start(&mut self, columns: AnswerColumns) {
        self.answers.start(columns);
    }

    fn on_progress(&mut self, totals: &KeyTotals) {
        self.line.show(totals);
        self.metrics.iter().for_each(|metrics| metrics.leave_keys(totals));
    }
}

/// The line that shows how it goes: updated in a terminal, a new one now and then elsewhere.
struct Line {
    bar: Option<ProgressBar>,
    began: Instant,
    last: Instant,
}

impl Line {
    fn new(may_draw: bool) -> Self {
        let bar = (may_draw && io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            ProgressBar::new_spinner().with_style(style)
        });
        Line { bar, began: Instant::now(), last: Instant::now() }
    }

    fn suspended(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn show(&mut self, totals: &KeyTotals) {
        let text = || {
            let (figures, seconds) = (&totals.figures, self.began.elapsed().as_secs_f64());
            let right = match totals.errors(0) {
                _ if totals.is_unlabelled => format!("{} flagged", percent(figures.flagged_share())),
                Some(errors) => format!("MAE {}", shown_error(errors.mae)),
                None => format!("{} right", percent(figures.accuracy(0))),
            };
            format!(
                "{} rows of {} keys ({} in memory, {} in their warm-up), {right}, {} drifts, {seconds:.0} s",
                figures.rows, totals.keys, totals.in_memory, totals.in_warmup, figures.drifts
            )
        };
        match &self.bar {
            Some(bar) => bar.set_message(text()),
            None if self.last.elapsed() >= PLAIN_INTERVAL => {
                say!("{}", text());
                self.last = Instant::now();
            }
            None => {}
        }
    }

    fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

fn figure(accuracy: Option<f64>, error: Option<ErrorFigures>) -> String {
    error.map_or_else(|| percent(accuracy), |error| shown_error(error.mae))
}

fn print_summary(summary: &KeyedSummary, models: Option<&Path>) {
    print_keys(summary);
    let beside: Vec<String> = match summary.error {
        None => summary.baselines.iter().map(|(name, accuracy)| format!("{name} {}", percent(*accuracy))).collect(),
        Some(_) => {
            summary.baseline_errors.iter().map(|(name, error)| format!("{name} {}", figure(None, *error))).collect()
        }
    };
    let flagged = |flagged: u64| percent((summary.rows > 0).then(|| 100.0 * flagged as f64 / summary.rows as f64));
    let beside = if beside.is_empty() { String::new() } else { format!("; beside it {}", beside.join(", ")) };
    match summary.error {
        _ if summary.flagged.is_some() => {
            let rows = summary.flagged.unwrap_or(0);
            say!("all keys, after their warm-ups: {rows} rows flagged, {}", flagged(rows));
        }
        None => say!("all keys, after their warm-ups: {} right{beside}", percent(summary.accuracy)),
        Some(errors) => say!("all keys, after their warm-ups: {errors}{beside}"),
    }
    say!(
        "{} learning steps of {} possible (--learn {}), {} drifts signalled",
        summary.updates,
        summary.possible_updates,
        summary.policy,
        summary.drift_count
    );
    if summary.bad_rows > 0 {
        say!("{} rows could not be used, {} of them had no key", summary.bad_rows, summary.rows_without_key);
    }
    if summary.unknown_class_rows > 0 {
        say!(
            "{} rows were of a class without an output: counted as wrong, not learned from",
            summary.unknown_class_rows
        );
    }
    if summary.keys_stopped > 0 {
        let (keys, rows) = (summary.keys_stopped, summary.unused_rows);
        say!("warning: {keys} keys were given up, {rows} rows of theirs came after that; --json says why");
    }
    say!(
        "{} rows, {:.0} a second, {} keys, {} of them in their warm-up, {} in memory, {} read from files; at most {} of memory",
        summary.rows,
        summary.rows_per_second,
        summary.keys,
        summary.keys_in_warmup,
        summary.keys_in_memory,
        summary.loads,
        bytes(summary.peak_bytes)
    );
    if let Some(path) = models {
        let model = summary.per_key.iter().find(|one| one.state == "running").map_or("NAME", |one| one.file.as_str());
        say!(
            "saved in {}; next: openloop predict {} FILE.csv",
            path.display(),
            path.join(format!("{model}.model")).display()
        );
    }
}

/// The keys that do worst.
fn print_keys(summary: &KeyedSummary) {
    let shown = &summary.per_key[..summary.per_key.len().min(MAX_KEYS)];
    let width = shown.iter().map(|one| shortened(one).chars().count()).max().unwrap_or(0).max(9);
    let column = match summary.error {
        _ if summary.flagged.is_some() => "flagged",
        Some(_) => "MAE",
        None => "right",
    };
    say!("{:width$}  {:>9}  {column:>9}  {:>9}  {:>7}", "worst key", "rows", "frozen", "drifts");
    for one in shown {
        let frozen = one.baselines.get("frozen").copied().flatten();
        let frozen_error = one.baseline_errors.get("frozen").copied().flatten();
        let (mut own, frozen) = (figure(one.accuracy, one.error), figure(frozen, frozen_error));
        if let Some(flagged) = one.flagged {
            own = percent((one.rows > 0).then(|| 100.0 * flagged as f64 / one.rows as f64));
        }
        say!("{:width$}  {:>9}  {own:>9}  {frozen:>9}  {:>7}", shortened(one), one.rows, one.drift_count);
    }
    let left = summary.keys.saturating_sub(shown.len() as u64);
    if left > 0 {
        let listed = summary.per_key.len() - shown.len();
        say!("... {left} keys more, {listed} of them in --json");
    }
}

/// A key as it stands in the table: in one line, and not too long.
fn shortened(one: &KeySummary) -> String {
    let text: String = one.key.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}
