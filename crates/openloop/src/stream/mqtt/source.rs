//! A broker as a source of rows and late labels, to which answers go back.

use super::connection::{BrokerConnection, BrokerEvent};
use super::payload;
use super::settings::BrokerSettings;
use crate::data::{Cells, Columns, DataError};
use crate::stream::source::{OutgoingMessage, Row, RowSource, SourceDescription, SourceEvent};
use rumqttc::{Publish, QoS};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// Maximum time to wait for a message before an idle event is returned.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Messages that are not acknowledged before the state is saved; brokers keep back more than 20.
const MAX_UNSAVED: usize = 10;
/// And how long one of them waits at most.
const MAX_UNSAVED_TIME: Duration = Duration::from_millis(200);

/// A broker.
pub struct MqttSource {
    settings: BrokerSettings,
    description: SourceDescription,
    connection: BrokerConnection,
    cells: Cells,
    /// Received over this connection, to be acknowledged when the state is saved.
    unsaved: Vec<Publish>,
    unsaved_since: Instant,
    row: u64,
    /// Whether a lost connection was told of.
    is_lost: bool,
    /// Answers that found no room.
    dropped: u64,
}

impl MqttSource {
    /// Begins to connect, for a network that takes `features` values from `columns` and knows `classes`.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start(
        settings: BrokerSettings,
        features: usize,
        columns: Option<Columns>,
        classes: Vec<String>,
    ) -> std::io::Result<Self> {
        let description = SourceDescription {
            name: settings.to_string(),
            features,
            columns,
            classes,
            is_live: true,
            ..SourceDescription::default()
        };
        let connection = BrokerConnection::start(&settings)?;
        Ok(MqttSource {
            settings,
            description,
            connection,
            cells: Cells::default(),
            unsaved: Vec::new(),
            unsaved_since: Instant::now(),
            row: 0,
            is_lost: false,
            dropped: 0,
        })
    }

    fn message(&mut self, message: Publish, row: &mut Row) -> SourceEvent {
        let read = if message.topic == self.settings.labels {
            payload::parse_label(&message.payload, &mut self.cells, row).map(|()| SourceEvent::Label)
        } else {
            self.row += 1;
            let columns = self.description.columns.as_ref().map_or(&[][..], |columns| &columns.features);
            payload::parse_reading(&message.payload, columns, self.description.features, &mut self.cells, row)
                .map(|()| SourceEvent::Row)
        };
        row.number = self.row;
        if self.unsaved.is_empty() {
            self.unsaved_since = Instant::now();
        }
        if message.qos != QoS::AtMostOnce {
            self.unsaved.push(message);
        }
        read.unwrap_or_else(|problem| {
            row.clear();
            row.problem = problem;
            SourceEvent::BadRow
        })
    }

    fn notice(&mut self, text: String, row: &mut Row) -> SourceEvent {
        row.problem = format!("{}: {text}", self.settings);
        SourceEvent::Notice
    }
}

impl RowSource for MqttSource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError> {
        row.clear();
        row.number = self.row;
        Ok(Some(match self.connection.events.recv_timeout(POLL_INTERVAL) {
            Ok(BrokerEvent::Message(message)) => self.message(message, row),
            Ok(BrokerEvent::Connected) => {
                let back = std::mem::take(&mut self.is_lost);
                let lost = std::mem::take(&mut self.dropped);
                match (back, lost) {
                    (_, 1..) => self.notice(format!("connected again; {lost} answers could not be sent"), row),
                    (true, 0) => self.notice("connected again".into(), row),
                    (false, 0) => SourceEvent::Idle,
                }
            }
            Ok(BrokerEvent::Lost(why)) => {
                // they come again, and to acknowledge them by their old numbers could acknowledge others
                self.unsaved.clear();
                match std::mem::replace(&mut self.is_lost, true) {
                    true => SourceEvent::Idle,
                    false => self.notice(why, row),
                }
            }
            Err(RecvTimeoutError::Timeout) => SourceEvent::Idle,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }))
    }

    fn skip(&mut self, rows: u64) -> Result<(), DataError> {
        self.row = rows;
        Ok(())
    }

    fn needs_save(&self) -> bool {
        self.unsaved.len() >= MAX_UNSAVED
            || (!self.unsaved.is_empty() && self.unsaved_since.elapsed() > MAX_UNSAVED_TIME)
    }

    fn on_saved(&mut self) {
        for message in self.unsaved.drain(..) {
            let _ = self.connection.client.try_ack(&message); // what cannot be acknowledged comes again
        }
    }

    fn publish(&mut self, message: &OutgoingMessage<'_>) {
        let (topic, text) = (&self.settings.predictions, payload::outgoing(message));
        if self.connection.client.try_publish(topic, QoS::AtLeastOnce, false, text).is_err() {
            self.dropped += 1;
        }
    }
}
