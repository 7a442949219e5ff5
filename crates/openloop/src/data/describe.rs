//! A table for people: what each of its columns is, which values it has, and how many are missing.

use super::recordings::Recordings;
use super::table::{
    Dialect, LabelColumn, RawCell, RawRows, Table, TableRequest, TableSummary, Task, Verdict, decide, empty,
};
use super::{ColumnKind, Columns, DataError, dates, kinds, shown_number};
use std::collections::HashMap;
use std::path::Path;

/// Categories that are named one by one.
const MAX_SHOWN: usize = 6;

/// A table, and what a new network would make of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDescription {
    /// What was understood.
    pub summary: TableSummary,
    /// All columns in the order of the file.
    pub columns: Vec<ColumnDescription>,
    /// Rows.
    pub rows: u64,
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnDescription {
    /// Its name.
    pub name: String,
    /// What it is: a kind of feature, `left out`, `label`, or `ignored`.
    pub kind: String,
    /// Inputs of a network that it becomes.
    pub inputs: usize,
    /// Rows in which its value is missing.
    pub missing: u64,
    /// Its range or its categories; why it is left out.
    pub values: String,
}

/// Reads a whole table and describes its columns. What they are is decided by all rows.
///
/// # Errors
/// A file that cannot be read or is no table, or does not have the columns asked for; a row of another width.
pub fn describe_table(path: &Path, request: &TableRequest<'_>) -> Result<TableDescription, DataError> {
    let mut table = Table::open(path, request)?.ok_or_else(|| empty(path))?;
    let layout = table.layout().clone();
    let mut raw = RawRows::new(layout.features.len());
    let (mut labels, mut unlabelled) = (LabelColumn::default(), 0);
    let mut recordings = Recordings::of(&table);
    while table.advance()? {
        table.raw(&mut raw).map_err(|bad| bad.into_error(path))?;
        match table.label().map_err(|bad| bad.into_error(path))? {
            Some(label) => {
                labels.push(label, table.line());
                recordings.push(&table).map_err(|bad| bad.into_error(path))?;
            }
            None => {
                recordings.interrupt();
                unlabelled += 1;
            }
        }
    }
    let all: Vec<u32> = (0..raw.len() as u32).collect();
    let verdicts = decide(&raw, &layout, &all);
    let notes = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Text(bad) => Some(format!("{bad}: a text among numbers is an error")),
        _ => None,
    });
    let kinds = verdicts.iter().map(|verdict| match verdict {
        Verdict::Kept(kind) => Some(kind.clone()),
        Verdict::Text(_) => Some(ColumnKind::Number),
        Verdict::LeftOut(_) | Verdict::TooMany => None,
    });
    let decided = layout.columns.clone().with_kept(kinds.collect());
    let summary = table.summary().clone().with_columns(&decided).with_notes(notes.collect());
    let asked = (request.task, summary.dialect());
    let summary = summary.with_windows(windows(path, &decided, &recordings, &labels, asked)?);
    let ignored =
        |name: &String| ColumnDescription { name: name.clone(), kind: "ignored".into(), ..Default::default() };
    let mut columns: Vec<ColumnDescription> = layout.names.iter().map(ignored).collect();
    for (k, (verdict, &column)) in verdicts.iter().zip(&layout.features).enumerate() {
        columns[column] = ColumnDescription { name: layout.names[column].clone(), ..feature(&raw, k, verdict) };
    }
    if let Some(column) = layout.label {
        let name = layout.names[column].clone();
        columns[column] = ColumnDescription { name, missing: unlabelled, ..label(&labels) };
    }
    for (place, kind) in [(layout.group, "group"), (layout.time, "time")] {
        place.iter().for_each(|column| columns[*column].kind = kind.into());
    }
    Ok(TableDescription { summary, columns, rows: raw.len() as u64 })
}

/// What windows the rows become, if any are asked for.
fn windows(
    path: &Path,
    columns: &Columns,
    recordings: &Recordings,
    labels: &LabelColumn,
    (task, dialect): (Task, Dialect),
) -> Result<Option<String>, DataError> {
    let Some(windows) = columns.windows().cloned() else { return Ok(None) };
    let windows = windows.with_own_step(recordings);
    let mut cut = recordings.cut(&windows);
    cut.check(path, &windows, columns.group())?;
    // windows of measured values have that of their last row
    if task != Task::Regression && !labels.look_measured(dialect) {
        cut.keep_unmixed(&windows, labels);
    }
    Ok(cut.text(columns))
}

/// The label column.
fn label(labels: &LabelColumn) -> ColumnDescription {
    let classes = labels.classes();
    let count = classes.len();
    let shown: Vec<String> = classes.iter().take(MAX_SHOWN).map(|class| super::excerpt(class)).collect();
    let more = if count > MAX_SHOWN { ", ..." } else { "" };
    let values = format!("{count} classes: {}{more}", shown.join(", "));
    ColumnDescription { kind: "label".into(), values, ..ColumnDescription::default() }
}

/// Feature column `k`.
fn feature(raw: &RawRows, k: usize, verdict: &Verdict) -> ColumnDescription {
    let cells = || (0..raw.len()).map(|row| raw.cell(row, k));
    let missing = cells().filter(|cell| *cell == RawCell::Missing).count() as u64;
    let (kind, inputs, values) = match verdict {
        Verdict::Kept(kind) => (kind.to_string(), kind.inputs(), values(kind, cells())),
        Verdict::Text(_) => ("number".into(), 1, values(&ColumnKind::Number, cells())),
        Verdict::LeftOut(why) => ("left out".into(), 0, why.reason()),
        Verdict::TooMany => ("left out".into(), 0, "too many different texts".into()),
    };
    ColumnDescription { name: String::new(), kind, inputs, missing, values }
}

/// The values of a column of this kind.
fn values<'r>(kind: &ColumnKind, cells: impl Iterator<Item = RawCell<'r>>) -> String {
    match kind.plain() {
        ColumnKind::Number | ColumnKind::Date => {
            let (mut low, mut high, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0);
            for cell in cells {
                let RawCell::Number(value) = cell else { continue };
                (low, high, sum, count) = (low.min(value), high.max(value), sum + value, count + 1.0);
            }
            match kind.plain() {
                ColumnKind::Date => format!("{} to {}", dates::text(low), dates::text(high)),
                _ => format!("{} to {}, mean {}", shown_number(low), shown_number(high), shown_number(sum / count)),
            }
        }
        ColumnKind::Boolean => {
            let value = |cell| match cell {
                RawCell::Number(value) => Some(value),
                RawCell::Text(text) => kinds::boolean(text.as_bytes()),
                _ => None,
            };
            let (mut yes, mut no) = (0, 0);
            cells.filter_map(value).for_each(|value| *if value == 1.0 { &mut yes } else { &mut no } += 1);
            format!("{yes} true, {no} false")
        }
        _ => {
            let mut counts: HashMap<String, u64> = HashMap::new();
            for cell in cells {
                match cell {
                    RawCell::Number(value) => *counts.entry(value.to_string()).or_default() += 1,
                    RawCell::Text(text) => *counts.entry(text.into()).or_default() += 1,
                    _ => {}
                }
            }
            most_frequent(counts)
        }
    }
}

/// The most frequent categories with their rows.
fn most_frequent(counts: HashMap<String, u64>) -> String {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let shown = counts.iter().take(MAX_SHOWN).map(|(name, rows)| format!("{} {rows}", super::excerpt(name)));
    let more = if counts.len() > MAX_SHOWN { ", ..." } else { "" };
    format!("{}{more}", shown.collect::<Vec<_>>().join(", "))
}
