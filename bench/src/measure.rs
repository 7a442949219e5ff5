//! Measuring: for each row its sides take turns, round by round, so that a machine that gets busy is as slow for all.

use crate::here;
use crate::job::JobData;
use crate::programs::Programs;
use crate::record::{MeasuredRow, Record, SideRecord};
use crate::request::MeasureRequest;
use crate::rows::{self, BenchmarkRow, Side};
use crate::side::SideProcess;
use crate::spread::TurnSpread;
use crate::table;
use openloop::data;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Between two turns: threads of the last one that still spin come to rest.
const REST: Duration = Duration::from_millis(300);
/// A load from which the machine counts as busy with something else.
const BUSY: f64 = 0.5;

/// Measures what was asked for.
pub fn measure(request: &MeasureRequest) -> Result<(), String> {
    let all = rows::all(here::threads());
    request.check(&all)?;
    if request.publish {
        return table::publish(&Record::read(&file(request)?)?);
    }
    let names: Vec<String> = all.iter().map(|row| row.name.clone()).collect();
    let asked: Vec<BenchmarkRow> = all.into_iter().filter(|row| request.names(row) && wanted(request, row)).collect();
    let mut asked: Vec<BenchmarkRow> = if request.quick { asked.into_iter().map(rows::quick).collect() } else { asked };
    if request.list {
        return list(&asked);
    }
    find_mnist(request.data_dir.as_deref(), &mut asked)?;
    let programs = Programs::find(&request.python, request.rust)?;
    let path = file(request)?;
    let mut record = if path.exists() { Record::read(&path)? } else { Record::new()? };
    asked.retain(|row| !request.resume || !record.has(&row.name));
    let minutes: f64 = asked.iter().map(|row| row.minutes).sum();
    if !request.quick {
        eprintln!("{} rows, about {minutes:.0} minutes with all Python peers", asked.len());
    }
    let load = here::load().filter(|load| *load > BUSY);
    load.inspect(|load| eprintln!("note: this machine is busy (load {load}); ratios need a quiet one"));
    let mut failed = Vec::new();
    for row in &asked {
        let measured = match one(row, request, &programs) {
            Ok(measured) => measured,
            Err(message) => {
                eprintln!("note: {message}");
                failed.push(row.name.as_str());
                continue;
            }
        };
        eprint!("{}", table::rows(&record_with(&record, &measured), &[&measured]));
        record.take(measured);
        record.write(&path)?;
    }
    eprintln!("\nevery turn is in {}", path.display());
    if request.quick {
        println!("{}", table::whole(&record));
    } else {
        publish_if_whole(&record, &names)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("not measured: {}", failed.join(", "))) }
}

/// The page shows whole records: a few rows of one day must not take the place of all rows of another.
fn publish_if_whole(record: &Record, names: &[String]) -> Result<(), String> {
    let missing: Vec<&str> = names.iter().filter(|name| !record.has(name)).map(String::as_str).collect();
    if missing.is_empty() {
        return table::publish(record);
    }
    eprintln!("BENCHMARKS.md stays as it is: not measured yet are {}", missing.join(", "));
    eprintln!("--resume measures them; --publish writes what there is");
    Ok(())
}

fn record_with(record: &Record, row: &MeasuredRow) -> Record {
    let mut record = record.clone();
    record.take(row.clone());
    record
}

fn wanted(request: &MeasureRequest, row: &BenchmarkRow) -> bool {
    !request.quick || row.quick || !request.only.is_empty()
}

fn list(rows: &[BenchmarkRow]) -> Result<(), String> {
    for row in rows {
        println!("{:16} {:>4.1} min  {}", row.name, row.minutes, row.what);
    }
    println!("{:16} {:>4.0} min", "together", rows.iter().map(|row| row.minutes).sum::<f64>());
    Ok(())
}

/// Where results are kept; a first look's are thrown away with the next one.
fn file(request: &MeasureRequest) -> Result<PathBuf, String> {
    if request.quick {
        let path = here::root().join("target/bench/quick.json");
        let _ = std::fs::remove_file(&path);
        return Ok(path);
    }
    request.file.clone().map_or_else(Record::path, Ok)
}

