//! A stream from its first row to its last: the source, the network, the model file, and whoever watches.

use super::ahead::Ahead;
use super::generated::Generated;
use super::learner;
use super::memory::Memory;
use super::options::Options;
use super::prequential::{Diverged, Prequential};
use super::saved::{Saved, save};
use super::setup::{OnBadRow, Setup};
use super::source::{Event, News, Row, Source};
use super::summary::Summary;
use super::table::{Roles, Table};
use super::warmup::{Classes, Warmup};
use crate::checkpoint::{self, CheckpointError};
use crate::config::{ConfigError, Settings};
use crate::data::{self, DataError, Request};
use crate::kernels::Fast;
use crate::names::Named;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Rows between two looks at the clock.
const GLANCE: u64 = 64;
/// And between two calls of the watcher.
const SHOW: Duration = Duration::from_millis(100);

/// Classes that a network must tell apart at least.
const FEWEST_CLASSES: usize = 2;

/// Why a stream did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The request was wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data are missing or damaged.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The broker's address or configuration.
    #[cfg(feature = "mqtt")]
    #[error(transparent)]
    Mqtt(#[from] super::mqtt::MqttError),
    /// The model cannot be read or written.
    #[error(transparent)]
    Model(#[from] CheckpointError),
    /// The model is of another kind than what is asked for.
    #[error(
        "{path}: the model has {what} {saved}, but {asked} is asked for; leave that option out, or choose another --model"
    )]
    OtherModel {
        /// The model's file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// In the model.
        saved: String,
        /// In the request.
        asked: String,
    },
    /// A row that cannot be used, and the request is to stop there.
    #[error("row {row}: {problem}; stopped there (--on-bad-row stop)")]
    BadRow {
        /// Its number.
        row: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The warm-up is too small.
    #[error(
        "the stream ended after {rows} rows, with {classes} classes: too few to warm up on; at least 2 classes are needed"
    )]
    TooShort {
        /// Rows in it.
        rows: usize,
        /// Classes in them.
        classes: usize,
    },
    /// The numbers ran away.
    #[error("{diverged}{}", kept.as_ref().map_or_else(String::new, |path| format!("; {} is as it was", path.display())))]
    Diverged {
        /// Where and what.
        diverged: Diverged,
        /// The last good model.
        kept: Option<PathBuf>,
    },
    /// Predictions could not be written.
    #[error("predictions: {0}")]
    Output(io::Error),
    /// The reader could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl StreamError {
    /// Whether nothing failed but that the reader of the predictions went away.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, StreamError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether the request was wrong.
    pub fn is_wrong_request(&self) -> bool {
        match self {
            StreamError::Config(_) | StreamError::OtherModel { .. } => true,
            #[cfg(feature = "mqtt")]
            StreamError::Mqtt(_) => true,
            StreamError::Data(error) => error.is_wrong_request(),
            _ => false,
        }
    }
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After its last row.
    AtEnd,
    /// It was asked to.
    Stopped,
}

/// Who watches a stream, and gets its answers.
pub trait Watcher {
    /// A row was answered.
    ///
    /// # Errors
    /// If the answer cannot be written.
    fn answer(&mut self, row: &Row, class: &str, confidence: f32) -> io::Result<()>;

    /// What was written so far must be seen now.
    ///
    /// # Errors
    /// If it cannot be.
    fn flush(&mut self) -> io::Result<()>;

    /// A row could not be used.
    fn bad(&mut self, row: u64, problem: &str);

    /// Something that one should know.
    fn notice(&mut self, text: &str);

    /// The warm-up is over, or a saved stream goes on.
    fn begin(&mut self, stream: &Prequential);

    /// Time to show how it goes, about ten times a second.
    fn look(&mut self, stream: &Prequential);
}

