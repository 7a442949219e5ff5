//! A network with its weights and all that is needed to use it: how raw features are scaled, what its outputs mean.

use super::evaluation::{EvaluatedLayers, Evaluation, evaluate};
use super::front::{self, FrontWeights};
use super::int8::Int8Buffers;
use super::network::Network;
use super::weights::NetworkWeights;
use crate::data::{Columns, DataSet, ModelTable, Preprocessing, Split, TargetUnits};
use crate::kernels::Fast;
use openloop_core::error::expect_length;
use openloop_core::{Error, Plan, Shape};
use serde::{Deserialize, Serialize};

/// Rows that are answered together.
const ROWS_AT_ONCE: usize = 500;

/// A network that can answer; its parts were found to fit each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    network: Network,
    weights: NetworkWeights,
    preprocessing: Preprocessing,
    about: DataDescription,
}

/// The data a model was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataDescription {
    /// The data set's name.
    pub data: String,
    /// `[channels, height, width]` of a sample.
    pub shape: [usize; 3],
    /// Network outputs.
    pub outputs: usize,
    /// Class names; empty for a regression.
    pub classes: Vec<String>,
    /// The columns of a CSV file.
    pub columns: Option<Columns>,
    /// The units of real-valued targets that were standardised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<TargetUnits>,
    /// [`DataSet::fingerprint`]: a run is only continued on the very same data.
    pub fingerprint: u32,
}

impl DataDescription {
    /// What a data set says of itself.
    pub fn of(data: &DataSet) -> Self {
        let Shape { channels, height, width } = data.shape;
        DataDescription {
            data: data.name.clone(),
            shape: [channels, height, width],
            outputs: data.outputs,
            classes: data.classes.clone(),
            columns: data.columns.clone(),
            units: data.units.clone(),
            fingerprint: data.fingerprint(),
        }
    }

    /// Whether its values are the inputs themselves, as those of a stream without labels are.
    pub fn predicts_inputs(&self) -> bool {
        let inputs = || self.columns.as_ref().map(Columns::input_names);
        self.units.as_ref().is_some_and(|units| inputs().is_some_and(|names| names == units.names))
    }

    /// What is known of tables; `preprocessing` is that of the features.
    pub fn table<'a>(&'a self, preprocessing: &'a Preprocessing) -> ModelTable<'a> {
        ModelTable {
            columns: self.columns.as_ref(),
            features: self.features(),
            classes: &self.classes,
            are_named: !self.is_unnamed(),
            units: self.units.as_ref(),
            preprocessing,
        }
    }

    /// Whether nothing is known of the data, not even the names of the classes: a device's blob tells no more.
    pub fn is_unnamed(&self) -> bool {
        self.data.is_empty() && self.columns.is_none()
    }

    /// The shape of a sample.
    pub fn shape(&self) -> Shape {
        let [channels, height, width] = self.shape;
        Shape { channels, height, width }
    }

