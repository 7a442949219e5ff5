//! The feature columns of a table that is read as a whole: as inputs where the kinds of its columns are known, else as they are until all
//! rows are there.

use super::table::{RawRows, Table, TableLayout, decide, kinds_of};
use super::{Columns, DataError};
use std::path::{Path, PathBuf};

/// What was read so far.
#[derive(Clone, Debug)]
pub(super) struct ReadFeatures {
    path: PathBuf,
    rows: Rows,
}

#[derive(Clone, Debug)]
enum Rows {
    /// `[rows, width]`
    Encoded { width: usize, values: Vec<f64> },
    /// And where its columns stand, whose kinds are not known yet.
    Raw(RawRows, Box<TableLayout>),
}

/// The inputs of all rows.
#[derive(Clone, Debug)]
pub(super) struct TableInputs {
    /// The columns, with what each is.
    pub columns: Columns,
    /// `[rows, columns.inputs()]`; NaN where a value is missing.
    pub inputs: Vec<f64>,
    /// What is to be said of columns that were left out.
    pub left_out: Vec<String>,
}

impl ReadFeatures {
    /// Of a table whose columns are what its layout says: what a model takes, or numbers.
    pub fn encoded(table: &Table) -> Self {
        let (path, width) = (table.path().to_path_buf(), table.layout().columns.inputs());
        ReadFeatures { path, rows: Rows::Encoded { width, values: Vec::new() } }
    }

    /// Of a table whose rows will tell what its columns are.
    pub fn raw(table: &Table) -> Self {
        let (path, layout) = (table.path().to_path_buf(), table.layout().clone());
        ReadFeatures { path, rows: Rows::Raw(RawRows::new(layout.features.len()), Box::new(layout)) }
    }

    /// Takes the current row of the table.
    ///
    /// # Errors
    /// A row that cannot be used, or for which there is no memory.
    pub fn push(&mut self, table: &mut Table) -> Result<(), DataError> {
        let pushed = match &mut self.rows {
            Rows::Encoded { width, values } => match values.try_reserve(*width) {
                Ok(()) => table.features(values),
                Err(_) => return Err(too_large(&self.path, values.len() / (*width).max(1))),
            },
            Rows::Raw(raw, _) => match raw.reserve() {
                Ok(()) => table.raw(raw),
                Err(_) => return Err(too_large(&self.path, raw.len())),
            },
        };
        pushed.map_err(|row| row.into_error(&self.path))
    }

    /// Keeps the first `rows` rows.
    pub fn truncate(&mut self, rows: usize) {
        match &mut self.rows {
            Rows::Encoded { width, values } => values.truncate(rows * *width),
            Rows::Raw(raw, _) => raw.truncate(rows),
        }
    }

    /// All rows as inputs. What a raw column is, is decided by the rows `training` and, but for its categories, by the others too.
    ///
    /// # Errors
    /// A text in a column of numbers, no column that is left, or too little memory.
    pub fn into_inputs(self, columns: Columns, training: &[u32]) -> Result<TableInputs, DataError> {
        let ReadFeatures { path, rows } = self;
        match rows {
            Rows::Encoded { values, .. } => Ok(TableInputs { columns, inputs: values, left_out: Vec::new() }),
            Rows::Raw(raw, layout) => {
                let verdicts = decide(&raw, &layout, training);
                let (kinds, left_out) = kinds_of(&path, verdicts, &columns.features, "the training rows")?;
                let count = raw.len();
                let inputs = raw.encode(&kinds).map_err(|_| too_large(&path, count))?;
                let is_whole = kinds.iter().all(Option::is_some);
                let columns = match is_whole {
                    true => columns.with_kinds(kinds.into_iter().flatten().collect()),
                    false => columns.with_kept(kinds),
                };
                Ok(TableInputs { columns, inputs, left_out })
            }
        }
    }
}

fn too_large(path: &Path, rows: usize) -> DataError {
    let problem = format!("{}: more than its first {rows} rows do not fit into this system's memory", path.display());
    DataError::Request { problem, remedy: "give fewer rows, or learn from them row by row with openloop stream".into() }
}
