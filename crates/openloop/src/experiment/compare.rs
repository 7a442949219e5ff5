//! The comparison: which cells there are, in which order they run, and what becomes of them.

use super::analysis;
use super::cell::{CellOutcome, CellPurpose, ExperimentObserver};
use super::error::ExperimentError;
use super::result::{Comparison, Variation};
use super::runner::{CellContext, CellCount, OnlyRun, Runner};
use super::search::{self, Budget, MAX_CANDIDATES, MAX_RANDOM, Search, TunedSetting};
use super::store::CellStore;
use crate::data::{DataSet, SplitKind};
use crate::kernels::Fast;
use crate::settings::names;
use crate::settings::{Arithmetic, ConfigError, Options, Settings};
use openloop_core::Rule;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Trials at most.
const MAX_TRIALS: u32 = 10_000;

/// What to compare.
#[derive(Clone, Copy, Debug)]
pub struct CompareRequest<'r> {
    /// Everything but the rule. `lr` and `hidden_lr`, where given, hold for all rules. `out` is the folder in which
    /// finished cells are kept and looked for.
    pub options: &'r Options,
    /// The rules by name; the first is what the others are compared with.
    pub rules: &'r [Rule],
    /// Whether `shallow`, the control, is added where it is missing.
    pub control: bool,
    /// Trials a rule.
    pub trials: u32,
    /// Trials that are the folds of a cross-validation: each tests on another part of the rows; 0 for none.
    pub folds: u32,
    /// Candidates tried for each rule before its trials; 0 takes the given settings or the preset's.
    pub candidates: u32,
    /// What varies from candidate to candidate; the learning rate alone is searched on a grid.
    pub tune_over: &'r [TunedSetting],
    /// The number of the only run that is done, counted from 1 in the order of [`super::CellName::number`]; none for all. Several
    /// processes can so share a comparison: each does one run into a folder, and a last one finds all of them.
    pub only_run: Option<usize>,
}

/// Compares rules on the same network, data, seeds and budget.
///
/// Every rule gets the epochs and the batch of the first. The rows of a CSV file are split anew for each trial, by its
/// number, unless `options.split_seed` or a search of the rates asks for one split ([`Comparison::varies`]). Cells run
/// one after another, all rules of a seed before the next seed, so that a machine that slows down does so for all rules. A cell that diverges is recorded as such, and the
/// others go on. With a folder, a cell that was finished before under exactly the same settings, data, threads and
/// version is used again; `options.resume` changes nothing.
///
/// # Errors
/// A request that is wrong, found before anything runs; files that cannot be written; or [`ExperimentError::Stopped`]
/// when `stop` was set; or [`ExperimentError::OnlyRun`] when the one run that was asked for is finished.
pub fn compare(
    request: &CompareRequest<'_>,
    data: &Arc<DataSet>,
    kernels: &Arc<Fast>,
    observer: &mut dyn ExperimentObserver,
    stop: &AtomicBool,
) -> Result<Comparison, ExperimentError> {
    let rules = checked_settings(request, data)?;
    let count = CellCount { begun: 0, total: cells(request, &rules) };
    let only = OnlyRun::among(request.only_run, rules.len() * request.candidates as usize, count.total)?;
    let store = CellStore::open(request.options)?;
    let alignment = request.options.alignment;
    let watch = CellContext { observer, stop, store: store.as_ref(), section: None, alignment, only };
    let comparison = run(request, rules, data, &mut Runner::new(kernels, data, count, watch))?;
    if let Some(store) = &store {
        store.save_result("comparison.json", &comparison)?;
    }
    Ok(comparison)
}

/// The number of cells of a comparison.
pub(super) fn cells(request: &CompareRequest<'_>, rules: &[Settings]) -> usize {
    rules.len() * (request.trials as usize + request.candidates as usize)
}

