//! Learning in 8-bit integers: weights and activations of one byte, sums of four, and not one floating-point operation, so
//! that a microcontroller and a PC give the same bytes.
//!
//! **Scales are powers of two.** An input of int8 value x stands for x / 2^`input_bits`, a hidden output for x / 2^7, a
//! weight for w / 2^b, where b follows from the layer's number of inputs and whether it is the last ([`Int8Layer::weight_bits`]).
//! A bias is the weight of an input that is always 1.
//!
//! **Changes are rounded at random.** A step of w is mostly much less than 1. It is computed in units of 2^-16 and rounded up
//! with a probability equal to its fraction, so that its mean is exact and no wide copy of the weights is needed. The noise
//! is a function of the seed and the number of the step: a state of 8 bytes continues with the same bits anywhere. Weights may have a
//! second byte for what is less than their last bit ([`Int8Settings::fractions`]): learning is as exact as in f32 then, in half its memory.
//!
//! **Nothing wraps.** A weight that would leave its byte stays at the end, and is counted.
//!
//! **Convolutions answer and do not learn**: [`Int8Front`] makes the inputs of the layers that learn.

mod bytes;
mod change;
mod feedback;
mod filter_rows;
#[cfg(feature = "fine-int8")]
mod fractions;
mod front;
mod memory;
mod network;
mod panel;
mod plan;
mod random;
mod signals;
mod slide;
pub mod tables;
mod walk;

pub use front::{FRONT_BITS, Int8Front, Int8FrontSizes, Int8FrontWeights, Int8Stage, quantise};
pub use memory::{Int8Fine, Int8Memory, Int8Outcome, Int8State};
pub use network::{Int8Layer, Int8Network, Int8Rate, Int8Settings};
pub use panel::position;
pub use plan::Int8Plan;
pub use slide::features;
#[cfg(feature = "fine-int8")]
pub use walk::initialize_fine;
pub use walk::{infer, initialize, learn, probabilities};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, Dense, Layer as Link, Loss, Rule, Spec};

    const LAYERS: [Link; 2] = [
        Link::Dense(Dense { inputs: 6, outputs: 12, activation: Activation::Tanh }),
        Link::Dense(Dense { inputs: 12, outputs: 3, activation: Activation::Identity }),
    ];

    fn settings(rule: Rule) -> Int8Settings {
        let rate = Int8Rate::new(0.1);
        Int8Settings {
            rule,
            seed: 1,
            hidden_rate: rate,
            output_rate: rate,
            half_after: 100_000,
            input_bits: 7,
            fractions: false,
        }
    }

    #[test]
    fn every_rule_learns_three_patterns() {
        let Ok(chain) = (Spec { layers: &LAYERS, loss: Loss::CrossEntropy }).check() else { panic!("a network") };
        let rules = Rule::ALL.into_iter().filter(|rule| rule.has_int8());
        for (rule, fractions) in rules.flat_map(|rule| [(rule, false), (rule, true)]) {
            let settings = Int8Settings { fractions, ..settings(rule) };
            let network = Int8Network::new(chain, settings).expect("int8 has this rule");
            let (mut parameters, mut state) = ([0; 123], Int8State::default());
            let (plan, mut readouts, mut bytes) = (Int8Plan::learning(&network), [0; 39], [0; 162]);
            let (readouts, fractions) = (&mut readouts[..plan.readouts], &mut bytes[..plan.fractions]);
            initialize(&network, &mut parameters).expect("the parameters fit");
            let fine = Int8Fine { readouts: &mut *readouts, fractions: &mut *fractions };
            initialize_fine(&network, fine).expect("the readouts fit");
            let mut last = 0;
            for step in 0..600 {
                let label = step % 3;
                let mut x = [0; 6];
                x[2 * label..2 * label + 2].fill(100);
                let (mut activations, mut values) = ([0; 12], [0; 27]);
                let (activations, values) = (&mut activations[..], &mut values[..]);
                let memory = Int8Memory {
                    parameters: &mut parameters,
                    state: &mut state,
                    activations,
                    values,
                    fine: Int8Fine { readouts: &mut *readouts, fractions: &mut *fractions },
                };
                let outcome = learn(&network, memory, &x, label as u32).expect("the memory fits");
                last = outcome.confidence;
            }
            assert!(last > 31_000, "{}: only {last} of 32768", rule.name());
            assert_eq!(state.step, 600);
        }
    }
}
