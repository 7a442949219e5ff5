//! What every rule does to every parameter of networks with convolution and pooling, against finite differences and
//! against the rule's formula, both in f64.

mod common;

use common::*;
use openloop_core::*;

const BATCH: usize = 2;
const INPUT: (usize, usize, usize) = (2, 9, 8);
const OUTPUTS: usize = 3;
const LABELS: [u32; BATCH] = [2, 0];
/// Rounding of f32, relative to the largest gradient.
const TOLERANCE: f64 = 4e-6;

/// One filter's size, step and frame.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    kernel: usize,
    stride: usize,
    padding: usize,
    along: Along,
}

fn geometries() -> impl Iterator<Item = Geometry> {
    let kernels = (1..=3).flat_map(|kernel| (1..=2).map(move |stride| (kernel, stride)));
    let sizes = kernels.flat_map(|(kernel, stride)| (0..=2).map(move |padding| (kernel, stride, padding)));
    let all = [Along::Both, Along::Height, Along::Width];
    sizes.flat_map(move |(kernel, stride, padding)| all.map(|along| Geometry { kernel, stride, padding, along }))
}

/// Puts a convolution of 2 or 3 channels, and pooling where it fits, on top of `layers`.
fn grow(
    layers: &mut Vec<Layer>,
    input: Shape,
    channels: usize,
    of: Geometry,
    act: Activation,
    p: Option<Pooling>,
) -> Shape {
    let Geometry { kernel, stride, padding, along } = of;
    let conv =
        Conv { input, channels, kernel, stride, padding, along, norm: false, pooled_readout: false, activation: act };
    layers.push(Layer::Conv(conv));
    let out = conv.output();
    match p {
        Some(pooling) if out.height > 1 && out.width > 1 => {
            let pool = Pool { input: out, window: 2, pooling };
            layers.push(Layer::Pool(pool));
            pool.output()
        }
        _ => out,
    }
}

/// Two convolutions, each with pooling where wanted, and two dense layers with dropout before each. The second
/// convolution has the geometry, so that its weights and what it hands down both follow it.
fn layers(geometry: Geometry, pooling: Option<Pooling>, activation: Activation, loss: Loss) -> Vec<Layer> {
    let mut layers = Vec::new();
    let first = Geometry { kernel: 2, stride: 1, padding: 0, along: Along::Both };
    let between = grow(&mut layers, shape(INPUT.0, INPUT.1, INPUT.2), 2, first, activation, pooling);
    let top = grow(&mut layers, between, 3, geometry, activation, pooling).size();
    let last = if loss == Loss::MeanSquaredError { activation } else { Activation::Identity };
    layers.extend([dropout(top), dense(top, 4, activation), dropout(4), dense(4, OUTPUTS, last)]);
    layers
}

struct Case {
    scaling: Scaling,
    loss: Loss,
    layers: Vec<Layer>,
}

/// Every geometry with every pooling and activation, the three losses and two scalings in turn.
fn cases() -> impl Iterator<Item = Case> {
    let poolings = [None, Some(Pooling::Max), Some(Pooling::Average)];
    let shapes = geometries().flat_map(move |g| poolings.into_iter().map(move |p| (g, p)));
    let all = shapes.flat_map(|(g, p)| ACTIVATIONS.into_iter().map(move |a| (g, p, a)));
    all.enumerate().map(|(n, (geometry, pooling, activation))| {
        let loss = LOSSES[n % 3];
        Case { scaling: SCALINGS[n / 4 % 2], loss, layers: layers(geometry, pooling, activation, loss) }
    })
}

fn student(rule: Rule, case: &Case) -> Student {
    let training = Training { rule, optimizer: BARE, scaling: case.scaling, seed: 5 };
    let mut student = Student::new(&case.layers, case.loss, training, BATCH);
    // larger than the usual initial weights, so that no gradient is tiny
    student.parameters.iter_mut().for_each(|p| *p *= 1.5);
    student
}

