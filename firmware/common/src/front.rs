//! A network behind frozen convolutions: SPOON's shape, 10 filters of 5 x 5, pooling by 4, 128 neurons, 10 classes, on images of
//! 28 x 28, in int8. What it takes, and that a PC and a board agree on every byte.

use crate::board::{Board, Line};
use crate::cost::instructions;
use crate::digits::{checksum, pixels, random_row};
use crate::stack;
use core::hint::black_box;
use openloop_core::integer::{
    self, FRONT_BITS, Int8Fine, Int8Front, Int8FrontSizes, Int8FrontWeights, Int8Memory, Int8Network, Int8Plan,
    Int8Rate, Int8Settings, Int8State,
};
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Activation, Along, Checked, Conv, Dense, Layer, Loss, Pool, Pooling, Rule, Shape, Spec};

const SIDE: usize = 28;
const IMAGE: usize = SIDE * SIDE;
const CONV: Conv = Conv {
    input: Shape { channels: 1, height: SIDE, width: SIDE },
    channels: 10,
    kernel: 5,
    stride: 1,
    padding: 0,
    along: Along::Both,
    norm: false,
    pooled_readout: false,
    activation: Activation::Tanh,
};
const POOL: Pool = Pool { input: CONV.output(), window: 4, pooling: Pooling::Max };
const FEATURES: usize = POOL.output().size();
static LAYERS: [Layer; 4] = [
    Layer::Conv(CONV),
    Layer::Pool(POOL),
    Layer::Dense(Dense { inputs: FEATURES, outputs: 128, activation: Activation::Tanh }),
    Layer::Dense(Dense { inputs: 128, outputs: 10, activation: Activation::Identity }),
];
/// Layers that stay.
const FROZEN: usize = 2;
/// A pixel of x stands for x / 2^7.
const PIXEL_BITS: u8 = 7;
/// Samples of a rule: every fourth is looked at for the stack it takes, all others are counted and averaged.
const SAMPLES: u32 = 64;

const fn learning() -> Checked<'static> {
    match (Spec { layers: &LAYERS, loss: Loss::CrossEntropy }).check() {
        Ok(network) => match network.without_front(FROZEN) {
            Ok(learning) => learning,
            Err(_) => panic!("two layers learn"),
        },
        Err(_) => panic!("the layers make a network"),
    }
}

const fn network(rule: Rule) -> Int8Network<'static> {
    let (hidden_rate, output_rate) = (Int8Rate::new(0.1), Int8Rate::new(0.03));
    let settings = Int8Settings {
        rule,
        seed: 1,
        hidden_rate,
        output_rate,
        half_after: u32::MAX,
        input_bits: FRONT_BITS,
        fractions: false,
    };
    match Int8Network::new(learning(), settings) {
        Ok(network) => network,
        Err(_) => panic!("int8 has this network"),
    }
}

const fn front() -> Int8Front<'static> {
    let (front, _) = LAYERS.split_at(FROZEN);
    match Int8Front::new(front, PIXEL_BITS) {
        Ok(front) => front,
        Err(_) => panic!("int8 has this front"),
    }
}

