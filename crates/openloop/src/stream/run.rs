//! The run of a stream: the source, the network, the model file and the observer.

use super::answer::TargetKind;
use super::error::StreamError;
use super::fresh::FreshStream;
use super::observer::{StreamEnd, StreamObserver};
use super::open;
use super::options::StreamOptions;
use super::predictions::AnswersStart;
use super::prequential::{Prequential, StreamDiverged};
use super::saved::{ModelFile, ModelPlace};
use super::setup::{OnBadRow, StreamSetup};
use super::source::{OutgoingMessage, Row, RowSource, SourceDescription, SourceEvent};
use super::start::StartingModel;
use super::summary::StreamSummary;
use crate::files;
use crate::kernels::Fast;
use crate::settings::Settings;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Rows between two checks of the clock.
const ROWS_BETWEEN_CLOCK_CHECKS: u64 = 64;
/// Time between two calls of the observer.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// The stage of a stream.
enum StreamStage {
    Warmup(Box<FreshStream>),
    Running(Box<Prequential>),
}

/// A stream that is ready to run.
pub struct StreamRun {
    source: Box<dyn RowSource>,
    /// Rows of the warm-up, if that was said.
    warmup_rows: Option<u64>,
    on_bad_row: OnBadRow,
    kernels: Fast,
    stage: StreamStage,
    model_file: Option<ModelFile>,
    save_every: Duration,
    saved_at: Instant,
    shown_at: Instant,
    /// Whether anything happened since the last save.
    is_new: bool,
    /// Whether the model on the disk is the stream as it is.
    is_saved: bool,
    answers_start: AnswersStart,
    /// The first answer in this process, and how many there were.
    started: Option<Instant>,
    answered: u64,
    elapsed: Duration,
    /// Drifts that were published.
    drifts: u64,
    /// Notices shown at the start.
    notices: Vec<String>,
    /// Whether a repeated message was told of.
    told_repeated: bool,
}

impl StreamRun {
    /// A stream as `options` describe it: fresh, or continued from its model.
    ///
    /// # Errors
    /// A request that is wrong, data that are missing, a model that is damaged or another.
    pub fn open(options: &StreamOptions, kernels: Fast) -> Result<Self, StreamError> {
        options.no_keys()?;
        let used = options.used_paths();
        let place =
            options.model.as_deref().map(|path| ModelPlace::take(&files::model_file(path), &used)).transpose()?;
        let mut start = StartingModel::find(options)?;
        let continued = start.as_ref().map(|start| start.options(options)).transpose()?;
        let options = continued.as_ref().map_or(options, |(options, ..)| options);
        // what does not depend on the targets
        let setup = match options.kind() {
            Some(kind) => options.setup(kind)?,
            None => options.setup(TargetKind::Classes).or_else(|_| options.setup(TargetKind::Values))?,
        };
        let kind = start.as_ref().and_then(StartingModel::written_kind);
        let model_file = place.map(|place| ModelFile::new(place, kind));
        if let Some(start) = &mut start {
            start.name_classes(options, &SourceDescription::default())?; // a broker must know them
        }
        let (source, continuation) = open::source(options, start.as_ref().map(StartingModel::saved))?;
        let mut start = start.zip(continuation);
        let answers_start = start.as_ref().map_or(AnswersStart::New, |(start, found)| start.answers_start(found));
        let notices = match &mut start {
            None => {
                let problem = "a fresh network takes its classes from the labels of its warm-up";
                let remedy = "leave the option out; --reserve N leaves room for classes that come later";
                options.no_classes(problem, remedy).map(|()| Vec::new())?
            }
            Some((start, found)) => {
                start.check_features(source.description())?;
                start.name_classes(options, source.description())?;
                start.notices(options, source.description(), found)?
            }
        };
        let notices = source.description().understood.iter().cloned().chain(notices).collect();
        let save_every = Duration::from_secs_f32(options.save_every()?.min(1e9));
        let (warmup_rows, on_bad_row) = (setup.warmup, setup.on_bad_row);
        let stage = match start.zip(continued.as_ref()) {
            None => StreamStage::Warmup(Box::new(FreshStream::of_options(options, source.description())?)),
            Some(((start, found), (_, settings))) => {
                let (saved, description) = (start.into_saved(), source.description());
                let stream = saved.into_stream(setup, settings.clone(), description, found.goes_on())?;
                StreamStage::Running(Box::new(stream))
            }
        };
        let run = StreamRun::new(source, (warmup_rows, on_bad_row), kernels, stage, model_file, save_every)?;
        Ok(StreamRun { notices, answers_start, ..run })
    }