    /// Values in a sample.
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Model {
    /// A model of weights that fit their network ([`NetworkWeights::new`]).
    ///
    /// # Errors
    /// [`Error::WrongLength`] where the samples or outputs of `about` are not the network's.
    pub fn new(
        network: Network,
        weights: NetworkWeights,
        preprocessing: Preprocessing,
        about: DataDescription,
    ) -> Result<Self, Error> {
        expect_length("the features of a sample", about.features(), network.inputs())?;
        expect_length("the outputs", about.outputs, network.outputs())?;
        Ok(Model { network, weights, preprocessing, about })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Its weights.
    pub fn weights(&self) -> &NetworkWeights {
        &self.weights
    }

    /// How raw features become inputs.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// The data it was made for.
    pub fn about(&self) -> &DataDescription {
        &self.about
    }

    /// The number of weights and biases.
    pub fn parameter_count(&self) -> usize {
        self.weights.count()
    }

    /// Loss and errors on `split`, without learning. Its features are relative to the model's origin.
    ///
    /// # Errors
    /// Rows or targets that are not the network's.
    pub fn evaluate(&self, kernels: &Fast, split: &Split) -> Result<Evaluation, Error> {
        let features = self.about.features();
        expect_length("the features", split.features.len(), split.len() * features)?;
        let parts = (&self.network, &self.weights);
        if self.weights.int8().is_none() || self.network.frozen() == 0 {
            let gather = |rows: &[u32], x: &mut [f32]| {
                split.gather(&self.preprocessing, features, rows, x);
                Ok(())
            };
            return evaluate(kernels, parts, EvaluatedLayers::All, split, gather);
        }
        let mut scratch = Vec::new();
        let gather = |rows: &[u32], x: &mut [f32]| {
            let mut raw = vec![0.0; rows.len() * features];
            split.gather(&self.preprocessing, features, rows, &mut raw);
            front::features(kernels, &self.network, FrontWeights::of(&self.weights), &raw, &mut scratch, x)
        };
        evaluate(kernels, parts, EvaluatedLayers::Learning, split, gather)
    }

    /// The answers to raw feature rows `[n, features]`: `[n, outputs]`. A feature that is NaN is taken as the mean of the training rows. Real values are standardised, if the model's targets were
    /// ([`Model::values`]).
    ///
    /// # Errors
    /// [`Error::WrongLength`] for something else than whole rows.
    pub fn predict<T: Copy + Into<f64>>(&self, kernels: &Fast, raw: &[T]) -> Result<Vec<f32>, Error> {
        let features = self.about.features();
        let rows = raw.len() / features;
        expect_length("the features", raw.len(), rows * features)?;
        let mut x = vec![0.0; raw.len()];
        self.preprocessing.apply_to_raw(features, raw, &mut x);
        self.infer(kernels, &x)
    }

    /// The answers to preprocessed rows.
    fn infer(&self, kernels: &Fast, x: &[f32]) -> Result<Vec<f32>, Error> {
        let rows = x.len() / self.about.features();
        let Some(int8) = self.weights.int8() else {
            let network = self.network.whole();
            let mut scratch = vec![0.0; Plan::inference(&network, rows)];
            return Ok(openloop_core::infer(kernels, &network, self.weights.floats(), x, &mut scratch)?.to_vec());
        };
        let chain = self.network.learning();
        let mut learning_inputs = vec![0.0; rows * chain.inputs()];
        let front = FrontWeights::of(&self.weights);
        front::features(kernels, &self.network, front, x, &mut Vec::new(), &mut learning_inputs)?;
        let mut answers = vec![0.0; rows * chain.outputs()];
        Int8Buffers::for_inference(chain, int8)?.infer(chain, int8, &learning_inputs, &mut answers)?;
        Ok(answers)
    }

    /// Real-valued answers to raw feature rows `[n, features]` in the unit of the targets: `[n, outputs]`.
    ///
    /// Standardised values are computed row by row: a unit shows the last bits, in which sums over a batch differ from those of one row.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn values<T: Copy + Into<f64>>(&self, kernels: &Fast, raw: &[T]) -> Result<Vec<f64>, Error> {
        let Some(units) = &self.about.units else {
            return Ok(self.predict(kernels, raw)?.into_iter().map(f64::from).collect());
        };
        let features = self.about.features();
        expect_length("the features", raw.len(), raw.len() / features * features)?;
        let mut values = Vec::with_capacity(raw.len() / features * self.about.outputs);
        for row in raw.chunks_exact(features) {
            values.extend(units.restored(&self.predict(kernels, row)?));
        }
        Ok(values)
    }

    /// The answers to all rows of `split`, `[rows, outputs]`.
    ///
    /// # Errors
    /// Rows that are not the network's.
    pub fn answers(&self, kernels: &Fast, split: &Split) -> Result<Vec<f32>, Error> {
        let features = self.about.features();
        expect_length("the features", split.features.len(), split.len() * features)?;
        let rows: Vec<u32> = (0..split.len() as u32).collect();
        let mut answers = Vec::with_capacity(rows.len() * self.about.outputs);
        let mut x = Vec::new();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            x.resize(rows.len() * features, 0.0);
            split.gather(&self.preprocessing, features, rows, &mut x);
            answers.extend(self.infer(kernels, &x)?);
        }
        Ok(answers)
    }
}
