//! The weight layout of the learning layers during a run: rows, as they are saved and as the core has them, or
//! panels, where that is faster.

use crate::kernels::{self, takes_whole_batches};
use openloop_core::rule::{Rule, Teacher};
use openloop_core::{Dense, Layer, Layout};

/// A layer with more weights than this is not worth repacking for single samples that are dense: its rows are long enough to
/// be fast.
const MAX_WEIGHTS_FOR_ONE_SAMPLE: usize = 1 << 14;
/// A layer with fewer neurons does not fill a panel's lanes, which is worth it for whole batches alone.
const MIN_NEURONS: usize = 16;
/// Samples of a batch that fill a tile.
const TILE_SAMPLES: usize = 6;

/// The layout in which each of `layers`, those of the network that learns, is fastest.
///
/// `share` is how much of the first one's inputs is not 0. The choice depends on the network, the rule, the data, the batch and
/// the instruction set: with AVX-512 a batch that is not sparse is fastest in panels too.
pub fn choose(layers: &[Layer], rule: Rule, batch: usize, share: f64) -> Vec<Layout> {
    let wide = batch >= TILE_SAMPLES && takes_whole_batches();
    // whatever hands a signal down through its weights needs them in rows
    let projected = wide && !matches!(rule.teacher(), Teacher::NextLayer { .. });
    let sparse = share <= if batch == 1 { 0.5 } else { 0.34 };
    let in_panels = |k: usize, dense: &Dense| match projected {
        true => !rule.learns_readout() || layers.len() == 1 || !is_as_wide_as_the_output(dense, layers),
        false => {
            let small = batch == 1 && dense.weights() <= MAX_WEIGHTS_FOR_ONE_SAMPLE;
            let suited = (wide || sparse || small) && dense.outputs >= MIN_NEURONS;
            k == 0 && suited && (layers.len() == 1 || !another_has_its_shape(dense, layers))
        }
    };
    let layout = |(k, layer): (usize, &Layer)| match layer {
        Layer::Dense(dense) if in_panels(k, dense) => Layout::Panels,
        _ => Layout::Rows,
    };
    layers.iter().enumerate().map(layout).collect()
}

/// Such a layer stays in rows where readouts learn. Panels would do as well, but would round the sums of runs otherwise that
/// were begun in rows.
fn is_as_wide_as_the_output(dense: &Dense, layers: &[Layer]) -> bool {
    layers.last().map(Layer::outputs) == Some(dense.outputs)
}

/// Whether another layer is like the first, or the output as wide: it stays in rows then, for the same reason.
fn another_has_its_shape(first: &Dense, layers: &[Layer]) -> bool {
    is_as_wide_as_the_output(first, layers) || layers[1..].contains(&Layer::Dense(*first))
}

/// Whether any weights lie in panels.
pub fn has_panels(layouts: &[Layout]) -> bool {
    layouts.contains(&Layout::Panels)
}

/// The share of `values` that is not 0.
pub fn share_not_zero(values: &[f32]) -> f64 {
    values.iter().filter(|v| **v != 0.0).count() as f64 / values.len().max(1) as f64
}

/// Repacks the weights of those layers that learn in panels, and what the optimizer keeps for them, `slots` values each: from
/// rows into panels, or back `into` rows.
pub fn repack(
    layers: &[Layer],
    layouts: &[Layout],
    into: Layout,
    slots: usize,
    mut parameters: &mut [f32],
    mut optimizer: &mut [f32],
) {
    for (layer, layout) in layers.iter().zip(layouts) {
        let size = layer.parameters();
        let (own, others) = parameters.split_at_mut(size);
        let (state, other_states) = optimizer.split_at_mut(slots * size);
        if let (Layer::Dense(dense), Layout::Panels) = (layer, layout) {
            kernels::repack(dense, into, own);
            state.chunks_exact_mut(size).for_each(|state| kernels::repack(dense, into, state));
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
        let choose = |layers: &[Layer], batch, share| has_panels(&choose(layers, Rule::Bp, batch, share));
        let layers = [dense(784, 100), dense(100, 10)];
        let wide = takes_whole_batches();
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
        let all = |layers: &[Layer], rule| {
            let layouts = choose(layers, rule, 100, 0.9);
            layouts.into_iter().filter(|layout| *layout == Layout::Panels).count()
        };
        let wide = usize::from(takes_whole_batches());
        assert_eq!((all(&layers, Rule::Drtp), all(&layers, Rule::Dfa)), (5 * wide, 5 * wide), "two of them are alike");
        assert_eq!((all(&layers, Rule::Bp), all(&layers, Rule::Fa)), (wide, wide));
        assert_eq!(choose(&layers, Rule::Drtp, 1, 0.1), first_of(5));
        assert_eq!(all(&layers[1..3], Rule::Drtp), 2 * wide, "the last layer is like a hidden one");
        assert_eq!(all(&layers[1..3], Rule::Bp), 0, "and hands a signal down");
        assert_eq!(all(&layers[1..2], Rule::Drtp), wide, "the only layer");
    }

    #[test]
    fn where_readouts_learn_the_layers_that_may_have_their_shape_stay_in_rows() {
        let layers = [dense(30, 64), dense(64, 10), dense(10, 10)];
        let expected = if takes_whole_batches() { first_of(3) } else { vec![Layout::Rows; 3] };
        assert_eq!(choose(&layers, Rule::LocalErrorLearned, 100, 0.9), expected);
    }

    /// The first of so many layers in panels, the others in rows.
    fn first_of(count: usize) -> Vec<Layout> {
        (0..count).map(|k| if k == 0 { Layout::Panels } else { Layout::Rows }).collect()
    }

    #[test]
    fn repacking_there_and_back_moves_every_weight_and_its_state_home() {
        let layer = Dense { inputs: 7, outputs: 70, activation: Activation::Tanh };
        let between = Dense { inputs: 70, outputs: 3, ..layer };
        let layers = [Layer::Dense(between), Layer::Dense(layer), Layer::Dense(layer)];
        let (ahead, each) = (between.parameters(), layer.parameters());
        let values: Vec<f32> = (0..2 * (ahead + 2 * each)).map(|i| i as f32).collect();
        let (mut parameters, mut state) = (values[..ahead + 2 * each].to_vec(), values.clone());
        let layouts = [Layout::Rows, Layout::Panels, Layout::Panels];
        repack(&layers, &layouts, Layout::Panels, 2, &mut parameters, &mut state);
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
        repack(&layers, &layouts, Layout::Rows, 2, &mut parameters, &mut state);
        assert_eq!((&parameters[..], state), (&values[..parameters.len()], values.clone()));
    }
}
