//! How well a network does on rows of data, without learning.

use super::int8::Int8Buffers;
use super::network::Network;
use super::weights::NetworkWeights;
use crate::data::{Split, TargetUnits, Targets};
use crate::kernels::Fast;
use openloop_core::loss::count_wrong;
use openloop_core::{Checked, Error, Plan};
use serde::{Deserialize, Serialize};

/// Samples that are answered together in f32.
pub(crate) const EVALUATION_BATCH: usize = 500;
/// Samples whose inputs are made together in int8.
const INT8_BATCH: usize = 100;

/// How well a network does on some samples.
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

    /// The root mean squared error in the unit of the target; none where there is more than one target, or no unit.
    pub fn rmse(&self, units: Option<&TargetUnits>) -> Option<f64> {
        let deviation = units.filter(|units| units.names.len() == 1)?.deviation[0];
        Some(self.mean_loss().sqrt() * deviation)
    }

    /// Wrong answers in percent.
    pub fn error(&self) -> f64 {
        100.0 * self.wrong as f64 / self.samples.max(1) as f64
    }
}

/// Which layers are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluatedLayers {
    /// All.
    All,
    /// Those that learn: their inputs are what the frozen layers make.
    Learning,
}

/// Loss and errors of some layers on all rows of `split`, whose inputs `gather(rows, x)` makes. In int8 these are the layers that
/// learn, whatever is asked for.
///
/// # Errors
/// Targets that the network cannot use, or what `gather` says.
pub fn evaluate(
    kernels: &Fast,
    (network, weights): (&Network, &NetworkWeights),
    layers: EvaluatedLayers,
    split: &Split,
    mut gather: impl FnMut(&[u32], &mut [f32]) -> Result<(), Error> + Send,
) -> Result<Evaluation, Error> {
    if weights.int8().is_some() {
        return evaluate_int8(network, weights, split, gather);
    }
    let (checked, parameters) = match layers {
        EvaluatedLayers::All => (network.whole(), weights.floats()),
        EvaluatedLayers::Learning => (network.learning(), &weights.floats()[network.frozen_parameters()..]),
    };
    let (width, outputs) = (checked.inputs(), checked.outputs());
    let rows: Vec<u32> = (0..split.len() as u32).collect();
    let batch = EVALUATION_BATCH.min(rows.len()).max(1);
    let mut x = vec![0.0; batch * width];
    let mut scratch = vec![0.0; Plan::inference(&checked, batch)];
    let mut sum = Evaluation { samples: split.len(), ..Evaluation::default() };
    kernels.run(|| {
        for rows in rows.chunks(batch) {
            let x = &mut x[..rows.len() * width];
            gather(rows, x)?;
            let y = openloop_core::infer(kernels, &checked, parameters, x, &mut scratch)?;
            let first = rows[0] as usize;
            let targets = split.targets.range(first..first + rows.len(), outputs);
            check_labels(&checked, &targets)?;
            sum.loss += network.loss().value(outputs, y, &targets) as f64;
            sum.wrong += count_wrong(outputs, y, &targets);
        }
        Ok(sum)
    })
}

fn check_labels(network: &Checked<'_>, targets: &openloop_core::Targets<'_>) -> Result<(), Error> {
    // shallow asks nothing of its targets: what is left are the loss's own demands
    network.check_targets(openloop_core::Rule::Shallow, targets)
}

fn evaluate_int8(
    network: &Network,
    weights: &NetworkWeights,
    split: &Split,
    mut gather: impl FnMut(&[u32], &mut [f32]) -> Result<(), Error>,
) -> Result<Evaluation, Error> {
    let (Some(int8), Targets::Labels(labels)) = (weights.int8(), &split.targets) else {
        return Err(Error::LossNeedsLabels);
    };
    let chain = network.learning();
    let (mut buffers, mut x) = (Int8Buffers::for_inference(chain, int8)?, vec![0.0; INT8_BATCH * chain.inputs()]);
    let mut sum = Evaluation { samples: split.len(), ..Evaluation::default() };
    let rows: Vec<u32> = (0..split.len() as u32).collect();
    for rows in rows.chunks(INT8_BATCH) {
        let x = &mut x[..rows.len() * chain.inputs()];
        gather(rows, x)?;
        for (&row, x) in rows.iter().zip(x.chunks_exact(chain.inputs())) {
            let (loss, wrong) = buffers.evaluate_sample(chain, int8, (x, labels[row as usize]))?;
            sum.loss += loss;
            sum.wrong += usize::from(wrong);
        }
    }
    Ok(sum)
}
