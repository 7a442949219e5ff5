//! A model of this crate has the bits of the core's own learner, and those that the test in Node finds in WebAssembly.

use openloop_core::device::{DeviceSettings, Health, Learner, Lent};
use openloop_core::store::checksum;
use openloop_core::{Activation, Dense, Feedback, Layer, Loss, Rule, Spec, Targets};
use openloop_web::{Config, Model};

/// One line a rule: its name and the checksum of all weights after the steps of this file. Node's test reads it too.
const CHECKSUMS: &str = include_str!("checksums.txt");
const SIZES: [usize; 4] = [64, 20, 12, 10];
const STEPS: u32 = 200;

/// A sample that any language can make: numbers from 0 to 16.
fn sample(step: u32) -> ([f32; 64], u32) {
    let mut x = [0.0; 64];
    for (i, x) in x.iter_mut().enumerate() {
        *x = ((7 * i as u32 + 13 * step + step * step % 11) % 17) as f32;
    }
    (x, step % 10)
}

fn model(rule: Rule) -> Model {
    let config = Config {
        sizes: &SIZES,
        rule,
        activation: Activation::Tanh,
        loss: Loss::CrossEntropy,
        seed: 7,
        hidden_rate: 0.01,
        output_rate: 0.1,
    };
    let mut model = Model::new(&config).unwrap();
    model.standardise(&[5.0; 64], &[1.0 / 6.0; 64]).unwrap();
    model
}

/// The same steps by the core's learner alone.
fn by_the_core(rule: Rule) -> u32 {
    let dense = |k: usize, activation| Layer::Dense(Dense { inputs: SIZES[k], outputs: SIZES[k + 1], activation });
    let layers = [dense(0, Activation::Tanh), dense(1, Activation::Tanh), dense(2, Activation::Identity)];
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let settings = DeviceSettings { rule, hidden_rate: 0.01, output_rate: 0.1, feedback: Feedback::Seeded(7) };
    let learner = Learner::new(network, settings).unwrap();
    let mut parameters = vec![0.0; learner.sizes().parameters];
    let mut scratch = vec![0.0; learner.sizes().scratch()];
    let mut health = Health::NEW;
    learner.init(7, &mut parameters).unwrap();
    for step in 0..STEPS {
        let (x, label) = sample(step);
        let x = x.map(|x| (x - 5.0) * (1.0 / 6.0));
        let lent = Lent { parameters: &mut parameters, scratch: &mut scratch, health: &mut health };
        learner.learn(lent, &x, &Targets::Labels(&[label])).unwrap();
    }
    checksum(parameters.iter().flat_map(|value| value.to_le_bytes()))
}

#[test]
fn every_rule_of_a_device_has_the_cores_bits_and_the_recorded_checksum() {
    let mut found = String::new();
    for rule in Rule::ALL.into_iter().filter(|rule| rule.is_on_device()) {
        let mut model = model(rule);
        for step in 0..STEPS {
            let (x, label) = sample(step);
            model.learn(&x, label).unwrap();
        }
        assert_eq!(model.checksum(), by_the_core(rule), "{rule}");
        found += &format!("{rule} {:08x}\n", model.checksum());
    }
    assert_eq!(found, CHECKSUMS);
}

#[test]
fn a_step_in_parts_has_the_bits_of_a_whole_one_and_local_layers_change_on_the_way_forward() {
    for (rule, parts) in [(Rule::Drtp, 3), (Rule::Bp, 6)] {
        let (mut whole, mut parted) = (model(rule), model(rule));
        let (x, label) = sample(0);
        whole.learn(&x, label).unwrap();
        let before = parted.layer_checksum(0).unwrap();
        parted.begin(&x, label).unwrap();
        parted.advance().unwrap();
        assert_eq!(parted.layer_checksum(0).unwrap() != before, rule == Rule::Drtp, "{rule}");
        for _ in 1..parts {
            parted.advance().unwrap();
        }
        assert!(parted.advance().is_err(), "{rule}: the step has {parts} parts");
        assert_eq!(parted.parameters(), whole.parameters());
    }
}

#[test]
fn activations_and_signals_are_those_of_the_step() {
    let (x, label) = sample(3);
    let mut bp = model(Rule::Bp);
    let hidden = bp.activations(&x, 1).unwrap();
    let error = bp.signal(&x, label, 2).unwrap();
    // what a step of the output layer adds to a weight is -rate x error x input
    let first = SIZES[0] * SIZES[1] + SIZES[1] + SIZES[1] * SIZES[2] + SIZES[2];
    let before = bp.parameters()[first];
    bp.learn(&x, label).unwrap();
    let expected = before - 0.1 * error[0] * hidden[0];
    assert!((bp.parameters()[first] - expected).abs() < 1e-7);
}

#[test]
fn a_saved_model_is_the_same_model_and_a_broken_file_is_none() {
    let mut model = model(Rule::LocalError);
    let (x, label) = sample(1);
    model.learn(&x, label).unwrap();
    let bytes = model.save().unwrap();
    let mut read = Model::load(&bytes).unwrap();
    assert_eq!((read.checksum(), read.about().samples), (model.checksum(), 1));
    read.learn(&x, label).unwrap();
    model.learn(&x, label).unwrap();
    assert_eq!(read.checksum(), model.checksum());
    let mut broken = bytes.clone();
    broken[200] ^= 1;
    assert!(Model::load(&broken).unwrap_err().to_string().contains("checksum"));
    assert!(Model::load(&bytes[..100]).unwrap_err().to_string().contains("missing"));
    assert!(Model::load(b"a picture of a cat, which is no model of any network at all, is it?").is_err());
}

#[test]
fn a_glitch_is_bounded_and_what_is_no_number_is_refused() {
    let mut model = model(Rule::Drtp);
    let (mut x, label) = sample(1);
    x[5] = 1e20;
    model.learn(&x, label).unwrap();
    assert!(model.parameters().iter().all(|weight| weight.abs() < 1.0));
    x[5] = f32::NAN;
    let before = model.checksum();
    assert!(model.learn(&x, label).is_err());
    assert_eq!((model.checksum(), model.health().refused), (before, 1));
}