/// Nobody watches.
impl Watcher for () {
    fn answer(&mut self, _row: &Row, _class: &str, _confidence: f32) -> io::Result<()> {
        Ok(())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn bad(&mut self, _row: u64, _problem: &str) {}
    fn notice(&mut self, _text: &str) {}
    fn begin(&mut self, _stream: &Prequential) {}
    fn look(&mut self, _stream: &Prequential) {}
}

/// What there is of a stream.
enum Stage {
    Warmup(Warmup),
    Running(Box<Prequential>),
}

/// A stream that is ready to run.
pub struct Run {
    source: Box<dyn Source>,
    setup: Setup,
    settings: Settings,
    kernels: Fast,
    stage: Stage,
    model: Option<PathBuf>,
    save_every: Duration,
    saved_at: Instant,
    shown_at: Instant,
    /// Whether anything happened since the last save.
    is_new: bool,
    /// The first answer in this process, and how many there were.
    started: Option<Instant>,
    answered: u64,
    spent: Duration,
    /// Drifts that were told of.
    drifts: u64,
}

impl Run {
    /// A stream as `options` describe it: fresh, or continued from its model.
    ///
    /// # Errors
    /// A request that is wrong, data that are missing, a model that is damaged or another.
    pub fn open(options: &Options, kernels: Fast) -> Result<Self, StreamError> {
        let (setup, settings) = (options.setup()?, options.settings()?);
        let model = options.model.as_ref().map(|path| model_file(path));
        let saved = match &model {
            Some(path) if path.exists() => Some((Saved::load(path)?, path.clone())),
            _ => None,
        };
        if let Some((saved, path)) = &saved {
            same_kind(options, saved, path)?;
        }
        let source = open_source(options, saved.as_ref().map(|(saved, _)| saved))?;
        let stage = match saved {
            None => {
                // what cannot run is refused before a row is waited for, whatever classes there will be
                learner::check(&settings, (source.description().features, FEWEST_CLASSES))?;
                Stage::Warmup(Warmup::default())
            }
            Some((saved, _)) => {
                let settings = saved.settings(&settings)?;
                Stage::Running(Box::new(saved.into_stream(setup.clone(), settings, source.description())?))
            }
        };
        let save_every = Duration::from_secs_f32(options.save_every()?.min(1e9));
        Run::new(source, (setup, settings), kernels, stage, model, save_every)
    }

    /// A fresh stream over any source, saved nowhere.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn over(source: Box<dyn Source>, setup: Setup, settings: Settings, kernels: Fast) -> Result<Self, StreamError> {
        let stage = Stage::Warmup(Warmup::default());
        Run::new(source, (setup, settings), kernels, stage, None, Duration::MAX)
    }

    fn new(
        source: Box<dyn Source>,
        (setup, settings): (Setup, Settings),
        kernels: Fast,
        stage: Stage,
        model: Option<PathBuf>,
        save_every: Duration,
    ) -> Result<Self, StreamError> {
        let now = Instant::now();
        let drifts = if let Stage::Running(stream) = &stage { stream.tally().drift_count } else { 0 };
        Ok(Run {
            drifts,
            source,
            setup,
            settings,
            kernels,
            stage,
            model,
            save_every,
            saved_at: now,
            shown_at: now,
            is_new: false,
            started: None,
            answered: 0,
            spent: Duration::ZERO,
        })
    }

    /// The source's description.
    pub fn description(&self) -> &super::Description {
        self.source.description()
    }

    /// The settings asked for.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The stream, once its warm-up is over.
    pub fn stream(&self) -> Option<&Prequential> {
        match &self.stage {
            Stage::Warmup(_) => None,
            Stage::Running(stream) => Some(stream),
        }
    }

    /// What came out; none if the warm-up never ended.
    pub fn summary(&self) -> Option<Summary> {
        let spent = (self.answered, self.spent);
        self.stream().map(|stream| Summary::of(stream, self.source.description(), spent))
    }

    /// Reads, answers and learns to the last row, or until `stop` is set. The model is saved however it ends, unless the
    /// numbers ran away.
    ///
    /// # Errors
    /// See [`StreamError`].
    pub fn run(&mut self, watcher: &mut dyn Watcher, stop: &AtomicBool) -> Result<Ended, StreamError> {
        if let Stage::Running(stream) = &self.stage {
            watcher.begin(stream);
        }
        let ended = self.read_all(watcher, stop);
        if let Some(started) = self.started {
            self.spent = started.elapsed();
        }
        let flushed = watcher.flush().map_err(StreamError::Output);
        let saved = self.save();
        if let Stage::Running(stream) = &self.stage {
            watcher.look(stream);
        }
        let ended = ended?;
        flushed?;
        saved.map(|()| ended)
    }

    fn read_all(&mut self, watcher: &mut dyn Watcher, stop: &AtomicBool) -> Result<Ended, StreamError> {
        let is_live = self.source.description().is_live;
        let (mut row, mut count) = (Row::default(), 0u64);
        loop {
            count += 1;
            let event = self.source.next(&mut row)?;
            match event {
                None => {
                    self.end_warmup(watcher)?;
                    return Ok(Ended::AtEnd);
                }
                Some(Event::Row) => self.row(&row, watcher)?,
                Some(Event::Label) => self.label(&row, watcher)?,
                Some(Event::Bad) => self.bad(row.number, &row.problem, watcher)?,
                Some(Event::Notice) => watcher.notice(&row.problem),
                Some(Event::Idle) => {}
            }
            if is_live && event != Some(Event::Idle) {
                watcher.flush().map_err(StreamError::Output)?;
            }
            if event == Some(Event::Idle) || is_live || count.is_multiple_of(GLANCE) {
                if stop.load(Ordering::Relaxed) {
                    return Ok(Ended::Stopped);
                }
                self.glance(watcher)?;
            }
        }
    }

