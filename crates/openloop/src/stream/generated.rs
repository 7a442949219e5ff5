//! The generated drifting sensors as a source.

use super::source::{Description, Event, Row, Source};
use crate::data::DataError;
use crate::data::drift::{CLASSES, Drift, FEATURES};
use std::fmt::Write;

/// A generated stream, made row by row.
#[derive(Clone, Debug)]
pub struct Generated {
    drift: Drift,
    description: Description,
    next: u64,
}

impl Generated {
    /// From its first row on.
    pub fn new(drift: Drift) -> Self {
        let description = Description {
            name: "drift".into(),
            features: FEATURES,
            classes: CLASSES.map(String::from).into(),
            rows: Some(drift.rows()),
            has_segments: true,
            ..Description::default()
        };
        Generated { drift, description, next: 0 }
    }
}

impl Source for Generated {
    fn description(&self) -> &Description {
        &self.description
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<Event>, DataError> {
        if self.next == self.drift.rows() {
            return Ok(None);
        }
        row.clear();
        row.features.resize(FEATURES, 0.0);
        let class = self.drift.row(self.next, &mut row.features);
        row.label.push_str(CLASSES[class as usize]);
        let _ = write!(row.segment, "{}", self.drift.segment(self.next)); // text cannot fail
        self.next += 1;
        row.number = self.next;
        Ok(Some(Event::Row))
    }

    fn skip(&mut self, rows: u64) -> Result<(), DataError> {
        self.next = rows.min(self.drift.rows());
        Ok(())
    }
}
