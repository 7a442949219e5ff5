//! The progress of a stream: a few updated lines in a terminal, a line now and then elsewhere. On standard
//! error, and so is the summary, since standard output belongs to the predictions.

use crate::say::{one_line, say};
use crate::terminal::{self, NARROW};
use crate::train::bytes;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use openloop::settings::{Arithmetic, Settings};
use openloop::stream::{
    AnomalyFigures, AskedLabels, ClassFigures, DriftSignal, ErrorFigures, Prequential, StreamMonitor, StreamStatus,
    StreamSummary, TargetErrors, shown_error,
};
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two lines where there is no terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);
/// Lines of the dashboard.
const LINES: usize = 5;
/// How tall a part of a curve can be.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Segments that are printed one by one.
const MAX_SEGMENTS: usize = 20;

/// Shows a stream.
pub struct Dashboard {
    /// What learns, once that is known, and from what.
    name: String,
    rows: Option<u64>,
    lines: Option<(MultiProgress, Vec<ProgressBar>)>,
    monitor: StreamMonitor,
    confidence: f32,
    last_line_at: Instant,
}

impl Dashboard {
    /// For a stream over data called `name` of `rows` rows; `may_draw` if nothing else uses the terminal.
    pub fn new(name: String, rows: Option<u64>, may_draw: bool) -> Self {
        let lines = (may_draw && std::io::stderr().is_terminal()).then(|| {
            let all = MultiProgress::new();
            let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            let line = |_| all.add(ProgressBar::new_spinner().with_style(style.clone()));
            let lines = (0..LINES).map(line).collect();
            (all, lines)
        });
        Dashboard {
            name,
            rows,
            lines,
            monitor: StreamMonitor::default(),
            confidence: 0.0,
            last_line_at: Instant::now(),
        }
    }

    /// An answer was given with this confidence.
    pub fn confidence(&mut self, confidence: f32) {
        self.confidence += (confidence - self.confidence) / 100.0;
    }

    /// Hides the dashboard while `write` prints.
    pub fn suspended(&self, write: impl FnOnce()) {
        match &self.lines {
            Some((all, _)) => all.suspend(write),
            None => write(),
        }
    }

    /// The warm-up is over, or a saved stream goes on.
    pub fn begin(&mut self, stream: &Prequential) {
        let (stats, (lasting, passing)) = (stream.stats(), stream.learner().planned_bytes(1));
        self.name = format!("{} on {}", learner(stream.learner().settings()), self.name);
        let kept = format!("{} for weights, optimizer and feedback, {} for a row", bytes(lasting), bytes(passing));
        match stats.total.rows {
            0 if stats.warmup.counts.rows == 0 => {
                self.suspended(|| say!("{}: no warm-up, it starts from a network; {kept}", self.name))
            }
            0 => self.suspended(|| say!("{}: warm-up of {} rows is over; {kept}", self.name, stats.warmup.counts.rows)),
            _ => self.suspended(|| say!("{}: going on after row {}; {kept}", self.name, stats.row)),
        }
    }

    /// Shows how it goes.
    pub fn look(&mut self, stream: &Prequential) {
        if self.lines.is_none() && self.last_line_at.elapsed() < PLAIN_INTERVAL {
            return;
        }
        let status = self.monitor.status(stream);
        match &self.lines {
            Some((_, lines)) => {
                let shown = self.draw(&status);
                // what does not fit is cut, and the last column stays free so that the terminal breaks no line
                let width = terminal::error_width().unwrap_or(NARROW).saturating_sub(1);
                let cut = |text: &str| one_line(text).chars().take(width).collect::<String>();
                lines.iter().zip(shown).for_each(|(line, text)| line.set_message(cut(&text)));
            }
            None => {
                self.last_line_at = Instant::now();
                let lately = match status.is_of_values {
                    _ if status.flagged.is_some() => flagged(&status),
                    true => format!("{} lately", errors(status.recent_errors[0])),
                    false => format!("{} right lately", percent(status.recent_accuracy[0])),
                };
                say!(
                    "row {}: {lately}, {:.0} rows a second, {} drifts",
                    status.rows,
                    status.rows_per_second,
                    status.drifts
                );
            }
        }
    }

