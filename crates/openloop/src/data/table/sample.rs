//! The first rows of a table, which come again after that: how they are written, and what their columns are.

use super::super::DataError;
use super::cells::Cells;
use super::decide::{Verdict, decide, kinds_of};
use super::dialect::{Dialect, named_separator};
use super::features::FeatureCells;
use super::layout::TableLayout;
use super::lines::Lines;
use super::raw::RawRows;
use super::request::TableRequest;
use crate::data::{ColumnKind, Columns, dates};
use std::path::Path;

/// Rows of a file that are looked at before the first is read.
const SAMPLE_ROWS: usize = 256;
/// And bytes of them, at most, once there are two.
const SAMPLE_BYTES: usize = 1 << 20;

/// The first rows of a table, and how they are written.
pub(super) struct Sample {
    pub dialect: Dialect,
    pub rows: Vec<Cells>,
    /// The line of the first.
    pub line: u64,
}

impl Sample {
    /// Looks at the first lines; one that says `sep=` is used up.
    pub fn take(lines: &mut Lines, request: &TableRequest<'_>) -> Result<Self, DataError> {
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

/// The columns of windows with the step between rows, from some rows of the table and the column of their times.
pub(super) fn with_step(columns: Columns, time: Option<usize>, rows: &[Cells]) -> Columns {
    let (Some(time), Some(windows)) = (time, columns.windows().filter(|windows| !windows.has_step())) else {
        return columns;
    };
    let at = |cells: &Cells| dates::seconds(cells.get(time), cells.number(time));
    let passed = rows.windows(2).filter_map(|pair| Some(at(&pair[1])? - at(&pair[0])?)).collect();
    let (windows, group) = (windows.clone().with_step(passed), columns.group().map(String::from));
    columns.with_windows(group, Some(windows))
}

/// The layout with what each feature column is by some rows of the table, and what is to be said of columns that are left out.
///
/// # Errors
/// If no column is left, or one that was asked for as categories has too many.
pub(super) fn decided(
    path: &Path,
    layout: TableLayout,
    rows: &[Cells],
) -> Result<(TableLayout, Vec<String>), DataError> {
    let mut raw = RawRows::new(layout.features.len());
    for cells in rows {
        // a row that cannot be used says nothing of the columns
        let whole = raw.len();
        if raw.push(&FeatureCells { cells, layout: &layout, line: layout.line }).is_err() {
            raw.truncate(whole);
        }
    }
    if raw.len() == 0 {
        // nothing is known of the categories that were asked for
        let kinds = layout.columns.each().map(|(_, kind)| Some(kind.clone()).filter(|kind| kind.inputs() > 0));
        let kinds = kinds.collect();
        return Ok((layout.with_kept(kinds), Vec::new()));
    }
    let all: Vec<u32> = (0..raw.len() as u32).collect();
    let verdicts = decide(&raw, &layout, &all).into_iter().map(|verdict| match verdict {
        // the row with the text is a bad one
        Verdict::Text(_) => Verdict::Kept(ColumnKind::Number),
        other => other,
    });
    let looked_at = format!("the first {} rows", raw.len());
    let (kinds, notes) = kinds_of(path, verdicts.collect(), &layout.columns.features, &looked_at)?;
    Ok((layout.with_kept(kinds), notes))
}
