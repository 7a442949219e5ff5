//! The one learner, and what is built on it: training runs, models that answer, evaluation.
//!
//! | file | one sentence |
//! |---|---|
//! | `learner.rs` | [`Learner`]: network, weights, readouts, optimizer state and scratch in one owned value; `learn`, `infer`, `signals`, `snapshot`, `restore`. |
//! | `float.rs`, `int8.rs`, `events.rs` | Its two arithmetics, and samples as lists of what is not 0. |
//! | `network.rs`, `weights.rs`, `snapshot.rs` | Layers that were checked, numbers that were found to fit them, and what is saved of a learner. |
//! | `fold.rs` | Normalisation folded into weights and biases, for exports. |
//! | `layout.rs` | How weights lie while they learn: in rows or in panels. |
//! | `pipeline.rs` | Layers spread over threads, each at its own batch. |
//! | `trainer.rs`, `start.rs`, `progress.rs` | [`Trainer`]: epochs over a data set, how one begins, and where it stands. |
//! | `trainer/rows.rs` | Rows that come one at a time to a run that goes on. |
//! | `inputs.rs`, `front.rs` | What the learning layers see of a row: scaled features, or what frozen layers make of them. |
//! | `targets.rs`, `row_weights.rs` | The targets of a batch, and how much each of its rows counts. |
//! | `center.rs` | A frozen front end's filters, their biases moved for int8 until their outputs have mean 0. |
//! | `model.rs`, `evaluation.rs` | [`Model`]: a network that answers raw rows; how well it does. |
//! | `quality/` | Figures of answers: confusion, precision, recall, calibration; absolute and squared errors. |
//! | `alignment.rs` | The angles between a rule's signals and backpropagation's. |

pub mod alignment;
mod best;
mod center;
mod counters;
mod evaluation;
mod events;
mod float;
mod fold;
mod front;
mod inputs;
mod int8;
mod layout;
#[allow(clippy::module_inception)]
mod learner;
mod model;
mod network;
mod pipeline;
mod progress;
pub mod quality;
mod row_weights;
mod snapshot;
mod start;
mod targets;
mod trainer;
mod weights;

pub use best::BestWeights;
pub use counters::Counters;
pub use evaluation::{EvaluatedLayers, Evaluation, evaluate};
pub use events::InputEvent;
pub(crate) use fold::{folded, whole_readouts};
pub use inputs::{FrontEnd, Inputs, MAX_CACHED_BYTES, RowSet};
pub use int8::{Int8Weights, input_bits};
pub use learner::{Learner, NotFinite, Workload};
pub use model::{DataDescription, Model};
pub use network::Network;
pub use progress::{Diverged, Epoch, EpochEnd, TrainingProgress};
pub use snapshot::Snapshot;
pub(crate) use start::check_copies;
pub use trainer::{Callback, Trainer, TrainingState};
pub use weights::NetworkWeights;
