//! Every optimizer against its published formula in f64, over several steps and layers.

mod common;

use common::*;
use openloop_core::*;

const LABELS: [u32; 2] = [1, 0];

fn layers() -> [Layer; 3] {
    [dense(4, 5, Activation::Tanh), dropout(5), dense(5, 3, Activation::Identity)]
}

/// The change of one parameter and its state (two values, of which an optimizer uses what it needs) by a gradient.
fn by_formula(optimizer: Optimizer, step: u64, rate: f64, g: f64, state: &mut [f64; 2]) -> f64 {
    let [first, second] = state;
    match optimizer {
        Optimizer::Sgd => -rate * g,
        Optimizer::Momentum { momentum } => {
            *first = momentum as f64 * *first + g;
            -rate * *first
        }
        Optimizer::Nesterov { momentum } => {
            *first = momentum as f64 * *first + g;
            -rate * (g + momentum as f64 * *first)
        }
        Optimizer::Adam { beta1, beta2, epsilon } => {
            let (beta1, beta2) = (beta1 as f64, beta2 as f64);
            *first = beta1 * *first + (1.0 - beta1) * g;
            *second = beta2 * *second + (1.0 - beta2) * g * g;
            let mean = *first / (1.0 - beta1.powi(step as i32));
            let square = *second / (1.0 - beta2.powi(step as i32));
            -rate * mean / (square.sqrt() + epsilon as f64)
        }
        Optimizer::RmsProp { alpha, epsilon } => {
            *first = alpha as f64 * *first + (1.0 - alpha as f64) * g * g;
            -rate * g / (first.sqrt() + epsilon as f64)
        }
    }
}

/// The states of all parameters as the core lays them out: layer by layer, slot by slot.
fn laid_out(optimizer: Optimizer, states: &[[f64; 2]]) -> Vec<f64> {
    let (mut used, mut values) = (0, Vec::new());
    for count in layers().iter().map(Layer::parameters) {
        for slot in 0..optimizer.slots() {
            values.extend(states[used..used + count].iter().map(|state| state[slot]));
        }
        used += count;
    }
    values
}

fn assert_follows_its_formula(rule: Rule, optimizer: Optimizer) {
    let training = Training { optimizer, ..plain_training(rule) };
    let mut student = Student::new(&layers(), Loss::CrossEntropy, training, 2);
    let mut bare = Student::new(&layers(), Loss::CrossEntropy, Training { optimizer: BARE, ..training }, 2);
    let mut states = vec![[0.0; 2]; student.parameters.len()];
    let (x, targets) = (uniform(8, 2 * 4, 1.0), Targets::Labels(&LABELS));
    for step in 1..=12 {
        let clock = clock(step, 2 * (step - 1), 0.02);
        bare.parameters.copy_from_slice(&student.parameters);
        let (gradient, _) = bare.gradient(&x, &targets, clock.samples);
        let before = student.parameters.clone();
        student.learn(&x, &targets, &clock).unwrap();
        let change =
            |(g, state): (&f32, &mut [f64; 2])| by_formula(optimizer, step, clock.hidden_rate as f64, *g as f64, state);
        let moved = gradient.iter().zip(&mut states).map(change);
        let expected: Vec<f64> = wide(&before).iter().zip(moved).map(|(p, change)| p + change).collect();
        assert_close(&student.parameters, &expected, 1e-6, &format!("{rule:?} {optimizer:?} step {step}"));
        let state = laid_out(optimizer, &states);
        assert_close(&student.optimizer, &state, 1e-5, &format!("{rule:?} {optimizer:?} state at step {step}"));
    }
}

#[test]
fn every_optimizer_follows_its_formula_on_the_way_and_on_the_way_back() {
    let optimizers = [Optimizer::Sgd, Optimizer::MOMENTUM, Optimizer::NESTEROV, Optimizer::ADAM, Optimizer::RMSPROP];
    for optimizer in optimizers {
        assert_follows_its_formula(Rule::LocalError, optimizer);
        assert_follows_its_formula(Rule::Bp, optimizer);
    }
}

#[test]
fn the_state_of_a_weight_that_gets_no_gradient_any_more_is_never_subnormal_and_ends_at_0() {
    for optimizer in [Optimizer::MOMENTUM, Optimizer::NESTEROV, Optimizer::ADAM, Optimizer::RMSPROP] {
        let layers = [dense(2, 3, Activation::Identity)];
        let training = Training { optimizer, ..plain_training(Rule::Bp) };
        let mut student = Student::new(&layers, Loss::MeanSquaredError, training, 1);
        let targets = [1.0, 0.0, -1.0];
        for step in 1..=9_000 {
            // the first input becomes 0, and with it the gradient of its weights
            let x = if step <= 20 { [1.0, 1.0] } else { [0.0, 1.0] };
            student.learn(&x, &Targets::Values(&targets), &clock(step, step - 1, 0.01)).unwrap();
            assert!(student.optimizer.iter().all(|state| !state.is_subnormal()), "{optimizer:?} at step {step}");
        }
        // adam's mean square fades too slowly to be gone
        assert_eq!(student.optimizer[0], 0.0, "{optimizer:?}");
    }
}
