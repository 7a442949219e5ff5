//! One cell of a comparison: a run of one rule with one seed, measured, and what became of it.

use crate::data::DataSet;
use crate::kernels::Fast;
use crate::learner::Trainer;
use crate::run::metrics::EpochReport;
use crate::run::{self, Finished, Run, RunError, Summary};
use crate::settings::{Options, Settings};
use openloop_core::weights::Weights;
use openloop_core::{Activation, Dense, Kernels};
use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Learning steps that are thrown away before a rule's first cell, so that it is not the one to pay for rooms that the
/// kernels make once in a process.
const WARM_UP_STEPS: usize = 2;
/// Epochs of a curve that room is made for beforehand, so that it does not count as learning's.
const MAX_RESERVED_EPOCHS: u32 = 10_000;
/// Epochs whose mean is the figure that rules are compared by.
pub(super) const LAST_EPOCHS: usize = 10;

/// What a cell is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellPurpose {
    /// One rate of the search, judged on validation rows.
    Search,
    /// One trial of the comparison, judged on the test rows.
    Trial,
}

/// Which cell it is.
#[derive(Clone, Debug, PartialEq)]
pub struct CellName {
    /// The learning rule.
    pub rule: String,
    /// The seed.
    pub seed: u64,
    /// What it is for.
    pub purpose: CellPurpose,
    /// The learning rate of the output layer.
    pub lr: f32,
    /// Passes over the training rows.
    pub epochs: u32,
    /// Whether the angles of its signals are measured.
    pub alignment: bool,
    /// The part of a larger table that it belongs to.
    pub section: Option<String>,
    /// Its number, counted from 1.
    pub number: usize,
    /// The number of all cells.
    pub of: usize,
}

/// How a comparison is shown while it goes on.
pub trait ExperimentObserver: Send {
    /// A cell begins.
    fn on_cell_start(&mut self, cell: &CellName);
    /// A learning step is done: `seen` of `rows` samples of epoch `epoch` (counted from 1).
    fn on_step(&mut self, cell: &CellName, epoch: u32, seen: usize, rows: usize);
    /// A cell is done; `reused` if it was found finished in the folder.
    fn on_cell_end(&mut self, cell: &CellName, outcome: &CellOutcome, reused: bool);
    /// Something that the user should know.
    fn on_notice(&mut self, text: &str);
}

/// The outcome of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellOutcome {
    /// It came to its end.
    Finished {
        /// What it found.
        trial: Box<Trial>,
        /// Every epoch.
        curve: Vec<EpochReport>,
    },
    /// The numbers ran away: where and what.
    Diverged(String),
}

/// A finished run of a comparison: what `train` says of it, and its memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// What `train` says. `peak_bytes` is counted from the start of the trial, the data included.
    #[serde(flatten)]
    pub summary: Summary,
    /// Bytes that survive from step to step, by the plan: weights, optimizer state, feedback matrices.
    pub persistent_bytes: usize,
    /// Bytes that a learning step needs beside them, by the plan.
    pub transient_bytes: usize,
    /// The most that the allocator had handed out during the learning steps of the first epoch, beyond what it had
    /// before the trial: both of the above, the batch's inputs and targets, the order of the samples, the features kept of
    /// a frozen front end, and the room that the matrix products take while they run. 0 when allocations are not counted.
    pub learning_peak_bytes: usize,
}

impl CellOutcome {
    /// The figure that rules are compared by, smaller is better: the mean of the test error over the last ten epochs (or
    /// of all, if fewer), in percent; for a regression that of the root mean squared error in the target's unit,
    /// or of the test loss where there is no unit or more than one target. `None` if it diverged.
    pub fn figure(&self) -> Option<f64> {
        let CellOutcome::Finished { trial, curve } = self else { return None };
        let last = &curve[curve.len().saturating_sub(LAST_EPOCHS)..];
        let value = |epoch: &EpochReport| epoch.test_rmse.unwrap_or(epoch.test_loss);
        let loss = super::statistics::mean(&last.iter().map(value).collect::<Vec<_>>());
        trial.summary.test_error_last10_mean.or(loss)
    }
}

