//! Readouts of averaged maps: every rule's gradients against its formula in f64, what is shown of signals, and memory.

mod common;

use common::*;
use openloop_core::*;

const BATCH: usize = 3;
const OUTPUTS: usize = 3;
const LABELS: [u32; BATCH] = [2, 0, 1];
/// Rounding of f32, relative to the largest gradient.
const TOLERANCE: f64 = 1e-4;

/// Two convolutions whose readouts see averages, the second of maps that cells do not divide evenly; and a dense layer.
fn layers(norm: bool, activation: Activation) -> Vec<Layer> {
    let pooled = |input, channels| {
        let Layer::Conv(plain) = conv(input, channels, activation) else { panic!("a convolution") };
        Layer::Conv(Conv { norm, pooled_readout: true, ..plain })
    };
    vec![
        pooled(shape(2, 9, 7), 3),
        pool(shape(3, 9, 7), 2, Pooling::Max),
        pooled(shape(3, 4, 3), 4),
        dense(48, 6, activation),
        dense(6, OUTPUTS, Activation::Identity),
    ]
}

/// A line of moments, whose maps have up to 16 cells.
fn line(norm: bool) -> Vec<Layer> {
    let (input, along) = (shape(2, 40, 1), Along::Height);
    let conv = Conv {
        input,
        channels: 3,
        kernel: 3,
        stride: 1,
        padding: 1,
        along,
        norm,
        pooled_readout: true,
        activation: Activation::Tanh,
    };
    vec![Layer::Conv(conv), dense(120, OUTPUTS, Activation::Identity)]
}

fn student(rule: Rule, layers: &[Layer]) -> Student {
    let training = Training { rule, optimizer: BARE, scaling: Scaling::Mean, seed: 5 };
    Student::new(layers, Loss::CrossEntropy, training, BATCH)
}

#[test]
fn every_rule_follows_its_formula() {
    for rule in Rule::ALL {
        for norm in [false, true] {
            for layers in [layers(norm, Activation::Tanh), layers(norm, Activation::Relu), line(norm)] {
                let mut student = student(rule, &layers);
                let x = uniform(12, BATCH * layers[0].inputs(), 1.0);
                let expected = by_formula(&student, &x, &one_hot(&LABELS, OUTPUTS), 0);
                student.learn(&x, &Targets::Labels(&LABELS), &clock(1, 0, 0.0)).unwrap();
                assert_close(&student.optimizer, &expected, TOLERANCE, &format!("{rule:?}, norm {norm}"));
            }
        }
    }
}

#[test]
fn readouts_and_fixed_matrices_have_a_weight_a_class_for_each_cell() {
    let layers = layers(false, Activation::Tanh);
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    assert_eq!(network.feedback_shape(Rule::LocalError, 0), (OUTPUTS, 3 * 16));
    assert_eq!(network.readout(Rule::LocalErrorLearned, 0).map(|readout| readout.inputs), Some(3 * 16));
    assert_eq!(network.feedback_shape(Rule::Lls, 2), (OUTPUTS, 4 * 12), "4 x 3 places are no more than 4 x 4");
    for rule in [Rule::Drtp, Rule::Dfa, Rule::Sdfa, Rule::DrtpGated] {
        assert_eq!(network.feedback_shape(rule, 0), (OUTPUTS, 3 * 63), "{rule:?} reads nothing");
    }
    let plan = Plan::learning(&network, &plain_training(Rule::LocalError), BATCH);
    assert_eq!(plan.cells, 2 * BATCH * 48);
    assert_eq!(Plan::learning(&network, &plain_training(Rule::Bp), BATCH).cells, 0);
}

#[test]
fn the_signals_shown_are_spread_evenly_over_the_places_of_a_cell() {
    let layers = line(false);
    for rule in [Rule::LocalError, Rule::LocalErrorLearned, Rule::LocalHinge, Rule::Lls] {
        let mut student = student(rule, &layers);
        let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
        let training = Training { optimizer: Optimizer::Sgd, ..student.training };
        let mut scratch = vec![f32::NAN; Plan::watching(&network, &training, BATCH).scratch()];
        let memory = Memory {
            parameters: &mut student.parameters,
            layouts: &[],
            readouts: &mut student.readouts,
            optimizer: &mut [],
            feedback: Feedback::Stored(&student.feedback),
            scratch: &mut scratch,
        };
        let x = uniform(12, BATCH * 80, 1.0);
        let mut seen = Vec::new();
        signals(&Plain, &network, &training, memory, &x, &Targets::Labels(&LABELS), &mut |k, signal| {
            assert_eq!(k, 0);
            seen = signal.to_vec();
        })
        .unwrap();
        // cells of 40 places in 16 parts: 2, 3, 2, 3, ... places
        for line in seen.chunks_exact(40) {
            let cells: Vec<usize> = (0..40).map(|at| (0..16).find(|cell| at < (cell + 1) * 40 / 16).unwrap()).collect();
            let alike = |i: usize| (cells[i] == cells[i - 1]) == (line[i] == line[i - 1]);
            assert!((1..40).all(alike), "{rule:?}: {line:?}");
        }
    }
}
