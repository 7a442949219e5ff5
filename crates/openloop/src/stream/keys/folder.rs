//! The folder of the learners' files, all of which change at one moment or none does.
//!
//! | file | what |
//! |---|---|
//! | `NAME.model`, `NAME.warmup` | a learner as it was saved: its model, or the rows of its warm-up |
//! | `NAME.model.next`, `NAME.warmup.next` | a learner that has gone on since, and waits for its key or for the next save |
//! | `keys.json` | what was saved of all of them |
//! | `keys.json.next` | the same of a save that is not yet complete |
//!
//! A save writes every learner that has changed as `.next`, and then, in one step, `keys.json.next`: from that moment on it counts. Only then
//! do the files get their names, `keys.json` as the last. A start that finds `keys.json.next` finishes the save; one that does not removes
//! what was never saved.

use super::super::error::StreamError;
use super::record::{KeyRecord, KeyState};
use crate::files::output::clear_leftovers;
use crate::files::{CheckpointError, Lock, Output, OutputKind};
use rayon::prelude::*;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// What was saved of all learners.
const INDEX: &str = "keys.json";
/// The ending of what is not yet saved.
const NEXT: &str = ".next";
/// Names that are tried for a folder of the moment.
const TRIES: u32 = 100;

/// The folder, which no other process uses as long as it is held.
pub(super) struct KeyFolder {
    path: PathBuf,
    /// None of a folder that lasts as long as the process.
    lock: Option<Lock>,
}

impl KeyFolder {
    /// The folder at `path`, with what was saved of all learners, if anything was. What a kill left is put in order.
    ///
    /// # Errors
    /// A path that is no folder or holds other files, that another process uses, or that cannot be read or made.
    pub fn take(path: &Path) -> Result<(Self, Option<Vec<u8>>), StreamError> {
        match fs::metadata(path) {
            Ok(found) if !found.is_dir() => {
                return Err(refused(
                    path,
                    "is a file, and each key has a model of its own",
                    "name a folder with --model",
                ));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir(path).map_err(|error| system(path, "make the folder of the models", error))?;
            }
            Err(error) => return Err(system(path, "read the folder of the models", error)),
        }
        let lock = Lock::take(path).map_err(CheckpointError::from)?;
        let folder = KeyFolder { path: path.into(), lock: Some(lock) };
        clear_leftovers(path);
        folder.put_in_order()?;
        let index = path.join(INDEX);
        match fs::read(&index) {
            Ok(bytes) => Ok((folder, Some(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((folder, None)),
            Err(error) => Err(system(&index, "read what was saved of the keys", error)),
        }
    }

    /// A folder for learners that wait for their key and are not kept.
    ///
    /// # Errors
    /// What the system says.
    pub fn of_the_moment() -> Result<Self, StreamError> {
        let parent = std::env::temp_dir();
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let mut last = io::Error::other("no free name for a folder");
        for number in 0..TRIES {
            let path = parent.join(format!("openloop-keys-{}-{number}", std::process::id()));
            match builder.create(&path) {
                Ok(()) => return Ok(KeyFolder { path, lock: None }),
                Err(error) => last = error,
            }
        }
        Err(system(&parent, "make a folder for the learners that are not in memory", last))
    }

    /// Whether what is saved in it stays.
    pub fn is_kept(&self) -> bool {
        self.lock.is_some()
    }

    /// Finishes a save that counts, or removes what was never saved.
    fn put_in_order(&self) -> Result<(), StreamError> {
        let error = |error| system(&self.path, "put the folder of the models in order", error);
        let names = self.names().map_err(error)?;
        let next = format!("{INDEX}{NEXT}");
        let is_ours = names.iter().any(|name| *name == INDEX || *name == next);
        let foreign = names.iter().find(|name| !name.ends_with(NEXT) && *name != ".lock").filter(|_| !is_ours);
        if let Some(foreign) = foreign {
            let problem = format!("holds other files, such as \"{foreign}\"");
            return Err(refused(
                &self.path,
                &problem,
                "name an empty folder with --model, or one that is not there yet",
            ));
        }
        let is_complete = names.contains(&next);
        let ahead: Vec<PathBuf> =
            names.iter().filter(|name| name.ends_with(NEXT) && **name != next).map(PathBuf::from).collect();
        match is_complete {
            true => self.put_in_place(&ahead).map_err(error),
            false => ahead.iter().try_for_each(|name| fs::remove_file(self.path.join(name))).map_err(error),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let name =
            |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().to_string_lossy().into_owned());
        fs::read_dir(&self.path)?.map(name).collect()
    }

    /// Writes the file of a learner, which is not saved yet.
    ///
    /// # Errors
    /// What the system says.
    pub fn put(&self, record: &KeyRecord, bytes: &[u8]) -> Result<(), StreamError> {
        let path = self.path.join(file(record) + NEXT);
        let error = |error| system(&path, "write the learner of a key", error);
        fs::write(&path, bytes).map_err(error)?;
        if record.is_written || record.state == KeyState::Warmup {
            return Ok(());
        }
        // its warm-up is over since it was written last
        remove(&self.path.join(format!("{}.warmup{NEXT}", record.file))).map_err(error)
    }

    /// The file of a learner, and its bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn get(&self, record: &KeyRecord) -> Result<(PathBuf, Vec<u8>), StreamError> {
        let path = self.path.join(if record.is_ahead { file(record) + NEXT } else { file(record) });
        let bytes = fs::read(&path).map_err(|error| system(&path, "read the learner of a key", error))?;
        Ok((path, bytes))
    }

    /// Saves what was written of these learners, together with `index`.
    ///
    /// # Errors
    /// What the system says. All of it is then saved, or nothing.
    pub fn save<'r>(&self, ahead: impl Iterator<Item = &'r KeyRecord>, index: &[u8]) -> Result<(), StreamError> {
        let ahead: Vec<PathBuf> = ahead.map(|record| PathBuf::from(file(record) + NEXT)).collect();
        let error = |error| system(&self.path, "save the models", error);
        let sync = |name: &PathBuf| OpenOptions::new().write(true).open(self.path.join(name))?.sync_all();
        ahead.par_iter().try_for_each(sync).map_err(error)?;
        let output = Output::find(&self.path.join(format!("{INDEX}{NEXT}")), OutputKind::Model, &[]);
        output.and_then(|output| output.write(index)).map_err(CheckpointError::from)?;
        self.put_in_place(&ahead).map_err(error)
    }

    /// Gives the files of a save that counts their names, that of the index as the last.
    fn put_in_place(&self, ahead: &[PathBuf]) -> io::Result<()> {
        for name in ahead {
            let saved = self.path.join(name).with_extension("");
            fs::rename(self.path.join(name), &saved)?;
            if saved.extension().is_some_and(|ending| ending == "model") {
                // its warm-up is over
                remove(&saved.with_extension("warmup"))?;
            }
        }
        self.sync()?;
        fs::rename(self.path.join(format!("{INDEX}{NEXT}")), self.path.join(INDEX))?;
        self.sync()
    }

    fn sync(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.path)?.sync_all() } else { Ok(()) }
    }
}

