//! What is asked of a stream that goes on, with what its model says where nothing was said.

use super::{ModelKind, SavedStream};
use crate::settings::{ConfigError, Settings};
use crate::stream::options::StreamOptions;
use crate::stream::scaling::Adaptation;
use crate::stream::task::StreamTask;

impl SavedStream {
    /// `asked`, with its own where nothing was said.
    pub fn options(&self, asked: &StreamOptions) -> StreamOptions {
        let own = self.checkpoint.settings.options();
        let adaptation = match (&self.state, self.kind) {
            (Some((state, _)), _) => Some(state.setup.adaptation),
            (None, ModelKind::Blob { .. }) => Some(Adaptation::Fixed),
            (None, _) => None,
        };
        let asked = asked.clone();
        StreamOptions {
            task: Some(StreamTask::of(self.kind_of_targets())),
            rule: asked.rule.or(own.rule),
            net: asked.net.or(own.net),
            activation: asked.activation.or(own.activation),
            optimizer: asked.optimizer.or(own.optimizer),
            arithmetic: asked.arithmetic.or(own.arithmetic),
            hidden_lr: asked.hidden_lr.or(asked.lr).or(own.hidden_lr),
            lr: asked.lr.or(own.lr),
            seed: asked.seed.or(own.seed),
            standardise: asked.standardise.or(adaptation),
            ..asked
        }
    }

    /// The settings of its network as `asked`: its own where nothing was said, and its rates fall as they did, unless others
    /// are asked for.
    ///
    /// # Errors
    /// A number out of range, or settings that this program does not know.
    pub fn settings(&self, asked: &StreamOptions) -> Result<Settings, ConfigError> {
        let own = &self.checkpoint.settings;
        let settings = self.options(asked).settings(self.kind_of_targets(), self.about().features())?;
        let as_before = asked.lr.is_none() && asked.hidden_lr.is_none();
        Ok(Settings {
            loss: self.checkpoint.snapshot.network.loss(),
            scaling: own.scaling,
            decay: if as_before { own.lr_decay } else { 0.0 },
            ..settings
        })
    }
}
