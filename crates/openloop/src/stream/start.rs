//! What a stream goes on with or starts from, and what of the options may not contradict it.
//!
//! | file | as `--model` | as `--from` |
//! |---|---|---|
//! | a stream's own model | goes on, and is written again | its network starts with new counts |
//! | a device's blob | its network goes on, and is written again as a blob | its network starts |
//! | a training run's checkpoint | refused: its history would be lost | its network starts |
//!
//! Where `--model` names a file that is there, `--from` is ignored, so that the same command goes on after a kill.
//! Rule, net, arithmetic, rates and standardisation are those of the file where the options say nothing.

use super::answer::TargetKind;
use super::baseline::BaselineChoice;
use super::continuation::Continuation;
use super::error::StreamError;
use super::options::StreamOptions;
use super::predictions::AnswersStart;
use super::saved::{ModelKind, SavedStream};
use super::scaling::Adaptation;
use super::source::SourceDescription;
use crate::files::model_file;
use crate::settings::ConfigError;
use crate::settings::Settings;
use std::path::PathBuf;

/// The model that a stream continues or starts from.
pub(super) struct StartingModel {
    saved: SavedStream,
    path: PathBuf,
    /// Whether it is written again.
    is_written_back: bool,
}

impl StartingModel {
    /// The file that the options name, if one is there.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or must not be overwritten.
    pub fn find(options: &StreamOptions) -> Result<Option<Self>, StreamError> {
        let written_back = options.model.as_deref().map(model_file).filter(|path| path.exists());
        let is_written_back = written_back.is_some();
        let Some(path) = written_back.or_else(|| options.from.as_deref().map(model_file)) else { return Ok(None) };
        let mut saved = SavedStream::load(&path)?;
        match saved.kind() {
            ModelKind::Training if is_written_back => return Err(StreamError::TrainingRun { path }),
            ModelKind::Blob { .. } if is_written_back && options.is_from_broker() => {
                return Err(StreamError::BlobForBroker { path });
            }
            _ if !is_written_back => saved.drop_stream_state(),
            _ => {}
        }
        Ok(Some(StartingModel { saved, path, is_written_back }))
    }

    /// What was read.
    pub fn saved(&self) -> &SavedStream {
        &self.saved
    }

    /// What was read.
    pub fn into_saved(self) -> SavedStream {
        self.saved
    }

    /// Where the stream begins to answer.
    pub fn answers_start(&self, continuation: &Continuation) -> AnswersStart {
        if self.is_written_back { self.saved.answers_start(continuation.goes_on()) } else { AnswersStart::New }
    }

    /// What kind of file it is, if it is the one that is written again.
    pub fn written_kind(&self) -> Option<ModelKind> {
        self.is_written_back.then(|| self.saved.kind())
    }

    /// The options with the file's own where nothing was said, and the settings that follow.
    ///
    /// # Errors
    /// An option that contradicts the file.
    pub fn options(&self, asked: &StreamOptions) -> Result<(StreamOptions, Settings), StreamError> {
        let kind = self.saved.kind_of_targets();
        self.check_same("task", kind.to_string(), asked.kind().unwrap_or(kind).to_string())?;
        let own = self.saved.settings(&StreamOptions::default())?;
        let settings = self.saved.settings(asked)?;
        let (one, other) = (own.saved(), settings.saved());
        let pairs = [
            ("net", one.net.to_string(), other.net.to_string()),
            ("rule", one.rule.to_string(), other.rule.to_string()),
            ("arithmetic", one.arithmetic.to_string(), other.arithmetic.to_string()),
            ("optimizer", one.optimizer.to_string(), other.optimizer.to_string()),
            ("activation", one.activation.to_string(), other.activation.to_string()),
            ("seed", one.seed.to_string(), other.seed.to_string()),
        ];
        for (what, saved, asked) in pairs {
            self.check_same(what, saved, asked)?;
        }
        if asked.standardise == Some(Adaptation::Off) && self.saved.standardises() {
            self.check_same("a standardisation", "of its own".into(), "none".into())?;
        }
        Ok((self.saved.options(asked), settings))
    }

