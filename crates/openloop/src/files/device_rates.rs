//! The learning rates that a device begins with.
//!
//! A step of a layer changes its sum for the same sample by rate delta (|x|^2 + 1), where x is what comes into the layer. So a rate is small
//! enough or far too large by the size of x, which is 20 behind 32 neurons with tanh and 20,000 behind as many with relu that learned by drtp:
//! one pair of rates cannot serve all networks. [`steady_rates`] measures |x|^2 by made-up samples.

use super::checkpoint::Checkpoint;
use crate::learner::Network;
use openloop_core::network::features;
use openloop_core::plan::{self, Plan};
use openloop_core::random::{Purpose, Stream};
use openloop_core::rule::{Coefficients, Teacher};
use openloop_core::{Error, Layer, Loss, OptimizerKind, Plain, Rule};

/// Rates of the output layer and of the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    pub(super) output: f32,
    pub(super) hidden: f32,
    /// Whether the decay of the run goes on.
    pub(super) decay: bool,
}

/// Most that a step changes a sum, as a part of its delta.
const SHARE: f32 = 0.02;
/// By how much slower hidden layers learn whose signal does not end when an answer is right.
const ENDLESS: f32 = 0.1;
/// Made-up samples.
const SAMPLES: usize = 64;

/// Those of the run, if it took plain gradient steps as a device does, else [`steady_rates`].
///
/// # Errors
/// The network's parts do not fit each other.
pub(super) fn rates(checkpoint: &Checkpoint<'_>) -> Result<Rates, Error> {
    let settings = &checkpoint.settings;
    if settings.optimizer == OptimizerKind::Sgd {
        return Ok(Rates { output: settings.lr, hidden: settings.hidden_lr, decay: settings.lr_decay > 0.0 });
    }
    let snapshot = &checkpoint.snapshot;
    let (output, hidden) = steady_rates(&snapshot.network, snapshot.weights.floats(), settings.rule)?;
    Ok(Rates { output, hidden, decay: false })
}

/// Rates of the output layer and of the hidden layers by which a trained network stays as good as it is on its own data.
fn steady_rates(network: &Network, weights: &[f32], rule: Rule) -> Result<(f32, f32), Error> {
    let whole = network.whole();
    let mut x = vec![0.0; SAMPLES * whole.inputs()];
    // as wide as standardised inputs
    Stream::new(0, Purpose::Data, 0).fill_uniform(0, 3.0f32.sqrt(), &mut x);
    let mut scratch = vec![0.0; Plan::inference(&whole, SAMPLES)];
    let (mut largest, mut last) = (0.0f32, 0.0);
    for (k, layer) in whole.layers().iter().enumerate() {
        let Layer::Dense(_) = layer else { continue };
        let parameters = &weights[..plan::parameters(&whole.layers()[..k])];
        let input = if k == 0 { &x[..] } else { features(&Plain, &whole, k, parameters, &x, &mut scratch)? };
        last = input.iter().map(|x| x * x).sum::<f32>() / SAMPLES as f32;
        if !whole.is_output(k) {
            largest = largest.max(last);
        }
    }
    let endless = matches!(
        rule.teacher(),
        Teacher::Projection(Coefficients::Target | Coefficients::GatedTarget | Coefficients::ErrorSign)
    );
    let derivative = if network.loss() == Loss::MeanSquaredError { 2.0 } else { 1.0 };
    let hidden = SHARE / (1.0 + largest) * if endless { ENDLESS } else { 1.0 };
    Ok((SHARE / (derivative * (1.0 + last)), hidden))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::{Activation, Dense};

    #[test]
    fn rates_fall_with_the_size_of_what_comes_into_a_layer() {
        let dense = |inputs, outputs, activation| Layer::Dense(Dense { inputs, outputs, activation });
        let layers = vec![dense(4, 2, Activation::Relu), dense(2, 1, Activation::Identity)];
        let network = Network::new(layers, Loss::BinaryCrossEntropy, 0).unwrap();
        let with_bias = |bias: f32| {
            let weights = [&[0.0; 8][..], &[bias; 2], &[0.0; 3]].concat();
            steady_rates(&network, &weights, Rule::Bp).unwrap()
        };
        let (small, large) = (with_bias(1.0), with_bias(10.0));
        assert_eq!((small.0, large.0), (SHARE / 3.0, SHARE / 201.0), "two outputs of the bias each, squared");
        assert!(small.1 == large.1 && (small.1 - SHARE / 5.0).abs() < 1e-3, "four inputs of deviation 1");
        let drtp = steady_rates(&network, &[0.0; 13], Rule::Drtp).unwrap();
        assert_eq!(drtp.0, SHARE, "no weights, no outputs");
        assert!((drtp.1 - ENDLESS * small.1).abs() < 1e-6);
    }
}
