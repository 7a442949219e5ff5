//! `openloop compare`.

use crate::arguments::CompareArguments;
use crate::curves;
use crate::failure::Failure;
use crate::progress::CompareProgressBar;
use crate::report::{self, Destination};
use crate::say::say;
use crate::table;
use crate::train::{print_json, say_what_was_understood, stop_on_interrupt};
use openloop::experiment::{self, CompareRequest, Comparison, ExperimentError};
use openloop::files::{Output, OutputKind, UsedPath};
use openloop::report::Report;
use openloop::run::{self, RunError};
use openloop::settings::Options;
use std::path::Path;
use std::process::ExitCode;

/// Runs of each rule unless something else is asked for.
const TRIALS: u32 = 5;

/// Compares, shows it, and prints the result.
pub fn compare(request: CompareArguments) -> Result<ExitCode, Failure> {
    let CompareArguments { rules, trials, folds, tune, tune_over, report, csv, only_run, train } = request;
    if train.options.rule.is_some() {
        return Err(Failure::request("compare takes a list of rules: --rules NAME,NAME instead of --rule"));
    }
    if tune == 0 && !tune_over.is_empty() {
        return Err(Failure::request("--tune-over says what a search varies; say how many candidates with --tune N"));
    }
    let file = train.config.as_deref().map(Options::from_toml).transpose()?.unwrap_or_default();
    let mut options = train.options.over(file);
    if only_run.is_some() && options.out.is_none() {
        return Err(Failure::request("--only-run keeps its run in a folder: name it with --out DIR"));
    }
    // a report shows the angles
    options.alignment |= report.is_some();
    if options.resume && options.out.is_none() {
        return Err(RunError::ResumeNeedsOut.into());
    }
    let data = options.data_request();
    let mut used = UsedPath::data(data.name, data.folder);
    used.extend(train.config.map(|path| UsedPath::new("the options (--config)", path)));
    let destination = Destination::open(report.as_deref(), &used, options.json)?;
    if options.json && csv.as_deref() == Some(Path::new("-")) {
        return Err(Failure::request("--csv -: standard output is for the JSON object; name a file"));
    }
    let curves =
        csv.map(|path| Output::open(&path, OutputKind::Curves, &used)).transpose().map_err(Failure::opening)?;
    let kernels = run::kernels(&options)?;
    let data = run::load(&options)?;
    say_what_was_understood(&data);
    if let Some(note) = &data.note {
        say!("note: {note}");
    }
    let (folds, candidates, tune_over) = (folds.unwrap_or(0), tune, &tune_over[..]);
    let trials = trials.unwrap_or(if folds > 0 { folds } else { TRIALS });
    let request = CompareRequest {
        options: &options,
        rules: &rules,
        control: true,
        trials,
        folds,
        candidates,
        tune_over,
        only_run,
    };
    let (stop, mut shown) = (stop_on_interrupt(), CompareProgressBar::default());
    let ended = experiment::compare(&request, &data, &kernels, &mut shown, &stop);
    shown.end();
    match ended {
        Ok(comparison) => {
            if let Some(curves) = &curves {
                curves::write(&comparison, curves)?;
            }
            show(&comparison, options.json, destination.as_ref())
        }
        Err(error) => ended_early(error),
    }
}

/// What is said of runs that did not all take place: because of Ctrl-C, because one was asked for, or by an error.
pub fn ended_early(error: ExperimentError) -> Result<ExitCode, Failure> {
    match error {
        ExperimentError::Stopped { done, of, kept } => Ok(stopped(done, of, kept.as_deref())),
        ExperimentError::OnlyRun { run, of, searches } => {
            print_json(&serde_json::json!({ "run": run, "of": of, "searches": searches }))?;
            Ok(ExitCode::SUCCESS)
        }
        error => Err(error.into()),
    }
}

fn show(comparison: &Comparison, json: bool, destination: Option<&Destination>) -> Result<ExitCode, Failure> {
    // first, so that a closed pipe does not cost the report
    if let Some(destination) = destination {
        destination.write(&Report::of_comparison(comparison, &report::command()))?;
    }
    if json {
        print_json(comparison)?;
    } else {
        report::print_beside(destination, |width| table::render(comparison, width))?;
    }
    if comparison.rules.iter().all(|rule| rule.finished == 0) {
        return Err(Failure::run("every trial diverged; a smaller --lr may help"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Says how far it came and how to go on.
fn stopped(done: usize, of: usize, kept: Option<&Path>) -> ExitCode {
    match kept {
        Some(folder) => {
            say!("stopped after {done} of {of} runs, kept in {}; go on with the same command", folder.display());
        }
        None => say!("stopped after {done} of {of} runs; nothing is kept without --out DIR"),
    }
    ExitCode::from(130)
}
