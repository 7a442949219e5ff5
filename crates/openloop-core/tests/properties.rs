//! What holds for any small network, batch, rule and optimizer.

mod common;

use common::*;
use openloop_core::*;
use proptest::prelude::*;
use proptest::sample::select;

/// What a caller may ask for: the targets may be of a kind that cannot be used, the last of the labels out of range.
#[derive(Clone, Debug)]
struct Request {
    layers: Vec<Layer>,
    loss: Loss,
    training: Training,
    batch: usize,
    targets: Answers,
}

#[derive(Clone, Debug)]
enum Answers {
    Labels(Vec<u32>),
    Values(Vec<f32>),
}

impl Answers {
    fn targets(&self) -> Targets<'_> {
        match self {
            Answers::Labels(labels) => Targets::Labels(labels),
            Answers::Values(values) => Targets::Values(values),
        }
    }
}

/// One hidden layer, with or without dropout before it.
#[derive(Clone, Debug)]
struct Hidden(usize, Activation, bool);

fn hidden() -> impl Strategy<Value = Hidden> {
    (1usize..6, select(&ACTIVATIONS[..]), any::<bool>()).prop_map(|(width, act, drop)| Hidden(width, act, drop))
}

/// A convolution, and pooling of its output where a window is asked for.
#[derive(Clone, Copy, Debug)]
struct Picture {
    conv: Conv,
    window: Option<usize>,
    pooling: Pooling,
}

fn picture() -> impl Strategy<Value = Picture> {
    let along = select(vec![Along::Both, Along::Height, Along::Width]);
    let sizes = (1usize..4, 1usize..4, 1usize..3, 0usize..3, along, select(&ACTIVATIONS[..]));
    // a normalised sample is taught by the others of its batch too: what holds sample by sample does not hold then
    let sizes = (sizes, any::<bool>());
    let pooling = select(vec![Pooling::Max, Pooling::Average]);
    (sizes, prop::option::of(1usize..4), pooling).prop_map(|(sizes, window, pooling)| {
        let ((channels, kernel, stride, padding, along, activation), pooled_readout) = sizes;
        let conv = Conv {
            input: shape(1, 1, 1),
            channels,
            kernel,
            stride,
            padding,
            along,
            norm: false,
            pooled_readout,
            activation,
        };
        Picture { conv, window, pooling }
    })
}

/// The layers of the pictures as far as they fit on each other, and the shape of what they give.
fn front(mut input: Shape, pictures: Vec<Picture>) -> (Vec<Layer>, Shape) {
    let mut layers = Vec::new();
    for Picture { conv, window, pooling } in pictures {
        let conv = Conv { input, ..conv };
        if conv.output().size() == 0 {
            break;
        }
        layers.push(Layer::Conv(conv));
        input = conv.output();
        let pool = Pool { input, window: window.unwrap_or(0), pooling };
        if pool.output().size() > 0 {
            layers.push(Layer::Pool(pool));
            input = pool.output();
        }
    }
    (layers, input)
}

/// Up to two convolutions, then up to four hidden layers, with dropout wherever the description says so.
fn network(with_dropout: bool) -> impl Strategy<Value = (Vec<Layer>, Loss)> {
    let input = (1usize..3, 1usize..6, 1usize..6).prop_map(|(channels, height, width)| shape(channels, height, width));
    let bottom = prop_oneof![
        (1usize..9).prop_map(|inputs| (Vec::new(), Shape::flat(inputs))),
        (input, prop::collection::vec(picture(), 1..3)).prop_map(|(input, pictures)| front(input, pictures)),
    ];
    let network = (bottom, prop::collection::vec(hidden(), 0..4), 1usize..5, select(&LOSSES[..]));
    network.prop_map(move |((mut layers, top), hidden, outputs, loss)| {
        let mut width = top.size();
        for Hidden(next, activation, drop) in hidden {
            if drop && with_dropout {
                layers.push(dropout(width));
            }
            layers.push(dense(width, next, activation));
            width = next;
        }
        layers.push(dense(width, outputs, Activation::Identity));
        (layers, loss)
    })
}

