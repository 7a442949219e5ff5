//! The rows of a CSV file with their true line numbers, and the checks that every cell goes through.

use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};

use super::error::excerpt;
use super::files::{DataFile, failure};
use super::{DataError, Place};

/// A CSV file, row by row. Blank lines are skipped; `\n`, `\r\n` and `\r` all end a line.
pub(super) struct CsvTable {
    path: PathBuf,
    gzip: bool,
    reader: Reader<UniformLines<Box<dyn Read>>>,
    record: ByteRecord,
    line: u64,
    repeats: bool,
}

/// One row: its cells without surrounding blanks, and the line of the file that it starts in.
pub(super) struct CsvRow<'a> {
    pub path: &'a Path,
    pub line: u64,
    cells: &'a ByteRecord,
}

impl CsvTable {
    pub fn new(source: DataFile) -> Self {
        let (path, gzip, reader) = source.into_parts();
        let reader = UniformLines { inner: reader, head: None, after_return: false, last: b'\n' };
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(reader);
        CsvTable { path, gzip, reader, record: ByteRecord::new(), line: 0, repeats: false }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes [`next`](Self::next) return the last row again.
    pub fn repeat_row(&mut self) {
        self.repeats = true;
    }

    /// The next row, or none at the end of the file.
    ///
    /// # Errors
    /// If the file cannot be read further.
    pub fn next(&mut self) -> Result<Option<CsvRow<'_>>, DataError> {
        if !std::mem::take(&mut self.repeats) {
            let before = self.reader.position().line();
            if !self.reader.read_byte_record(&mut self.record).map_err(|error| self.failure(error))? {
                return Ok(None);
            }
            // The parser counts blank lines to the row after them; so count back from the end of this row, which
            // `UniformLines` makes sure is a line break (unless a quote was never closed: then that break is inside).
            let inside = self.record.as_slice().iter().filter(|&&byte| byte == b'\n').count() as u64;
            self.line = self.reader.position().line().saturating_sub(inside + 1).max(before);
            self.record.trim();
        }
        Ok(Some(CsvRow { path: &self.path, line: self.line, cells: &self.record }))
    }

    fn failure(&self, error: csv::Error) -> DataError {
        let (byte, text) = (self.reader.position().byte(), error.to_string());
        match error.into_kind() {
            ErrorKind::Io(source) => failure(&self.path, self.gzip, byte, source),
            _ => DataError::invalid(&self.path, Place::Byte(byte), "CSV", text, "correct the file"),
        }
    }
}

impl CsvRow<'_> {
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cells as text, with anything that is not UTF-8 replaced.
    pub fn texts(&self) -> Vec<String> {
        self.cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
    }

    /// The finite number in column `column` (from 0), called `name`.
    pub fn number(&self, column: usize, name: &str) -> Result<f32, DataError> {
        let text = self.filled(column, name, "a number")?;
        match text.parse::<f32>() {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(_) => Err(self.invalid(column, name, "a finite number that fits a 32-bit float", text)),
            Err(_) => Err(self.invalid(column, name, "a number with a decimal point", text)),
        }
    }

    /// The label in column `column` (from 0), called `name`.
    pub fn label(&self, column: usize, name: &str) -> Result<String, DataError> {
        let text = self.filled(column, name, "a label")?;
        if text.eq_ignore_ascii_case("nan") {
            return Err(self.invalid(column, name, "a label", text));
        }
        Ok(text.to_string())
    }

    /// Checks that the row has `width` cells.
    pub fn check_width(&self, width: usize) -> Result<(), DataError> {
        if self.len() == width {
            return Ok(());
        }
        let (expected, found) = (format!("{width} cells, as in the first row"), format!("{} cells", self.len()));
        Err(DataError::invalid(self.path, Place::Line(self.line), expected, found, "correct the row or remove it"))
    }

    fn filled(&self, column: usize, name: &str, expected: &str) -> Result<&str, DataError> {
        match self.cells.get(column).map(std::str::from_utf8) {
            None | Some(Ok("")) => {
                let place = self.place(column, name);
                let remedy = "fill the cell in or remove the row";
                Err(DataError::invalid(self.path, place, expected, "a missing cell", remedy))
            }
            Some(Ok(text)) => Ok(text),
            Some(Err(_)) => {
                let place = self.place(column, name);
                let remedy = "save the file as UTF-8";
                Err(DataError::invalid(self.path, place, expected, "bytes that are not UTF-8 text", remedy))
            }
        }
    }

    fn invalid(&self, column: usize, name: &str, expected: &str, text: &str) -> DataError {
        let found = format!("\"{}\"", excerpt(text));
        let remedy = "correct the cell or remove the row";
        DataError::invalid(self.path, self.place(column, name), expected, found, remedy)
    }

    fn place(&self, column: usize, name: &str) -> Place {
        Place::Cell { line: self.line, column: column + 1, name: name.to_string() }
    }
}

