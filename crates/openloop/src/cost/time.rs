//! How long a step takes on boards with a Cortex-M4F, and how much energy: estimates, before there is a board.
//!
//! ```text
//! answer = a F + b U        step = answer + c W + d U + e P + f S        time = cycles / f_CPU        energy = V I cycles / f_CPU
//! ```
//!
//! in cycles, with F the multiply-adds forward, U the neurons, W the weights written, P the values of fixed matrices (drawn from the seed,
//! and multiplied) and S the multiply-adds through weights that carry a signal back. The factors follow from what `cargo xtask firmware`
//! counts by Arm's manual (100166) for 64-32-10 and 784-100-10 under drtp, and for e and f from the instructions of the other rules, of
//! which each takes about 1.3 cycles (bench/results/2026-11-device-instructions.md). Flash without wait states is assumed, and in int8
//! that every weight changes, which is the most: where inputs are 0, a step takes less.

use super::counts::OperationCounts;
use openloop_core::store::Arithmetic;
use serde::Serialize;

/// Cycles for one of each.
struct Factors {
    /// A multiply-add forward.
    forward: f64,
    /// A neuron's answer: its bias and nonlinearity.
    neuron: f64,
    /// A weight that changes.
    write: f64,
    /// A neuron's part of a step.
    learning_neuron: f64,
    /// A value of a fixed matrix.
    fixed_value: f64,
    /// A multiply-add through weights that carry a signal back.
    weight_signal: f64,
}

const F32: Factors =
    Factors { forward: 4.73, neuron: 138.0, write: 5.78, learning_neuron: 83.0, fixed_value: 73.0, weight_signal: 8.0 };

const INT8: Factors =
    Factors { forward: 2.11, neuron: 68.0, write: 6.25, learning_neuron: 0.0, fixed_value: 20.0, weight_signal: 4.0 };

/// A processor with a Cortex-M4F, as its maker's data sheet has it: typical current of a running program, peripherals off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Board {
    /// The processor.
    pub name: &'static str,
    /// A board that has it.
    pub found_on: &'static str,
    /// Its clock.
    pub megahertz: f64,
    /// Current for each MHz, in microamperes.
    pub microamperes_per_megahertz: f64,
    /// At this voltage.
    pub volts: f64,
}

/// The processors that are shown.
pub const BOARDS: [Board; 3] = [
    Board { name: "nRF52840", found_on: "Nano 33 BLE", megahertz: 64.0, microamperes_per_megahertz: 52.0, volts: 3.0 },
    Board {
        name: "STM32F411",
        found_on: "Nucleo-F411RE",
        megahertz: 100.0,
        microamperes_per_megahertz: 100.0,
        volts: 3.3,
    },
    Board { name: "SAMD51", found_on: "Feather M4", megahertz: 120.0, microamperes_per_megahertz: 65.0, volts: 3.3 },
];

impl Board {
    /// How long so many cycles take, in milliseconds.
    pub fn milliseconds(&self, cycles: u64) -> f64 {
        cycles as f64 / (1e3 * self.megahertz)
    }

    /// The energy that so many cycles take, in microjoules: the current of 1 MHz flows for as many microseconds.
    pub fn microjoules(&self, cycles: u64) -> f64 {
        cycles as f64 * self.microamperes_per_megahertz * self.volts * 1e-6
    }
}

/// Cycles of an answer by a network of so many neurons.
pub(super) fn answer(arithmetic: Arithmetic, counts: &OperationCounts, neurons: usize) -> u64 {
    let factors = factors(arithmetic);
    (factors.forward * counts.multiply_adds as f64 + factors.neuron * neurons as f64) as u64
}

/// Cycles of a learning step on a sample, of which an answer takes `answer`, where so many `neurons` learn.
pub(super) fn step(
    arithmetic: Arithmetic,
    answer: u64,
    counts: &OperationCounts,
    through_weights: u64,
    neurons: usize,
) -> u64 {
    let factors = factors(arithmetic);
    let more = factors.write * counts.weight_writes as f64
        + factors.learning_neuron * neurons as f64
        + factors.fixed_value * counts.feedback_values as f64
        + factors.weight_signal * through_weights as f64;
    answer + more as u64
}

fn factors(arithmetic: Arithmetic) -> &'static Factors {
    match arithmetic {
        Arithmetic::F32 => &F32,
        Arithmetic::Int8 => &INT8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{CostRequest, costs};
    use openloop_core::{Rule, Shape};

    fn cycles(net: &str, inputs: usize, arithmetic: Arithmetic, rule: Rule) -> (f64, f64) {
        let input = Shape { channels: 1, height: 1, width: inputs };
        let net = net.parse().expect("a net");
        let request = CostRequest { net, input, classes: 10, rules: vec![rule], batch: 1, arithmetic };
        let costs = costs(&request).expect("a network of a device");
        let (answer, step) = (costs.answer_cycles, costs.rules[0].cycles);
        (answer.expect("estimated") as f64, step.expect("estimated") as f64)
    }

    /// As counted instruction by instruction: bench/results/2026-11-device-instructions.md and firmware/counts.txt.
    #[test]
    fn estimates_are_within_a_tenth_of_what_was_counted_for_drtp() {
        let counted = [
            ("fc32", 64, Arithmetic::F32, 17_273.0, 37_046.0),
            ("fc100", 784, Arithmetic::F32, 390_651.0, 866_991.0),
            ("fc100", 784, Arithmetic::Int8, 174_728.0, 671_676.0),
        ];
        for (net, inputs, arithmetic, answer, step) in counted {
            let found = cycles(net, inputs, arithmetic, Rule::Drtp);
            assert!((found.0 / answer - 1.0).abs() < 0.1 && (found.1 / step - 1.0).abs() < 0.1, "{net}: {found:?}");
        }
    }

    /// Instructions of a step where feedback is drawn: firmware/counts.txt. In f32 an answer has 2.6 cycles an instruction.
    #[test]
    fn other_rules_take_from_one_to_three_cycles_an_instruction() {
        let counted = [
            (Arithmetic::F32, Rule::LocalError, 49_157.0),
            (Arithmetic::F32, Rule::Dfa, 29_656.0),
            (Arithmetic::F32, Rule::Bp, 14_247.0),
            (Arithmetic::F32, Rule::Shallow, 7_671.0),
            (Arithmetic::Int8, Rule::LocalError, 27_652.0),
            (Arithmetic::Int8, Rule::Dfa, 21_304.0),
            (Arithmetic::Int8, Rule::Bp, 16_609.0),
        ];
        for (arithmetic, rule, instructions) in counted {
            let ratio = cycles("fc32", 64, arithmetic, rule).1 / instructions;
            assert!((1.0..3.0).contains(&ratio), "{}: {ratio} cycles an instruction", rule.name());
        }
    }

    #[test]
    fn a_million_cycles_at_64_megahertz_take_a_sixty_fourth_of_a_second() {
        let [nordic, ..] = BOARDS;
        assert!((nordic.milliseconds(1_000_000) - 15.625).abs() < 1e-9);
        // 3 V x 3.328 mA x 15.625 ms
        assert!((nordic.microjoules(1_000_000) - 156.0).abs() < 1e-9);
    }
}
