//! What a stream without labels knows of its rows: their scores, and which of them are flagged.
//!
//! The network predicts the row x that it gets. With y its answer, p the inputs of x that are not missing, and all of them standardised,
//!
//! ```text
//! score = sum over p of (y - x)^2 / |p|          flagged: score > threshold
//! ```
//!
//! `threshold.rs` says what the threshold is and which rows are learned from; `ranked.rs` and `alarms.rs` compare the scores and the
//! flags with labels, where somebody has some; `course.rs` keeps scores over time; `state.rs` is all of it, as it is saved.

mod alarms;
mod course;
mod ranked;
mod state;
mod threshold;

pub use alarms::Alarms;
pub use course::{ScoreCourse, ScorePart};
pub use ranked::RankedScores;
pub use state::AnomalyState;
pub use threshold::{Threshold, Verdict};
