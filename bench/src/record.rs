//! What was measured, as a file: every turn of every side, so that whoever doubts a ratio can look at its parts.

use crate::here;
use crate::job::Job;
use crate::spread::TurnSpread;
use openloop::report::Machine;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// All rows measured on a machine on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The processor's name.
    pub processor: String,
    /// Threads that can run at the same time.
    pub cores: usize,
    /// The operating system.
    pub system: String,
    /// The day of the first row.
    pub date: String,
    /// The rows, in the order in which they were measured.
    pub rows: Vec<MeasuredRow>,
}

/// A row that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRow {
    /// The row's name.
    pub name: String,
    /// What was done, in words.
    pub what: String,
    /// The version of the source.
    pub commit: String,
    /// How busy the machine was before, as programs that wanted to run at the same time.
    pub load_before: Option<f64>,
    /// The sides that could be measured; Openloop first.
    pub sides: Vec<SideRecord>,
    /// Sides that failed.
    pub failed: Vec<String>,
}

/// A side that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SideRecord {
    /// Its name in the table.
    pub label: String,
    /// The program and its version.
    pub about: String,
    /// What it did.
    pub job: Job,
    /// Seconds of each turn, by rounds.
    pub seconds: Vec<f64>,
    /// Its turns' seconds over those of the first side in the same rounds; none for the first.
    pub ratio: Option<TurnSpread>,
    /// The most memory it had in use.
    pub peak_bytes: u64,
    /// After all its turns, in percent.
    pub test_error: Option<f64>,
    /// What a sample costs, by Openloop's count; peers do not say.
    pub multiply_adds: Option<u64>,
}

impl SideRecord {
    /// Seconds a pass, the median of the turns.
    pub fn pass(&self) -> f64 {
        TurnSpread::of(&self.seconds).map_or(f64::NAN, |spread| spread.median) / self.job.passes as f64
    }

    /// Multiplications and additions a second, by Openloop's count.
    pub fn operations(&self) -> Option<f64> {
        Some(2.0 * self.multiply_adds? as f64 * self.job.samples as f64 / self.pass())
    }
}

impl Record {
    /// An empty one.
    pub fn new() -> Result<Self, String> {
        let Machine { processor, cores, system } = Machine::here();
        Ok(Record { processor, cores: cores.unwrap_or(1), system, date: here::today()?, rows: Vec::new() })
    }

    /// Where today's is kept.
    pub fn path() -> Result<PathBuf, String> {
        Ok(here::root().join("bench/results").join(format!("{}-{}.json", here::machine(), here::today()?)))
    }

    /// A record from its file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let beside = path.with_extension("new");
        fs::write(&beside, text + "\n")
            .and_then(|()| fs::rename(&beside, path))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Takes a row in, in the place of an older one of that name.
    pub fn take(&mut self, row: MeasuredRow) {
        match self.rows.iter_mut().find(|old| old.name == row.name) {
            Some(old) => *old = row,
            None => self.rows.push(row),
        }
    }

    /// Whether there is a row of that name.
    pub fn has(&self, name: &str) -> bool {
        self.rows.iter().any(|row| row.name == name)
    }

    /// The most operations a second that any side reached in matrix products on so many threads.
    pub fn product_rate(&self, threads: usize) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.name == format!("product-{threads}"))?;
        let one = row.sides.iter().find_map(|side| side.multiply_adds)?;
        let rate = |side: &SideRecord| 2.0 * one as f64 * side.job.samples as f64 / side.pass();
        row.sides.iter().map(rate).max_by(f64::total_cmp)
    }
}
