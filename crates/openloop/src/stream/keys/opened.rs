//! What a stream with a learner for each key is opened from: options, the folder of what was saved, the input.

use super::super::answer::TargetKind;
use super::super::continuation::Continuation;
use super::super::error::StreamError;
use super::super::fresh::FreshStream;
use super::super::open::{self, Known};
use super::super::options::StreamOptions;
use super::super::predictions::AnswersStart;
use super::super::source::{RowSource, SourceDescription};
use super::super::start::StartingModel;
use super::super::windowed;
use super::folder::KeyFolder;
use super::index::{AskedNetworks, KeyIndex};
use super::learner::Common;
use super::pool::KeyPool;
use crate::data::{self, ExpectedColumns};
use crate::files::{self, CheckpointError};
use crate::kernels::Fast;
use std::path::{Path, PathBuf};

/// A stream that is ready to run.
pub(super) struct Opened {
    pub source: Box<dyn RowSource>,
    pub pool: KeyPool,
    pub common: Common,
    /// Where the stream stands, without the records.
    pub index: KeyIndex,
    pub answers_start: AnswersStart,
    pub notices: Vec<String>,
}

impl Opened {
    /// As the options describe it: fresh, or continued from its folder.
    ///
    /// # Errors
    /// A request that is wrong, data that are missing, a folder that is damaged or of another stream.
    pub fn new(asked: &StreamOptions, kernels: Fast) -> Result<Self, StreamError> {
        let column = asked.keys.key.clone().unwrap_or_default();
        check_together(asked)?;
        let most = asked.keys.in_memory()?;
        let (folder, saved) = match &asked.model {
            Some(path) => saved_in(path, &column)?,
            None => (None, None),
        };
        let path = asked.model.clone().unwrap_or_default();
        let options = match &saved {
            Some(index) => index.asked.complete(asked, &path)?,
            None => asked.clone(),
        };
        let networks = AskedNetworks::of(&options);
        let mut start = Start::of(options)?;
        let (source, found) = source(&start, saved.as_ref())?;
        let mut notices = source.description().understood.clone();
        notices.extend(found.as_ref().and_then(|found| found.notice(&source.description().name, path.display())));
        let description = described(source.description());
        start.check(&description)?;
        let answers_start = match (&found, &saved) {
            (Some(found), Some(index)) if found.goes_on() => {
                AnswersStart::After { row: index.row, answered: index.answered }
            }
            (Some(_), Some(_)) => AnswersStart::Recount,
            _ => AnswersStart::New,
        };
        let goes_on = found.is_none_or(|found| found.goes_on());
        let mut index = saved.unwrap_or_default();
        if !goes_on {
            index.begin_other_data();
        }
        let records = std::mem::take(&mut index.keys);
        index = KeyIndex { column, asked: networks, kind: index.kind.or(start.kind), ..index };
        let pool = KeyPool::new(records, index.data_number, most, folder);
        let Start { options, from, kind, .. } = start;
        let common = Common { options, description, kernels, kind: index.kind.or(kind), from };
        let source = open::read_ahead(&common.options, source)?;
        Ok(Opened { source, pool, common, index, answers_start, notices })
    }
}

/// What a new learner starts from.
struct Start {
    options: StreamOptions,
    /// The network of `--from`, and its bytes.
    model: Option<StartingModel>,
    from: Option<Vec<u8>>,
    kind: Option<TargetKind>,
}

impl Start {
    fn of(options: StreamOptions) -> Result<Self, StreamError> {
        // what does not depend on the targets
        match options.kind() {
            Some(kind) => options.setup(kind)?,
            None => options.setup(TargetKind::Classes).or_else(|_| options.setup(TargetKind::Values))?,
        };
        let kind = options.kind();
        let Some(path) = options.from.as_deref().map(files::model_file) else {
            let problem = "fresh networks take their classes from the labels of their warm-ups";
            options.no_classes(problem, "leave the option out; --reserve N leaves room for classes that come later")?;
            return Ok(Start { options, model: None, from: None, kind });
        };
        let Some(model) = StartingModel::find(&StreamOptions { model: None, ..options.clone() })? else {
            return Ok(Start { options, model: None, from: None, kind });
        };
        let (options, _) = model.options(&options)?;
        let what = "read the model";
        let bytes = std::fs::read(&path).map_err(|error| CheckpointError::System { path, what, error })?;
        let kind = Some(model.saved().kind_of_targets());
        Ok(Start { options, model: Some(model), from: Some(bytes), kind })
    }