/// The options that ask for exactly these settings.
fn options(settings: &Settings, alignment: bool) -> Options {
    Options { epochs: Some(settings.epochs), alignment, ..settings.saved().options() }
}

/// Trains from the beginning to the end. `None` if it was asked to stop on the way.
pub(super) fn train(
    name: &CellName,
    settings: &Settings,
    data: &Arc<DataSet>,
    kernels: &Arc<Fast>,
    observer: &mut dyn ExperimentObserver,
    stop: &AtomicBool,
) -> Result<Option<CellOutcome>, RunError> {
    let curve = Vec::with_capacity(settings.epochs.min(MAX_RESERVED_EPOCHS) as usize);
    let before = PeakAlloc.current_usage();
    let mut run = Run::open(&options(settings, name.alignment), data, kernels)?;
    let plan = run.trainer().plan();
    PeakAlloc.reset_peak_usage();
    let mut recorder = Recorder { name, observer, curve, peak: before };
    match run.train(&mut recorder, stop) {
        Ok(Finished::Done(summary)) => {
            // in a comparison a rule is called as it was listed
            let trial = Trial {
                summary: Summary { rule: name.rule.clone(), ..*summary },
                persistent_bytes: plan.persistent_bytes(),
                transient_bytes: plan.transient_bytes(),
                learning_peak_bytes: recorder.peak - before,
            };
            Ok(Some(CellOutcome::Finished { trial: Box::new(trial), curve: recorder.curve }))
        }
        Ok(Finished::Stopped { .. }) => Ok(None),
        Err(RunError::Diverged { diverged, .. }) => Ok(Some(CellOutcome::Diverged(diverged.to_string()))),
        Err(error) => Err(error),
    }
}

/// A small product on every thread, so that each makes the room now that it keeps for products.
pub(super) fn warm_up_threads(kernels: &Arc<Fast>) {
    const SIDE: usize = 32;
    let layer = Dense { inputs: SIDE, outputs: SIDE, activation: Activation::Identity };
    let product = || {
        kernels.dense_forward(
            &layer,
            Weights::in_rows(&[0.0; SIDE * SIDE + SIDE]),
            &[0.0; SIDE * SIDE],
            &mut [0.0; SIDE * SIDE],
        )
    };
    // with a single thread there is no pool, and its first steps do the same
    if kernels.threads() > 1 {
        kernels.run(|| rayon::broadcast(|_| product()));
    }
}

/// A few learning steps of a network that is thrown away; not behind a frozen front end, whose features for all rows
/// would have to be made first.
pub(super) fn warm_up(settings: &Settings, data: &Arc<DataSet>, kernels: &Arc<Fast>) -> Result<(), RunError> {
    if settings.frozen_layers() > 0 {
        return Ok(());
    }
    let mut trainer = Trainer::new(settings.clone(), Arc::clone(data), Arc::clone(kernels))?;
    let mut steps = 0;
    // a network that diverges in its first steps will say so in its own run
    let _ = trainer.train_epoch(&mut |_| {
        steps += 1;
        if steps < WARM_UP_STEPS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    Ok(())
}

/// Keeps the curve and the peak while the run is shown.
struct Recorder<'r> {
    name: &'r CellName,
    observer: &'r mut dyn ExperimentObserver,
    curve: Vec<EpochReport>,
    peak: usize,
}

impl run::RunObserver for Recorder<'_> {
    fn on_step(&mut self, epoch: u32, seen: usize, rows: usize) {
        // the first evaluation, which has a plan of its own, comes after the first epoch
        if epoch == 1 {
            self.peak = self.peak.max(PeakAlloc.peak_usage());
        }
        self.observer.on_step(self.name, epoch, seen, rows);
    }

    fn on_epoch(&mut self, report: &EpochReport) {
        self.curve.push(report.clone());
    }
}
