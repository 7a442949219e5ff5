//! What a model expects of a table: [`ModelTable`].

use super::{Columns, Preprocessing, TargetUnits};

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
    /// How its features become inputs: the mean that a missing one is taken as, and what is subtracted before they are f32.
    pub preprocessing: &'a Preprocessing,
}

impl ModelTable<'_> {
    /// What a missing value of each number of a row is taken as: the mean of its input, or of windows that of its channel. Of windows
    /// that become statistics it is not a number: a missing moment has no part in them. None where features are not centred.
    pub fn row_means(&self) -> Option<Vec<f64>> {
        let means = self.preprocessing.means(self.features)?;
        let windows = self.columns.and_then(|columns| Some((columns.windows()?, columns.inputs())));
        Some(windows.map_or_else(|| means.clone(), |(windows, channels)| windows.channel_means(&means, channels)))
    }
}
