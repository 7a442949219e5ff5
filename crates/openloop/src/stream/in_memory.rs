//! Rows that are in memory already.

use super::source::{Row, RowSource, SeenRows, SourceDescription, SourceEvent};
use crate::data::{DataError, DataSet, Features, Preprocessing, SegmentedData, Split, Targets};
use openloop_core::random::{Purpose, Stream};

/// A table in memory, read in a given order.
#[derive(Clone, Debug)]
pub struct InMemorySource {
    description: SourceDescription,
    features: Vec<f32>,
    /// The class of each row.
    labels: Vec<u32>,
    /// The segment of each row; empty where there are none.
    segments: Vec<u32>,
    segment_names: Vec<String>,
    order: Vec<u32>,
    next: usize,
}

impl InMemorySource {
    /// A table of `features: [rows, description.features]` whose rows have `labels`, numbers into the description's classes,
    /// and `segments`, numbers into `segment_names`, if any.
    ///
    /// # Panics
    /// If the parts do not belong to the same number of rows.
    pub fn new(
        description: SourceDescription,
        features: Vec<f32>,
        labels: Vec<u32>,
        (segments, segment_names): (Vec<u32>, Vec<String>),
    ) -> Self {
        let rows = labels.len();
        assert_eq!(features.len(), rows * description.features, "every row needs all of its features");
        assert!(segments.is_empty() || segments.len() == rows, "every row needs its segment");
        let description = SourceDescription {
            rows: Some(rows as u64),
            has_segments: !segments.is_empty(),
            is_live: false,
            ..description
        };
        let order = (0..rows as u32).collect();
        InMemorySource { description, features, labels, segments, segment_names, order, next: 0 }
    }

    /// Data that come in parts.
    pub fn of_parts(parts: SegmentedData) -> Self {
        let description = SourceDescription {
            features: parts.width(),
            name: parts.name,
            columns: parts.columns,
            classes: parts.classes,
            note: parts.note,
            ..SourceDescription::default()
        };
        InMemorySource::new(description, parts.features, parts.labels, (parts.segments, parts.segment_names))
    }

    /// All rows of a data set, those to train on first.
    pub fn of(data: &DataSet) -> Option<Self> {
        let size = data.shape.size();
        let (mut features, mut labels) = (Vec::new(), Vec::new());
        for split in [&data.train, &data.test] {
            let Targets::Labels(own) = &split.targets else { return None };
            labels.extend_from_slice(own);
            features.append(&mut floats(split, size));
        }
        let description = SourceDescription {
            name: data.name.clone(),
            features: size,
            columns: data.columns.clone(),
            classes: data.classes.clone(),
            note: data.note.clone(),
            ..SourceDescription::default()
        };
        Some(InMemorySource::new(description, features, labels, (Vec::new(), Vec::new())))
    }

    /// The same rows, shuffled by the seed: each segment for itself, or all of them where there are no segments.
    pub fn shuffled(mut self, seed: u64) -> Self {
        let segment = |row: u32| self.segments.get(row as usize);
        for (number, rows) in (0..).zip(self.order.chunk_by_mut(|a, b| segment(*a) == segment(*b))) {
            Stream::new(seed, Purpose::Shuffle, number).shuffle(rows);
        }
        self
    }
}

fn floats(split: &Split, size: usize) -> Vec<f32> {
    match &split.features {
        Features::Floats(floats) => floats.clone(),
        Features::Bytes(_) | Features::Lent(_) => {
            let rows: Vec<u32> = (0..split.len() as u32).collect();
            let mut out = vec![0.0; rows.len() * size];
            split.gather(&Preprocessing::identity(), size, &rows, &mut out);
            out
        }
    }
}

impl RowSource for InMemorySource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError> {
        let Some(&at) = self.order.get(self.next) else { return Ok(None) };
        self.next += 1;
        row.clear();
        row.number = self.next as u64;
        let (at, size) = (at as usize, self.description.features);
        row.features.extend(self.features[at * size..][..size].iter().map(|&value| f64::from(value)));
        row.label.push_str(&self.description.classes[self.labels[at] as usize]);
        if let Some(&segment) = self.segments.get(at) {
            row.segment.push_str(&self.segment_names[segment as usize]);
        }
        Ok(Some(SourceEvent::Row))
    }

    fn go_on_after(&mut self, seen: SeenRows) -> Result<bool, DataError> {
        self.next = self.order.len().min(seen.last as usize);
        Ok(self.next as u64 == seen.last)
    }
}
