//! Whether the rows of a source are those that a model has seen, and where a stream goes on in them.
//!
//! | the name | the first bytes | the rows | what it is | read |
//! |---|---|---|---|---|
//! | the same | the same | at least those seen | the file, perhaps grown | after the rows seen |
//! | the same | the same | fewer | another file in its place | from the first row |
//! | the same | others | any | another file in its place | from the first row |
//! | another | the same | at least those seen | the file under another name | after the rows seen |
//! | another | all else | any | other rows | from the first row, with new counts |
//!
//! The rows of a file that took the place of another are numbered after those of the other, so that no number stands for two rows.

use super::source::{FilePlace, RowSource, SeenRows};
use std::fmt;

/// What a model has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenData {
    /// What the source was called; empty where nothing is to go on.
    pub name: String,
    /// The file that it was, if it was one and the model knows it.
    pub file: Option<FilePlace>,
    /// The number of the last row.
    pub last: u64,
}

/// How a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// After the rows seen, of which so many came before the source's first.
    Same { before: u64 },
    /// The same, from the file under another name.
    Renamed { before: u64 },
    /// From the first row of another file that has the place of the one before.
    Replaced { is_shorter: bool },
    /// From the first row of other data, with new counts.
    Other,
    /// Data that are no file, and are not as many as those seen.
    Ended,
}

/// How a stream over a source goes on from what a model has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Continuation {
    seen: SeenData,
    kind: Kind,
}

impl Continuation {
    /// Puts a source at the row where the stream goes on. `open` opens the source, and does so again where the rows end too early.
    ///
    /// # Errors
    /// What cannot be opened or read.
    pub fn find<E: From<crate::data::DataError>>(
        seen: SeenData,
        mut open: impl FnMut() -> Result<Box<dyn RowSource>, E>,
    ) -> Result<(Box<dyn RowSource>, Self), E> {
        let mut source = open()?;
        let mut found = Continuation { kind: seen.kind_of(&*source), seen };
        if found.place(&mut *source)? {
            return Ok((source, found));
        }
        found.kind = match found.kind {
            Kind::Renamed { .. } => Kind::Other,
            _ if source.description().file.is_some() => Kind::Replaced { is_shorter: true },
            _ => {
                found.kind = Kind::Ended;
                return Ok((source, found));
            }
        };
        source = open()?;
        found.place(&mut *source)?;
        Ok((source, found))
    }

    /// Puts the source where the stream goes on; false if it ends before.
    fn place(&self, source: &mut dyn RowSource) -> Result<bool, crate::data::DataError> {
        let last = self.seen.last;
        match self.kind {
            Kind::Same { before } | Kind::Renamed { before } => source.go_on_after(SeenRows { last, before }),
            Kind::Replaced { .. } => source.go_on_after(SeenRows { last, before: last }),
            Kind::Other | Kind::Ended => Ok(true),
        }
    }

    /// Whether the stream goes on with its counts.
    pub fn goes_on(&self) -> bool {
        self.kind != Kind::Other
    }

    /// What was noticed and what is done, for data called `name` and the model at `path`; none where all is as it was.
    pub fn notice(&self, name: &str, path: impl fmt::Display) -> Option<String> {
        let SeenData { name: before, last, .. } = &self.seen;
        let replaced = |why: &str| {
            format!(
                "{name} is another file than before (it was replaced or rotated: {why}): read from its first row, which is row \
                 {} of the stream; the network and its counts go on",
                last + 1
            )
        };
        match self.kind {
            Kind::Same { .. } => None,
            Kind::Other if before.is_empty() => None,
            Kind::Renamed { .. } => Some(format!(
                "{name} begins as {before} did: it is taken for the same file under another name, and read after the rows that {path} \
                 has seen"
            )),
            Kind::Replaced { is_shorter: false } => Some(replaced("its first bytes are others")),
            Kind::Replaced { is_shorter: true } => {
                Some(replaced(&format!("it has fewer rows than those that {path} has seen")))
            }
            Kind::Other => Some(format!(
                "{name} is not {before}, from which {path} has learned last: read from its first row; the network goes on, and its \
                 counts begin anew"
            )),
            Kind::Ended => {
                Some(format!("{name} has fewer rows than the {last} that {path} has seen: there is nothing to read"))
            }
        }
    }
}

impl SeenData {
    /// What the rows of a source are, by its name and its first bytes.
    fn kind_of(&self, source: &dyn RowSource) -> Kind {
        let description = source.description();
        let is_same_name = !self.name.is_empty() && self.name == description.name;
        let before = self.file.map_or(0, |file| file.rows_before);
        let is_same_file = self.file.filter(|_| description.file.is_some()).map(|file| source.is_file(&file.mark));
        match (is_same_name, is_same_file) {
            (true, None | Some(true)) => Kind::Same { before },
            (true, Some(false)) => Kind::Replaced { is_shorter: false },
            (false, Some(true)) if !self.name.is_empty() => Kind::Renamed { before },
            (false, _) => Kind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataError, TableRequest};
    use crate::stream::source::Row;
    use crate::stream::table::CsvSource;
    use std::path::Path;

    /// How a stream goes on over a file of `rows` rows, and the number of the first row that it gives.
    fn found(seen: &SeenData, path: &Path, rows: usize) -> (Kind, u64) {
        let text: String = (0..rows).map(|row| format!("{row},{}\n", row % 2)).collect();
        std::fs::write(path, format!("a,kind\n{text}")).unwrap();
        let open = || Ok::<_, DataError>(Box::new(CsvSource::open(path, &TableRequest::default(), 1)?) as _);
        let (mut source, found) = Continuation::find(seen.clone(), open).unwrap();
        let mut row = Row::default();
        source.next(&mut row).unwrap();
        (found.kind, row.number)
    }

    #[test]
    fn a_model_that_does_not_know_its_file_goes_by_its_name_and_by_the_number_of_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let seen = SeenData { name: path.display().to_string(), file: None, last: 8 };
        assert_eq!(found(&seen, &path, 20), (Kind::Same { before: 0 }, 9));
        assert_eq!(found(&seen, &path, 7), (Kind::Replaced { is_shorter: true }, 9));
        assert_eq!(found(&SeenData { name: "other.csv".into(), ..seen }, &path, 20), (Kind::Other, 1));
    }

    #[test]
    fn rows_of_earlier_files_are_not_looked_for_in_the_one_in_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        std::fs::write(&path, "a,kind\n0,0\n").unwrap();
        let source = CsvSource::open(&path, &TableRequest::default(), 1).unwrap();
        let file = source.description().file.map(|file| FilePlace { rows_before: 100, ..file });
        let seen = SeenData { name: path.display().to_string(), file, last: 108 };
        assert_eq!(found(&seen, &path, 20), (Kind::Same { before: 100 }, 109));
        assert_eq!(found(&seen, &path, 5), (Kind::Replaced { is_shorter: true }, 109));
        let moved = SeenData { name: "before.csv".into(), ..seen };
        assert_eq!(found(&moved, &path, 20), (Kind::Renamed { before: 100 }, 109));
        assert_eq!(found(&moved, &path, 5), (Kind::Other, 1));
        let dropped = SeenData { name: String::new(), ..moved };
        assert_eq!(found(&dropped, &path, 20), (Kind::Other, 1));
    }
}
