//! A line of CSV cut into cells, and numbers read from them, at the speed of a stream.
//!
//! A row is a line: it ends with `\n` or `\r\n`, and a quoted cell may hold commas and doubled quotes but no line break. Blanks
//! around a cell do not count.

use memchr::{memchr, memchr_iter};
use std::io::{self, BufRead};
use std::ops::Range;

/// The cells of a line, in reused buffers.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    line: Vec<u8>,
    /// What quoted cells hold, without their quotes.
    unquoted: Vec<u8>,
    cells: Vec<Range<usize>>,
    is_quoted: bool,
}

impl Cells {
    /// Reads the next line that is not blank; false at the end. `lines` counts all lines.
    ///
    /// # Errors
    /// What the reader says.
    pub fn read(&mut self, reader: &mut (impl BufRead + ?Sized), lines: &mut u64) -> io::Result<bool> {
        loop {
            self.line.clear();
            if reader.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(false);
            }
            *lines += 1;
            if *lines == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
            if !self.line.trim_ascii().is_empty() {
                self.split();
                return Ok(true);
            }
        }
    }

    /// Parses a line from elsewhere.
    #[cfg(any(test, feature = "mqtt"))]
    pub fn parse(&mut self, line: &[u8]) {
        self.line.clear();
        self.line.extend_from_slice(line);
        self.split();
    }

    fn split(&mut self) {
        self.cells.clear();
        self.is_quoted = memchr(b'"', &self.line).is_some();
        if self.is_quoted {
            return self.split_quoted();
        }
        let mut start = 0;
        for comma in memchr_iter(b',', &self.line) {
            self.cells.push(start..comma);
            start = comma + 1;
        }
        self.cells.push(start..self.line.len());
    }

    /// Splits a line with quotes, by the `csv` library.
    fn split_quoted(&mut self) {
        self.unquoted.clear();
        let mut record = csv::ByteRecord::new();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&self.line[..]);
        if reader.read_byte_record(&mut record).unwrap_or(false) {
            self.unquoted.extend_from_slice(record.as_slice());
            self.cells.extend((0..record.len()).filter_map(|k| record.range(k)));
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Cell `k` without blanks around it.
    pub fn get(&self, k: usize) -> &[u8] {
        let text = if self.is_quoted { &self.unquoted } else { &self.line };
        self.cells.get(k).map_or(&[][..], |cell| text[cell.clone()].trim_ascii())
    }

    /// All cells as text.
    pub fn texts(&self) -> Vec<String> {
        (0..self.len()).map(|k| String::from_utf8_lossy(self.get(k)).into_owned()).collect()
    }
}

/// The number that a cell holds.
pub fn number(cell: &[u8]) -> Option<f64> {
    fast_float2::parse::<f64, _>(cell).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(line: &str) -> Vec<String> {
        let mut cells = Cells::default();
        cells.parse(line.as_bytes());
        cells.texts()
    }

    #[test]
    fn quotes_blanks_and_line_ends_are_no_part_of_a_cell() {
        assert_eq!(cells(" 1 ,2,,x\r\n"), ["1", "2", "", "x"]);
        assert_eq!(cells("\"a,b\",\"say \"\"no\"\"\",3\n"), ["a,b", "say \"no\"", "3"]);
        let mut reader = &b"\xef\xbb\xbfa\n\n  \nb"[..];
        let (mut cells, mut lines) = (Cells::default(), 0);
        assert!(cells.read(&mut reader, &mut lines).unwrap() && cells.texts() == ["a"] && lines == 1);
        assert!(cells.read(&mut reader, &mut lines).unwrap() && cells.texts() == ["b"] && lines == 4);
        assert!(!cells.read(&mut reader, &mut lines).unwrap());
    }

    proptest! {
        #[test]
        fn a_number_is_what_the_standard_library_reads(value in any::<f64>(), digits in 0usize..9) {
            for text in [format!("{value}"), format!("{value:.digits$}"), format!("{value:e}")] {
                let expected = text.parse::<f64>().unwrap();
                let found = number(text.as_bytes()).unwrap();
                prop_assert!(found == expected || found.is_nan() && expected.is_nan(), "{text}: {found}");
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (mut cells, mut lines, mut reader) = (Cells::default(), 0, &bytes[..]);
            while cells.read(&mut reader, &mut lines).unwrap() {
                cells.texts().iter().for_each(|text| { number(text.as_bytes()); });
            }
        }
    }
}
