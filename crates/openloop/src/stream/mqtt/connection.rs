//! A thread that keeps the connection and reconnects with growing pauses.

use super::large::CutMessages;
use super::pauses::{LASTING, Pauses};
use super::settings::BrokerSettings;
use rumqttc::{
    AckMode, Client, ClientBuildError, ConnectReturnCode, Connection, ConnectionError, Event, ManualAck, MqttOptions,
    NetworkOptions, Outgoing, Packet, Publish, QoS, StateError, SubAck, SubscribeReasonCode, default_socket_connect,
};
use rustls::pki_types::ServerName;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

/// Messages that wait to be sent at most.
const MAX_OUTGOING: usize = 1000;
/// Messages that wait for the learner at most, here and in the client; then the broker has to wait.
const MAX_INCOMING: usize = 32;
/// A pause is slept in steps of this length, to stop early.
const PAUSE_STEP: Duration = Duration::from_millis(100);
/// Without a message for so many seconds the broker is asked whether it is there.
const KEEP_ALIVE: u16 = 20;
/// How long the last acknowledgements and answers may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// The longest packet that the client takes or sends: the longest that MQTT has. Messages are cut before they reach it.
const LONGEST_PACKET: usize = (1 << 28) + 5;

/// What comes from the broker.
pub enum BrokerEvent {
    /// A message.
    Message(Publish),
    /// The connection is there; what was not acknowledged before comes again.
    Connected,
    /// It is lost, or cannot be made.
    Lost(String),
    /// It is there, and something is wrong.
    Problem(String),
}

/// The thread and its ends.
pub struct BrokerConnection {
    client: Client,
    /// What comes; gone at the end.
    events: Option<Receiver<(u64, BrokerEvent)>>,
    /// The number of the connection.
    number: Arc<Mutex<u64>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl BrokerConnection {
    /// Begins to connect; messages of more than `limit` bytes come cut.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start(settings: &BrokerSettings, limit: usize) -> io::Result<Self> {
        let built = Client::builder(options(settings, limit)).capacity(MAX_OUTGOING).try_build();
        let (client, connection) = built.map_err(|error| match error {
            ClientBuildError::Runtime(error) => error,
            error => io::Error::other(error.to_string()),
        })?;
        let (send, events) = sync_channel(MAX_INCOMING);
        let (stopping, number) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(0)));
        let connection_thread = ConnectionThread {
            client: client.clone(),
            client_id: settings.client_id.clone(),
            topics: [settings.topic.clone(), settings.labels.clone()],
            to_subscribe: Vec::new(),
            send,
            number: Arc::clone(&number),
            stopping: Arc::clone(&stopping),
            pauses: Pauses::default(),
            connected_at: None,
        };
        let thread =
            std::thread::Builder::new().name("mqtt".into()).spawn(move || connection_thread.run(connection))?;
        Ok(BrokerConnection { client, events: Some(events), number, stopping, thread: Some(thread) })
    }

    /// The next event and the number of its connection, if one comes in time; none for good when the thread has ended.
    pub fn next(&self, wait: Duration) -> Result<(u64, BrokerEvent), std::sync::mpsc::RecvTimeoutError> {
        match &self.events {
            Some(events) => events.recv_timeout(wait),
            None => Err(std::sync::mpsc::RecvTimeoutError::Disconnected),
        }
    }

    /// What acknowledges a message; none where the broker expects nothing.
    pub fn acknowledgement(&self, message: &Publish) -> Option<ManualAck> {
        self.client.prepare_ack(message)
    }

    /// Acknowledges a message of connection `number`, unless there is no room. What came over a connection that is gone comes again,
    /// and its identifier may be another message's by now.
    pub fn acknowledge(&self, number: u64, message: &ManualAck) -> bool {
        let now = lock(&self.number);
        *now != number || self.client.try_manual_ack(message.clone()).is_ok()
    }

    /// Sends an answer; false if there is no room.
    pub fn publish(&self, topic: &str, text: String) -> bool {
        self.client.try_publish(topic, text, rumqttc::PublishOptions::new(QoS::AtLeastOnce)).is_ok()
    }
}

impl Drop for BrokerConnection {
    /// Sends what is queued, then disconnects.
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.events = None; // the thread may wait for room there
        let _ = self.client.try_disconnect_with_timeout(LAST_WORDS); // without a connection there is nothing to disconnect
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// No thread fails while it holds the number.
fn lock(number: &Mutex<u64>) -> MutexGuard<'_, u64> {
    number.lock().unwrap_or_else(PoisonError::into_inner)
}

fn options(settings: &BrokerSettings, limit: usize) -> MqttOptions {
    let mut options = MqttOptions::new(&settings.client_id, (settings.host.clone(), settings.port));
    options.set_clean_session(false);
    options.set_ack_mode(AckMode::Manual);
    options.set_keep_alive(KEEP_ALIVE);
    options.set_max_packet_size(LONGEST_PACKET, LONGEST_PACKET);
    options.set_read_batch_size(MAX_INCOMING);
    if let Some((name, password)) = &settings.credentials {
        options.set_credentials(name, password.clone());
    }
    let settings = Arc::new(settings.clone());
    options.set_socket_connector(move |_, network| connect(Arc::clone(&settings), network, limit));
    options
}

