//! The digits in 8-bit integers: from the pixel to the weight no floating-point operation, so every processor makes the same
//! bytes.

use crate::board::{Board, Line};
use crate::digits::{ROWS_TO_TEST, TEST, checksum, pixels, random_row};
use crate::nets::{Net, SMALL};
use openloop_core::integer::{self, Int8Network, Int8Plan, Int8Rate, Int8Settings, Int8State};
use openloop_core::{Error, Rule};

/// A pixel of x stands for x / 2^7.
pub const INPUT_BITS: u8 = 7;
/// The learning rate: what the command line takes for digits in int8.
pub const RATE: f32 = 0.03;
/// Under bp, which needs the most.
const PLAN: Int8Plan = Int8Plan::learning(&fixed(Rule::Bp));

/// A digit's pixels, brought to a byte's range.
pub type Pixels = [i8; 64];
/// Memory for any of the rules.
pub type AnyMemory = Memory<{ PLAN.parameters }, { PLAN.activations }, { PLAN.values }>;

/// All memory of a network that learns in int8, but the stack.
pub struct Memory<const PARAMETERS: usize, const ACTIVATIONS: usize, const VALUES: usize> {
    /// Weights and biases.
    pub parameters: [i8; PARAMETERS],
    /// Kept from step to step beside them.
    pub state: Int8State,
    activations: [i8; ACTIVATIONS],
    values: [i32; VALUES],
}

/// A network under a rule, at a rate that stays.
///
/// # Errors
/// A rule that int8 has not.
pub const fn network(net: &Net, rule: Rule) -> Result<Int8Network<'static>, Error> {
    let rate = Int8Rate::new(RATE);
    let half_after = u32::MAX;
    let settings = Int8Settings {
        rule,
        seed: 1,
        hidden_rate: rate,
        output_rate: rate,
        half_after,
        input_bits: INPUT_BITS,
        fractions: false,
    };
    Int8Network::new(net.network, settings)
}

/// The digits' for constants, where a rule that int8 has not stops the compiler.
pub const fn fixed(rule: Rule) -> Int8Network<'static> {
    fixed_of(&SMALL, rule)
}

/// Another one for constants.
pub const fn fixed_of(net: &Net, rule: Rule) -> Int8Network<'static> {
    match network(net, rule) {
        Ok(network) => network,
        Err(_) => panic!("int8 has no such rule"),
    }
}

/// Row `row` as int8 inputs, and its label.
pub fn digit(row: usize) -> (Pixels, u32) {
    let (mut x, (pixels, label)) = ([0; 64], pixels(row));
    x.iter_mut().zip(pixels).for_each(|(x, pixel)| *x = (*pixel << 3).min(127) as i8);
    (x, label)
}

impl<const P: usize, const A: usize, const V: usize> Memory<P, A, V> {
    /// Memory before anything is in it.
    pub const fn new() -> Self {
        let state = Int8State { step: 0, saturated: 0 };
        Memory { parameters: [0; P], state, activations: [0; A], values: [0; V] }
    }

    /// Freshly drawn weights.
    pub fn start(&mut self, network: &Int8Network<'_>) {
        self.state = Int8State::default();
        let _ = integer::initialize(network, &mut self.parameters);
    }

    /// One learning step; whether there was one.
    pub fn learn(&mut self, network: &Int8Network<'_>, x: &Pixels, label: u32) -> bool {
        let Memory { parameters, state, activations, values } = self;
        integer::learn(
            network,
            integer::Int8Memory { parameters, state, activations, values, fine: integer::Int8Fine::default() },
            x,
            label,
        )
        .is_ok()
    }

    /// The sums of the output layer.
    pub fn infer(&mut self, network: &Int8Network<'_>, x: &Pixels) -> &[i32] {
        let Memory { parameters, activations, values, .. } = self;
        integer::infer(network, parameters, x, activations, values).map_or(&[], |sums| sums)
    }

    /// One number that shows whether a PC and a board agree on every byte.
    pub fn checksum(&self) -> u32 {
        checksum(self.parameters.iter().map(|w| *w as u8))
    }

    fn is_right(&mut self, network: &Int8Network<'_>, row: usize) -> bool {
        let (x, label) = digit(row);
        let sums = self.infer(network, &x);
        let own = sums.get(label as usize).copied().unwrap_or(i32::MIN);
        // as everywhere, the first of equals counts
        (0u32..).zip(sums).all(|(class, sum)| *sum < own || (*sum == own && class >= label))
    }
}

impl<const P: usize, const A: usize, const V: usize> Default for Memory<P, A, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// Trains by a rule for some samples, tests, and says what came of it.
pub fn train_and_test<B: Board>(board: &mut B, rule: Rule, memory: &mut AnyMemory, samples: u32) {
    let Ok(network) = network(&SMALL, rule) else { return };
    memory.start(&network);
    for n in 0..samples {
        let (x, label) = digit(random_row(n.into()));
        memory.learn(&network, &x, label);
    }
    let right = ROWS_TO_TEST.map(|row| u32::from(memory.is_right(&network, row))).sum();
    Line::new(board, "digits-int8")
        .text("net", SMALL.name)
        .text("rule", rule.name())
        .number("samples", samples)
        .number("right", right)
        .number("of", TEST as u32)
        .hexadecimal("weights", memory.checksum())
        .number("saturated", memory.state.saturated)
        .end();
}
