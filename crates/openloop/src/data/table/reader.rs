//! The rows of a table, one after the other in reused buffers, each with its line, its features, label and segment.

use super::super::files::{self, LineReader};
use super::super::{DataError, FileHead, Place, dates};
use super::bad_row::BadRow;
use super::cells::Cells;
use super::encoder::{DATE, RowEncoder};
use super::features::FeatureCells;
use super::layout::{MatchedBy, TableLayout};
use super::lines::{DEFAULT_MAX_LINE, Lines};
use super::missing::is_missing;
use super::naming_row::has_header;
use super::odd::OddCells;
use super::raw::RawRows;
use super::request::TableRequest;
use super::sample::{self, Sample};
use super::summary::{self, TableSummary};
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// Lines that a quoted cell may spread over.
const MAX_QUOTED_LINES: u64 = 10_000;

/// A table that is read row by row.
pub struct Table {
    path: PathBuf,
    lines: Lines,
    cells: Cells,
    layout: TableLayout,
    /// None where all features are numbers.
    encoder: Option<RowEncoder>,
    odd: OddCells,
    summary: TableSummary,
    /// The line that the row starts in.
    line: u64,
    /// Where a quote was opened and never closed, so that the row means nothing.
    unclosed: bool,
}

impl Table {
    /// The table in a file, gzipped or not; none if it has no row at all.
    ///
    /// # Errors
    /// A file that cannot be read or is no table, or does not have the columns asked for; a first row of which cannot be told
    /// whether it names the columns.
    pub fn open(path: &Path, request: &TableRequest<'_>) -> Result<Option<Self>, DataError> {
        let (gzip, reader) = files::open_lines(path)?;
        Table::new(path, gzip, reader, request)
    }

