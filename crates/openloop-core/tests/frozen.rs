//! A frozen front end: its features made once, the rest of the network learns from them what it would have learned above
//! the front itself.

mod common;

use common::*;
use openloop_core::*;

const LABELS: [u32; 3] = [1, 0, 2];
const OPTIMIZER: Optimizer = Optimizer::ADAM;
/// The layers of [`pictures`] before its first dropout: what can be frozen and run once.
const FRONTS: std::ops::RangeInclusive<usize> = 1..=4;

fn input() -> Vec<f32> {
    uniform(4, 3 * 42, 1.0)
}

fn student(rule: Rule) -> Student {
    Student::new(&pictures(), Loss::CrossEntropy, Training { optimizer: OPTIMIZER, ..plain_training(rule) }, 3)
}

fn front_parameters(front: usize) -> usize {
    plan::parameters(&pictures()[..front])
}

/// What the first `front` layers make of the input.
fn made(student: &Student, front: usize) -> Vec<f32> {
    let layers = &student.layers[..front];
    let mut scratch = vec![f32::NAN; 3 * 2 * layers.iter().map(Layer::outputs).max().unwrap()];
    let parameters = &student.parameters[..front_parameters(front)];
    features(&Plain, &student.network(), front, parameters, &input(), &mut scratch).unwrap().to_vec()
}

/// The memory of what is left of a network.
struct Rest {
    parameters: Vec<f32>,
    readouts: Vec<f32>,
    optimizer: Vec<f32>,
    feedback: Vec<f32>,
    scratch: Vec<f32>,
}

impl Rest {
    fn new(network: &Checked<'_>, training: &Training) -> Self {
        let plan = Plan::learning(network, training, 3);
        let (mut parameters, mut feedback) = (vec![0.0; plan.parameters], vec![0.0; plan.feedback]);
        initialize(network, 1, &mut parameters).unwrap();
        draw_feedback(network, training.rule, FEEDBACK_SEED, &mut feedback).unwrap();
        let (mut readouts, optimizer) = (vec![0.0; plan.readouts], vec![0.0; plan.optimizer]);
        draw_readouts(network, training.rule, FEEDBACK_SEED, &mut readouts).unwrap();
        Rest { parameters, readouts, optimizer, feedback, scratch: vec![f32::NAN; plan.scratch()] }
    }

    fn learn(&mut self, network: &Checked<'_>, training: &Training, x: &[f32], seeded: bool, clock: &Clock) -> Outcome {
        let stored = Feedback::Stored(&self.feedback);
        let memory = Memory {
            parameters: &mut self.parameters,
            layouts: &[],
            readouts: &mut self.readouts,
            optimizer: &mut self.optimizer,
            feedback: if seeded { Feedback::Seeded(FEEDBACK_SEED) } else { stored },
            scratch: &mut self.scratch,
        };
        learn(&Plain, network, training, memory, x, &Targets::Labels(&LABELS), clock).unwrap()
    }
}

fn assert_learns_alike(rule: Rule, front: usize, seeded: bool) {
    let mut whole = student(rule);
    let drawn = whole.parameters.clone();
    let (x, training, skipped) = (made(&whole, front), whole.training, front_parameters(front));
    let layers = pictures();
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap().without_front(front).unwrap();
    let mut rest = Rest::new(&network, &training);
    assert_eq!(bits(&rest.parameters), bits(&drawn[skipped..]), "the same initial weights");
    for step in 1..=8 {
        let clock = clock(step, 3 * (step - 1), 0.05);
        let expected = whole.learn(&input(), &Targets::Labels(&LABELS), &clock).unwrap();
        whole.parameters[..skipped].copy_from_slice(&drawn[..skipped]);
        assert_eq!(rest.learn(&network, &training, &x, seeded, &clock), expected, "{rule:?}, front {front}");
        assert_eq!(bits(&rest.parameters), bits(&whole.parameters[skipped..]), "{rule:?}, front {front}, step {step}");
    }
    let (end, readouts) = (whole.parameters.len() * OPTIMIZER.slots(), rest.readouts.len());
    let of_layers = &whole.optimizer[skipped * OPTIMIZER.slots()..end];
    let of_readouts = &whole.optimizer[whole.optimizer.len() - readouts * OPTIMIZER.slots()..];
    assert_eq!(bits(&rest.optimizer), bits(&[of_layers, of_readouts].concat()), "{rule:?}, front {front}");
    assert_eq!(
        bits(&rest.readouts),
        bits(&whole.readouts[whole.readouts.len() - readouts..]),
        "{rule:?}, front {front}"
    );
    assert_ne!(bits(&rest.parameters), bits(&drawn[skipped..]));
}