/// A connection, encrypted or not.
trait ByteStream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> ByteStream for S {}

/// Connects, encrypted if the settings say so.
async fn connect(
    settings: Arc<BrokerSettings>,
    network: NetworkOptions,
    limit: usize,
) -> io::Result<CutMessages<Box<dyn ByteStream>>> {
    let host = &settings.host;
    let address = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let plain = default_socket_connect(format!("{address}:{}", settings.port), network).await?;
    let Some(tls) = &settings.tls else { return Ok(CutMessages::new(Box::new(plain), limit)) };
    let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
    let encrypted = TlsConnector::from(Arc::clone(tls)).connect(name, plain).await;
    let encrypted =
        encrypted.map_err(|error| io::Error::new(error.kind(), format!("no encrypted connection: {error}")))?;
    Ok(CutMessages::new(Box::new(encrypted), limit))
}

/// The state of the connection's thread.
struct ConnectionThread {
    client: Client,
    client_id: String,
    topics: [String; 2],
    /// Topics whose subscription found no room yet.
    to_subscribe: Vec<String>,
    send: SyncSender<(u64, BrokerEvent)>,
    number: Arc<Mutex<u64>>,
    stopping: Arc<AtomicBool>,
    pauses: Pauses,
    connected_at: Option<Instant>,
}

impl ConnectionThread {
    fn run(mut self, mut connection: Connection) {
        while let Ok(event) = connection.recv() {
            let goes_on = match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    self.connected_at = Some(Instant::now());
                    self.to_subscribe = self.topics.to_vec();
                    self.tell(BrokerEvent::Connected)
                }
                Ok(Event::Incoming(Packet::Publish(message))) => {
                    self.pauses.on_message();
                    self.tell(BrokerEvent::Message(message))
                }
                Ok(Event::Incoming(Packet::SubAck(answer))) => self.subscribed(&answer),
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                Ok(_) => true,
                Err(error) => {
                    {
                        // acknowledgements of this connection must not reach the next
                        let mut number = lock(&self.number);
                        *number += 1;
                        connection.eventloop.clean();
                    }
                    self.lost(&error)
                }
            };
            if !goes_on {
                return;
            }
            self.to_subscribe.retain(|topic| self.client.try_subscribe(&**topic, QoS::AtLeastOnce).is_err());
        }
    }

    /// Hands an event to the source, and waits until there is room; false if nobody listens any more. At the end the connection
    /// goes on until its last words are sent.
    fn tell(&self, event: BrokerEvent) -> bool {
        let number = *lock(&self.number);
        self.send.send((number, event)).is_ok() || self.stopping.load(Ordering::Relaxed)
    }

    fn subscribed(&self, answer: &SubAck) -> bool {
        let is_refused = answer.return_codes.contains(&SubscribeReasonCode::Failure);
        let problem = || format!("the broker refuses the subscription to {} or {}", self.topics[0], self.topics[1]);
        !is_refused || self.tell(BrokerEvent::Problem(problem()))
    }

    /// Tells of a connection that is lost or could not be made, and waits; false if it is the end.
    fn lost(&mut self, error: &ConnectionError) -> bool {
        let lasted = self.connected_at.take().map(|since| since.elapsed());
        let pause = self.pauses.next(lasted);
        let what = match lasted {
            Some(lasted) if is_ended_by_broker(error) && lasted < LASTING => format!(
                "the broker ended the connection after {:.1} s; if it does so again, another program may use the client id {}, \
                 and client-id in the file for --mqtt sets another",
                lasted.as_secs_f32(),
                self.client_id
            ),
            _ => describe(error),
        };
        let told = format!("{what}; trying again in {:.1} s", pause.as_secs_f32());
        !self.stopping.load(Ordering::Relaxed) && self.tell(BrokerEvent::Lost(told)) && self.wait(pause)
    }

    /// Waits; false if it is the end.
    fn wait(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if self.stopping.load(Ordering::Relaxed) {
                return false;
            }
            std::thread::sleep(left.min(PAUSE_STEP));
        }
        true
    }
}

/// Whether the broker closed the connection, which is all it does when another client of the same name comes.
fn is_ended_by_broker(error: &ConnectionError) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let is_end =
        |error: &io::Error| matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof);
    match error {
        ConnectionError::MqttState(StateError::ConnectionAborted) => true,
        ConnectionError::MqttState(StateError::Io(error)) | ConnectionError::Io(error) => is_end(error),
        ConnectionError::MqttState(StateError::Deserialization(rumqttc::mqttbytes::Error::Io(error))) => is_end(error),
        _ => false,
    }
}

/// What happened, in words without anything secret.
fn describe(error: &ConnectionError) -> String {
    let what = match error {
        ConnectionError::Io(error) => error.to_string(),
        ConnectionError::ConnectionRefused(code) => match code {
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
                "it refuses the name or the password".into()
            }
            ConnectReturnCode::BadClientId => "it refuses the client id".into(),
            code => format!("it refuses ({code:?})"),
        },
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => "no answer in time".into(),
        ConnectionError::NotConnAck(_) => "what answers there speaks no MQTT 3.1.1".into(),
        ConnectionError::RequestsDone => "the connection was ended".into(),
        error => error.to_string(),
    };
    what.replace(['\n', '\r'], " ")
}
