//! Rows, labels and answers over MQTT 3.1.1, because that is how sensors talk.
//!
//! | topic | what |
//! |---|---|
//! | `TOPIC` | readings, in |
//! | `TOPIC/labels`, or `labels` of the configuration | labels by the readings' ids, in |
//! | `TOPIC/predictions`, or `predictions` of the configuration | answers and drift signals as JSON, out |
//!
//! Every message is acknowledged only after the state that holds it is on the disk, and the session is a lasting one: what
//! was not acknowledged comes again after a lost connection, a killed process or a restarted broker. A label that comes
//! twice is learned from once.
//!
//! | file | one sentence |
//! |---|---|
//! | `settings.rs` | Where the broker is, and who we are to it. |
//! | `payload.rs` | What messages say. |
//! | `connection.rs` | A thread that keeps the connection, with growing pauses between attempts. |
//! | `source.rs` | All that as a source. |

mod connection;
#[cfg(not(fuzzing))]
mod payload;
#[cfg(fuzzing)]
pub mod payload;
mod settings;
mod source;

pub use settings::{BrokerSettings, MqttError};
pub use source::MqttSource;
