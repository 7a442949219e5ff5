//! `openloop reproduce`.

use crate::arguments::ReproduceArguments;
use crate::compare::ended_early;
use crate::failure::Failure;
use crate::progress::CompareProgressBar;
use crate::report::{self, Destination};
use crate::say::say;
use crate::table_of_published as tables;
use crate::train::{print_json, stop_on_interrupt};
use openloop::experiment::{Reproducer, Reproduction, ReproductionRequest};
use openloop::report::Report;
use openloop::run;
use openloop::settings::Options;
use std::process::ExitCode;

/// Runs the rows one after another, shows each as soon as it is complete, and all of them at the end.
pub fn reproduce(mut request: ReproduceArguments) -> Result<ExitCode, Failure> {
    let (json, report) = (request.json, request.report.take());
    let request = to_request(request);
    let destination = Destination::open(report.as_deref(), &request.used_paths(), json)?;
    let kernels = run::kernels(&request.options)?;
    let mut reproducer = Reproducer::open(&request, &kernels)?;
    print_header(&request, &reproducer);
    let (stop, mut shown) = (stop_on_interrupt(), CompareProgressBar::default());
    loop {
        let next = reproducer.next(&mut shown, &stop);
        if !matches!(next, Ok(Some(_))) {
            shown.end();
        }
        match next {
            Ok(Some(_)) if json => {}
            Ok(Some(section)) => {
                let render = |width| tables::section(section, width);
                shown.suspended(|| report::print_beside(destination.as_ref(), render))?;
            }
            Ok(None) => break,
            Err(error) => return ended_early(error),
        }
    }
    let reproduction = reproducer.finish()?;
    // first, so that a closed pipe does not cost the report
    if let Some(destination) = &destination {
        destination.write(&Report::of_reproduction(&reproduction, &report::command()))?;
    }
    print(&reproduction, json, destination.as_ref())
}

fn to_request(request: ReproduceArguments) -> ReproductionRequest {
    let ReproduceArguments { task, quick, trials, epochs, only, out, data_dir, seed, threads, only_run, .. } = request;
    let out = out.or_else(|| Some(format!("runs/reproduce-{task}").into()));
    let options = Options { epochs, out, data_dir, seed, threads, ..Options::default() };
    ReproductionRequest { task, quick, trials, only, only_run, options }
}

/// What the user should know before it begins.
fn print_header(request: &ReproductionRequest, reproducer: &Reproducer<'_>) {
    if let Some(shortened) = &reproducer.result().shortened {
        say!("note: not the paper's amount of work: {shortened}");
    }
    reproducer.notes().for_each(|note| say!("note: {note}"));
    if let Some(folder) = &request.options.out {
        say!("finished runs are kept in {}; Ctrl-C stops, the same command goes on", folder.display());
    }
}

fn print(reproduction: &Reproduction, json: bool, destination: Option<&Destination>) -> Result<ExitCode, Failure> {
    if json {
        print_json(reproduction)?;
    } else {
        report::print_beside(destination, |width| tables::overview(reproduction, width))?;
    }
    let mut rules = reproduction.sections.iter().flat_map(|section| &section.comparison.rules);
    if rules.all(|rule| rule.finished == 0) {
        return Err(Failure::run("every trial diverged"));
    }
    Ok(ExitCode::SUCCESS)
}
