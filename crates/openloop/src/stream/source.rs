//! Sources of rows: one row at a time into a reused buffer, so memory does not grow with the stream.

use super::answer::{Answer, TargetKind};
use crate::data::{Columns, DataError, FileMark, WindowBuffer};
use openloop_core::Shape;
use serde::{Deserialize, Serialize};

/// A raw row, in a buffer that is reused for the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its number, counted from 1; bad rows count too.
    pub number: u64,
    /// Raw features. They are f64 until they are standardised, so that a small change of a large number is kept.
    pub features: Vec<f64>,
    /// The name of its class; empty while it is not known.
    pub label: String,
    /// The values of its targets in their own unit, where they may be such; empty while they are not known, or where the label is no number.
    pub values: Vec<f64>,
    /// The part of the stream that it belongs to; empty where the data name none.
    pub segment: String,
    /// The recording that it belongs to, for windows; empty where the data name none.
    pub group: String,
    /// The key of its learner, where each key has one; empty where none can be read.
    pub key: String,
    /// When it was measured in seconds, for windows.
    pub time: Option<f64>,
    /// The name by which a late label refers to it; empty where labels come with their rows.
    pub id: String,
    /// Why a bad row is bad.
    pub problem: String,
    /// By what a message is known again; none where rows come once.
    pub mark: Option<MessageMark>,
}

/// By what a message is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageMark {
    /// Of its topic and its text.
    pub checksum: u64,
    /// Whether it is a late label.
    pub is_label: bool,
    /// Whether the broker retains it, so that it comes at every start.
    pub is_retained: bool,
    /// Whether an equal one is the same one.
    pub may_be_repeated: bool,
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceEvent {
    /// A row, or a window of rows.
    Row,
    /// A row that completes no window.
    Moment,
    /// A label for the row called `id`.
    Label,
    /// A row that cannot be used; `problem` says why.
    BadRow,
    /// A message over the limit, which was not kept; `problem` says what.
    TooLarge,
    /// A message for the observer, in `problem`.
    Notice,
    /// No row for a while.
    Idle,
}

/// The description of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceDescription {
    /// Its name.
    pub name: String,
    /// Values in a row.
    pub features: usize,
    /// The columns of a table.
    pub columns: Option<Columns>,
    /// The last moments of rows that become windows.
    pub window: Option<WindowBuffer>,
    /// The classes, where they are known beforehand.
    pub classes: Vec<String>,
    /// What was understood of a table, a line each.
    pub understood: Vec<String>,
    /// A note to show with every figure.
    pub note: Option<String>,
    /// Whether targets are classes or values, where that is known beforehand.
    pub kind: Option<TargetKind>,
    /// How many rows there are, where that is known.
    pub rows: Option<u64>,
    /// Whether rows name their segments.
    pub has_segments: bool,
    /// Whether rows come as they happen: they are then answered at once, and cannot be read again.
    pub is_live: bool,
    /// The file that holds the rows, where it is one that can be known again.
    pub file: Option<FilePlace>,
}

impl SourceDescription {
    /// The shape of a window, where rows become windows.
    pub fn window_shape(&self) -> Option<Shape> {
        self.columns.as_ref().filter(|columns| columns.windows().is_some()).map(Columns::sample_shape)
    }

    /// Whether it is a table without a label column.
    pub(super) fn has_no_label(&self) -> bool {
        self.columns.as_ref().is_some_and(|columns| columns.labels().next().is_none())
    }

    /// What the inputs of a sample are called: as the columns, else by their numbers.
    pub(super) fn input_names(&self) -> Vec<String> {
        let named = self.columns.as_ref().map(Columns::input_names).filter(|names| names.len() == self.features);
        named.unwrap_or_else(|| (1..=self.features).map(|k| format!("input {k}")).collect())
    }

    /// The shape of a sample: a window, or a row.
    pub fn sample_shape(&self) -> Shape {
        self.window_shape().unwrap_or_else(|| Shape::flat(self.features))
    }
}

/// A file of rows, and where its rows stand in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePlace {
    /// By what the file is known again.
    pub mark: FileMark,
    /// Rows of the stream that came before its first row, from files whose place it has taken.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rows_before: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The rows of a stream that were processed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenRows {
    /// The number of the last of them.
    pub last: u64,
    /// How many of them came before the first row of the source.
    pub before: u64,
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

    /// Whether the next row can be read without waiting.
    fn has_buffered_row(&self) -> bool {
        true
    }

    /// Goes on after the rows that were processed before; false where the source has not all of them. A live source has none of them
    /// and continues to count from there. Called before the first row is read. A source that names a file counts its rows on after
    /// those that came before it.
    ///
    /// # Errors
    /// As [`RowSource::next`].
    fn go_on_after(&mut self, seen: SeenRows) -> Result<bool, DataError> {
        let mut row = Row::default();
        while row.number < seen.last {
            if self.next(&mut row)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether its rows lie in the file that had `mark`, or in that one grown.
    fn is_file(&self, _mark: &FileMark) -> bool {
        false
    }

    /// Whether messages wait to be acknowledged, which needs the state to be saved first.
    fn needs_save(&self) -> bool {
        false
    }

    /// The state is saved: received messages may be acknowledged.
    fn on_saved(&mut self) {}

    /// Publishes a prediction or a drift; only sources with an output topic do.
    fn publish(&mut self, _news: &OutgoingMessage<'_>) {}
}

/// A message that a source publishes.
#[derive(Clone, Copy, Debug)]
pub enum OutgoingMessage<'n> {
    /// An answer.
    Prediction {
        /// The row's name.
        id: &'n str,
        /// What it is.
        answer: Answer<'n>,
    },
    /// The detector signalled a drift.
    Drift {
        /// After this many rows.
        row: u64,
    },
}

impl Row {
    /// Clears the buffers for the next row.
    pub fn clear(&mut self) {
        self.features.clear();
        self.label.clear();
        self.values.clear();
        self.segment.clear();
        self.group.clear();
        self.key.clear();
        self.time = None;
        self.id.clear();
        self.problem.clear();
        self.mark = None;
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

    fn go_on_after(&mut self, seen: SeenRows) -> Result<bool, DataError> {
        (**self).go_on_after(seen)
    }

    fn is_file(&self, mark: &FileMark) -> bool {
        (**self).is_file(mark)
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
