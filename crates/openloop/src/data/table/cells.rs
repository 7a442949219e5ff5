//! A line of CSV cut into cells, and numbers read from them, at the speed of a stream.
//!
//! A quoted cell may hold separators, doubled quotes and line ends; blanks around a cell do not count. A line without quotes, which
//! is nearly every line, is cut by `memchr`; one with quotes goes through `csv-core`, part by part, as its lines come.

use super::dialect::Dialect;
use super::number::number_of;
use csv_core::ReadRecordResult;
use memchr::{memchr, memchr_iter};
use std::fmt;
use std::ops::Range;

/// The cells of a line, in reused buffers.
#[derive(Clone, Default)]
pub struct Cells {
    dialect: Dialect,
    pub(super) line: Vec<u8>,
    /// What quoted cells hold, without their quotes.
    unquoted: Vec<u8>,
    cells: Vec<Range<usize>>,
    is_quoted: bool,
    quotes: Option<Box<QuotedLine>>,
}

/// Where the parser of a line with quotes stands.
#[derive(Clone)]
struct QuotedLine {
    parser: csv_core::Reader,
    ends: Vec<usize>,
    /// Bytes and cells of the row so far.
    length: usize,
    count: usize,
}

impl Cells {
    /// Cells of this dialect.
    pub fn new(dialect: Dialect) -> Self {
        Cells { dialect, ..Cells::default() }
    }

    /// How the cells are separated and numbers written.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Parses a row that is there as a whole.
    pub fn parse(&mut self, row: &[u8]) {
        self.line.clear();
        self.line.extend_from_slice(row);
        if !self.begin() {
            self.end();
        }
    }

    /// Cuts the first line of a row, which is in `line`; false where a quote is still open at its end.
    pub(super) fn begin(&mut self) -> bool {
        self.cells.clear();
        self.is_quoted = memchr(b'"', &self.line).is_some();
        if self.is_quoted {
            if let Some(quotes) = &mut self.quotes {
                (quotes.length, quotes.count) = (0, 0);
                quotes.parser.reset();
            }
            return self.go_on();
        }
        let mut start = 0;
        for separator in memchr_iter(self.dialect.separator, &self.line) {
            self.cells.push(start..separator);
            start = separator + 1;
        }
        self.cells.push(start..self.line.len());
        true
    }

    /// Takes another line of the row, which is in `line`; false where a quote is still open at its end.
    pub(super) fn go_on(&mut self) -> bool {
        self.line.push(b'\n');
        let separator = self.dialect.separator;
        let quotes = self.quotes.get_or_insert_with(|| QuotedLine::new(separator));
        let whole = quotes.feed(&self.line, &mut self.unquoted);
        if whole {
            self.take_cells();
        }
        whole
    }

    /// The row ends here, though a quote is open.
    pub(super) fn end(&mut self) {
        if let Some(quotes) = &mut self.quotes {
            quotes.feed(&[], &mut self.unquoted);
            self.take_cells();
        }
    }

    fn take_cells(&mut self) {
        let Some(quotes) = &self.quotes else { return };
        let mut start = 0;
        for &end in &quotes.ends[..quotes.count] {
            self.cells.push(start..end);
            start = end;
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Cell `k` without blanks around it; empty where there is none.
    pub fn get(&self, k: usize) -> &[u8] {
        let text = if self.is_quoted { &self.unquoted } else { &self.line };
        self.cells.get(k).map_or(&[][..], |cell| text[cell.clone()].trim_ascii())
    }

    /// The number that cell `k` holds.
    #[inline]
    pub fn number(&self, k: usize) -> Option<f64> {
        number_of(self.get(k), self.dialect.decimal)
    }

    /// All cells as text, with anything that is not UTF-8 replaced.
    pub fn texts(&self) -> Vec<String> {
        (0..self.len()).map(|k| String::from_utf8_lossy(self.get(k)).into_owned()).collect()
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cells").field(&self.texts()).finish()
    }
}

impl QuotedLine {
    fn new(separator: u8) -> Box<Self> {
        let parser = csv_core::ReaderBuilder::new().delimiter(separator).build();
        Box::new(QuotedLine { parser, ends: vec![0; 16], length: 0, count: 0 })
    }

    /// Parses a part of a row, none at its end; says whether the row is whole.
    fn feed(&mut self, mut part: &[u8], out: &mut Vec<u8>) -> bool {
        loop {
            let used = self.length.min(out.len());
            let (result, read, written, ended) =
                self.parser.read_record(part, &mut out[used..], &mut self.ends[self.count..]);
            part = &part[read..];
            self.length += written;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty => return false,
                ReadRecordResult::OutputFull => out.resize(2 * out.len().max(128), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => return true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::number::Decimal;
    use super::*;
    use proptest::prelude::*;

    fn cells(row: &str) -> Vec<String> {
        let mut cells = Cells::default();
        cells.parse(row.as_bytes());
        cells.texts()
    }

    #[test]
    fn quotes_and_blanks_are_no_part_of_a_cell() {
        assert_eq!(cells(" 1 ,2,,x"), ["1", "2", "", "x"]);
        assert_eq!(cells("\"a,b\",\"say \"\"no\"\"\",3"), ["a,b", "say \"no\"", "3"]);
        assert_eq!(cells("\"two\nlines\",1"), ["two\nlines", "1"]);
        assert_eq!(cells("5\" pipe,1"), ["5\" pipe", "1"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut cells = Cells::default();
            for _ in 0..2 {
                cells.parse(&bytes);
                cells.texts().iter().for_each(|text| { number_of(text.as_bytes(), Decimal::Either); });
            }
        }
    }
}
