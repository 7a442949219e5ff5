//! `openloop data`: list, describe, fetch.

use crate::arguments::DataAction;
use crate::failure::Failure;
use crate::say::{one_line, say, standard_output};
use openloop::data::{self, CatalogueEntry, ColumnDescription, TableDescription, TableRequest};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Characters of a column's name that are shown.
const MAX_NAME: usize = 40;

/// Runs one of the actions.
pub fn data(action: &DataAction) -> Result<ExitCode, Failure> {
    match action {
        DataAction::List => list()?,
        DataAction::Info { name, table, .. } if data::is_csv(name) => table_info(Path::new(name), &table.request())?,
        DataAction::Info { table, .. } if table.request() != TableRequest::default() => {
            return Err(Failure::request(
                "what is asked of columns is for a CSV file; leave it out, or name a FILE.csv",
            ));
        }
        DataAction::Info { name, data_dir, .. } => info(entry(name)?, data_dir.as_deref())?,
        DataAction::Fetch { name, data_dir } => fetch(entry(name)?, data_dir.as_deref())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn entry(name: &str) -> Result<&'static CatalogueEntry, Failure> {
    data::catalogue().iter().find(|entry| entry.name == name).ok_or_else(|| {
        let known: Vec<&str> = data::catalogue().iter().map(|entry| entry.name).collect();
        Failure::request(format!("no data set is called \"{name}\"; there are {}, and any FILE.csv", known.join(", ")))
    })
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

/// What each column of a table is.
fn table_info(path: &Path, request: &TableRequest<'_>) -> Result<(), Failure> {
    let TableDescription { summary, columns, rows } = data::describe_table(path, request)?;
    let mut out = standard_output();
    writeln!(out, "{}: {summary}; {rows} rows", path.display())?;
    let head = ["column", "kind", "inputs", "missing", "values"].map(String::from);
    let row = |column: &ColumnDescription| {
        let ColumnDescription { name, kind, inputs, missing, values } = column;
        let inputs = if *inputs == 0 { "-".into() } else { inputs.to_string() };
        [shortened(&one_line(name)), kind.clone(), inputs, missing.to_string(), one_line(values)]
    };
    let lines: Vec<[String; 5]> = std::iter::once(head).chain(columns.iter().map(row)).collect();
    let width = |k: usize| lines.iter().map(|line| line[k].chars().count()).max().unwrap_or(0);
    let [name, kind, inputs, missing] = [0, 1, 2, 3].map(width);
    for line in &lines {
        let [a, b, c, d, e] = line;
        writeln!(out, "{}", format!("{a:name$}  {b:kind$}  {c:>inputs$}  {d:>missing$}  {e}").trim_end())?;
    }
    summary.hints().iter().try_for_each(|hint| writeln!(out, "note: {hint}"))?;
    out.flush()?;
    Ok(())
}

/// The first characters of a name.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.into(),
    }
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
