//! The learner of one key: what a stream over its rows alone would be, at any of its rows.

use super::super::answer::TargetKind;
use super::super::error::StreamError;
use super::super::fresh::FreshStream;
use super::super::options::StreamOptions;
use super::super::prequential::Prequential;
use super::super::saved::{self, SavedStream};
use super::super::source::{Row, SourceDescription, SourceEvent};
use super::super::warmup::MAX_ROWS;
use super::super::windowed;
use super::figures::KeyFigures;
use super::record::{KeyRecord, KeyState};
use super::warmup_file::SavedWarmup;
use crate::data::WindowBuffer;
use crate::files::CheckpointError;
use crate::kernels::Fast;
use crate::settings::ConfigError;
use std::io;
use std::path::Path;

/// What all learners of a stream have in common.
pub(super) struct Common {
    pub options: StreamOptions,
    /// Of the rows, or of the windows that they become.
    pub description: SourceDescription,
    pub kernels: Fast,
    /// What the targets are; none before it is decided.
    pub kind: Option<TargetKind>,
    /// The bytes of the network that each of them starts from.
    pub from: Option<Vec<u8>>,
}

/// Where a learner stands.
enum Stage {
    Warmup {
        fresh: Box<FreshStream>,
        /// Rows with which it is tried to end it next, after it could not be ended.
        next_try: u64,
    },
    Running(Box<Prequential>),
}

/// A learner.
pub(super) struct KeyLearner {
    stage: Stage,
    /// The last moments of its rows, where these become windows.
    window: Option<WindowBuffer>,
}

/// What became of a row.
pub(super) enum Taken {
    /// It was answered.
    Answered,
    /// It has no answer: it is part of the warm-up, or of a window that is not complete.
    Kept,
    /// It cannot be used.
    Bad(String),
    /// The warm-up could not be ended with it, and goes on.
    Unready(String),
    /// The warm-up could not be ended, and has become too long.
    GivenUp(String),
}

impl KeyLearner {
    /// One of which no row came yet.
    ///
    /// # Errors
    /// Settings that do not fit the data, or the network that it starts from.
    pub fn new(common: &Common) -> Result<Self, StreamError> {
        let Common { options, description, from, .. } = common;
        let stage = match from {
            Some(bytes) => Stage::Running(Box::new(started_from(bytes, common)?)),
            None => Stage::Warmup { fresh: Box::new(FreshStream::of_options(options, description)?), next_try: 0 },
        };
        Ok(KeyLearner { stage, window: description.window.clone() })
    }

    /// One whose state is in a file, at `path`; with new counts if its rows are other ones now.
    ///
    /// # Errors
    /// A damaged file, or options that contradict it.
    pub fn read(
        record: &KeyRecord,
        path: &Path,
        bytes: &[u8],
        common: &Common,
        goes_on: bool,
    ) -> Result<Self, StreamError> {
        let damaged = |problem| CheckpointError::Content { path: path.into(), problem };
        if record.state == KeyState::Warmup {
            let SavedWarmup { warmup, next_try, window } = SavedWarmup::from_bytes(bytes).map_err(damaged)?;
            let mut fresh = FreshStream::of_options(&common.options, &common.description)?;
            fresh.warmup = warmup;
            let restored = common.description.columns.as_ref().zip(window).map(|(columns, (place, moments))| {
                WindowBuffer::restored(columns.windows()?, columns.inputs(), place, moments)
            });
            let window = match restored {
                None => None,
                Some(None) => return Err(damaged("the moments of its window do not fit".into()).into()),
                Some(window) => window,
            };
            return Ok(KeyLearner { stage: Stage::Warmup { fresh: Box::new(fresh), next_try }, window });
        }
        let saved = SavedStream::from_bytes(bytes).map_err(damaged)?;
        let window = saved.window().filter(|_| goes_on).or_else(|| common.description.window.clone());
        let stream = into_stream(saved, common, goes_on)?;
        Ok(KeyLearner { stage: Stage::Running(Box::new(stream)), window })
    }

    /// Its bytes as a file.
    ///
    /// # Errors
    /// Contents that cannot be written down.
    pub fn file_bytes(&mut self, description: &mut SourceDescription) -> io::Result<Vec<u8>> {
        match &self.stage {
            Stage::Warmup { fresh, next_try } => {
                let window = self.window.as_ref().map(|window| (window.place().clone(), window.moments()));
                SavedWarmup { warmup: fresh.warmup.clone(), next_try: *next_try, window }.to_bytes()
            }
            Stage::Running(stream) => {
                std::mem::swap(&mut description.window, &mut self.window);
                let bytes = saved::to_bytes(stream, description);
                std::mem::swap(&mut description.window, &mut self.window);
                bytes
            }
        }
    }

    /// Its stream, once its warm-up is over.
    pub fn stream(&self) -> Option<&Prequential> {
        match &self.stage {
            Stage::Warmup { .. } => None,
            Stage::Running(stream) => Some(stream),
        }
    }

