//! Claims about int8 learning that hold for any network: nothing wraps, rounding is exact on average, a saved state goes on
//! with the same bits, what is wrong is refused before anything changes.

use openloop_core::integer::{
    Int8Fine, Int8Memory, Int8Network, Int8Outcome, Int8Plan, Int8Rate, Int8Settings, Int8State, infer, initialize,
    initialize_fine, learn, position,
};
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Activation, Checked, Dense, Error, Layer, Loss, Rule, Spec};
use proptest::prelude::*;

const RULES: [Rule; 9] = [
    Rule::Bp,
    Rule::Dfa,
    Rule::Sdfa,
    Rule::Drtp,
    Rule::Shallow,
    Rule::LocalError,
    Rule::LocalErrorLearned,
    Rule::LocalHinge,
    Rule::DrtpGated,
];

/// Every rule with weights of one byte and of two.
fn kinds(rate: f32) -> impl Iterator<Item = Int8Settings> {
    RULES
        .into_iter()
        .flat_map(move |rule| [false, true].map(|fractions| Int8Settings { fractions, ..settings(rule, rate) }))
}

fn dense(sizes: &[usize]) -> Vec<Layer> {
    let last = sizes.len() - 2;
    let activation = |k| if k == last { Activation::Identity } else { Activation::Tanh };
    let pairs = sizes.windows(2).enumerate();
    pairs.map(|(k, n)| Layer::Dense(Dense { inputs: n[0], outputs: n[1], activation: activation(k) })).collect()
}

fn check(layers: &[Layer]) -> Checked<'_> {
    Spec { layers, loss: Loss::CrossEntropy }.check().unwrap()
}

fn settings(rule: Rule, rate: f32) -> Int8Settings {
    let rate = Int8Rate::new(rate);
    Int8Settings {
        rule,
        seed: 3,
        hidden_rate: rate,
        output_rate: rate,
        half_after: 4096,
        input_bits: 7,
        fractions: false,
    }
}

/// A network's memory, and a step on it.
#[derive(Clone, PartialEq, Debug)]
struct Learner {
    parameters: Vec<i8>,
    readouts: Vec<i8>,
    fractions: Vec<i8>,
    state: Int8State,
    activations: Vec<i8>,
    values: Vec<i32>,
}

impl Learner {
    fn new(network: &Int8Network<'_>) -> Self {
        let (plan, asking) = (Int8Plan::learning(network), Int8Plan::inference(network));
        let mut parameters = vec![0; plan.parameters];
        initialize(network, &mut parameters).unwrap();
        let (mut readouts, mut fractions) = (vec![0; plan.readouts], vec![0; plan.fractions]);
        initialize_fine(network, Int8Fine { readouts: &mut readouts, fractions: &mut fractions }).unwrap();
        let (state, activations) = (Int8State::default(), vec![0; plan.activations.max(asking.activations)]);
        Learner { parameters, readouts, fractions, state, activations, values: vec![0; plan.values] }
    }

    fn learn(&mut self, network: &Int8Network<'_>, x: &[i8], label: u32) -> Result<Int8Outcome, Error> {
        let Learner { parameters, readouts, fractions, state, activations, values } = self;
        let fine = Int8Fine { readouts, fractions };
        learn(network, Int8Memory { parameters, state, activations, values, fine }, x, label)
    }

    /// What lasts.
    fn kept(&self) -> ([&[i8]; 3], Int8State) {
        ([&self.parameters, &self.readouts, &self.fractions], self.state)
    }
}

/// Sample `i` of `classes` noisy patterns.
fn sample(i: u64, inputs: usize, classes: u64) -> (Vec<i8>, u32) {
    let stream = Stream::new(9, Purpose::Data, 0);
    let label = i % classes;
    let value = |j: usize| match (j as u64 % classes == label, stream.word(i * 1000 + j as u64)) {
        (true, word) => (word % 128) as i8,
        (false, word) => {
            if word % 3 == 0 {
                (word >> 8) as i8 / 4
            } else {
                0
            }
        }
    };
    ((0..inputs).map(value).collect(), label as u32)
}

