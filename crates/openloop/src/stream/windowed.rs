//! Windows of the rows of another source: a row a moment comes in, and a window goes out with its last moment.

use super::source::{OutgoingMessage, Row, RowSource, SeenRows, SourceDescription, SourceEvent};
use crate::data::{DataError, FileMark, Moment, WindowBuffer};

/// A source of windows. Its buffer is part of its description, which a model saves, so that a stream goes on in the middle of a window.
pub struct WindowedSource {
    inner: Box<dyn RowSource>,
    description: SourceDescription,
    moment: Row,
}

impl WindowedSource {
    /// The windows of a source, if its columns say that its rows become some; `saved` is the buffer of a stream that goes on.
    pub fn of(inner: Box<dyn RowSource>, saved: Option<WindowBuffer>) -> Box<dyn RowSource> {
        let Some(mut description) = described(inner.description()) else { return inner };
        if saved.is_some() {
            description.window = saved;
        }
        Box::new(WindowedSource { inner, description, moment: Row::default() })
    }
}

/// What the windows of a source are, with an empty buffer, if its columns say that its rows become some.
pub(super) fn described(rows: &SourceDescription) -> Option<SourceDescription> {
    let columns = rows.columns.as_ref()?;
    let windows = columns.windows()?;
    let (name, channels) = (&rows.name, columns.inputs());
    let made = format!("{name}: a window of {windows} by {channels} channels is a row of the stream");
    Some(SourceDescription {
        features: columns.sample_inputs(),
        understood: rows.understood.iter().cloned().chain([made]).collect(),
        window: Some(WindowBuffer::new(windows, channels)),
        ..rows.clone()
    })
}

/// Takes a row; its window is written to `out` if it completes one.
pub(super) fn take(buffer: &mut WindowBuffer, moment: &Row, out: &mut Row) -> SourceEvent {
    let Row { features, group, time, label, values, .. } = moment;
    out.clear();
    out.number = moment.number;
    if !buffer.push(Moment { channels: features, group, time: *time, label }) {
        return SourceEvent::Moment;
    }
    buffer.append(&mut out.features);
    out.label.push_str(buffer.label());
    // measured values are those of the last row, as in a table
    out.values.extend_from_slice(values);
    out.segment.push_str(&moment.segment);
    SourceEvent::Row
}

impl RowSource for WindowedSource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError> {
        let event = self.inner.next(&mut self.moment)?;
        let Some(buffer) = &mut self.description.window else { return Ok(event) };
        Ok(match event {
            Some(SourceEvent::Row) => Some(take(buffer, &self.moment, row)),
            other => {
                if other == Some(SourceEvent::BadRow) {
                    buffer.interrupt();
                }
                std::mem::swap(row, &mut self.moment);
                other
            }
        })
    }

    fn has_buffered_row(&self) -> bool {
        self.inner.has_buffered_row()
    }

    fn go_on_after(&mut self, seen: SeenRows) -> Result<bool, DataError> {
        self.inner.go_on_after(seen)
    }

    fn is_file(&self, mark: &FileMark) -> bool {
        self.inner.is_file(mark)
    }

    fn needs_save(&self) -> bool {
        self.inner.needs_save()
    }

    fn on_saved(&mut self) {
        self.inner.on_saved();
    }

    fn publish(&mut self, message: &OutgoingMessage<'_>) {
        self.inner.publish(message);
    }
}