impl Drop for KeyFolder {
    fn drop(&mut self) {
        if !self.is_kept() {
            // it lies where the system puts what is not kept
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The name of a learner's file.
fn file(record: &KeyRecord) -> String {
    let ending = if record.state == KeyState::Warmup { "warmup" } else { "model" };
    format!("{}.{ending}", record.file)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn refused(path: &Path, problem: &str, remedy: &str) -> StreamError {
    StreamError::Keys { problem: format!("{} {problem}", path.display()), remedy: remedy.into() }
}

fn system(path: &Path, what: &'static str, error: io::Error) -> StreamError {
    CheckpointError::System { path: path.into(), what, error }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, state: KeyState) -> KeyRecord {
        KeyRecord { state, is_ahead: true, ..KeyRecord::new(name, name.into(), 0) }
    }

    fn contents(path: &Path) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_name() != ".lock")
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
            .collect();
        all.sort();
        all
    }

    /// The folder after a save of a warm-up, and with a later save begun: all its files written, but not `keys.json.next`.
    fn begun(path: &Path) {
        let (folder, index) = KeyFolder::take(path).unwrap();
        assert_eq!(index, None);
        let (a, b) = (record("a", KeyState::Warmup), record("b", KeyState::Running));
        folder.put(&a, b"a1").unwrap();
        folder.put(&b, b"b1").unwrap();
        folder.save([&a, &b].into_iter(), b"one").unwrap();
        folder.put(&record("a", KeyState::Running), b"a2").unwrap();
        folder.put(&b, b"b2").unwrap();
    }

    fn named(parts: &[(&str, &str)]) -> Vec<(String, String)> {
        parts.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
    }

    #[test]
    fn what_was_not_saved_is_gone_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        begun(&path);
        let (_held, index) = KeyFolder::take(&path).unwrap();
        assert_eq!(index.as_deref(), Some(&b"one"[..]));
        assert_eq!(contents(&path), named(&[("a.warmup", "a1"), ("b.model", "b1"), ("keys.json", "one")]));
    }

    #[test]
    fn a_save_that_counts_is_finished_from_wherever_it_was_killed() {
        // 0, 1, or both of the files have their names already
        for renamed in 0..=2 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("keys");
            begun(&path);
            fs::write(path.join("keys.json.next"), "two").unwrap();
            for name in &["b.model", "a.model"][..renamed] {
                fs::rename(path.join(format!("{name}.next")), path.join(name)).unwrap();
            }
            if renamed == 2 {
                fs::remove_file(path.join("a.warmup")).unwrap();
            }
            let (_held, index) = KeyFolder::take(&path).unwrap();
            assert_eq!(index.as_deref(), Some(&b"two"[..]), "{renamed}");
            assert_eq!(contents(&path), named(&[("a.model", "a2"), ("b.model", "b2"), ("keys.json", "two")]));
        }
    }

    #[test]
    fn a_folder_of_other_files_or_of_another_process_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = |path: &Path| KeyFolder::take(path).err().unwrap().to_string();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        assert!(refusal(folder.path()).contains("notes.txt"));
        assert!(refusal(&folder.path().join("notes.txt")).contains("is a file"));
        let path = folder.path().join("keys");
        let _held = KeyFolder::take(&path).unwrap();
        assert!(refusal(&path).contains("in use by process"));
    }
}
