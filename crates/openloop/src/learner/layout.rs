//! How the weights of the layers that learn lie while a run learns: in rows, as they are saved and as the core has them, or
//! in panels, where that is faster.

use crate::kernels::{Panels, Turn};
use openloop_core::rule::{Rule, Teacher};
use openloop_core::{Dense, Layer};

/// A layer with more weights than this is not worth turning for single samples that are dense: its rows are long enough to
/// be fast.
const FEW_WEIGHTS: usize = 1 << 14;
/// A layer with fewer neurons does not fill a panel's lanes, which is worth it for whole batches alone.
const FEWEST_NEURONS: usize = 16;
/// Samples of a batch that fill a tile.
const WHOLE_TILE: usize = 6;

/// The layers that learn in panels, among `layers`, which are those that learn.
///
/// `share` is how much of the first one's inputs is not 0. The choice depends on the network, the rule, the data, the batch and
/// the instruction set: with AVX-512 a batch that is not sparse is fastest in panels too.
pub fn choose(layers: &[Layer], rule: Rule, batch: usize, share: f64) -> Vec<Dense> {
    let dense = |layer: &Layer| if let Layer::Dense(dense) = layer { Some(*dense) } else { None };
    let wide = batch >= WHOLE_TILE && Panels::take_whole_batches();
    let sparse = share <= if batch == 1 { 0.5 } else { 0.34 };
    let small = |first: &Dense| batch == 1 && first.weights() <= FEW_WEIGHTS;
    let first = layers.first().and_then(dense).filter(|first| wide || sparse || small(first));
    // whatever hands a signal down through its weights needs them in rows
    let projected = wide && !matches!(rule.teacher(), Teacher::NextLayer { .. });
    let others = match (projected, rule.learns_readout()) {
        (false, _) => &[],
        (true, true) => &layers[..layers.len().saturating_sub(1)],
        (true, false) => layers,
    };
    // kernels tell layers by their shape, and a readout has that of the output layer, or of one with as many outputs
    let outputs = layers.last().map(Layer::outputs);
    let told_apart = |one: &Dense| {
        let alike = layers.iter().filter(|layer| dense(layer) == Some(*one)).count();
        layers.len() == others.len().max(1) || Some(one.outputs) != outputs && (alike == 1 || projected)
    };
    let mut chosen = Vec::new();
    for layer in first.into_iter().chain(others.iter().filter_map(dense)) {
        if (projected || layer.outputs >= FEWEST_NEURONS) && told_apart(&layer) && !chosen.contains(&layer) {
            chosen.push(layer);
        }
    }
    chosen
}

/// The share of `values` that is not 0.
pub fn share_not_zero(values: &[f32]) -> f64 {
    values.iter().filter(|v| **v != 0.0).count() as f64 / values.len().max(1) as f64
}

/// Turns the weights of those layers that lie in panels, and what `optimizer` keeps for them, `slots` values each.
pub fn turn(
    (layers, panels): (&[Layer], &[Dense]),
    turn: Turn,
    slots: usize,
    mut parameters: &mut [f32],
    mut optimizer: &mut [f32],
) {
    for layer in layers {
        let size = layer.parameters();
        let (own, others) = parameters.split_at_mut(size);
        let (state, other_states) = optimizer.split_at_mut(slots * size);
        if let Layer::Dense(dense) = layer
            && panels.contains(dense)
        {
            Panels::turn(dense, turn, own);
            state.chunks_exact_mut(size).for_each(|state| Panels::turn(dense, turn, state));
        }
        (parameters, optimizer) = (others, other_states);
    }
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
        let choose = |layers: &[Layer], batch, share| !choose(layers, Rule::Bp, batch, share).is_empty();
        let layers = [dense(784, 100), dense(100, 10)];
        let wide = Panels::take_whole_batches();
        assert!(choose(&layers, 100, 0.2) && choose(&layers, 1, 0.4));
        assert!(!choose(&layers, 5, 0.9) && !choose(&layers, 1, 0.9));
        assert_eq!(choose(&layers, 100, 0.9), wide);
        assert!(choose(&[dense(64, 32), dense(32, 10)], 1, 1.0));
        assert_eq!(choose(&[dense(64, 32), dense(32, 10)], 32, 1.0), wide);
        assert!(!choose(&[dense(100, 100), dense(100, 100)], 1, 0.1), "two layers alike");
        assert!(!choose(&[dense(784, 10)], 1, 0.1), "too few neurons");
    }

    #[test]
    fn all_layers_of_a_projecting_rule_learn_in_panels_by_batches_where_the_instruction_set_is_wide() {
        let layers = [dense(30, 64), dense(64, 64), dense(64, 64), dense(64, 20), dense(20, 10)];
        let all = |layers: &[Layer], rule| choose(layers, rule, 100, 0.9).len();
        let wide = usize::from(Panels::take_whole_batches());
        assert_eq!((all(&layers, Rule::Drtp), all(&layers, Rule::Dfa)), (4 * wide, 4 * wide), "two of them are alike");
        assert_eq!((all(&layers, Rule::Bp), all(&layers, Rule::Fa)), (wide, wide));
        assert_eq!(choose(&layers, Rule::Drtp, 1, 0.1), [first(&layers)]);
        assert_eq!(all(&layers[1..3], Rule::Drtp), wide, "the last layer is like a hidden one");
        assert_eq!(all(&layers[1..3], Rule::Bp), 0, "and hands a signal down");
        assert_eq!(all(&layers[1..2], Rule::Drtp), wide, "the only layer");
    }

    #[test]
    fn where_readouts_learn_the_layers_that_may_have_their_shape_stay_in_rows() {
        let layers = [dense(30, 64), dense(64, 10), dense(10, 10)];
        let panels = choose(&layers, Rule::LocalErrorLearned, 100, 0.9);
        assert_eq!(panels, [first(&layers)][..usize::from(Panels::take_whole_batches())]);
    }

    fn first(layers: &[Layer]) -> Dense {
        let Layer::Dense(first) = layers[0] else { panic!("not dense") };
        first
    }

    #[test]
    fn turning_there_and_back_moves_every_weight_and_its_state_home() {
        let layer = Dense { inputs: 7, outputs: 70, activation: Activation::Tanh };
        let between = Dense { inputs: 70, outputs: 3, ..layer };
        let layers = [Layer::Dense(between), Layer::Dense(layer), Layer::Dense(layer)];
        let (ahead, each) = (between.parameters(), layer.parameters());
        let values: Vec<f32> = (0..2 * (ahead + 2 * each)).map(|i| i as f32).collect();
        let (mut parameters, mut state) = (values[..ahead + 2 * each].to_vec(), values.clone());
        turn((&layers, &[layer]), Turn::IntoPanels, 2, &mut parameters, &mut state);
        assert_eq!(parameters[..ahead], values[..ahead], "another layer");
        for first in [ahead, ahead + each] {
            let at = |i: usize| parameters[first + i] - first as f32;
            assert_eq!(at(1), 7.0, "input 0 of neuron 1 follows input 0 of neuron 0");
            assert_eq!(at(64 * 7 + 1), 65.0 * 7.0, "the last panel has six neurons");
            assert_eq!(
                parameters[first + layer.weights()..first + each],
                values[first + layer.weights()..first + each]
            );
        }
        assert_eq!(state[2 * ahead + each + 1], (2 * ahead + each + 7) as f32);
        turn((&layers, &[layer]), Turn::IntoRows, 2, &mut parameters, &mut state);
        assert_eq!((&parameters[..], state), (&values[..parameters.len()], values.clone()));
    }
}
