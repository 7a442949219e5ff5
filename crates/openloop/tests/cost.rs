//! What `cost` says is what the device's own arrays take, and what a network counted by hand takes.

use openloop::core::device::{Arena, DeviceSettings, Health, Learner};
use openloop::core::store::Arithmetic;
use openloop::core::{Activation, Dense, Feedback, Layer, Loss, Rule, Spec, integer};
use openloop::cost::{CostRequest, NetworkCosts, OperationCounts, RuleCost, costs};
use openloop::settings::parse_shape;
use std::mem::size_of;

fn asked(net: &str, input: &str, rules: &[Rule], batch: usize, arithmetic: Arithmetic) -> NetworkCosts {
    let (net, input) = (net.parse().unwrap(), parse_shape(input).unwrap());
    costs(&CostRequest { net, input, classes: 10, rules: rules.to_vec(), batch, arithmetic }).unwrap()
}

fn one(net: &str, rule: Rule) -> RuleCost {
    asked(net, "64", &[rule], 1, Arithmetic::F32).rules.remove(0)
}

const LAYERS: [Layer; 2] = [
    Layer::Dense(Dense { inputs: 64, outputs: 32, activation: Activation::Tanh }),
    Layer::Dense(Dense { inputs: 32, outputs: 10, activation: Activation::Identity }),
];
const SPEC: Spec<'static> = Spec { layers: &LAYERS, loss: Loss::CrossEntropy };

const fn learner(rule: Rule) -> Learner<'static> {
    Learner::fixed(SPEC, DeviceSettings { rule, hidden_rate: 0.1, output_rate: 0.1, feedback: Feedback::Seeded(1) })
}

/// Bytes of the statics that a device has for this rule.
macro_rules! arena_bytes {
    ($rule:expr) => {{
        const LEARNER: Learner<'static> = learner($rule);
        size_of::<Arena<{ LEARNER.sizes().parameters }, { LEARNER.sizes().scratch() }>>()
    }};
}

#[test]
fn the_bytes_are_those_of_the_devices_own_arrays() {
    let bytes = |rule| one("fc32", rule).ram;
    for (rule, arena) in [
        (Rule::Bp, arena_bytes!(Rule::Bp)),
        (Rule::Dfa, arena_bytes!(Rule::Dfa)),
        (Rule::Drtp, arena_bytes!(Rule::Drtp)),
        (Rule::LocalError, arena_bytes!(Rule::LocalError)),
        (Rule::Shallow, arena_bytes!(Rule::Shallow)),
    ] {
        let ram = bytes(rule);
        assert_eq!(ram.persistent + ram.transient, arena, "{rule:?}");
        assert_eq!(ram.persistent, 4 * 2410 + size_of::<Health>());
        assert_eq!(ram.total, arena + ram.stack.unwrap_or(0));
    }
}

#[test]
fn int8_takes_a_byte_a_weight_and_eight_for_the_step() {
    let costs = asked("fc32", "64", &[Rule::Drtp], 1, Arithmetic::Int8);
    let ram = costs.rules[0].ram;
    assert_eq!(ram.persistent, 2410 + size_of::<integer::Int8State>());
    assert_eq!(ram.transient, 32 + 4 * 10);
    assert_eq!(costs.blob_bytes, 64 + 2 * 24 + 8 + 2412 + 4);
}

#[test]
fn the_length_of_a_blob_that_no_memory_holds_is_told() {
    let costs = asked("fc1000000", "1000000", &[Rule::Drtp], 1, Arithmetic::F32);
    let values = (1_000_000 + 1 + 10) * 1_000_000usize + 10;
    assert_eq!(costs.blob_bytes, 64 + 2 * 24 + 8 + 4 * values + 4);
}