fn input() -> Vec<f32> {
    uniform(12, BATCH * INPUT.0 * INPUT.1 * INPUT.2, 1.0)
}

#[test]
fn backpropagation_gives_the_slope_of_the_loss() {
    let (x, t) = (input(), one_hot(&LABELS, OUTPUTS));
    for case in cases() {
        let student = student(Rule::Bp, &case);
        let (gradient, outcome) = student.gradient(&x, &Targets::Labels(&LABELS), 4);
        let (oracle, parameters) = (student.oracle(BATCH, 4), wide(&student.parameters));
        let what = format!("{:?} {:?}", case.scaling, case.layers);
        assert_close(&[outcome.loss], &[oracle.loss(&parameters, &wide(&x), &t)], TOLERANCE, &what);
        let divisor = terms(case.scaling, case.loss, BATCH, OUTPUTS);
        let slope = oracle.slope(&parameters, &wide(&x), &t);
        let expected: Vec<f64> = slope.iter().map(|s| s / divisor).collect();
        assert_close(&gradient, &expected, TOLERANCE, &what);
    }
}

#[test]
fn every_rule_follows_its_formula() {
    let (x, t) = (input(), one_hot(&LABELS, OUTPUTS));
    for (rule, case) in Rule::ALL.into_iter().flat_map(|rule| cases().map(move |case| (rule, case))) {
        let student = student(rule, &case);
        let (gradient, _) = student.gradient(&x, &Targets::Labels(&LABELS), 6);
        let expected = by_formula(&student, &x, &t, 6);
        // lls takes away the part of its signal that points along the output, and the rounding of that part stays
        let tolerance = if rule == Rule::Lls { 4.0 * TOLERANCE } else { TOLERANCE };
        assert_close(&gradient, &expected, tolerance, &format!("{rule:?} {:?} {:?}", case.scaling, case.layers));
    }
}

#[test]
fn feedback_alignment_through_the_forward_weights_is_backpropagation_to_the_bit() {
    let x = input();
    for case in cases() {
        let bp = student(Rule::Bp, &case);
        let mut fa = student(Rule::Fa, &case);
        let (mut used, mut weights) = (0, Vec::new());
        for layer in &case.layers {
            weights.push(&fa.parameters[used..used + layer.weights()]);
            used += layer.parameters();
        }
        fa.feedback = weights[1..].concat();
        let targets = Targets::Labels(&LABELS);
        assert_eq!(bits(&fa.gradient(&x, &targets, 1).0), bits(&bp.gradient(&x, &targets, 1).0), "{:?}", case.layers);
    }
}

#[test]
fn inference_agrees_with_the_f64_forward_pass() {
    for case in cases() {
        let student = student(Rule::Drtp, &case);
        let mut oracle = student.oracle(BATCH, 0);
        oracle.masks.iter_mut().for_each(|mask| mask.fill(1.0));
        let y = oracle.forward(&wide(&student.parameters), &wide(&input())).pop().unwrap();
        let mut scratch = vec![f32::NAN; Plan::inference(&student.network(), BATCH)];
        let found = infer(&Plain, &student.network(), &student.parameters, &input(), &mut scratch).unwrap();
        assert_close(found, &y, TOLERANCE, &format!("{:?}", case.layers));
    }
}

#[test]
fn a_step_changes_nothing_that_the_same_step_still_reads() {
    for (rule, case) in Rule::ALL.into_iter().flat_map(|rule| cases().step_by(5).map(move |case| (rule, case))) {
        let mut student = student(rule, &case);
        let (still, seen) = student.gradient(&input(), &Targets::Labels(&LABELS), 2);
        let outcome = student.learn(&input(), &Targets::Labels(&LABELS), &clock(1, 2, 0.5)).unwrap();
        assert_eq!(outcome, seen, "{rule:?} {:?}", case.layers);
        assert_eq!(bits(&student.optimizer), bits(&still), "{rule:?} {:?}", case.layers);
    }
}

