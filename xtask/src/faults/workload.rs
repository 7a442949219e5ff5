//! The commands that the faults meet, and what must hold after them.

use crate::shell;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Rows of the stream's file.
const ROWS: usize = 8000;
/// What differs between two runs of the same work: times and memory.
const MEASURED: [&str; 5] = ["seconds", "seconds_per_epoch", "samples_per_second", "learning_peak_bytes", "peak_bytes"];

/// One command. `FOLDER` and `TABLE` in its words stand for paths.
struct Plan {
    name: &'static str,
    words: &'static str,
    /// What it leaves in its folder, without which it is not done.
    results: &'static [&'static str],
}

const PLANS: [Plan; 3] = [
    Plan {
        name: "train",
        words: "train --net fc8 --batch 1 --epochs 60 --threads 1 --resume --out FOLDER",
        results: &["checkpoint.safetensors", "metrics.jsonl"],
    },
    Plan {
        name: "compare",
        words: "compare --rules drtp,bp --trials 3 --epochs 12 --net fc8 --threads 1 --out FOLDER",
        results: &["comparison.json"],
    },
    Plan {
        name: "stream",
        words: "stream --data TABLE --label kind --net fc8 --warmup 300 --save-every 0.005 --seed 3 --model FOLDER/model \
                --predictions FOLDER/predictions.csv",
        results: &["model", "predictions.csv"],
    },
];

/// A command with the folder it writes to and what it leaves there when nothing disturbs it.
pub struct Workload {
    pub name: &'static str,
    pub folder: PathBuf,
    /// How long it takes undisturbed.
    pub lasts: Duration,
    program: PathBuf,
    arguments: Vec<String>,
    shim: PathBuf,
    results: &'static [&'static str],
    expected: Vec<Option<Vec<u8>>>,
}

/// How a run of the command ended.
pub struct Ended {
    /// None after a signal.
    pub code: Option<i32>,
    /// Whether the fault happened.
    pub has_fired: bool,
    /// Calls of each kind; none after a signal.
    pub calls: BTreeMap<String, u64>,
    err: String,
}

/// The commands, each run once without faults.
pub fn all(program: &Path, folder: &Path, shim: &Path) -> Result<Vec<Workload>, String> {
    let table = folder.join("table.csv");
    fs::write(&table, made_table()).map_err(|error| error.to_string())?;
    PLANS.iter().map(|plan| Workload::new(plan, program, &folder.join(plan.name), [&table, shim])).collect()
}

impl Workload {
    fn new(plan: &Plan, program: &Path, place: &Path, [table, shim]: [&Path; 2]) -> Result<Self, String> {
        let folder = place.join("run");
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let word = |word: &str| word.replace("FOLDER", &path(&folder)).replace("TABLE", &path(table));
        let mut workload = Workload {
            name: plan.name,
            lasts: Duration::ZERO,
            program: program.into(),
            arguments: plan.words.split_whitespace().map(word).collect(),
            shim: shim.into(),
            results: plan.results,
            expected: Vec::new(),
            folder,
        };
        workload.begin(None)?;
        let began = Instant::now();
        let ended = workload.run_with(&[])?;
        workload.lasts = began.elapsed();
        workload.expected = workload.found();
        let whole = ended.code == Some(0) && workload.expected.iter().all(Option::is_some);
        if whole { Ok(workload) } else { Err(format!("{} fails without faults: {}", plan.name, ended.err)) }
    }