/// True for text that would be read as a number, NaN and infinities among them.
pub(super) fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Passes bytes on with every line end made `\n`, the last line's too, and without a byte order mark at the start.
struct UniformLines<R> {
    inner: R,
    /// The first bytes, once they were read.
    head: Option<Cursor<Vec<u8>>>,
    after_return: bool,
    last: u8,
}

impl<R: Read> Read for UniformLines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !out.is_empty() {
            let count = self.read_unmarked(out)?;
            if count == 0 {
                let open = self.last != b'\n';
                out[0] = b'\n';
                self.last = b'\n';
                return Ok(usize::from(open));
            }
            let kept = self.join_line_ends(&mut out[..count]);
            if kept > 0 {
                self.last = out[kept - 1];
                return Ok(kept);
            }
        }
        Ok(0)
    }
}

impl<R: Read> UniformLines<R> {
    fn read_unmarked(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.head.is_none() {
            let mut head = Vec::with_capacity(BYTE_ORDER_MARK.len());
            self.inner.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut head)?;
            if head == BYTE_ORDER_MARK {
                head.clear();
            }
            self.head = Some(Cursor::new(head));
        }
        match self.head.as_mut().map_or(Ok(0), |head| head.read(out))? {
            0 => self.inner.read(out),
            count => Ok(count),
        }
    }

    /// Rewrites `bytes` in place and returns how many are left.
    fn join_line_ends(&mut self, bytes: &mut [u8]) -> usize {
        let mut kept = 0;
        for i in 0..bytes.len() {
            let byte = bytes[i];
            let second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if !second_half {
                bytes[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        let source = DataFile::new(Path::new("test"), Cursor::new(bytes.to_vec())).expect("memory can be read");
        let mut table = CsvTable::new(source);
        let mut rows = Vec::new();
        while let Ok(Some(row)) = table.next() {
            rows.push((row.line, row.texts()));
        }
        rows
    }

    #[test]
    fn a_row_has_the_line_it_starts_in_whatever_ends_the_lines() {
        let text = "a,b\n\n\n 1 ,2\n\"x\ny\",3\n4,5";
        let found = rows(text.as_bytes());
        let lines: Vec<u64> = found.iter().map(|row| row.0).collect();
        assert_eq!(lines, [1, 4, 5, 7]);
        assert_eq!(found[1].1, ["1", "2"]);
        assert_eq!(found, rows(text.replace('\n', "\r\n").as_bytes()));
        assert_eq!(found, rows(text.replace('\n', "\r").as_bytes()));
        assert_eq!(found, rows(format!("{text}\r\n").as_bytes()));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_cell() {
        assert_eq!(rows("\u{feff}\"a\",b\n".as_bytes()), [(1, vec!["a".into(), "b".into()])]);
        assert_eq!(rows("\u{ff71},b".as_bytes()), [(1, vec!["\u{ff71}".into(), "b".into()])]);
        assert!(rows("\u{feff}".as_bytes()).is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            rows(&bytes);
        }

        #[test]
        fn no_text_of_commas_quotes_and_line_ends_makes_the_reader_panic(text in "[0-9a,\"\r\n .-]{0,80}") {
            let found = rows(text.as_bytes());
            prop_assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
