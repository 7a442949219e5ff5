//! The run of a stream with a learner for each key.

use super::super::answer::{Answer, TargetKind};
use super::super::error::StreamError;
use super::super::observer::StreamEnd;
use super::super::options::StreamOptions;
use super::super::predictions::{AnswerColumns, AnswersStart};
use super::super::setup::OnBadRow;
use super::super::source::{Row, RowSource, SourceDescription, SourceEvent};
use super::figures::KeyTotals;
use super::index::KeyIndex;
use super::learner::{Common, Taken};
use super::opened::Opened;
use super::pool::KeyPool;
use super::record::KeyState;
use super::summary::KeyedSummary;
use crate::data::excerpt;
use crate::kernels::Fast;
use crate::settings::ConfigError;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Rows between two checks of the clock.
const ROWS_BETWEEN_CLOCK_CHECKS: u64 = 64;
/// Time between two calls of the observer.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);
/// Saving takes at most one part in so many of the time: there may be many files.
const SAVING_SHARE: u32 = 10;
/// Notices about keys that are told one by one.
const MAX_NOTICES: u64 = 10;

/// An observer of a stream with a learner for each key.
pub trait KeyedObserver {
    /// A row was answered; it has its number in the input, and its key.
    ///
    /// # Errors
    /// If the answer cannot be written.
    fn on_prediction(&mut self, row: &Row, answer: Answer<'_>) -> io::Result<()>;

    /// Flushes the predictions written so far.
    ///
    /// # Errors
    /// If it cannot be.
    fn flush(&mut self) -> io::Result<()>;

    /// Brings the predictions written so far to the disk: the models that are saved next have answered them.
    ///
    /// # Errors
    /// If it cannot be.
    fn sync(&mut self) -> io::Result<()>;

    /// A row could not be used.
    fn on_bad_row(&mut self, row: u64, problem: &str);

    /// A notice for the user.
    fn on_notice(&mut self, text: &str);

    /// It is known what stands in an answer: answers follow.
    fn on_start(&mut self, columns: AnswerColumns);

    /// Progress, about once a second.
    fn on_progress(&mut self, totals: &KeyTotals);
}

/// A stream with a learner for each key that is ready to run.
pub struct KeyedRun {
    source: Box<dyn RowSource>,
    pool: KeyPool,
    common: Common,
    /// Where the stream stands, without the records.
    index: KeyIndex,
    answers_start: AnswersStart,
    notices: Vec<String>,
    on_bad_row: OnBadRow,
    save_every: Duration,
    saved_at: Instant,
    /// How long the last save took.
    saving: Duration,
    shown_at: Instant,
    is_new: bool,
    is_saved: bool,
    started: Option<Instant>,
    answered: u64,
    elapsed: Duration,
    /// Notices about keys so far.
    key_notices: u64,
    /// Room for a window.
    room: Row,
}

impl KeyedRun {
    /// A stream as `options` describe it: fresh, or continued from its folder.
    ///
    /// # Errors
    /// A request that is wrong, data that are missing, a folder that is damaged or of another stream.
    pub fn open(options: &StreamOptions, kernels: Fast) -> Result<Self, StreamError> {
        let save_every = Duration::from_secs_f32(options.save_every()?.min(1e9));
        let Opened { source, pool, common, index, answers_start, notices } = Opened::new(options, kernels)?;
        let now = Instant::now();
        Ok(KeyedRun {
            source,
            pool,
            common,
            index,
            answers_start,
            notices,
            on_bad_row: options.on_bad_row.unwrap_or(OnBadRow::Skip),
            save_every,
            saved_at: now,
            saving: Duration::ZERO,
            shown_at: now,
            is_new: false,
            is_saved: false,
            started: None,
            answered: 0,
            elapsed: Duration::ZERO,
            key_notices: 0,
            room: Row::default(),
        })
    }

    /// The source's description.
    pub fn description(&self) -> &SourceDescription {
        self.source.description()
    }

    /// Where it begins to answer.
    pub fn answers_start(&self) -> AnswersStart {
        self.answers_start
    }

    /// What stands in an answer, if that is known already.
    pub fn answer_columns(&self) -> Option<AnswerColumns> {
        let names = self.source.description().columns.iter().flat_map(|columns| columns.labels());
        let names: Vec<String> = names.map(String::from).collect();
        Some(AnswerColumns::new(self.common.kind?, &names).with_key())
    }

    /// Whether its models are on the disk as they are now.
    pub fn is_saved(&self) -> bool {
        self.is_saved
    }

    /// The sums over all keys.
    pub fn totals(&self) -> KeyTotals {
        let is_unlabelled = self.common.kind == Some(TargetKind::Inputs);
        KeyTotals { without_key: self.index.without_key, is_unlabelled, ..self.pool.totals() }
    }