/// Gives the rows that need MNIST its folder, or leaves them out.
fn find_mnist(folder: Option<&Path>, rows: &mut Vec<BenchmarkRow>) -> Result<(), String> {
    let needs = |side: &Side| side.job.data == JobData::Mnist && !side.job.hidden.is_empty();
    if let Err(error) = data::load(&data::DataRequest { name: "mnist", folder, ..data::DataRequest::default() }) {
        eprintln!("note: rows that need MNIST are left out: {error}");
        rows.retain(|row| !row.sides.iter().any(needs));
    }
    let folder = folder.map(Path::to_path_buf).or_else(data::default_folder).unwrap_or_default();
    let folder = std::path::absolute(&folder).unwrap_or(folder).to_string_lossy().into_owned();
    for side in rows.iter_mut().flat_map(|row| &mut row.sides).filter(|side| needs(side)) {
        side.job.data_dir = Some(folder.clone());
    }
    if rows.is_empty() { Err("there is nothing left to measure".into()) } else { Ok(()) }
}

/// The measurement of a running side.
struct SideMeasurement<'r> {
    side: &'r Side,
    running: SideProcess,
    about: String,
    multiply_adds: Option<u64>,
    seconds: Vec<f64>,
}

/// Measures one row. A side that fails is left out and named; without Openloop's there is no row.
fn one(row: &BenchmarkRow, request: &MeasureRequest, programs: &Programs) -> Result<MeasuredRow, String> {
    eprintln!("\n-- {}: {}", row.name, row.what);
    let (started, load_before) = (Instant::now(), here::load());
    let mut failed = Vec::new();
    let mut taking = Vec::new();
    for (number, side) in row.sides.iter().enumerate() {
        let Some(command) = programs.command(side.program, &side.job)? else { continue };
        let folder = here::root().join(format!("target/bench/side-{number}"));
        let begun = SideProcess::start(command, &folder).and_then(|mut running| {
            let (about, multiply_adds) = running.ready()?;
            Ok(SideMeasurement { side, running, about, multiply_adds, seconds: Vec::new() })
        });
        separate_failures(begun, &side.label, &mut taking, &mut failed);
    }
    for round in 0..request.rounds.map_or(row.rounds, |rounds| rounds as usize) {
        let mut kept = Vec::new();
        for mut side in taking {
            let turn = if round < side.side.rounds { rested_turn(&mut side) } else { Ok(()) };
            let label = &side.side.label;
            separate_failures(turn.map(|()| side), label, &mut kept, &mut failed);
        }
        taking = kept;
    }
    let mut sides: Vec<SideRecord> = Vec::new();
    for side in taking {
        let label = &side.side.label;
        separate_failures(finish(side, sides.first()), label, &mut sides, &mut failed);
    }
    if sides.first().is_none_or(|first| first.label != row.sides[0].label) {
        return Err(format!("{}: without {} there is nothing to compare with", row.name, row.sides[0].label));
    }
    eprintln!("-- {}: {:.0} s", row.name, started.elapsed().as_secs_f64());
    let (name, what) = (row.name.clone(), row.what.clone());
    Ok(MeasuredRow { name, what, commit: here::commit(), load_before, sides, failed })
}

fn separate_failures<T>(result: Result<T, String>, label: &str, well: &mut Vec<T>, failed: &mut Vec<String>) {
    match result {
        Ok(side) => well.push(side),
        Err(message) => {
            eprintln!("note: {label} is left out: {message}");
            failed.push(label.into());
        }
    }
}

fn rested_turn(side: &mut SideMeasurement<'_>) -> Result<(), String> {
    std::thread::sleep(REST);
    side.seconds.push(side.running.turn()?);
    Ok(())
}

fn finish(mut side: SideMeasurement<'_>, first: Option<&SideRecord>) -> Result<SideRecord, String> {
    let (peak_bytes, test_error) = side.running.end()?;
    let SideMeasurement { side, about, multiply_adds, seconds, .. } = side;
    let ratio = first.and_then(|first| TurnSpread::of_ratios(&first.seconds, &seconds));
    // where this machine keeps its data is nobody's business
    let job = crate::job::Job { data_dir: None, ..side.job.clone() };
    Ok(SideRecord { label: side.label.clone(), about, job, seconds, ratio, peak_bytes, test_error, multiply_adds })
}
