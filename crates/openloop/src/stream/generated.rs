//! The generated drifting sensors as a source.

use super::source::{Row, RowSource, SeenRows, SourceDescription, SourceEvent};
use crate::data::DataError;
use crate::data::drift::{CLASSES, Drift, FEATURES};
use std::fmt::Write;

/// A generated stream, made row by row.
#[derive(Clone, Debug)]
pub struct GeneratedSource {
    drift: Drift,
    description: SourceDescription,
    next: u64,
}

impl GeneratedSource {
    /// From its first row on.
    pub fn new(drift: Drift) -> Self {
        let description = SourceDescription {
            name: "drift".into(),
            features: FEATURES,
            classes: CLASSES.map(String::from).into(),
            rows: Some(drift.rows()),
            has_segments: true,
            ..SourceDescription::default()
        };
        GeneratedSource { drift, description, next: 0 }
    }
}

impl RowSource for GeneratedSource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError> {
        if self.next == self.drift.rows() {
            return Ok(None);
        }
        row.clear();
        let mut features = [0.0; FEATURES];
        let class = self.drift.row(self.next, &mut features);
        row.features.extend(features.map(f64::from));
        row.label.push_str(CLASSES[class as usize]);
        let _ = write!(row.segment, "{}", self.drift.segment(self.next)); // text cannot fail
        self.next += 1;
        row.number = self.next;
        Ok(Some(SourceEvent::Row))
    }

    fn go_on_after(&mut self, seen: SeenRows) -> Result<bool, DataError> {
        self.next = seen.last.min(self.drift.rows());
        Ok(self.next == seen.last)
    }
}