    /// What came out.
    ///
    /// # Errors
    /// Options that are not what they were when the stream was opened.
    pub fn summary(&self) -> Result<KeyedSummary, ConfigError> {
        let elapsed = (self.answered, self.elapsed);
        KeyedSummary::of(&self.pool, &self.common, &self.index, self.totals(), elapsed)
    }

    /// Reads, answers and learns to the last row, or until `stop` is set. All models are saved however it ends.
    ///
    /// # Errors
    /// See [`StreamError`].
    pub fn run(&mut self, observer: &mut dyn KeyedObserver, stop: &AtomicBool) -> Result<StreamEnd, StreamError> {
        self.notices.drain(..).for_each(|notice| observer.on_notice(&notice));
        self.answer_columns().into_iter().for_each(|columns| observer.on_start(columns));
        let ended = self.read_all(observer, stop);
        if let Some(started) = self.started {
            self.elapsed = started.elapsed();
        }
        let synced = observer.sync().map_err(StreamError::Output);
        let lost = ended.as_ref().err().into_iter().chain(synced.as_ref().err()).any(StreamError::loses_answers);
        let saved = if lost { Ok(()) } else { self.save() };
        observer.on_progress(&self.totals());
        if self.key_notices > MAX_NOTICES {
            observer.on_notice(&format!("{} notices more about keys", self.key_notices - MAX_NOTICES));
        }
        let ended = ended?;
        synced?;
        saved?;
        if ended == StreamEnd::AtEnd && self.common.kind.is_none() {
            return Err(self.no_key_answered());
        }
        Ok(ended)
    }

    fn read_all(&mut self, observer: &mut dyn KeyedObserver, stop: &AtomicBool) -> Result<StreamEnd, StreamError> {
        let is_live = self.source.description().is_live;
        let (mut row, mut count) = (Row::default(), 0u64);
        loop {
            count += 1;
            let event = self.source.next(&mut row)?;
            match event {
                None => return self.end_warmups(observer).map(|()| StreamEnd::AtEnd),
                Some(SourceEvent::Row) => self.row(&mut row, observer)?,
                Some(SourceEvent::BadRow) => self.unread(&row, observer)?,
                Some(SourceEvent::Notice) => observer.on_notice(&row.problem),
                // a table gives none of these
                Some(SourceEvent::Idle | SourceEvent::Moment | SourceEvent::Label | SourceEvent::TooLarge) => {}
            }
            if is_live && event != Some(SourceEvent::Idle) {
                observer.flush().map_err(StreamError::Output)?;
            }
            if event == Some(SourceEvent::Idle) || is_live || count.is_multiple_of(ROWS_BETWEEN_CLOCK_CHECKS) {
                if stop.load(Ordering::Relaxed) {
                    return Ok(StreamEnd::Stopped);
                }
                self.save_and_show_if_due(observer)?;
            }
        }
    }

    fn row(&mut self, row: &mut Row, observer: &mut dyn KeyedObserver) -> Result<(), StreamError> {
        let (at, in_all) = (self.pool.find_or_add(&row.key), row.number);
        if self.pool.record(at).state == KeyState::Stopped {
            self.pool.record(at).unused += 1;
            return self.taken(in_all);
        }
        let (learner, record) = self.pool.learner(at, &mut self.common)?;
        row.number = record.rows + 1;
        let taken = learner.take(row, &mut self.room, &self.common);
        row.number = in_all;
        if let (Taken::Bad(problem), OnBadRow::Stop) = (&taken, self.on_bad_row) {
            return Err(StreamError::BadRow { row: in_all, problem: problem.clone() });
        }
        record.rows += 1;
        match taken {
            Taken::Kept => {}
            Taken::Bad(problem) => {
                learner.skip(record.rows);
                observer.on_bad_row(in_all, &problem);
            }
            Taken::Unready(problem) => self.notice(at, &format!("{problem}; its warm-up goes on"), observer),
            Taken::GivenUp(problem) => self.give_up(at, problem, observer),
            Taken::Answered => self.answered(at, row, observer)?,
        }
        self.taken(in_all)
    }

    /// A row was taken: the stream goes on after it.
    fn taken(&mut self, number: u64) -> Result<(), StreamError> {
        (self.index.row, self.is_new) = (number, true);
        Ok(())
    }

    fn answered(&mut self, at: usize, row: &Row, observer: &mut dyn KeyedObserver) -> Result<(), StreamError> {
        self.begin_to_answer(at, observer)?;
        self.started.get_or_insert_with(Instant::now);
        let (learner, _) = self.pool.learner(at, &mut self.common)?;
        let unknown = learner.take_unknown_class();
        let Some(answer) = learner.stream().map(|stream| stream.answer()) else { return Ok(()) };
        if !answer.is_finite() {
            let problem = format!(
                "the network diverged at row {}: an answer is no longer a number; a smaller --lr may help",
                row.number
            );
            self.give_up(at, problem, observer);
            return Ok(());
        }
        self.answered += 1;
        self.index.answered = Some(row.number);
        observer.on_prediction(row, answer).map_err(StreamError::Output)?;
        // a learner that comes from a file does not know what it has told
        let is_told = unknown.is_some() && std::mem::replace(&mut self.pool.record(at).told_unknown, true);
        unknown.iter().filter(|_| !is_told).for_each(|text| self.notice(at, text, observer));
        Ok(())
    }

