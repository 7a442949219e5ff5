//! A whole run, as the command line does it: data, settings, trainer, checkpoints, logs, and a summary at the end.

mod error;
mod folder;
mod load;
pub mod metrics;
mod same_run;
mod summary;

use crate::data::DataSet;
use crate::files::{self, Checkpoint, Lock};
use crate::kernels::Fast;
use crate::learner::alignment;
use crate::learner::{Diverged, EpochEnd, RowSet, Trainer};
use crate::settings::{Arithmetic, ConfigError, Options};
pub use error::RunError;
use folder::RunFolder;
pub use folder::checkpoint;
pub use load::{kernels, load, load_for, new_kernels, with_validation};
use metrics::EpochReport;
use openloop_core::Rule;
use same_run::{other_instructions, same_run};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
pub use summary::Summary;

/// At least this lies between two checkpoints at the ends of epochs.
const BETWEEN_EPOCHS: Duration = Duration::from_millis(100);
/// At least this lies between two checkpoints inside a long epoch.
const INSIDE_EPOCH: Duration = Duration::from_secs(30);

/// What to do where a run is not the one that it is to continue.
const SAME_OPTIONS: &str = "give the same options, or another --out";
/// The same where no model is named that the run began from: settings that were left out, columns and classes were that model's.
const SAME_OPTIONS_AND_START: &str =
    "give the same options, with --from MODEL again if the run began from a model, or another --out";

/// How a run is shown while it goes on.
pub trait RunObserver: Send {
    /// A learning step is done: `seen` of `rows` samples of epoch `epoch` (counted from 1).
    fn on_step(&mut self, epoch: u32, seen: usize, rows: usize);
    /// An epoch is done.
    fn on_epoch(&mut self, report: &EpochReport);
}

/// An observer that ignores everything.
impl RunObserver for () {
    fn on_step(&mut self, _epoch: u32, _seen: usize, _rows: usize) {}
    fn on_epoch(&mut self, _report: &EpochReport) {}
}

/// How a run ended.
#[derive(Debug)]
pub enum Finished {
    /// All epochs are done.
    Done(Box<Summary>),
    /// It was asked to stop; the checkpoint, where there is a folder for one, lets it go on.
    Stopped {
        /// Where it can be continued.
        saved: Option<PathBuf>,
        /// Epochs finished.
        epoch: u32,
    },
}

/// A run that is ready to start or to go on.
pub struct Run {
    trainer: Trainer,
    data: Arc<DataSet>,
    kernels: Arc<Fast>,
    out: Option<RunFolder>,
    epochs: u32,
    alignment: bool,
    notices: Vec<String>,
    /// After the last epoch of this process.
    angles: Vec<f64>,
    learning: Duration,
    learned: u64,
}

impl Run {
    /// A run as `options` describe it: fresh, or continued from the checkpoint in its folder.
    ///
    /// # Errors
    /// A request that is wrong, a folder that holds another run or cannot be written.
    pub fn open(options: &Options, data: &Arc<DataSet>, kernels: &Arc<Fast>) -> Result<Self, RunError> {
        Self::open_from(options, None, data, kernels)
    }

    /// The same; a fresh run starts from the weights of `start`, and has its settings where `options` say nothing else.
    ///
    /// # Errors
    /// As for [`Run::open`], and a start whose network is not the one asked for or does not fit the data.
    pub fn open_from(
        options: &Options,
        start: Option<Checkpoint<'static>>,
        data: &Arc<DataSet>,
        kernels: &Arc<Fast>,
    ) -> Result<Self, RunError> {
        // the test rows are those that are asked for now
        let own = |start: &Checkpoint<'_>| Options { test: None, ..start.settings.options() };
        let like_start = |start: &Checkpoint<'_>| options.clone().over(own(start));
        let options = &start.as_ref().map_or_else(|| options.clone(), like_start);
        let settings = options.complete(data)?;
        if options.alignment && settings.arithmetic == Arithmetic::Int8 {
            let (value, range) = ("asked for".into(), "left out: it is measured in f32 only");
            return Err(ConfigError::Integer { what: "alignment", value, range }.into());
        }
        let epochs = settings.epochs;
        let saved = match &options.out {
            None if options.resume => return Err(RunError::ResumeNeedsOut),
            None => None,
            Some(folder) => Some(SavedRun::open(folder, options.resume)?),
        };
        let mut notices = Vec::new();
        let (lock, saved) = saved.map_or((None, None), |saved| (Some(saved.lock), saved.checkpoint));
        let remedy = if start.is_some() { SAME_OPTIONS } else { SAME_OPTIONS_AND_START };
        let trainer = match saved {
            None => match start {
                None => Trainer::new(settings, Arc::clone(data), Arc::clone(kernels))?,
                Some(start) => Trainer::from(settings, Arc::clone(data), Arc::clone(kernels), start.into_state())?,
            },
            Some(checkpoint) => {
                let folder = options.out.as_deref().unwrap_or(Path::new(""));
                same_run(folder, &checkpoint, &settings, data, remedy)?;
                notices.extend(other_instructions(checkpoint.instructions.as_deref()));
                Trainer::resume(settings, Arc::clone(data), Arc::clone(kernels), checkpoint.into_state())?
            }
        };
        let reports = past_reports(&trainer, data);
        let out = options.out.as_deref().zip(lock).map(|(folder, lock)| RunFolder::open(folder, lock, &reports));
        let out = out.transpose()?;
        notices.extend(out.iter().flat_map(|out| out.notices()).cloned());
        let (alignment, learning) = (options.alignment, Duration::ZERO);
        let angles = Vec::new();
        let (data, kernels) = (Arc::clone(data), Arc::clone(kernels));
        Ok(Run { trainer, data, kernels, out, epochs, alignment, notices, angles, learning, learned: 0 })
    }

