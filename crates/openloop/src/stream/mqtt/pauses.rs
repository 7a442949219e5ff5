//! How long to wait before the next attempt to connect.
//!
//! The pause doubles from 0.1 s to 30 s. A successful connection does not shorten it: two clients of the same name, or a message
//! that the broker cannot get rid of, would end it again at once. A message that got through does. Where the broker ends connections
//! that were made, which is what it does to one of two clients of the same name, the pause grows until one has lasted longer than any
//! pause. Each pause is drawn between half of itself and all of it, so that two clients do not keep step.

use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// The first pause.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(30);
/// A connection that lasted so long was not taken over.
pub const LASTING: Duration = Duration::from_secs(60);

/// The pauses so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pauses {
    /// Attempts that failed and connections that ended, since a message got through.
    failures: u32,
    /// Connections that the broker ended soon, since one lasted.
    endings: u32,
}

impl Pauses {
    /// A message got through.
    pub fn on_message(&mut self) {
        self.failures = 0;
    }

    /// The pause after an attempt that failed, or after a connection that `lasted` so long.
    pub fn next(&mut self, lasted: Option<Duration>) -> Duration {
        if lasted.is_some_and(|lasted| lasted >= LASTING) {
            self.endings = 0;
        }
        let doublings = self.failures.max(self.endings).min(16);
        self.failures += 1;
        self.endings += u32::from(lasted.is_some());
        let pause = LONGEST.min(FIRST * 2u32.pow(doublings));
        pause / 2 + (pause / 2).mul_f64(random())
    }
}

/// A number from 0 to 1 that differs from process to process and call to call.
fn random() -> f64 {
    let drawn = std::hash::RandomState::new().build_hasher().finish();
    drawn as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_about(pause: Duration, seconds: f64) -> bool {
        (seconds / 2.0..=seconds).contains(&pause.as_secs_f64())
    }

    #[test]
    fn pauses_double_up_to_half_a_minute_until_a_message_got_through() {
        let mut pauses = Pauses::default();
        for expected in [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0] {
            assert!(is_about(pauses.next(None), expected), "{expected}");
        }
        pauses.on_message();
        assert!(is_about(pauses.next(None), 0.1));
    }

    #[test]
    fn a_connection_that_is_ended_again_and_again_waits_longer_even_if_messages_get_through() {
        let mut pauses = Pauses::default();
        for expected in [0.1, 0.2, 0.4, 0.8] {
            assert!(is_about(pauses.next(Some(Duration::from_secs(1))), expected), "{expected}");
            pauses.on_message();
        }
        assert!(is_about(pauses.next(Some(LASTING)), 0.1));
    }
}