/// Runs all cells of `request`; `rules` are their checked settings.
pub(super) fn run(
    request: &CompareRequest<'_>,
    mut rules: Vec<Settings>,
    data: &Arc<DataSet>,
    runner: &mut Runner<'_>,
) -> Result<Comparison, ExperimentError> {
    let (budget, searches) = tune(request, &mut rules, data, runner)?;
    let varies = variation(request, data);
    let mut outcomes: Vec<Vec<CellOutcome>> = vec![Vec::new(); rules.len()];
    for trial in 0..u64::from(request.trials) {
        let split_seed = rules[0].split_seed + if varies == Variation::SeedsAndSplits { trial } else { 0 };
        let data = match varies {
            Variation::Folds => fold_data(data, rules[0].split_seed, trial as u32, request.folds),
            _ => trial_data(data, rules[0].split_seed, split_seed),
        };
        for (settings, outcomes) in rules.iter().zip(&mut outcomes) {
            let settings = Settings { seed: settings.seed + trial, split_seed, ..settings.clone() };
            outcomes.push(runner.cell(CellPurpose::Trial, &settings, &data)?);
        }
    }
    let finding = analysis::CellOutcomes { rules: &rules, outcomes: &outcomes, searches, budget, varies };
    analysis::comparison(finding, data, runner.threads())
}

/// What differs from trial to trial. Rates that were searched for saw the training rows of one split: then all trials
/// keep to that split, so that none is tested on rows that chose its rate.
fn variation(request: &CompareRequest<'_>, data: &DataSet) -> Variation {
    let Options { split_seed, split, test, .. } = &request.options;
    let is_fixed = test.is_some() || split.is_some_and(|split| split != SplitKind::Random);
    let is_given = is_fixed || split_seed.is_some() || request.candidates > 0;
    if request.folds > 0 {
        return Variation::Folds;
    }
    match data.has_a_drawn_split() && !is_given && request.trials > 1 {
        true => Variation::SeedsAndSplits,
        false => Variation::Seeds,
    }
}

/// The data split by the seed `wanted`; as they were loaded, by the seed `loaded`, where that is the same split.
fn trial_data(data: &Arc<DataSet>, loaded: u64, wanted: u64) -> Arc<DataSet> {
    let anew = if wanted == loaded { None } else { data.split_by(loaded, wanted) };
    anew.map_or_else(|| Arc::clone(data), Arc::new)
}

/// The data of one fold.
fn fold_data(data: &Arc<DataSet>, loaded: u64, fold: u32, folds: u32) -> Arc<DataSet> {
    data.fold(loaded, fold, folds).map_or_else(|| Arc::clone(data), Arc::new)
}

/// Refuses folds that the data cannot have.
fn check_folds(request: &CompareRequest<'_>, data: &DataSet) -> Result<(), ConfigError> {
    let folds = request.folds;
    let refused = |reason: String| Err(ConfigError::Folds { folds, reason });
    let Options { split, test, .. } = request.options;
    let rows = data.train.len() + data.test.len();
    match (folds, data.smallest_class()) {
        (0, _) => Ok(()),
        (1, _) => refused("one fold leaves no rows to train on; take 2 or more".into()),
        _ if !data.has_folds() => refused(format!(
            "the test rows of \"{}\" cannot be drawn row by row; leave --folds out, or compare on the rows of a CSV file",
            data.name
        )),
        _ if test.is_some() || split.is_some() => {
            refused("--test or --split says which rows are tested; leave one of the two out".into())
        }
        _ if request.candidates > 0 => {
            refused("--tune holds rows back that the folds test on; leave one of the two out".into())
        }
        _ if !data.has_a_drawn_split() => check_folds_of_groups(request, data),
        (_, Some((class, of_class))) if of_class < folds as usize => {
            refused(format!("class \"{class}\" has {of_class} rows; take fewer folds, or add rows of it"))
        }
        _ if rows < 2 * folds as usize => refused(format!("there are {rows} rows; take fewer folds")),
        _ => Ok(()),
    }
}

/// Refuses folds of whole groups, or of blocks of windows that share rows, where there are too few, or where one would leave no row of a class to train on.
fn check_folds_of_groups(request: &CompareRequest<'_>, data: &DataSet) -> Result<(), ConfigError> {
    let folds = request.folds;
    let refused = |reason: String| Err(ConfigError::Folds { folds, reason });
    let groups = data.groups().unwrap_or(0);
    if groups < folds as usize {
        let is_group = data.columns.as_ref().is_some_and(|columns| columns.group().is_some());
        let what = if is_group { "groups" } else { "blocks of windows that share no row" };
        return refused(format!("there are {groups} {what}; take fewer folds"));
    }
    match data.class_without_training_rows(request.options.split_seed.unwrap_or(0), folds) {
        Some((fold, class)) => refused(format!(
            "fold {} would test all parts with class \"{class}\" and leave none to train on; take other folds or another --split-seed",
            fold + 1
        )),
        None => Ok(()),
    }
}