#[test]
fn a_saved_state_goes_on_with_the_same_bits_and_room_holds_nothing() {
    let layers = dense(&[12, 17, 9, 4]);
    for settings in kinds(0.1) {
        let network = Int8Network::new(check(&layers), settings).unwrap();
        let (mut whole, mut parts) = (Learner::new(&network), Learner::new(&network));
        for i in 0..200 {
            let (x, label) = sample(i, 12, 4);
            whole.learn(&network, &x, label).unwrap();
            if i % 50 == 7 {
                let Learner { parameters, readouts, fractions, state, .. } = parts;
                parts = Learner { parameters, readouts, fractions, state, ..Learner::new(&network) };
            }
            parts.activations = vec![i as i8; 50];
            parts.values = vec![-(i as i32) << 20; 80];
            parts.learn(&network, &x, label).unwrap();
        }
        assert_eq!(whole.kept(), parts.kept(), "{settings:?}");
    }
}

#[test]
fn without_a_rate_only_the_step_is_counted() {
    let layers = dense(&[12, 17, 9, 4]);
    for settings in kinds(0.0) {
        let network = Int8Network::new(check(&layers), settings).unwrap();
        let mut learner = Learner::new(&network);
        let before = learner.clone();
        for (x, label) in (0..50).map(|i| sample(i, 12, 4)) {
            learner.learn(&network, &x, label).unwrap();
        }
        assert_eq!(learner.kept(), (before.kept().0, Int8State { step: 50, saturated: 0 }));
    }
}

#[test]
fn a_weight_at_its_end_stays_there_and_is_counted() {
    let layers = dense(&[5, 3]);
    let network = Int8Network::new(check(&layers), settings(Rule::Drtp, 0.9)).unwrap();
    let mut learner = Learner::new(&network);
    learner.parameters.fill(0);
    let at = |neuron, input| position(3, 5, neuron, input);
    // neuron 0 is far too small, though one of its weights could not be larger: it wants more of all its inputs
    (0..5).for_each(|input| learner.parameters[at(0, input)] = if input == 2 { 127 } else { -128 });
    learner.learn(&network, &[127; 5], 0).unwrap();
    let own = &learner.parameters;
    assert!(own[at(0, 2)] == 127 && own[at(0, 0)] > -128, "{own:?}");
    assert!(learner.state.saturated > 0);
}

#[test]
fn rounding_is_exact_on_average() {
    // one neuron against another: all weights 0, so both outputs are 1/2 and every change is known
    let layers = dense(&[16, 2]);
    let settings = Int8Settings { half_after: u32::MAX, ..settings(Rule::Drtp, 0.02) };
    let network = Int8Network::new(check(&layers), settings).unwrap();
    let x: Vec<i8> = (0..16).map(|j| [1, -3, 20, 127, -128, 50, 0, 90][j % 8]).collect();
    let (steps, mut sums) = (40_000, vec![0i64; 34]);
    let mut learner = Learner::new(&network);
    for _ in 0..steps {
        learner.parameters.fill(0);
        learner.learn(&network, &x, 0).unwrap();
        sums.iter_mut().zip(&learner.parameters).for_each(|(sum, w)| *sum += i64::from(*w));
    }
    for neuron in 0..2 {
        for (j, &x) in x.iter().enumerate() {
            let mean = sums[position(2, 16, neuron, j)] as f64 / steps as f64;
            let exact = 0.02 * 0.5 * f64::from(x) * f64::powi(2.0, 6 - 7) * if neuron == 0 { 1.0 } else { -1.0 };
            // the variance of one rounding is p (1 - p) a row looked at, so at most about 2 |exact|
            let allowed = 5.0 * (2.0 * exact.abs().max(1e-4) / steps as f64).sqrt() + 0.01 * exact.abs();
            assert!((mean - exact).abs() < allowed, "neuron {neuron}, x = {x}: {mean} instead of {exact}");
        }
    }
}

#[test]
fn the_digits_network_needs_2498_bytes_to_learn() {
    let layers = dense(&[64, 32, 10]);
    let network = Int8Network::new(check(&layers), settings(Rule::Drtp, 0.1)).unwrap();
    let plan = Int8Plan::learning(&network);
    assert_eq!(plan, Int8Plan { parameters: 2410, activations: 32, values: 10, readouts: 0, fractions: 0 });
    assert_eq!((plan.persistent_bytes(), plan.transient_bytes()), (2410 + 16, 32 + 40));
}