fn optimizer() -> impl Strategy<Value = Optimizer> {
    select(vec![Optimizer::Sgd, Optimizer::MOMENTUM, Optimizer::NESTEROV, Optimizer::ADAM, Optimizer::RMSPROP])
}

fn training() -> impl Strategy<Value = Training> {
    let choices = (select(&Rule::ALL[..]), optimizer(), select(&SCALINGS[..]), any::<u64>());
    choices.prop_map(|(rule, optimizer, scaling, seed)| Training { rule, optimizer, scaling, seed })
}

fn request() -> impl Strategy<Value = Request> {
    (network(true), training(), 0usize..5).prop_flat_map(|((layers, loss), training, batch)| {
        let outputs = layers.last().unwrap().outputs();
        let one_too_many = outputs as u32 + u32::from(batch == 4);
        let labels = prop::collection::vec(0..one_too_many, batch).prop_map(Answers::Labels);
        let values = prop::collection::vec(-1.0f32..2.0, batch * outputs).prop_map(Answers::Values);
        let request = (Just((layers, loss)), Just(training), Just(batch), prop_oneof![2 => labels, 1 => values]);
        request.prop_map(|((layers, loss), training, batch, targets)| Request {
            layers,
            loss,
            training,
            batch,
            targets,
        })
    })
}

/// Whether the core should take the targets; the reason for a refusal, else.
fn verdict(request: &Request) -> Result<(), Error> {
    let classes = request.layers.last().unwrap().outputs();
    match &request.targets {
        Answers::Labels(labels) => match labels.iter().find(|&&label| label as usize >= classes) {
            Some(&label) => Err(Error::LabelOutOfRange { label, classes }),
            None => Ok(()),
        },
        Answers::Values(_) if request.training.rule.needs_labels() => Err(Error::RuleNeedsLabels),
        Answers::Values(_) if request.loss == Loss::CrossEntropy => Err(Error::LossNeedsLabels),
        Answers::Values(_) => Ok(()),
    }
}

