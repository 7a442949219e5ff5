//! What plain Python integers make of a small int8 network (`golden/make_integer.py`), byte by byte.

use openloop_core::integer::{
    Int8Fine, Int8Memory, Int8Network, Int8Plan, Int8Rate, Int8Settings, Int8State, infer, initialize, learn,
};
use openloop_core::{Activation, Dense, Layer, Loss, Rule, Spec};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Golden {
    sizes: Vec<usize>,
    seed: u64,
    input_bits: u8,
    hidden_rate: f32,
    output_rate: f32,
    half_after: u32,
    steps: Vec<usize>,
    samples: Vec<(Vec<i8>, u32)>,
    cases: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    /// After each of the `steps`.
    weights: Vec<Vec<i8>>,
    saturated: u32,
    /// Of the output layer for the last sample.
    sums: Vec<i32>,
}

impl Golden {
    fn layers(&self) -> Vec<Layer> {
        let last = self.sizes.len() - 2;
        let activation = |k| if k == last { Activation::Identity } else { Activation::Tanh };
        let pairs = self.sizes.windows(2).enumerate();
        pairs.map(|(k, n)| Layer::Dense(Dense { inputs: n[0], outputs: n[1], activation: activation(k) })).collect()
    }

    fn settings(&self, rule: Rule) -> Int8Settings {
        let (hidden_rate, output_rate) = (Int8Rate::new(self.hidden_rate), Int8Rate::new(self.output_rate));
        let Golden { seed, half_after, input_bits, .. } = *self;
        Int8Settings { rule, seed, hidden_rate, output_rate, half_after, input_bits, fractions: false }
    }
}

#[test]
fn every_byte_is_that_of_plain_integers() {
    let path = format!("{}/tests/golden/integer.json", env!("CARGO_MANIFEST_DIR"));
    let golden: Golden = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let layers = golden.layers();
    let chain = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    assert_eq!(golden.cases.len(), 8);
    for (name, case) in &golden.cases {
        let network = Int8Network::new(chain, golden.settings(name.parse().unwrap())).unwrap();
        let plan = Int8Plan::learning(&network);
        let (mut parameters, mut state) = (vec![0; plan.parameters], Int8State::default());
        let room = Int8Plan::inference(&network).activations.max(plan.activations);
        let (mut activations, mut values) = (vec![0; room], vec![0; plan.values]);
        initialize(&network, &mut parameters).unwrap();
        let (last, samples) = golden.samples.split_last().unwrap();
        assert_eq!(parameters, case.weights[0], "{name}: initial weights");
        for (step, (x, label)) in (1..).zip(samples) {
            let memory = Int8Memory {
                parameters: &mut parameters,
                state: &mut state,
                activations: &mut activations,
                values: &mut values,
                fine: Int8Fine::default(),
            };
            learn(&network, memory, x, *label).unwrap();
            if let Some(k) = golden.steps.iter().position(|kept| *kept == step) {
                assert_eq!(parameters, case.weights[k], "{name}: weights after {step} steps");
            }
        }
        assert_eq!(state, Int8State { step: samples.len() as u64, saturated: case.saturated }, "{name}");
        let sums = infer(&network, &parameters, &last.0, &mut activations, &mut values).unwrap();
        assert_eq!(sums, case.sums, "{name}: sums");
    }
}
