//! A stream with a learner for each key: many sensors in one input, each as if it were alone.
//!
//! A row's key names its learner, and the learner numbers its own rows: so each has the bits of a stream over its rows alone, in whatever
//! order the rows of others come. At most so many learners are in memory; the others wait in files, and the state of all of them is saved
//! together with the place in the input, at one moment.
//!
//! | file | one sentence |
//! |---|---|
//! | `run.rs`, `opened.rs` | The run: rows in, answers out, saved now and then; what it is opened from. |
//! | `learner.rs` | One learner: its warm-up, or its stream. |
//! | `pool.rs`, `record.rs` | The learners, of which some are in memory; what is kept of each. |
//! | `folder.rs`, `names.rs` | Their files, of which all change at one moment or none; how these are called. |
//! | `index.rs` | What is saved of them as a whole, and where the input goes on. |
//! | `warmup_file.rs` | The rows of a warm-up as a file. |
//! | `figures.rs`, `summary.rs` | Figures of each learner and of all; what came out. |

mod figures;
mod folder;
mod index;
mod learner;
mod names;
mod opened;
mod pool;
mod record;
mod run;
mod summary;
mod warmup_file;

pub use figures::{KeyFigures, KeyTotals};
pub use run::{KeyedObserver, KeyedRun};
pub use summary::{KeySummary, KeyedSummary};