static FRONT: Int8Front<'static> = front();
static NETWORKS: [Int8Network<'static>; 3] = [network(Rule::Drtp), network(Rule::LocalError), network(Rule::Bp)];
const SIZES: Int8FrontSizes = front().sizes();
/// Under bp, which needs the most.
const PLAN: Int8Plan = Int8Plan::learning(&network(Rule::Bp));

/// All memory but the stack. The front's weights, which never change, may lie in flash instead.
pub struct Memory {
    weights: [i8; SIZES.weights],
    biases: [i32; SIZES.biases],
    x: [i8; IMAGE],
    features: [i8; FEATURES],
    parameters: [i8; PLAN.parameters],
    state: Int8State,
    activations: [i8; PLAN.activations],
    values: [i32; PLAN.values],
}

impl Memory {
    /// Memory before anything is in it.
    pub const fn new() -> Self {
        Memory {
            weights: [0; SIZES.weights],
            biases: [0; SIZES.biases],
            x: [0; IMAGE],
            features: [0; FEATURES],
            parameters: [0; PLAN.parameters],
            state: Int8State { step: 0, saturated: 0 },
            activations: [0; PLAN.activations],
            values: [0; PLAN.values],
        }
    }

    /// The front's weights as `train` draws them, within 1 / 5, and freshly drawn ones of the others.
    fn start(&mut self, network: &Int8Network<'_>) {
        let mut floats = [0.0; CONV.parameters()];
        Stream::new(1, Purpose::Weights, 0).fill_uniform(0, 0.2, &mut floats);
        let _ = integer::quantise(&FRONT, &floats, &mut self.weights, &mut self.biases);
        self.state = Int8State::default();
        let _ = integer::initialize(network, &mut self.parameters);
    }

    /// A digit of 8 x 8, three times as large, in the middle of an image; gives its label.
    fn take(&mut self, row: usize) -> u32 {
        let (pixels, label) = pixels(row);
        for (at, x) in self.x.iter_mut().enumerate() {
            let place = |at: usize| at.checked_sub(2).map(|at| at / 3).filter(|at| *at < 8);
            let pixel = match (place(at / SIDE), place(at % SIDE)) {
                (Some(row), Some(column)) => pixels.get(row * 8 + column).copied().unwrap_or(0),
                _ => 0,
            };
            *x = (pixel << 3).min(127) as i8;
        }
        label
    }

    fn make_features(&mut self) {
        let weights = Int8FrontWeights { weights: &self.weights, biases: &self.biases };
        black_box(integer::features(&FRONT, weights, &self.x, &mut [], &mut self.features).is_ok());
    }

    fn learn(&mut self, network: &Int8Network<'_>, label: u32) {
        self.make_features();
        let Memory { parameters, state, activations, values, features, .. } = self;
        black_box(
            integer::learn(
                network,
                Int8Memory { parameters, state, activations, values, fine: Int8Fine::default() },
                features,
                label,
            )
            .is_ok(),
        );
    }

    fn infer(&mut self, network: &Int8Network<'_>) {
        self.make_features();
        let Memory { parameters, activations, values, features, .. } = self;
        black_box(integer::infer(network, parameters, features, activations, values).is_ok());
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// Learns by one rule after the other, counting.
pub fn run<B: Board>(board: &mut B, memory: &mut Memory) {
    for network in &NETWORKS {
        let network = black_box(network);
        memory.start(network);
        let (mut learn, mut infer, mut features, mut counted, mut deepest) = (0, 0, 0, 0, 0);
        for n in 0..SAMPLES {
            let label = memory.take(random_row(n.into()));
            if n % 4 == 1 && cfg!(target_os = "none") {
                // SAFETY: the programs give the stack far more than 4 KiB, have one thread and no interrupts.
                deepest = deepest.max(unsafe { stack::depth(|| memory.learn(network, label)) });
            } else {
                features += instructions(board, || memory.make_features());
                infer += instructions(board, || memory.infer(network));
                learn += instructions(board, || memory.learn(network, label));
                counted += 1;
            }
        }
        let plan = Int8Plan::learning(network);
        Line::new(board, "front")
            .text("net", "conv10k5-pool4-128-10")
            .text("rule", network.settings().rule.name())
            .text("feedback", "regenerated")
            .number("learn", learn / counted.max(1))
            .number("infer", infer / counted.max(1))
            .number("features", features / counted.max(1))
            .number("weights", plan.persistent_bytes() as u32)
            .number("scratch", (plan.transient_bytes() + IMAGE + FEATURES) as u32)
            .number("flash", (SIZES.weights + 4 * SIZES.biases) as u32)
            .number("stack", deepest)
            .hexadecimal("sum", checksum(memory.parameters.iter().map(|w| *w as u8)))
            .end();
    }
}
