//! What a pass over a network does, in numbers of operations.

use serde::Serialize;

/// Arithmetic and traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OperationCounts {
    /// Multiply-adds.
    pub multiply_adds: u64,
    /// Weights read.
    pub weight_reads: u64,
    /// Weights written.
    pub weight_writes: u64,
    /// Values of the fixed random matrices read, or drawn again.
    pub feedback_values: u64,
}
