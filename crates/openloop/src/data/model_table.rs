//! What a model expects of a table: [`ModelTable`].

use super::{Columns, TargetUnits};

/// What a model knows of the tables that it can read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelTable<'a> {
    /// Its columns; none if it knows only how many features it takes.
    pub columns: Option<&'a Columns>,
    /// Features of a row.
    pub features: usize,
    /// The classes of its outputs; empty for a regression.
    pub classes: &'a [String],
    /// Whether these are the names of the classes; a device's blob has none, and its classes are called by their numbers.
    pub are_named: bool,
    /// The units of a regression's targets.
    pub units: Option<&'a TargetUnits>,
    /// What is subtracted from its features before they are f32: [`Preprocessing::origin`](super::Preprocessing::origin).
    pub origin: &'a [f64],
}