fn settings() -> ProptestConfig {
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn any_request_is_learnt_from_or_refused_without_a_trace(request in request(), step in 1u64..1 << 40) {
        let mut student = Student::new(&request.layers, request.loss, request.training, request.batch);
        let x = uniform(1, request.batch * request.layers[0].inputs(), 1.0);
        let before = student.clone();
        let found = student.learn(&x, &request.targets.targets(), &clock(step, step - 1, 0.01));
        prop_assert_eq!(found.map(|_| ()), verdict(&request));
        if found.is_err() {
            prop_assert_eq!(bits(&student.parameters), bits(&before.parameters));
            prop_assert_eq!(bits(&student.optimizer), bits(&before.optimizer));
        } else {
            prop_assert!(student.parameters.iter().chain(&student.optimizer).all(|v| v.is_finite()));
            prop_assert!(found.unwrap().wrong <= request.batch && found.unwrap().loss.is_finite());
        }
    }

    #[test]
    fn targets_that_are_not_whole_samples_are_refused((layers, loss) in network(true), extra in 0usize..3) {
        let (outputs, loss) = (layers.last().unwrap().outputs(), takes_values(loss));
        prop_assume!(outputs > 1);
        let extra = 1 + extra % (outputs - 1);
        let mut student = Student::new(&layers, loss, plain_training(Rule::Bp), 2);
        let (x, t) = (uniform(1, 2 * layers[0].inputs(), 1.0), vec![0.5; 2 * outputs + extra]);
        prop_assert!(student.learn(&x, &Targets::Values(&t), &clock(1, 0, 0.1)).is_err());
    }

    #[test]
    fn a_batch_is_answered_as_its_samples_are_one_by_one((layers, loss) in network(true), batch in 0usize..6) {
        let student = Student::new(&layers, loss, plain_training(Rule::Drtp), batch);
        let network = student.network();
        let x = uniform(2, batch * network.inputs(), 2.0);
        let answers = |x: &[f32]| {
            let mut scratch = vec![f32::NAN; Plan::inference(&network, batch.max(1))];
            bits(infer(&Plain, &network, &student.parameters, x, &mut scratch).unwrap())
        };
        let one_by_one: Vec<u32> = x.chunks(network.inputs()).flat_map(answers).collect();
        prop_assert_eq!(answers(&x), one_by_one);
    }

    #[test]
    fn a_batch_teaches_the_mean_of_what_its_samples_teach(
        (layers, loss) in network(true), rule in select(&Rule::ALL[..]), batch in 1usize..6, seen in 0u64..1000,
    ) {
        let (outputs, inputs) = (layers.last().unwrap().outputs(), layers[0].inputs());
        let student = bare_student(&layers, loss, rule, Scaling::Mean, batch);
        let x = uniform(3, batch * inputs, 1.0);
        let labels: Vec<u32> = (0..batch).map(|n| (n * 7 % outputs) as u32).collect();
        let (found, outcome) = student.gradient(&x, &Targets::Labels(&labels), seen);
        let (mut mean, mut terms, mut loss_sum, mut wrong) = (vec![0.0; found.len()], Vec::new(), 0.0, 0);
        for (n, x) in x.chunks(inputs).enumerate() {
            let (gradient, outcome) = student.gradient(x, &Targets::Labels(&labels[n..=n]), seen + n as u64);
            let part: Vec<f64> = gradient.iter().map(|g| *g as f64 / batch as f64).collect();
            mean.iter_mut().zip(&part).for_each(|(m, g)| *m += g);
            terms.extend(part);
            loss_sum += outcome.loss as f64;
            wrong += outcome.wrong;
        }
        assert_near_beside(&found, &mean, (&terms, rounding(rule)), "gradient");
        assert_near(&[outcome.loss], &[loss_sum], "loss");
        prop_assert_eq!(outcome.wrong, wrong);
    }

    #[test]
    fn a_weight_says_how_many_times_what_a_sample_teaches_counts(
        (layers, loss) in network(true), rule in select(&Rule::ALL[..]), batch in 1usize..6, seen in 0u64..1000,
    ) {
        let (outputs, inputs) = (layers.last().unwrap().outputs(), layers[0].inputs());
        let student = bare_student(&layers, loss, rule, Scaling::Mean, batch);
        let x = uniform(3, batch * inputs, 1.0);
        let labels: Vec<u32> = (0..batch).map(|n| (n * 7 % outputs) as u32).collect();
        let weights: Vec<f32> = (0..batch).map(|n| [0.5, 3.0, 0.0, 1.25][n % 4]).collect();
        let (found, outcome) = student.gradient(&x, &Targets::WeightedLabels(&labels, &weights), seen);
        let (_, unweighted) = student.gradient(&x, &Targets::Labels(&labels), seen);
        let (mut expected, mut terms) = (vec![0.0; found.len()], Vec::new());
        for (n, x) in x.chunks(inputs).enumerate() {
            let (gradient, _) = student.gradient(x, &Targets::Labels(&labels[n..=n]), seen + n as u64);
            let part: Vec<f64> = gradient.iter().map(|g| f64::from(weights[n]) * *g as f64 / batch as f64).collect();
            expected.iter_mut().zip(&part).for_each(|(m, g)| *m += g);
            terms.extend(part);
        }
        // the samples' parts may cancel, and each is rounded by its own size
        assert_near_beside(&found, &expected, (&terms, rounding(rule)), "gradient");
        prop_assert_eq!(outcome, unweighted);
        let mut student = bare_student(&layers, loss, rule, Scaling::Mean, batch);
        let refused = student.learn(&x, &Targets::WeightedLabels(&labels, &weights[1..]), &clock(1, 0, 0.1));
        prop_assert_eq!(refused.unwrap_err().to_string(), format!("the weights has {} values, but {batch} are needed", batch - 1));
    }

    #[test]
    fn the_same_sample_many_times_teaches_what_it_teaches_once(
        (layers, loss) in network(false), rule in select(&Rule::ALL[..]), batch in 1usize..20,
    ) {
        let once = bare_student(&layers, loss, rule, Scaling::Mean, batch);
        let (x, label) = (uniform(3, layers[0].inputs(), 1.0), layers.last().unwrap().outputs() as u32 - 1);
        let (expected, _) = once.gradient(&x, &Targets::Labels(&[label]), 0);
        let (found, _) = once.gradient(&x.repeat(batch), &Targets::Labels(&vec![label; batch]), 0);
        assert_near_beside(&found, &wide(&expected), (&[], rounding(rule)), "Mean");
    }

    #[test]
    fn the_reference_scaling_sums_what_projects_and_averages_what_comes_from_the_loss(
        (layers, loss) in network(false), rule in select(&Rule::ALL[..]), batch in 1usize..20,
    ) {
        let student = bare_student(&layers, loss, rule, Scaling::Reference, batch);
        let (x, label) = (uniform(3, layers[0].inputs(), 1.0), layers.last().unwrap().outputs() as u32 - 1);
        let (once, _) = student.gradient(&x, &Targets::Labels(&[label]), 0);
        let (often, _) = student.gradient(&x.repeat(batch), &Targets::Labels(&vec![label; batch]), 0);
        let (end, last) = (student.parameters.len(), layers.last().unwrap().parameters());
        let summed = ![Rule::Bp, Rule::Fa, Rule::Shallow].contains(&rule);
        let factor = if summed { batch as f64 } else { 1.0 };
        let times = |part: &[f32], factor: f64| -> Vec<f64> { wide(part).iter().map(|g| g * factor).collect() };
        assert_near(&often[..end - last], &times(&once[..end - last], factor), "hidden layers");
        assert_near(&often[end - last..end], &wide(&once[end - last..end]), "output layer");
        assert_near(&often[end..], &times(&once[end..], factor), "readouts");
    }

    #[test]
    fn labels_and_their_one_hot_values_teach_the_same(
        (layers, loss) in network(true), rule in select(&Rule::ALL[..]), batch in 1usize..4,
    ) {
        prop_assume!(!rule.needs_labels());
        let student = bare_student(&layers, takes_values(loss), rule, Scaling::Mean, batch);
        let outputs = layers.last().unwrap().outputs();
        let (x, labels) = (uniform(3, batch * layers[0].inputs(), 1.0), vec![outputs as u32 - 1; batch]);
        let values: Vec<f32> = one_hot(&labels, outputs).iter().map(|&t| t as f32).collect();
        let (by_labels, _) = student.gradient(&x, &Targets::Labels(&labels), 9);
        let (by_values, _) = student.gradient(&x, &Targets::Values(&values), 9);
        prop_assert_eq!(bits(&by_labels), bits(&by_values));
    }
}

