//! The device's learning against the network's, and what it promises about bad input.

mod common;

use common::*;
use openloop_core::device::{DeviceSettings, Health, Learner, Lent, Stage};
use openloop_core::random::{Purpose, Stream};
use openloop_core::*;

const RULES: [Rule; 8] =
    [Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa, Rule::Drtp, Rule::Shallow, Rule::LocalError, Rule::LocalHinge];

/// Memory of the right size, its scratch full of what is no number.
struct Owned {
    parameters: Vec<f32>,
    scratch: Vec<f32>,
    health: Health,
}

impl Owned {
    fn new(learner: &Learner) -> Self {
        let sizes = learner.sizes();
        let mut owned = Owned {
            parameters: vec![0.0; sizes.parameters],
            scratch: vec![f32::NAN; sizes.scratch()],
            health: Health::NEW,
        };
        learner.init(3, &mut owned.parameters).unwrap();
        owned
    }

    fn lend(&mut self) -> Lent<'_> {
        Lent { parameters: &mut self.parameters, scratch: &mut self.scratch, health: &mut self.health }
    }
}

fn settings(rule: Rule) -> DeviceSettings<'static> {
    DeviceSettings { rule, hidden_rate: 0.05, output_rate: 0.1, feedback: Feedback::Seeded(FEEDBACK_SEED) }
}

/// Depths and widths around the blocks of neurons and inputs that the loops take at once.
fn nets(last: Activation) -> [Vec<Layer>; 4] {
    [
        vec![dense(6, 3, last)],
        vec![dense(9, 7, Activation::Tanh), dense(7, 5, last)],
        vec![dense(16, 8, Activation::Sigmoid), dense(8, 12, Activation::Relu), dense(12, 4, last)],
        vec![
            dense(5, 33, Activation::Tanh),
            dense(33, 1, Activation::Tanh),
            dense(1, 18, Activation::Identity),
            dense(18, 6, last),
        ],
    ]
}

/// Sample `n`: values in (-1, 1) and a label.
fn sample(n: u64, inputs: usize, classes: u32) -> (Vec<f32>, u32) {
    let stream = Stream::new(11, Purpose::Data, n as u32);
    let mut x = vec![0.0; inputs];
    stream.fill_uniform(0, 1.0, &mut x);
    (x, stream.below(inputs as u64, classes))
}

/// The parameters after some steps by [`learn`], batch 1, plain gradient steps.
fn by_network(network: &Checked, settings: &DeviceSettings, steps: u64, targets: &dyn Fn(u32) -> Vec<f32>) -> Vec<f32> {
    let training = Training { rule: settings.rule, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed: 0 };
    let plan = Plan::learning(network, &training, 1);
    let (mut parameters, mut scratch) = (vec![0.0; plan.parameters], vec![f32::NAN; plan.scratch()]);
    initialize(network, 3, &mut parameters).unwrap();
    for step in 1..=steps {
        let (x, label) = sample(step, network.inputs(), network.outputs() as u32);
        let values = targets(label);
        let (labels, values) = ([label], &values[..]);
        let targets = if values.is_empty() { Targets::Labels(&labels) } else { Targets::Values(values) };
        let memory = Memory {
            parameters: &mut parameters,
            layouts: &[],
            readouts: &mut [],
            optimizer: &mut [],
            feedback: settings.feedback,
            scratch: &mut scratch,
        };
        let DeviceSettings { hidden_rate, output_rate, .. } = *settings;
        learn(
            &Plain,
            network,
            &training,
            memory,
            &x,
            &targets,
            &Clock { step, samples: step - 1, hidden_rate, output_rate },
        )
        .unwrap();
    }
    parameters
}

fn by_device(learner: &Learner, steps: u64, targets: &dyn Fn(u32) -> Vec<f32>) -> Owned {
    let mut owned = Owned::new(learner);
    for step in 1..=steps {
        let (x, label) = sample(step, learner.inputs(), learner.outputs() as u32);
        let values = targets(label);
        let (labels, values) = ([label], &values[..]);
        let targets = if values.is_empty() { Targets::Labels(&labels) } else { Targets::Values(values) };
        let before = learner.infer(owned.lend(), &x).unwrap().to_vec();
        assert_eq!(learner.learn(owned.lend(), &x, &targets).unwrap(), before, "learn answers first");
        owned.scratch.fill(f32::NAN);
    }
    owned
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, |m, d| if d <= m { m } else { d })
}

