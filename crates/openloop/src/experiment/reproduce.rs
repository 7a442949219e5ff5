//! The paper's tables, row by row, as comparisons beside the published figures.
//!
//! Its cells are those of a comparison with the same settings ([`super::compare()`] with the preset `paper`): both can
//! share a folder, and either uses what the other has finished.

use super::cell::ExperimentObserver;
use super::compare::{self, CompareRequest};
use super::error::ExperimentError;
use super::published::{PaperRow, PaperTask, TRIALS};
use super::reproduction::{Reproduction, ReproductionSection};
use super::runner::{CellContext, CellCount, OnlyRun, Runner};
use super::store::CellStore;
use crate::data::DataSet;
use crate::files::UsedPath;
use crate::kernels::Fast;
use crate::run;
use crate::settings::{ConfigError, Options, Preset, Settings, names};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The part of the paper's epochs that a quick reproduction does.
const QUICK: u32 = 10;

/// What to reproduce, and how much of it.
#[derive(Clone, Debug)]
pub struct ReproductionRequest {
    /// Which table.
    pub task: PaperTask,
    /// One trial and a tenth of the epochs, where `trials` and `options.epochs` say nothing else.
    pub quick: bool,
    /// Trials a rule; none means the paper's.
    pub trials: Option<u32>,
    /// Titles of the rows to do, whatever their case; all if there are none.
    pub only: Vec<String>,
    /// The number of the only run that is done; see [`CompareRequest::only_run`].
    pub only_run: Option<usize>,
    /// The folder of the data, seed, threads and epochs; `out` is the folder in which finished cells are kept and looked
    /// for. Data, network, preset, frozen filters and angles are the table's. What else is set here holds for every
    /// rule, and is then not the paper's.
    pub options: Options,
}

impl ReproductionRequest {
    /// The files that it reads.
    pub fn used_paths(&self) -> Vec<UsedPath> {
        let folder = self.options.data_dir.as_deref();
        self.task.rows().iter().flat_map(|row| UsedPath::data(row.data, folder)).collect()
    }
}

/// A running reproduction.
pub struct Reproducer<'k> {
    kernels: &'k Arc<Fast>,
    store: Option<CellStore>,
    data: Vec<Arc<DataSet>>,
    parts: Vec<PreparedRow>,
    trials: u32,
    count: CellCount,
    only: Option<OnlyRun>,
    result: Reproduction,
}

/// A row, ready to run.
struct PreparedRow {
    row: &'static PaperRow,
    /// Where its data is among the loaded sets.
    data: usize,
    options: Options,
    rules: Vec<Settings>,
}

impl<'k> Reproducer<'k> {
    /// Loads the data and checks the whole request, before anything runs.
    ///
    /// # Errors
    /// A title that the table does not have, numbers out of range, data that are missing or damaged, a folder that cannot
    /// be used.
    pub fn open(request: &ReproductionRequest, kernels: &'k Arc<Fast>) -> Result<Self, ExperimentError> {
        let (task, rows) = (request.task, selected_rows(request.task, &request.only)?);
        let trials = request.trials.unwrap_or(if request.quick { 1 } else { TRIALS });
        let epochs = request.options.epochs.unwrap_or(task.epochs() / if request.quick { QUICK } else { 1 });
        let shortened = shortened(task, trials, epochs, &rows);
        let result = Reproduction { task: task.name().into(), shortened, sections: Vec::new() };
        let options = Options { epochs: Some(epochs), ..request.options.clone() };
        let mut reproducer = Reproducer {
            kernels,
            store: None,
            data: Vec::new(),
            parts: Vec::new(),
            trials,
            count: CellCount::default(),
            only: None,
            result,
        };
        rows.into_iter().try_for_each(|row| reproducer.prepare(row, &options))?;
        reproducer.only = OnlyRun::among(request.only_run, 0, reproducer.count.total)?;
        reproducer.store = CellStore::open(&request.options)?;
        Ok(reproducer)
    }

