//! What every rule does to every parameter, against finite differences and against the rule's formula, both in f64.
//!
//! The optimizer `Momentum { momentum: 0 }` leaves the gradient itself as its state, so the public API shows it.

mod common;

use common::*;
use openloop_core::layer::dropout;
use openloop_core::random::{Purpose, Stream};
use openloop_core::*;

const BATCH: usize = 3;
const INPUTS: usize = 9;
const OUTPUTS: usize = 4;
const LABELS: [u32; BATCH] = [2, 0, 3];
/// Rounding of f32, relative to the largest gradient.
const TOLERANCE: f64 = 2e-6;

/// Two hidden layers; dropout, where wanted, before each dense layer, the input included, as in the paper's networks.
fn layers(activation: Activation, loss: Loss, with_dropout: bool) -> Vec<Layer> {
    let last = if loss == Loss::MeanSquaredError { activation } else { Activation::Identity };
    let links = [dense(INPUTS, 6, activation), dense(6, 5, activation), dense(5, OUTPUTS, last)];
    links.into_iter().flat_map(|l| with_dropout.then(|| dropout(l.inputs())).into_iter().chain([l])).collect()
}

fn student(rule: Rule, scaling: Scaling, loss: Loss, layers: &[Layer]) -> Student {
    let mut student = Student::new(layers, loss, Training { rule, optimizer: BARE, scaling, seed: 5 }, BATCH);
    // larger than the usual initial weights, so that no gradient is tiny
    let parameters = uniform(11, student.parameters.len(), 0.9);
    student.parameters.copy_from_slice(&parameters);
    student
}

fn input() -> Vec<f32> {
    uniform(12, BATCH * INPUTS, 1.0)
}

/// Every combination of scaling, loss, hidden activation and dropout.
fn cases() -> impl Iterator<Item = (Scaling, Loss, Vec<Layer>)> {
    let losses = SCALINGS.into_iter().flat_map(|s| LOSSES.into_iter().map(move |l| (s, l)));
    let activations = losses.flat_map(|(s, l)| ACTIVATIONS.into_iter().map(move |a| (s, l, a)));
    activations.flat_map(|(s, l, a)| [false, true].into_iter().map(move |d| (s, l, layers(a, l, d))))
}

/// What the loss, summed over samples and outputs, is divided by.
fn terms(scaling: Scaling, loss: Loss) -> f64 {
    common::terms(scaling, loss, BATCH, OUTPUTS)
}

#[test]
fn backpropagation_gives_the_slope_of_the_loss() {
    let (x, t) = (input(), one_hot(&LABELS, OUTPUTS));
    for (scaling, loss, layers) in cases() {
        let student = student(Rule::Bp, scaling, loss, &layers);
        let (gradient, outcome) = student.gradient(&x, &Targets::Labels(&LABELS), 4);
        let oracle = student.oracle(BATCH, 4);
        let parameters = wide(&student.parameters);
        let what = format!("{scaling:?} {layers:?}");
        assert_close(&[outcome.loss], &[oracle.loss(&parameters, &wide(&x), &t)], TOLERANCE, &what);
        let slope = oracle.slope(&parameters, &wide(&x), &t);
        let expected: Vec<f64> = slope.iter().map(|s| s / terms(scaling, loss)).collect();
        assert_close(&gradient, &expected, TOLERANCE, &what);
    }
}

#[test]
fn backpropagation_of_real_valued_targets_gives_the_slope_of_the_loss() {
    let (x, t) = (input(), uniform(13, BATCH * OUTPUTS, 0.5).iter().map(|t| t + 0.5).collect::<Vec<_>>());
    for (scaling, loss, layers) in cases().filter(|case| case.1 != Loss::CrossEntropy) {
        let student = student(Rule::Bp, scaling, loss, &layers);
        let (gradient, outcome) = student.gradient(&x, &Targets::Values(&t), 0);
        let (oracle, parameters) = (student.oracle(BATCH, 0), wide(&student.parameters));
        let slope = oracle.slope(&parameters, &wide(&x), &wide(&t));
        let expected: Vec<f64> = slope.iter().map(|s| s / terms(scaling, loss)).collect();
        assert_close(&gradient, &expected, TOLERANCE, &format!("{scaling:?} {layers:?}"));
        assert_eq!(outcome.wrong, 0);
    }
}