    /// Its figures.
    pub fn figures(&self) -> KeyFigures {
        match &self.stage {
            Stage::Warmup { fresh, .. } => KeyFigures { bad: fresh.warmup.bad, ..KeyFigures::default() },
            Stage::Running(stream) => KeyFigures::of(stream),
        }
    }

    /// Takes a row, which has its number among the rows of its key; `room` is for the window that it may complete.
    pub fn take(&mut self, row: &Row, room: &mut Row, common: &Common) -> Taken {
        let row = match &mut self.window {
            None => row,
            Some(window) => match windowed::take(window, row, room) {
                SourceEvent::Row => &*room,
                _ => {
                    self.pass(row.number);
                    return Taken::Kept;
                }
            },
        };
        if let Stage::Warmup { fresh, next_try } = &mut self.stage {
            let is_complete = fresh.warmup.is_complete(common.options.warmup, row);
            if !is_complete || (fresh.warmup.labels.len() as u64) < *next_try {
                fresh.warmup.push(row);
                return Taken::Kept;
            }
            fresh.warmup.end_before(row);
            if let Err(problem) = self.end_warmup(common) {
                return self.go_on_with_warmup(row, problem);
            }
        }
        let Stage::Running(stream) = &mut self.stage else { return Taken::Kept };
        if let Some(problem) = stream.target_problem(row) {
            return Taken::Bad(problem);
        }
        stream.process_row(&common.kernels, row);
        Taken::Answered
    }

    /// What to say about a class that has no output, where it came just now for the first time.
    pub fn take_unknown_class(&mut self) -> Option<String> {
        match &mut self.stage {
            Stage::Warmup { .. } => None,
            Stage::Running(stream) => stream.take_unknown_class(),
        }
    }

    /// The row that could not end the warm-up is part of it. It is tried again when there are twice as many.
    fn go_on_with_warmup(&mut self, row: &Row, problem: String) -> Taken {
        let Stage::Warmup { fresh, next_try } = &mut self.stage else { return Taken::Kept };
        let rows = fresh.warmup.labels.len() as u64;
        if rows >= MAX_ROWS {
            return Taken::GivenUp(problem);
        }
        fresh.warmup.push(row);
        let is_first = *next_try == 0;
        *next_try = (2 * rows).min(MAX_ROWS);
        if is_first { Taken::Unready(problem) } else { Taken::Kept }
    }

    /// Ends the warm-up, if it has not ended; else says why it cannot.
    fn end_warmup(&mut self, common: &Common) -> Result<(), String> {
        let Stage::Warmup { fresh, .. } = &mut self.stage else { return Ok(()) };
        common.kind.into_iter().for_each(|kind| fresh.settle_kind(kind));
        match fresh.start(&common.description, &common.kernels) {
            Ok((stream, _)) => {
                self.stage = Stage::Running(Box::new(stream));
                Ok(())
            }
            Err(StreamError::TooShort { rows, classes }) => {
                let found = if classes == 1 { "1 class".into() } else { format!("{classes} classes") };
                Err(format!("its warm-up of {rows} rows has {found}, and at least 2 are needed"))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// The input has ended after `rows` rows of its key: a warm-up ends with it. Says why it cannot.
    ///
    /// # Errors
    /// Rows of which nothing can be learned.
    pub fn end(&mut self, rows: u64, common: &Common) -> Result<(), String> {
        self.end_warmup(common)?;
        if self.window.is_some() {
            self.pass(rows);
        }
        Ok(())
    }

    /// A row that completes no window.
    fn pass(&mut self, number: u64) {
        if let Stage::Running(stream) = &mut self.stage {
            stream.pass_row(number);
        }
    }

    /// A row that cannot be read: the next begins a new recording.
    pub fn skip_unread(&mut self, number: u64) {
        self.window.iter_mut().for_each(WindowBuffer::interrupt);
        self.skip(number);
    }

    /// A row that cannot be used.
    pub fn skip(&mut self, number: u64) {
        match &mut self.stage {
            Stage::Running(stream) => stream.skip_row(number),
            Stage::Warmup { fresh, .. } => fresh.warmup.bad += 1,
        }
    }
}

/// A stream that goes on from a saved one.
fn into_stream(saved: SavedStream, common: &Common, goes_on: bool) -> Result<Prequential, ConfigError> {
    let options = saved.options(&common.options);
    let settings = saved.settings(&common.options)?;
    let setup = options.setup(saved.kind_of_targets())?;
    saved.into_stream(setup, settings, &common.description, goes_on)
}

/// A stream that starts from the network of a file, which was checked before.
fn started_from(bytes: &[u8], common: &Common) -> Result<Prequential, StreamError> {
    let damaged = |problem| {
        let path = common.options.from.clone().unwrap_or_default();
        CheckpointError::Content { path, problem }
    };
    let mut saved = SavedStream::from_bytes(bytes).map_err(damaged)?;
    saved.drop_stream_state();
    if saved.is_blob() && !common.options.classes.is_empty() {
        saved.name_classes(common.options.classes.clone());
    }
    Ok(into_stream(saved, common, false)?)
}
