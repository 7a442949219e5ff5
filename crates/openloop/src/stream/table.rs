//! Rows of CSV: a file, packed or not, or standard input row by row.

use super::cells::{Cells, number};
use super::source::{Row, RowSource, SourceDescription, SourceEvent};
use crate::data::rows::{generated_name, is_header, list, position};
use crate::data::{self, Columns, DataError, LineReader};
use std::fmt::Write;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// The name of a segment column that needs no telling.
const SEGMENT: &str = "segment";

/// Which columns mean what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnRoles<'r> {
    /// The label; none means the column called label, class or target, else the last.
    pub label: Option<&'r str>,
    /// The segment; none means the column called segment, if there is one.
    pub segment: Option<&'r str>,
    /// Columns that are no features.
    pub ignored: &'r [String],
    /// What a model expects.
    pub expected: Option<&'r Columns>,
    /// Features that it takes, if it knows no columns.
    pub width: Option<usize>,
}

/// A table that is read row by row.
pub struct CsvSource {
    description: SourceDescription,
    path: PathBuf,
    reader: Box<dyn LineReader>,
    cells: Cells,
    names: Vec<String>,
    width: usize,
    features: Vec<usize>,
    label: Option<usize>,
    segment: Option<usize>,
    /// Whether the first line, already read to find the columns, is a row.
    reread_first_line: bool,
    lines: u64,
    row: u64,
}

impl CsvSource {
    /// A file, gzipped or not.
    ///
    /// # Errors
    /// A file that cannot be read, is empty, or whose first line does not have the columns asked for.
    pub fn open(path: &Path, roles: &ColumnRoles<'_>) -> Result<Self, DataError> {
        CsvSource::new(path, data::open_lines(path)?, false, roles)
    }

    /// Standard input: rows as they come.
    ///
    /// # Errors
    /// As [`CsvSource::open`].
    pub fn standard_input(roles: &ColumnRoles<'_>) -> Result<Self, DataError> {
        let reader = BufReader::with_capacity(1 << 16, std::io::stdin());
        CsvSource::new(Path::new("standard input"), Box::new(reader), true, roles)
    }

    /// Any reader; `path` is what messages call it.
    ///
    /// # Errors
    /// As [`CsvSource::open`].
    pub(crate) fn new(
        path: &Path,
        mut reader: Box<dyn LineReader>,
        is_live: bool,
        roles: &ColumnRoles<'_>,
    ) -> Result<Self, DataError> {
        let (mut cells, mut lines) = (Cells::default(), 0);
        let read = cells.read(&mut reader, &mut lines).map_err(|error| DataError::access("read", path, error))?;
        if !read {
            return Err(request(path, "it is empty", "a stream begins with a row, or with the names of its columns"));
        }
        let layout = ColumnLayout::find(path, &cells.texts(), roles)?;
        let description = SourceDescription {
            name: path.display().to_string(),
            features: layout.features.len(),
            columns: Some(layout.columns),
            has_segments: layout.segment.is_some(),
            is_live,
            ..SourceDescription::default()
        };
        Ok(CsvSource {
            description,
            path: path.into(),
            reader,
            width: cells.len(),
            cells,
            names: layout.names,
            features: layout.features,
            label: layout.label,
            segment: layout.segment,
            reread_first_line: !layout.has_header,
            lines,
            row: 0,
        })
    }

    /// The next line; false at the end.
    fn advance(&mut self) -> Result<bool, DataError> {
        if std::mem::take(&mut self.reread_first_line) {
            return Ok(true);
        }
        let read = self.cells.read(&mut self.reader, &mut self.lines);
        read.map_err(|error| DataError::access("read", &self.path, error))
    }

    /// Writes the row's parts; says what is wrong with it.
    fn fill(&self, row: &mut Row) -> Result<(), String> {
        if self.cells.len() != self.width {
            return Err(format!("{} cells, but the first row has {}", self.cells.len(), self.width));
        }
        for &column in &self.features {
            match number(self.cells.get(column)) {
                Some(value) if value.is_finite() => row.features.push(value),
                _ => return Err(self.not_a_number(column)),
            }
        }
        let text = |column: Option<usize>, out: &mut String| {
            let cell = column.map_or(&[][..], |column| self.cells.get(column));
            str::from_utf8(cell).map(|text| out.push_str(text)).map_err(|_| "text that is not UTF-8".to_string())
        };
        text(self.segment, &mut row.segment)?;
        text(self.label, &mut row.label)?;
        if row.label.eq_ignore_ascii_case("nan") {
            return Err(format!("the label is \"{}\"; leave the cell empty where it is not known", row.label));
        }
        Ok(())
    }