    /// The lines; names of classes in them may hold anything.
    fn draw(&self, status: &StreamStatus) -> [String; LINES] {
        let of = self.rows.map_or_else(String::new, |rows| format!(" of {rows}"));
        let recall = |(name, recall): &(String, Option<f64>)| format!("{name} {}", percent(recall.map(|r| 100.0 * r)));
        let (lately, what, confidence) = match status.is_of_values {
            _ if status.flagged.is_some() => ("normal ".into(), format!("flagged {}", flagged(status)), String::new()),
            true => (
                format!("MAE     lately {}, frozen {}", mae(status.recent_errors[0]), mae(status.recent_errors[1])),
                format!("error   {} lately", errors(status.recent_errors[0])),
                String::new(),
            ),
            false => (
                format!(
                    "right   lately {}, frozen {}",
                    percent(status.recent_accuracy[0]),
                    percent(status.recent_accuracy[1])
                ),
                format!("recall  {}", status.recall.iter().map(recall).collect::<Vec<_>>().join("   ")),
                format!("   confidence {:.2}", self.confidence),
            ),
        };
        let signal = match status.signal {
            DriftSignal::Stable => "stable",
            DriftSignal::Warning => "WARNING",
            DriftSignal::Drift => "DRIFT",
        };
        [
            format!("{}   {}{of} rows   {:.0}/s", self.name, status.rows, status.rows_per_second),
            format!("{lately}  {}", curve(&status.curve)),
            what,
            format!("drift   {signal}, {} signalled{confidence}   {}", status.drifts, bytes(status.memory)),
            format!(
                "learned {} updates, {:.0}/s   waiting for {} labels",
                status.updates, status.updates_per_second, status.waiting
            ),
        ]
    }

    /// Leaves the dashboard as it is, or none after an interrupt, whose echo has moved it; what follows begins at the start of a line.
    pub fn end(&self, was_interrupted: bool) {
        let end = if was_interrupted { ProgressBar::finish_and_clear } else { ProgressBar::abandon };
        self.lines.iter().flat_map(|(_, lines)| lines).for_each(end);
    }
}

/// What learns.
fn learner(settings: &Settings) -> String {
    let Settings { rule, net, arithmetic, .. } = settings;
    let arithmetic = match arithmetic {
        Arithmetic::F32 => String::new(),
        Arithmetic::Int8 => format!(" in {arithmetic}"),
    };
    format!("{rule} {net}{arithmetic}")
}

/// What was flagged lately.
fn flagged(status: &StreamStatus) -> String {
    let share = percent(status.flagged.map(|(share, _)| share));
    let threshold = status.flagged.map_or(0.0, |(_, threshold)| f64::from(threshold));
    format!("{share} flagged lately, threshold {}", shown_error(threshold))
}

fn mae(errors: Option<ErrorFigures>) -> String {
    errors.map_or_else(|| "-".into(), |errors| shown_error(errors.mae))
}

fn errors(errors: Option<ErrorFigures>) -> String {
    errors.map_or_else(|| "MAE -".into(), |errors| errors.to_string())
}

/// A percentage, or a dash where there is none.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.1} %"))
}

/// A curve of percentages from 0 to 100.
fn curve(values: &[Option<f64>]) -> String {
    let block = |value: &Option<f64>| value.map_or(' ', |value| BLOCKS[((value * 0.0799) as usize).min(7)]);
    values.iter().map(block).collect()
}

/// The figures of each segment.
fn print_segments(summary: &StreamSummary) {
    if summary.anomaly.is_some() {
        return print_flagged_segments(summary);
    }
    let name = summary.segments.iter().map(|segment| segment.segment.len()).max().unwrap_or(0).max(7);
    let is_of_values = !summary.targets.is_empty();
    let column = if is_of_values { "MAE" } else { "right" };
    say!("{:name$}  {:>9}  {column:>9}  {:>9}", "segment", "rows", "frozen");
    let shown = summary.segments.len().min(MAX_SEGMENTS);
    for segment in &summary.segments[..shown] {
        let (own, frozen) = match is_of_values {
            true => (mae(segment.errors), mae(segment.baseline_errors.get("frozen").copied().flatten())),
            false => (percent(segment.accuracy), percent(segment.frozen_accuracy)),
        };
        say!("{:name$}  {:>9}  {own:>9}  {frozen:>9}", segment.segment, segment.rows);
    }
    if shown < summary.segments.len() {
        say!("... {} segments more, all of them in --json and --report", summary.segments.len() - shown);
    }
}

/// What was flagged of each segment.
fn print_flagged_segments(summary: &StreamSummary) {
    let name = summary.segments.iter().map(|segment| segment.segment.len()).max().unwrap_or(0).max(7);
    say!("{:name$}  {:>9}  {:>9}  {:>9}", "segment", "rows", "flagged", "learned");
    for segment in summary.segments.iter().take(MAX_SEGMENTS) {
        let flagged = segment.flagged.unwrap_or(0);
        say!("{:name$}  {:>9}  {flagged:>9}  {:>9}", segment.segment, segment.rows, segment.updates);
    }
    if summary.segments.len() > MAX_SEGMENTS {
        let more = summary.segments.len() - MAX_SEGMENTS;
        say!("... {more} segments more, all of them in --json and --report");
    }
}

