//! The folder of a run: its checkpoint and its logs.

use super::error::RunError;
use super::metrics::{EpochReport, EventWriter, JsonLines};
use crate::files::{self, Checkpoint};
use crate::learner::{Diverged, Trainer};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// At least so many times as long as it took to write the last checkpoint lie between two.
const TIMES_WRITING: u32 = 20;

/// The files of a run.
pub(super) struct RunFolder {
    path: PathBuf,
    log: JsonLines,
    events: EventWriter,
    saved_at: Instant,
    /// How long it took to write the last checkpoint.
    writing: Duration,
}

impl RunFolder {
    /// Opens the logs, of which what lies after `epochs` epochs is cut off.
    ///
    /// # Errors
    /// Logs that cannot be written.
    pub fn open(folder: &Path, epochs: u32) -> Result<Self, RunError> {
        let path = folder.join("metrics.jsonl");
        let log = JsonLines::open(&path, epochs).map_err(|error| RunError::Log { path, error })?;
        let events = EventWriter::create(folder, SystemTime::now());
        let events = events.map_err(|error| RunError::Log { path: folder.into(), error })?;
        Ok(RunFolder { path: folder.into(), log, events, saved_at: Instant::now(), writing: Duration::ZERO })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn checkpoint(&self) -> PathBuf {
        self.path.join(files::FILE_NAME)
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
        checkpoint(trainer).save(&self.checkpoint())?;
        self.saved_at = Instant::now();
        self.writing = self.saved_at - started;
        Ok(())
    }

    /// The run diverged, with where its last good checkpoint is.
    pub fn diverged(&self, diverged: Diverged) -> RunError {
        RunError::Diverged { diverged, kept: Some(self.checkpoint()).filter(|path| path.exists()) }
    }

    /// Adds a finished epoch to the logs.
    ///
    /// # Errors
    /// A log that cannot be written.
    pub fn log(&mut self, report: &EpochReport) -> Result<(), RunError> {
        let path = || self.path.join("metrics.jsonl");
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
    }
}
