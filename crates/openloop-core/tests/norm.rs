//! Normalised convolutions: every rule's gradients against finite differences and formulas in f64, the running numbers, and memory.

mod common;

use common::*;
use openloop_core::*;

const BATCH: usize = 3;
const OUTPUTS: usize = 3;
const LABELS: [u32; BATCH] = [2, 0, 1];
/// Rounding of f32, relative to the largest gradient.
const TOLERANCE: f64 = 2e-5;

fn norm_conv(input: Shape, channels: usize, activation: Activation) -> Layer {
    let Layer::Conv(plain) = conv(input, channels, activation) else { panic!("a convolution") };
    Layer::Conv(Conv { norm: true, ..plain })
}

/// A normalised convolution, pooling, one of each kind of convolution, and two dense layers.
fn layers(activation: Activation, pooling: Pooling) -> Vec<Layer> {
    let (image, half) = (shape(2, 6, 5), shape(3, 3, 2));
    vec![
        norm_conv(image, 3, activation),
        pool(shape(3, 6, 5), 2, pooling),
        norm_conv(half, 4, activation),
        conv(shape(4, 3, 2), 2, activation),
        dense(12, 5, activation),
        dense(5, OUTPUTS, Activation::Identity),
    ]
}

fn student(rule: Rule, layers: &[Layer], batch: usize) -> Student {
    let training = Training { rule, optimizer: BARE, scaling: Scaling::Mean, seed: 5 };
    let mut student = Student::new(layers, Loss::CrossEntropy, training, batch);
    let (noise, mut used) = (uniform(9, student.parameters.len(), 0.4), 0);
    for layer in layers {
        let own = used..used + layer.parameters();
        let learned = own.start + layer.weights() + layer.weight_shape().0;
        for i in own.clone() {
            // scales, means and variances are moved from where they start, so that each has a part in what is found
            student.parameters[i] += noise[i] * if i < learned { 1.0 } else { 0.5 };
        }
        used = own.end;
    }
    student
}

fn input(batch: usize) -> Vec<f32> {
    uniform(12, batch * 2 * 6 * 5, 1.0)
}

/// The gradients that a step forms, which leaves them as the optimizer's state.
fn gradient(student: &Student, x: &[f32], labels: &[u32]) -> Vec<f32> {
    let mut copy = student.clone();
    copy.learn(x, &Targets::Labels(labels), &clock(1, 0, 0.0)).unwrap();
    copy.optimizer
}

#[test]
fn backpropagation_through_the_statistics_of_a_batch_gives_the_slope_of_the_loss() {
    for (activation, pooling) in [(Activation::Tanh, Pooling::Max), (Activation::Sigmoid, Pooling::Average)] {
        for batch in [BATCH, 1] {
            let layers = layers(activation, pooling);
            let student = student(Rule::Bp, &layers, batch);
            let (x, t) = (input(batch), one_hot(&LABELS[..batch], OUTPUTS));
            let slope = student.oracle(batch, 0).slope(&wide(&student.parameters), &wide(&x), &t);
            let mut expected: Vec<f64> = slope.iter().map(|s| s / batch as f64).collect();
            // running numbers count as constants where a sample is normalised by them
            let mut used = 0;
            for layer in &layers {
                if layer.kept(1) > 0 {
                    let learned = layer.weights() + 2 * layer.weight_shape().0;
                    expected[used + learned..used + layer.parameters()].fill(0.0);
                }
                used += layer.parameters();
            }
            let found = gradient(&student, &x, &LABELS[..batch]);
            assert_close(&found, &expected, TOLERANCE, &format!("{activation:?}, batch {batch}"));
        }
    }
}

#[test]
fn every_rule_follows_its_formula() {
    for rule in Rule::ALL {
        for (activation, batch) in [(Activation::Tanh, BATCH), (Activation::Relu, BATCH), (Activation::Tanh, 1)] {
            let student = student(rule, &layers(activation, Pooling::Max), batch);
            let x = input(batch);
            let expected = by_formula(&student, &x, &one_hot(&LABELS[..batch], OUTPUTS), 0);
            let found = gradient(&student, &x, &LABELS[..batch]);
            assert_close(&found, &expected, 5.0 * TOLERANCE, &format!("{rule:?} {activation:?} {batch}"));
        }
    }
}

/// The running means and variances of the first layer.
fn running(student: &Student) -> (&[f32], &[f32]) {
    let first = student.layers[0].weights() + 2 * 3;
    (&student.parameters[first..first + 3], &student.parameters[first + 3..first + 6])
}

