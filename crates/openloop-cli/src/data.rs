//! `openloop data`: list, describe, fetch.

use crate::arguments::DataAction;
use crate::failure::Failure;
use crate::say::say;
use openloop::data::{self, CatalogueEntry};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs one of the actions.
pub fn data(action: &DataAction) -> Result<ExitCode, Failure> {
    match action {
        DataAction::List => list()?,
        DataAction::Info { name, data_dir } => info(data::find(name)?, data_dir.as_deref())?,
        DataAction::Fetch { name, data_dir } => fetch(data::find(name)?, data_dir.as_deref())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for entry in data::catalogue() {
        writeln!(out, "{:25} {:23} {}", entry.name, entry.shape, entry.description)?;
    }
    writeln!(out, "{:25} {:23} any table with a label column, gzipped or not", "FILE.csv", "")?;
    Ok(())
}

fn folder(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let none = || Failure::request("this system has no data folder; name one with --data-dir or OPENLOOP_DATA");
    given.map(Path::to_path_buf).or_else(data::default_folder).ok_or_else(none)
}

fn info(entry: &CatalogueEntry, data_dir: Option<&Path>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}: {}", entry.name, entry.description)?;
    writeln!(out, "shape    {}", entry.shape)?;
    writeln!(out, "rows     {}", entry.rows)?;
    writeln!(out, "source   {}", entry.source)?;
    writeln!(out, "licence  {}", entry.licence)?;
    if !entry.files.is_empty() {
        writeln!(out, "folder   {}", folder(data_dir)?.join(entry.name).display())?;
        for file in entry.files {
            writeln!(out, "file     {}", file.name)?;
        }
    }
    Ok(())
}

fn fetch(entry: &CatalogueEntry, data_dir: Option<&Path>) -> Result<(), Failure> {
    let folder = folder(data_dir)?;
    let mut shown = 0;
    let mut progress = |name: &str, received: u64, total: u64| {
        let tenth = (10 * received).checked_div(total).unwrap_or(0);
        if tenth != shown {
            shown = tenth;
            say!("{name}: {} %", 10 * tenth);
        }
    };
    let fetched = data::fetch_with_progress(entry.name, &folder, &mut progress)?;
    let mut out = std::io::stdout().lock();
    fetched.written.iter().try_for_each(|path| writeln!(out, "fetched {}", path.display()))?;
    fetched.kept.iter().try_for_each(|path| writeln!(out, "already there, and whole: {}", path.display()))?;
    if entry.files.is_empty() {
        writeln!(out, "{} needs no files", entry.name)?;
    }
    Ok(())
}