#[test]
fn a_device_learns_what_the_network_learns() {
    for rule in RULES {
        for loss in LOSSES {
            let last = if loss == Loss::MeanSquaredError { Activation::Tanh } else { Activation::Identity };
            for layers in nets(last) {
                let network = Spec { layers: &layers, loss }.check().unwrap();
                let settings = settings(rule);
                let learner = Learner::new(network, settings).unwrap();
                let expected = by_network(&network, &settings, 20, &|_| vec![]);
                let owned = by_device(&learner, 20, &|_| vec![]);
                let distance = farthest(&owned.parameters, &expected);
                assert!(distance < 2e-5, "{rule:?} {loss:?} {}: {distance}", layers.len());
                assert_eq!(owned.health, Health { learned: 20, ..Health::NEW });
            }
        }
    }
}

#[test]
fn real_values_are_learned_as_the_network_learns_them() {
    let layers = [dense(9, 7, Activation::Tanh), dense(7, 5, Activation::Identity)];
    let network = Spec { layers: &layers, loss: Loss::MeanSquaredError }.check().unwrap();
    let values = |label: u32| (0..5).map(|i| (i as f32 - label as f32) / 5.0).collect();
    for rule in [Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa, Rule::LocalError, Rule::Shallow] {
        let learner = Learner::new(network, settings(rule)).unwrap();
        let expected = by_network(&network, &settings(rule), 20, &values);
        assert!(farthest(&by_device(&learner, 20, &values).parameters, &expected) < 2e-5, "{rule:?}");
    }
}

#[test]
fn answers_are_the_networks_to_the_bit() {
    for layers in nets(Activation::Identity) {
        let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
        let learner = Learner::new(network, settings(Rule::Drtp)).unwrap();
        let mut owned = Owned::new(&learner);
        let mut scratch = vec![f32::NAN; Plan::inference(&network, 1)];
        let (x, _) = sample(1, learner.inputs(), 2);
        let expected = infer(&Plain, &network, &owned.parameters.clone(), &x, &mut scratch).unwrap().to_vec();
        assert_eq!(learner.infer(owned.lend(), &x).unwrap(), expected);
    }
}

#[test]
fn stored_and_regenerated_feedback_give_the_same_bits() {
    for rule in RULES {
        let layers = &nets(Activation::Identity)[2];
        let network = Spec { layers, loss: Loss::CrossEntropy }.check().unwrap();
        let seeded = Learner::new(network, settings(rule)).unwrap();
        let mut feedback = vec![0.0; seeded.sizes().feedback];
        draw_feedback(&network, rule, FEEDBACK_SEED, &mut feedback).unwrap();
        let stored = DeviceSettings { feedback: Feedback::Stored(&feedback), ..settings(rule) };
        let stored = Learner::new(network, stored).unwrap();
        assert_eq!(by_device(&seeded, 9, &|_| vec![]).parameters, by_device(&stored, 9, &|_| vec![]).parameters);
    }
}

#[test]
fn a_step_taken_layer_by_layer_gives_the_bits_of_a_whole_one() {
    for rule in RULES {
        let layers = &nets(Activation::Identity)[3];
        let network = Spec { layers, loss: Loss::CrossEntropy }.check().unwrap();
        let learner = Learner::new(network, settings(rule)).unwrap();
        let (mut whole, mut parts) = (Owned::new(&learner), Owned::new(&learner));
        let (mut x, label) = sample(1, learner.inputs(), 6);
        let (labels, mut taken) = ([label], 0);
        let targets = Targets::Labels(&labels);
        let expected = learner.learn(whole.lend(), &x, &targets).unwrap().to_vec();
        let mut progress = learner.begin(parts.lend(), &x, &targets).unwrap();
        loop {
            taken += 1;
            let stage = learner.advance(parts.lend(), &x, &targets, &mut progress);
            if learner.is_local() {
                x.fill(f32::NAN); // needed for the first part only
            }
            if stage == Stage::Done {
                break;
            }
        }
        assert_eq!((taken, learner.parts()), if rule.is_local() { (4, 4) } else { (8, 8) });
        assert_eq!(learner.answer(&parts.scratch), expected);
        assert_eq!(parts.parameters, whole.parameters, "{rule:?}");
        assert_eq!(learner.advance(parts.lend(), &x, &targets, &mut progress), Stage::Done, "done stays done");
        assert_eq!((parts.parameters, parts.health.learned), (whole.parameters, 1));
    }
}

