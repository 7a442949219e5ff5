//! Rows of a table: a file, packed or not, or a pipe row by row.

use super::answer::TargetKind;
use super::source::{FilePlace, Row, RowSource, SeenRows, SourceDescription, SourceEvent};
use crate::data::{DataError, ExpectedColumns, FileHead, FileMark, Table, TableRequest, Task};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What messages call standard input.
const STANDARD_INPUT: &str = "standard input";
/// Rows of a pipe that a fresh stream looks at before it decides what they are, at most: its warm-up is not answered anyway.
const LOOK_AHEAD: u64 = 100;

/// A table that is read row by row.
pub struct CsvSource {
    description: SourceDescription,
    table: Table,
    /// What its labels are taken for.
    task: Task,
    /// The head of its file, if it is one.
    head: Option<FileHead>,
    row: u64,
}

impl CsvSource {
    /// A file, gzipped or not. What is no regular file, such as a named pipe, is read as standard input is: its rows do not come
    /// again.
    ///
    /// # Errors
    /// A file that cannot be read, is empty, or does not have the columns asked for.
    pub fn open(path: &Path, request: &TableRequest<'_>, warmup: u64) -> Result<Self, DataError> {
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let pipe = File::open(path).map_err(|source| DataError::access("read", path, source))?;
            return CsvSource::pipe(path, pipe, request, warmup);
        }
        let (head, table) = Table::open_with_head(path, request)?;
        CsvSource::of(path, table, Some(head), request)
    }

    /// Standard input: rows as they come. A fresh stream, whose warm-up has `warmup` rows, looks at the first of them.
    ///
    /// # Errors
    /// As [`CsvSource::open`].
    pub fn standard_input(request: &TableRequest<'_>, warmup: u64) -> Result<Self, DataError> {
        CsvSource::pipe(Path::new(STANDARD_INPUT), std::io::stdin(), request, warmup)
    }

    fn pipe(
        path: &Path,
        reader: impl Read + Send + 'static,
        request: &TableRequest<'_>,
        warmup: u64,
    ) -> Result<Self, DataError> {
        let rows = match request.expected {
            ExpectedColumns::Any => warmup.clamp(2, LOOK_AHEAD) as usize,
            _ => 1,
        };
        let request = TableRequest { read_ahead: Some(rows), ..*request };
        CsvSource::of(path, Table::read(path, reader, &request)?, None, &request)
    }

    /// `head` is that of a file; a pipe has none.
    fn of(
        path: &Path,
        table: Option<Table>,
        head: Option<FileHead>,
        request: &TableRequest<'_>,
    ) -> Result<Self, DataError> {
        let Some(table) = table else {
            let problem = format!("{}: it is empty", path.display());
            let remedy = "a stream begins with a row, or with the names of its columns".into();
            return Err(DataError::Request { problem, remedy });
        };
        let layout = table.layout();
        let task = match (request.task, layout.further_labels.is_empty()) {
            (Task::Classes, false) => {
                let task = if request.may_lack_label { "anomaly" } else { "classes" };
                let problem = format!("--task {task} with several label columns: a row has one class");
                return Err(DataError::Request { problem, remedy: "name one column, or say --task regression".into() });
            }
            (Task::Auto, false) => Task::Regression,
            (task, _) => task,
        };
        let summary = table.summary();
        let description = SourceDescription {
            name: path.display().to_string(),
            features: layout.columns.inputs(),
            columns: Some(layout.columns.clone()),
            kind: match task {
                _ if request.may_lack_label => Some(TargetKind::Inputs),
                Task::Auto => None,
                Task::Classes => Some(TargetKind::Classes),
                Task::Regression => Some(TargetKind::Values),
            },
            has_segments: layout.segment.is_some(),
            is_live: head.is_none(),
            file: head.as_ref().map(|head| FilePlace { mark: head.mark(), rows_before: 0 }),
            understood: [summary.to_string()]
                .iter()
                .chain(summary.hints())
                .map(|text| format!("{}: {text}", path.display()))
                .collect(),
            ..SourceDescription::default()
        };
        Ok(CsvSource { description, table, task, head, row: 0 })
    }

    /// Writes the row's parts; says what is wrong with it.
    fn fill(&mut self, row: &mut Row) -> Result<(), crate::data::BadRow> {
        row.key.push_str(self.table.key()?);
        self.table.features(&mut row.features)?;
        row.segment.push_str(self.table.segment()?);
        row.group.push_str(self.table.group()?);
        row.time = self.table.time()?;
        if self.task == Task::Regression {
            return self.table.values(&mut row.values).map(|_| ());
        }
        let Some(label) = self.table.label()? else { return Ok(()) };
        row.label.push_str(label);
        if self.task == Task::Auto {
            // what is no number is a class, or cannot be used once it is decided that targets are values
            row.values.extend(self.table.label_number());
        }
        Ok(())
    }
}

impl RowSource for CsvSource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError> {
        if let Some(news) = self.table.take_news() {
            row.clear();
            row.number = self.row;
            let _ = write!(row.problem, "{}: {news}", self.table.path().display()); // text cannot fail
            return Ok(Some(SourceEvent::Notice));
        }
        if !self.table.advance()? {
            return Ok(None);
        }
        self.row += 1;
        row.clear();
        row.number = self.row;
        match self.fill(row) {
            Ok(()) => Ok(Some(SourceEvent::Row)),
            Err(problem) => {
                let key = std::mem::take(&mut row.key);
                row.clear();
                row.key = key;
                let _ = write!(row.problem, "{problem}"); // text cannot fail
                Ok(Some(SourceEvent::BadRow))
            }
        }
    }

    fn has_buffered_row(&self) -> bool {
        !self.description.is_live || self.table.has_buffered_row()
    }

    fn go_on_after(&mut self, seen: SeenRows) -> Result<bool, DataError> {
        let Some(file) = &mut self.description.file else {
            self.row = seen.last;
            return Ok(true);
        };
        (file.rows_before, self.row) = (seen.before, seen.before);
        while self.row < seen.last {
            if !self.table.advance()? {
                return Ok(false);
            }
            self.row += 1;
        }
        Ok(true)
    }

    fn is_file(&self, mark: &FileMark) -> bool {
        self.head.as_ref().is_some_and(|head| head.has(mark))
    }
}