/// The checked settings of every rule, with the first trial's seed.
pub(super) fn checked_settings(
    request: &CompareRequest<'_>,
    data: &Arc<DataSet>,
) -> Result<Vec<Settings>, ExperimentError> {
    within("trials", request.trials, 1..=MAX_TRIALS, "from 1 to 10,000")?;
    check_folds(request, data)?;
    match is_grid(request.tune_over) {
        true => within("tune", request.candidates, 0..=MAX_CANDIDATES, "from 0 to 25")?,
        false => {
            within("tune", request.candidates, 2..=MAX_RANDOM, "from 2 to 1,000, as --tune-over says what is drawn")?
        }
    }
    if request.options.validation.is_some() || request.options.patience.is_some() {
        return Err(ConfigError::NotCompared.into());
    }
    let mut rules = request.rules.to_vec();
    if rules.is_empty() {
        return Err(ExperimentError::NoRule { known: names::known::<Rule>() });
    }
    if let Some(twice) = (1..rules.len()).find(|k| rules[..*k].contains(&rules[*k])) {
        return Err(ExperimentError::Twice { rule: rules[twice].to_string() });
    }
    if request.control && !rules.contains(&Rule::Shallow) {
        rules.push(Rule::Shallow);
    }
    let ask = |rule: Rule| Options {
        rule: Some(rule),
        // the other rules have no such choice
        readout: request.options.readout.filter(|_| rule == Rule::LocalError),
        ..request.options.clone()
    };
    let first = ask(rules[0]).complete(data)?;
    if first.arithmetic == Arithmetic::Int8 {
        let (value, range) = ("asked for".into(), "of f32 runs; train each rule on its own");
        return Err(ConfigError::Integer { what: "a comparison", value, range }.into());
    }
    if first.seed.checked_add(u64::from(request.trials)).is_none() {
        let value = first.seed.to_string();
        return Err(ConfigError::Range { what: "seed", value, range: "small enough to count the trials on" }.into());
    }
    let same_budget = |rule: Rule| {
        Options { epochs: Some(first.epochs), batch: Some(first.batch), ..ask(rule) }.complete(data).map_err(Into::into)
    };
    rules.into_iter().map(same_budget).collect()
}

fn within(
    what: &'static str,
    value: u32,
    allowed: std::ops::RangeInclusive<u32>,
    range: &'static str,
) -> Result<(), ConfigError> {
    if allowed.contains(&value) { Ok(()) } else { Err(ConfigError::Range { what, value: value.to_string(), range }) }
}

/// Whether the learning rate alone varies.
fn is_grid(over: &[TunedSetting]) -> bool {
    matches!(over, [] | [TunedSetting::Rate])
}

/// Searches every rule's settings, where that is asked for, and puts the best into them.
fn tune(
    request: &CompareRequest<'_>,
    rules: &mut [Settings],
    data: &Arc<DataSet>,
    runner: &mut Runner<'_>,
) -> Result<(Option<Budget>, Vec<Option<Search>>), ExperimentError> {
    let (candidates, over) = (request.candidates, request.tune_over);
    let (epochs, seed) = (rules[0].epochs, rules[0].seed);
    if candidates == 0 {
        return Ok((None, vec![None; rules.len()]));
    }
    let data = Arc::new(DataSet::clone(data).for_tuning());
    let (rows, validation_rows) = (data.train.len() as u64, data.test.len());
    if validation_rows == 0 {
        let (value, range) = (candidates.to_string(), "0 for so few training rows: none can be held back");
        return Err(ConfigError::Range { what: "tune", value, range }.into());
    }
    let mut searches = Vec::new();
    for settings in rules {
        let tried = match is_grid(over) {
            true => search::grid(settings, candidates),
            false => search::draw(settings, candidates, over),
        };
        let outcomes: Result<Vec<_>, _> = tried.iter().map(|s| runner.cell(CellPurpose::Search, s, &data)).collect();
        let search = match is_grid(over) {
            true => search::choose_best(&tried, &outcomes?),
            false => search::choose_drawn(&tried, &outcomes?, over),
        };
        *settings = tried[search.chosen].clone();
        searches.push(Some(search));
    }
    let samples = u64::from(epochs) * rows;
    let name = if is_grid(over) { search::NAME } else { search::RANDOM_NAME };
    Ok((Some(Budget { name: name.into(), seed, candidates, epochs, samples, validation_rows }), searches))
}