#[test]
fn above_a_frozen_front_the_rest_learns_bit_for_bit_what_it_learns_in_the_whole() {
    for (rule, front) in Rule::ALL.into_iter().flat_map(|rule| FRONTS.map(move |front| (rule, front))) {
        assert_learns_alike(rule, front, false);
        assert_learns_alike(rule, front, true);
    }
}

#[test]
fn what_the_rest_answers_from_the_features_is_what_the_whole_answers() {
    let student = student(Rule::Drtp);
    let answers = |network: &Checked<'_>, parameters: &[f32], x: &[f32]| {
        let mut scratch = vec![f32::NAN; Plan::inference(network, 3)];
        bits(infer(&Plain, network, parameters, x, &mut scratch).unwrap())
    };
    let whole = answers(&student.network(), &student.parameters, &input());
    for front in FRONTS {
        let rest = student.network().without_front(front).unwrap();
        let parameters = &student.parameters[front_parameters(front)..];
        assert_eq!(answers(&rest, parameters, &made(&student, front)), whole, "front {front}");
    }
}

#[test]
fn the_features_of_a_batch_are_those_of_its_samples() {
    let student = student(Rule::Drtp);
    for front in FRONTS {
        let (layers, parameters) = (&student.layers[..front], &student.parameters[..front_parameters(front)]);
        let width = layers[front - 1].outputs();
        for (x, together) in input().chunks(42).zip(made(&student, front).chunks(width)) {
            let mut scratch = vec![f32::NAN; 2 * layers.iter().map(Layer::outputs).max().unwrap()];
            let alone = features(&Plain, &student.network(), front, parameters, x, &mut scratch).unwrap();
            assert_eq!(bits(alone), bits(together), "front {front}");
        }
    }
}

#[test]
fn fronts_taken_off_one_after_the_other_are_one_front() {
    let student = student(Rule::Drtp);
    let network = student.network();
    let step_by_step = network.without_front(1).unwrap().without_front(2).unwrap();
    assert_eq!(Ok(step_by_step), network.without_front(3));
    assert_eq!((step_by_step.stream_number(0), step_by_step.layers().len()), (3, 5));
    assert_eq!(network.without_front(0), Ok(network));
}

#[test]
fn a_network_that_holds_its_layers_lends_the_whole_its_front_and_the_rest() {
    let layers = pictures();
    let whole = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    for frozen in 0..layers.len() {
        let network = Network::new(pictures(), Loss::CrossEntropy, frozen).unwrap();
        assert_eq!((network.whole(), network.frozen(), network.loss()), (whole, frozen, Loss::CrossEntropy));
        assert_eq!(Ok(network.learning()), whole.without_front(frozen), "{frozen} frozen layers");
        assert_eq!((network.front(), network.layers()), (&layers[..frozen], &layers[..]));
    }
    for frozen in [layers.len(), usize::MAX] {
        assert_eq!(Network::new(pictures(), Loss::CrossEntropy, frozen), Err(Error::NoLayers));
    }
    assert_eq!(Network::new(&layers[..4], Loss::CrossEntropy, 0), Err(Error::LastLayerNotDense));
}

#[test]
fn a_front_that_leaves_nothing_and_features_of_nothing_are_refused() {
    let student = student(Rule::Drtp);
    for count in [8, 9, usize::MAX] {
        assert_eq!(student.network().without_front(count), Err(Error::NoLayers));
    }
    let network = student.network();
    for count in [0, 9, usize::MAX] {
        assert_eq!(features(&Plain, &network, count, &[], &[], &mut []), Err(Error::NoLayers));
    }
    let parameters = &student.parameters[..front_parameters(1)];
    let (x, mut scratch) = (input(), vec![0.0; 3 * 126]);
    let refused = |what, found, expected| Err(Error::WrongLength { what, found, expected });
    assert_eq!(features(&Plain, &network, 1, parameters, &x[1..], &mut scratch), refused("the input", 125, 84));
    assert_eq!(features(&Plain, &network, 1, &parameters[1..], &x, &mut scratch), refused("the parameters", 29, 30));
    assert_eq!(features(&Plain, &network, 1, parameters, &x, &mut scratch[1..]), refused("the scratch", 377, 378));
}
