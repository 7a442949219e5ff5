//! What options ask of the reader of data.

use super::options::Options;
use super::sample_shape::SampleShape;
use crate::data::{self, AskedWindows, TableRequest};

impl Options {
    /// What is asked of a CSV file.
    pub fn table_request(&self) -> TableRequest<'_> {
        TableRequest {
            label: self.label.as_deref(),
            task: self.task.unwrap_or_default(),
            ignored: &self.ignore,
            dates: &self.date,
            categories: &self.category,
            indicates_missing: self.missing_indicator,
            group: self.group.as_deref(),
            weight: self.sample_weights.as_deref(),
            windows: AskedWindows { moments: self.window, hop: self.hop, features: self.features },
            header: self.header,
            max_line: self.max_line,
            ..TableRequest::default()
        }
    }

    /// The data set asked for.
    pub fn data_request(&self) -> crate::data::DataRequest<'_> {
        crate::data::DataRequest {
            name: data::as_listed(self.data.as_deref().unwrap_or("digits")),
            folder: self.data_dir.as_deref(),
            table: self.table_request(),
            model: None,
            split_seed: self.split_seed,
            split: self.split,
            labels: self.labels.as_deref(),
            test: self.test.as_deref(),
            test_labels: self.test_labels.as_deref(),
            shape: self.shape.map(|SampleShape(shape)| shape),
        }
    }
}
