//! A broker as a source of rows and late labels, to which answers go back.

use super::connection::{BrokerConnection, BrokerEvent};
use super::payload::{self, Reader, ReadingFormat};
use super::settings::BrokerSettings;
use crate::data::{ColumnKind, DataError, RowEncoder};
use crate::learner::DataDescription;
use crate::stream::answer::TargetKind;
use crate::stream::source::{MessageMark, OutgoingMessage, Row, RowSource, SeenRows, SourceDescription, SourceEvent};
use crc::{CRC_64_XZ, Crc};
use rumqttc::{ManualAck, Publish};
use std::collections::VecDeque;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// Maximum time to wait for a message before an idle event is returned.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Messages that are not acknowledged before the state is saved; brokers keep back more than 20.
const MAX_UNSAVED: usize = 10;
/// And how long one of them waits at most.
const MAX_UNSAVED_TIME: Duration = Duration::from_millis(200);
/// The largest message, but for what its features may add.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// What a feature may add, more than any number and its column's name usually take.
const MAX_FEATURE_BYTES: usize = 64;

static MESSAGES: Crc<u64> = Crc::<u64>::new(&CRC_64_XZ);

/// A message to be acknowledged, and the number of the connection over which it came.
struct Received {
    connection: u64,
    acknowledgement: ManualAck,
}

/// A broker.
pub struct MqttSource {
    settings: BrokerSettings,
    description: SourceDescription,
    /// None where all features are numbers.
    encoder: Option<RowEncoder>,
    /// What the columns are; none where all are numbers.
    kinds: Vec<ColumnKind>,
    /// The names of the targets, where they are values.
    targets: Vec<String>,
    has_means: bool,
    connection: BrokerConnection,
    /// The largest message.
    limit: usize,
    reader: Reader,
    /// To be acknowledged when the state is saved.
    unsaved: Vec<Received>,
    unsaved_since: Instant,
    /// To be acknowledged as soon as there is room.
    saved: VecDeque<Received>,
    row: u64,
    /// Whether a lost connection was told of.
    is_lost: bool,
    /// Answers that found no room.
    dropped: u64,
}

