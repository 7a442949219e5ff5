//! The progress of a stream: a few updated lines in a terminal, a line now and then elsewhere. On standard
//! error, and so is the summary, since standard output belongs to the predictions.

use crate::say::{one_line, say};
use crate::terminal::{self, NARROW};
use crate::train::bytes;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use openloop::stream::{DriftSignal, Prequential, StreamMonitor, StreamStatus, StreamSummary};
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
    name: String,
    rows: Option<u64>,
    lines: Option<(MultiProgress, Vec<ProgressBar>)>,
    monitor: StreamMonitor,
    confidence: f32,
    last_line_at: Instant,
}

impl Dashboard {
    /// For a stream called `name` of `rows` rows; `may_draw` if nothing else uses the terminal.
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
                say!(
                    "row {}: {} right lately, {:.0} rows a second, {} drifts",
                    status.rows,
                    percent(status.recent_accuracy[0]),
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
        let signal = match status.signal {
            DriftSignal::Stable => "stable",
            DriftSignal::Warning => "WARNING",
            DriftSignal::Drift => "DRIFT",
        };
        [
            format!("{}   {}{of} rows   {:.0}/s", self.name, status.rows, status.rows_per_second),
            format!(
                "right   lately {}, frozen {}  {}",
                percent(status.recent_accuracy[0]),
                percent(status.recent_accuracy[1]),
                curve(&status.curve)
            ),
            format!("recall  {}", status.recall.iter().map(recall).collect::<Vec<_>>().join("   ")),
            format!(
                "drift   {signal}, {} signalled   confidence {:.2}   {}",
                status.drifts,
                self.confidence,
                bytes(status.memory)
            ),
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

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.1} %"))
}

/// A curve of percentages from 0 to 100.
fn curve(values: &[Option<f64>]) -> String {
    let block = |value: &Option<f64>| value.map_or(' ', |value| BLOCKS[((value * 0.0799) as usize).min(7)]);
    values.iter().map(block).collect()
}

/// Prints the summary as text.
pub fn print_summary(summary: &StreamSummary, model: Option<&Path>) {
    let name = summary.segments.iter().map(|segment| segment.segment.len()).max().unwrap_or(0).max(7);
    say!("{:name$}  {:>9}  {:>9}  {:>9}", "segment", "rows", "right", "frozen");
    let shown = summary.segments.len().min(MAX_SEGMENTS);
    for segment in &summary.segments[..shown] {
        let (own, frozen) = (percent(segment.accuracy), percent(segment.frozen_accuracy));
        say!("{:name$}  {:>9}  {own:>9}  {frozen:>9}", segment.segment, segment.rows);
    }
    if shown < summary.segments.len() {
        say!("... {} segments more, all of them in --json and --report", summary.segments.len() - shown);
    }
    let baselines: Vec<String> =
        summary.baselines.iter().map(|(name, accuracy)| format!("{name} {}", percent(*accuracy))).collect();
    let beside = if baselines.is_empty() { String::new() } else { format!("; beside it {}", baselines.join(", ")) };
    say!("after the warm-up {} right{beside}", percent(summary.accuracy));
    say!(
        "{} learning steps of {} possible (--learn {}), {} drifts signalled",
        summary.updates,
        summary.possible_updates,
        summary.policy,
        summary.drift_count
    );
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
