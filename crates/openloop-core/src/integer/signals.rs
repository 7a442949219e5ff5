//! The signals at a layer's sums, and what changes of its weights they are.

use super::feedback::Feedback;

/// Most that a signal may say, in units of 2^-15: twice 1.
const MAX_SIGNAL: i32 = 65_535;
/// Most that a change may be for the last bit of an input, in units of 2^-16: all of a byte's range for its first.
const MAX_CHANGE: i32 = i16::MAX as i32;

/// Where the signals at a layer's sums come from, in units of 2^-15.
pub(super) enum SignalSource<'t> {
    /// They are there.
    Known(&'t [i32]),
    /// Coefficients times the layer's matrix, gated by the slope of its outputs `a`.
    Projected { feedback: Feedback, coefficients: (usize, &'t [i32]), a: &'t [i8] },
}

/// How signals become changes.
pub(super) struct WeightChanges<'t> {
    /// In 12 bits.
    pub rate: i32,
    /// Bits by which the product of rate and signal is shifted down.
    pub down: u32,
    pub source: SignalSource<'t>,
    /// Changes that were too large.
    pub saturated: u32,
}

impl WeightChanges<'_> {
    /// Puts down the changes of the neurons from `first` on, in units of 2^-16 for the last bit of an input; returns a number
    /// of as many bits as the largest has. Once for all widths.
    #[inline(never)]
    pub fn delta(&mut self, first: usize, delta: &mut [i32]) -> u32 {
        let mut bits = 0;
        match &self.source {
            SignalSource::Known(values) => {
                for (delta, value) in delta.iter_mut().zip(values.get(first..).unwrap_or_default()) {
                    let change = self.change((*value).clamp(-MAX_SIGNAL, MAX_SIGNAL));
                    bits |= limit(delta, change, &mut self.saturated);
                }
            }
            SignalSource::Projected { feedback, coefficients, a } => {
                feedback.project(*coefficients, first, delta);
                for (delta, a) in delta.iter_mut().zip(a.get(first..).unwrap_or_default()) {
                    let change = self.change(gated(*delta, *a));
                    bits |= limit(delta, change, &mut self.saturated);
                }
            }
        }
        bits
    }

    /// -rate signal, to the nearest.
    #[inline(always)]
    fn change(&self, signal: i32) -> i32 {
        ((1i32 << self.down >> 1) - signal * self.rate) >> self.down
    }
}

/// Keeps a change within its range, and counts it if it was not; returns its size.
#[inline(always)]
fn limit(kept: &mut i32, change: i32, saturated: &mut u32) -> u32 {
    *kept = change;
    let size = change.unsigned_abs();
    if size > MAX_CHANGE as u32 {
        *kept = change.clamp(-MAX_CHANGE, MAX_CHANGE);
        *saturated += 1;
        return MAX_CHANGE as u32;
    }
    size
}

/// signal (1 - a^2), with a in units of 1/127.
#[inline(always)]
pub(super) fn gated(signal: i32, a: i8) -> i32 {
    (signal.clamp(-MAX_SIGNAL, MAX_SIGNAL) * (127 * 127 - a as i32 * a as i32)) >> 14
}
