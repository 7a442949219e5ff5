//! Addresses of brokers, and topics: what they may be.

use super::error::MqttError;
use rustls::pki_types::ServerName;

/// The usual ports, plain and encrypted.
pub const PORTS: [u16; 2] = [1883, 8883];
/// The longest text of MQTT.
const LONGEST_TEXT: usize = 65_535;

/// Why a text is none of MQTT.
pub fn text_problem(text: &str) -> Option<&'static str> {
    if text.chars().any(char::is_control) {
        Some("has control characters")
    } else if text.len() > LONGEST_TEXT {
        Some("has more than 65,535 bytes")
    } else {
        None
    }
}

/// Why a topic is not a single one.
pub fn topic_problem(topic: &str) -> Option<&'static str> {
    if topic.is_empty() {
        Some("is empty")
    } else if topic.contains(['#', '+']) {
        Some("must be a single one, without # and +")
    } else if topic.starts_with("$share/") {
        Some("must be a single one, not a shared subscription")
    } else {
        text_problem(topic)
    }
}

/// The parts of an address.
#[derive(Debug)]
pub struct Address {
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// The broker's name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Of the readings.
    pub topic: String,
}

impl Address {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it, without what may be secret.
    pub fn parse(address: &str) -> Result<Self, MqttError> {
        let (is_encrypted, rest) = match address.strip_prefix("mqtts://") {
            Some(rest) => (true, rest),
            None => (false, address.strip_prefix("mqtt://").unwrap_or(address)),
        };
        let wrong = |problem: &str| MqttError::Address {
            address: address.chars().filter(|c| !c.is_control()).collect(),
            problem: problem.into(),
        };
        if let Some((_, after)) = rest.rsplit_once('@') {
            let problem = "a name or password does not belong there: set OPENLOOP_MQTT_USERNAME and OPENLOOP_MQTT_PASSWORD, \
                           or name a file with --mqtt";
            return Err(MqttError::Address { address: format!("...@{after}"), problem: problem.into() });
        }
        let Some((broker, topic)) = rest.split_once('/').filter(|(_, topic)| !topic.is_empty()) else {
            return Err(wrong("it names no topic"));
        };
        if let Some(problem) = topic_problem(topic) {
            return Err(wrong(&format!("the topic {problem}")));
        }
        let (host, port) = host_and_port(broker, PORTS[usize::from(is_encrypted)]).map_err(wrong)?;
        if is_encrypted && ServerName::try_from(host).is_err() {
            return Err(wrong("the broker's name is none that a certificate could have"));
        }
        Ok(Address { is_encrypted, host: host.into(), port, topic: topic.into() })
    }
}

/// The host and the port of `broker`; an IPv6 address stands in brackets.
fn host_and_port(broker: &str, usual: u16) -> Result<(&str, u16), &'static str> {
    let (host, port) = match broker.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or("behind ] stands no port")?)),
        None => match broker.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err("an IPv6 address stands in brackets, as in [::1]:1883");
            }
            Some((host, port)) => (host, Some(port)),
            None => (broker, None),
        },
    };
    let port = match port {
        None => usual,
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or("the port is no number from 1 to 65535")?,
    };
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("it names no broker");
    }
    Ok((host, port))
}
