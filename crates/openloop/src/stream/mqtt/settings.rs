//! Where the broker is, and who we are to it: read and checked before anything is connected.
//!
//! Names and passwords come from the environment or from a TOML file, never from the command line, where others could read
//! them; and no message shows them.

use super::address::{Address, PORTS, text_problem, topic_problem};
use super::error::MqttError;
use super::payload::ExtraCell;
use super::tls::TlsFiles;
use crate::data::{with_nearest_field, with_nearest_file};
use crc::{CRC_64_XZ, Crc};
use rustls::ClientConfig;
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the environment may say.
const USERNAME: &str = "OPENLOOP_MQTT_USERNAME";
const PASSWORD: &str = "OPENLOOP_MQTT_PASSWORD";

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
    extra_cell: Option<ExtraCell>,
}

/// Everything that a connection needs.
#[derive(Clone, Default)]
pub struct BrokerSettings {
    /// The broker's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
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
    /// What the one cell is that a line of text has more than the features.
    pub extra_cell: Option<ExtraCell>,
    /// Of an encrypted connection.
    pub(super) tls: Option<Arc<ClientConfig>>,
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
        let (scheme, port) = if self.tls.is_some() { ("mqtts", PORTS[1]) } else { ("mqtt", PORTS[0]) };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port == port {
            true => write!(f, "{scheme}://{host}/{}", self.topic),
            false => write!(f, "{scheme}://{host}:{}/{}", self.port, self.topic),
        }
    }
}

impl BrokerSettings {
    /// Whether that is an address of a broker.
    pub fn is_address(text: &str) -> bool {
        text.starts_with("mqtt://") || text.starts_with("mqtts://")
    }

    /// From an address, a file and the environment, which wins over the file, for the model at `model`.
    ///
    /// # Errors
    /// An address, a file or a name that is wrong.
    pub fn read(address: &str, file: Option<&Path>, model: &Path) -> Result<Self, MqttError> {
        let address = Address::parse(address)?;
        let path = file.unwrap_or(Path::new("mqtt"));
        let file = file.map(BrokerFile::read).transpose()?.unwrap_or_default();
        let wrong = |problem: String| MqttError::File { path: path.into(), problem };
        let files = file.tls(path).map_err(wrong)?;
        let tls = match (address.is_encrypted, &files.ca, &files.own) {
            (true, ..) => Some(files.load()?),
            (false, None, None) => None,
            _ => return Err(wrong("ca, certificate and key are for an encrypted connection: write mqtts://".into())),
        };
        let topic = &address.topic;
        let settings = BrokerSettings {
            credentials: file.credentials()?,
            tls,
            client_id: file.client_id.unwrap_or_else(|| usual_client_id(topic, model)),
            labels: file.labels.unwrap_or_else(|| format!("{topic}/labels")),
            predictions: file.predictions.unwrap_or_else(|| format!("{topic}/predictions")),
            extra_cell: file.extra_cell,
            host: address.host,
            port: address.port,
            topic: address.topic,
        };
        settings.check().map_err(wrong)?;
        Ok(settings)
    }

    /// What no broker takes, or what would feed answers back as readings.
    fn check(&self) -> Result<(), String> {
        for (name, topic) in [("labels", &self.labels), ("predictions", &self.predictions)] {
            topic_problem(topic).map_or(Ok(()), |problem| Err(format!("{name}: the topic {problem}")))?;
        }
        if self.labels == self.topic || self.predictions == self.topic || self.labels == self.predictions {
            return Err("readings, labels and predictions need three different topics".into());
        }
        match &*self.client_id {
            "" => {
                Err("client-id: it is empty; leave it out, or give a name that no other client of the broker has"
                    .into())
            }
            id => text_problem(id).map_or(Ok(()), |problem| Err(format!("client-id: it {problem}"))),
        }
    }
}

impl BrokerFile {
    fn read(path: &Path) -> Result<Self, MqttError> {
        let wrong = |problem: String| MqttError::File { path: path.into(), problem };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(with_nearest_file(path, error).to_string()))?;
        // the parser would show the line, and with it a password
        toml::from_str(&text).map_err(|error| {
            let line = text[..error.span().map_or(0, |span| span.start.min(text.len()))].matches('\n').count();
            let message = error.message();
            let is_harmless = message.contains("unknown field") || message.contains("unknown variant");
            let message = if is_harmless { with_nearest_field(message) } else { "not TOML".into() };
            wrong(format!("line {}: {}", line + 1, message.replace('\n', " ")))
        })
    }

    /// Name and password, both or none.
    fn credentials(&self) -> Result<Option<(String, String)>, MqttError> {
        let from = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let username = from(USERNAME).or_else(|| self.username.clone());
        match (username, from(PASSWORD).or_else(|| self.password.clone())) {
            (Some(name), Some(password)) if !name.is_empty() => Ok(Some((name, password))),
            (None, None) => Ok(None),
            _ => Err(MqttError::HalfCredentials),
        }
    }

    /// The files for TLS, beside this one where their paths are relative.
    fn tls(&self, path: &Path) -> Result<TlsFiles, String> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let own = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((folder.join(certificate), folder.join(key))),
            (None, None) => None,
            _ => return Err("certificate and key belong together; name both".into()),
        };
        Ok(TlsFiles { ca: self.ca.as_ref().map(|path| folder.join(path)), own })
    }
}