    fn not_a_number(&self, column: usize) -> String {
        let text = String::from_utf8_lossy(self.cells.get(column)).into_owned();
        let name = self.names.get(column).map_or_else(String::new, |name| format!(" (\"{}\")", data::excerpt(name)));
        let found = if text.is_empty() { "empty".into() } else { format!("\"{}\"", data::excerpt(&text)) };
        format!("column {}{name} is {found}, not a finite number", column + 1)
    }
}

impl RowSource for CsvSource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError> {
        if !self.advance()? {
            return Ok(None);
        }
        self.row += 1;
        row.clear();
        row.number = self.row;
        match self.fill(row) {
            Ok(()) => Ok(Some(SourceEvent::Row)),
            Err(problem) => {
                row.clear();
                let _ = write!(row.problem, "line {}: {problem}", self.lines); // text cannot fail
                Ok(Some(SourceEvent::BadRow))
            }
        }
    }

    fn has_buffered_row(&self) -> bool {
        !self.description.is_live || memchr::memchr(b'\n', self.reader.buffered()).is_some()
    }

    fn skip(&mut self, rows: u64) -> Result<(), DataError> {
        if self.description.is_live {
            self.row = rows;
        }
        while self.row < rows && self.advance()? {
            self.row += 1;
        }
        Ok(())
    }
}

/// Where everything stands in a row.
struct ColumnLayout {
    has_header: bool,
    names: Vec<String>,
    columns: Columns,
    features: Vec<usize>,
    label: Option<usize>,
    segment: Option<usize>,
}

impl ColumnLayout {
    fn find(path: &Path, first: &[String], roles: &ColumnRoles<'_>) -> Result<Self, DataError> {
        let width = first.len();
        let named = roles.label.into_iter().chain(roles.segment).chain(roles.ignored.iter().map(String::as_str));
        let has_header = is_header(first, Some(width - 1))
            || data::is_label_name(&first[width - 1])
            || named.into_iter().any(|name| first.iter().any(|cell| cell == name))
            || roles.expected.is_some_and(|columns| columns.features.iter().all(|name| first.contains(name)));
        let names = if has_header { first.to_vec() } else { (0..width).map(generated_name).collect() };
        let column = |name: &str| {
            let problem = || format!("it has no column \"{}\", or has it twice", data::excerpt(name));
            let remedy = || format!("its columns are {}", list(&names));
            position(&names, name).ok_or_else(|| request(path, &problem(), &remedy()))
        };
        let segment = match roles.segment {
            Some(name) => Some(column(name)?),
            None => position(&names, SEGMENT).filter(|_| has_header),
        };
        let ignored = roles.ignored.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
        let wanted = roles.expected.map(|columns| columns.features.len()).or(roles.width);
        let (features, label) = match roles.expected {
            Some(expected) if has_header => {
                let features = expected.features.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
                let label = roles.label.map(&column).transpose()?.or_else(|| position(&names, &expected.label));
                (features, label)
            }
            _ => {
                let others: Vec<usize> = (0..width).filter(|k| Some(*k) != segment && !ignored.contains(k)).collect();
                let named = others.iter().copied().find(|k| data::is_label_name(&names[*k]));
                let label = match roles.label {
                    Some(name) => Some(column(name)?),
                    None if wanted == Some(others.len()) && named.is_none() => None,
                    None => named.or(others.last().copied()),
                };
                (others.into_iter().filter(|k| Some(*k) != label).collect(), label)
            }
        };
        if features.is_empty() || wanted.is_some_and(|wanted| wanted != features.len()) {
            let problem = format!("a row has {} features beside its label", features.len());
            let remedy = wanted.map_or("at least 1 is needed".into(), |wanted| format!("the model takes {wanted}"));
            return Err(request(path, &problem, &remedy));
        }
        let columns = roles.expected.cloned().unwrap_or_else(|| Columns {
            features: features.iter().map(|k| names[*k].clone()).collect(),
            label: label.map_or_else(|| "label".into(), |k| names[k].clone()),
        });
        let names = if has_header { names } else { Vec::new() };
        Ok(ColumnLayout { has_header, names, columns, features, label, segment })
    }
}

fn request(path: &Path, problem: &str, remedy: &str) -> DataError {
    DataError::Request { problem: format!("{}: {problem}", path.display()), remedy: remedy.into() }
}
