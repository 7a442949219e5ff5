//! The counters of a learner.

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Learning steps taken.
    pub steps: u64,
    /// Samples learned from.
    pub samples: u64,
    /// Changes of int8 weights that saturated.
    pub saturated: u32,
}