    /// What a user should know before it goes on.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The reports on all epochs that it has behind it; those of earlier processes lack times and angles.
    pub fn epoch_reports(&self) -> Vec<EpochReport> {
        past_reports(&self.trainer, &self.data)
    }

    /// The trainer.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// Trains to the last epoch, or until `stop` is set.
    ///
    /// # Errors
    /// A run that diverges, or files that cannot be written. The last good checkpoint stays.
    pub fn train(&mut self, observer: &mut dyn RunObserver, stop: &AtomicBool) -> Result<Finished, RunError> {
        while self.trainer.progress().epoch < self.epochs && !self.has_lost_patience() {
            let before = self.trainer.learner().counters().samples;
            let (ended, saving) = self.one_epoch(observer, stop);
            saving?;
            match ended.map_err(|diverged| self.diverged(diverged))? {
                EpochEnd::Stopped => return self.stopped(),
                EpochEnd::Epoch(spent) => self.end_epoch(spent, before, observer)?,
            }
            if stop.load(Ordering::Relaxed) && self.trainer.progress().epoch < self.epochs {
                return self.stopped();
            }
        }
        if let Some(out) = &mut self.out {
            out.save(&self.trainer)?;
        }
        Ok(Finished::Done(Box::new(self.summary())))
    }

    /// Whether the last epochs were no better than one before them, as many as the settings allow.
    fn has_lost_patience(&self) -> bool {
        let progress = self.trainer.progress();
        let waited = progress.best_epoch().map(|best| progress.epoch - best);
        waited.zip(self.trainer.settings().patience).is_some_and(|(waited, patience)| waited >= patience)
    }

