//! Runs the cells of a comparison, or finds them finished.

use super::cell::{self, CellName, CellOutcome, CellPurpose, ExperimentObserver};
use super::error::ExperimentError;
use super::store::{CellStore, Identity, StoredCell};
use crate::data::DataSet;
use crate::kernels::Fast;
use crate::settings::Settings;
use openloop_core::Rule;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is said of finished cells of an older version.
const UNCHECKED: &str =
    "finished runs of an older version carry no checksum and are taken as they are; delete them to run them again";

/// How far a comparison, or several in a row, have come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CellCount {
    /// Cells begun.
    pub begun: usize,
    /// All cells.
    pub total: usize,
}

/// What all cells share: the observer, the stop flag and the store.
pub(super) struct CellContext<'r> {
    pub observer: &'r mut dyn ExperimentObserver,
    pub stop: &'r AtomicBool,
    pub store: Option<&'r CellStore>,
    /// The part of a larger table that the cells belong to.
    pub section: Option<&'r str>,
    /// Whether trials measure the angles of their signals.
    pub alignment: bool,
    /// The only cell that is run; none for all.
    pub only: Option<OnlyRun>,
}

/// The only cell that is run, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnlyRun {
    run: usize,
    searches: usize,
    of: usize,
}

impl OnlyRun {
    /// The cell with the number `run` of `of`, the first `searches` of which belong to a search.
    pub fn among(run: Option<usize>, searches: usize, of: usize) -> Result<Option<Self>, ExperimentError> {
        match run {
            None => Ok(None),
            Some(run) if (1..=of).contains(&run) => Ok(Some(OnlyRun { run, searches, of })),
            Some(run) => Err(ExperimentError::NoSuchRun { run, of }),
        }
    }

    /// What stands for another cell, which is not run. What a search that is not finished would choose is used by no search.
    fn left_out(&self, number: usize) -> Result<CellOutcome, ExperimentError> {
        match self.run > self.searches && number <= self.searches {
            true => Err(ExperimentError::SearchFirst { run: number }),
            false => Ok(CellOutcome::Diverged("left to another process".into())),
        }
    }
}

/// The fingerprint of the rows that cells are told apart by. It is made once for each split: a large data set takes a while.
struct DataFingerprint {
    data: Arc<DataSet>,
    value: u32,
}

impl DataFingerprint {
    fn of(data: &Arc<DataSet>) -> Self {
        DataFingerprint { data: Arc::clone(data), value: data.fingerprint() }
    }

    /// Takes the data of a trial; a search is told apart by the whole of the data, of which it holds rows back.
    fn renew(&mut self, purpose: CellPurpose, data: &Arc<DataSet>) {
        if purpose == CellPurpose::Trial && !Arc::ptr_eq(&self.data, data) {
            *self = Self::of(data);
        }
    }
}

/// Runs cells, or finds them finished.
pub(super) struct Runner<'r> {
    kernels: &'r Arc<Fast>,
    observer: &'r mut dyn ExperimentObserver,
    stop: &'r AtomicBool,
    store: Option<&'r CellStore>,
    section: Option<&'r str>,
    alignment: bool,
    only: Option<OnlyRun>,
    /// Of the data of the last cell.
    fingerprint: DataFingerprint,
    /// Cells begun, and all there will be.
    count: CellCount,
    /// Whether it was said that finished cells carry no checksum.
    has_said_unchecked: bool,
    /// The rules that have learned in this process.
    warm_rules: Vec<Rule>,
}

impl<'r> Runner<'r> {
    /// For cells on `data`, of which `count` says how many began before.
    pub fn new(kernels: &'r Arc<Fast>, data: &Arc<DataSet>, count: CellCount, watch: CellContext<'r>) -> Self {
        let CellContext { observer, stop, store, section, alignment, only } = watch;
        let fingerprint = DataFingerprint::of(data);
        Runner {
            kernels,
            observer,
            stop,
            store,
            section,
            alignment,
            only,
            fingerprint,
            count,
            has_said_unchecked: false,
            warm_rules: Vec::new(),
        }
    }