/// The same for the same topic and model file, so that the broker knows us again, and another one for any other; 23 letters and
/// digits, which every broker takes.
fn usual_client_id(topic: &str, model: &Path) -> String {
    let folder = model.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = model.canonicalize().or_else(|_| Ok(folder.canonicalize()?.join(model.file_name().unwrap_or_default())));
    let file = file.unwrap_or_else(|_: std::io::Error| model.into());
    let mut digest = CLIENT_ID.digest();
    for part in [topic.as_bytes(), b"\0", file.as_os_str().as_encoded_bytes()] {
        digest.update(part);
    }
    format!("openloop{:015x}", digest.finalize() >> 4)
}

static CLIENT_ID: Crc<u64> = Crc::<u64>::new(&CRC_64_XZ);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str, file: Option<&Path>) -> Result<BrokerSettings, MqttError> {
        BrokerSettings::read(address, file, Path::new("pump.model"))
    }

    #[test]
    fn an_address_says_where_the_broker_is_and_nothing_secret() {
        let settings = read("mqtt://localhost/a/b", None).unwrap();
        assert_eq!((&*settings.host, settings.port, &*settings.topic), ("localhost", 1883, "a/b"));
        assert_eq!(read("mqtt://h:1/t", None).unwrap().to_string(), "mqtt://h:1/t");
        assert_eq!(read("mqtt://[::1]:7/t", None).unwrap().to_string(), "mqtt://[::1]:7/t");
        for (address, words) in [
            ("mqtt://user:geheim@host/t", "OPENLOOP_MQTT_PASSWORD"),
            ("mqtt://host", "no topic"),
            ("mqtt://host/", "no topic"),
            ("mqtt://host/a/#", "single one"),
            ("mqtt://host/+/a", "single one"),
            ("mqtt://host/$share/group/a", "single one"),
            ("mqtt://host/a\nb", "control characters"),
            ("mqtt://host:x/t", "port"),
            ("mqtt://host:0/t", "port"),
            ("mqtt://host:/t", "port"),
            ("mqtt://host:65536/t", "port"),
            ("mqtt://::1/t", "brackets"),
            ("mqtt://:1883/t", "no broker"),
            ("mqtts://a b/t", "no broker"),
            ("mqtts://a_&/t", "certificate"),
        ] {
            let error = read(address, None).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("geheim") && !error.contains('\n'), "{address}: {error}");
        }
    }

    #[test]
    fn a_wrong_file_is_named_and_its_passwords_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mqtt.toml");
        for (text, words) in [
            ("password = geheim\n", "line 1"),
            ("\npassvord = \"geheim\"", "unknown field `passvord`; did you mean \"password\"?"),
            ("key = \"k\"", "name both"),
            ("password = \"geheim\"", "belong together"),
            ("username = \"me\"", "belong together"),
            ("username = \"\"\npassword = \"geheim\"", "belong together"),
            ("client-id = \"\"", "client-id"),
            ("client-id = \"a\\u0000\"", "control characters"),
            ("labels = \"\"", "labels: the topic is empty"),
            ("predictions = \"p/#\"", "predictions: the topic must be a single one"),
            ("predictions = \"t\"", "three different topics"),
            ("labels = \"p\"\npredictions = \"p\"", "three different topics"),
            ("ca = \"ca.pem\"", "mqtts://"),
            ("extra-cell = \"both\"", "unknown variant"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = read("mqtt://h/t", Some(&path)).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("geheim"), "{text}: {error}");
        }
        std::fs::write(&path, "username = \"me\"\npassword = \"geheim\"\nlabels = \"l\"\nclient-id = \"c\"").unwrap();
        let settings = read("mqtt://h/t", Some(&path)).unwrap();
        assert_eq!(settings.credentials, Some(("me".into(), "geheim".into())));
        assert_eq!((&*settings.labels, &*settings.predictions, &*settings.client_id), ("l", "t/predictions", "c"));
        assert!(!format!("{settings:?}{settings}").contains("geheim"));
    }

    #[test]
    fn a_certificate_or_key_that_is_none_is_named_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        file("empty.pem", "");
        file("text.pem", "no certificate");
        file("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        for (text, words) in [
            ("ca = \"absent.pem\"", "absent.pem"),
            ("ca = \"empty.pem\"", "no certificate"),
            ("ca = \"text.pem\"", "no certificate"),
            ("ca = \"damaged.pem\"", "damaged"),
            ("certificate = \"text.pem\"\nkey = \"text.pem\"", "no certificate"),
            ("certificate = \"damaged.pem\"\nkey = \"text.pem\"", "no private key"),
        ] {
            file("mqtt.toml", text);
            let error = read("mqtts://h/t", Some(&folder.path().join("mqtt.toml"))).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn another_topic_or_model_is_another_client_and_the_same_one_the_same_client() {
        let folder = tempfile::tempdir().unwrap();
        let model = |name: &str| folder.path().join(name);
        let ids = [
            usual_client_id("x/y", &model("a")),
            usual_client_id("x-y", &model("a")),
            usual_client_id("x/y", &model("b")),
        ];
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
        std::fs::write(model("a"), "").unwrap();
        assert_eq!(usual_client_id("x/y", &model("a")), ids[0], "a model that is there now keeps its name");
        let detour = folder.path().join(".").join("a");
        assert_eq!(usual_client_id("x/y", &detour), ids[0]);
        let is_plain = |id: &String| id.len() == 23 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        assert!(ids.iter().all(is_plain), "{ids:?}");
    }
}
