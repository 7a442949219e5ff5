//! A classifier for rows in memory: options, `fit`, `predict`, `save`, `load`.
//!
//! ```
//! use openloop::Classifier;
//! use openloop::core::Rule;
//!
//! // two features a row; the class is 1 where they are alike
//! let x = [0.0, 0.1, 1.0, 0.9, 0.1, 1.0, 0.9, 0.0].repeat(20);
//! let labels = [1, 1, 0, 0].repeat(20);
//! let classifier = Classifier::builder().rule(Rule::LocalError).net("fc32".parse()?).fit(&x, &labels)?;
//! assert_eq!(classifier.predict(&x)?, labels);
//!
//! let path = std::env::temp_dir().join("openloop-example.safetensors");
//! classifier.save(&path)?;
//! assert_eq!(Classifier::load(&path)?.predict(&[0.0, 0.0])?, [1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The file is a checkpoint like those of `openloop train`: `openloop eval`, `predict` and `export` read it.

use crate::data::{ArrayError, DataSet};
use crate::files::{self, Checkpoint, CheckpointError};
use crate::kernels::Fast;
use crate::learner::{Diverged, Model, Trainer};
use crate::run;
use crate::settings::net::Net;
use crate::settings::{ConfigError, Options};
use openloop_core::loss::largest;
use openloop_core::{Activation, Loss, OptimizerKind, Rule};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// Why a classifier could not be made, asked, saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClassifierError {
    /// Arrays that are no rows with labels.
    #[error(transparent)]
    Arrays(#[from] ArrayError),
    /// Settings that do not fit each other or the data.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// A weight or a loss is no longer a finite number.
    #[error(transparent)]
    Diverged(#[from] Diverged),
    /// Rows that are not as long as those learned from.
    #[error("the rows do not fit the network: {0}")]
    Rows(openloop_core::Error),
    /// A file that cannot be written or read, or is damaged.
    #[error(transparent)]
    File(#[from] CheckpointError),
    /// A model of real values.
    #[error("{path}: this model gives real values and no classes; use files::load")]
    NoClasses {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The threads could not be started.
    #[error("cannot start the threads: {0}")]
    Threads(String),
}

/// What a classifier is to be, before it learns. What is not said has the preset's value, tuned for each rule.
#[derive(Clone, Debug, Default)]
pub struct ClassifierBuilder {
    options: Options,
}

impl ClassifierBuilder {
    /// The learning rule of the hidden layers; [`Rule::Drtp`] if nothing is said.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.options.rule = Some(rule);
        self
    }

    /// The hidden layers, such as `"fc100 fc50".parse()?`.
    pub fn net(mut self, net: Net) -> Self {
        self.options.net = Some(net);
        self
    }

    /// Passes over the rows.
    pub fn epochs(mut self, epochs: u32) -> Self {
        self.options.epochs = Some(epochs);
        self
    }

    /// Samples in a batch.
    pub fn batch(mut self, batch: usize) -> Self {
        self.options.batch = Some(batch);
        self
    }

    /// The learning rate at the start.
    pub fn learning_rate(mut self, rate: f32) -> Self {
        self.options.lr = Some(rate);
        self
    }

    /// The optimizer.
    pub fn optimizer(mut self, optimizer: OptimizerKind) -> Self {
        self.options.optimizer = Some(optimizer);
        self
    }

    /// The nonlinearity of the hidden layers.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.options.activation = Some(activation);
        self
    }

    /// The loss.
    pub fn loss(mut self, loss: Loss) -> Self {
        self.options.loss = Some(loss);
        self
    }

    /// The seed of everything random.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = Some(seed);
        self
    }

    /// Threads; the result does not depend on their number.
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// All other options of a run; those set before are replaced.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Learns from rows `x: [rows, features]`, which are standardised, and their class numbers, counted from 0.
    ///
    /// # Errors
    /// Arrays that do not fit each other, settings out of range, a run that diverges.
    pub fn fit(&self, x: &[f32], labels: &[u32]) -> Result<Classifier, ClassifierError> {
        let data = Arc::new(DataSet::from_arrays(x, labels)?);
        let settings = self.options.complete(&data)?;
        let kernels = kernels(self.options.threads.unwrap_or(0))?;
        let epochs = settings.epochs;
        let mut trainer = Trainer::new(settings, data, Arc::clone(&kernels))?;
        for _ in 0..epochs {
            trainer.train_epoch(&mut |_| ControlFlow::Continue(()))?;
        }
        let checkpoint = run::checkpoint(&trainer);
        let model = checkpoint.clone().into_model().map_err(ClassifierError::Rows)?;
        Ok(Classifier { checkpoint: checkpoint.into_owned(), model, kernels })
    }
}

/// A network that has learned to tell classes apart.
#[derive(Debug)]
pub struct Classifier {
    checkpoint: Checkpoint<'static>,
    model: Model,
    kernels: Arc<Fast>,
}

impl Classifier {
    /// A classifier that is not trained yet.
    pub fn builder() -> ClassifierBuilder {
        ClassifierBuilder::default()
    }

    /// The class number of each row of `x: [rows, features]`.
    ///
    /// # Errors
    /// [`ClassifierError::Rows`] for something else than whole rows.
    pub fn predict(&self, x: &[f32]) -> Result<Vec<u32>, ClassifierError> {
        let probabilities = self.probabilities(x)?;
        let outputs = self.model.about().outputs;
        Ok(probabilities.chunks_exact(outputs).map(|row| largest(row) as u32).collect())
    }

    /// The network's outputs for rows `x: [rows, features]`, `[rows, classes]`: probabilities, but for the loss `mse`.
    ///
    /// # Errors
    /// [`ClassifierError::Rows`] for something else than whole rows.
    pub fn probabilities(&self, x: &[f32]) -> Result<Vec<f32>, ClassifierError> {
        self.model.predict(&self.kernels, x).map_err(ClassifierError::Rows)
    }

    /// The network, its weights and what they mean.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Writes a checkpoint: a reader, or a power cut, sees the old file or the new one, whole.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ClassifierError> {
        Ok(self.checkpoint.save(path.as_ref())?)
    }

    /// Reads a checkpoint of a classifier, or a device's blob.
    ///
    /// # Errors
    /// A file that is not there, is none of the two, is damaged, or gives real values.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ClassifierError> {
        let checkpoint = files::load(path.as_ref())?;
        if checkpoint.about.classes.is_empty() {
            return Err(ClassifierError::NoClasses { path: path.as_ref().into() });
        }
        let model = checkpoint.clone().into_model().map_err(ClassifierError::Rows)?;
        Ok(Classifier { checkpoint, model, kernels: kernels(0)? })
    }
}

fn kernels(threads: usize) -> Result<Arc<Fast>, ClassifierError> {
    Fast::new(threads).map(Arc::new).map_err(|error| ClassifierError::Threads(error.to_string()))
}