    /// Makes the folder anew, empty or as a copy.
    pub fn begin(&self, start: Option<&Path>) -> Result<(), String> {
        let _ = fs::remove_dir_all(&self.folder);
        match start {
            Some(start) => copy_folder(start, &self.folder),
            None if self.name == "stream" => fs::create_dir_all(&self.folder).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// Runs the command under the shim with settings such as `("KIND", "write")`.
    pub fn run_with(&self, settings: &[(&str, &str)]) -> Result<Ended, String> {
        let report = self.folder.with_file_name("report");
        let _ = fs::remove_file(&report);
        let mut command = self.command();
        command.env("LD_PRELOAD", &self.shim).env("FAULTS_FOLDER", &self.folder).env("FAULTS_REPORT", &report);
        for (name, value) in settings {
            command.env(format!("FAULTS_{name}"), value);
        }
        let output = command.output().map_err(|error| error.to_string())?;
        Ok(Ended::new(output, &fs::read_to_string(&report).unwrap_or_default()))
    }

    /// Runs the command and kills it after `moment`, if it still runs.
    pub fn run_killed(&self, moment: Duration) -> Result<Ended, String> {
        let mut command = self.command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|e| e.to_string())?;
        std::thread::sleep(moment);
        // an error says that it has ended
        let _ = child.kill();
        Ok(Ended::new(child.wait_with_output().map_err(|error| error.to_string())?, ""))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_remove("OPENLOOP_DATA").stdin(Stdio::null());
        command
    }

    /// Runs the command without faults, in the folder as it is. It must succeed, go on from where `done` was saved or later,
    /// give what an undisturbed run gives, and leave nothing unfinished behind.
    pub fn check(&self, done: u64) -> Result<Option<String>, String> {
        let ended = self.run_with(&[])?;
        if ended.code != Some(0) {
            return Ok(Some(format!("the next run failed: {}", ended.err)));
        }
        let from = ended.went_on_from().unwrap_or(0);
        let lost = (from < done).then(|| format!("{done} was saved and the next run went on from {from}"));
        let left = leftovers(&self.folder);
        let left = (!left.is_empty()).then(|| format!("left behind: {}", left.join(", ")));
        Ok(lost.or_else(|| self.differs()).or(left))
    }

    /// How much is saved at least after a run that ended so: what it went on from, or the finished runs that lie there.
    pub fn saved(&self, ended: &Ended) -> Option<u64> {
        let cells = fs::read_dir(self.folder.join("cells")).into_iter().flatten().flatten();
        let whole = cells.filter(|cell| cell.path().extension().is_some_and(|end| end == "json")).count() as u64;
        if self.name == "compare" { Some(whole) } else { ended.went_on_from() }
    }

    /// The first result that is not that of an undisturbed run.
    pub fn differs(&self) -> Option<String> {
        let found = self.found();
        let at = found.iter().zip(&self.expected).position(|(found, expected)| found != expected)?;
        let what = if found[at].is_some() { "differs" } else { "is missing" };
        Some(format!("{} {what}", self.results[at]))
    }

    /// The results in the folder, without what was measured.
    fn found(&self) -> Vec<Option<Vec<u8>>> {
        let read = |name: &&str| {
            let bytes = fs::read(self.folder.join(name)).ok()?;
            let is_json = name.contains(".json");
            Some(if is_json { without_measurements(&bytes) } else { bytes })
        };
        self.results.iter().map(read).collect()
    }
}

impl Ended {
    fn new(output: Output, report: &str) -> Self {
        let calls = report.lines().filter_map(|line| line.split_once(' '));
        let calls = calls.filter_map(|(kind, count)| Some((kind.into(), count.parse().ok()?))).collect();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Ended { code: output.status.code(), has_fired: report.contains("fired"), calls, err }
    }

    /// What is wrong with how it ended, if anything is: the system failed, so 1, with one line of error, or 0.
    pub fn problem(&self, may_be_killed: bool) -> Option<String> {
        let errors = self.err.lines().filter(|line| line.starts_with("error: ")).count();
        let is_right = match self.code {
            Some(0) => errors == 0,
            Some(1) => errors == 1,
            Some(_) => false,
            None => may_be_killed,
        };
        let is_right = is_right && !self.err.contains("panicked");
        (!is_right).then(|| format!("exit code {:?}: {}", self.code, self.err))
    }

    /// How much was there when it began, where it says so: the step, the row, or the number of finished runs.
    pub fn went_on_from(&self) -> Option<u64> {
        let number = |after: &str| {
            let digits: String = self.err.split_once(after)?.1.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        let kept = self.err.matches("(kept from before)").count() as u64;
        number("whole epochs, step ").or_else(|| number("going on after row ")).or((kept > 0).then_some(kept))
    }
}

/// JSON, one value a line, with nothing where something was measured.
fn without_measurements(bytes: &[u8]) -> Vec<u8> {
    fn clear(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.iter_mut().for_each(|(name, value)| match MEASURED.contains(&name.as_str()) {
                    true => *value = Value::Null,
                    false => clear(value),
                })
            }
            Value::Array(values) => values.iter_mut().for_each(clear),
            _ => {}
        }
    }
    let line = |line: &[u8]| match serde_json::from_slice::<Value>(line) {
        Ok(mut value) => {
            clear(&mut value);
            value.to_string().into_bytes()
        }
        // a torn line is none that an undisturbed run has
        Err(_) => line.to_vec(),
    };
    bytes.split(|byte| *byte == b'\n').map(line).collect::<Vec<_>>().join(&b'\n')
}

/// Unfinished files and locks below a folder.
fn leftovers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(leftovers(&entry.path()));
        } else if name.ends_with(".partial") || name.ends_with(".lock") {
            found.push(name);
        }
    }
    found
}

/// Three clouds of points that a small network tells apart with few mistakes.
fn made_table() -> String {
    let mut random = Random(1);
    let mut table = String::from("a,b,c,kind\n");
    for row in 0..ROWS {
        let (kind, centre) = [("red", 0.0), ("green", 0.7), ("blue", 1.4)][row % 3];
        let (a, b, c) = (centre + random.next(), 2.0 - centre + random.next(), 10.0 * random.next());
        let _ = writeln!(table, "{a:.5},{b:.5},{c:.5},{kind}");
    }
    table
}

/// Copies a folder and what is in it.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let error = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(error)?;
    for entry in fs::read_dir(from).map_err(error)? {
        let entry = entry.map_err(error)?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy_folder(&from, &to)? } else { shell::copy(&from, &to)? }
    }
    Ok(())
}

/// Numbers from 0 to below 1, the same in every campaign.
pub struct Random(pub u64);

impl Random {
    /// The next one.
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }
}