    /// Saves and shows, if it is time.
    fn glance(&mut self, watcher: &mut dyn Watcher) -> Result<(), StreamError> {
        let now = Instant::now();
        let wait = if self.source.wants_saving() { Duration::ZERO } else { self.save_every };
        if self.is_new && now - self.saved_at >= wait {
            watcher.flush().map_err(StreamError::Output)?;
            self.save()?;
        }
        if now - self.shown_at >= SHOW {
            self.shown_at = now;
            if let Stage::Running(stream) = &self.stage {
                watcher.look(stream);
            }
        }
        Ok(())
    }

    /// Saves the model, if there is a place for it and it holds nothing that is no number.
    fn save(&mut self) -> Result<(), StreamError> {
        let (Stage::Running(stream), Some(path)) = (&self.stage, &self.model) else { return Ok(()) };
        stream.check_finite().map_err(|diverged| self.diverged(diverged))?;
        save(stream, self.source.description(), path)?;
        self.source.saved();
        (self.saved_at, self.is_new) = (Instant::now(), false);
        Ok(())
    }

    fn diverged(&self, diverged: Diverged) -> StreamError {
        StreamError::Diverged { diverged, kept: self.model.clone().filter(|path| path.exists()) }
    }

    fn row(&mut self, row: &Row, watcher: &mut dyn Watcher) -> Result<(), StreamError> {
        if let Stage::Warmup(warmup) = &mut self.stage {
            if !warmup.is_complete(self.setup.warmup, row) {
                warmup.push(row);
                return Ok(());
            }
            warmup.end_before(row);
            self.end_warmup(watcher)?;
        }
        let Stage::Running(stream) = &mut self.stage else { return Ok(()) };
        self.started.get_or_insert_with(Instant::now);
        match stream.take(&self.kernels, row) {
            Err(problem) => self.bad(row.number, &problem, watcher),
            Ok(answer) => {
                (self.is_new, self.answered) = (true, self.answered + 1);
                if !answer.confidence.is_finite() {
                    let diverged = Diverged { row: row.number, what: "an answer" };
                    return Err(self.diverged(diverged));
                }
                let class = &stream.classes().names()[answer.class as usize];
                let news = News::Prediction { id: &row.id, label: class, confidence: answer.confidence };
                self.source.tell(&news);
                tell_drifts(&mut *self.source, stream, &mut self.drifts);
                watcher.answer(row, class, answer.confidence).map_err(StreamError::Output)
            }
        }
    }

    fn label(&mut self, row: &Row, watcher: &mut dyn Watcher) -> Result<(), StreamError> {
        let Stage::Running(stream) = &mut self.stage else { return Ok(()) };
        self.is_new = true;
        match stream.label(&self.kernels, &row.id, &row.label) {
            Err(problem) => self.bad(row.number, &problem, watcher),
            Ok(_) => {
                tell_drifts(&mut *self.source, stream, &mut self.drifts);
                Ok(())
            }
        }
    }

    fn bad(&mut self, number: u64, problem: &str, watcher: &mut dyn Watcher) -> Result<(), StreamError> {
        if self.setup.on_bad_row == OnBadRow::Stop {
            return Err(StreamError::BadRow { row: number, problem: problem.into() });
        }
        watcher.bad(number, problem);
        match &mut self.stage {
            Stage::Running(stream) => stream.pass_over(number),
            Stage::Warmup(warmup) => warmup.bad += 1,
        }
        self.is_new = true;
        Ok(())
    }

    /// The network is made of the rows of the warm-up, if they are not over already.
    fn end_warmup(&mut self, watcher: &mut dyn Watcher) -> Result<(), StreamError> {
        let Stage::Warmup(warmup) = &self.stage else { return Ok(()) };
        let description = self.source.description();
        let known = if description.classes.is_empty() { warmup.classes() } else { description.classes.clone() };
        if known.len() + self.setup.reserve < FEWEST_CLASSES || known.is_empty() {
            return Err(StreamError::TooShort { rows: warmup.labels.len(), classes: known.len() });
        }
        let (setup, settings) = (self.setup.clone(), self.settings.clone());
        let classes = Classes::new(known, self.setup.reserve);
        let has_segments = description.has_segments;
        let stream = Prequential::start(setup, settings, &self.kernels, warmup, classes, has_segments)?;
        watcher.begin(&stream);
        self.stage = Stage::Running(Box::new(stream));
        self.is_new = true;
        Ok(())
    }
}

