//! The filters of a frozen front end, centred for int8.
//!
//! A filter that was drawn at random and is pooled by the largest value says mostly the same of every image, so its outputs lie on
//! one side of 0. What learns behind it in bytes then spends their range on that common part. Each filter's bias is moved
//! until its outputs have mean 0 over the first training rows; its weights stay as they were drawn, and so does everything
//! once the dense layers learn.

use crate::data::DataSet;
use crate::kernels::Fast;
use crate::learner::inputs::Inputs;
use crate::learner::model::Model;
use openloop_core::{Layer, plan};

/// Training rows that are looked at.
const ROWS: usize = 1_000;
/// How often a bias is moved by what is left of the mean: tanh hands on a part of each move only.
const MOVES: usize = 4;

/// Centres the convolutions among the first `front` layers, the first of them first.
pub(crate) fn filters(model: &mut Model, front: usize, data: &DataSet, kernels: &Fast) {
    let is_conv = |layer: &Layer| matches!(layer, Layer::Conv(_));
    for k in 0..front {
        let Layer::Conv(conv) = model.layers[k] else { continue };
        let pooled = model.layers[k + 1..front].iter().take_while(|layer| !is_conv(layer)).count();
        let end = plan::parameters(&model.layers[..=k]);
        for _ in 0..MOVES {
            let outputs = Inputs::unkept(data, model, k + 1 + pooled).first(kernels, model, ROWS);
            let means = means(&outputs, conv.channels, model.layers[k + pooled].outputs());
            let biases = &mut model.parameters[end - conv.channels..end];
            biases.iter_mut().zip(means).for_each(|(bias, mean)| *bias -= mean);
        }
    }
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
    use crate::data::{Request, load};
    use crate::kernels::aligned::Aligned;
    use crate::learner::model::About;
    use crate::settings::options::Options;
    use openloop_core::{Loss, Spec, initialize};

    /// A fresh network of two convolutions, the first of which is pooled, and its data.
    fn drawn() -> (Model, DataSet) {
        let data = load(&Request { name: "digits", ..Request::default() }).unwrap();
        let options = Options {
            net: Some("conv4k3 pool2 conv6k2 fc10".parse().unwrap()),
            freeze_conv: true,
            ..Options::default()
        };
        let layers = options.complete(&data).unwrap().layers(&data).unwrap();
        let mut parameters = Aligned::zeros(plan::parameters(&layers));
        let network = Spec { layers: &layers, loss: Loss::CrossEntropy };
        initialize(&network.check().unwrap(), 1, &mut parameters).unwrap();
        let (preprocessing, about) = (data.preprocessing.clone(), About::of(&data));
        (Model { layers, loss: Loss::CrossEntropy, parameters, integer: None, preprocessing, about }, data)
    }

    fn channel_means(model: &Model, data: &DataSet, kernels: &Fast, front: usize, channels: usize) -> Vec<f32> {
        let outputs = Inputs::unkept(data, model, front).first(kernels, model, ROWS);
        means(&outputs, channels, model.layers[front].inputs())
    }

    #[test]
    fn every_channel_that_a_frozen_front_end_hands_on_has_mean_0_and_only_biases_moved() {
        let ((mut model, data), kernels) = (drawn(), Fast::new(1).unwrap());
        let before = model.parameters.to_vec();
        assert!(channel_means(&model, &data, &kernels, 2, 4).iter().any(|mean| mean.abs() > 0.1));
        filters(&mut model, 3, &data, &kernels);
        for (front, channels) in [(2, 4), (3, 6)] {
            let means = channel_means(&model, &data, &kernels, front, channels);
            assert!(means.iter().all(|mean| mean.abs() < 0.02), "{means:?} after {front} layers");
        }
        let biases = |i: usize| (36..40).contains(&i) || (40 + 96..40 + 102).contains(&i);
        let moved = before.iter().zip(&*model.parameters).enumerate().filter(|(_, (a, b))| a != b);
        let moved: Vec<usize> = moved.map(|(i, _)| i).collect();
        assert!(moved.len() == 10 && moved.iter().all(|i| biases(*i)), "{moved:?}");
    }
}
