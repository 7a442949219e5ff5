//! Claims about a front in integers: its sums and windows are those of the layers in f32, for any shape, and what has no int8 version is
//! refused.

use openloop_core::integer::tables::{TANH, TANH_BITS};
use openloop_core::integer::{FRONT_BITS, Int8Front, Int8FrontWeights, features, quantise};
use openloop_core::layer::{conv, pool};
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Activation, Along, Conv, Error, Layer, Pool, Pooling, Shape};
use proptest::prelude::*;

/// A convolution of an image, and the pooling behind it.
fn stage(
    input: Shape,
    [channels, kernel, stride, padding]: [usize; 4],
    along: Along,
    pooling: (usize, Pooling),
) -> Vec<Layer> {
    let (norm, pooled_readout, activation) = (false, false, Activation::Tanh);
    let conv = Conv { input, channels, kernel, stride, padding, along, norm, pooled_readout, activation };
    let mut layers = vec![Layer::Conv(conv)];
    if pooling.0 > 1 {
        layers.push(Layer::Pool(Pool { input: conv.output(), window: pooling.0, pooling: pooling.1 }));
    }
    layers
}

/// Numbers of a front.
struct Numbers {
    weights: Vec<i8>,
    biases: Vec<i32>,
}

fn numbers(front: &Int8Front<'_>, parameters: &[f32]) -> Numbers {
    let sizes = front.sizes();
    let mut numbers = Numbers { weights: vec![0; sizes.weights], biases: vec![0; sizes.biases] };
    quantise(front, parameters, &mut numbers.weights, &mut numbers.biases).unwrap();
    numbers
}

fn answer(front: &Int8Front<'_>, numbers: &Numbers, x: &[i8]) -> Vec<i8> {
    let (mut room, mut out) = (vec![99; front.sizes().room], vec![0; front.outputs()]);
    let weights = Int8FrontWeights { weights: &numbers.weights, biases: &numbers.biases };
    features(front, weights, x, &mut room, &mut out).unwrap();
    out
}

fn parameters(layers: &[Layer], seed: u64) -> Vec<f32> {
    let mut parameters = vec![0.0; openloop_core::plan::parameters(layers)];
    Stream::new(seed, Purpose::Data, 1).fill_uniform(0, 0.7, &mut parameters);
    parameters
}

fn sample(count: usize, seed: u64) -> Vec<i8> {
    let stream = Stream::new(seed, Purpose::Data, 2);
    (0..count).map(|i| stream.word(i as u64) as i8).collect()
}

/// 127 tanh of a sum, as the table has it.
fn tanh(sum: f32, bits: i32) -> f32 {
    let z = f64::from(sum) / 2f64.powi(bits - TANH_BITS as i32);
    let nearest = (z + 0.5).floor();
    f32::from(TANH[nearest.abs().min(127.0) as usize]) * nearest.signum() as f32
}

/// What the layers in f32 make of whole numbers, which f32 holds exactly.
fn in_floats(layers: &[Layer], numbers: &Numbers, x: &[i8], input_bits: u8) -> Vec<i8> {
    let (mut weights, mut biases) = (&numbers.weights[..], &numbers.biases[..]);
    let mut x: Vec<f32> = x.iter().map(|x| f32::from(*x)).collect();
    let mut bits = i32::from(input_bits);
    for layer in layers {
        let mut out = vec![0.0; layer.outputs()];
        match layer {
            Layer::Conv(layer) => {
                let plain = Conv { activation: Activation::Identity, ..*layer };
                let (own, rest) = weights.split_at(layer.weights());
                let (of_layer, others) = biases.split_at(1 + layer.channels);
                (weights, biases) = (rest, others);
                let own = own.iter().map(|w| f32::from(*w));
                let all: Vec<f32> = own.chain(of_layer[1..].iter().map(|b| *b as f32)).collect();
                conv::forward(&plain, &all, &x, &mut out);
                out.iter_mut().for_each(|sum| *sum = tanh(*sum, of_layer[0] + bits));
                bits = i32::from(FRONT_BITS);
            }
            Layer::Pool(layer) => {
                pool::forward(layer, &x, &mut out);
                out.iter_mut().for_each(|mean| *mean = (*mean + 0.5 + 1e-3).floor().min(mean.ceil()));
            }
            _ => unreachable!("a front has no other layers"),
        }
        x = out;
    }
    x.iter().map(|value| *value as i8).collect()
}

#[track_caller]
fn same(layers: &[Layer], input_bits: u8, seed: u64) {
    let front = Int8Front::new(layers, input_bits).unwrap();
    let numbers = numbers(&front, &parameters(layers, seed));
    let x = sample(front.inputs(), seed);
    assert_eq!(answer(&front, &numbers, &x), in_floats(layers, &numbers, &x, input_bits), "{layers:?}");
}

fn shape() -> impl Strategy<Value = Shape> {
    (1..4usize, 1..20usize, 1..20usize).prop_map(|(channels, height, width)| Shape { channels, height, width })
}

