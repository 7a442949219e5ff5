//! The rows of a table, one after the other in reused buffers, each with its line, its features, label and segment.

use super::super::files::{self, LineReader};
use super::super::{DataError, FileHead, Place};
use super::bad_row::{BadRow, Found};
use super::cells::Cells;
use super::dialect::{Dialect, named_separator};
use super::header::{self, FirstRow};
use super::layout::TableLayout;
use super::lines::{DEFAULT_MAX_LINE, Lines};
use super::missing::is_missing;
use super::request::{ExpectedColumns, HeaderChoice, TableRequest};
use super::summary::{self, TableSummary};
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// Rows of a file that are looked at before the first is read.
const SAMPLE_ROWS: usize = 256;
/// And bytes of them, at most, once there are two.
const SAMPLE_BYTES: usize = 1 << 20;
/// Lines that a quoted cell may spread over.
const MAX_QUOTED_LINES: u64 = 10_000;

/// A table that is read row by row.
pub struct Table {
    path: PathBuf,
    lines: Lines,
    cells: Cells,
    layout: TableLayout,
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
        let layout = TableLayout::find(path, line, first, has_header, request)?;
        let data = &rows[usize::from(has_header)..];
        let summary = TableSummary::new(&layout, dialect, summary::hints(&layout, data));
        let mut table = Table {
            path: path.to_path_buf(),
            lines,
            cells: Cells::new(dialect),
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

    /// Appends the features of the current row.
    ///
    /// # Errors
    /// A row of another width than the first, or a cell that is no finite number.
    pub fn features(&self, out: &mut Vec<f64>) -> Result<(), BadRow> {
        if self.unclosed {
            return Err(BadRow::unclosed(self.line));
        }
        if self.cells.len() != self.layout.width {
            return Err(BadRow::width(self.line, self.layout.width, self.cells.len()));
        }
        for &column in &self.layout.features {
            match self.cells.number(column) {
                Some(value) if (value as f32).is_finite() => out.push(match is_halfway(value) {
                    true => rounded_once(value, self.cells.get(column)),
                    false => value,
                }),
                found => return Err(self.bad_number(column, found)),
            }
        }
        Ok(())
    }

    /// The label of the current row; none if it is missing.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub fn label(&self) -> Result<Option<&str>, BadRow> {
        let Some(column) = self.layout.label else { return Ok(None) };
        self.label_in(column)
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
                None => return Err(self.bad_number(column, self.cells.number(column))),
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

    fn text(&self, column: usize) -> Result<&str, BadRow> {
        let no_text = |_| self.bad_cell(column, "text", Found::NoText);
        str::from_utf8(self.cells.get(column)).map_err(no_text)
    }

    fn bad_number(&self, column: usize, number: Option<f64>) -> BadRow {
        let cell = self.cells.get(column);
        let found = match str::from_utf8(cell) {
            Ok("") => Found::Empty,
            Ok(text) => Found::Text(text.into()),
            Err(_) => Found::NoText,
        };
        let expected = match (number, &found) {
            (_, Found::Empty | Found::NoText) => "a number",
            (Some(_), _) => "a finite number that fits a 32-bit float",
            (None, _) => self.cells.dialect().number_words(),
        };
        self.bad_cell(column, expected, found)
    }

    fn bad_cell(&self, column: usize, expected: &'static str, found: Found) -> BadRow {
        BadRow::cell(self.line, column, self.layout.shown_name(column), expected, found)
    }
}

/// Whether a number lies halfway between two of f32.
fn is_halfway(value: f64) -> bool {
    value.to_bits() & 0x1fff_ffff == 0x1000_0000
}

/// `value` or its neighbour, so that it becomes the f32 that its text is nearest to: a text just above halfway would be rounded to
/// halfway first, and down after that.
fn rounded_once(value: f64, text: &[u8]) -> f64 {
    match fast_float2::parse::<f32, _>(text).map(f64::from) {
        Ok(nearest) if nearest > f64::from(value as f32) => value.next_up(),
        Ok(nearest) if nearest < f64::from(value as f32) => value.next_down(),
        _ => value,
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

/// The first rows of a table, which come again after that, and how they are written.
struct Sample {
    dialect: Dialect,
    rows: Vec<Cells>,
    /// The line of the first.
    line: u64,
}

impl Sample {
    /// Looks at the first lines; one that says `sep=` is used up.
    fn take(lines: &mut Lines, request: &TableRequest<'_>) -> Result<Self, DataError> {
        let wanted = request.read_ahead.unwrap_or(SAMPLE_ROWS);
        let (mut taken, mut separator) = (Vec::new(), None);
        let (mut filled, mut bytes, mut is_end) = (0, 0, false);
        loop {
            while !is_end && filled < wanted && (filled < 2 || bytes < SAMPLE_BYTES) {
                let mut line = Vec::new();
                is_end = !lines.next(&mut line)?;
                if taken.is_empty() && separator.is_none() {
                    separator = named_separator(&line);
                    if separator.is_some() {
                        continue;
                    }
                }
                if !is_end {
                    filled += usize::from(!line.trim_ascii().is_empty());
                    bytes += line.len();
                    taken.push(line);
                }
            }
            let dialect = match separator {
                Some(separator) => Dialect::with_separator(separator, &taken),
                None => Dialect::detect(&taken),
            };
            let (rows, first) = whole_rows(&taken, dialect);
            if !rows.is_empty() || is_end || taken.len() > SAMPLE_ROWS {
                lines.repeat(taken);
                return Ok(Sample { dialect, rows, line: lines.number() + first as u64 + 1 });
            }
            filled -= 1; // a quote is open: the next line belongs to the row
        }
    }
}

/// The whole rows among some lines, and which line the first of them starts in, counted from 0.
fn whole_rows(lines: &[Vec<u8>], dialect: Dialect) -> (Vec<Cells>, usize) {
    let mut rows = Vec::new();
    let mut open: Option<Cells> = None;
    let first = lines.iter().position(|line| !line.trim_ascii().is_empty()).unwrap_or(0);
    for line in &lines[first.min(lines.len())..] {
        let is_row = open.is_none();
        if is_row && line.trim_ascii().is_empty() {
            continue;
        }
        let mut cells = open.take().unwrap_or_else(|| Cells::new(dialect));
        cells.line.clear();
        cells.line.extend_from_slice(line);
        match if is_row { cells.begin() } else { cells.go_on() } {
            true => rows.push(cells),
            false => open = Some(cells),
        }
    }
    (rows, first)
}

/// Whether the first row names the columns.
///
/// # Errors
/// If that cannot be told.
fn has_header(path: &Path, rows: &[Cells], request: &TableRequest<'_>) -> Result<bool, DataError> {
    if let Some(choice) = request.header {
        return Ok(choice == HeaderChoice::Yes);
    }
    let Some(first) = rows.first() else { return Ok(false) };
    let names = first.texts();
    if let ExpectedColumns::Columns(columns) = request.expected {
        let known: std::collections::HashSet<&str> = names.iter().map(String::as_str).collect();
        if columns.features.iter().all(|name| known.contains(name.as_str())) {
            return Ok(true);
        }
        // as many numbers as features and none of the names that the model knows: this is a row; of a pipe, where no other row can be
        // looked at, one number is enough: a stream goes on in the middle, and the first row may be one that cannot be used
        let trained: std::collections::HashSet<&str> =
            columns.features.iter().map(String::as_str).chain(columns.labels()).collect();
        let is_known = |name: &String| trained.contains(name.as_str());
        let numbers = (0..first.len()).filter(|k| first.number(*k).is_some() || is_missing(first.get(*k))).count();
        let is_row_of_pipe = request.read_ahead.is_some() && (0..first.len()).any(|k| first.number(k).is_some());
        if (numbers >= columns.features.len() || is_row_of_pipe) && !names.iter().any(is_known) {
            return Ok(false);
        }
    }
    let labels = request.label.into_iter().flat_map(|label| label.split(',').map(str::trim).chain([label]));
    let asked: Vec<&str> = labels.chain(request.segment).chain(request.ignored.iter().map(String::as_str)).collect();
    match header::first_row(rows, &asked, label_place(names.len(), request)) {
        FirstRow::Header => Ok(true),
        FirstRow::Data => Ok(false),
        // a model's names are not there, so this is a row
        FirstRow::Unclear if request.expected != ExpectedColumns::Any => Ok(false),
        FirstRow::Unclear => {
            let shown = super::layout::list(&names);
            Err(DataError::Request {
                problem: format!(
                    "{}: its first row, {shown}, could be the names of the columns or a row of data",
                    path.display()
                ),
                remedy: "say which with --header yes or --header no".into(),
            })
        }
    }
}

/// Where the label of a row of `width` cells stands if there is no header; beyond the last if there is none.
fn label_place(width: usize, request: &TableRequest<'_>) -> usize {
    let number = request.label.and_then(|label| label.parse::<usize>().ok()).and_then(|label| label.checked_sub(1));
    let trained = match request.expected {
        ExpectedColumns::Columns(columns) if width == columns.features.len() => Some(width),
        ExpectedColumns::Columns(columns) => {
            let order = columns.file_order();
            order.iter().position(|name| *name == columns.label).filter(|_| order.len() == width)
        }
        ExpectedColumns::Count(count) if width == count => Some(width),
        _ => None,
    };
    number.filter(|label| *label < width).or(trained).unwrap_or(width.saturating_sub(1))
}

/// The place of an empty table, for messages.
pub(in crate::data) fn empty(path: &Path) -> DataError {
    DataError::invalid(path, Place::Byte(0), "rows of data", "an empty file", "check that it is the right file")
}
