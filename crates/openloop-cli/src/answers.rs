//! The predictions of a stream on their way out, once there may be any.

use openloop::stream::{AnswerColumns, Predictions};
use std::io;

/// Where predictions go, if anywhere. Until there may be answers, a file of predictions stays as it is.
pub struct Answers {
    out: Option<Predictions>,
    has_started: bool,
}

impl Answers {
    pub fn new(out: Option<Predictions>) -> Self {
        Answers { out, has_started: false }
    }

    /// There may be answers from here on, with these columns.
    pub fn start(&mut self, columns: AnswerColumns) {
        self.has_started = true;
        self.out.iter_mut().for_each(|out| out.set_columns(columns.clone()));
    }

    /// Whether there may be answers.
    pub fn has_started(&self) -> bool {
        self.has_started
    }

    /// Adds one by `add`.
    pub fn add(&mut self, add: impl FnOnce(&mut Predictions) -> io::Result<()>) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), add)
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.add(Predictions::flush)
    }

    pub fn sync(&mut self) -> io::Result<()> {
        match &mut self.out {
            Some(out) if self.has_started => {
                out.begin()?;
                out.sync()
            }
            _ => Ok(()),
        }
    }
}
