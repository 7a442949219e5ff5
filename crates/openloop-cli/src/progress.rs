//! How a run looks while it goes on: a bar in a terminal, one line an epoch elsewhere. Both on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use openloop::metrics::EpochReport;
use openloop::run::Watcher;
use std::io::IsTerminal;

/// Lines an unattended run prints at most, beside its first and last epoch.
const PLAIN_LINES: u32 = 10;

/// Shows a run.
pub struct Shown {
    epochs: u32,
    bar: Option<ProgressBar>,
}

impl Shown {
    /// For a run that ends after `epochs`.
    pub fn new(epochs: u32) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{prefix} [{bar:30}] {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ");
            ProgressBar::new(u64::from(epochs) * 1000).with_style(style)
        });
        Shown { epochs, bar }
    }
}

impl Watcher for Shown {
    fn step(&mut self, epoch: u32, seen: usize, rows: usize) {
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("epoch {epoch}/{}", self.epochs));
            bar.set_position(u64::from(epoch - 1) * 1000 + (1000 * seen / rows.max(1)) as u64);
        }
    }

    fn epoch(&mut self, report: &EpochReport) {
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
                    crate::say!("epoch {}/{}  {text}", report.epoch, self.epochs);
                }
            }
        }
    }
}

fn describe(report: &EpochReport) -> String {
    let loss = format!("loss {:.4}", report.train_loss);
    match report.test_error {
        Some(error) => format!("{loss}  test error {error:.2} %"),
        None => format!("{loss}  test loss {:.4}", report.test_loss),
    }
}
