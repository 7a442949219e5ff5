//! The learners: all are known, and those of the keys that came last are in memory.

use super::super::error::StreamError;
use super::super::source::SourceDescription;
use super::figures::{KeyFigures, KeyTotals};
use super::folder::KeyFolder;
use super::learner::{Common, KeyLearner};
use super::names::file_name;
use super::record::{KeyRecord, KeyState};
use crate::files::CheckpointError;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::PathBuf;

/// A learner in memory.
struct InMemory {
    learner: KeyLearner,
    /// When its key came last.
    used: u64,
    /// Whether it has gone on since it was read or written.
    is_new: bool,
}

/// All learners of a stream.
pub(super) struct KeyPool {
    records: Vec<KeyRecord>,
    places: HashMap<String, usize>,
    files: HashSet<String>,
    /// Of each record.
    learners: Vec<Option<InMemory>>,
    /// Those in memory, the one whose key came longest ago first.
    by_use: BTreeMap<u64, usize>,
    clock: u64,
    most: usize,
    /// None before a learner has to leave memory, where nothing is kept.
    folder: Option<KeyFolder>,
    /// The number of the data that counts are of.
    data_number: u32,
    /// How often a learner was read from its file.
    pub loads: u64,
}

impl KeyPool {
    /// The learners of these records, at most `most` of them in memory.
    pub fn new(records: Vec<KeyRecord>, data_number: u32, most: usize, folder: Option<KeyFolder>) -> Self {
        let places = records.iter().enumerate().map(|(at, record)| (record.key.clone(), at)).collect();
        let files = records.iter().map(|record| record.file.clone()).collect();
        let learners = records.iter().map(|_| None).collect();
        let by_use = BTreeMap::new();
        KeyPool { records, places, files, learners, by_use, clock: 0, most, folder, data_number, loads: 0 }
    }

    /// The number of a key; a new one is added.
    pub fn find_or_add(&mut self, key: &str) -> usize {
        if let Some(at) = self.places.get(key) {
            return *at;
        }
        let file = file_name(key, |name| self.files.contains(name));
        self.files.insert(file.clone());
        self.places.insert(key.into(), self.records.len());
        self.records.push(KeyRecord::new(key, file, self.data_number));
        self.learners.push(None);
        self.records.len() - 1
    }

    /// What is known of a key.
    pub fn record(&mut self, at: usize) -> &mut KeyRecord {
        &mut self.records[at]
    }

    /// All records.
    pub fn records(&self) -> &[KeyRecord] {
        &self.records
    }

    /// The learner of a key, which has gone on; it is read, or made, where it is not in memory.
    ///
    /// # Errors
    /// A file that cannot be read or written, or is damaged; settings that do not fit.
    pub fn learner(
        &mut self,
        at: usize,
        common: &mut Common,
    ) -> Result<(&mut KeyLearner, &mut KeyRecord), StreamError> {
        self.clock += 1;
        let (learner, used) = match self.learners[at].take() {
            Some(found) => (found.learner, found.used),
            None => {
                self.make_room(common)?;
                (self.read(at, common)?, 0)
            }
        };
        self.by_use.remove(&used);
        self.by_use.insert(self.clock, at);
        let found = self.learners[at].insert(InMemory { learner, used: self.clock, is_new: true });
        Ok((&mut found.learner, &mut self.records[at]))
    }

    fn read(&mut self, at: usize, common: &Common) -> Result<KeyLearner, StreamError> {
        let record = &mut self.records[at];
        let goes_on = std::mem::replace(&mut record.data, self.data_number) == self.data_number;
        match &self.folder {
            Some(folder) if record.is_written => {
                self.loads += 1;
                let (path, bytes) = folder.get(record)?;
                KeyLearner::read(record, &path, &bytes, common, goes_on)
            }
            _ => KeyLearner::new(common),
        }
    }

    /// Writes the learner whose key came longest ago to its file, where there are too many.
    fn make_room(&mut self, common: &mut Common) -> Result<(), StreamError> {
        while self.by_use.len() >= self.most {
            let Some((_, at)) = self.by_use.pop_first() else { return Ok(()) };
            self.write(at, &mut common.description)?;
            self.learners[at] = None;
        }
        Ok(())
    }

    /// Writes a learner to its file, if it has gone on; one whose numbers ran away is given up, and its file stays as it is.
    fn write(&mut self, at: usize, description: &mut SourceDescription) -> Result<(), StreamError> {
        let (Some(found), record) = (&mut self.learners[at], &mut self.records[at]) else { return Ok(()) };
        if !found.is_new {
            return Ok(());
        }
        found.is_new = false;
        record.figures = found.learner.figures();
        if let Some(Err(diverged)) = found.learner.stream().map(|stream| stream.check_finite()) {
            record.give_up(diverged.to_string());
            return Ok(());
        }
        if self.folder.is_none() {
            self.folder = Some(KeyFolder::of_the_moment()?);
        }
        let bytes = found.learner.file_bytes(description).map_err(|error| CheckpointError::System {
            path: PathBuf::from(&record.file),
            what: "write down the learner of a key",
            error,
        })?;
        if let Some(folder) = &self.folder {
            folder.put(record, &bytes)?;
        }
        (record.is_ahead, record.is_written) = (true, true);
        Ok(())
    }

    /// Gives a learner up: its file stays as it is.
    pub fn give_up(&mut self, at: usize, problem: String) {
        if let Some(found) = self.learners[at].take() {
            self.by_use.remove(&found.used);
            self.records[at].figures = found.learner.figures();
        }
        self.records[at].give_up(problem);
    }

    /// Saves all learners, where they are kept; `index` makes the bytes of what is saved of them as a whole.
    ///
    /// # Errors
    /// What the system says. All are then as they were saved before.
    pub fn save(
        &mut self,
        description: &mut SourceDescription,
        index: impl FnOnce(Vec<KeyRecord>) -> io::Result<Vec<u8>>,
    ) -> Result<bool, StreamError> {
        if !self.folder.as_ref().is_some_and(KeyFolder::is_kept) {
            return Ok(false);
        }
        (0..self.records.len()).try_for_each(|at| self.write(at, description))?;
        let error =
            |error| CheckpointError::System { path: PathBuf::from("keys.json"), what: "write down the keys", error };
        let bytes = index(self.records.clone()).map_err(error)?;
        if let Some(folder) = &self.folder {
            folder.save(self.records.iter().filter(|record| record.is_ahead), &bytes)?;
        }
        self.records.iter_mut().for_each(|record| record.is_ahead = false);
        Ok(true)
    }

    /// The sums over all learners.
    pub fn totals(&self) -> KeyTotals {
        let count = |state: KeyState| self.records.iter().filter(|record| record.state == state).count() as u64;
        let mut totals = KeyTotals {
            keys: self.records.len() as u64,
            in_warmup: count(KeyState::Warmup),
            stopped: count(KeyState::Stopped),
            in_memory: self.by_use.len() as u64,
            unused: self.records.iter().map(|record| record.unused).sum(),
            ..KeyTotals::default()
        };
        (0..self.records.len()).for_each(|at| totals.add(&self.figures(at)));
        totals
    }

    /// The figures of a key as it is now.
    pub fn figures(&self, at: usize) -> KeyFigures {
        self.learners[at].as_ref().map_or_else(|| self.records[at].figures.clone(), |found| found.learner.figures())
    }
}