    /// One epoch, with a checkpoint now and then when it is a long one.
    fn one_epoch(
        &mut self,
        observer: &mut dyn RunObserver,
        stop: &AtomicBool,
    ) -> (Result<EpochEnd, Diverged>, Result<(), RunError>) {
        let rows = self.data.train.len();
        let (out, mut saving) = (&mut self.out, Ok(()));
        let mut watch = |trainer: &Trainer| {
            observer.on_step(trainer.progress().epoch + 1, trainer.progress().seen, rows);
            if let Some(out) = out.as_mut().filter(|out| out.is_due(INSIDE_EPOCH)) {
                saving = out.save(trainer);
            }
            if stop.load(Ordering::Relaxed) || saving.is_err() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        (self.trainer.train_epoch(&mut watch), saving)
    }

    fn end_epoch(&mut self, spent: Duration, before: u64, observer: &mut dyn RunObserver) -> Result<(), RunError> {
        self.learning += spent;
        self.learned += self.trainer.learner().counters().samples - before;
        let Some(last) = self.trainer.progress().history.last() else { return Ok(()) };
        let (number, rate) = (self.trainer.progress().epoch, self.trainer.learner().rate());
        let mut report = EpochReport::new(number, last, self.trainer.about(), rate, Some(spent.as_secs_f64()));
        if self.alignment {
            report.angles = alignment::angles(&mut self.trainer);
            self.angles.clone_from(&report.angles);
        }
        observer.on_epoch(&report);
        let Some(out) = &mut self.out else { return Ok(()) };
        out.log(&report)?;
        if out.is_due(BETWEEN_EPOCHS) {
            out.save(&self.trainer)?;
        }
        Ok(())
    }

    fn stopped(&mut self) -> Result<Finished, RunError> {
        let epoch = self.trainer.progress().epoch;
        let Some(out) = &mut self.out else { return Ok(Finished::Stopped { saved: None, epoch }) };
        out.save(&self.trainer)?;
        Ok(Finished::Stopped { saved: Some(out.path().to_path_buf()), epoch })
    }

    fn diverged(&self, diverged: Diverged) -> RunError {
        match &self.out {
            Some(out) => out.diverged(diverged),
            None => RunError::Diverged { diverged, kept: None },
        }
    }

    fn summary(&mut self) -> Summary {
        let best_epoch = self.trainer.progress().best_epoch();
        let train = match best_epoch {
            None => self.trainer.evaluate(RowSet::Train),
            Some(_) => self.trainer.evaluate_best(),
        };
        let settings = self.trainer.settings();
        let classes = !self.data.classes.is_empty();
        let integer = settings.arithmetic == Arithmetic::Int8;
        let history = &self.trainer.progress().history;
        let kept = best_epoch.map_or(history.last(), |best| history.get(best as usize - 1));
        let test = kept.map(|epoch| epoch.test).unwrap_or_default();
        let validation = kept.and_then(|epoch| epoch.validation);
        let last = &history[history.len().saturating_sub(10)..];
        let mean = last.iter().map(|epoch| epoch.test.error()).sum::<f64>() / last.len().max(1) as f64;
        let (rule, readout) = match settings.rule {
            Rule::LocalError => (Rule::LocalError.name(), Some("fixed")),
            Rule::LocalErrorLearned => (Rule::LocalError.name(), Some("learned")),
            rule => (rule.name(), None),
        };
        let peak_bytes = peak_alloc::PeakAlloc.peak_usage();
        let values = self.trainer.about().units.is_some().then(|| self.trainer.test_values());
        let seconds = self.learning.as_secs_f64();
        let epochs_here = self.learned as f64 / self.data.train.len() as f64;
        Summary {
            rule: rule.into(),
            readout: readout.map(str::to_string),
            net: settings.net.to_string(),
            data: self.data.name.clone(),
            note: self.data.note.clone(),
            seed: settings.seed,
            epochs: self.trainer.progress().epoch,
            batch: settings.batch,
            optimizer: settings.optimizer.name().into(),
            loss: settings.loss.name().into(),
            lr: settings.rate,
            hidden_lr: settings.hidden_rate,
            arithmetic: integer.then(|| settings.arithmetic.name().into()),
            saturated: integer.then_some(self.trainer.learner().counters().saturated),
            best_epoch,
            validation_error: validation.filter(|_| classes).map(|judged| judged.error()),
            validation_loss: validation.map(|judged| judged.mean_loss()),
            train_error: classes.then(|| train.error()),
            test_error: classes.then(|| test.error()),
            test_error_last10_mean: classes.then_some(mean),
            train_loss: train.mean_loss(),
            test_loss: test.mean_loss(),
            test_mae: values.as_ref().map(|values| values.mae),
            test_rmse: values.as_ref().map(|values| values.rmse),
            test_r2: values.as_ref().and_then(|values| values.r2),
            test_rmse_of_mean: values.as_ref().map(|values| values.rmse_of_mean),
            seconds_per_epoch: if epochs_here > 0.0 { seconds / epochs_here } else { 0.0 },
            samples_per_second: if seconds > 0.0 { self.learned as f64 / seconds } else { 0.0 },
            peak_bytes,
            parameters: self.trainer.learner().parameter_count(),
            threads: self.kernels.threads(),
            angles: self.angles.clone(),
        }
    }
}

/// What lies in the folder of a run, which no other process writes from here on.
struct SavedRun {
    lock: Lock,
    checkpoint: Option<Checkpoint<'static>>,
}

impl SavedRun {
    /// Opens `folder`, which is made if it is missing.
    fn open(folder: &Path, resume: bool) -> Result<Self, RunError> {
        std::fs::create_dir_all(folder).map_err(|error| RunError::Log { path: folder.into(), error })?;
        let lock = Lock::take(folder)?;
        let checkpoint = match (folder.join(files::FILE_NAME).exists(), resume) {
            (true, true) => Some(files::load_run(folder)?),
            (true, false) => return Err(RunError::Occupied { folder: folder.into() }),
            (false, _) => None,
        };
        Ok(SavedRun { lock, checkpoint })
    }
}

/// The reports on the epochs that a run has behind it, as far as its history knows them.
fn past_reports(trainer: &Trainer, data: &DataSet) -> Vec<EpochReport> {
    let progress = trainer.progress();
    let samples = trainer.learner().counters().samples - progress.seen as u64;
    let report = |(number, epoch)| {
        let later = u64::from(progress.epoch - number) * data.train.len() as u64;
        let rate = trainer.settings().clock(0, samples.saturating_sub(later)).output_rate;
        EpochReport::new(number, epoch, trainer.about(), rate, None)
    };
    (1..).zip(&progress.history).map(report).collect()
}
