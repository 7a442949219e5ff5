//! Rows, labels and answers over MQTT 3.1.1, because that is how sensors talk.
//!
//! | topic | what |
//! |---|---|
//! | `TOPIC` | readings, in |
//! | `TOPIC/labels`, or `labels` of the configuration | labels by the readings' ids, in |
//! | `TOPIC/predictions`, or `predictions` of the configuration | answers and drift signals as JSON, out |
//!
//! Every message is acknowledged only after the state that holds it is on the disk, and the session is a lasting one: what
//! was not acknowledged comes again after a lost connection, a killed process or a restarted broker. What comes again, or is
//! retained, is learned from once (`../received.rs`). A message over the limit is dropped, counted and acknowledged.
//!
//! | file | one sentence |
//! |---|---|
//! | `settings.rs` | Where the broker is, and who we are to it. |
//! | `address.rs`, `tls.rs`, `error.rs` | Addresses and topics; certificates and keys; what is wrong with them. |
//! | `payload.rs`, `label.rs`, `message.rs` | What messages say: readings, their targets, and the parts of a message. |
//! | `large.rs` | Cuts messages that are too large as they arrive. |
//! | `pauses.rs` | How long to wait before the next attempt to connect. |
//! | `connection.rs` | A thread that keeps the connection. |
//! | `source.rs` | All that as a source. |

mod address;
mod connection;
mod error;
mod label;
mod large;
mod message;
mod pauses;
#[cfg(not(fuzzing))]
mod payload;
#[cfg(fuzzing)]
pub mod payload;
mod settings;
mod source;
mod tls;

pub use error::MqttError;
pub use payload::ExtraCell;
pub use settings::BrokerSettings;
pub use source::MqttSource;
