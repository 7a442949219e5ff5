//! The gas sensor array drift data: 16 metal-oxide sensors over three years, 128 features, 6 gases, 10 batches in time.
//!
//! Three layouts are read: one CSV file `gas-drift.csv` with columns batch, label, concentration_ppmv and the features, or
//! UCI's own `batch1.dat` to `batch10.dat`, whose lines are `class;concentration 1:value 2:value ...`, as files or in the archive
//! that UCI publishes. The concentration is no feature. What is missing is said in the note.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::catalogue::missing;
use super::contents::{Labels, TableContents};
use super::files::find;
use super::segmented::SegmentedData;
use super::table::{Table, TableRequest, Task, empty};
use super::table_features::{ReadFeatures, TableInputs};
use super::{CatalogueEntry, Columns, DataError, DataFile, Place};

const FEATURES: usize = 128;
const BATCHES: usize = 10;
/// By their labels, 1 to 6.
const GASES: [&str; 6] = ["ethanol", "ethylene", "ammonia", "acetaldehyde", "acetone", "toluene"];
const CSV: &str = "gas-drift.csv";
/// What `data fetch` calls UCI's archive.
const ARCHIVE: &str = "gas-drift.zip";
/// Bytes of a batch at most.
const LARGEST: u64 = 1 << 28;

/// Loads whichever layout is in `folder`.
///
/// # Errors
/// If there is none, or one is damaged.
pub(super) fn load(entry: &CatalogueEntry, folder: &Path) -> Result<SegmentedData, DataError> {
    let mut parts = match find(folder, CSV) {
        Some(path) => read_csv(&path)?,
        None => read_batches(folder)?,
    };
    if parts.labels.is_empty() {
        let what = format!("{CSV}, {ARCHIVE} or batch1.dat to batch{BATCHES}.dat");
        return Err(missing(entry, what, vec![folder.to_path_buf()]));
    }
    let found = parts.segment_names.len();
    parts.note = (found < BATCHES).then(|| format!("gas-drift: {found} of {BATCHES} batches"));
    Ok(parts)
}

fn read_csv(path: &Path) -> Result<SegmentedData, DataError> {
    let request = TableRequest { label: Some("label"), ..TableRequest::default() };
    let table = Table::open(path, &request)?.ok_or_else(|| empty(path))?;
    let features = ReadFeatures::encoded(&table);
    let TableContents { columns, features, labels, .. } = TableContents::read(table, features, Task::Classes)?;
    let Labels::Classes(labels) = &labels else { return Err(wrong(path, "labels from 1 to 6", "numbers")) };
    let TableInputs { columns, inputs, .. } = features.into_inputs(columns, &[])?;
    let column = |name: &str| columns.features.iter().position(|column| column == name);
    let others = [column("batch"), column("concentration_ppmv")];
    let kept: Vec<usize> = (0..columns.features.len()).filter(|k| !others.contains(&Some(*k))).collect();
    let (Some(batch), FEATURES) = (others[0], kept.len()) else {
        let found = format!("{} columns beside them", kept.len());
        let expected = "columns batch, label, concentration_ppmv and 128 features";
        return Err(DataError::invalid(path, Place::Line(1), expected, found, "get the file again"));
    };
    let mut parts = SegmentedData::new("gas-drift", GASES);
    let names = kept.iter().map(|k| columns.features[*k].clone()).collect();
    parts.columns = Some(Columns::new(names, "label"));
    for (row, label) in inputs.chunks_exact(columns.features.len()).zip(labels.iter()) {
        let class = class(label).ok_or_else(|| wrong(path, "a label from 1 to 6", label))?;
        parts.push(&row[batch].to_string(), class, kept.iter().map(|k| row[*k] as f32));
    }
    Ok(parts)
}

