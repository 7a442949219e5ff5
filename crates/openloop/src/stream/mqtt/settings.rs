//! Where the broker is, and who we are to it.
//!
//! Names and passwords come from the environment or from a TOML file, never from the command line, where others could read
//! them; and no message shows them.

use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// What the environment may say.
const USERNAME: &str = "OPENLOOP_MQTT_USERNAME";
const PASSWORD: &str = "OPENLOOP_MQTT_PASSWORD";
const PORT: [u16; 2] = [1883, 8883];

/// What is wrong with a request.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    /// The address.
    #[error("{address}: {problem}; write mqtt://BROKER[:PORT]/TOPIC, or mqtts:// for TLS")]
    Address {
        /// As it was written, without what may be secret.
        address: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The configuration, or a file that it names.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// There is no network to ask.
    #[error("mqtt needs --model FILE of a network: warm one up on recorded rows, as with --data FILE.csv --model FILE")]
    NoModel,
}

/// The TOML file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BrokerFile {
    username: Option<String>,
    password: Option<String>,
    /// PEM file of the authorities that the broker's certificate is checked with.
    ca: Option<PathBuf>,
    /// PEM files of a certificate of our own.
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    client_id: Option<String>,
    labels: Option<String>,
    predictions: Option<String>,
}

/// Everything that a connection needs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BrokerSettings {
    /// The broker's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Of the readings.
    pub topic: String,
    /// Of the labels.
    pub labels: String,
    /// Of the answers.
    pub predictions: String,
    /// Who we are; the broker keeps what is not acknowledged under this name.
    pub client_id: String,
    /// Name and password.
    pub credentials: Option<(String, String)>,
    /// PEM of the authorities; none means the system's.
    pub ca: Option<Vec<u8>>,
    /// PEM of our own certificate and of its key.
    pub certificate: Option<(Vec<u8>, Vec<u8>)>,
}

/// Without anything secret.
impl fmt::Debug for BrokerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The address, as it stands in messages and in the model.
impl fmt::Display for BrokerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, port) = if self.tls { ("mqtts", PORT[1]) } else { ("mqtt", PORT[0]) };
        match self.port == port {
            true => write!(f, "{scheme}://{}/{}", self.host, self.topic),
            false => write!(f, "{scheme}://{}:{}/{}", self.host, self.port, self.topic),
        }
    }
}

impl BrokerSettings {
    /// Whether that is an address of a broker.
    pub fn is_address(text: &str) -> bool {
        text.starts_with("mqtt://") || text.starts_with("mqtts://")
    }

    /// From an address, a file and the environment, which wins over the file.
    ///
    /// # Errors
    /// An address or a file that is wrong.
    pub fn read(address: &str, file: Option<&Path>) -> Result<Self, MqttError> {
        let mut settings = parse(address)?;
        let path = file.unwrap_or(Path::new(""));
        let wrong = |problem: String| MqttError::File { path: path.into(), problem };
        let file: BrokerFile = match file {
            None => BrokerFile::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
                // the parser would show the line, and with it a password
                toml::from_str(&text).map_err(|error| {
                    let line = text[..error.span().map_or(0, |span| span.start.min(text.len()))].matches('\n').count();
                    let message = if error.message().contains("unknown field") { error.message() } else { "not TOML" };
                    wrong(format!("line {}: {}", line + 1, message.replace('\n', " ")))
                })?
            }
        };
        let from = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let username = from(USERNAME).or(file.username);
        settings.credentials = username.map(|name| (name, from(PASSWORD).or(file.password).unwrap_or_default()));
        // beside the file, where its path is relative
        let folder = path.parent().unwrap_or(Path::new(""));
        let pem = |name: &PathBuf| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|error| MqttError::File { path, problem: error.to_string() })
        };
        settings.ca = file.ca.as_ref().map(pem).transpose()?;
        settings.certificate = match (&file.certificate, &file.key) {
            (Some(certificate), Some(key)) => Some((pem(certificate)?, pem(key)?)),
            (None, None) => None,
            _ => return Err(wrong("certificate and key belong together; name both".into())),
        };
        settings.labels = file.labels.unwrap_or_else(|| format!("{}/labels", settings.topic));
        settings.predictions = file.predictions.unwrap_or_else(|| format!("{}/predictions", settings.topic));
        settings.client_id = file.client_id.unwrap_or_else(|| settings.usual_client_id());
        Ok(settings)
    }

    /// The same for the same topic, so that the broker knows us again.
    fn usual_client_id(&self) -> String {
        let name: String = self.topic.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        format!("openloop-{name}")
    }
}

fn parse(address: &str) -> Result<BrokerSettings, MqttError> {
    let (tls, rest) = match address.strip_prefix("mqtts://") {
        Some(rest) => (true, rest),
        None => (false, address.strip_prefix("mqtt://").unwrap_or(address)),
    };
    let wrong = |shown: &str, problem| Err(MqttError::Address { address: shown.into(), problem });
    if let Some((_, after)) = rest.rsplit_once('@') {
        let problem = "a name or password does not belong there: set OPENLOOP_MQTT_USERNAME and OPENLOOP_MQTT_PASSWORD, or \
                       name a file with --mqtt";
        return wrong(&format!("...@{after}"), problem);
    }
    let Some((broker, topic)) = rest.split_once('/').filter(|(_, topic)| !topic.is_empty()) else {
        return wrong(address, "it names no topic");
    };
    if topic.contains(['#', '+']) {
        return wrong(address, "the topic must be a single one, without # and +");
    }
    let (host, port) = match broker.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (broker, Some(PORT[usize::from(tls)])),
    };
    match port {
        Some(port) if !host.is_empty() => {
            Ok(BrokerSettings { host: host.into(), port, tls, topic: topic.into(), ..BrokerSettings::default() })
        }
        _ => wrong(address, "it names no broker, or a port that is none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_the_broker_is_and_nothing_secret() {
        let settings = parse("mqtt://localhost/a/b").unwrap();
        assert_eq!((&*settings.host, settings.port, settings.tls, &*settings.topic), ("localhost", 1883, false, "a/b"));
        assert_eq!(parse("mqtts://h:1/t").unwrap().to_string(), "mqtts://h:1/t");
        for (address, words) in [
            ("mqtt://user:geheim@host/t", "OPENLOOP_MQTT_PASSWORD"),
            ("mqtt://host", "no topic"),
            ("mqtt://host/a/#", "single one"),
            ("mqtt://host:x/t", "port"),
        ] {
            let error = parse(address).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn a_wrong_file_is_named_and_its_passwords_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mqtt.toml");
        for (text, words) in
            [("password = geheim\n", "line 1"), ("\npassvord = \"geheim\"", "passvord"), ("key = \"k\"", "name both")]
        {
            std::fs::write(&path, text).unwrap();
            let error = BrokerSettings::read("mqtt://h/t", Some(&path)).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("geheim"), "{error}");
        }
        std::fs::write(&path, "username = \"me\"\npassword = \"geheim\"\nlabels = \"l\"").unwrap();
        let settings = BrokerSettings::read("mqtt://h/t", Some(&path)).unwrap();
        assert_eq!(settings.credentials, Some(("me".into(), "geheim".into())));
        assert_eq!(
            (&*settings.labels, &*settings.predictions, &*settings.client_id),
            ("l", "t/predictions", "openloop-t")
        );
        assert!(!format!("{settings:?}{settings}").contains("geheim"));
    }
}