/// A student whose gradients can be read.
fn bare_student(layers: &[Layer], loss: Loss, rule: Rule, scaling: Scaling, batch: usize) -> Student {
    let mut student = Student::new(layers, loss, Training { rule, optimizer: BARE, scaling, seed: 5 }, batch);
    student.scratch.fill(f32::NAN);
    student
}

/// Cross-entropy takes labels only; squared error stands in for it.
fn takes_values(loss: Loss) -> Loss {
    if loss == Loss::CrossEntropy { Loss::MeanSquaredError } else { loss }
}

/// Equal but for rounding, with room for the sums in which large terms cancel.
#[track_caller]
fn assert_near(found: &[f32], expected: &[f64], what: &str) {
    assert_near_beside(found, expected, (&[], ROUNDING), what);
}

/// Rounding of a value, beside the largest.
const ROUNDING: f64 = 1e-5;

/// Rounding of what a rule teaches. The signal of lls is a difference, divided by the length of the output, which may be small: of one or two
/// neurons little or nothing is left of terms that are many times as large.
fn rounding(rule: Rule) -> f64 {
    if rule == Rule::Lls { 100.0 * ROUNDING } else { ROUNDING }
}

/// The same of sums, whose `terms` may be larger than they, with another rounding.
#[track_caller]
fn assert_near_beside(found: &[f32], expected: &[f64], (terms, rounding): (&[f64], f64), what: &str) {
    let largest = expected.iter().chain(terms).fold(0.1, |m: f64, v| m.max(v.abs()));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (&f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f as f64 - e).abs() <= rounding * largest, "{what}, value {i}: {f} against {e} (largest {largest})");
    }
}