#[test]
fn every_rule_follows_its_formula() {
    let (x, t) = (input(), one_hot(&LABELS, OUTPUTS));
    for (rule, (scaling, loss, layers)) in Rule::ALL.into_iter().flat_map(|r| cases().map(move |c| (r, c))) {
        let student = student(rule, scaling, loss, &layers);
        let (gradient, _) = student.gradient(&x, &Targets::Labels(&LABELS), 6);
        let expected = by_formula(&student, &x, &t, 6);
        assert_close(&gradient, &expected, TOLERANCE, &format!("{rule:?} {scaling:?} {loss:?} {layers:?}"));
    }
}

#[test]
fn feedback_alignment_through_the_forward_weights_is_backpropagation_to_the_bit() {
    let x = input();
    for (scaling, loss, layers) in cases() {
        let bp = student(Rule::Bp, scaling, loss, &layers);
        let mut fa = student(Rule::Fa, scaling, loss, &layers);
        let (mut used, mut weights) = (0, Vec::new());
        for layer in &layers {
            if let Layer::Dense(dense) = layer {
                weights.push(&fa.parameters[used..used + dense.weights()]);
            }
            used += layer.parameters();
        }
        fa.feedback = weights[1..].concat();
        let targets = Targets::Labels(&LABELS);
        assert_eq!(bits(&fa.gradient(&x, &targets, 1).0), bits(&bp.gradient(&x, &targets, 1).0), "{layers:?}");
    }
}

/// The gradients of dfa and fa for one hidden layer and one common matrix.
fn dfa_and_fa(scaling: Scaling, loss: Loss) -> (Vec<f32>, Vec<f32>) {
    let layers = [dense(INPUTS, 7, Activation::Tanh), dense(7, OUTPUTS, Activation::Identity)];
    let dfa = student(Rule::Dfa, scaling, loss, &layers);
    let mut fa = student(Rule::Fa, scaling, loss, &layers);
    fa.feedback.copy_from_slice(&dfa.feedback);
    let gradient = |student: Student| student.gradient(&input(), &Targets::Labels(&LABELS), 0).0;
    (gradient(dfa), gradient(fa))
}

#[test]
fn with_one_hidden_layer_dfa_is_fa_where_both_take_the_mean() {
    for loss in [Loss::BinaryCrossEntropy, Loss::CrossEntropy] {
        let (dfa, fa) = dfa_and_fa(Scaling::Mean, loss);
        assert_eq!(bits(&dfa), bits(&fa), "{loss:?}");
    }
}

#[test]
fn with_one_hidden_layer_the_reference_scaling_makes_dfa_larger_than_fa_by_the_averaged_terms() {
    let hidden = INPUTS * 7 + 7;
    for loss in LOSSES {
        let (dfa, fa) = dfa_and_fa(Scaling::Reference, loss);
        let twice = if loss == Loss::MeanSquaredError { 2.0 } else { 1.0 };
        let factor = terms(Scaling::Reference, loss) / twice;
        let expected: Vec<f64> = wide(&fa)[..hidden].iter().map(|g| g * factor).collect();
        assert_close(&dfa[..hidden], &expected, TOLERANCE, &format!("{loss:?}"));
        assert_eq!(bits(&dfa[hidden..]), bits(&fa[hidden..]), "{loss:?}: the output layer learns alike");
    }
}

