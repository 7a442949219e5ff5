//! How the weights of the first learning layer lie while a run learns: in rows, as they are saved and as the core has
//! them, or in panels, where that is faster.

use crate::kernels::{Panels, Turn};
use openloop_core::{Dense, Layer};

/// A layer with more weights than this is not worth turning for dense inputs: its rows are long enough to be fast.
const FEW_WEIGHTS: usize = 1 << 14;
/// A layer with fewer neurons does not fill a panel's lanes.
const FEWEST_NEURONS: usize = 16;

/// The layer that learns in panels, if one does: the first of `layers`, which are those that learn.
///
/// `share` is how much of its inputs is not 0. The choice depends on the network, the data and the batch alone, so it is the
/// same on any machine.
pub fn choose(layers: &[Layer], batch: usize, share: f64) -> Option<Dense> {
    let (Layer::Dense(first), others) = layers.split_first()? else { return None };
    let unlike = others.iter().all(|other| *other != Layer::Dense(*first));
    let sparse = share <= if batch == 1 { 0.5 } else { 0.34 };
    let small = batch == 1 && first.weights() <= FEW_WEIGHTS;
    (first.outputs >= FEWEST_NEURONS && unlike && (sparse || small)).then_some(*first)
}

/// The share of `values` that is not 0.
pub fn share_not_zero(values: &[f32]) -> f64 {
    values.iter().filter(|v| **v != 0.0).count() as f64 / values.len().max(1) as f64
}

/// Turns the layer's weights, which `parameters` begin with, and each value of state that `optimizer` begins with for them.
pub fn turn(layer: &Dense, turn: Turn, slots: usize, parameters: &mut [f32], optimizer: &mut [f32]) {
    Panels::turn(layer, turn, parameters);
    let states = optimizer.chunks_mut(layer.parameters()).take(slots);
    states.for_each(|state| Panels::turn(layer, turn, state));
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::Activation;

    fn dense(inputs: usize, outputs: usize) -> Layer {
        Layer::Dense(Dense { inputs, outputs, activation: Activation::Tanh })
    }

    #[test]
    fn a_layer_learns_in_panels_where_its_inputs_are_sparse_or_it_is_small_and_sees_one_sample_at_a_time() {
        let layers = [dense(784, 100), dense(100, 10)];
        assert!(choose(&layers, 100, 0.2).is_some() && choose(&layers, 1, 0.4).is_some());
        assert!(choose(&layers, 100, 0.9).is_none() && choose(&layers, 1, 0.9).is_none());
        assert!(choose(&[dense(64, 32), dense(32, 10)], 1, 1.0).is_some());
        assert!(choose(&[dense(64, 32), dense(32, 10)], 32, 1.0).is_none());
        assert!(choose(&[dense(100, 100), dense(100, 100)], 1, 0.1).is_none(), "two layers alike");
        assert!(choose(&[dense(784, 10)], 1, 0.1).is_none(), "too few neurons");
    }

    #[test]
    fn turning_there_and_back_moves_every_weight_and_its_state_home() {
        let layer = Dense { inputs: 7, outputs: 70, activation: Activation::Tanh };
        let values: Vec<f32> = (0..2 * layer.parameters()).map(|i| i as f32).collect();
        let (mut parameters, mut state) = (values[..layer.parameters() + 3].to_vec(), values.clone());
        turn(&layer, Turn::IntoPanels, 2, &mut parameters, &mut state);
        assert_eq!(parameters[1], 7.0, "input 0 of neuron 1 follows input 0 of neuron 0");
        assert_eq!(parameters[64 * 7 + 1], 65.0 * 7.0, "the last panel has six neurons");
        assert_eq!(parameters[layer.weights()..], values[layer.weights()..layer.parameters() + 3]);
        assert_eq!(state[layer.parameters() + 1], (layer.parameters() + 7) as f32);
        turn(&layer, Turn::IntoRows, 2, &mut parameters, &mut state);
        assert_eq!((&parameters[..], state), (&values[..layer.parameters() + 3], values.clone()));
    }
}
