//! What a description may say, and how a wrong one is refused.

mod common;

use common::*;
use openloop_core::*;
use proptest::prelude::*;
use proptest::sample::select;

const CONV: Conv = Conv {
    input: Shape { channels: 2, height: 5, width: 4 },
    channels: 3,
    kernel: 3,
    stride: 1,
    padding: 0,
    along: Along::Both,
    norm: false,
    pooled_readout: false,
    activation: Activation::Tanh,
};
const POOL: Pool = Pool { input: CONV.output(), window: 2, pooling: Pooling::Max };

/// What comes of a convolution, a pooling layer and an output layer for what the pooling gives.
fn check(conv: Conv, pool: Pool) -> Result<(), Error> {
    let layers = [Layer::Conv(conv), Layer::Pool(pool), dense(pool.output().size(), 2, Activation::Identity)];
    Spec { layers: &layers, loss: Loss::CrossEntropy }.check().map(|_| ())
}

#[test]
fn the_output_of_a_convolution_and_of_pooling_is_what_one_counts_by_hand() {
    let sizes = |kernel, stride, padding| {
        let out = Conv { kernel, stride, padding, ..CONV }.output();
        (out.channels, out.height, out.width)
    };
    assert_eq!(sizes(3, 1, 0), (3, 3, 2));
    assert_eq!(sizes(3, 1, 1), (3, 5, 4));
    assert_eq!(sizes(3, 2, 1), (3, 3, 2));
    assert_eq!(sizes(1, 3, 0), (3, 2, 2));
    assert_eq!(sizes(4, 1, 0), (3, 2, 1));
    assert_eq!(sizes(2, 2, 2), (3, 4, 4));
    let along = |along| Conv { kernel: 4, stride: 2, padding: 1, along, ..CONV }.output();
    assert_eq!((along(Along::Height), along(Along::Width)), (shape(3, 2, 4), shape(3, 5, 2)));
    assert_eq!((CONV.parameters(), POOL.output()), (3 * 2 * 3 * 3 + 3, shape(3, 1, 1)));
    assert_eq!(Pool { input: shape(2, 7, 4), window: 3, ..POOL }.output(), shape(2, 2, 1));
}

#[test]
fn a_window_of_no_size_is_refused_by_name() {
    assert_eq!(check(CONV, POOL), Ok(()));
    assert_eq!(check(Conv { kernel: 0, ..CONV }, POOL), Err(Error::EmptyWindow { layer: 0 }));
    assert_eq!(check(Conv { stride: 0, ..CONV }, POOL), Err(Error::EmptyWindow { layer: 0 }));
    assert_eq!(check(CONV, Pool { window: 0, ..POOL }), Err(Error::EmptyWindow { layer: 1 }));
}

#[test]
fn a_window_larger_than_its_padded_input_is_refused_with_both_sizes() {
    let too_large =
        |layer, window, height, width| Err(Error::WindowDoesNotFit { layer, window: [window; 2], height, width });
    assert_eq!(check(Conv { kernel: 5, ..CONV }, POOL), too_large(0, 5, 5, 4));
    assert_eq!(check(Conv { kernel: 7, padding: 1, ..CONV }, POOL), too_large(0, 7, 7, 6));
    assert_eq!(check(CONV, Pool { window: 3, ..POOL }), too_large(1, 3, 3, 2));
    let flat = Pool { input: shape(3, 1, 6), ..POOL };
    assert_eq!(check(CONV, flat), too_large(1, 2, 1, 6));
    let message = check(Conv { kernel: 7, padding: 1, ..CONV }, POOL).unwrap_err().to_string();
    assert_eq!(message, "layer 0: a window of 7x7 does not fit into an input of 7x6 (padding included)");
}

#[test]
fn a_layer_without_channels_or_pixels_is_empty_and_neighbours_must_fit() {
    let empty = Err(Error::EmptyLayer { layer: 0 });
    assert_eq!(check(Conv { channels: 0, ..CONV }, POOL), empty);
    for input in [shape(0, 5, 4), shape(2, 0, 4), shape(2, 5, 0)] {
        assert_eq!(check(Conv { input, ..CONV }, POOL), empty, "{input:?}");
    }
    let wider = Pool { input: shape(3, 3, 3), ..POOL };
    assert_eq!(check(CONV, wider), Err(Error::LayersDoNotFit { layer: 1, given: 18, expected: 27 }));
}

#[test]
fn a_convolution_cannot_be_the_output_layer() {
    let layers = [Layer::Conv(CONV)];
    assert_eq!(Spec { layers: &layers, loss: Loss::CrossEntropy }.check(), Err(Error::LastLayerNotDense));
}

/// A convolution or a pooling layer as anyone might write it down, zeros included.
fn link() -> impl Strategy<Value = Layer> {
    let input = (0usize..3, 0usize..6, 0usize..6).prop_map(|(channels, height, width)| shape(channels, height, width));
    let along = select(vec![Along::Both, Along::Height, Along::Width]);
    let conv = (input.clone(), 0usize..3, 0usize..5, 0usize..3, 0usize..3, along, select(&ACTIVATIONS[..])).prop_map(
        |(input, channels, kernel, stride, padding, along, activation)| {
            Layer::Conv(Conv {
                input,
                channels,
                kernel,
                stride,
                padding,
                along,
                norm: false,
                pooled_readout: false,
                activation,
            })
        },
    );
    let pooling = select(vec![Pooling::Max, Pooling::Average]);
    let pool = (input, 0usize..4, pooling).prop_map(|(input, window, pooling)| pool(input, window, pooling));
    prop_oneof![conv, pool]
}

/// The layer with the shape that it gets from the layer before.
fn fitted(layer: Layer, input: Shape) -> (Layer, Shape) {
    match layer {
        Layer::Conv(conv) => (Layer::Conv(Conv { input, ..conv }), Conv { input, ..conv }.output()),
        Layer::Pool(pool) => (Layer::Pool(Pool { input, ..pool }), Pool { input, ..pool }.output()),
        _ => (layer, input),
    }
}

/// Whether some layer has no place for its window, nothing to work on or nothing to give.
fn is_degenerate(layers: &[Layer]) -> bool {
    layers.iter().any(|layer| layer.inputs() == 0 || layer.outputs() == 0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_description_is_refused_or_learns(
        links in prop::collection::vec(link(), 1..4), rule in select(&Rule::ALL[..]), as_written in any::<bool>(),
    ) {
        let mut input = match links[0] {
            Layer::Conv(conv) => conv.input,
            Layer::Pool(pool) => pool.input,
            _ => unreachable!(),
        };
        let mut layers = Vec::new();
        for link in links {
            let (layer, next) = if as_written { (link, Shape::flat(link.outputs())) } else { fitted(link, input) };
            layers.push(layer);
            input = next;
        }
        layers.push(dense(input.size(), 2, Activation::Identity));
        let checked = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().map(|_| ());
        prop_assert!(!is_degenerate(&layers) || checked.is_err());
        prop_assert!(is_degenerate(&layers) || as_written || checked.is_ok());
        if checked.is_ok() {
            let mut student = Student::new(&layers, Loss::CrossEntropy, plain_training(rule), 2);
            let x = uniform(1, 2 * layers[0].inputs(), 1.0);
            prop_assert!(student.learn(&x, &Targets::Labels(&[0, 1]), &clock(1, 0, 0.1)).is_ok());
            prop_assert!(student.parameters.iter().all(|p| p.is_finite()));
        }
    }
}