    /// As [`Table::open`], with the head of the file, by which it is known again.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn open_with_head(path: &Path, request: &TableRequest<'_>) -> Result<(FileHead, Option<Self>), DataError> {
        let (gzip, mut reader) = files::open_lines(path)?;
        let limit = request.max_line.unwrap_or(DEFAULT_MAX_LINE);
        let head = FileHead::read(&mut reader, limit).map_err(|error| files::failure(path, gzip, 0, error))?;
        let whole = Cursor::new(head.bytes().to_vec()).chain(reader);
        let table = Table::new(path, gzip, Box::new(BufReader::with_capacity(1 << 16, whole)), request)?;
        Ok((head, table))
    }

    /// The table that a reader gives, gzipped or not; `path` is what messages call it.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn read(
        path: &Path,
        reader: impl Read + Send + 'static,
        request: &TableRequest<'_>,
    ) -> Result<Option<Self>, DataError> {
        let (gzip, reader) = files::unpacked(path, reader)?;
        Table::new(path, gzip, reader, request)
    }

    fn new(
        path: &Path,
        gzip: bool,
        reader: Box<dyn LineReader>,
        request: &TableRequest<'_>,
    ) -> Result<Option<Self>, DataError> {
        let limit = request.max_line.unwrap_or(DEFAULT_MAX_LINE);
        let mut lines = Lines::new(path, gzip, reader, limit)?;
        let Sample { dialect, rows, line } = Sample::take(&mut lines, request)?;
        let Some(first) = rows.first() else { return Ok(None) };
        let has_header = has_header(path, &rows, request)?;
        let mut layout = TableLayout::find(path, line, first, has_header, request)?;
        let data = &rows[usize::from(has_header)..];
        let mut notes = Vec::new();
        if request.by_sample && layout.matched == MatchedBy::Nothing {
            (layout, notes) = sample::decided(path, layout, data)?;
        }
        if request.by_sample {
            layout.columns = sample::with_step(layout.columns, layout.time, data);
        }
        let notes = [notes, layout.absent()].concat();
        let summary = TableSummary::new(&layout, dialect, summary::hints(&layout, data)).with_notes(notes);
        let kinds = layout.columns.each().map(|(_, kind)| kind);
        let mut table = Table {
            path: path.to_path_buf(),
            lines,
            cells: Cells::new(dialect),
            encoder: layout.columns.are_encoded().then(|| RowEncoder::new(kinds)),
            odd: OddCells::new(request.missing),
            layout,
            summary,
            line,
            unclosed: false,
        };
        if has_header {
            table.advance()?;
        }
        Ok(Some(table))
    }

    /// What messages call the table.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where everything stands in a row.
    pub fn layout(&self) -> &TableLayout {
        &self.layout
    }

    /// What was understood of the table.
    pub fn summary(&self) -> &TableSummary {
        &self.summary
    }

    /// The line that the current row starts in.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Whether the next row can be read without waiting.
    pub fn has_buffered_row(&self) -> bool {
        self.lines.has_buffered_line()
    }

    /// Goes to the next row; false at the end.
    ///
    /// # Errors
    /// A file that cannot be read further, or a line beyond the limit.
    pub fn advance(&mut self) -> Result<bool, DataError> {
        match next_row(&mut self.lines, &mut self.cells)? {
            RowEnd::None => return Ok(false),
            RowEnd::Whole(line) => (self.line, self.unclosed) = (line, false),
            RowEnd::Unclosed(line) => (self.line, self.unclosed) = (line, true),
        }
        Ok(true)
    }

    /// Appends the inputs that the feature columns of the current row become: a number stands for itself, and for the others see
    /// [`ColumnKind`](super::super::ColumnKind). A missing value is NaN, if the request allows it.
    ///
    /// # Errors
    /// A row of another width than the first, or a cell that is not what its column is.
    pub fn features(&mut self, out: &mut Vec<f64>) -> Result<(), BadRow> {
        self.check_closed()?;
        let Table { cells, layout, line, encoder, odd, .. } = self;
        let row = FeatureCells { cells, layout, line: *line };
        row.check_width()?;
        odd.begin_row();
        match encoder {
            None => {
                for (k, &column) in layout.features.iter().enumerate() {
                    match row.number(column) {
                        Some(value) => out.push(value),
                        None => {
                            odd.take_no_number(k, &row)?;
                            out.push(f64::NAN);
                        }
                    }
                }
            }
            Some(encoder) => {
                for (k, &column) in layout.features.iter().enumerate() {
                    odd.take(encoder.encode(k, cells.get(column), row.number(column), out), k, &row)?;
                }
            }
        }
        odd.end_row();
        Ok(())
    }

    /// Takes the feature columns of the current row as they are.
    ///
    /// # Errors
    /// A row of another width than the first, bytes that are no text, or no date where one is asked for.
    pub(in crate::data) fn raw(&self, rows: &mut RawRows) -> Result<(), BadRow> {
        self.check_closed()?;
        rows.push(&self.row())
    }

    /// What has to be said of missing and unknown values, once for each column: the next text.
    pub fn take_news(&mut self) -> Option<String> {
        self.odd.take_news()
    }

    fn check_closed(&self) -> Result<(), BadRow> {
        if self.unclosed { Err(BadRow::unclosed(self.line)) } else { Ok(()) }
    }

    /// The label of the current row; none if it is missing.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub fn label(&self) -> Result<Option<&str>, BadRow> {
        let Some(column) = self.layout.label else { return Ok(None) };
        self.label_in(column)
    }

    /// The number that the label of the current row is, if it is one.
    pub fn label_number(&self) -> Option<f64> {
        self.layout.label.and_then(|column| self.cells.number(column))
    }

    /// Appends the labels of the current row as numbers, those of all label columns; false if one of them is missing.
    ///
    /// # Errors
    /// A label that is no finite number.
    pub fn values(&self, out: &mut Vec<f64>) -> Result<bool, BadRow> {
        let first = out.len();
        for &column in self.layout.label.iter().chain(&self.layout.further_labels) {
            if self.label_in(column)?.is_none() {
                out.truncate(first);
                return Ok(false);
            }
            match self.cells.number(column).filter(|value| value.is_finite()) {
                Some(value) => out.push(value),
                None => return Err(self.row().bad_number(column)),
            }
        }
        Ok(out.len() > first)
    }

    /// The label in one column; none if it is missing.
    fn label_in(&self, column: usize) -> Result<Option<&str>, BadRow> {
        let text = self.text(column)?;
        Ok(Some(text).filter(|text| !is_missing(text.as_bytes())))
    }

    /// The segment of the current row; empty where the table names none.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub fn segment(&self) -> Result<&str, BadRow> {
        self.layout.segment.map_or(Ok(""), |column| self.text(column))
    }

    /// The group of the current row; empty where the table names none.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub fn group(&self) -> Result<&str, BadRow> {
        self.layout.group.map_or(Ok(""), |column| self.text(column))
    }

    /// The key of the current row; empty where the table has none.
    ///
    /// # Errors
    /// A row of another width than the first, an empty cell, or bytes that are no text.
    pub fn key(&self) -> Result<&str, BadRow> {
        let Some(column) = self.layout.key else { return Ok("") };
        self.check_closed()?;
        self.row().check_width()?;
        let key = self.text(column)?;
        if key.is_empty() { Err(self.row().bad_value(column, "a key")) } else { Ok(key) }
    }

    /// How much the current row counts; none where the table has no weights.
    ///
    /// # Errors
    /// A cell that is no finite number.
    pub fn weight(&self) -> Result<Option<f64>, BadRow> {
        let Some(column) = self.layout.weight else { return Ok(None) };
        let weight = self.cells.number(column).filter(|weight| weight.is_finite());
        weight.map(Some).ok_or_else(|| self.row().bad_number(column))
    }

    /// When the current row was measured, in seconds from 1970-01-01 00:00; none where the table has no time.
    ///
    /// # Errors
    /// A cell that is neither a date nor a number of seconds or milliseconds.
    pub fn time(&self) -> Result<Option<f64>, BadRow> {
        let Some(column) = self.layout.time else { return Ok(None) };
        let row = self.row();
        let seconds = dates::seconds(row.text(column)?.as_bytes(), self.cells.number(column));
        seconds.map(Some).ok_or_else(|| row.bad_value(column, DATE))
    }

    fn text(&self, column: usize) -> Result<&str, BadRow> {
        self.row().text(column)
    }

    fn row(&self) -> FeatureCells<'_> {
        FeatureCells { cells: &self.cells, layout: &self.layout, line: self.line }
    }
}

/// How a row ended, and the line that it starts in.
enum RowEnd {
    None,
    Whole(u64),
    Unclosed(u64),
}

/// Reads the next row that is not blank into `cells`.
fn next_row(lines: &mut Lines, cells: &mut Cells) -> Result<RowEnd, DataError> {
    loop {
        cells.line.clear();
        if !lines.next(&mut cells.line)? {
            return Ok(RowEnd::None);
        }
        if !cells.line.trim_ascii().is_empty() {
            break;
        }
    }
    let line = lines.number();
    let mut is_whole = cells.begin();
    while !is_whole {
        cells.line.clear();
        if lines.number() - line > MAX_QUOTED_LINES || !lines.next(&mut cells.line)? {
            cells.end();
            return Ok(RowEnd::Unclosed(line));
        }
        is_whole = cells.go_on();
    }
    Ok(RowEnd::Whole(line))
}

/// The place of an empty table, for messages.
pub(in crate::data) fn empty(path: &Path) -> DataError {
    DataError::invalid(path, Place::Byte(0), "rows of data", "an empty file", "check that it is the right file")
}
