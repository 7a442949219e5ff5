//! What a stream tells while it runs: answers, bad rows, notices and progress.

use super::answer::Answer;
use super::prequential::Prequential;
use super::source::Row;
use std::io;

/// An observer of a stream: it gets predictions, notices and progress.
pub trait StreamObserver {
    /// A row was answered.
    ///
    /// # Errors
    /// If the answer cannot be written.
    fn on_prediction(&mut self, row: &Row, answer: Answer<'_>) -> io::Result<()>;

    /// Flushes the predictions written so far.
    ///
    /// # Errors
    /// If it cannot be.
    fn flush(&mut self) -> io::Result<()>;

    /// Brings the predictions written so far to the disk: the model that is saved next has answered them.
    ///
    /// # Errors
    /// If it cannot be.
    fn sync(&mut self) -> io::Result<()>;

    /// A row could not be used.
    fn on_bad_row(&mut self, row: u64, problem: &str);

    /// A notice for the user.
    fn on_notice(&mut self, text: &str);

    /// The warm-up is over, or a saved stream goes on.
    fn on_start(&mut self, stream: &Prequential);

    /// Progress, about ten times a second.
    fn on_progress(&mut self, stream: &Prequential);
}

/// An observer that ignores everything.
impl StreamObserver for () {
    fn on_prediction(&mut self, _row: &Row, _answer: Answer<'_>) -> io::Result<()> {
        Ok(())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn on_bad_row(&mut self, _row: u64, _problem: &str) {}
    fn on_notice(&mut self, _text: &str) {}
    fn on_start(&mut self, _stream: &Prequential) {}
    fn on_progress(&mut self, _stream: &Prequential) {}
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// After its last row.
    AtEnd,
    /// It was asked to.
    Stopped,
}
