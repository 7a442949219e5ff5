//! What a sample costs in arithmetic, exactly, from the layers: multiplications, each with its addition.
//!
//! With m_k the multiply-adds of one pass through layer k (inputs times outputs for a dense layer; weights times places of
//! a filter for a convolution, the zeros around its input included), N_k the outputs of hidden layer k before pooling
//! and C the network's:
//!
//! | part | `bp`, `fa` | `dfa`, `sdfa` | `drtp` | `local-error` | `shallow` |
//! |---|---|---|---|---|---|
//! | forward | sum m_k | the same | the same | the same | the same |
//! | signal | sum m_k but for the first layer | C sum N_k | sum N_k | 2 C sum N_k | 0 |
//! | update | sum m_k | the same | the same | the same | m of the output layer |
//!
//! With a learned readout, local-error's update has C sum N_k more. drtp's signal is one row of a table a layer, scaled; local-error reads its layer out and projects what it finds. Left
//! out is what goes over the units or the weights once: biases, activations, pooling, the loss, dropout, and the
//! optimizer, whose step comes once a batch.
//!
//! Of a frozen front end only the forward pass counts, and that only where it is made again for every sample: for
//! mirrored images.

use openloop_core::rule::Teacher;
use openloop_core::{Checked, Layer, Rule};
use serde::{Deserialize, Serialize};

/// Multiply-adds a sample of a learning step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiplyAdds {
    /// The walk forward.
    pub forward: u64,
    /// The teaching signals of the hidden layers.
    pub signal: u64,
    /// The gradients of the weights.
    pub update: u64,
    /// All three.
    pub total: u64,
}

impl MultiplyAdds {
    /// What a sample costs under `rule`: `learning` is the part of the network that learns, `front` the frozen layers
    /// before it that each sample goes through, often none.
    pub fn of(learning: &Checked<'_>, front: &[Layer], rule: Rule) -> Self {
        let mut sum = MultiplyAdds { forward: front.iter().map(pass).sum(), ..MultiplyAdds::default() };
        let last = learning.layers().len() - 1;
        for (k, layer) in learning.layers().iter().enumerate() {
            sum.forward += pass(layer);
            sum.signal += signal(learning, rule, k, layer);
            let stays = k < last && !rule.teaches_hidden_layers();
            sum.update += if stays { 0 } else { pass(layer) };
            sum.update += learning.readout(rule, k).map_or(0, |readout| readout.weights() as u64);
        }
        sum.total = sum.forward + sum.signal + sum.update;
        sum
    }
}

/// One pass through a layer.
fn pass(layer: &Layer) -> u64 {
    layer.multiply_adds() as u64
}

/// What layer `k` adds to the teaching signals: its own, or what it hands to the layer below.
fn signal(network: &Checked<'_>, rule: Rule, k: usize, layer: &Layer) -> u64 {
    let hidden = k + 1 < network.layers().len();
    match rule.teacher() {
        Teacher::NextLayer { .. } if k > network.first_learning() => pass(layer),
        Teacher::Projection(coefficients) if hidden && layer.learns() => {
            coefficients.multiply_adds(network.outputs(), layer.outputs())
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::{Activation, Along, Conv, Dense, Dropout, Loss, Pool, Pooling, Shape, Spec};

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
            (Rule::Lls, (2 * 4 + 3) * (6 + 5), all),
            (Rule::LocalHinge, (4 + 2) * (6 + 5), all),
            (Rule::DrtpGated, 2 * (6 + 5), all),
            (Rule::LocalErrorLearned, 2 * 4 * (6 + 5), all + 4 * (6 + 5)),
            (Rule::Shallow, 0, 5 * 4),
        ];
        for (rule, signal, update) in expected {
            let total = all + signal + update;
            assert_eq!(
                MultiplyAdds::of(&network, &[], rule),
                MultiplyAdds { forward: all, signal, update, total },
                "{rule:?}"
            );
        }
    }

    #[test]
    fn a_convolution_costs_its_weights_at_every_place_and_a_frozen_one_only_forward() {
        let input = Shape { channels: 2, height: 8, width: 8 };
        let activation = Activation::Tanh;
        let conv = Conv {
            input,
            channels: 3,
            kernel: 5,
            stride: 1,
            padding: 2,
            along: Along::Both,
            norm: false,
            pooled_readout: false,
            activation,
        };
        let pool = Pool { input: conv.output(), window: 2, pooling: Pooling::Max };
        let dense = Dense { inputs: 48, outputs: 4, activation: Activation::Identity };
        let layers = [Layer::Conv(conv), Layer::Pool(pool), Layer::Dense(dense)];
        let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
        let (filters, answers, pixels) = (3 * 2 * 25 * 64, 48 * 4, 3 * 64);
        let counts = |rule| {
            let MultiplyAdds { forward, signal, update, .. } = MultiplyAdds::of(&network, &[], rule);
            (forward, signal, update)
        };
        assert_eq!(counts(Rule::Bp), (filters + answers, answers, filters + answers));
        assert_eq!(counts(Rule::Dfa), (filters + answers, 4 * pixels, filters + answers));
        assert_eq!(counts(Rule::Drtp), (filters + answers, pixels, filters + answers));
        assert_eq!(counts(Rule::Shallow), (filters + answers, 0, answers));
        let frozen = MultiplyAdds::of(&network.without_front(2).unwrap(), &layers[..2], Rule::Bp);
        assert_eq!((frozen.forward, frozen.signal, frozen.update), (filters + answers, 0, answers));
    }
}