    fn prepare(&mut self, row: &'static PaperRow, options: &Options) -> Result<(), ExperimentError> {
        let options = Options {
            data: Some(row.data.into()),
            net: Some(row.net.parse().map_err(ConfigError::Net)?),
            preset: Some(Preset::Paper),
            freeze_conv: row.freeze_conv,
            alignment: row.alignment,
            ..options.clone()
        };
        let data = match self.data.iter().position(|data| data.name == row.data) {
            Some(loaded) => loaded,
            None => {
                self.data.push(run::load(&options)?);
                self.data.len() - 1
            }
        };
        let request = comparison_request(&options, row, self.trials);
        let rules = compare::checked_settings(&request, &self.data[data])?;
        self.count.total += compare::cells(&request, &rules);
        self.parts.push(PreparedRow { row, data, options, rules });
        Ok(())
    }

    /// What must be said beside every figure on the data.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.data.iter().filter_map(|data| data.note.as_deref())
    }

    /// Runs the next row, or finds its cells finished. `None` after the last. A cell that diverges is recorded as such,
    /// and the others go on.
    ///
    /// # Errors
    /// Files that cannot be written; [`ExperimentError::Stopped`] when `stop` was set; or [`ExperimentError::OnlyRun`] when the one run
    /// that was asked for is finished.
    pub fn next(
        &mut self,
        observer: &mut dyn ExperimentObserver,
        stop: &AtomicBool,
    ) -> Result<Option<&ReproductionSection>, ExperimentError> {
        let Some(PreparedRow { row, data, options, rules }) = self.parts.get(self.result.sections.len()) else {
            return Ok(None);
        };
        let data = &self.data[*data];
        let (store, section, alignment) = (self.store.as_ref(), Some(row.title), options.alignment);
        let watch = CellContext { observer, stop, store, section, alignment, only: self.only };
        let mut runner = Runner::new(self.kernels, data, self.count, watch);
        let comparison =
            compare::run(&comparison_request(options, row, self.trials), rules.clone(), data, &mut runner)?;
        self.count = runner.count();
        let (title, published, source) = (row.title.into(), row.published(), row.source.into());
        self.result.sections.push(ReproductionSection { title, comparison, published, source });
        Ok(self.result.sections.last())
    }

    /// What was found until now.
    pub fn result(&self) -> &Reproduction {
        &self.result
    }

    /// The result; it is kept beside the cells as `reproduction.json`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(self) -> Result<Reproduction, ExperimentError> {
        if let Some(store) = &self.store {
            store.save_result("reproduction.json", &self.result)?;
        }
        Ok(self.result)
    }
}

/// The row as a comparison.
fn comparison_request<'r>(options: &'r Options, row: &PaperRow, trials: u32) -> CompareRequest<'r> {
    CompareRequest {
        options,
        rules: row.rules,
        control: false,
        trials,
        folds: 0,
        candidates: 0,
        tune_over: &[],
        only_run: None,
    }
}

/// The rows with the given titles, in the table's order.
fn selected_rows(task: PaperTask, only: &[String]) -> Result<Vec<&'static PaperRow>, ConfigError> {
    let is = |row: &PaperRow, title: &str| row.title.eq_ignore_ascii_case(title.trim());
    if let Some(name) = only.iter().find(|title| !task.rows().iter().any(|row| is(row, title))) {
        return Err(names::unknown("row", name, &task.titles().collect::<Vec<_>>()));
    }
    Ok(task.rows().iter().filter(|row| only.is_empty() || only.iter().any(|title| is(row, title))).collect())
}

/// What differs from the paper's amount of work.
fn shortened(task: PaperTask, trials: u32, epochs: u32, rows: &[&PaperRow]) -> Option<String> {
    let count = |n: u32, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut parts = Vec::new();
    if trials != TRIALS {
        parts.push(format!("{} instead of {TRIALS}", count(trials, "trial")));
    }
    if epochs != task.epochs() {
        parts.push(format!("{} instead of {}", count(epochs, "epoch"), task.epochs()));
    }
    if rows.len() < task.rows().len() {
        parts.push(format!("{} of {}", count(rows.len() as u32, "row"), task.rows().len()));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
