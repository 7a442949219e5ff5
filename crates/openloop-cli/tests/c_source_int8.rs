//! The C source of an int8 network learns with the bytes of the core and saves its blobs.

mod common;

use common::c_program::{Sample, learns_so, samples};
use common::{Folder, run, table, train};
use openloop::core::integer::{
    self, Int8Fine, Int8Front, Int8FrontWeights, Int8Memory, Int8Network, Int8Plan, Int8Rate, Int8Settings, Int8State,
};
use openloop::core::standardise::standardise;
use openloop::core::store::{self, Contents, Head, Section, SectionMut, Standardisation};
use openloop::core::{Layer, Rule, Spec};
use std::fs;

/// An int8 network as a blob says it.
struct Device {
    head: Head,
    layers: Vec<Layer>,
    offset: Vec<f32>,
    scale: Vec<f32>,
    /// Of the layers that stay.
    floats: Vec<f32>,
    parameters: Vec<i8>,
}

impl Device {
    fn new(mut blob: &[u8]) -> Self {
        let head = store::open(&mut blob).unwrap();
        let layers: Vec<_> = (0..head.layers).map(|k| store::read_layer(&mut blob, &head, k).unwrap()).collect();
        let (mut offset, mut scale) = (vec![0.0; head.offsets], vec![0.0; head.scales]);
        let mut floats = vec![0.0; openloop::core::plan::parameters(&layers[..head.about.frozen.into()])];
        let mut parameters = vec![0; head.state - 4 * floats.len()];
        let room = Standardisation { offset: &mut offset, scale: &mut scale };
        let state = &mut [SectionMut::F32(&mut floats), SectionMut::I8(&mut parameters)];
        store::read_state(&mut blob, &head, room, state).unwrap();
        Device { head, layers, offset, scale, floats, parameters }
    }

    /// What the layers that stay make of a sample, which is `x` itself where there are none.
    fn features(&self, x: Vec<i8>) -> Vec<i8> {
        let Some(bits) = self.head.about.front_bits else { return x };
        let front = Int8Front::new(&self.layers[..self.head.about.frozen.into()], bits).unwrap();
        let sizes = front.sizes();
        let (mut weights, mut biases) = (vec![0; sizes.weights], vec![0; sizes.biases]);
        integer::quantise(&front, &self.floats, &mut weights, &mut biases).unwrap();
        let (mut room, mut made) = (vec![0; sizes.room], vec![0; front.outputs()]);
        let weights = Int8FrontWeights { weights: &weights, biases: &biases };
        integer::features(&front, weights, &x, &mut room, &mut made).unwrap();
        made
    }

    /// Learns from samples; gives all probabilities, in units of 2^-15, and the blob that is saved then.
    fn learn(mut self, samples: &[Sample]) -> (Vec<u32>, Vec<u8>) {
        let mut about = self.head.about;
        let layers = self.layers.clone();
        let whole = Spec { layers: &layers, loss: self.head.loss }.check().unwrap();
        let chain = whole.without_front(about.frozen.into()).unwrap();
        let settings = Int8Settings {
            rule: about.rule,
            seed: about.seed,
            hidden_rate: Int8Rate::new(about.hidden_rate),
            output_rate: Int8Rate::new(about.output_rate),
            half_after: if about.half_after == 0 { u32::MAX } else { about.half_after },
            input_bits: about.input_bits,
            fractions: false,
        };
        let network = Int8Network::new(chain, settings).unwrap();
        let (plan, asking) = (Int8Plan::learning(&network), Int8Plan::inference(&network));
        let mut activations = vec![0; plan.activations.max(asking.activations)];
        let (mut values, mut answers) = (vec![0; plan.values], Vec::new());
        let mut state = Int8State { step: about.samples, saturated: 0 };
        let spread = |values: &[f32]| {
            values.iter().flat_map(|value| vec![*value; whole.inputs() / values.len()]).collect::<Vec<_>>()
        };
        let (offset, scale) = (spread(&self.offset), spread(&self.scale));
        let mut standardised = vec![0.0; whole.inputs()];
        for (label, x) in samples {
            standardise(x, &offset, &scale, &mut standardised);
            let one = f32::from(1u16 << about.front_bits.unwrap_or(about.input_bits));
            let x: Vec<i8> = standardised.iter().map(|x| (x * one).round().clamp(-127.0, 127.0) as i8).collect();
            let x = self.features(x);
            let sums = integer::infer(&network, &self.parameters, &x, &mut activations, &mut values).unwrap();
            integer::probabilities(&network, sums);
            answers.extend(sums.iter().map(|p| (*p as f32).to_bits()));
            let (activations, values) = (&mut activations[..], &mut values[..]);
            let memory = Int8Memory {
                parameters: &mut self.parameters,
                state: &mut state,
                activations,
                values,
                fine: Int8Fine::default(),
            };
            integer::learn(&network, memory, &x, label[0] as u32).unwrap();
        }
        about.samples = state.step;
        let (offset, scale) = (&self.offset[..], &self.scale[..]);
        let state = &[Section::F32(&self.floats), Section::I8(&self.parameters)];
        let contents = Contents { network: whole, about, offset, scale, state };
        let mut blob = vec![0; contents.length()];
        contents.write_to(1, &mut blob).unwrap();
        (answers, blob)
    }
}