    fn check_same(&self, what: &'static str, saved: String, asked: String) -> Result<(), StreamError> {
        if saved == asked {
            Ok(())
        } else {
            Err(StreamError::OtherModel { path: self.path.clone(), what, saved, asked })
        }
    }

    /// Takes the names of the classes from `--classes`, where the file has none; none given, from data that know them.
    ///
    /// # Errors
    /// Names that are not the file's, or are not one for each output.
    pub fn name_classes(&mut self, options: &StreamOptions, source: &SourceDescription) -> Result<(), StreamError> {
        if self.saved.kind_of_targets() != TargetKind::Classes {
            return options.no_classes("the network gives values", "leave the option out");
        }
        let own = self.saved.about().classes.clone();
        let is_named = !self.saved.is_blob();
        let names = match &options.classes[..] {
            [] if is_named || source.classes.is_empty() => return Ok(()),
            [] => source.classes.clone(),
            names if is_named => return self.check_same("classes", own.join(","), names.join(",")),
            names => names.to_vec(),
        };
        let listed = names.join(", ");
        let problem = match (0..names.len()).find(|&k| names[k].is_empty() || names[..k].contains(&names[k])) {
            _ if names.len() != own.len() => {
                format!("{} classes ({listed}), but {} has {} outputs", names.len(), self.path.display(), own.len())
            }
            Some(k) => format!("\"{}\" is empty or stands twice in {listed}", names[k]),
            None => {
                self.saved.name_classes(names);
                return Ok(());
            }
        };
        let remedy = "give one name for each output, in their order, separated by commas".into();
        Err(StreamError::Classes { problem, remedy })
    }

    /// Refuses rows whose number of features is not the network's.
    ///
    /// # Errors
    /// Rows of another length.
    pub fn check_features(&self, source: &SourceDescription) -> Result<(), StreamError> {
        let (path, expected, found) = (self.path.clone(), self.saved.about().features(), source.features);
        let data = source.name.clone();
        if found == expected { Ok(()) } else { Err(StreamError::Features { path, expected, data, found }) }
    }

    /// Notices about it.
    ///
    /// # Errors
    /// Baselines that there are not.
    pub fn notices(
        &self,
        options: &StreamOptions,
        source: &SourceDescription,
        continuation: &Continuation,
    ) -> Result<Vec<String>, ConfigError> {
        let (path, is_blob) = (self.path.display(), self.saved.is_blob());
        let outputs = self.saved.about().outputs;
        let mut notices: Vec<String> = continuation.notice(&source.name, path.to_string()).into_iter().collect();
        if is_blob && self.is_written_back {
            notices.push(format!(
                "{path} stays a device's blob: it holds the network and its standardisation alone, so counts begin anew at every start"
            ));
        }
        if is_blob && options.classes.is_empty() && source.classes.is_empty() {
            notices.push(format!(
                "{path} has no names for its classes: labels are taken to be 0 to {}, the numbers of its outputs; --classes names them",
                outputs.saturating_sub(1)
            ));
        }
        let baselines = BaselineChoice::baselines(&options.baselines, self.saved.kind_of_targets())?;
        let learn: Vec<&str> = baselines.iter().filter(|one| one.rule().is_some()).map(|one| one.name()).collect();
        if !learn.is_empty() && !continuation.goes_on() {
            notices.push(format!(
                "{} start untrained beside the network of {path}, which has learned before: their figures cannot be compared with its own",
                learn.join(", ")
            ));
        }
        Ok(notices)
    }
}

impl StreamOptions {
    /// Refuses names of classes where nothing is read that could lack them: `problem` and `remedy` say why.
    ///
    /// # Errors
    /// If there are some.
    pub(super) fn no_classes(&self, problem: &str, remedy: &str) -> Result<(), StreamError> {
        if self.classes.is_empty() {
            return Ok(());
        }
        Err(StreamError::Classes { problem: problem.into(), remedy: remedy.into() })
    }
}
