//! What a sample costs in arithmetic, exactly, from the layers: multiplications, each with its addition.
//!
//! With m_k the multiply-adds of one pass through layer k (inputs times outputs for a dense layer, weights
//! times places for a convolution), N_k the outputs of
//! hidden layer k and C the network's:
//!
//! | part | `bp`, `fa` | `dfa`, `sdfa` | `drtp` | `local-error` | `shallow` |
//! |---|---|---|---|---|---|
//! | forward | sum m_k | the same | the same | the same | the same |
//! | signal | sum m_k but for the first layer | C sum N_k | sum N_k | 2 C sum N_k | 0 |
//! | update | sum m_k | the same | the same | the same | m of the output layer |
//!
//! drtp's signal is one row of a table a layer, scaled; local-error reads its layer out and projects what it finds. Left
//! out is what goes over the units or the weights once: biases, activations, the loss, dropout, and the optimizer,
//! whose step comes once a batch. A frozen front end is left out too: its features are made once.

use openloop_core::rule::{Coefficients, Teacher};
use openloop_core::{Checked, Layer, Rule};
use serde::{Deserialize, Serialize};

/// Multiply-adds a sample of a learning step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiplyAdds {
    /// The walk forward, which is also all that an answer costs.
    pub forward: u64,
    /// The teaching signals of the hidden layers.
    pub signal: u64,
    /// The gradients of the weights.
    pub update: u64,
    /// All three.
    pub total: u64,
}

impl MultiplyAdds {
    /// What a sample costs `network` under `rule`.
    pub fn of(network: &Checked<'_>, rule: Rule) -> Self {
        let mut sum = MultiplyAdds::default();
        let last = network.layers().len() - 1;
        for (k, layer) in network.layers().iter().enumerate() {
            sum.forward += pass(layer);
            sum.signal += signal(network, rule, k, layer);
            let stays = k < last && rule.teacher() == Teacher::Nothing;
            sum.update += if stays { 0 } else { pass(layer) };
        }
        sum.total = sum.forward + sum.signal + sum.update;
        sum
    }
}

/// One pass through a layer: forward, back to its input, or for the gradient of its weights.
fn pass(layer: &Layer) -> u64 {
    match layer {
        Layer::Dense(dense) => dense.weights() as u64,
        Layer::Conv(conv) => (conv.weights() * conv.output().height * conv.output().width) as u64,
        Layer::Pool(_) | Layer::Dropout(_) => 0,
    }
}

/// What layer `k` adds to the teaching signals: its own, or what it hands to the layer below.
fn signal(network: &Checked<'_>, rule: Rule, k: usize, layer: &Layer) -> u64 {
    let (hidden, outputs, units) = (k + 1 < network.layers().len(), network.outputs() as u64, layer.outputs() as u64);
    match rule.teacher() {
        Teacher::NextLayer { .. } if k > network.first_learning() => pass(layer),
        Teacher::Projection(coefficients) if hidden && layer.learns() => match coefficients {
            Coefficients::Target => units,
            Coefficients::Error | Coefficients::ErrorSign => outputs * units,
            Coefficients::LocalError => 2 * outputs * units,
        },
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::{Activation, Dense, Dropout, Loss, Spec};

    #[test]
    fn the_counts_are_those_of_a_network_counted_by_hand() {
        let dense = |inputs, outputs, activation| Layer::Dense(Dense { inputs, outputs, activation });
        let layers = [
            Layer::Dropout(Dropout { units: 7, probability: 0.1 }),
            dense(7, 6, Activation::Tanh),
            dense(6, 5, Activation::Tanh),
            Layer::Dropout(Dropout { units: 5, probability: 0.1 }),
            dense(5, 4, Activation::Identity),
        ];
        let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
        let all = 7 * 6 + 6 * 5 + 5 * 4;
        let expected = [
            (Rule::Bp, 6 * 5 + 5 * 4, all),
            (Rule::Fa, 6 * 5 + 5 * 4, all),
            (Rule::Dfa, 4 * (6 + 5), all),
            (Rule::Sdfa, 4 * (6 + 5), all),
            (Rule::Drtp, 6 + 5, all),
            (Rule::LocalError, 2 * 4 * (6 + 5), all),
            (Rule::Shallow, 0, 5 * 4),
        ];
        for (rule, signal, update) in expected {
            let total = all + signal + update;
            assert_eq!(
                MultiplyAdds::of(&network, rule),
                MultiplyAdds { forward: all, signal, update, total },
                "{rule:?}"
            );
        }
    }
}
