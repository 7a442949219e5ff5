//! Every fast kernel against the core's oracle, at sizes 0, 1, lane - 1, lane, lane + 1 and some beyond a block, and the
//! same bits on one and on three threads.

use openloop::kernels::Fast;
use openloop_core::layer::{Dense, dense};
use openloop_core::matrix::Matrix;
use openloop_core::memory::Trainable;
use openloop_core::optimizer::{Optimizer, Slots};
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Activation, Kernels};
use proptest::prelude::*;

/// Sizes where vector code goes wrong: around 8 and 16 lanes, around a block of 32, and beyond it.
const SIZES: [usize; 14] = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 130];
const BATCHES: [usize; 9] = [0, 1, 2, 7, 8, 15, 16, 17, 40];

fn values(number: u32, length: usize) -> Vec<f32> {
    let mut out = vec![0.0; length];
    Stream::new(9, Purpose::Data, number).fill_uniform(0, 1.0, &mut out);
    out
}

fn close(what: &str, found: &[f32], expected: &[f32], terms: usize) {
    let allowed = 1e-6 * (1.0 + terms as f32).sqrt() * 4.0;
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= allowed * (1.0 + e.abs()), "{what}[{i}]: {f} against {e}");
    }
}

fn activations() -> impl Strategy<Value = Activation> {
    prop::sample::select(vec![Activation::Tanh, Activation::Sigmoid, Activation::Relu, Activation::Identity])
}

fn optimizers() -> impl Strategy<Value = Optimizer> {
    let all = [Optimizer::Sgd, Optimizer::MOMENTUM, Optimizer::NESTEROV, Optimizer::ADAM, Optimizer::RMSPROP];
    prop::sample::select(all.to_vec())
}

fn size() -> impl Strategy<Value = usize> {
    prop::sample::select(SIZES.to_vec())
}

fn batch() -> impl Strategy<Value = usize> {
    prop::sample::select(BATCHES.to_vec())
}

/// One thread and three; the work is repeated so that it is worth splitting at the larger sizes.
fn both() -> [Fast; 2] {
    [Fast::new(1).unwrap(), Fast::new(3).unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn dense_forward_is_the_oracles(inputs in size(), outputs in size(), batch in batch(), activation in activations()) {
        let layer = Dense { inputs, outputs, activation };
        let (parameters, x) = (values(0, layer.parameters()), values(1, batch * inputs));
        let mut expected = vec![9.0; batch * outputs];
        dense::forward(&layer, &parameters, &x, &mut expected);
        let [one, three] = both().map(|kernels| {
            let mut a = vec![7.0; batch * outputs];
            kernels.dense_forward(&layer, &parameters, &x, &mut a);
            a
        });
        close("a", &one, &expected, inputs);
        prop_assert_eq!(one, three);
    }

    #[test]
    fn dense_input_gradient_is_the_oracles(inputs in size(), outputs in size(), batch in batch()) {
        let layer = Dense { inputs, outputs, activation: Activation::Tanh };
        let (weights, delta) = (values(0, layer.weights()), values(1, batch * outputs));
        let mut expected = vec![9.0; batch * inputs];
        dense::input_gradient(&layer, Matrix::Stored(&weights), &delta, &mut expected);
        let [one, three] = both().map(|kernels| {
            let mut gradient = vec![7.0; batch * inputs];
            kernels.dense_input_gradient(&layer, Matrix::Stored(&weights), &delta, &mut gradient);
            gradient
        });
        close("gradient", &one, &expected, outputs);
        prop_assert_eq!(one, three);
    }

    #[test]
    fn dense_update_is_the_oracles(
        inputs in size(), outputs in size(), batch in batch(), optimizer in optimizers(),
    ) {
        let layer = Dense { inputs, outputs, activation: Activation::Tanh };
        let (x, delta) = (values(1, batch * inputs), values(2, batch * outputs));
        let step = optimizer.step(3, 0.01);
        // squares must not be negative, and not so small that a tiny gradient makes a full step
        let state: Vec<f32> = values(3, layer.parameters() * optimizer.slots()).iter().map(|v| v.abs() + 0.1).collect();
        let run = |update: &dyn Fn(Trainable<'_>, &mut [f32])| {
            let (mut parameters, mut state) = (values(0, layer.parameters()), state.clone());
            let slots = Slots::new(&mut state, layer.parameters());
            update(Trainable { parameters: &mut parameters, slots }, &mut vec![5.0; inputs]);
            (parameters, state)
        };
        let expected = run(&|own, row| dense::update(&layer, own, &x, &delta, &step, row));
        let [one, three] = both().map(|fast| run(&|own, row| fast.dense_update(&layer, own, &x, &delta, &step, row)));
        close("parameters", &one.0, &expected.0, batch);
        close("state", &one.1, &expected.1, batch);
        prop_assert_eq!(one, three);
    }

    #[test]
    fn projections_and_readouts_are_the_oracles(rows in size(), columns in size(), batch in batch()) {
        let (matrix, coefficients) = (values(0, rows * columns), values(1, batch * rows));
        let matrix = Matrix::Stored(&matrix);
        let (mut expected, a) = (vec![9.0; batch * columns], values(2, batch * columns));
        matrix.product(rows, columns, &coefficients, 0.5, &mut expected);
        let mut expected_readout = vec![9.0; batch * rows];
        matrix.read_out(rows, columns, &a, &mut expected_readout);
        let [one, three] = both().map(|kernels| {
            let (mut out, mut readout) = (vec![7.0; batch * columns], vec![7.0; batch * rows]);
            kernels.project(matrix, columns, (rows, &coefficients), 0.5, &mut out);
            kernels.read_out(matrix, rows, columns, &a, &mut readout);
            (out, readout)
        });
        close("projection", &one.0, &expected, rows);
        close("readout", &one.1, &expected_readout, columns);
        prop_assert_eq!(one, three);
    }
}

/// Large enough that the work really is split over threads.
#[test]
fn a_large_layer_has_the_same_bits_on_any_number_of_threads() {
    let layer = Dense { inputs: 300, outputs: 200, activation: Activation::Tanh };
    let batch = 64;
    let (x, delta) = (values(1, batch * layer.inputs), values(2, batch * layer.outputs));
    let step = Optimizer::ADAM.step(1, 0.01);
    let results = [1, 2, 3, 5].map(|threads| {
        let kernels = Fast::new(threads).unwrap();
        let mut parameters = values(0, layer.parameters());
        let mut state = vec![0.0; 2 * layer.parameters()];
        let (mut a, mut gradient) = (vec![0.0; batch * layer.outputs], vec![0.0; batch * layer.inputs]);
        kernels.dense_forward(&layer, &parameters, &x, &mut a);
        let weights = Matrix::Stored(&parameters[..layer.weights()]);
        kernels.dense_input_gradient(&layer, weights, &delta, &mut gradient);
        let own = Trainable { parameters: &mut parameters, slots: Slots::new(&mut state, layer.parameters()) };
        kernels.dense_update(&layer, own, &x, &delta, &step, &mut vec![0.0; layer.inputs]);
        (a, gradient, parameters, state)
    });
    assert!(results.iter().all(|result| *result == results[0]));
}