    /// Notes that the warm-up of a key is over. What the targets of the first one are, those of all are.
    fn begin_to_answer(&mut self, at: usize, observer: &mut dyn KeyedObserver) -> Result<(), StreamError> {
        if self.pool.record(at).state != KeyState::Warmup {
            return Ok(());
        }
        self.pool.record(at).begin_to_answer();
        if self.common.kind.is_none() {
            let (learner, _) = self.pool.learner(at, &mut self.common)?;
            self.common.kind = learner.stream().map(|stream| stream.target().kind());
            self.index.kind = self.common.kind;
            self.answer_columns().into_iter().for_each(|columns| observer.on_start(columns));
        }
        Ok(())
    }

    /// A row that cannot be read; it has no key, or the learner of its key counts it.
    fn unread(&mut self, row: &Row, observer: &mut dyn KeyedObserver) -> Result<(), StreamError> {
        if self.on_bad_row == OnBadRow::Stop {
            return Err(StreamError::BadRow { row: row.number, problem: row.problem.clone() });
        }
        observer.on_bad_row(row.number, &row.problem);
        if row.key.is_empty() {
            self.index.without_key += 1;
            return self.taken(row.number);
        }
        let at = self.pool.find_or_add(&row.key);
        match self.pool.record(at).state {
            KeyState::Stopped => self.pool.record(at).unused += 1,
            KeyState::Warmup | KeyState::Running => {
                let (learner, record) = self.pool.learner(at, &mut self.common)?;
                record.rows += 1;
                learner.skip_unread(record.rows);
            }
        }
        self.taken(row.number)
    }

    fn give_up(&mut self, at: usize, problem: String, observer: &mut dyn KeyedObserver) {
        self.notice(at, &format!("{problem}; its rows are counted and not answered from here on"), observer);
        self.pool.give_up(at, problem);
    }

    /// Says something of a key, if not too much was said before.
    fn notice(&mut self, at: usize, text: &str, observer: &mut dyn KeyedObserver) {
        self.key_notices += 1;
        if self.key_notices <= MAX_NOTICES {
            observer.on_notice(&format!("key \"{}\": {text}", excerpt(&self.pool.record(at).key)));
        }
    }

    /// The input has ended: so do all warm-ups that can.
    fn end_warmups(&mut self, observer: &mut dyn KeyedObserver) -> Result<(), StreamError> {
        let in_warmup = |at: &usize| self.pool.records()[*at].state == KeyState::Warmup;
        let all: Vec<usize> = (0..self.pool.records().len()).filter(in_warmup).collect();
        for at in all {
            let (learner, record) = self.pool.learner(at, &mut self.common)?;
            if learner.end(record.rows, &self.common).is_ok() {
                self.begin_to_answer(at, observer)?;
                self.is_new = true;
            }
        }
        Ok(())
    }

    fn no_key_answered(&mut self) -> StreamError {
        let keys = self.pool.records().len();
        let why = |(learner, record): (&mut super::learner::KeyLearner, &mut super::record::KeyRecord),
                   common: &Common| {
            let problem = learner.end(record.rows, common).err()?;
            Some(format!(": key \"{}\": {problem}", excerpt(&record.key)))
        };
        let first = if keys == 0 { None } else { self.pool.learner(0, &mut self.common).ok() };
        let example = first.and_then(|first| why(first, &self.common)).unwrap_or_default();
        StreamError::NoKeyAnswered { keys, example }
    }

    /// Saves the models and reports progress, if it is time.
    fn save_and_show_if_due(&mut self, observer: &mut dyn KeyedObserver) -> Result<(), StreamError> {
        let now = Instant::now();
        if self.is_new && now - self.saved_at >= self.save_every.max(SAVING_SHARE * self.saving) {
            observer.sync().map_err(StreamError::Output)?;
            self.save()?;
        }
        if now - self.shown_at >= PROGRESS_INTERVAL {
            self.shown_at = now;
            observer.on_progress(&self.totals());
        }
        Ok(())
    }

    /// Saves all models together with the place in the input, where they are kept.
    fn save(&mut self) -> Result<(), StreamError> {
        let began = Instant::now();
        self.is_saved = false;
        let SourceDescription { name, file, columns, .. } = self.source.description();
        (self.index.data, self.index.file, self.index.columns) = (name.clone(), *file, columns.clone());
        let index = self.index.clone();
        self.is_saved = self.pool.save(&mut self.common.description, |keys| KeyIndex { keys, ..index }.into_bytes())?;
        self.source.on_saved();
        (self.saved_at, self.saving, self.is_new) = (Instant::now(), began.elapsed(), false);
        Ok(())
    }
}
