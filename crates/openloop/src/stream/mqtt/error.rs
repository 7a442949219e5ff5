//! What can be wrong with a request for a broker.

use std::path::PathBuf;

/// What is wrong with a request.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    /// The address.
    #[error("{address}: {problem}; write mqtt://BROKER[:PORT]/TOPIC, or mqtts:// for TLS")]
    Address {
        /// As it was written, without what may be secret.
        address: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The configuration, or a file that it names.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Half of a name and a password.
    #[error(
        "a broker's name and password belong together: give both, as OPENLOOP_MQTT_USERNAME and OPENLOOP_MQTT_PASSWORD or in \
         the file for --mqtt"
    )]
    HalfCredentials,
    /// There is no network to ask.
    #[error("mqtt needs --model FILE of a network: warm one up on recorded rows, as with --data FILE.csv --model FILE")]
    NoModel,
}