#[test]
fn arithmetic_and_traffic_are_those_of_a_network_counted_by_hand() {
    let (forward, parameters) = (64 * 32 + 32 * 10, 64 * 32 + 32 + 32 * 10 + 10);
    let work = |multiply_adds, through, changed, feedback_values| OperationCounts {
        multiply_adds,
        weight_reads: forward + through + changed,
        weight_writes: changed,
        feedback_values,
    };
    let expected = [
        (Rule::Bp, work(2 * forward + 320, 320, parameters, 0)),
        (Rule::Dfa, work(2 * forward + 320, 0, parameters, 320)),
        (Rule::Drtp, work(2 * forward + 32, 0, parameters, 32)),
        (Rule::LocalError, work(2 * forward + 640, 0, parameters, 640)),
        (Rule::Shallow, work(forward + 320, 0, 330, 0)),
    ];
    for (rule, expected) in expected {
        assert_eq!(one("fc32", rule).learning, expected, "{rule:?}");
    }
    let drtp = one("fc32", Rule::Drtp);
    let bp = one("fc32", Rule::Bp);
    let less = 100.0 * (1.0 - drtp.ram.total as f64 / bp.ram.total as f64);
    assert!((drtp.saves.ram - less).abs() < 1e-9);
    let deep = |rule| one("fc32 fc32 fc32 fc32", rule).ram.transient;
    assert!(deep(Rule::Drtp) < deep(Rule::Bp), "a local rule keeps no outputs for later");
    assert_eq!(bp.saves.ram, 0.0);
    assert_eq!(drtp.flash.feedback_if_stored, 4 * 320);
}

#[test]
fn a_batch_and_a_normalised_convolution_are_planned_as_the_plain_network_is() {
    let batch = asked("fc32", "64", &[Rule::Drtp], 32, Arithmetic::F32);
    let learning = batch.rules[0].learning;
    assert_eq!((learning.multiply_adds, learning.weight_writes), (32 * (2 * 2368 + 32), 2410));
    assert!(batch.rules[0].ram.transient > 32 * 4 * 42 && batch.rules[0].ram.stack.is_none());
    let conv = asked("conv4k3p1 norm pool2 fc16", "8x8", &[Rule::Drtp, Rule::Bp], 1, Arithmetic::F32);
    assert!(conv.rules[0].ram.transient < conv.rules[1].ram.transient);
    assert_eq!(conv.inference.multiply_adds, 4 * 9 * 64 + 64 * 16 + 160);
}

#[test]
fn a_convolution_takes_what_the_devices_arrays_take_beside_backpropagations_and_no_time_is_guessed() {
    let asked =
        asked("conv16x5 pool2 conv32x5 pool2 fc32", "3x128x1", &[Rule::LocalError, Rule::Bp], 1, Arithmetic::F32);
    let (local, bp) = (asked.rules[0].ram, asked.rules[1].ram);
    // maps of 124, 62, 58 and 29 moments; one map and its 16 cells beside two neighbouring outputs
    let outputs = [16 * 124, 16 * 62, 32 * 58, 32 * 29, 32, 10];
    assert_eq!(local.transient, 4 * (outputs[0] + outputs[1] + 10 + 124 + 16));
    assert_eq!(bp.transient, 4 * (outputs.iter().sum::<usize>() + 10 + outputs[0]));
    assert_eq!((local.persistent, bp.persistent), (4 * asked.parameters + 16, 4 * asked.parameters + 16));
    assert!(local.stack.is_some() && bp.stack.is_none() && asked.rules[0].cycles.is_none());
    assert!(asked.answer_cycles.is_none() && asked.c_library.is_none() && asked.boards.is_empty());
}

#[test]
fn a_request_that_cannot_be_met_is_named() {
    let asked = |net: &str, classes, batch, arithmetic| {
        let (net, input) = (net.parse().unwrap(), parse_shape("64").unwrap());
        let request = CostRequest { net, input, classes, rules: vec![Rule::Drtp], batch, arithmetic };
        costs(&request).unwrap_err().to_string()
    };
    assert!(asked("fc32", 0, 1, Arithmetic::F32).contains("classes is 0"));
    assert!(asked("fc32", 10, 0, Arithmetic::F32).contains("batch is 0"));
    assert!(asked("fc32", 10, 2, Arithmetic::Int8).contains("batch is 2"));
    assert!(asked("conv2k9", 10, 1, Arithmetic::F32).contains("conv2k9"));
    for shape in ["", "0", "3x", "1x2x3x4", "x", "64 ", "-3", "1000001"] {
        assert!(parse_shape(shape).unwrap_err().to_string().contains("input is"), "{shape}");
    }
}