/// UCI's files; the archive is looked into where a file is not there.
fn read_batches(folder: &Path) -> Result<SegmentedData, DataError> {
    let mut parts = SegmentedData::new("gas-drift", GASES);
    parts.columns = Some(Columns::new((1..=FEATURES).map(|k| format!("feature_{k}")).collect(), "label"));
    let mut archive = open_archive(&folder.join(ARCHIVE))?;
    for batch in 1..=BATCHES {
        let name = format!("batch{batch}.dat");
        let found = find(folder, &name).or_else(|| find(&folder.join("Dataset"), &name));
        let (path, bytes) = match (found, &mut archive) {
            (Some(path), _) => {
                let bytes = DataFile::open(&path)?.take(LARGEST)?;
                (path, bytes)
            }
            (None, Some(archive)) => match archive.member(&name)? {
                Some(bytes) => (archive.path.join(&name), bytes),
                None => continue,
            },
            (None, None) => continue,
        };
        let text = String::from_utf8_lossy(&bytes);
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let (class, features) = read_line(line).map_err(|problem| {
                let expected = "class;concentration 1:value 2:value ... 128:value";
                DataError::invalid(&path, Place::Line(number), expected, problem, "get the file again")
            })?;
            parts.push(&batch.to_string(), class, features);
        }
    }
    Ok(parts)
}

/// UCI's archive.
struct Archive {
    path: PathBuf,
    members: zip::ZipArchive<BufReader<File>>,
}

fn open_archive(path: &Path) -> Result<Option<Archive>, DataError> {
    if !path.exists() {
        return Ok(None);
    }
    let file = File::open(path).map_err(|source| DataError::access("read", path, source))?;
    match zip::ZipArchive::new(BufReader::new(file)) {
        Ok(members) => Ok(Some(Archive { path: path.into(), members })),
        Err(error) => Err(damaged(path, &error)),
    }
}

impl Archive {
    /// The bytes of the member whose name ends so, if there is one.
    fn member(&mut self, name: &str) -> Result<Option<Vec<u8>>, DataError> {
        let names = self.members.file_names().filter_map(|full| Some(full.ok()?.into_owned()));
        let full = names.into_iter().find(|full| full.rsplit('/').next() == Some(name));
        let Some(full) = full else { return Ok(None) };
        let member = self.members.by_name(&full).map_err(|error| damaged(&self.path, &error))?;
        let mut bytes = Vec::new();
        member.take(LARGEST).read_to_end(&mut bytes).map_err(|error| damaged(&self.path, &error))?;
        Ok(Some(bytes))
    }
}

fn damaged(path: &Path, error: &dyn std::fmt::Display) -> DataError {
    DataError::invalid(path, Place::Whole, "a zip archive", format!("a damaged one ({error})"), "get the file again")
}

/// The class and the features of a line such as `1;10.000000 1:15596.162100 2:1.868245 ...`.
fn read_line(line: &str) -> Result<(u32, Vec<f32>), String> {
    let mut words = line.split_ascii_whitespace();
    let label = words.next().and_then(|word| word.split(';').next()).unwrap_or_default();
    let class = class(label).ok_or_else(|| format!("class \"{label}\""))?;
    let mut features = Vec::with_capacity(FEATURES);
    for (number, word) in (1..).zip(words) {
        let value = word.split_once(':').filter(|(key, _)| *key == format!("{number}"));
        let value = value.and_then(|(_, value)| value.parse::<f32>().ok()).filter(|value| value.is_finite());
        features.push(value.ok_or_else(|| format!("\"{}\"", super::error::excerpt(word)))?);
    }
    if features.len() == FEATURES { Ok((class, features)) } else { Err(format!("{} values", features.len())) }
}

fn class(label: &str) -> Option<u32> {
    let number = label.trim().parse::<u32>().ok()?;
    (1..=GASES.len() as u32).contains(&number).then(|| number - 1)
}

fn wrong(path: &Path, expected: &str, found: &str) -> DataError {
    let found = format!("\"{}\"", super::error::excerpt(found));
    DataError::invalid(path, Place::Whole, expected, found, "get the file again")
}
