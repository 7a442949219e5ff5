//! Convolutions and pooling that learn on a device, against the network's plain arithmetic; their memory; and their blob.

mod common;

use common::*;
use openloop_core::device::{DeviceSettings, Health, Learner, Lent, Sizes, Stage};
use openloop_core::store::{About, Arithmetic, Contents, Section, SectionMut, Standardisation, load};
use openloop_core::*;

/// Those that need no error of the output.
const LOCAL: [Rule; 4] = [Rule::Drtp, Rule::LocalError, Rule::LocalHinge, Rule::Shallow];
const CLASSES: usize = 5;

fn settings(rule: Rule) -> DeviceSettings<'static> {
    DeviceSettings { rule, hidden_rate: 0.05, output_rate: 0.1, feedback: Feedback::Seeded(FEEDBACK_SEED) }
}

/// The layers of a list, each made from the shape of the one before, and an output layer.
fn chain_of(input: Shape, made: &[&dyn Fn(Shape) -> Layer]) -> Vec<Layer> {
    let (mut shape, mut layers) = (input, Vec::new());
    for make in made {
        layers.push(make(shape));
        shape = layers[layers.len() - 1].output_shape();
    }
    layers.push(dense(shape.size(), CLASSES, Activation::Identity));
    layers
}

/// Filters along time and over images, with steps, frames and windows that do not divide what they go over; readouts that see every place
/// and averages.
fn nets(activation: Activation, pooled_readout: bool) -> Vec<Vec<Layer>> {
    let filters = |along, channels, kernel, stride, padding| {
        move |input| {
            let norm = false;
            Layer::Conv(Conv { input, channels, kernel, stride, padding, along, norm, pooled_readout, activation })
        }
    };
    let pool = |window, pooling| move |input| Layer::Pool(Pool { input, window, pooling });
    let (max, average) = (pool(2, Pooling::Max), pool(3, Pooling::Average));
    let fc = |input: Shape| dense(input.size(), 9, activation);
    vec![
        chain_of(
            shape(3, 43, 1),
            &[&filters(Along::Height, 4, 5, 1, 0), &max, &filters(Along::Height, 6, 3, 2, 1), &max, &fc],
        ),
        chain_of(shape(2, 13, 1), &[&filters(Along::Height, 3, 5, 1, 2), &average]),
        chain_of(
            shape(2, 13, 14),
            &[&filters(Along::Both, 3, 3, 1, 1), &max, &filters(Along::Both, 4, 2, 2, 0), &average, &fc],
        ),
        chain_of(shape(1, 6, 21), &[&average, &filters(Along::Width, 2, 4, 1, 3), &filters(Along::Height, 3, 3, 1, 1)]),
        chain_of(shape(1, 5, 4), &[&filters(Along::Both, 5, 3, 3, 4), &fc]),
    ]
}

fn sample(n: u64, inputs: usize) -> (Vec<f32>, u32) {
    (uniform(n, inputs, 1.0), (n * 7 % CLASSES as u64) as u32)
}

/// Memory of the right size, its scratch full of what is no number.
struct Owned {
    parameters: Vec<f32>,
    scratch: Vec<f32>,
    health: Health,
}

impl Owned {
    fn new(learner: &Learner) -> Self {
        let sizes = learner.sizes();
        let (mut parameters, scratch) = (vec![0.0; sizes.parameters], vec![f32::NAN; sizes.scratch()]);
        learner.init(3, &mut parameters).unwrap();
        Owned { parameters, scratch, health: Health::NEW }
    }

    fn lend(&mut self) -> Lent<'_> {
        Lent { parameters: &mut self.parameters, scratch: &mut self.scratch, health: &mut self.health }
    }

    fn learn(&mut self, learner: &Learner, steps: std::ops::RangeInclusive<u64>) {
        for step in steps {
            let (x, label) = sample(step, learner.inputs());
            self.scratch.fill(f32::NAN);
            learner.learn(self.lend(), &x, &Targets::Labels(&[label])).unwrap();
        }
    }
}