    /// How far it has come.
    pub fn count(&self) -> CellCount {
        self.count
    }

    /// Threads that cells run on.
    pub fn threads(&self) -> usize {
        self.kernels.threads()
    }

    /// The outcome of the cell with these settings.
    pub fn cell(
        &mut self,
        purpose: CellPurpose,
        settings: &Settings,
        data: &Arc<DataSet>,
    ) -> Result<CellOutcome, ExperimentError> {
        self.count.begun += 1;
        let number = self.count.begun;
        match self.only {
            None => self.run_or_find(purpose, settings, data),
            Some(OnlyRun { run, searches, of }) if run == number => {
                self.run_or_find(purpose, settings, data)?;
                Err(ExperimentError::OnlyRun { run, of, searches })
            }
            // a trial needs what the search before it found
            Some(only) if purpose == CellPurpose::Search => {
                self.fingerprint.renew(purpose, data);
                let found = self.find(&self.identity(purpose, settings, data))?;
                found.map_or_else(|| only.left_out(number), Ok)
            }
            Some(only) => only.left_out(number),
        }
    }

    fn run_or_find(
        &mut self,
        purpose: CellPurpose,
        settings: &Settings,
        data: &Arc<DataSet>,
    ) -> Result<CellOutcome, ExperimentError> {
        let name = CellName {
            rule: settings.rule.name().into(),
            seed: settings.seed,
            purpose,
            lr: settings.rate,
            epochs: settings.epochs,
            alignment: self.alignment && purpose == CellPurpose::Trial,
            section: self.section.map(String::from),
            number: self.count.begun,
            of: self.count.total,
        };
        self.observer.on_cell_start(&name);
        self.fingerprint.renew(purpose, data);
        let identity = self.identity(purpose, settings, data);
        if let Some(outcome) = self.find(&identity)? {
            self.observer.on_cell_end(&name, &outcome, true);
            return Ok(outcome);
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(self.stopped());
        }
        if !self.warm_rules.contains(&settings.rule) {
            if self.warm_rules.is_empty() {
                cell::warm_up_threads(self.kernels);
            }
            cell::warm_up(settings, data, self.kernels)?;
            self.warm_rules.push(settings.rule);
        }
        let outcome = cell::train(&name, settings, data, self.kernels, self.observer, self.stop)?;
        let outcome = outcome.ok_or_else(|| self.stopped())?;
        if let Some(store) = self.store {
            store.save(&identity, &outcome)?;
        }
        self.observer.on_cell_end(&name, &outcome, false);
        Ok(outcome)
    }

    fn identity(&self, purpose: CellPurpose, settings: &Settings, data: &Arc<DataSet>) -> Identity {
        Identity {
            version: env!("CARGO_PKG_VERSION").into(),
            purpose,
            settings: settings.saved(),
            epochs: settings.epochs,
            data: data.name.clone(),
            fingerprint: self.fingerprint.value,
            threads: self.kernels.threads(),
            alignment: self.alignment && purpose == CellPurpose::Trial,
        }
    }

    fn find(&mut self, identity: &Identity) -> Result<Option<CellOutcome>, ExperimentError> {
        let Some(store) = self.store else { return Ok(None) };
        match store.find(identity)? {
            StoredCell::Cell { outcome, has_checksum } => {
                if !has_checksum && !std::mem::replace(&mut self.has_said_unchecked, true) {
                    self.observer.on_notice(UNCHECKED);
                }
                Ok(Some(*outcome))
            }
            StoredCell::Nothing => Ok(None),
            StoredCell::Damaged(path) => {
                self.observer
                    .on_notice(&format!("{}: not a finished run of this comparison; run again", path.display()));
                Ok(None)
            }
            StoredCell::Altered(path) => {
                let path = path.display();
                self.observer
                    .on_notice(&format!("{path}: changed since it was written (its checksum does not fit); run again"));
                Ok(None)
            }
        }
    }

    fn stopped(&self) -> ExperimentError {
        let kept = self.store.map(|store| store.folder().into());
        ExperimentError::Stopped { done: self.count.begun - 1, of: self.count.total, kept }
    }
}
