//! Messages that were received, so that one that comes again is not learned from again.
//!
//! A broker delivers at least once: what was not acknowledged in time comes again, and a retained message comes at every start. Both
//! are marked as such, and a message that somebody sends twice is not; but a labelled reading with an id is the same reading if it
//! says the same. So a checksum of each message is kept, of the last 4,096, and of the last retained one of each topic as long as
//! it is the last. They are part of the model: what was learned and what was received are saved together.

use super::source::MessageMark;
use std::collections::VecDeque;

/// What the saved tensor is called.
pub(super) const RECEIVED: &str = "received";
/// Messages that are known again.
const MAX_MESSAGES: usize = 4096;
/// Topics that are read: readings and labels.
const TOPICS: usize = 2;
/// Bytes of a saved checksum.
const WORD: usize = 8;

/// The checksums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceivedMessages {
    /// The last retained message of each topic.
    retained: [u64; TOPICS],
    /// The last messages, oldest first.
    recent: VecDeque<u64>,
}

impl ReceivedMessages {
    /// Whether it was received before and its mark says that this matters; remembers it.
    pub fn is_repeated(&mut self, mark: &MessageMark) -> bool {
        let place = self.recent.iter().position(|known| *known == mark.checksum);
        if let Some(place) = place {
            self.recent.remove(place);
        } else if self.recent.len() == MAX_MESSAGES {
            self.recent.pop_front();
        }
        self.recent.push_back(mark.checksum);
        let mut is_known = place.is_some();
        if mark.is_retained {
            let retained = &mut self.retained[usize::from(mark.is_label)];
            is_known |= *retained == mark.checksum;
            *retained = mark.checksum;
        }
        is_known && mark.may_be_repeated
    }

    /// As it is saved; empty if nothing was received.
    pub fn to_bytes(&self) -> Vec<i8> {
        if self.recent.is_empty() {
            return Vec::new();
        }
        let words = self.retained.iter().chain(&self.recent);
        words.flat_map(|word| word.to_le_bytes()).map(|byte| byte as i8).collect()
    }

    /// As it was saved; none if that cannot have been.
    pub fn from_bytes(bytes: &[i8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(ReceivedMessages::default());
        }
        let (words, rest) = bytes.as_chunks::<WORD>();
        let words = words.iter().map(|word| u64::from_le_bytes(word.map(|byte| byte as u8)));
        let (retained, recent): (Vec<u64>, Vec<u64>) =
            (words.clone().take(TOPICS).collect(), words.skip(TOPICS).collect());
        let retained = retained.try_into().ok()?;
        let fits = rest.is_empty() && recent.len() <= MAX_MESSAGES;
        fits.then(|| ReceivedMessages { retained, recent: recent.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(checksum: u64) -> MessageMark {
        MessageMark { checksum, is_label: false, is_retained: false, may_be_repeated: true }
    }

    #[test]
    fn a_message_is_known_again_while_it_is_one_of_the_last_4096() {
        let mut received = ReceivedMessages::default();
        assert!(!received.is_repeated(&mark(1)) && received.is_repeated(&mark(1)));
        for other in 2..=MAX_MESSAGES as u64 {
            received.is_repeated(&mark(other));
        }
        assert!(received.clone().is_repeated(&mark(1)));
        received.is_repeated(&mark(0));
        assert!(!received.is_repeated(&mark(1)));
        assert_eq!(received.recent.len(), MAX_MESSAGES);
    }

    #[test]
    fn a_retained_message_is_known_again_as_long_as_it_is_the_last_of_its_topic() {
        let mut received = ReceivedMessages::default();
        let retained = MessageMark { is_retained: true, ..mark(1) };
        assert!(!received.is_repeated(&retained));
        (2..10_000).for_each(|other| assert!(!received.is_repeated(&mark(other))));
        assert!(received.is_repeated(&retained));
        assert!(
            !received.is_repeated(&MessageMark { is_label: true, checksum: 0, ..retained })
                || received.retained[1] == 0
        );
    }

    #[test]
    fn two_equal_readings_that_nothing_marks_are_two_readings() {
        let mut received = ReceivedMessages::default();
        let reading = MessageMark { may_be_repeated: false, ..mark(1) };
        assert!(!received.is_repeated(&reading) && !received.is_repeated(&reading));
        assert!(received.is_repeated(&mark(1)), "but one that the broker sends again is known");
    }

    #[test]
    fn what_was_received_is_saved_and_nothing_else_is_read() {
        let mut received = ReceivedMessages::default();
        assert_eq!(ReceivedMessages::from_bytes(&received.to_bytes()), Some(received.clone()));
        for checksum in 5..9 {
            received.is_repeated(&MessageMark { is_retained: true, ..mark(checksum) });
        }
        let bytes = received.to_bytes();
        assert_eq!(ReceivedMessages::from_bytes(&bytes), Some(received));
        for wrong in [&bytes[1..], &bytes[..8], &vec![0; (MAX_MESSAGES + TOPICS + 1) * WORD]] {
            assert_eq!(ReceivedMessages::from_bytes(wrong), None);
        }
    }
}
