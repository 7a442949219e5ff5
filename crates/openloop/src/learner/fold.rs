//! The network for everything that knows of no normalisation and no pooled readouts: the one is folded into weights and biases, the
//! others become readouts of every place.

use super::network::Network;
use super::weights::NetworkWeights;
use crate::kernels::aligned::Aligned;
use openloop_core::layer::norm;
use openloop_core::spec::readout_grid;
use openloop_core::{Conv, Error, Layer, Rule};

/// The same network without normalisation, whose answers have the bits of the normalised one's.
///
/// # Errors
/// None that can be met: the weights were found to fit the network.
pub fn folded(network: &Network, weights: &NetworkWeights) -> Result<(Network, NetworkWeights), Error> {
    let is_normalised = |layer: &Layer| matches!(layer, Layer::Conv(conv) if conv.norm);
    if !network.layers().iter().any(is_normalised) {
        return Ok((network.clone(), weights.clone()));
    }
    let (mut layers, mut floats, mut rest) = (Vec::new(), Vec::new(), weights.floats());
    for layer in network.layers() {
        let (own, others) = rest.split_at(layer.parameters().min(rest.len()));
        rest = others;
        match layer {
            Layer::Conv(conv) if conv.norm => {
                let plain = Conv { pooled_readout: false, ..conv.without_norm() };
                let mut values = vec![0.0; plain.parameters()];
                norm::fold(conv, own, &mut values);
                floats.extend(values);
                layers.push(Layer::Conv(plain));
            }
            _ => {
                floats.extend_from_slice(own);
                layers.push(as_it_answers(layer));
            }
        }
    }
    let network = Network::new(layers, network.loss(), network.frozen())?;
    let weights = NetworkWeights::new(&network, Aligned::from(floats), weights.int8().cloned())?;
    Ok((network, weights))
}

/// The layer as everything sees it but a readout of its own.
fn as_it_answers(layer: &Layer) -> Layer {
    match *layer {
        Layer::Conv(conv) => Layer::Conv(Conv { pooled_readout: false, ..conv }),
        other => other,
    }
}

/// Whether two chains of layers answer alike by the same weights, whatever their readouts see.
pub fn answer_alike(one: &[Layer], other: &[Layer]) -> bool {
    one.iter().map(as_it_answers).eq(other.iter().map(as_it_answers))
}

/// The readouts of the learning layers, those of averaged maps as ones of every place: a cell's weight, divided by its places, at each
/// of them.
pub fn whole_readouts(network: &Network, rule: Rule, readouts: &[f32]) -> Vec<f32> {
    let (learning, mut whole, mut rest) = (network.learning(), Vec::with_capacity(readouts.len()), readouts);
    for (k, layer) in learning.layers().iter().enumerate() {
        let Some(readout) = learning.readout(rule, k) else { continue };
        let (own, others) = rest.split_at(readout.parameters());
        let (weights, biases) = own.split_at(readout.weights());
        rest = others;
        match readout_grid(rule, layer) {
            None => whole.extend_from_slice(weights),
            Some(grid) => {
                for row in weights.chunks_exact(readout.inputs) {
                    let mut places = vec![0.0; layer.outputs()];
                    grid.spread(row, &mut places);
                    whole.extend(places);
                }
            }
        }
        whole.extend_from_slice(biases);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Fast;
    use crate::settings::net::{LayerStyle, Net};
    use openloop_core::random::{Purpose, Stream};
    use openloop_core::{Activation, Loss, Plan, Shape, infer};

    #[test]
    fn a_folded_network_has_no_normalisation_and_answers_with_the_same_bits() {
        let net: Net = "conv4k3p1 norm pool2 conv5k3 norm fc6".parse().unwrap();
        let style = LayerStyle::new(Activation::Tanh, 0.0, Loss::CrossEntropy, false);
        let layers = net.layers(Shape { channels: 2, height: 9, width: 8 }, 3, &style).unwrap();
        let network = Network::new(layers, Loss::CrossEntropy, 0).unwrap();
        let mut floats = vec![0.0; network.parameters()];
        Stream::new(1, Purpose::Data, 0).fill_uniform(0, 0.5, &mut floats);
        floats.iter_mut().for_each(|value| *value += 0.6); // variances are positive
        let weights = NetworkWeights::new(&network, Aligned::from(floats), None).unwrap();
        let (plain, plain_weights) = folded(&network, &weights).unwrap();
        assert_eq!(Net::of(plain.layers()).to_string(), "conv4k3p1 pool2 conv5k3 fc6");
        let mut x = vec![0.0; 2 * network.inputs()];
        Stream::new(2, Purpose::Data, 0).fill_uniform(0, 1.0, &mut x);
        let kernels = Fast::new(1).unwrap();
        let answers = |network: &Network, weights: &NetworkWeights| {
            let mut scratch = vec![0.0; Plan::inference(&network.whole(), 2)];
            let y = infer(&kernels, &network.whole(), weights.floats(), &x, &mut scratch).unwrap();
            y.iter().map(|y| y.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(answers(&plain, &plain_weights), answers(&network, &weights));
    }
}