/// The parameters after some steps by [`learn`], batch 1, plain gradient steps.
fn by_network(network: &Checked, settings: &DeviceSettings, parameters: &mut [f32], steps: u64) {
    let training = Training { rule: settings.rule, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed: 0 };
    let mut scratch = vec![f32::NAN; Plan::learning(network, &training, 1).scratch()];
    for step in 1..=steps {
        let (x, label) = sample(step, network.inputs());
        let memory = Memory {
            parameters: &mut *parameters,
            layouts: &[],
            readouts: &mut [],
            optimizer: &mut [],
            feedback: settings.feedback,
            scratch: &mut scratch,
        };
        let DeviceSettings { hidden_rate, output_rate, .. } = *settings;
        let clock = Clock { step, samples: step - 1, hidden_rate, output_rate };
        learn(&Plain, network, &training, memory, &x, &Targets::Labels(&[label]), &clock).unwrap();
    }
}

#[test]
fn filters_learn_the_bits_of_the_network_and_dense_layers_what_it_learns() {
    for rule in LOCAL {
        for activation in ACTIVATIONS {
            for layers in nets(activation, false).into_iter().chain(nets(activation, true)) {
                let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
                let learner = Learner::new(network, settings(rule)).unwrap();
                let mut owned = Owned::new(&learner);
                let mut expected = owned.parameters.clone();
                by_network(&network, &settings(rule), &mut expected, 6);
                owned.learn(&learner, 1..=6);
                let filters: usize =
                    layers.iter().take_while(|l| !matches!(l, Layer::Dense(_))).map(Layer::parameters).sum();
                assert_eq!(bits(&owned.parameters[..filters]), bits(&expected[..filters]), "{rule:?} {layers:?}");
                for (found, expected) in owned.parameters.iter().zip(&expected) {
                    assert!((found - expected).abs() < 2e-5 * (1.0 + expected.abs()), "{rule:?} {layers:?}");
                }
                let untaught = Owned::new(&learner).parameters;
                assert_eq!(rule == Rule::Shallow, bits(&untaught[..filters]) == bits(&expected[..filters]));
                assert_eq!(owned.health, Health { learned: 6, ..Health::NEW });
            }
        }
    }
}

#[test]
fn freshly_drawn_weights_and_answers_are_the_networks_to_the_bit() {
    for layers in nets(Activation::Tanh, true) {
        let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
        let learner = Learner::new(network, settings(Rule::LocalError)).unwrap();
        let mut owned = Owned::new(&learner);
        let mut drawn = vec![0.0; owned.parameters.len()];
        initialize(&network, 3, &mut drawn).unwrap();
        assert_eq!(bits(&owned.parameters), bits(&drawn));
        let mut scratch = vec![f32::NAN; Plan::inference(&network, 1)];
        let (x, _) = sample(1, learner.inputs());
        let expected = infer(&Plain, &network, &drawn, &x, &mut scratch).unwrap();
        assert_eq!(bits(learner.infer(owned.lend(), &x).unwrap()), bits(expected));
    }
}

#[test]
fn stored_feedback_and_steps_taken_layer_by_layer_give_the_same_bits() {
    for rule in LOCAL {
        for layers in nets(Activation::Tanh, true) {
            let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
            let seeded = Learner::new(network, settings(rule)).unwrap();
            let (mut feedback, mut drawn) = (
                vec![0.0; seeded.sizes().feedback],
                vec![0.0; Plan::learning(&network, &plain_training(rule), 1).feedback],
            );
            seeded.draw_feedback(FEEDBACK_SEED, &mut feedback).unwrap();
            draw_feedback(&network, rule, FEEDBACK_SEED, &mut drawn).unwrap();
            assert_eq!(bits(&feedback), bits(&drawn));
            let stored = DeviceSettings { feedback: Feedback::Stored(&feedback), ..settings(rule) };
            let stored = Learner::new(network, stored).unwrap();
            let (mut whole, mut parts) = (Owned::new(&seeded), Owned::new(&stored));
            whole.learn(&seeded, 1..=3);
            for step in 1..=3 {
                let (mut x, label) = sample(step, stored.inputs());
                let (labels, mut taken) = ([label], 0);
                let mut progress = stored.begin(parts.lend(), &x, &Targets::Labels(&labels)).unwrap();
                loop {
                    taken += 1;
                    let stage = stored.advance(parts.lend(), &x, &Targets::Labels(&labels), &mut progress);
                    x.fill(f32::NAN); // needed for the first part only
                    if stage == Stage::Done {
                        break;
                    }
                }
                assert_eq!(taken, layers.len());
            }
            assert_eq!(bits(&whole.parameters), bits(&parts.parameters), "{rule:?}");
        }
    }
}

