//! Networks of every small shape, in memory of every alignment, whose weights often leave their range: what the loops over the
//! weights do at their ends and edges must be the same on every processor.

use crate::board::{Board, Line};
use crate::digits::checksum;
use crate::nets::{linear, network, tanh};
use openloop_core::device::{DeviceSettings, Health, Learner, Lent, Sizes};
use openloop_core::integer::{self, Int8Fine, Int8Memory, Int8Network, Int8Rate, Int8Settings, Int8State};
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Feedback, Layer, Loss, Rule, Spec, Targets};

/// Up to so many inputs, hidden neurons and classes.
const INPUTS: usize = 37;
const HIDDEN: usize = 19;
const CLASSES: usize = 11;
/// The most weights, and room around them that must stay as it is.
const WEIGHTS: usize = (INPUTS + 1) * HIDDEN + (HIDDEN + 1) * CLASSES;
const AROUND: usize = 8;
const LARGEST: Sizes = Sizes::of(&network(&[tanh(INPUTS, HIDDEN), linear(HIDDEN, CLASSES)]), Rule::Bp);
const STEPS: u32 = 6;
const RULES: [Rule; 3] = [Rule::Drtp, Rule::LocalError, Rule::Bp];

/// Memory for any of the networks.
pub struct Room {
    bytes: [i8; WEIGHTS + 2 * AROUND],
    numbers: [f32; WEIGHTS + 2 * AROUND],
    scratch: [f32; LARGEST.scratch()],
}

impl Room {
    /// All zeros, so that a static one costs no flash.
    pub const fn new() -> Self {
        let (bytes, numbers) = ([0; WEIGHTS + 2 * AROUND], [0.0; WEIGHTS + 2 * AROUND]);
        Room { bytes, numbers, scratch: [0.0; LARGEST.scratch()] }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

/// Trains networks of all shapes by some rules, and says what came of them.
pub fn train<B: Board>(board: &mut B, room: &mut Room) {
    for rule in RULES {
        for input_bits in [3, 7, 11] {
            let (mut saturated, mut sum) = (0u32, 0u32);
            for_shapes(|layers, shape| {
                let at = AROUND - shape % 4;
                saturated += in_int8(rule, input_bits, layers, &mut room.bytes, at);
                sum = sum.rotate_left(1) ^ checksum(room.bytes.iter().map(|w| *w as u8));
            });
            Line::new(board, "shapes-int8")
                .text("rule", rule.name())
                .number("input_bits", input_bits.into())
                .number("saturated", saturated)
                .hexadecimal("weights", sum)
                .end();
        }
        let mut sum = 0u32;
        for_shapes(|layers, _| {
            in_f32(rule, layers, room);
            sum = sum.rotate_left(1) ^ checksum(room.numbers.iter().flat_map(|w| w.to_bits().to_le_bytes()));
        });
        Line::new(board, "shapes").text("rule", rule.name()).hexadecimal("weights", sum).end();
    }
}

fn for_shapes(mut of: impl FnMut(&[Layer], usize)) {
    let mut shape = 0;
    for inputs in 1..=INPUTS {
        for (hidden, classes) in [(1, 2), (2, 3), (3, 8), (7, 9), (8, 10), (9, 2), (10, 7), (16, 11), (19, 5)] {
            of(&[tanh(inputs, hidden), linear(hidden, classes)], shape);
            shape += 1;
        }
    }
}

/// Learns a few samples in bytes that start at `at`; returns how many weights would have left their range.
fn in_int8(rule: Rule, input_bits: u8, layers: &[Layer], bytes: &mut [i8], at: usize) -> u32 {
    let (hidden_rate, output_rate) = (Int8Rate::new(0.9), Int8Rate::new(0.2));
    let settings =
        Int8Settings { rule, seed: 3, hidden_rate, output_rate, half_after: u32::MAX, input_bits, fractions: false };
    let Ok(chain) = (Spec { layers, loss: Loss::CrossEntropy }).check() else { return 0 };
    let Ok(network) = Int8Network::new(chain, settings) else { return 0 };
    let (mut state, mut activations, mut values) = (Int8State::default(), [0; HIDDEN], [0; CLASSES + 2 * HIDDEN]);
    bytes.fill(85);
    let count = integer::Int8Plan::learning(&network).parameters;
    let Some(parameters) = bytes.get_mut(at..).and_then(|rest| rest.get_mut(..count)) else { return 0 };
    let _ = integer::initialize(&network, parameters);
    for n in 0..STEPS {
        let (noise, mut x) = (Stream::new(1, Purpose::Data, n), [0; INPUTS + 3]);
        let Some(x) = x.get_mut(n as usize % 4..).and_then(|rest| rest.get_mut(..network.inputs())) else { return 0 };
        for (i, x) in (0..).zip(&mut *x) {
            let word = noise.word(i);
            *x = if word >> 30 == 0 { 0 } else { word as i8 };
        }
        let (activations, values) = (&mut activations[..], &mut values[..]);
        let memory = Int8Memory {
            parameters: &mut *parameters,
            state: &mut state,
            activations,
            values,
            fine: Int8Fine::default(),
        };
        let _ = integer::learn(&network, memory, x, n % 2);
    }
    state.saturated
}

fn in_f32(rule: Rule, layers: &[Layer], room: &mut Room) {
    let Ok(network) = (Spec { layers, loss: Loss::CrossEntropy }).check() else { return };
    let settings = DeviceSettings { rule, hidden_rate: 0.3, output_rate: 0.3, feedback: Feedback::Seeded(1) };
    let Ok(learner) = Learner::new(network, settings) else { return };
    let (sizes, mut health) = (learner.sizes(), Health::NEW);
    room.numbers.fill(0.5);
    let Some(parameters) = room.numbers.get_mut(AROUND..).and_then(|rest| rest.get_mut(..sizes.parameters)) else {
        return;
    };
    let _ = learner.init(1, parameters);
    for n in 0..STEPS {
        let mut x = [0.0; INPUTS];
        let Some(x) = x.get_mut(..learner.inputs()) else { return };
        Stream::new(1, Purpose::Data, n).fill_uniform(0, 1.0, x);
        let lent = Lent { parameters: &mut *parameters, scratch: &mut room.scratch, health: &mut health };
        let _ = learner.learn(lent, x, &Targets::Labels(&[n % 2]));
    }
}