/// The gradient of a single 1x1 filter under a window that keeps the last pixel of four: its bias gradient is the sum of
/// the signal over the pixels that get one, its weight gradient that of signal times pixel.
fn one_filter(rule: Rule) -> (Student, Vec<f32>) {
    let conv = Conv {
        input: shape(1, 2, 2),
        channels: 1,
        kernel: 1,
        stride: 1,
        padding: 0,
        along: Along::Both,
        norm: false,
        pooled_readout: false,
        activation: Activation::Identity,
    };
    let layers = [Layer::Conv(conv), pool(shape(1, 2, 2), 2, Pooling::Max), dense(1, 2, Activation::Identity)];
    let training = Training { rule, optimizer: BARE, scaling: Scaling::Reference, seed: 5 };
    let mut student = Student::new(&layers, Loss::CrossEntropy, training, 1);
    student.parameters[..2].copy_from_slice(&[1.0, 0.0]);
    let gradient = student.gradient(&[0.125, 0.25, 0.5, 1.0], &Targets::Labels(&[1]), 0).0;
    (student, gradient)
}

#[test]
fn a_projected_signal_skips_pooling_and_one_handed_down_is_routed_through_it() {
    let (student, gradient) = one_filter(Rule::Drtp);
    let signal = &student.feedback[4..8];
    let weight: f32 = signal.iter().zip([0.125, 0.25, 0.5, 1.0]).map(|(s, x)| s * x).sum();
    assert_close(&gradient[..2], &wide(&[weight, signal.iter().sum()]), 1e-6, "every pixel has its own signal");
    for rule in [Rule::Bp, Rule::Fa] {
        let (_, gradient) = one_filter(rule);
        assert_eq!(gradient[0], gradient[1], "{rule:?}: only the pixel of value 1 was kept");
        assert_ne!(gradient[0], 0.0);
    }
}

#[test]
fn of_equal_values_the_first_is_kept_and_gets_the_signal() {
    let pool = Pool { input: shape(1, 2, 4), window: 2, pooling: Pooling::Max };
    let mut gradient = [f32::NAN; 8];
    layer::pool::input_gradient(&pool, &[0.0, 0.5, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0], &[2.0, 3.0], &mut gradient);
    assert_eq!(gradient, [0.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

/// The values lie within the bound and come close to it on both sides.
#[track_caller]
fn assert_uniform_within(bound: f32, values: &[f32]) {
    let (least, most) = values.iter().fold((0.0f32, 0.0f32), |(a, b), &v| (a.min(v), b.max(v)));
    assert!(
        -bound < least && least < -0.98 * bound && 0.98 * bound < most && most < bound,
        "{least} to {most} of {bound}"
    );
}

#[test]
fn filters_and_feedback_are_drawn_within_their_bounds() {
    let layers = conv_chain(shape(3, 6, 5), 16, 2, 4);
    let [projecting, aligning] =
        [Rule::Drtp, Rule::Fa].map(|rule| Student::new(&layers, Loss::CrossEntropy, plain_training(rule), 1));
    let (first, second) = (layers[0].parameters(), layers[1].parameters());
    let root = |n: usize| (n as f32).sqrt();
    assert_uniform_within(1.0 / root(3 * 9), &projecting.parameters[..first]);
    assert_uniform_within(1.0 / root(16 * 9), &projecting.parameters[first..first + second]);
    // a projection's columns are the pixels before pooling, feedback alignment's the weights of a filter
    assert_uniform_within(6f32.sqrt() / root(16 * 30), &projecting.feedback);
    assert_eq!(projecting.feedback.len(), 2 * 4 * 16 * 30);
    assert_uniform_within(6f32.sqrt() / root(16 * 9), &aligning.feedback[..layers[1].weights()]);
    assert_uniform_within(6f32.sqrt() / root(16 * 30), &aligning.feedback[layers[1].weights()..]);
}
