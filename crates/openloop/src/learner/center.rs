//! The filters of a frozen front end, centred for int8.
//!
//! A filter that was drawn at random and is pooled by the largest value says mostly the same of every image, so its outputs lie on
//! one side of 0. What learns behind it in bytes then spends their range on that common part. Each filter's bias is moved
//! until its outputs have mean 0 over the first training rows; its weights stay as they were drawn, and so does everything
//! once the dense layers learn.

use super::inputs::{FrontEnd, Inputs};
use super::network::Network;
use crate::data::{DataSet, Preprocessing};
use crate::kernels::Fast;
use openloop_core::{Error, Layer, plan};
use std::sync::Arc;

/// Training rows that are used.
const ROWS: usize = 1_000;
/// How often a bias is moved by what is left of the mean: tanh hands on a part of each move only.
const MOVES: usize = 4;

/// Centres the convolutions among the frozen layers, the first of them first; `floats` begins with the frozen layers' weights.
pub(super) fn filters(
    network: &Network,
    floats: &mut [f32],
    preprocessing: &Preprocessing,
    data: &Arc<DataSet>,
    kernels: &Fast,
) -> Result<(), Error> {
    let is_conv = |layer: &Layer| matches!(layer, Layer::Conv(_));
    let layers = network.front();
    for (k, layer) in layers.iter().enumerate() {
        let Layer::Conv(conv) = layer else { continue };
        let pooled = layers[k + 1..].iter().take_while(|layer| !is_conv(layer)).count();
        let end = plan::parameters(&layers[..=k]);
        for _ in 0..MOVES {
            let front = FrontEnd::new(
                Network::new(network.layers().to_vec(), network.loss(), k + 1 + pooled)?,
                floats,
                preprocessing.clone(),
            );
            let outputs = Inputs::uncached(Arc::clone(data), front).first_rows(kernels, ROWS);
            let means = means(&outputs, conv.channels, layers[k + pooled].outputs());
            let biases = &mut floats[end - conv.channels..end];
            biases.iter_mut().zip(means).for_each(|(bias, mean)| *bias -= mean);
        }
    }
    Ok(())
}

/// The mean of each channel of `outputs: [samples, channels, places]`, `width` = channels places.
fn means(outputs: &[f32], channels: usize, width: usize) -> Vec<f32> {
    let places = width / channels;
    let mut sums = vec![0.0; channels];
    for (number, places) in outputs.chunks_exact(places).enumerate() {
        sums[number % channels] += places.iter().map(|x| f64::from(*x)).sum::<f64>();
    }
    sums.iter().map(|sum| (sum * channels as f64 / outputs.len() as f64) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataRequest, load};
    use crate::learner::weights::NetworkWeights;
    use crate::settings::Options;

    /// A fresh network of two convolutions, the first of which is pooled, its weights and its data.
    struct Drawn {
        network: Network,
        floats: Vec<f32>,
        data: Arc<DataSet>,
    }

    fn drawn() -> Drawn {
        let data = load(&DataRequest { name: "digits", ..DataRequest::default() }).unwrap();
        let options = Options {
            net: Some("conv4k3 pool2 conv6k2 fc10".parse().unwrap()),
            freeze_conv: true,
            seed: Some(1),
            ..Options::default()
        };
        let settings = options.complete(&data).unwrap();
        let network = Network::new(settings.layers(&data).unwrap(), settings.loss, settings.frozen_layers()).unwrap();
        let floats = NetworkWeights::draw(&network, &settings).unwrap().floats().to_vec();
        Drawn { network, floats, data: Arc::new(data) }
    }

    fn channel_means(drawn: &Drawn, frozen: usize, channels: usize) -> Vec<f32> {
        let Drawn { network, floats, data } = drawn;
        let (network, kernels) =
            (Network::new(network.layers().to_vec(), network.loss(), frozen).unwrap(), Fast::new(1).unwrap());
        let width = network.learning_inputs();
        let front = FrontEnd::new(network, floats, data.preprocessing.clone());
        means(&Inputs::uncached(Arc::clone(data), front).first_rows(&kernels, ROWS), channels, width)
    }

    #[test]
    fn every_channel_that_a_frozen_front_end_hands_on_has_mean_0_and_only_biases_moved() {
        let (mut drawn, kernels) = (drawn(), Fast::new(1).unwrap());
        let before = drawn.floats.clone();
        assert!(channel_means(&drawn, 2, 4).iter().any(|mean| mean.abs() > 0.1));
        let preprocessing = drawn.data.preprocessing.clone();
        filters(&drawn.network, &mut drawn.floats, &preprocessing, &drawn.data, &kernels).unwrap();
        for (frozen, channels) in [(2, 4), (3, 6)] {
            let means = channel_means(&drawn, frozen, channels);
            assert!(means.iter().all(|mean| mean.abs() < 0.02), "{means:?} after {frozen} layers");
        }
        let biases = |i: usize| (36..40).contains(&i) || (40 + 96..40 + 102).contains(&i);
        let moved = before.iter().zip(&drawn.floats).enumerate().filter(|(_, (a, b))| a != b);
        let moved: Vec<usize> = moved.map(|(i, _)| i).collect();
        assert!(moved.len() == 10 && moved.iter().all(|i| biases(*i)), "{moved:?}");
    }
}
