//! What can be asked of a measurement.

use crate::rows::BenchmarkRow;
use clap::Args;
use std::path::PathBuf;

/// What to measure, and beside what.
#[derive(Args, Debug)]
pub struct MeasureRequest {
    /// A Python interpreter that has PyTorch, JAX or scikit-learn; may be given several times
    #[arg(long, value_name = "PATH")]
    pub python: Vec<PathBuf>,
    /// Build the peers written in Rust too (candle, burn) and measure beside them
    #[arg(long)]
    pub rust: bool,
    /// Only these rows, such as "batch-100,online"; a name's first part stands for all that start with it
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Folder that holds the data sets [default: OPENLOOP_DATA, else the platform's data folder]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// A first look in minutes: fewer rows and samples, nothing is kept
    #[arg(long)]
    pub quick: bool,
    /// Leave out the rows that the file of results has already
    #[arg(long)]
    pub resume: bool,
    /// Turns of each side [default: 5 to 11]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
    /// File of results, to be made or added to [default: bench/results/MACHINE-DATE.json]
    #[arg(long, value_name = "FILE.json")]
    pub file: Option<PathBuf>,
    /// Write the tables of BENCHMARKS.md from the file of results as it is, and measure nothing
    #[arg(long)]
    pub publish: bool,
    /// Say which rows there are and how long they take, and measure nothing
    #[arg(long)]
    pub list: bool,
}

impl MeasureRequest {
    /// Whether a row is asked for by name.
    pub fn names(&self, row: &BenchmarkRow) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| matches(name.trim(), &row.name))
    }

    /// A name that is no row's.
    ///
    /// # Errors
    /// Which it is, and which rows there are.
    pub fn check(&self, rows: &[BenchmarkRow]) -> Result<(), String> {
        match self.only.iter().find(|name| !rows.iter().any(|row| matches(name.trim(), &row.name))) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
                Err(format!("--only: no row is called \"{name}\"; there are {}", known.join(", ")))
            }
        }
    }
}

fn matches(asked: &str, name: &str) -> bool {
    name.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_itself_and_its_kind() {
        assert!(matches("batch", "batch-100") && matches("batch-100", "batch-100") && matches("c", "c-64-32"));
        assert!(!matches("c", "conv-100") && !matches("batch-1", "batch-100"));
    }
}
