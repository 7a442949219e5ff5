//! Where rows come from: one at a time, into room that is used again, so that a stream of any length needs no memory.

use crate::data::{Columns, DataError};

/// A row as it came, in room that is used again for the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its number, counted from 1; bad rows count too.
    pub number: u64,
    /// Raw features.
    pub features: Vec<f32>,
    /// The name of its class; empty while nobody knows it.
    pub label: String,
    /// The part of the stream that it belongs to; empty where the data name none.
    pub segment: String,
    /// What a late label will name it by; empty where labels come with their rows.
    pub id: String,
    /// Why a bad row is bad.
    pub problem: String,
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceEvent {
    /// A row.
    Row,
    /// A label for the row called `id`.
    Label,
    /// A row that cannot be used; `problem` says why.
    BadRow,
    /// Something that whoever watches should know; `problem` says what.
    Notice,
    /// Nothing for a while: time to look at the clock.
    Idle,
}

/// What a source says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceDescription {
    /// Its name.
    pub name: String,
    /// Values in a row.
    pub features: usize,
    /// The columns of a table.
    pub columns: Option<Columns>,
    /// The classes, where they are known beforehand.
    pub classes: Vec<String>,
    /// What must be said beside every figure.
    pub note: Option<String>,
    /// How many rows there are, where that is known.
    pub rows: Option<u64>,
    /// Whether rows name their segments.
    pub has_segments: bool,
    /// Whether rows come as they happen: they are then answered at once, and cannot be read again.
    pub is_live: bool,
}

/// A stream of rows.
pub trait RowSource: Send {
    /// What it is.
    fn description(&self) -> &SourceDescription;

    /// The next event, or none at the end; a row's parts are written to `row`.
    ///
    /// # Errors
    /// What cannot be read any further.
    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError>;

    /// Whether the next row can be had without waiting for it.
    fn has_buffered_row(&self) -> bool {
        true
    }

    /// Passes over the first `rows` rows, which were seen before; a live source counts on from there.
    ///
    /// # Errors
    /// As [`RowSource::next`].
    fn skip(&mut self, rows: u64) -> Result<(), DataError> {
        let mut row = Row::default();
        while row.number < rows && self.next(&mut row)?.is_some() {}
        Ok(())
    }

    /// Whether something waits to be acknowledged, which it can only be when the state is on the disk.
    fn needs_save(&self) -> bool {
        false
    }

    /// The state up to here is on the disk: what was received may be acknowledged.
    fn on_saved(&mut self) {}

    /// Tells others what the network says of a row, or that the data drift; only sources that talk back do.
    fn publish(&mut self, _news: &OutgoingMessage<'_>) {}
}

/// What there is to tell.
#[derive(Clone, Copy, Debug)]
pub enum OutgoingMessage<'n> {
    /// An answer.
    Prediction {
        /// The row's name.
        id: &'n str,
        /// The class.
        label: &'n str,
        /// Its probability.
        confidence: f32,
    },
    /// The detector signalled a drift.
    Drift {
        /// After this many rows.
        row: u64,
    },
}

impl Row {
    /// Makes room for the next.
    pub fn clear(&mut self) {
        self.features.clear();
        self.label.clear();
        self.segment.clear();
        self.id.clear();
        self.problem.clear();
    }
}

impl RowSource for Box<dyn RowSource> {
    fn description(&self) -> &SourceDescription {
        (**self).description()
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError> {
        (**self).next(row)
    }

    fn has_buffered_row(&self) -> bool {
        (**self).has_buffered_row()
    }

    fn skip(&mut self, rows: u64) -> Result<(), DataError> {
        (**self).skip(rows)
    }

    fn needs_save(&self) -> bool {
        (**self).needs_save()
    }

    fn on_saved(&mut self) {
        (**self).on_saved();
    }

    fn publish(&mut self, message: &OutgoingMessage<'_>) {
        (**self).publish(message);
    }
}
