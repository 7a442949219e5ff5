//! The source that the options name, at the row where a saved stream goes on.

use super::ahead::Ahead;
use super::error::StreamError;
use super::generated::Generated;
use super::memory::Memory;
use super::options::StreamOptions;
use super::saved::Saved;
use super::source::Source;
use super::table::{Roles, Table};
use crate::data::{self, DataError, Request};
use std::path::Path;

/// The source that the options name, read ahead where that helps.
pub(super) fn source(options: &StreamOptions, saved: Option<&Saved>) -> Result<Box<dyn Source>, StreamError> {
    let expected = saved.and_then(|saved| saved.about().columns.as_ref());
    let roles = Roles {
        label: options.label.as_deref(),
        segment: options.segment.as_deref(),
        ignored: &options.ignore,
        expected,
        width: saved.map(|saved| saved.about().features()),
    };
    let mut source: Box<dyn Source> = match options.data() {
        #[cfg(feature = "mqtt")]
        address if super::mqtt::BrokerSettings::is_address(address) => Box::new(broker(address, options, saved)?),
        "-" => Box::new(Table::standard_input(&roles)?),
        "drift" => Box::new(Generated::new(options.drift()?)),
        name if data::is_csv(name) => Box::new(Table::open(Path::new(name), &roles)?),
        name => Box::new(in_memory(name, options)?),
    };
    if let Some(saved) = saved.filter(|saved| saved.continues(source.description())) {
        source.skip(saved.row())?;
    }
    match options.data() {
        name if name == "-" || name == "drift" || data::is_csv(name) => {
            Ok(Box::new(Ahead::start(source).map_err(StreamError::Thread)?))
        }
        _ => Ok(source),
    }
}

/// A broker, for a network that knows its columns and classes.
#[cfg(feature = "mqtt")]
fn broker(address: &str, options: &StreamOptions, saved: Option<&Saved>) -> Result<super::mqtt::Mqtt, StreamError> {
    use super::mqtt::{BrokerSettings, Mqtt, MqttError};
    let settings = BrokerSettings::read(address, options.mqtt.as_deref())?;
    let about = saved.ok_or(MqttError::NoModel)?.about();
    let (columns, classes) = (about.columns.clone(), about.classes.clone());
    Mqtt::start(settings, about.features(), columns, classes).map_err(StreamError::Thread)
}

/// A data set by name.
fn in_memory(name: &str, options: &StreamOptions) -> Result<Memory, StreamError> {
    let folder = options.data_dir.as_deref();
    let memory = match name {
        "gas-drift" => Memory::of_parts(data::load_parts(name, folder)?),
        _ => {
            let data = data::load(&Request { name, folder, label: None })?;
            let problem = || format!("\"{name}\" has values and not classes, so there is nothing to stream");
            Memory::of(&data)
                .ok_or_else(|| DataError::Request { problem: problem(), remedy: "choose other data".into() })?
        }
    };
    Ok(if options.file_order { memory } else { memory.shuffled(options.seed()) })
}