proptest! {
    #[test]
    fn a_stage_makes_what_the_layers_in_f32_make_of_the_same_whole_numbers(
        input in shape(), channels in 1..4usize, kernel in 1..7usize, stride in 1..3usize, padding in 0..4usize,
        along in prop::sample::select(vec![Along::Both, Along::Height, Along::Width]),
        window in 1..6usize, is_max: bool, input_bits in 0..=7u8, seed: u64,
    ) {
        let pooling = if is_max { Pooling::Max } else { Pooling::Average };
        let layers = stage(input, [channels, kernel, stride, padding], along, (window, pooling));
        let fits = openloop_core::integer::Int8Front::new(&layers, input_bits).is_ok();
        prop_assume!(fits);
        same(&layers, input_bits, seed);
    }
}

#[test]
fn stages_behind_each_other_and_the_shape_of_spoon_make_what_the_layers_make() {
    let image = Shape { channels: 1, height: 28, width: 28 };
    same(&stage(image, [10, 5, 1, 0], Along::Both, (4, Pooling::Max)), 7, 1);
    for pooling in [Pooling::Max, Pooling::Average] {
        let mut layers = stage(image, [4, 5, 1, 2], Along::Both, (2, pooling));
        layers.extend(stage(layers[1].output_shape(), [6, 3, 1, 1], Along::Both, (1, pooling)));
        layers.extend(stage(layers[2].output_shape(), [3, 3, 2, 0], Along::Both, (3, pooling)));
        same(&layers, 7, 2);
        let moments = Shape { channels: 3, height: 32, width: 1 };
        let mut layers = stage(moments, [8, 5, 1, 2], Along::Height, (2, pooling));
        layers.extend(stage(layers[1].output_shape(), [4, 5, 1, 0], Along::Height, (4, pooling)));
        same(&layers, 5, 3);
    }
}

#[test]
fn weights_have_as_many_fraction_bits_as_a_byte_has_room_for_and_biases_those_of_the_sums() {
    let layers = stage(Shape { channels: 1, height: 2, width: 2 }, [2, 1, 1, 0], Along::Both, (1, Pooling::Max));
    let bits = |parameters: [f32; 4], input_bits| {
        let front = Int8Front::new(&layers, input_bits).unwrap();
        let Numbers { weights, biases } = numbers(&front, &parameters);
        (weights, biases)
    };
    assert_eq!(bits([0.5, -0.25, 1.0, -0.1], 7), (vec![64, -32], vec![7, 16384, -1638]));
    assert_eq!(bits([0.124, 0.0, 0.0, 1e9], 0), (vec![127, 0], vec![10, 0, 1 << 29]));
    // a byte that is full is no reason for fewer, weights that are too large stay at its end, and tiny ones have no more than 14 bits
    assert_eq!(bits([5.0, -5.0, 0.0, 0.0], 1), (vec![127, -127], vec![6, 0, 0]));
    assert_eq!(bits([1e-4, -1e-4, 0.5, 0.0], 1), (vec![2, -2], vec![14, 16384, 0]));
}

#[test]
fn what_a_front_in_integers_does_not_have_is_refused() {
    let image = Shape { channels: 1, height: 9, width: 9 };
    let plain = stage(image, [2, 3, 1, 0], Along::Both, (2, Pooling::Max));
    let refused = |layers: &[Layer]| Int8Front::new(layers, 7).unwrap_err();
    assert_eq!(refused(&[]), Error::NoLayers);
    assert_eq!(Int8Front::new(&plain, 15), Err(Error::IntegerInput));
    assert_eq!(refused(&plain[1..]), Error::IntegerFront { layer: 0 });
    assert_eq!(
        refused(&[&plain[..], &plain[..]].concat()),
        Error::LayersDoNotFit { layer: 2, given: 18, expected: 81 }
    );
    let (twice, Layer::Conv(conv)) =
        (Pool { input: plain[1].output_shape(), window: 1, pooling: Pooling::Max }, plain[0])
    else {
        panic!("a convolution comes first")
    };
    assert_eq!(refused(&[plain[0], plain[1], Layer::Pool(twice)]), Error::IntegerFront { layer: 2 });
    for other in [Conv { norm: true, ..conv }, Conv { activation: Activation::Relu, ..conv }] {
        assert_eq!(refused(&[Layer::Conv(other)]), Error::IntegerFront { layer: 0 });
    }
    let front = Int8Front::new(&plain, 7).unwrap();
    let Numbers { weights, biases } = numbers(&front, &parameters(&plain, 1));
    let mut out = vec![0; front.outputs()];
    let weights = Int8FrontWeights { weights: &weights, biases: &biases };
    let short = features(&front, weights, &sample(80, 1), &mut [], &mut out);
    assert_eq!(short, Err(Error::WrongLength { what: "the input", found: 80, expected: 81 }));
}