/// Tells of a drift that was signalled since the last time.
fn tell_drifts(source: &mut dyn Source, stream: &Prequential, told: &mut u64) {
    let tally = stream.tally();
    if tally.drift_count != *told {
        *told = tally.drift_count;
        source.tell(&News::Drift { row: tally.row });
    }
}

/// The model's file, where its folder may be given.
fn model_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(checkpoint::FILE_NAME) } else { path.into() }
}

/// Refuses options that contradict the model.
fn same_kind(options: &Options, saved: &Saved, path: &Path) -> Result<(), StreamError> {
    let settings = saved.settings(&options.settings()?)?;
    let differs = |what, saved: String, asked: Option<String>| match asked.filter(|asked| *asked != saved) {
        Some(asked) => Err(StreamError::OtherModel { path: path.into(), what, saved, asked }),
        None => Ok(()),
    };
    let asked = options.settings()?;
    let written = [settings.written(), asked.written()];
    let text = |choose: fn(&crate::config::Written) -> String| [choose(&written[0]), choose(&written[1])];
    let [net, asked_net] = text(|written| written.net.clone());
    let [rule, asked_rule] = text(|written| written.rule.clone());
    let [seed, asked_seed] = text(|written| written.seed.to_string());
    differs("net", net, options.net.is_some().then_some(asked_net))?;
    differs("rule", rule, options.rule.is_some().then_some(asked_rule))?;
    let [own, other] = [settings.arithmetic, asked.arithmetic].map(|arithmetic| Named::name(arithmetic).to_string());
    differs("arithmetic", own, options.arithmetic.is_some().then_some(other))?;
    differs("seed", seed, options.seed.is_some().then_some(asked_seed))
}

/// The source that the options name, read ahead where that helps.
fn open_source(options: &Options, saved: Option<&Saved>) -> Result<Box<dyn Source>, StreamError> {
    let expected = saved.and_then(|saved| saved.about().columns.as_ref());
    let roles = Roles {
        label: options.label.as_deref(),
        segment: options.segment.as_deref(),
        ignored: &options.ignore,
        expected,
    };
    let mut source: Box<dyn Source> = match options.data() {
        #[cfg(feature = "mqtt")]
        address if super::mqtt::Settings::is_address(address) => Box::new(broker(address, options, saved)?),
        "-" => Box::new(Table::standard_input(&roles)?),
        "drift" => Box::new(Generated::new(options.drift()?)),
        name if data::is_csv(name) => Box::new(Table::open(Path::new(name), &roles)?),
        name => Box::new(in_memory(name, options)?),
    };
    if let Some(saved) = saved.filter(|saved| saved.continues(source.description())) {
        source.skip(saved.row())?;
    }
    match options.data() {
        name if name == "-" || name == "drift" || data::is_csv(name) => {
            Ok(Box::new(Ahead::start(source).map_err(StreamError::Thread)?))
        }
        _ => Ok(source),
    }
}

/// A broker, for a network that knows its columns and classes.
#[cfg(feature = "mqtt")]
fn broker(address: &str, options: &Options, saved: Option<&Saved>) -> Result<super::mqtt::Mqtt, StreamError> {
    use super::mqtt::{Mqtt, MqttError, Settings};
    let settings = Settings::read(address, options.mqtt.as_deref())?;
    let about = saved.ok_or(MqttError::NoModel)?.about();
    let (columns, classes) = (about.columns.clone(), about.classes.clone());
    Mqtt::start(settings, about.features(), columns, classes).map_err(StreamError::Thread)
}

/// A data set by name.
fn in_memory(name: &str, options: &Options) -> Result<Memory, StreamError> {
    let folder = options.data_dir.as_deref();
    let memory = match name {
        "gas-drift" => Memory::of_parts(data::load_parts(name, folder)?),
        _ => {
            let data = data::load(&Request { name, folder, label: None })?;
            let problem = || format!("\"{name}\" has values and not classes, so there is nothing to stream");
            Memory::of(&data)
                .ok_or_else(|| DataError::Request { problem: problem(), remedy: "choose other data".into() })?
        }
    };
    Ok(if options.file_order { memory } else { memory.shuffled(options.seed()) })
}
