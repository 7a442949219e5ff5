//! A sensor that drifts: a network that goes on learning beside one that stopped.
//!
//! Eight channels read one of four states. From segment 3 on every channel's offset and gain move, as ageing or dirt would
//! move them. Each sample is answered before it is learned.

use crate::board::{Board, Line};
use crate::nets::{linear, tanh};
use openloop_core::device::{Arena, DeviceSettings, Learner};
use openloop_core::loss::largest;
use openloop_core::random::{Purpose, Stream, symmetric};
use openloop_core::{Feedback, Layer, Loss, Rule, Spec, Targets};

const CHANNELS: usize = 8;
const STATES: u32 = 4;
const LAYERS: [Layer; 2] = [tanh(CHANNELS, 16), linear(16, STATES as usize)];
const LEARNER: Learner<'static> = Learner::fixed(
    Spec { layers: &LAYERS, loss: Loss::CrossEntropy },
    DeviceSettings { rule: Rule::Drtp, hidden_rate: 0.03, output_rate: 0.03, feedback: Feedback::Seeded(1) },
);
/// Memory of one network.
pub type Memory = Arena<{ LEARNER.sizes().parameters }, { LEARNER.sizes().scratch() }>;
/// Samples in a segment.
pub const SEGMENT: u32 = 1000;
/// Segments without drift, after which one of the networks stops learning.
pub const STEADY: u32 = 3;
/// Segments in all.
pub const SEGMENTS: u32 = 10;

/// Follows the sensor with both networks, and says how many samples of each segment they answered rightly.
pub fn follow<B: Board>(board: &mut B, learning: &mut Memory, frozen: &mut Memory) {
    let _ = LEARNER.init(1, &mut learning.parameters);
    for segment in 0..SEGMENTS {
        if segment == STEADY {
            *frozen = learning.clone();
        }
        let (mut right, mut right_frozen) = (0, 0);
        for n in segment * SEGMENT..(segment + 1) * SEGMENT {
            let (x, state) = reading(n);
            if segment >= STEADY {
                let answer = LEARNER.infer(frozen.lend(), &x);
                right_frozen += u32::from(answer.is_ok_and(|y| largest(y) as u32 == state));
            }
            let answer = LEARNER.learn(learning.lend(), &x, &Targets::Labels(&[state]));
            right += u32::from(answer.is_ok_and(|y| largest(y) as u32 == state));
        }
        let frozen = if segment < STEADY { right } else { right_frozen };
        Line::new(board, "drift")
            .number("segment", segment)
            .number("learning", right)
            .number("frozen", frozen)
            .number("of", SEGMENT)
            .end();
    }
}

/// Reading `n` of the sensor, and the state it is of.
fn reading(n: u32) -> ([f32; CHANNELS], u32) {
    let (noise, drawn) = (Stream::new(1, Purpose::Data, 0), Stream::new(1, Purpose::Data, 1));
    let state = drawn.below(n.into(), STATES);
    let late = n.saturating_sub(STEADY * SEGMENT) as f32 / ((SEGMENTS - STEADY) * SEGMENT) as f32;
    let mut x = [0.0; CHANNELS];
    let words = noise.words(u64::from(n) * CHANNELS as u64);
    for ((channel, x), word) in x.iter_mut().enumerate().zip(words) {
        let fixed = |number, index| symmetric(Stream::new(1, Purpose::Data, number).word(index), 1.0);
        let level = fixed(2, u64::from(state) * CHANNELS as u64 + channel as u64);
        let (gain, offset) = (1.0 + 0.5 * late * fixed(3, channel as u64), 2.0 * late * fixed(4, channel as u64));
        *x = gain * level + offset + symmetric(word, 0.5);
    }
    (x, state)
}
