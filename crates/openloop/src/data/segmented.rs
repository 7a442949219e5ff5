//! Data that come in parts, one after the other in time: what a stream reads, and what it is as an ordinary data set.

use openloop_core::Shape;

use super::set::select;
use super::{Columns, DataSet, Features, Split, Targets};

/// Rows in their order, each in a part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentedData {
    /// The data set's name.
    pub name: String,
    /// The columns of a table.
    pub columns: Option<Columns>,
    /// The classes.
    pub classes: Vec<String>,
    /// A note to show with every figure.
    pub note: Option<String>,
    /// `[rows, features]`.
    pub features: Vec<f32>,
    /// The class of each row.
    pub labels: Vec<u32>,
    /// The part of each row, a number into the names.
    pub segments: Vec<u32>,
    /// The parts, in the order in which they come.
    pub segment_names: Vec<String>,
}

impl SegmentedData {
    /// No rows yet.
    pub fn new<const N: usize>(name: &str, classes: [&str; N]) -> Self {
        SegmentedData { name: name.into(), classes: classes.map(String::from).into(), ..SegmentedData::default() }
    }

    /// Adds a row to the part called `segment`.
    pub fn push(&mut self, segment: &str, class: u32, features: impl IntoIterator<Item = f32>) {
        if self.segment_names.last().is_none_or(|last| last != segment) {
            self.segment_names.push(segment.into());
        }
        self.segments.push(self.segment_names.len() as u32 - 1);
        self.labels.push(class);
        self.features.extend(features);
    }

    /// Values in a row.
    pub fn width(&self) -> usize {
        self.features.len() / self.labels.len().max(1)
    }

    /// An ordinary data set: the first part is for training, standardised on it, the others are for testing.
    pub fn data_set(self) -> DataSet {
        let width = self.width();
        let first = self.segments.iter().filter(|segment| **segment == 0).count() as u32;
        let rows = self.labels.len() as u32;
        let part = |rows: Vec<u32>| {
            let targets = Targets::Labels(select(&self.labels, 1, &rows));
            Split::new(Features::Floats(select(&self.features, width, &rows)), targets, width, 1)
                .expect("every row has its features and its label")
        };
        let (train, test) = (part((0..first).collect()), part((first..rows).collect()));
        let preprocessing = super::standardise::standardise(&self.features, width, &(0..first).collect::<Vec<_>>());
        DataSet {
            name: self.name,
            units: None,
            shape: Shape::flat(width),
            outputs: self.classes.len(),
            classes: self.classes,
            preprocessing,
            columns: self.columns,
            table: None,
            understood: None,
            note: self.note,
            train,
            test,
            validation: None,
        }
    }
}
