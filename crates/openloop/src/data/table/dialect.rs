//! What separates the cells of a table and how its numbers are written, found from its first lines.
//!
//! A separator that gives the same number of cells, two or more, in nearly every line is a candidate. Of several, the one is taken
//! after which the largest share of cells are numbers; then the one with the most cells.

use super::number::{Decimal, number_of};
use std::fmt;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between two cells.
    pub separator: u8,
    /// The sign before decimals.
    pub decimal: Decimal,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { separator: b',', decimal: Decimal::Point }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.separator {
            b',' => "comma",
            b';' => "semicolon",
            b'\t' => "tab",
            other => return write!(f, "\"{}\"", char::from(other).escape_debug()),
        };
        let with = if self.decimal == Decimal::Comma { " with decimal comma" } else { "" };
        write!(f, "{name}{with}")
    }
}

impl Dialect {
    /// The dialect of `lines`, the first of a table.
    pub fn detect(lines: &[Vec<u8>]) -> Self {
        let rows = joined(lines);
        let mut best: Option<(f64, usize, u8)> = None;
        for separator in [b',', b';', b'\t'] {
            let Some(columns) = columns(&rows, separator) else { continue };
            let share = numeric_share(&rows, separator);
            if best.is_none_or(|(other, count, _)| (share, columns) > (other, count)) {
                best = Some((share, columns, separator));
            }
        }
        best.map_or_else(Dialect::default, |(_, _, separator)| Dialect::of(separator, &rows))
    }

    /// The dialect of `lines` with a separator that is known.
    pub fn with_separator(separator: u8, lines: &[Vec<u8>]) -> Self {
        Dialect::of(separator, &joined(lines))
    }

    /// What a number is called that is written so.
    pub(super) fn number_words(self) -> &'static str {
        match self.decimal {
            Decimal::Comma => "a number with a decimal comma",
            _ => "a number with a decimal point",
        }
    }

    fn of(separator: u8, rows: &[Vec<u8>]) -> Self {
        let cells = || rows.iter().flat_map(|row| cells(row, separator)).map(plain);
        let has = |sign: u8| cells().any(|cell| cell.contains(&sign) && number_of(cell, Decimal::Either).is_some());
        let decimal = match separator {
            b',' => Decimal::Point,
            _ if has(b',') => Decimal::Comma,
            _ if has(b'.') => Decimal::Point,
            _ => Decimal::Either,
        };
        Dialect { separator, decimal }
    }
}

/// The separator that a first line `sep=;`, as Excel writes it, names.
pub(super) fn named_separator(line: &[u8]) -> Option<u8> {
    let line = plain(line);
    let named = line.get(..4).filter(|start| start.eq_ignore_ascii_case(b"sep=")).map(|_| &line[4..])?;
    match named {
        [separator] if separator.is_ascii() && !separator.is_ascii_alphanumeric() => Some(*separator),
        [] => Some(b'\t'), // the blank that a tab is was trimmed
        _ => None,
    }
}

/// The rows of some lines: a quote that is open at the end of a line goes on in the next.
fn joined(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut rows: Vec<Vec<u8>> = Vec::new();
    let mut is_open = false;
    for line in lines.iter().filter(|line| !line.trim_ascii().is_empty()) {
        match rows.last_mut().filter(|_| is_open) {
            Some(row) => row.extend_from_slice(line),
            None => rows.push(line.clone()),
        }
        is_open ^= line.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
    }
    rows
}

fn cells(row: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    row.split(move |&byte| {
        quoted ^= byte == b'"';
        byte == separator && !quoted
    })
}

/// A cell without blanks and quotes around it.
fn plain(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")).unwrap_or(cell)
}

/// How many cells nearly every row has, if at least two.
fn columns(rows: &[Vec<u8>], separator: u8) -> Option<usize> {
    let mut counts: Vec<usize> = rows.iter().map(|row| cells(row, separator).count()).collect();
    counts.sort_unstable();
    let usual = *counts.get(counts.len() / 2)?;
    let alike = counts.iter().filter(|count| **count == usual).count();
    (usual > 1 && 10 * alike >= 7 * counts.len()).then_some(usual)
}

fn numeric_share(rows: &[Vec<u8>], separator: u8) -> f64 {
    let decimal = if separator == b',' { Decimal::Point } else { Decimal::Either };
    let (mut numbers, mut all) = (0, 0);
    for cell in rows.iter().flat_map(|row| cells(row, separator)) {
        numbers += u32::from(number_of(plain(cell), decimal).is_some());
        all += 1;
    }
    f64::from(numbers) / f64::from(all.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(text: &str) -> String {
        Dialect::detect(&text.lines().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>()).to_string()
    }

    #[test]
    fn separators_are_told_apart_by_what_they_leave_in_the_cells() {
        assert_eq!(detect("a,b,c\n1.5,2,x\n2.5,3,y\n"), "comma");
        assert_eq!(detect("a;b;c\n1,5;2;x\n2,5;3;y\n"), "semicolon with decimal comma");
        assert_eq!(detect("1,5;2,5\n2,5;3,5\n"), "semicolon with decimal comma");
        assert_eq!(detect("a;b\n1.5;x\n2.5;y\n"), "semicolon");
        assert_eq!(detect("a\tb\n1.5\tx, y\n2.5\ty\n"), "tab");
        assert_eq!(detect("a,b\n1,x;y\n2,z;w\n"), "comma");
        assert_eq!(detect("\"a;b\",c\n\"1;2\",3\n"), "comma");
        assert_eq!(detect("a\n1\n"), "comma");
        assert_eq!(detect(""), "comma");
    }

    #[test]
    fn a_line_sep_names_the_separator() {
        assert_eq!((named_separator(b"sep=;"), named_separator(b"\"SEP=|\"\r")), (Some(b';'), Some(b'|')));
        assert_eq!((named_separator(b"sep=\t"), named_separator(b"sep=ab")), (Some(b'\t'), None));
        assert_eq!(named_separator(b"separator,b"), None);
    }
}
