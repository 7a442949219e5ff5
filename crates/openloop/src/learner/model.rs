//! A network with its weights and all that is needed to use it: how raw features are scaled, what its outputs mean.

use crate::data::{Columns, DataSet, Preprocessing, Split};
use crate::kernels::Fast;
use crate::kernels::aligned::Aligned;
use crate::learner::int8::Integer;
use openloop_core::loss::count_wrong;
use openloop_core::{Checked, Layer, Loss, Plan, Shape, Spec, plan};
use serde::{Deserialize, Serialize};

/// Samples that are evaluated together.
pub(crate) const EVALUATION_BATCH: usize = 500;

/// A network that can answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The chain of layers.
    pub layers: Vec<Layer>,
    /// The loss, which decides the output function.
    pub loss: Loss,
    /// Weights and biases, layer by layer; in an int8 model, those of the layers before the first dense one.
    pub parameters: Aligned,
    /// The dense layers, in an int8 model.
    pub integer: Option<Integer>,
    /// How raw features become inputs.
    pub preprocessing: Preprocessing,
    /// The data it was made for.
    pub about: About,
}

/// The data a model was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
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
    /// [`DataSet::fingerprint`]: a run is only continued on the very same data.
    pub fingerprint: u32,
}

/// How well a model does on some samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Samples seen.
    pub samples: usize,
    /// Loss, summed over samples and outputs.
    pub loss: f64,
    /// Samples answered wrongly; 0 for a regression.
    pub wrong: usize,
}

impl Evaluation {
    /// Loss a sample.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.samples.max(1) as f64
    }

    /// Wrong answers in percent.
    pub fn error(&self) -> f64 {
        100.0 * self.wrong as f64 / self.samples.max(1) as f64
    }
}

impl About {
    /// What a data set says of itself.
    pub fn of(data: &DataSet) -> Self {
        let Shape { channels, height, width } = data.shape;
        About {
            data: data.name.clone(),
            shape: [channels, height, width],
            outputs: data.outputs,
            classes: data.classes.clone(),
            columns: data.columns.clone(),
            fingerprint: data.fingerprint(),
        }
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
    /// The checked network over the model's layers.
    ///
    /// # Panics
    /// Never for a model made by the trainer or read from a checkpoint: both check the layers first.
    pub fn network(&self) -> Checked<'_> {
        Spec { layers: &self.layers, loss: self.loss }.check().expect("a model's layers were checked when it was made")
    }

    /// The number of weights and biases.
    pub fn parameter_count(&self) -> usize {
        self.parameters.len() + self.integer.as_ref().map_or(0, |integer| integer.parameters.len())
    }

    /// Layers that compute in f32 before others take over.
    fn front(&self) -> usize {
        let is_front = |layer: &&Layer| !matches!(layer, Layer::Dense(_));
        if self.integer.is_some() { self.layers.iter().take_while(is_front).count() } else { 0 }
    }

    /// What the first `front` layers make of `x: [n, features]`.
    fn features(&self, kernels: &Fast, front: usize, x: Vec<f32>) -> Vec<f32> {
        if front == 0 {
            return x;
        }
        let widest = self.layers[..front].iter().map(Layer::outputs).max().unwrap_or(0);
        let mut scratch = vec![0.0; 2 * widest * (x.len() / self.about.features())];
        openloop_core::features(kernels, &self.network(), front, &self.parameters, &x, &mut scratch)
            .map_or_else(|_| Vec::new(), |features| features.to_vec())
    }

    /// Loss and errors on `split`, without learning.
    pub fn evaluate(&self, kernels: &Fast, split: &Split) -> Evaluation {
        let (features, front) = (self.about.features(), self.front());
        self.evaluate_from(kernels, front, split, |rows, x| {
            if front == 0 {
                return split.gather(&self.preprocessing, features, rows, x);
            }
            let mut raw = vec![0.0; rows.len() * features];
            split.gather(&self.preprocessing, features, rows, &mut raw);
            x.copy_from_slice(&self.features(kernels, front, raw));
        })
    }

    /// As [`Model::evaluate`], for inputs of the layers from `front` on, which `gather(rows, x)` makes.
    pub fn evaluate_from(
        &self,
        kernels: &Fast,
        front: usize,
        split: &Split,
        mut gather: impl FnMut(&[u32], &mut [f32]) + Send,
    ) -> Evaluation {
        let Ok(network) = self.network().without_front(front) else { return Evaluation::default() };
        if let Some(integer) = &self.integer {
            return integer.evaluate(network, split, gather);
        }
        let parameters = &self.parameters[plan::parameters(&self.layers[..front])..];
        let (width, outputs) = (network.inputs(), network.outputs());
        let rows: Vec<u32> = (0..split.len() as u32).collect();
        let batch = EVALUATION_BATCH.min(rows.len()).max(1);
        let mut x = vec![0.0; batch * width];
        let mut scratch = vec![0.0; Plan::inference(&network, batch)];
        let mut sum = Evaluation { samples: split.len(), ..Evaluation::default() };
        kernels.run(|| {
            for rows in rows.chunks(batch) {
                let x = &mut x[..rows.len() * width];
                gather(rows, x);
                let Ok(y) = openloop_core::infer(kernels, &network, parameters, x, &mut scratch) else { continue };
                let first = rows[0] as usize;
                let targets = split.targets.range(first..first + rows.len(), outputs);
                sum.loss += self.loss.value(outputs, y, &targets) as f64;
                sum.wrong += count_wrong(outputs, y, &targets);
            }
        });
        sum
    }

    /// The answers to raw feature rows `[n, features]`: `[n, outputs]`.
    pub fn predict(&self, kernels: &Fast, raw: &[f32]) -> Vec<f32> {
        let network = self.network();
        let mut x = vec![0.0; raw.len()];
        self.preprocessing.apply(self.about.features(), raw, &mut x);
        if let Some(integer) = &self.integer {
            let front = self.front();
            let x = self.features(kernels, front, x);
            return network.without_front(front).map_or_else(|_| Vec::new(), |chain| integer.predict(chain, &x));
        }
        let mut scratch = vec![0.0; Plan::inference(&network, raw.len() / self.about.features())];
        openloop_core::infer(kernels, &network, &self.parameters, &x, &mut scratch)
            .map_or_else(|_| Vec::new(), |y| y.to_vec())
    }
}