#[test]
fn less_room_than_planned_is_refused_and_planned_room_is_enough() {
    let layers = dense(&[12, 17, 9, 4]);
    for settings in kinds(0.1) {
        let network = Int8Network::new(check(&layers), settings).unwrap();
        let plan = Int8Plan::learning(&network);
        let fresh = Learner::new(&network);
        let exact = Learner { activations: vec![0; plan.activations], values: vec![0; plan.values], ..fresh.clone() };
        assert!(exact.clone().learn(&network, &[1; 12], 0).is_ok());
        let refused = |mut learner: Learner, x: &[i8], label| {
            let before = learner.clone();
            let error = learner.learn(&network, x, label).unwrap_err();
            assert_eq!(learner, before, "something was written");
            error
        };
        let mut short = exact.clone();
        short.activations.pop();
        assert!(matches!(refused(short, &[1; 12], 0), Error::WrongLength { .. }));
        let mut short = exact.clone();
        short.values.pop();
        assert!(matches!(refused(short, &[1; 12], 0), Error::WrongLength { .. }));
        let mut long = exact.clone();
        long.parameters.push(0);
        assert!(matches!(refused(long, &[1; 12], 0), Error::WrongLength { .. }));
        let mut long = exact.clone();
        long.readouts.push(0);
        assert!(matches!(refused(long, &[1; 12], 0), Error::WrongLength { .. }));
        let mut long = exact.clone();
        long.fractions.push(0);
        assert!(matches!(refused(long, &[1; 12], 0), Error::WrongLength { .. }));
        assert!(matches!(refused(exact.clone(), &[1; 11], 0), Error::WrongLength { .. }));
        assert_eq!(refused(exact, &[1; 12], 4), Error::LabelOutOfRange { label: 4, classes: 4 });
    }
}

#[test]
fn what_has_no_int8_version_is_refused() {
    let plain = dense(&[12, 8, 4]);
    let make = |rule, bits| Int8Network::new(check(&plain), Int8Settings { input_bits: bits, ..settings(rule, 0.1) });
    assert_eq!(make(Rule::Fa, 7).unwrap_err(), Error::IntegerRule);
    assert_eq!(make(Rule::Lls, 7).unwrap_err(), Error::IntegerRule);
    assert_eq!(make(Rule::Drtp, 15).unwrap_err(), Error::IntegerInput);
    let bce = Spec { layers: &plain, loss: Loss::BinaryCrossEntropy }.check().unwrap();
    assert_eq!(Int8Network::new(bce, settings(Rule::Drtp, 0.1)).unwrap_err(), Error::IntegerLoss);
    let mut relu = plain.clone();
    relu[0] = Layer::Dense(Dense { inputs: 12, outputs: 8, activation: Activation::Relu });
    let refused = Int8Network::new(check(&relu), settings(Rule::Drtp, 0.1)).unwrap_err();
    assert_eq!(refused, Error::IntegerLayer { layer: 0 });
}

/// What a readout learns, and what its layer gets, by the formula in f64: from weights of 0 in the layer and known ones in the readout.
#[test]
fn a_learned_readout_gives_its_layer_the_signal_of_the_formula_and_learns_by_its_own_error() {
    let layers = dense(&[4, 3, 2]);
    let settings = Int8Settings { fractions: true, half_after: u32::MAX, ..settings(Rule::LocalErrorLearned, 0.25) };
    let network = Int8Network::new(check(&layers), settings).unwrap();
    let mut learner = Learner::new(&network);
    let (layer, readout) = (network.layer(0).unwrap(), network.readout(0).unwrap());
    let (mut w, mut r) = ([[0.0; 4]; 3], [[0.0; 4]; 2]);
    for (neuron, input) in (0..3).flat_map(|n| (0..4).map(move |i| (n, i))) {
        let byte = (9 * neuron as i8 - 7 * input as i8) % 30;
        learner.parameters[position(3, 4, neuron, input)] = byte;
        w[neuron][input] = f64::from(byte) / f64::powi(2.0, layer.weight_bits as i32);
    }
    (0..3).for_each(|neuron| learner.parameters[position(3, 4, neuron, 4)] = 0);
    for (class, input) in (0..2).flat_map(|c| (0..4).map(move |i| (c, i))) {
        let byte = 20 * class as i8 - 11 * input as i8 + 5;
        learner.readouts[position(2, 3, class, input)] = byte;
        r[class][input] = f64::from(byte) / f64::powi(2.0, readout.weight_bits as i32);
    }
    let (bytes, label) = ([127i8, -50, 0, 90], 1);
    let x = bytes.map(|x| f64::from(x) / 128.0);
    let a = w.map(|w| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>().tanh());
    let o = r.map(|r| r[3] + r.iter().zip(a).map(|(r, a)| r * a).sum::<f64>());
    let e = [0, 1].map(|class| 1.0 / (1.0 + (o[1 - class] - o[class]).exp()) - f64::from(u8::from(class == label)));
    learner.learn(&network, &bytes, label as u32).unwrap();
    let value = |weights: &[i8], fractions: &[i8], at: usize, bits: u32| {
        (f64::from(weights[at]) + f64::from(fractions[at]) / 256.0) / f64::powi(2.0, bits as i32)
    };
    let of_readouts = &learner.fractions[learner.parameters.len()..];
    for (class, input) in (0..2).flat_map(|c| (0..4).map(move |i| (c, i))) {
        let seen = if input < 3 { a[input] } else { 1.0 };
        let found = value(&learner.readouts, of_readouts, position(2, 3, class, input), readout.weight_bits);
        let exact = r[class][input] - 0.25 * e[class] * seen;
        assert!((found - exact).abs() < 0.004, "readout {class}, {input}: {found} instead of {exact}");
    }
    for (neuron, input) in (0..3).flat_map(|n| (0..4).map(move |i| (n, i))) {
        let signal = e[0] * r[0][neuron] + e[1] * r[1][neuron];
        let found = value(&learner.parameters, &learner.fractions, position(3, 4, neuron, input), layer.weight_bits);
        let exact = w[neuron][input] - 0.25 * signal * (1.0 - a[neuron] * a[neuron]) * x[input];
        assert!((found - exact).abs() < 0.002, "weight {neuron}, {input}: {found} instead of {exact}");
    }
}