#[test]
fn memory_is_for_two_neighbouring_layers_and_one_map() {
    let layers = &nets(Activation::Tanh, true)[0];
    let network = Spec { layers, loss: Loss::CrossEntropy }.check().unwrap();
    // maps of 39, 19, 10 and 5 places, then 9 and 5 neurons
    let outputs: Vec<usize> = layers.iter().map(Layer::outputs).collect();
    assert_eq!(outputs, [4 * 39, 4 * 19, 6 * 10, 6 * 5, 9, CLASSES]);
    let sizes = |rule| Sizes::of(&network, rule);
    assert_eq!(sizes(Rule::Drtp).activations, 4 * 39 + 4 * 19);
    assert_eq!(
        (sizes(Rule::Drtp).signal, sizes(Rule::LocalError).signal, sizes(Rule::Shallow).signal),
        (39, 39 + 16, 0)
    );
    assert_eq!(sizes(Rule::Drtp).feedback, CLASSES * (4 * 39 + 6 * 10 + 9));
    assert_eq!(sizes(Rule::LocalError).feedback, CLASSES * (4 * 16 + 6 * 10 + 9));
    assert_eq!(sizes(Rule::Drtp).parameters, plan::parameters(layers));
    let kept = outputs.iter().sum::<usize>();
    assert_eq!(
        (sizes(Rule::Bp).activations, sizes(Rule::Bp).signal),
        (kept, 4 * 39),
        "what backpropagation would take"
    );
    let plain = Plan::learning(&network, &plain_training(Rule::Bp), 1);
    assert!(sizes(Rule::Bp).scratch() <= plain.scratch(), "and not more than the plain network takes");
}

#[test]
fn rules_that_wait_layers_that_are_not_there_and_wild_numbers_are_refused() {
    let layers = nets(Activation::Tanh, false).remove(0);
    let refused = |layers: &[Layer], rule| {
        let network = Spec { layers, loss: Loss::CrossEntropy }.check().unwrap();
        Learner::new(network, settings(rule)).err()
    };
    for rule in [Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa] {
        assert_eq!(refused(&layers, rule), Some(Error::RuleNotLocal));
    }
    for rule in [Rule::LocalErrorLearned, Rule::Lls, Rule::DrtpGated] {
        assert_eq!(refused(&layers, rule), Some(Error::RuleNotOnDevice));
    }
    let Layer::Conv(conv) = layers[2] else { panic!("a convolution") };
    let mut normalised = layers.clone();
    normalised[2] = Layer::Conv(Conv { norm: true, ..conv });
    assert_eq!(refused(&normalised, Rule::Drtp), Some(Error::LayerNotOnDevice { layer: 2 }));
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let learner = Learner::new(network, settings(Rule::Drtp)).unwrap();
    let mut owned = Owned::new(&learner);
    owned.parameters[4] = f32::INFINITY;
    owned.learn(&learner, 1..=9);
    let wild = owned.parameters.iter().filter(|w| !w.is_finite()).count();
    assert!(wild == 1 && !owned.health.is_good(), "{wild} weights are no numbers");
}

#[test]
fn a_network_that_was_saved_and_loaded_goes_on_to_the_same_bits() {
    for layers in nets(Activation::Tanh, true) {
        let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
        let learner = Learner::new(network, settings(Rule::LocalError)).unwrap();
        let about = About {
            arithmetic: Arithmetic::F32,
            rule: Rule::LocalError,
            scaling: Scaling::Mean,
            regression: false,
            frozen: 0,
            seed: FEEDBACK_SEED,
            samples: 3,
            hidden_rate: 0.05,
            output_rate: 0.1,
            half_after: 0,
            input_bits: 0,
            front_bits: None,
        };
        let mut whole = Owned::new(&learner);
        whole.learn(&learner, 1..=3);
        let state = [Section::F32(&whole.parameters)];
        let contents = Contents { network, about, offset: &[0.0], scale: &[1.0], state: &state };
        let mut bytes = vec![0; contents.length()];
        contents.write_to(1, &mut bytes).unwrap();
        let mut later = Owned::new(&learner);
        let standardisation = Standardisation { offset: &mut [0.0], scale: &mut [0.0] };
        let mut state = [SectionMut::F32(&mut later.parameters)];
        load(&mut &bytes[..], &network, Arithmetic::F32, Rule::LocalError, standardisation, &mut state).unwrap();
        whole.learn(&learner, 4..=6);
        later.learn(&learner, 4..=6);
        assert_eq!(bits(&whole.parameters), bits(&later.parameters));
    }
}
