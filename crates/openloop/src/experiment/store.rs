//! Finished cells on disk: one small JSON file each, written aside, synced and renamed, so that it is whole or absent.
//!
//! A cell is used again only if everything that decides its bits or its time is the same ([`Identity`]). Its file's name
//! ends in a checksum of that, so comparisons under other settings can share a folder and keep each other's cells.

use super::cell::{CellOutcome, CellPurpose};
use super::error::ExperimentError;
use crate::data::{CRC32C, DataRequest};
use crate::files::output::clear_leftovers;
use crate::files::{Output, OutputKind, UsedPath};
use crate::settings::{Options, SavedSettings};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Everything that decides a cell's bits or its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    /// Of this program: another one may train otherwise, or at another speed.
    pub version: String,
    /// What the cell is for, which also says what rows it is judged on.
    pub purpose: CellPurpose,
    /// Rule, network, rates, seed and all the rest.
    pub settings: SavedSettings,
    /// Passes over the training rows.
    pub epochs: u32,
    /// The data set.
    pub data: String,
    /// [`crate::data::DataSet::fingerprint`].
    pub fingerprint: u32,
    /// The number of threads: it decides the time.
    pub threads: usize,
    /// Whether the angles of its signals were measured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alignment: bool,
}

/// A cell's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellFile {
    /// CRC-32C of the other two; a file of an older version has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<u32>,
    cell: Identity,
    outcome: CellOutcome,
}

impl CellFile {
    /// The checksum of what it says.
    fn found_checksum(&self) -> Result<u32, serde_json::Error> {
        Ok(CRC32C.checksum(&serde_json::to_vec(&(&self.cell, &self.outcome))?))
    }

    /// The file as a cell of this store.
    fn check(self, cell: &Identity, path: PathBuf) -> StoredCell {
        let is_as_written = self.checksum.is_none() || self.found_checksum().ok() == self.checksum;
        match self.cell == *cell {
            false => StoredCell::Damaged(path),
            true if !is_as_written => StoredCell::Altered(path),
            true => StoredCell::Cell { outcome: Box::new(self.outcome), has_checksum: self.checksum.is_some() },
        }
    }
}

/// A cell as it was found in the store.
pub(super) enum StoredCell {
    /// The finished cell.
    Cell {
        /// What became of it.
        outcome: Box<CellOutcome>,
        /// Whether its file can show that it is as it was written; those of older versions cannot.
        has_checksum: bool,
    },
    /// Nothing.
    Nothing,
    /// A file that is not this cell, or not whole.
    Damaged(PathBuf),
    /// A file of this cell that says other things than were written.
    Altered(PathBuf),
}

/// The folder of a comparison.
#[derive(Debug)]
pub(super) struct CellStore {
    folder: PathBuf,
    /// What else the command reads.
    used: Vec<UsedPath>,
}

impl CellStore {
    /// Opens the folder that `options` name, if they do; it is made if it is missing.
    pub fn open(options: &Options) -> Result<Option<Self>, ExperimentError> {
        let Some(folder) = &options.out else { return Ok(None) };
        let cells = folder.join("cells");
        fs::create_dir_all(&cells).map_err(|error| ExperimentError::File { path: cells.clone(), error })?;
        clear_leftovers(&cells);
        let DataRequest { name, folder: data_folder, .. } = options.data_request();
        let used = UsedPath::data(name, data_folder);
        Ok(Some(CellStore { folder: folder.into(), used }))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks for a cell.
    pub fn find(&self, cell: &Identity) -> Result<StoredCell, ExperimentError> {
        let path = self.path(cell)?;
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(StoredCell::Nothing),
            Err(error) => Err(ExperimentError::File { path, error }),
            Ok(bytes) => Ok(match serde_json::from_slice::<CellFile>(&bytes) {
                Ok(kept) => kept.check(cell, path),
                Err(_) => StoredCell::Damaged(path),
            }),
        }
    }

    /// Saves a finished cell.
    pub fn save(&self, cell: &Identity, outcome: &CellOutcome) -> Result<(), ExperimentError> {
        let mut file = CellFile { checksum: None, cell: cell.clone(), outcome: outcome.clone() };
        let error = |error: serde_json::Error| ExperimentError::File { path: self.folder.clone(), error: error.into() };
        file.checksum = Some(file.found_checksum().map_err(error)?);
        self.write(&self.path(cell)?, &file)
    }

    /// Keeps the result of the whole, as `name`.
    pub fn save_result(&self, name: &str, result: &impl Serialize) -> Result<(), ExperimentError> {
        let path = self.folder.join(name);
        clear_leftovers(&path);
        self.write(&path, result)
    }

    fn path(&self, cell: &Identity) -> Result<PathBuf, ExperimentError> {
        let text = serde_json::to_vec(cell);
        let text = text.map_err(|error| ExperimentError::File { path: self.folder.clone(), error: error.into() })?;
        let (SavedSettings { rule, seed, .. }, checksum) = (&cell.settings, CRC32C.checksum(&text));
        let search = if cell.purpose == CellPurpose::Search { "search-" } else { "" };
        Ok(self.folder.join("cells").join(format!("{search}{rule}-seed{seed}-{checksum:08x}.json")))
    }

    fn write(&self, path: &Path, value: &impl Serialize) -> Result<(), ExperimentError> {
        let mut bytes = serde_json::to_vec(value)
            .map_err(|error| ExperimentError::File { path: path.into(), error: error.into() })?;
        bytes.push(b'\n');
        Ok(Output::find(path, OutputKind::Result, &self.used)?.write(&bytes)?)
    }
}
