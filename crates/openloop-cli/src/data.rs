//! `openloop data`: list, describe, fetch.

use crate::arguments::DataAction;
use crate::failure::Failure;
use crate::say::{self, one_line, say, standard_output};
use crate::terminal;
use openloop::data::{self, CatalogueEntry, ColumnDescription, DataRequest, TableDescription, TableRequest};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Columns that the list of data sets takes in one line each.
const LIST_WIDTH: usize = 140;
/// Characters of a column's name that are shown.
const MAX_NAME: usize = 40;

/// Runs one of the actions.
pub fn data(action: &DataAction) -> Result<ExitCode, Failure> {
    match action {
        DataAction::List => list()?,
        DataAction::Info { name, table, .. } if data::is_csv(name) => table_info(Path::new(name), &table.request())?,
        DataAction::Info { name, table, .. } if table.request() != TableRequest::default() => {
            return Err(Failure::request(format!(
                "what is asked of columns is for a CSV file, and \"{name}\" is none; leave it out, or name a FILE.csv"
            )));
        }
        DataAction::Info { name, .. } if data::find(name).is_err() && data::are_samples(name) => samples_info(name)?,
        DataAction::Info { name, data_dir, .. } => info(data::find(name)?, data_dir.as_deref())?,
        DataAction::Fetch { name, data_dir } => fetch(data::find(name)?, data_dir.as_deref())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> Result<(), Failure> {
    let mut text = String::new();
    let mut add = |name: &str, shape: &str, description: &str| {
        text += &match terminal::output_width() {
            Some(..LIST_WIDTH) => format!("{name:25} {shape}\n  {description}\n"),
            _ => format!("{name:25} {shape:23} {description}\n"),
        }
    };
    data::catalogue().iter().for_each(|entry| add(entry.name, entry.shape, entry.description));
    add("FILE.csv", "", "any table with a label column, gzipped or not");
    add("FILE.npz", "", "NumPy arrays x and y; also .npy or IDX files with --labels");
    add("FOLDER", "", "PNG or JPEG images in a subfolder for each class");
    Ok(say::print(&text)?)
}

fn folder(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let none = || Failure::request("this system has no data folder; name one with --data-dir or OPENLOOP_DATA");
    given.map(Path::to_path_buf).or_else(data::default_folder).ok_or_else(none)
}

fn info(entry: &CatalogueEntry, data_dir: Option<&Path>) -> Result<(), Failure> {
    let CatalogueEntry { name, description, shape, rows, source, licence, files, .. } = entry;
    let mut text = format!("{name}: {description}\nshape    {shape}\nrows     {rows}\n");
    text += &format!("source   {source}\nlicence  {licence}\n");
    if !files.is_empty() {
        text += &format!("folder   {}\n", folder(data_dir)?.join(name).display());
        files.iter().for_each(|file| text += &format!("file     {}\n", file.name));
    }
    Ok(say::print(&text)?)
}

/// What is understood of arrays or images.
fn samples_info(name: &str) -> Result<(), Failure> {
    let data = data::load(&DataRequest { name, ..DataRequest::default() })?;
    data.understood.iter().try_for_each(|understood| say::print(&format!("{name}: {understood}\n")))?;
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
