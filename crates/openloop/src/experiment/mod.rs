//! Experiments: rules compared on the same network, data, seeds and budget, with the statistics that let one trust it.
//!
//! | file | one sentence |
//! |---|---|
//! | `compare.rs` | Which cells there are, in which order they run, and what becomes of them: [`compare`]. |
//! | `result.rs` | What a comparison finds, as a report draws it and `--json` prints it: [`Comparison`]. |
//! | `runner.rs` | Runs cells, or finds them finished. |
//! | `published.rs` | The paper's tables as data: [`PaperTask`]. |
//! | `reproduce.rs` | Those tables, row by row, as comparisons: [`Reproducer`]. |
//! | `reproduction.rs` | What a reproduction finds: comparisons beside published figures. |
//! | `analysis.rs` | From the outcomes of all cells to that result. |
//! | `search.rs` | The search of the learning rate on validation rows, with the same budget for every rule. |
//! | `cell.rs` | One run of a comparison, measured. |
//! | `store.rs` | Finished cells on disk, used again by the same comparison. |
//! | `memory.rs` | Bytes, from the allocator. |
//! | `statistics.rs`, `student.rs` | Means, deviations, tests; tested against SciPy. |

mod analysis;
mod cell;
mod compare;
mod error;
pub mod memory;
mod published;
mod reproduce;
mod reproduction;
mod result;
mod runner;
pub mod search;
pub mod statistics;
mod store;
mod student;

pub use cell::{CellName, CellOutcome, CellPurpose, ExperimentObserver, Trial};
pub use compare::{CompareRequest, compare};
pub use error::ExperimentError;
pub use published::{PaperTask, TRIALS};
pub use reproduce::{Reproducer, ReproductionRequest};
pub use reproduction::{Published, Reproduction, ReproductionSection};
pub use result::{
    Band, Comparison, Curves, Difference, DivergedTrial, FEW_ROWS, FinishedTrial, LearningCost, RuleResult,
    TrialResult, Variation,
};