    /// Refuses rows that no learner can start with.
    fn check(&mut self, description: &SourceDescription) -> Result<(), StreamError> {
        match &mut self.model {
            None => FreshStream::of_options(&self.options, description).map(|_| ()),
            Some(model) => {
                model.check_features(description)?;
                model.name_classes(&self.options, description)
            }
        }
    }
}

/// What was saved in the folder at `path`, if anything was, of a stream with this column of keys.
fn saved_in(path: &Path, column: &str) -> Result<(Option<KeyFolder>, Option<KeyIndex>), StreamError> {
    let (folder, bytes) = KeyFolder::take(path)?;
    let Some(bytes) = bytes else { return Ok((Some(folder), None)) };
    let damaged = |problem| CheckpointError::Content { path: path.join("keys.json"), problem };
    let index = KeyIndex::from_bytes(&bytes).map_err(damaged)?;
    index.check_column(column, path)?;
    Ok((Some(folder), Some(index)))
}

/// The input, at the row where the stream goes on.
fn source(start: &Start, saved: Option<&KeyIndex>) -> Result<(Box<dyn RowSource>, Option<Continuation>), StreamError> {
    let options = &start.options;
    let known = start.model.as_ref().map_or_else(|| Known::nothing(options), |model| Known::of(model.saved()));
    let Some(index) = saved else { return Ok((open::rows(options, known)?, None)) };
    let expected = index.columns.as_ref().map_or(known.expected, ExpectedColumns::Columns);
    let known = Known { expected, ..known };
    let (source, found) = Continuation::find(index.seen(), || open::rows(options, known))?;
    Ok((source, Some(found)))
}

/// What each learner is told of its rows: the file is that of all keys.
fn described(source: &SourceDescription) -> SourceDescription {
    let description = windowed::described(source).unwrap_or_else(|| source.clone());
    SourceDescription { file: None, ..description }
}

/// Refuses what does not go together with a learner for each key.
fn check_together(options: &StreamOptions) -> Result<(), StreamError> {
    let refuse = |problem: String, remedy: &str| Err(StreamError::Keys { problem, remedy: remedy.into() });
    let remedy = "read a CSV file, or rows from a pipe with --data -";
    let data = options.data();
    if options.is_from_broker() {
        return refuse(format!("readings of {data} have no column that could name their learner"), remedy);
    }
    #[cfg(feature = "mqtt")]
    if options.mqtt.is_some() {
        return refuse(
            "--mqtt names a broker, whose readings have no column that could name their learner".into(),
            remedy,
        );
    }
    if data != "-" && !data::is_csv(data) {
        return refuse(format!("\"{data}\" is no table, so it has no column of keys"), remedy);
    }
    Ok(())
}

impl StreamOptions {
    /// Refuses what has a meaning with `--key` alone.
    ///
    /// # Errors
    /// Options or a folder of a stream with a learner for each key.
    pub(in crate::stream) fn no_keys(&self) -> Result<(), StreamError> {
        let refuse = |problem: String| {
            let remedy = "name the column of the keys with --key COLUMN".into();
            Err(StreamError::Keys { problem, remedy })
        };
        if self.keys.keys_in_memory.is_some() {
            return refuse("--keys-in-memory without --key".into());
        }
        let folder: Option<&PathBuf> = self.model.iter().find(|path| path.join("keys.json").exists());
        folder.map_or(Ok(()), |folder| refuse(format!("{} holds a model for each key", folder.display())))
    }
}
