//! How the learning rates fall, as a function of the samples learned from.
//!
//! After n samples both rates are those at the start divided by 1 + decay n / [`DECAY_SAMPLES`]. A batch's rates are those of its
//! first sample.

use crate::settings::run_settings::Settings;
use openloop_core::Clock;

/// The number of samples that the decay of the learning rates counts in.
pub const DECAY_SAMPLES: f32 = 10_000.0;

/// Samples after which a rate that decays so is half of what it was, as int8 arithmetic and a device's blob count them.
pub(crate) fn half_after(decay: f32) -> u32 {
    (DECAY_SAMPLES / decay) as u32
}

impl Settings {
    /// The clock of the step after `steps` steps and `samples` samples.
    pub(crate) fn clock(&self, steps: u64, samples: u64) -> Clock {
        let decay = 1.0 + self.decay * (samples as f32 / DECAY_SAMPLES);
        let (hidden_rate, output_rate) = (self.hidden_rate / decay, self.rate / decay);
        Clock { step: steps + 1, samples, hidden_rate, output_rate }
    }

    /// Puts into `clocks` those of the batches that the next `count` samples make, after `steps` steps and `samples` samples.
    pub(crate) fn clocks(&self, steps: u64, samples: u64, count: usize, clocks: &mut Vec<Clock>) {
        clocks.clear();
        for (b, first) in (0..count).step_by(self.batch).enumerate() {
            clocks.push(self.clock(steps + b as u64, samples + first as u64));
        }
    }
}