    /// A fresh stream over any source, saved nowhere.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn over(
        source: Box<dyn RowSource>,
        setup: StreamSetup,
        settings: Settings,
        kernels: Fast,
    ) -> Result<Self, StreamError> {
        let rows = (setup.warmup, setup.on_bad_row);
        let fresh = FreshStream::of_settings(setup, settings, source.description());
        StreamRun::new(source, rows, kernels, StreamStage::Warmup(Box::new(fresh)), None, Duration::MAX)
    }

    fn new(
        source: Box<dyn RowSource>,
        (warmup_rows, on_bad_row): (Option<u64>, OnBadRow),
        kernels: Fast,
        stage: StreamStage,
        model_file: Option<ModelFile>,
        save_every: Duration,
    ) -> Result<Self, StreamError> {
        let now = Instant::now();
        let drifts = if let StreamStage::Running(stream) = &stage { stream.stats().drift_count } else { 0 };
        Ok(StreamRun {
            drifts,
            source,
            warmup_rows,
            on_bad_row,
            kernels,
            stage,
            model_file,
            save_every,
            saved_at: now,
            shown_at: now,
            is_new: false,
            is_saved: false,
            answers_start: AnswersStart::New,
            started: None,
            answered: 0,
            elapsed: Duration::ZERO,
            notices: Vec::new(),
            told_repeated: false,
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

    /// Whether its model is on the disk as it is now.
    pub fn is_saved(&self) -> bool {
        self.is_saved
    }

    /// The stream, once its warm-up is over.
    pub fn stream(&self) -> Option<&Prequential> {
        match &self.stage {
            StreamStage::Warmup(_) => None,
            StreamStage::Running(stream) => Some(stream),
        }
    }

    /// What came out; none if the warm-up never ended.
    pub fn summary(&self) -> Option<StreamSummary> {
        let elapsed = (self.answered, self.elapsed);
        self.stream().map(|stream| StreamSummary::of(stream, self.source.description(), elapsed))
    }

    /// Reads, answers and learns to the last row, or until `stop` is set. The model is saved however it ends, unless the
    /// numbers ran away.
    ///
    /// # Errors
    /// See [`StreamError`].
    pub fn run(&mut self, observer: &mut dyn StreamObserver, stop: &AtomicBool) -> Result<StreamEnd, StreamError> {
        self.notices.drain(..).for_each(|notice| observer.on_notice(&notice));
        if let StreamStage::Running(stream) = &self.stage {
            observer.on_start(stream);
        }
        let ended = self.read_all(observer, stop);
        if let Some(started) = self.started {
            self.elapsed = started.elapsed();
        }
        let synced = observer.sync().map_err(StreamError::Output);
        let lost = ended.as_ref().err().into_iter().chain(synced.as_ref().err()).any(StreamError::loses_answers);
        let saved = if lost { Ok(()) } else { self.save() };
        if let StreamStage::Running(stream) = &self.stage {
            observer.on_progress(stream);
        }
        let ended = ended?;
        synced?;
        saved.map(|()| ended)
    }

    fn read_all(&mut self, observer: &mut dyn StreamObserver, stop: &AtomicBool) -> Result<StreamEnd, StreamError> {
        let is_live = self.source.description().is_live;
        let (mut row, mut count) = (Row::default(), 0u64);
        loop {
            count += 1;
            let event = self.source.next(&mut row)?;
            match event {
                None => {
                    self.end_warmup(observer)?;
                    if self.source.description().window.is_some() {
                        self.moment(row.number);
                    }
                    return Ok(StreamEnd::AtEnd);
                }
                Some(SourceEvent::Row | SourceEvent::Label) if self.is_repeated(&row, observer) => {}
                Some(SourceEvent::Row) => self.row(&row, observer)?,
                Some(SourceEvent::Moment) => self.moment(row.number),
                Some(SourceEvent::Label) => self.label(&row, observer)?,
                Some(SourceEvent::TooLarge) => self.too_large(&row, observer)?,
                Some(SourceEvent::BadRow) => self.bad(row.number, &row.problem, observer)?,
                Some(SourceEvent::Notice) => observer.on_notice(&row.problem),
                Some(SourceEvent::Idle) => {}
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

    /// Saves the model and reports progress, if it is time.
    fn save_and_show_if_due(&mut self, observer: &mut dyn StreamObserver) -> Result<(), StreamError> {
        let now = Instant::now();
        if self.source.needs_save() || (self.is_new && now - self.saved_at >= self.save_every) {
            observer.sync().map_err(StreamError::Output)?;
            self.save()?;
        }
        if now - self.shown_at >= PROGRESS_INTERVAL {
            self.shown_at = now;
            if let StreamStage::Running(stream) = &self.stage {
                observer.on_progress(stream);
            }
        }
        Ok(())
    }

    /// Saves the model, if there is a place for it and it holds nothing that is no number.
    fn save(&mut self) -> Result<(), StreamError> {
        let StreamStage::Running(stream) = &self.stage else { return Ok(()) };
        self.is_saved = false;
        if let Some(model_file) = &self.model_file {
            stream.check_finite().map_err(|diverged| self.diverged(diverged))?;
            model_file.save(stream, self.source.description())?;
        }
        self.source.on_saved();
        (self.saved_at, self.is_new, self.is_saved) = (Instant::now(), false, self.model_file.is_some());
        Ok(())
    }

    fn diverged(&self, diverged: StreamDiverged) -> StreamError {
        let path = self.model_file.as_ref().map(|model_file| model_file.path().to_path_buf());
        StreamError::Diverged { diverged, kept: path.filter(|path| path.exists()) }
    }

    fn row(&mut self, row: &Row, observer: &mut dyn StreamObserver) -> Result<(), StreamError> {
        if let StreamStage::Warmup(fresh) = &mut self.stage {
            if !fresh.warmup.is_complete(self.warmup_rows, row) {
                fresh.warmup.push(row);
                return Ok(());
            }
            fresh.warmup.end_before(row);
            self.end_warmup(observer)?;
        }
        let StreamStage::Running(stream) = &mut self.stage else { return Ok(()) };
        if let Some(problem) = stream.target_problem(row) {
            return self.bad(row.number, &problem, observer);
        }
        self.started.get_or_insert_with(Instant::now);
        stream.process_row(&self.kernels, row);
        (self.is_new, self.answered) = (true, self.answered + 1);
        stream.take_unknown_class().iter().for_each(|notice| observer.on_notice(notice));
        let answer = stream.answer();
        if !answer.is_finite() {
            let diverged = StreamDiverged { row: row.number, what: "an answer" };
            return Err(self.diverged(diverged));
        }
        self.source.publish(&OutgoingMessage::Prediction { id: &row.id, answer });
        publish_drifts(&mut *self.source, stream, &mut self.drifts);
        observer.on_prediction(row, answer).map_err(StreamError::Output)
    }

    /// A row came that completes no window.
    fn moment(&mut self, number: u64) {
        if let StreamStage::Running(stream) = &mut self.stage {
            stream.pass_row(number);
            self.is_new = true;
        }
    }

    fn label(&mut self, row: &Row, observer: &mut dyn StreamObserver) -> Result<(), StreamError> {
        let StreamStage::Running(stream) = &mut self.stage else { return Ok(()) };
        if let Some(problem) = stream.target_problem(row) {
            return self.bad(row.number, &problem, observer);
        }
        self.is_new = true;
        stream.receive_label(&self.kernels, row);
        stream.take_unknown_class().iter().for_each(|notice| observer.on_notice(notice));
        publish_drifts(&mut *self.source, stream, &mut self.drifts);
        Ok(())
    }

    fn bad(&mut self, number: u64, problem: &str, observer: &mut dyn StreamObserver) -> Result<(), StreamError> {
        if self.on_bad_row == OnBadRow::Stop {
            return Err(StreamError::BadRow { row: number, problem: problem.into() });
        }
        observer.on_bad_row(number, problem);
        match &mut self.stage {
            StreamStage::Running(stream) => stream.skip_row(number),
            StreamStage::Warmup(fresh) => fresh.warmup.bad += 1,
        }
        self.is_new = true;
        Ok(())
    }

    /// Whether it is a message that came before; the first one is said.
    fn is_repeated(&mut self, row: &Row, observer: &mut dyn StreamObserver) -> bool {
        let (StreamStage::Running(stream), Some(mark)) = (&mut self.stage, &row.mark) else { return false };
        self.is_new = true;
        let is_repeated = stream.is_repeated(mark);
        if is_repeated && !std::mem::replace(&mut self.told_repeated, true) {
            observer.on_notice("a message that was used before came again: it is counted and not used again");
        }
        is_repeated
    }

    fn too_large(&mut self, row: &Row, observer: &mut dyn StreamObserver) -> Result<(), StreamError> {
        if let StreamStage::Running(stream) = &mut self.stage {
            stream.skip_large_message();
        }
        self.bad(row.number, &row.problem, observer)
    }

    /// Ends the warm-up, if it has not ended: the network is made from its rows.
    fn end_warmup(&mut self, observer: &mut dyn StreamObserver) -> Result<(), StreamError> {
        let StreamStage::Warmup(fresh) = &self.stage else { return Ok(()) };
        let (stream, understood) = fresh.start(self.source.description(), &self.kernels)?;
        understood.iter().for_each(|text| observer.on_notice(text));
        observer.on_start(&stream);
        self.stage = StreamStage::Running(Box::new(stream));
        self.is_new = true;
        // the rows of a live source do not come again: a kill must not lose what was learned from them
        if self.source.description().is_live { self.save() } else { Ok(()) }
    }
}

/// Publishes a drift that was detected since the last call.
fn publish_drifts(source: &mut dyn RowSource, stream: &Prequential, published: &mut u64) {
    let stats = stream.stats();
    if stats.drift_count != *published {
        *published = stats.drift_count;
        source.publish(&OutgoingMessage::Drift { row: stats.row });
    }
}
