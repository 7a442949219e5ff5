//! A thread that keeps the connection and reconnects with growing pauses.

use super::settings::BrokerSettings;
use rumqttc::{
    Client, ConnectReturnCode, Connection, ConnectionError, Event, MqttOptions, Outgoing, Packet, Publish, QoS,
    TlsConfiguration, Transport,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Messages that wait to be sent at most.
const MAX_OUTGOING: usize = 1000;
/// The first pause after a lost connection, and the longest.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(30)];
/// A pause is slept in steps of this length, to stop early.
const PAUSE_STEP: Duration = Duration::from_millis(100);
/// The largest message.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// What comes from the broker.
pub enum BrokerEvent {
    /// A message.
    Message(Publish),
    /// The connection is there; what was not acknowledged before comes again.
    Connected,
    /// It is lost, or cannot be made.
    Lost(String),
}

/// The thread and its ends.
pub struct BrokerConnection {
    /// For what is sent.
    pub client: Client,
    /// What comes.
    pub events: Receiver<BrokerEvent>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl BrokerConnection {
    /// Begins to connect.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start(settings: &BrokerSettings) -> std::io::Result<Self> {
        // the process's choice of cryptography; an error only says that it was made before
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (client, connection) = Client::new(options(settings), MAX_OUTGOING);
        let (send, events) = channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let connection_thread = ConnectionThread {
            client: client.clone(),
            topics: [settings.topic.clone(), settings.labels.clone()],
            send,
            stopping: Arc::clone(&stopping),
        };
        let thread =
            std::thread::Builder::new().name("mqtt".into()).spawn(move || connection_thread.run(connection))?;
        Ok(BrokerConnection { client, events, stopping, thread: Some(thread) })
    }
}

impl Drop for BrokerConnection {
    /// Sends what is queued, then disconnects.
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = self.client.try_disconnect(); // without a connection there is nothing to disconnect
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn options(settings: &BrokerSettings) -> MqttOptions {
    let mut options = MqttOptions::new(&settings.client_id, &settings.host, settings.port);
    options.set_clean_session(false);
    options.set_manual_acks(true);
    options.set_keep_alive(Duration::from_secs(20));
    options.set_max_packet_size(MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES);
    if let Some((name, password)) = &settings.credentials {
        options.set_credentials(name, password);
    }
    if settings.tls {
        let tls = match &settings.ca {
            Some(ca) => {
                TlsConfiguration::Simple { ca: ca.clone(), alpn: None, client_auth: settings.certificate.clone() }
            }
            None => TlsConfiguration::default(),
        };
        options.set_transport(Transport::tls_with_config(tls));
    }
    options
}

/// The state of the connection's thread.
struct ConnectionThread {
    client: Client,
    topics: [String; 2],
    send: Sender<BrokerEvent>,
    stopping: Arc<AtomicBool>,
}

impl ConnectionThread {
    fn run(self, mut connection: Connection) {
        let mut pause = RETRY_PAUSES[0];
        for event in connection.iter() {
            let event_for_source = match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    pause = RETRY_PAUSES[0];
                    for topic in &self.topics {
                        let _ = self.client.try_subscribe(topic, QoS::AtLeastOnce); // a full queue means that we are cut off
                    }
                    BrokerEvent::Connected
                }
                Ok(Event::Incoming(Packet::Publish(message))) => BrokerEvent::Message(message),
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                Ok(_) => continue,
                Err(error) => {
                    if self.stopping.load(Ordering::Relaxed)
                        || self.send.send(BrokerEvent::Lost(describe(&error, pause))).is_err()
                        || !self.wait(pause)
                    {
                        return;
                    }
                    pause = RETRY_PAUSES[1].min(2 * pause);
                    continue;
                }
            };
            if self.send.send(event_for_source).is_err() {
                return;
            }
        }
    }

    /// Waits; false if it is the end.
    fn wait(&self, pause: Duration) -> bool {
        let pieces = pause.as_millis().div_ceil(PAUSE_STEP.as_millis());
        for _ in 0..pieces {
            if self.stopping.load(Ordering::Relaxed) {
                return false;
            }
            std::thread::sleep(PAUSE_STEP);
        }
        true
    }
}

/// What happened, in words without anything secret, and what is done about it.
fn describe(error: &ConnectionError, pause: Duration) -> String {
    let what = match error {
        ConnectionError::Io(error) => error.to_string(),
        ConnectionError::ConnectionRefused(code) => match code {
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
                "it refuses the name or the password".into()
            }
            code => format!("it refuses ({code:?})"),
        },
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => "no answer in time".into(),
        ConnectionError::Tls(error) => format!("no encrypted connection: {error}"),
        ConnectionError::MqttState(error) => error.to_string(),
        ConnectionError::NotConnAck(_) => "what answers there speaks no MQTT 3.1.1".into(),
        ConnectionError::RequestsDone => "the connection was ended".into(),
    };
    format!("{}; trying again in {:.1} s", what.replace('\n', " "), pause.as_secs_f32())
}