proptest! {
    /// The sums of a layer are those of 64-bit integers, whatever the weights, the inputs and the layer's shape.
    #[test]
    fn sums_never_wrap(inputs in 1usize..40, outputs in 1usize..21, seed in 0u64..1000, extreme in any::<bool>()) {
        let layers = dense(&[inputs, outputs]);
        let network = Int8Network::new(check(&layers), settings(Rule::Drtp, 0.1)).unwrap();
        let mut learner = Learner::new(&network);
        let stream = Stream::new(seed, Purpose::Data, 1);
        let byte = |i: u64| if extreme { [-128i8, 127, 0][(stream.word(i) % 3) as usize] } else { stream.word(i) as i8 };
        (0..).zip(&mut learner.parameters).for_each(|(i, w)| *w = byte(i));
        let x: Vec<i8> = (0..inputs as u64).map(|j| byte(100_000 + j)).collect();
        let sums = infer(&network, &learner.parameters, &x, &mut [], &mut learner.values).unwrap();
        for (neuron, &sum) in sums.iter().enumerate() {
            let w = |j| i64::from(learner.parameters[position(outputs, inputs, neuron, j)]);
            let exact = (0..inputs).map(|j| w(j) * i64::from(x[j])).sum::<i64>() + 128 * w(inputs);
            prop_assert_eq!(i64::from(sum), exact);
        }
    }

    /// Every weight and bias has a place of its own.
    #[test]
    fn positions_are_a_permutation(inputs in 0usize..9, outputs in 1usize..30) {
        let mut seen = vec![false; (inputs + 1) * outputs];
        for neuron in 0..outputs {
            for input in 0..=inputs {
                let place = &mut seen[position(outputs, inputs, neuron, input)];
                prop_assert!(!std::mem::replace(place, true));
            }
        }
    }

    /// No step moves a weight against the sign of what was asked of it: nothing wraps, at any rate and any input.
    #[test]
    fn changes_never_wrap(seed in 0u64..500, rate in 0.0f32..1.0) {
        let layers = dense(&[9, 11]);
        let network = Int8Network::new(check(&layers), settings(Rule::Drtp, rate)).unwrap();
        let mut learner = Learner::new(&network);
        let stream = Stream::new(seed, Purpose::Data, 2);
        (0..).zip(&mut learner.parameters).for_each(|(i, w)| *w = stream.word(i) as i8);
        let x: Vec<i8> = (0..9).map(|j| [-128, 127, 0, stream.word(1000 + j) as i8][(stream.word(j) % 4) as usize]).collect();
        let before = learner.parameters.clone();
        let label = stream.word(5000) % 11;
        learner.learn(&network, &x, label).unwrap();
        for neuron in 0..11 {
            for (j, &x) in x.iter().enumerate() {
                let place = position(11, 9, neuron, j);
                let moved = i32::from(learner.parameters[place]) - i32::from(before[place]);
                let wanted = i32::from(x).signum() * if neuron == label as usize { 1 } else { -1 };
                prop_assert!(moved * wanted >= 0, "{} to {}", before[place], learner.parameters[place]);
            }
        }
    }
}