/// What was flagged after the warm-up, and how that fits the labels.
fn print_anomalies(figures: &AnomalyFigures) {
    say!(
        "after the warm-up {} rows flagged, {}; the threshold is {} now",
        figures.flagged,
        percent(figures.flagged_share),
        shown_error(f64::from(figures.threshold))
    );
    let Some(judged) = &figures.judged else { return };
    let auc = judged.auc.map_or_else(|| "-".into(), |auc| format!("{auc:.3}"));
    let delay = judged.mean_delay.map_or_else(|| "-".into(), |delay| format!("{delay:.1} rows"));
    say!(
        "by the labels, {} anomalies: AUC {auc}; {} of the flagged rows are anomalies, {} of the anomalies are flagged",
        judged.anomalies,
        percent(judged.alarm_precision),
        percent(judged.alarm_recall)
    );
    say!("{} of {} stretches of anomalies found, after {delay} on average", judged.stretches_found, judged.stretches);
}

/// The figures of the network and of its baselines after the warm-up.
fn print_figures(summary: &StreamSummary) {
    if let Some(figures) = &summary.anomaly {
        return print_anomalies(figures);
    }
    let of_classes = summary.baselines.iter().map(|(name, accuracy)| format!("{name} {}", percent(*accuracy)));
    let of_values = summary.baseline_errors.iter().map(|(name, errors)| format!("{name} {}", mae(*errors)));
    let beside = of_classes.chain(of_values).collect::<Vec<_>>().join(", ");
    if summary.targets.is_empty() {
        let beside = if beside.is_empty() { beside } else { format!("; beside it {beside}") };
        say!("after the warm-up {} right{beside}", percent(summary.accuracy));
        summary.by_class.iter().for_each(print_class_figures);
        return;
    }
    say!("after the warm-up {}; the last rows: {}", errors(summary.errors), errors(summary.recent));
    for TargetErrors { target, errors } in &summary.per_target {
        say!("target {target}: {errors}");
    }
    if !beside.is_empty() {
        say!("MAE beside it: {beside}");
    }
}

/// The figures that the shares of classes do not raise.
fn print_class_figures(figures: &ClassFigures) {
    let kappa = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.3}"));
    let (own, temporal) = (kappa(figures.kappa), kappa(figures.kappa_temporal));
    say!("balanced accuracy {}; kappa {own}, against the last label {temporal}", percent(figures.balanced_accuracy));
}

/// Prints the summary as text.
pub fn print_summary(summary: &StreamSummary, model: Option<&Path>) {
    print_segments(summary);
    print_figures(summary);
    let drifts = if summary.anomaly.is_some() { "times flagged rows were learned from" } else { "drifts signalled" };
    say!(
        "{} learning steps of {} possible (--learn {}), {} {drifts}",
        summary.updates,
        summary.possible_updates,
        summary.policy,
        summary.drift_count
    );
    if let Some(AskedLabels { labels_asked, ask, .. }) = &summary.asked {
        let share = percent((summary.rows > 0).then(|| 100.0 * *labels_asked as f64 / summary.rows as f64));
        say!("{labels_asked} labels asked for, {share} of the rows (--ask {ask})");
    }
    if summary.bad_rows + summary.stray_labels > 0 {
        say!("{} rows could not be used, {} labels were for no row", summary.bad_rows, summary.stray_labels);
    }
    if summary.unknown_class_rows > 0 {
        say!(
            "{} rows were of a class without an output: counted as wrong, not learned from",
            summary.unknown_class_rows
        );
    }
    if summary.bounded_values > 0 {
        say!("{} values of features were bounded: they lay beyond 8 deviations", summary.bounded_values);
    }
    if summary.too_large + summary.repeated > 0 {
        say!(
            "{} messages were too large and dropped, {} came again and were not used again",
            summary.too_large,
            summary.repeated
        );
    }
    say!(
        "{} rows, {:.0} a second, {} parameters, at most {} of memory",
        summary.rows,
        summary.rows_per_second,
        summary.parameters,
        bytes(summary.peak_bytes)
    );
    summary.saturated.iter().for_each(|saturated| say!("int8: {saturated} changes of a weight saturated"));
    summary.note.iter().for_each(|note| say!("note: {note}"));
    summary.warnings.iter().for_each(|warning| say!("warning: {warning}"));
    if let Some(path) = model {
        say!("saved in {}; next: openloop predict {} FILE.csv", path.display(), path.display());
    }
}
