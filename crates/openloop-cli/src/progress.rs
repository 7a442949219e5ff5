//! The progress of a run or of many: a bar in a terminal, lines elsewhere. Both on standard error.

use crate::number::significant;
use crate::say::say;
use crate::terminal::{self, NARROW};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use openloop::experiment::{self, CellName, CellOutcome, CellPurpose};
use openloop::run::RunObserver;
use openloop::run::metrics::EpochReport;
use std::fmt;
use std::time::Duration;

/// Lines an unattended run prints at most, beside its first and last epoch.
const PLAIN_LINES: u32 = 10;

/// Shows a run.
pub struct TrainProgressBar {
    epochs: u32,
    bar: Option<ProgressBar>,
    has_begun: bool,
}

impl TrainProgressBar {
    /// For a run that ends after `epochs`.
    pub fn new(epochs: u32) -> Self {
        TrainProgressBar { epochs, bar: bar(u64::from(epochs) * 1000), has_begun: false }
    }

    /// Leaves a whole line, or none, so that what follows begins at the start of one.
    pub fn end(&self) {
        self.bar.iter().filter(|bar| !bar.is_finished()).for_each(ProgressBar::finish_and_clear);
    }
}

/// A bar of that many steps, where standard error is a terminal; a narrow one has room for the words alone.
fn bar(length: u64) -> Option<ProgressBar> {
    let template = match terminal::error_width()? {
        0..NARROW => "{prefix}  {left}{wide_msg}",
        _ => "{prefix} [{bar:20}] {left}{wide_msg}",
    };
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("left", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // what cannot be written is not shown
            let _ = out.write_str(&time_left(state.eta()));
        })
        .progress_chars("=> ");
    Some(ProgressBar::new(length).with_style(style))
}

/// The time left, in two units at most; nothing while it is not known.
fn time_left(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => String::new(),
        1..60 => format!("{seconds} s left  "),
        60..3600 => format!("{} min {} s left  ", seconds / 60, seconds % 60),
        _ => format!("{} h {} min left  ", seconds / 3600, seconds % 3600 / 60),
    }
}

impl RunObserver for TrainProgressBar {
    fn on_step(&mut self, epoch: u32, seen: usize, rows: usize) {
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("epoch {epoch}/{}", self.epochs));
            bar.set_position(u64::from(epoch - 1) * 1000 + (1000 * seen / rows.max(1)) as u64);
            if !self.has_begun {
                // the epochs before a resume took no time here
                bar.reset_eta();
                self.has_begun = true;
            }
        }
    }

    fn on_epoch(&mut self, report: &EpochReport) {
        let text = describe(report);
        match &self.bar {
            Some(bar) => {
                bar.set_message(text);
                if report.epoch == self.epochs {
                    bar.abandon();
                }
            }
            None => {
                let every = self.epochs.div_ceil(PLAIN_LINES);
                if report.epoch.is_multiple_of(every) || report.epoch == 1 || report.epoch == self.epochs {
                    say!("epoch {}/{}  {text}", report.epoch, self.epochs);
                }
            }
        }
    }
}

fn describe(report: &EpochReport) -> String {
    let loss = format!("loss {:.4}", report.train_loss);
    // the test figure stays out of sight where epochs are judged by validation rows
    let (rows, loss_of, error, rmse) = match report.validation_loss {
        Some(loss) => ("validation", loss, report.validation_error, report.validation_rmse),
        None => ("test", report.test_loss, report.test_error, report.test_rmse),
    };
    let test = match (error, rmse) {
        (Some(error), _) => format!("{loss}  {rows} error {error:.2} %"),
        (None, Some(rmse)) => format!("{loss}  {rows} RMSE {}", significant(rmse)),
        (None, None) => format!("{loss}  {rows} loss {loss_of:.4}"),
    };
    let angles: Vec<String> = report.angles.iter().map(|angle| format!("{angle:.0}°")).collect();
    if angles.is_empty() { test } else { format!("{test}  angles {}", angles.join(" ")) }
}

/// Shows a comparison.
#[derive(Default)]
pub struct CompareProgressBar {
    bar: Option<ProgressBar>,
}

impl CompareProgressBar {
    /// Hides the bar while `write` prints.
    pub fn suspended<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Leaves no line.
    pub fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

impl experiment::ExperimentObserver for CompareProgressBar {
    fn on_cell_start(&mut self, cell: &CellName) {
        if cell.number == 1 {
            self.bar = bar(1000 * cell.of as u64);
        }
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("run {}/{}", cell.number, cell.of));
        }
    }

    fn on_step(&mut self, cell: &CellName, epoch: u32, seen: usize, rows: usize) {
        if let Some(bar) = &self.bar {
            let done = f64::from(epoch - 1) + seen as f64 / rows.max(1) as f64;
            bar.set_position((1000.0 * (cell.number as f64 - 1.0 + done / f64::from(cell.epochs))) as u64);
        }
    }

    fn on_cell_end(&mut self, cell: &CellName, outcome: &CellOutcome, reused: bool) {
        let text = describe_cell(cell, outcome);
        let text = if reused { format!("{text} (kept from before)") } else { text };
        match &self.bar {
            Some(bar) => {
                bar.set_position(1000 * cell.number as u64);
                bar.set_message(text);
                if reused {
                    // it took no time
                    bar.reset_eta();
                }
                if cell.number == cell.of {
                    bar.finish_and_clear();
                }
            }
            None => say!("run {}/{}  {text}", cell.number, cell.of),
        }
    }

    fn on_notice(&mut self, text: &str) {
        self.suspended(|| say!("note: {text}"));
    }
}

fn describe_cell(cell: &CellName, outcome: &CellOutcome) -> String {
    let (which, rows) = match cell.purpose {
        CellPurpose::Search => (format!("lr {:.1e}", cell.lr), "validation"),
        CellPurpose::Trial => (format!("seed {}", cell.seed), "test"),
    };
    let found = match (outcome, outcome.figure()) {
        (CellOutcome::Finished { trial, .. }, Some(figure)) if trial.summary.test_error.is_some() => {
            format!("{rows} error {figure:.2} %")
        }
        (CellOutcome::Finished { curve, .. }, Some(figure)) => {
            let word = if curve.last().is_some_and(|epoch| epoch.test_rmse.is_some()) { "RMSE" } else { "loss" };
            format!("{rows} {word} {}", significant(figure))
        }
        (CellOutcome::Finished { .. }, None) => format!("{rows} rows were not tested"),
        (CellOutcome::Diverged(message), _) => message.clone(),
    };
    let section = cell.section.as_ref().map_or_else(String::new, |section| format!("{section}, "));
    format!("{section}{}, {which}: {found}", cell.rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_has_two_units_at_most_and_is_not_said_while_it_is_not_known() {
        let cases = [(0, ""), (59, "59 s left  "), (61, "1 min 1 s left  "), (7_384, "2 h 3 min left  ")];
        cases.iter().for_each(|(seconds, text)| assert_eq!(time_left(Duration::from_secs(*seconds)), *text));
    }
}