impl MqttSource {
    /// Begins to connect, for a network made for the data `about`, whose targets are of such a kind, and which has means for missing
    /// values or not.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start(
        settings: BrokerSettings,
        about: &DataDescription,
        kind: TargetKind,
        has_means: bool,
    ) -> std::io::Result<Self> {
        let features = about.features();
        let encoded = about.columns.as_ref().filter(|columns| columns.are_encoded());
        let encoder = encoded.map(|columns| RowEncoder::new(columns.each().map(|(_, kind)| kind)));
        let kinds = encoded.iter().flat_map(|columns| columns.each()).map(|(_, kind)| kind.clone()).collect();
        let description = SourceDescription {
            name: settings.to_string(),
            features,
            columns: about.columns.clone(),
            classes: about.classes.clone(),
            kind: Some(kind),
            is_live: true,
            ..SourceDescription::default()
        };
        let limit = MAX_MESSAGE_BYTES + features * MAX_FEATURE_BYTES;
        let connection = BrokerConnection::start(&settings, limit)?;
        Ok(MqttSource {
            settings,
            description,
            encoder,
            kinds,
            targets: match &about.units {
                Some(units) if kind == TargetKind::Values => units.names.clone(),
                _ => Vec::new(),
            },
            has_means,
            connection,
            limit,
            reader: Reader::default(),
            unsaved: Vec::new(),
            unsaved_since: Instant::now(),
            saved: VecDeque::new(),
            row: 0,
            is_lost: false,
            dropped: 0,
        })
    }

    fn message(&mut self, connection: u64, message: &Publish, row: &mut Row) -> SourceEvent {
        if let Some(acknowledgement) = self.connection.acknowledgement(message) {
            if self.unsaved.is_empty() {
                self.unsaved_since = Instant::now();
            }
            self.unsaved.push(Received { connection, acknowledgement });
        }
        let is_label = message.topic == self.settings.labels.as_bytes();
        self.row += u64::from(!is_label);
        row.number = self.row;
        if message.payload.len() > self.limit {
            let topic = if is_label { &self.settings.labels } else { &self.settings.topic };
            row.problem = format!("a message on {topic} of more than {} bytes", self.limit);
            return SourceEvent::TooLarge;
        }
        match self.read(message, is_label, row) {
            Ok(event) => {
                row.mark = Some(mark(message, is_label, row));
                event
            }
            Err(problem) => {
                row.clear();
                row.problem = problem;
                SourceEvent::BadRow
            }
        }
    }

    fn read(&mut self, message: &Publish, is_label: bool, row: &mut Row) -> Result<SourceEvent, String> {
        if is_label {
            let parsed = payload::parse_label(&message.payload, &self.targets, &mut self.reader.cells, row);
            return parsed.map(|()| SourceEvent::Label);
        }
        let columns = self.description.columns.as_ref();
        let format = ReadingFormat {
            features: columns.map_or(self.description.features, |columns| columns.features.len()),
            encoder: self.encoder.as_ref(),
            kinds: &self.kinds,
            has_means: self.has_means,
            columns: columns.map_or(&[], |columns| &columns.features),
            label: columns.map_or("", |columns| &columns.label),
            classes: &self.description.classes,
            targets: &self.targets,
            extra_cell: self.settings.extra_cell,
        };
        payload::parse_reading(&message.payload, &format, &mut self.reader, row).map(|()| SourceEvent::Row)
    }

    /// Acknowledges what is saved, as far as there is room.
    fn acknowledge(&mut self) {
        while let Some(next) = self.saved.front() {
            if !self.connection.acknowledge(next.connection, &next.acknowledgement) {
                return;
            }
            self.saved.pop_front();
        }
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
        self.acknowledge();
        if let Some(news) = self.reader.take_news() {
            return Ok(Some(self.notice(news, row)));
        }
        Ok(Some(match self.connection.next(POLL_INTERVAL) {
            Ok((connection, BrokerEvent::Message(message))) => self.message(connection, &message, row),
            Ok((_, BrokerEvent::Connected)) => {
                let back = std::mem::take(&mut self.is_lost);
                let lost = std::mem::take(&mut self.dropped);
                match (back, lost) {
                    (_, 1..) => self.notice(format!("connected again; {lost} answers could not be sent"), row),
                    (true, 0) => self.notice("connected again".into(), row),
                    (false, 0) => SourceEvent::Idle,
                }
            }
            Ok((_, BrokerEvent::Problem(what))) => self.notice(what, row),
            Ok((_, BrokerEvent::Lost(why))) => {
                // they come again
                self.unsaved.clear();
                self.saved.clear();
                match std::mem::replace(&mut self.is_lost, true) {
                    true => SourceEvent::Idle,
                    false => self.notice(why, row),
                }
            }
            Err(RecvTimeoutError::Timeout) => SourceEvent::Idle,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }))
    }

    fn go_on_after(&mut self, seen: SeenRows) -> Result<bool, DataError> {
        self.row = seen.last;
        Ok(true)
    }

    fn needs_save(&self) -> bool {
        self.unsaved.len() >= MAX_UNSAVED
            || (!self.unsaved.is_empty() && self.unsaved_since.elapsed() > MAX_UNSAVED_TIME)
    }

    fn on_saved(&mut self) {
        self.saved.extend(self.unsaved.drain(..));
        self.acknowledge();
    }

    fn publish(&mut self, message: &OutgoingMessage<'_>) {
        let (topic, text) = (&self.settings.predictions, payload::outgoing(message));
        self.dropped += u64::from(!self.connection.publish(topic, text));
    }
}

/// By what a message is known again. A broker marks what it sends again and what it retained; a labelled reading with an id is known
/// by that.
fn mark(message: &Publish, is_label: bool, row: &Row) -> MessageMark {
    let mut digest = MESSAGES.digest();
    for part in [&message.topic[..], b"\0", &message.payload] {
        digest.update(part);
    }
    let is_labelled = !row.label.is_empty() || !row.values.is_empty();
    let names_itself = !is_label && !row.id.is_empty() && is_labelled;
    MessageMark {
        checksum: digest.finalize(),
        is_label,
        is_retained: message.retain,
        may_be_repeated: message.dup || message.retain || names_itself,
    }
}
