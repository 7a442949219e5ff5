//! `openloop train`.

use crate::arguments::TrainArguments;
use crate::failure::Failure;
use crate::model_report::ReportedModel;
use crate::number::significant;
use crate::progress::TrainProgressBar;
use crate::report::{self, Destination};
use crate::say::say;
use crate::terminal;
use openloop::data::{DataSet, TableSummary};
use openloop::files::{self, UsedPath};
use openloop::run::{self, Finished, Run, Summary};
use openloop::settings::Options;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Trains, shows it, and prints the result.
pub fn train(TrainArguments { train: request, from, report }: TrainArguments) -> Result<ExitCode, Failure> {
    let file = request.config.as_deref().map(Options::from_toml).transpose()?.unwrap_or_default();
    let options = request.options.over(file);
    let asked = options.data_request();
    let mut used = UsedPath::data(asked.name, asked.folder);
    used.extend(request.config.map(|path| UsedPath::new("the options (--config)", path)));
    let destination = Destination::open(report.as_deref(), &used, options.json)?;
    let kernels = run::kernels(&options)?;
    let start = from.map(|file| files::load(&file)).transpose()?;
    let data = run::load_for(&options, start.as_ref())?;
    say_what_was_understood(&data);
    let mut run = Run::open_from(&options, start, &data, &kernels)?;
    print_header(&run, &data);
    run.notices().iter().for_each(|notice| say!("{notice}"));
    let stop = stop_on_interrupt();
    let mut shown = TrainProgressBar::new(run.trainer().settings().epochs);
    let ended = run.train(&mut shown, &stop);
    shown.end();
    match ended? {
        Finished::Done(summary) => {
            if let Some(destination) = &destination {
                let (model, curve) = (run.trainer().model(), run.epoch_reports());
                let tested = ReportedModel { model: &model, kernels: &kernels, rows: &data.test, curve: &curve };
                destination.write_page(&tested.page(summary.rule.as_str(), &data.name, data.note.as_deref())?)?;
            }
            match options.json {
                true => print_json(&*summary)?,
                false => report::print_text_beside(destination.as_ref(), &describe(&summary, &options))?,
            }
        }
        Finished::Stopped { saved, epoch } => return Ok(stopped(epoch, saved.as_deref())),
    }
    Ok(ExitCode::SUCCESS)
}

/// Says how far it came and how to go on.
fn stopped(epochs: u32, saved: Option<&Path>) -> ExitCode {
    match saved {
        Some(folder) => {
            say!("stopped after {epochs} whole epochs; saved in {}", folder.display());
            say!("go on with the same command and --resume");
        }
        None => say!("stopped after {epochs} whole epochs; nothing is kept without --out DIR"),
    }
    ExitCode::from(130)
}

/// Says what was understood of a user's own files.
pub fn say_what_was_understood(data: &DataSet) {
    if let Some(table) = &data.table {
        say_understood(&data.name, table);
    }
    if let Some(understood) = &data.understood {
        say!("{}: {understood}", data.name);
    }
}

/// Says what was understood of a table.
pub fn say_understood(name: &str, table: &TableSummary) {
    say!("{name}: {table}");
    table.hints().iter().for_each(|hint| say!("note: {hint}"));
}

fn print_header(run: &Run, data: &DataSet) {
    let (trainer, settings) = (run.trainer(), run.trainer().settings());
    let layers: Vec<String> =
        trainer.learner().network().layers().iter().filter(|l| l.learns()).map(|l| l.outputs().to_string()).collect();
    let (lasting, step) = trainer.planned_bytes();
    say!(
        "{} on {}: {}-{}, {} training{} and {} test {}, batch {}",
        settings.rule.name(),
        data.name,
        data.shape.size(),
        layers.join("-"),
        data.train.len(),
        data.validation.as_ref().map_or_else(String::new, |rows| format!(", {} validation", rows.len())),
        data.test.len(),
        if data.columns.as_ref().is_some_and(|columns| columns.windows().is_some()) { "windows" } else { "rows" },
        settings.batch
    );
    say!("memory: {} for weights, optimizer and feedback; {} for a learning step", bytes(lasting), bytes(step));
    if let Some(note) = &data.note {
        say!("note: {note}");
    }
    if trainer.learner().counters().steps > 0 {
        say!("resuming after {} whole epochs, step {}", trainer.progress().epoch, trainer.learner().counters().steps);
    }
}

/// A duration a person can read.
fn duration(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.1} ms", 1e3 * seconds) } else { format!("{seconds:.2} s") }
}

/// A size a person can read.
pub fn bytes(n: usize) -> String {
    match n {
        0..10_000 => format!("{n} bytes"),
        10_000..10_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}

/// A flag that Ctrl-C (or the system's polite request to end) sets; a second one ends the process at once.
pub fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            // the line under way may be a bar
            say!("{}stopped at once", if terminal::error_width().is_some() { "\n" } else { "" });
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        say!("note: Ctrl-C will end the run without saving ({error})");
    }
    stop
}

pub fn print_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(Failure::run)?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// The figures of a regression: in the unit of its targets, if they have one.
fn describe_values(summary: &Summary) -> String {
    let (Some(rmse), Some(mae), Some(mean)) = (summary.test_rmse, summary.test_mae, summary.test_rmse_of_mean) else {
        return format!("test loss {:.4}  (training {:.4})\n", summary.test_loss, summary.train_loss);
    };
    let r2 = summary.test_r2.map_or_else(|| "none, as the targets are all the same".into(), |r2| format!("{r2:.4}"));
    let [rmse, mae, mean] = [rmse, mae, mean].map(significant);
    format!("test RMSE {rmse} (answering the mean: {mean}), MAE {mae}, R2 {r2}\n")
}

/// Which epoch the figures are of, where validation rows chose it.
fn describe_best(summary: &Summary) -> String {
    match (summary.best_epoch, summary.validation_error, summary.validation_loss) {
        (Some(epoch), Some(error), _) => {
            format!("best on the validation rows: epoch {epoch}, error {error:.2} %; kept\n")
        }
        (Some(epoch), None, Some(loss)) => {
            format!("best on the validation rows: epoch {epoch}, loss {loss:.4}; kept\n")
        }
        _ => String::new(),
    }
}

/// What a finished run is told with.
fn describe(summary: &Summary, options: &Options) -> String {
    let mut text = describe_best(summary);
    text += &match summary.test_error {
        Some(error) => format!("test error {error:.2} %  (training {:.2} %)\n", summary.train_error.unwrap_or(0.0)),
        None => describe_values(summary),
    };
    text += &format!(
        "{} epochs, {} each, {:.0} samples a second, {} parameters, at most {} of memory\n",
        summary.epochs,
        duration(summary.seconds_per_epoch),
        summary.samples_per_second,
        summary.parameters,
        bytes(summary.peak_bytes)
    );
    if let Some(saturated) = summary.saturated {
        text += &format!("int8: {saturated} changes of a weight saturated\n");
    }
    text + &match &options.out {
        Some(folder) => {
            let folder = folder.display();
            format!("saved in {folder}; next: openloop eval {folder}, or tensorboard --logdir {folder}\n")
        }
        None if *options != Options::default() => "nothing is kept without --out DIR\n".into(),
        None => NEXT.into(),
    }
}

/// What one may do after the first run.
const NEXT: &str = "\
next: openloop train --rule bp            the same network by backpropagation
      openloop train --out runs/digits    keep the network, then openloop eval runs/digits
      openloop data list                  other data; openloop train --help for the rest
";