#[test]
fn a_sample_that_is_no_number_is_refused_counted_and_changes_nothing() {
    for rule in RULES {
        let layers = &nets(Activation::Identity)[1];
        let network = Spec { layers, loss: Loss::CrossEntropy }.check().unwrap();
        let learner = Learner::new(network, settings(rule)).unwrap();
        let mut owned = Owned::new(&learner);
        let before = owned.parameters.clone();
        for (n, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().enumerate() {
            let (mut x, _) = sample(1, 9, 5);
            x[8 * (n % 2)] = bad;
            assert_eq!(learner.learn(owned.lend(), &x, &Targets::Labels(&[1])), Err(Error::InputNotFinite));
            assert_eq!(learner.infer(owned.lend(), &x), Err(Error::InputNotFinite));
        }
        assert_eq!((&owned.parameters, owned.health.refused, owned.health.learned), (&before, 6, 0));
    }
}

#[test]
fn a_wild_weight_stays_alone() {
    let layers = &nets(Activation::Identity)[1];
    let network = Spec { layers, loss: Loss::CrossEntropy }.check().unwrap();
    for rule in RULES {
        for wild in [f32::NAN, f32::INFINITY] {
            let learner = Learner::new(network, settings(rule)).unwrap();
            let mut owned = Owned::new(&learner);
            owned.parameters[4] = wild;
            for step in 1..=20 {
                let (x, label) = sample(step, 9, 5);
                let y = learner.learn(owned.lend(), &x, &Targets::Labels(&[label])).unwrap();
                assert!(y.iter().all(|y| y.is_finite()));
            }
            let finite = owned.parameters.iter().filter(|w| w.is_finite()).count();
            assert_eq!(finite, owned.parameters.len() - 1, "{rule:?}: {wild} spread");
            assert!(owned.health.not_finite + owned.health.saturated >= 20 && !owned.health.is_good());
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let layers = [dense(9, 7, Activation::Tanh), dense(7, 5, Activation::Identity)];
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let learner = Learner::new(network, settings(Rule::Drtp)).unwrap();
    let mut owned = Owned::new(&learner);
    let before = owned.parameters.clone();
    let (x, label) = ([0.5; 9], Targets::Labels(&[1]));
    let wrong = |what, found, expected| Err(Error::WrongLength { what, found, expected });
    assert_eq!(learner.learn(owned.lend(), &x[..8], &label), wrong("the input", 8, 9));
    let out_of_range = Err(Error::LabelOutOfRange { label: 5, classes: 5 });
    assert_eq!(learner.learn(owned.lend(), &x, &Targets::Labels(&[5])), out_of_range);
    assert_eq!(learner.learn(owned.lend(), &x, &Targets::Labels(&[1, 2])), wrong("the targets", 2, 1));
    assert_eq!(learner.learn(owned.lend(), &x, &Targets::Values(&[0.0; 5])), Err(Error::RuleNeedsLabels));
    let lent = owned.lend();
    let short = Lent { parameters: &mut lent.parameters[1..], scratch: lent.scratch, health: lent.health };
    assert_eq!(learner.learn(short, &x, &label), wrong("the parameters", before.len() - 1, before.len()));
    let lent = owned.lend();
    let needed = learner.sizes().scratch();
    let short = Lent { parameters: lent.parameters, scratch: &mut lent.scratch[1..], health: lent.health };
    assert_eq!(learner.learn(short, &x, &label), wrong("the scratch", needed - 1, needed));
    assert_eq!((owned.parameters, owned.health), (before, Health::NEW));
}

#[test]
fn a_device_says_which_networks_and_rules_it_does_not_run() {
    let pictures = pictures();
    let network = Spec { layers: &pictures, loss: Loss::CrossEntropy }.check().unwrap();
    let refused = Learner::new(network, settings(Rule::Drtp)).err();
    assert_eq!(refused, Some(Error::LayerNotOnDevice { layer: 4 }), "dropout");
    let head = network.without_front(7).unwrap();
    assert!(Learner::new(head, settings(Rule::Drtp)).is_ok(), "what follows a frozen front end runs");
    let layers = [dense(9, 7, Activation::Tanh), dense(7, 5, Activation::Identity)];
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    for rule in [Rule::LocalErrorLearned, Rule::DrtpGated] {
        assert_eq!(Learner::new(network, settings(rule)).err(), Some(Error::RuleNotOnDevice));
    }
    let stored = DeviceSettings { feedback: Feedback::Stored(&[0.0; 3]), ..settings(Rule::Drtp) };
    let wrong = Error::WrongLength { what: "the feedback", found: 3, expected: 35 };
    assert_eq!(Learner::new(network, stored).err(), Some(wrong));
}

#[test]
fn sizes_are_those_of_two_layers_or_of_all() {
    let layers = [
        dense(64, 32, Activation::Tanh),
        dense(32, 20, Activation::Tanh),
        dense(20, 24, Activation::Tanh),
        dense(24, 10, Activation::Identity),
    ];
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let sizes = |rule| Learner::new(network, settings(rule)).unwrap().sizes();
    assert_eq!(sizes(Rule::Drtp).parameters, plan_parameters(&layers));
    assert_eq!((sizes(Rule::Drtp).activations, sizes(Rule::Drtp).scratch()), (32 + 20, 32 + 20 + 10 + 16));
    assert_eq!(sizes(Rule::Shallow).scratch(), 32 + 20 + 10);
    assert_eq!((sizes(Rule::Dfa).activations, sizes(Rule::Dfa).scratch()), (86, 86 + 10 + 16));
    assert_eq!((sizes(Rule::Bp).signal, sizes(Rule::Bp).scratch()), (32, 86 + 10 + 32));
    assert_eq!(sizes(Rule::Drtp).feedback, 10 * (32 + 20 + 24));
    assert_eq!(sizes(Rule::Fa).feedback, 32 * 20 + 20 * 24 + 24 * 10);
}

fn plan_parameters(layers: &[Layer]) -> usize {
    plan::parameters(layers)
}

#[test]
fn the_check_for_dense_chains_says_what_the_check_for_all_says() {
    let (tanh, last) = (Activation::Tanh, Activation::Identity);
    let chains = [
        vec![],
        vec![dense(6, 3, last)],
        vec![dense(6, 3, tanh)],
        vec![dense(6, 4, tanh), dense(4, 3, last)],
        vec![dense(6, 4, tanh), dense(5, 3, last)],
        vec![dense(0, 4, tanh), dense(4, 3, last)],
        vec![dense(6, 4, tanh), dense(4, 0, last)],
    ];
    for layers in &chains {
        for loss in [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::MeanSquaredError] {
            let spec = Spec { layers, loss };
            assert_eq!(spec.check_dense(), spec.check(), "{layers:?} {loss:?}");
        }
    }
    let layers = pictures();
    let refused = Spec { layers: &layers, loss: Loss::CrossEntropy }.check_dense();
    assert_eq!(refused, Err(Error::LayerNotOnDevice { layer: 0 }));
}

#[test]
fn feedback_drawn_for_a_device_has_the_bits_of_that_of_any_network() {
    for layers in nets(Activation::Identity) {
        let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
        for rule in RULES {
            let learner = Learner::new(network, settings(rule)).unwrap();
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            let (mut here, mut there) = (vec![0.0; learner.sizes().feedback], vec![0.0; learner.sizes().feedback]);
            learner.draw_feedback(9, &mut here).unwrap();
            draw_feedback(&network, rule, 9, &mut there).unwrap();
            assert_eq!(bits(&here), bits(&there), "{rule:?}");
            assert!(learner.draw_feedback(9, &mut vec![0.0; here.len() + 1]).is_err());
        }
    }
}