#[test]
fn a_step_changes_nothing_that_the_same_step_still_reads() {
    for (rule, (scaling, loss, layers)) in Rule::ALL.into_iter().flat_map(|r| cases().map(move |c| (r, c))) {
        let mut student = student(rule, scaling, loss, &layers);
        let (still, seen) = student.gradient(&input(), &Targets::Labels(&LABELS), 2);
        let outcome = student.learn(&input(), &Targets::Labels(&LABELS), &clock(1, 2, 0.5)).unwrap();
        assert_eq!(outcome, seen, "{rule:?} {layers:?}");
        assert_eq!(bits(&student.optimizer), bits(&still), "{rule:?} {layers:?}");
    }
}

#[test]
fn hidden_layers_and_the_output_layer_move_by_their_own_rate() {
    let layers = layers(Activation::Tanh, Loss::CrossEntropy, true);
    for rule in Rule::ALL {
        let mut student = student(rule, Scaling::Mean, Loss::CrossEntropy, &layers);
        let (gradient, _) = student.gradient(&input(), &Targets::Labels(&LABELS), 0);
        let before = student.parameters.clone();
        let clock = Clock { step: 1, samples: 0, hidden_rate: 0.25, output_rate: 0.75 };
        student.learn(&input(), &Targets::Labels(&LABELS), &clock).unwrap();
        let hidden = before.len() - layers.last().unwrap().parameters();
        let moved = |(i, (p, g)): (usize, (&f32, &f32))| p - if i < hidden { 0.25 } else { 0.75 } * g;
        let expected: Vec<f32> = before.iter().zip(&gradient).enumerate().map(moved).collect();
        assert_eq!(bits(&student.parameters), bits(&expected), "{rule:?}");
    }
}

#[test]
fn inference_agrees_with_the_f64_forward_pass_and_passes_dropout_by() {
    for (_, loss, layers) in cases() {
        let student = student(Rule::Drtp, Scaling::Mean, loss, &layers);
        let mut oracle = student.oracle(BATCH, 0);
        oracle.masks.iter_mut().for_each(|mask| mask.fill(1.0));
        let y = oracle.forward(&wide(&student.parameters), &wide(&input())).pop().unwrap();
        let mut scratch = vec![f32::NAN; Plan::inference(&student.network(), BATCH)];
        let found = infer(&Plain, &student.network(), &student.parameters, &input(), &mut scratch).unwrap();
        assert_close(found, &y, TOLERANCE, &format!("{layers:?}"));
    }
}

#[test]
fn a_silenced_unit_is_seen_by_the_next_layer_and_each_step_draws_its_own() {
    let layers = layers(Activation::Tanh, Loss::CrossEntropy, true);
    let student = student(Rule::Drtp, Scaling::Mean, Loss::CrossEntropy, &layers);
    let loss_at = |samples| student.gradient(&input(), &Targets::Labels(&LABELS), samples).1.loss;
    assert_eq!(loss_at(0).to_bits(), loss_at(0).to_bits());
    assert_ne!(loss_at(0), loss_at(BATCH as u64));
    let mut mask = [1.0; 2 * INPUTS];
    let Layer::Dropout(first) = layers[0] else { panic!("the first layer is a dropout") };
    dropout::apply(&first, &Stream::new(5, Purpose::Dropout, 0), 0, &mut mask);
    assert!(mask.contains(&0.0) && mask.iter().any(|&m| m > 1.0));
}

#[test]
fn a_layer_that_learns_in_several_blocks_follows_the_formula_too() {
    let (x, t) = (input(), one_hot(&LABELS, OUTPUTS));
    for (rule, activation) in Rule::ALL.into_iter().flat_map(|r| ACTIVATIONS.map(|a| (r, a))) {
        let layers =
            [dense(INPUTS, 70, activation), dense(70, 33, activation), dense(33, OUTPUTS, Activation::Identity)];
        let student = student(rule, Scaling::Mean, Loss::CrossEntropy, &layers);
        let (gradient, _) = student.gradient(&x, &Targets::Labels(&LABELS), 0);
        assert_close(&gradient, &by_formula(&student, &x, &t, 0), TOLERANCE, &format!("{rule:?} {activation:?}"));
    }
}
