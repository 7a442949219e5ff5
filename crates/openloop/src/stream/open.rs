//! The source that the options name, at the row where a saved stream goes on.

use super::continuation::Continuation;
use super::error::StreamError;
use super::generated::GeneratedSource;
use super::in_memory::InMemorySource;
use super::options::StreamOptions;
use super::prefetch::PrefetchedSource;
use super::saved::SavedStream;
use super::scaling::Adaptation;
use super::source::RowSource;
use super::table::CsvSource;
use super::task::StreamTask;
use super::windowed::WindowedSource;
use crate::data::{
    self, AskedWindows, Columns, DataError, DataRequest, ExpectedColumns, MissingFeatures, TableRequest,
};
use std::path::Path;

/// What a model says of the rows that it takes.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// Their columns.
    pub expected: ExpectedColumns<'a>,
    /// What the rows are for.
    pub task: StreamTask,
    /// Whether a missing feature can be taken as its mean.
    pub has_means: bool,
}

impl<'a> Known<'a> {
    /// By a model.
    pub fn of(saved: &'a SavedStream) -> Self {
        Known {
            expected: match saved.about().columns.as_ref() {
                Some(columns) => ExpectedColumns::Columns(columns),
                None => ExpectedColumns::Count(saved.about().features()),
            },
            task: StreamTask::of(saved.kind_of_targets()),
            has_means: saved.has_means(),
        }
    }

    /// Where there is no model: not where features are used as they come can one be taken as its mean.
    pub fn nothing(options: &StreamOptions) -> Self {
        Known {
            expected: ExpectedColumns::Any,
            task: options.task.unwrap_or_default(),
            has_means: options.standardise != Some(Adaptation::Off),
        }
    }
}

/// The source that the options name, at the row where the saved stream goes on, and read ahead where that helps.
pub(super) fn source(
    options: &StreamOptions,
    saved: Option<&SavedStream>,
) -> Result<(Box<dyn RowSource>, Option<Continuation>), StreamError> {
    let (source, continuation) = match saved {
        None => (named(options, None)?, None),
        Some(saved) => {
            let (source, found) = Continuation::find(saved.seen(), || named(options, Some(saved)))?;
            (source, Some(found))
        }
    };
    let source = read_ahead(options, source)?;
    let goes_on = continuation.as_ref().is_some_and(Continuation::goes_on);
    let buffer = saved.filter(|_| goes_on).and_then(SavedStream::window);
    Ok((WindowedSource::of(source, buffer), continuation))
}

/// The source read ahead by another thread, where that helps.
pub(super) fn read_ahead(
    options: &StreamOptions,
    source: Box<dyn RowSource>,
) -> Result<Box<dyn RowSource>, StreamError> {
    Ok(match options.data() {
        name if name == "-" || name == "drift" || data::is_csv(name) => {
            Box::new(PrefetchedSource::start(source).map_err(StreamError::Thread)?)
        }
        _ => source,
    })
}

/// The source that the options name, at its first row.
fn named(options: &StreamOptions, saved: Option<&SavedStream>) -> Result<Box<dyn RowSource>, StreamError> {
    match options.data() {
        #[cfg(feature = "mqtt")]
        address if super::mqtt::BrokerSettings::is_address(address) => {
            let is_model_of_windows = saved.and_then(|saved| saved.about().columns.as_ref()?.windows()).is_some();
            check_windows(options, is_model_of_windows)?;
            Ok(Box::new(broker(address, options, saved)?))
        }
        _ => rows(options, saved.map_or_else(|| Known::nothing(options), Known::of)),
    }
}

/// The rows of a table or of a data set, from the first on.
pub(super) fn rows(options: &StreamOptions, known: Known<'_>) -> Result<Box<dyn RowSource>, StreamError> {
    let request = TableRequest {
        label: options.label.as_deref(),
        task: known.task.of_table(),
        may_lack_label: known.task == StreamTask::Anomaly,
        segment: options.segment.as_deref(),
        has_segments: true,
        weight: None,
        ignored: &options.ignore,
        dates: &options.date,
        categories: &options.category,
        indicates_missing: options.missing_indicator,
        group: options.group.as_deref(),
        key: options.keys.key.as_deref(),
        windows: options.windows(),
        by_sample: true,
        missing: if known.has_means { MissingFeatures::RunningMean } else { MissingFeatures::Refused },
        header: options.header,
        max_line: options.max_line,
        expected: known.expected,
        read_ahead: None,
    };
    let is_of_windows = |columns: &Columns| columns.windows().is_some();
    check_windows(options, matches!(known.expected, ExpectedColumns::Columns(columns) if is_of_windows(columns)))?;
    let warmup = options.warmup.unwrap_or(u64::MAX);
    Ok(match options.data() {
        "-" => Box::new(CsvSource::standard_input(&request, warmup)?),
        "drift" => Box::new(GeneratedSource::new(options.drift()?)),
        name if data::is_csv(name) => Box::new(CsvSource::open(Path::new(name), &request, warmup)?),
        name => Box::new(in_memory(name, options)?),
    })
}

/// Refuses windows of what is no table, asked for or of a model.
fn check_windows(options: &StreamOptions, has_own: bool) -> Result<(), DataError> {
    let (name, is_asked) = (options.data(), options.windows() != AskedWindows::default() || options.group.is_some());
    if name == "-" || data::is_csv(name) || !(is_asked || has_own) {
        return Ok(());
    }
    let what = if is_asked { "--window, --hop, --features and --group" } else { "a model of windows" };
    let remedy = "read a CSV file, or rows from a pipe with --data -".into();
    Err(DataError::Request { problem: format!("{what} with --data {name}, which is no table"), remedy })
}

/// A broker, for a network that knows its columns and classes.
#[cfg(feature = "mqtt")]
fn broker(
    address: &str,
    options: &StreamOptions,
    saved: Option<&SavedStream>,
) -> Result<super::mqtt::MqttSource, StreamError> {
    use super::mqtt::{BrokerSettings, MqttError, MqttSource};
    if options.labels.label_budget.is_some() {
        let problem = "--label-budget with a broker, where nobody is told whose labels are asked for".into();
        return Err(DataError::Request { problem, remedy: "leave the option out".into() }.into());
    }
    let model = options.model.as_deref().or(options.from.as_deref());
    let settings = BrokerSettings::read(address, options.mqtt.as_deref(), model.unwrap_or(Path::new("")))?;
    let saved = saved.ok_or(MqttError::NoModel)?;
    MqttSource::start(settings, saved.about(), saved.kind_of_targets(), saved.has_means()).map_err(StreamError::Thread)
}

/// A data set by name.
fn in_memory(name: &str, options: &StreamOptions) -> Result<InMemorySource, StreamError> {
    let folder = options.data_dir.as_deref();
    let memory = match name {
        "gas-drift" => InMemorySource::of_parts(data::load_segmented(name, folder)?),
        _ => {
            let data = data::load(&DataRequest { name, folder, ..DataRequest::default() })?;
            let problem = || format!("\"{name}\" has values and not classes; a stream takes values from a table");
            InMemorySource::of(&data)
                .ok_or_else(|| DataError::Request { problem: problem(), remedy: "choose other data".into() })?
        }
    };
    Ok(if options.file_order { memory } else { memory.shuffled(options.seed()) })
}
