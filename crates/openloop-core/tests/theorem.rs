//! The paper's theorem: with one example, zero initial weights and linear hidden layers, the layers' weights turn so that
//! the signal backpropagation would send points exactly along DRTP's.
//!
//! The sign: the core adds t B_k to the *gradient* of layer k, in the place where backpropagation puts
//! W_{k+1}^T ... W_K^T (y - t). Both are gradients, so aligned means a cosine of +1. (The paper writes backpropagation's
//! signal as -(1/C) times the same product applied to e = t - y: the same direction.)

mod common;

use common::{Student, clock, dense, one_hot, plain_training, product, uniform, wide};
use openloop_core::*;

const WIDTHS: [usize; 5] = [8, 7, 11, 6, 4];
const LABEL: u32 = 2;
/// Small enough for the error to stay far from zero: the hidden layers are driven by the label without end.
const RATE: f32 = 0.03;

/// Three linear hidden layers of different widths and an output layer, all weights and biases zero.
fn blank_student(rule: Rule, loss: Loss) -> Student {
    let layers: Vec<Layer> = WIDTHS.windows(2).map(|w| dense(w[0], w[1], Activation::Identity)).collect();
    let mut student = Student::new(&layers, loss, plain_training(rule), 1);
    student.parameters.fill(0.0);
    student
}

/// The theorem leaves biases out.
fn forget_biases(student: &mut Student) {
    let mut end = 0;
    for layer in &student.layers {
        end += layer.parameters();
        student.parameters[end - layer.outputs()..end].fill(0.0);
    }
}

/// W_{k+1}^T ... W_K^T (y - t) for every hidden layer k, last to first.
fn backpropagated(student: &Student, x: &[f32]) -> Vec<Vec<f64>> {
    let parameters = wide(&student.parameters);
    let outputs = student.oracle(1, 0).forward(&parameters, &wide(x));
    let t = one_hot(&[LABEL], WIDTHS[4]);
    let mut signal: Vec<f64> = outputs.last().unwrap().iter().zip(t).map(|(y, t)| y - t).collect();
    assert!(signal.iter().all(|e| e.abs() > 1e-3), "the error must not vanish: {signal:?}");
    let mut end = parameters.len();
    let mut signals = Vec::new();
    for layer in student.layers[1..].iter().rev() {
        let weights = &parameters[end - layer.parameters()..end - layer.outputs()];
        end -= layer.parameters();
        signal = product(&signal, weights, layer.inputs());
        signals.push(signal.clone());
    }
    signals
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn assert_aligned(loss: Loss) {
    let mut student = blank_student(Rule::Drtp, loss);
    let x = uniform(3, WIDTHS[0], 1.0);
    for step in 1..=20 {
        student.learn(&x, &Targets::Labels(&[LABEL]), &clock(step, step - 1, RATE)).unwrap();
        forget_biases(&mut student);
        if ![5, 10, 20].contains(&step) {
            continue;
        }
        for (k, signal) in (0..3).rev().zip(backpropagated(&student, &x)) {
            let projected = product(&one_hot(&[LABEL], WIDTHS[4]), &student.matrix(k), WIDTHS[k + 1]);
            let cosine = cosine(&signal, &projected);
            assert!((cosine - 1.0).abs() < 1e-9, "{loss:?}, step {step}, hidden layer {k}: cosine {cosine}");
        }
    }
}

#[test]
fn with_softmax_drtp_turns_the_weights_until_backpropagation_would_say_the_same() {
    assert_aligned(Loss::CrossEntropy);
}

#[test]
fn with_sigmoids_drtp_turns_the_weights_until_backpropagation_would_say_the_same() {
    assert_aligned(Loss::BinaryCrossEntropy);
}

#[test]
fn backpropagation_cannot_leave_zero_weights() {
    let mut student = blank_student(Rule::Bp, Loss::CrossEntropy);
    let x = uniform(3, WIDTHS[0], 1.0);
    for step in 1..=20 {
        student.learn(&x, &Targets::Labels(&[LABEL]), &clock(step, step - 1, RATE)).unwrap();
        forget_biases(&mut student);
    }
    assert!(student.parameters.iter().all(|&p| p == 0.0));
}
