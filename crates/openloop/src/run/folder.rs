//! The folder of a run: its checkpoint and its logs.

use super::error::RunError;
use super::metrics::{EpochReport, EventWriter, JsonLines};
use crate::files::{self, Checkpoint, Lock, Output, OutputKind};
use crate::kernels::instructions;
use crate::learner::{Diverged, Trainer};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// At least so many times as long as it took to write the last checkpoint lie between two.
const TIMES_WRITING: u32 = 20;

/// The log's name.
const LOG_NAME: &str = "metrics.jsonl";

/// The files of a run.
pub(super) struct RunFolder {
    path: PathBuf,
    _lock: Lock,
    checkpoint: Output,
    log: JsonLines,
    events: EventWriter,
    notices: Vec<String>,
    saved_at: Instant,
    /// How long it took to write the last checkpoint.
    writing: Duration,
}

impl RunFolder {
    /// Opens the logs of a run that has the epochs of `past` behind it; what else they hold is cut off.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn open(folder: &Path, lock: Lock, past: &[EpochReport]) -> Result<Self, RunError> {
        let checkpoint = Output::file(&folder.join(files::FILE_NAME), OutputKind::Checkpoint, &[])?;
        let path = folder.join(LOG_NAME);
        let (log, rebuilt) = JsonLines::open(&path, past)?;
        let notice = format!(
            "{}: {rebuilt} of {} epochs were missing or changed and stand there again, from the checkpoint; their times are not known",
            path.display(),
            past.len()
        );
        let notices = if rebuilt > 0 { vec![notice] } else { Vec::new() };
        let events = EventWriter::create(folder, SystemTime::now());
        let events = events.map_err(|error| RunError::Log { path: folder.into(), error })?;
        let (path, saved_at) = (folder.into(), Instant::now());
        Ok(RunFolder { path, _lock: lock, checkpoint, log, events, notices, saved_at, writing: Duration::ZERO })
    }

    /// What a user should know of the files.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the last checkpoint is old enough for the next.
    pub fn is_due(&self, least: Duration) -> bool {
        self.saved_at.elapsed() > least.max(TIMES_WRITING * self.writing)
    }

    /// Saves, unless a number is not finite: then the last good checkpoint stays.
    ///
    /// # Errors
    /// A run that diverged, or a file that cannot be written.
    pub fn save(&mut self, trainer: &Trainer) -> Result<(), RunError> {
        trainer.check_finite().map_err(|diverged| self.diverged(diverged))?;
        let started = Instant::now();
        checkpoint(trainer).save_to(&self.checkpoint)?;
        self.saved_at = Instant::now();
        self.writing = self.saved_at - started;
        Ok(())
    }

    /// The run diverged, with where its last good checkpoint is.
    pub fn diverged(&self, diverged: Diverged) -> RunError {
        RunError::Diverged {
            diverged,
            kept: Some(self.checkpoint.path().into()).filter(|path: &PathBuf| path.exists()),
        }
    }

    /// Adds a finished epoch to the logs.
    ///
    /// # Errors
    /// A log that cannot be written.
    pub fn log(&mut self, report: &EpochReport) -> Result<(), RunError> {
        let path = || self.path.join(LOG_NAME);
        self.log.add(report).map_err(|error| RunError::Log { path: path(), error })?;
        let now = SystemTime::now();
        let events = &mut self.events;
        let written = report
            .scalars()
            .try_for_each(|(tag, value)| events.scalar(&tag, i64::from(report.epoch), value as f32, now));
        let written = written.and_then(|()| events.flush());
        written.map_err(|error| RunError::Log { path: self.events.path().into(), error })
    }
}

/// A run's state, to be saved.
pub fn checkpoint(trainer: &Trainer) -> Checkpoint<'_> {
    Checkpoint {
        snapshot: trainer.learner().snapshot(),
        preprocessing: Cow::Borrowed(trainer.preprocessing()),
        about: Cow::Borrowed(trainer.about()),
        settings: trainer.settings().saved(),
        progress: Cow::Borrowed(trainer.progress()),
        best: trainer.best().map(Cow::Borrowed),
        instructions: Some(instructions().to_string()),
    }
}