/// Exports a run, learns from made-up samples with the core and in C, and compares all bytes.
#[track_caller]
fn same_bytes(folder: &Folder, out: &str, more: &[&str]) {
    let blob = folder.at("net.olnb");
    run(&[&["export", out, "--to", "device", &blob], more].concat()).done();
    run(&[&["export", out, "--to", "c-source", &folder.at("net.h")], more].concat()).done();
    let device = Device::new(&fs::read(&blob).unwrap());
    let samples = samples(device.layers[0].inputs(), device.layers.last().unwrap().outputs(), false);
    let (answers, saved) = device.learn(&samples);
    learns_so(folder, &samples, false, &answers, &saved);
}

#[test]
fn every_rule_of_int8_learns_in_c_with_the_bytes_of_the_core() {
    let folder = Folder::new();
    for rule in Rule::ALL.into_iter().filter(|rule| rule.is_on_int8_device()) {
        let out = folder.at(rule.name());
        let more = ["--net", "fc21 fc18", "--rule", rule.name(), "--out", &out];
        train("--epochs 1 --arithmetic int8", &more).done();
        same_bytes(&folder, &out, &[]);
    }
}

#[test]
fn networks_of_other_shapes_and_rates_learn_in_c_with_the_bytes_of_the_core() {
    let folder = Folder::new();
    let data = folder.write("table.csv", table(90));
    for (k, settings) in [
        "--net= --rule drtp",
        "--net= --rule bp",
        "--net fc9 --rule local-hinge --lr-decay 0.5",
        "--net fc1 --rule sdfa",
        "--net fc130 --rule local-error",
        "--net fc12 --rule bp",
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.at(&k.to_string());
        train(settings, &["--data", &data, "--epochs", "1", "--arithmetic", "int8", "--out", &out]).done();
        same_bytes(&folder, &out, &[]);
    }
    same_bytes(&folder, &folder.at("2"), &["--lr", "0.9"]);
}

#[test]
fn a_network_behind_frozen_convolutions_learns_in_c_with_the_bytes_of_the_core() {
    let folder = Folder::new();
    for (k, (net, rule)) in [
        ("conv4k3 pool2 fc20", "local-error"),
        ("conv3k5p2 avgpool2 conv5k3s2p1 fc12", "bp"),
        ("conv2k4 pool4 fc9", "drtp"),
        ("conv4k1 conv3k2 avgpool3", "local-error"),
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.at(&k.to_string());
        let more = ["--net", net, "--rule", rule, "--out", &out];
        train("--epochs 1 --arithmetic int8 --freeze-conv", &more).done();
        same_bytes(&folder, &out, &[]);
    }
}