#[test]
fn a_batch_moves_running_numbers_by_a_tenth_and_a_sample_by_a_hundredth_under_every_rule() {
    for (rule, batch) in Rule::ALL.into_iter().flat_map(|rule| [(rule, BATCH), (rule, 1)]) {
        let layers = layers(Activation::Tanh, Pooling::Max);
        let mut student = student(rule, &layers, batch);
        let before = student.clone();
        let x = input(batch);
        student.learn(&x, &Targets::Labels(&LABELS[..batch]), &clock(1, 0, 0.0)).unwrap();
        let Layer::Conv(first) = layers[0] else { panic!("a convolution") };
        let plain = Conv { norm: false, pooled_readout: false, activation: Activation::Identity, ..first };
        let weights = [&before.parameters[..first.weights()], &[0.0; 3][..]].concat();
        let mut z = vec![0.0; batch * plain.output().size()];
        openloop_core::layer::conv::forward(&plain, &weights, &x, &mut z);
        for channel in 0..3 {
            let (mean, variance) = (running(&before).0[channel] as f64, running(&before).1[channel] as f64);
            let own: Vec<f64> = (0..z.len()).filter(|i| i / 30 % 3 == channel).map(|i| z[i] as f64).collect();
            let n = own.len() as f64;
            let centre = own.iter().sum::<f64>() / n;
            let (from, divisor, share) = if batch == 1 { (mean, n, 0.01) } else { (centre, n - 1.0, 0.1) };
            let squares = own.iter().map(|z| (z - from).powi(2)).sum::<f64>() / divisor;
            let found = (running(&student).0[channel], running(&student).1[channel]);
            let expected = [mean + share * (centre - mean), variance + share * (squares - variance)];
            assert_close(&[found.0, found.1], &expected, 1e-5, &format!("{rule:?}, channel {channel}, batch {batch}"));
        }
    }
}

#[test]
fn signals_are_shown_without_moving_running_numbers() {
    let layers = layers(Activation::Tanh, Pooling::Max);
    for rule in Rule::ALL {
        let mut student = Student { optimizer: Vec::new(), ..student(rule, &layers, BATCH) };
        let before = student.parameters.clone();
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
        let mut shown = 0;
        let on_signal = &mut |_: usize, signal: &[f32]| {
            shown += 1;
            assert!(signal.iter().all(|s| s.is_finite()), "{rule:?}");
        };
        signals(&Plain, &network, &training, memory, &input(BATCH), &Targets::Labels(&LABELS), on_signal).unwrap();
        assert_eq!(shown, 4, "{rule:?}");
        assert_eq!(bits(&student.parameters), bits(&before), "{rule:?}");
    }
}

#[test]
fn a_batch_of_no_samples_changes_nothing() {
    for rule in Rule::ALL {
        let layers = layers(Activation::Tanh, Pooling::Max);
        let mut student = student(rule, &layers, BATCH);
        let before = student.parameters.clone();
        student.learn(&[], &Targets::Labels(&[]), &clock(1, 0, 0.5)).unwrap();
        assert_eq!(bits(&student.parameters), bits(&before), "{rule:?}");
    }
}

#[test]
fn answers_use_the_running_numbers_and_do_not_depend_on_the_batch() {
    let layers = layers(Activation::Relu, Pooling::Max);
    let student = student(Rule::Bp, &layers, BATCH);
    let ask = |x: &[f32], batch: usize| {
        let mut scratch = vec![f32::NAN; Plan::inference(&student.network(), batch)];
        infer(&Plain, &student.network(), &student.parameters, x, &mut scratch).unwrap().to_vec()
    };
    let (x, size) = (input(BATCH), 60);
    let alone: Vec<f32> = (0..BATCH).flat_map(|s| ask(&x[s * size..(s + 1) * size], 1)).collect();
    assert_eq!(bits(&ask(&x, BATCH)), bits(&alone));
    // a sample alone is normalised by the running numbers while learning too
    let expected = student.oracle(1, 0).forward(&wide(&student.parameters), &wide(&x[..size])).pop().unwrap();
    assert_close(&ask(&x[..size], 1), &expected, TOLERANCE, "one sample");
}

#[test]
fn a_local_rule_keeps_the_normalised_sums_of_one_layer_and_backpropagation_of_all() {
    let layers = layers(Activation::Tanh, Pooling::Max);
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let plan = |rule| Plan::learning(&network, &plain_training(rule), BATCH);
    let (first, second) = (BATCH * 3 * 30 + 3, BATCH * 4 * 6 + 4);
    assert_eq!(plan(Rule::LocalError).normalised, first);
    assert_eq!(plan(Rule::Bp).normalised, first + second);
    let regions = plan(Rule::Bp).regions();
    assert!(regions.iter().any(|region| (region.name, region.values) == ("normalised sums", first + second)));
    let bytes: usize = regions.iter().filter(|r| r.lifetime != plan::Lifetime::Persistent).map(|r| r.bytes()).sum();
    assert_eq!(bytes, plan(Rule::Bp).transient_bytes());
}
