//! Rows of a table: a file, packed or not, or standard input row by row.

use super::source::{Row, RowSource, SourceDescription, SourceEvent};
use crate::data::{DataError, ExpectedColumns, Table, TableRequest};
use std::fmt::Write;
use std::path::Path;

/// What messages call standard input.
const STANDARD_INPUT: &str = "standard input";
/// Rows of a pipe that a fresh stream looks at before it decides what they are, at most: its warm-up is not answered anyway.
const LOOK_AHEAD: u64 = 100;

/// A table that is read row by row.
pub struct CsvSource {
    description: SourceDescription,
    table: Table,
    row: u64,
}

impl CsvSource {
    /// A file, gzipped or not.
    ///
    /// # Errors
    /// A file that cannot be read, is empty, or does not have the columns asked for.
    pub fn open(path: &Path, request: &TableRequest<'_>) -> Result<Self, DataError> {
        CsvSource::of(path, Table::open(path, request)?, false)
    }

    /// Standard input: rows as they come. A fresh stream, whose warm-up has `warmup` rows, looks at the first of them.
    ///
    /// # Errors
    /// As [`CsvSource::open`].
    pub fn standard_input(request: &TableRequest<'_>, warmup: u64) -> Result<Self, DataError> {
        let rows = match request.expected {
            ExpectedColumns::Any => warmup.clamp(2, LOOK_AHEAD) as usize,
            _ => 1,
        };
        let (path, request) = (Path::new(STANDARD_INPUT), TableRequest { read_ahead: Some(rows), ..*request });
        CsvSource::of(path, Table::read(path, std::io::stdin(), &request)?, true)
    }

    fn of(path: &Path, table: Option<Table>, is_live: bool) -> Result<Self, DataError> {
        let Some(table) = table else {
            let problem = format!("{}: it is empty", path.display());
            let remedy = "a stream begins with a row, or with the names of its columns".into();
            return Err(DataError::Request { problem, remedy });
        };
        let layout = table.layout();
        let summary = table.summary();
        let description = SourceDescription {
            name: path.display().to_string(),
            features: layout.columns.inputs(),
            columns: Some(layout.columns.clone()),
            has_segments: layout.segment.is_some(),
            is_live,
            understood: [summary.to_string()]
                .iter()
                .chain(summary.hints())
                .map(|text| format!("{}: {text}", path.display()))
                .collect(),
            ..SourceDescription::default()
        };
        Ok(CsvSource { description, table, row: 0 })
    }

    /// Writes the row's parts; says what is wrong with it.
    fn fill(&mut self, row: &mut Row) -> Result<(), crate::data::BadRow> {
        self.table.features(&mut row.features)?;
        row.segment.push_str(self.table.segment()?);
        row.label.push_str(self.table.label()?.unwrap_or_default());
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
                row.clear();
                let _ = write!(row.problem, "{problem}"); // text cannot fail
                Ok(Some(SourceEvent::BadRow))
            }
        }
    }

    fn has_buffered_row(&self) -> bool {
        !self.description.is_live || self.table.has_buffered_row()
    }

    fn skip(&mut self, rows: u64) -> Result<(), DataError> {
        if self.description.is_live {
            self.row = rows;
        }
        while self.row < rows && self.table.advance()? {
            self.row += 1;
        }
        Ok(())
    }
}
