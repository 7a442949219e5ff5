//! What a user chooses: from flags, TOML and the text of a network to settings that are checked and complete.
//!
//! | file | one sentence |
//! |---|---|
//! | `names.rs` | What all things chosen by name share: text, files, flags. |
//! | `choices.rs` | What is chosen by name, beside the core's own rules, losses and so on. |
//! | `word.rs`, `net.rs` | One layer in the text of a network; the whole text, and the layers it stands for. |
//! | `error.rs`, `ranges.rs` | What can be wrong with a request, and the ranges of numbers. |
//! | `options.rs` | What was said. |
//! | `preset.rs` | What stands where nothing was said. |
//! | `complete.rs` | Settings that can run: complete and checked. |
//! | `clock.rs`, `int8.rs` | What follows from them: how the rates fall, and what int8 arithmetic needs. |
//! | `saved.rs` | Settings as they stand in a checkpoint. |

mod choices;
pub mod clock;
mod complete;
mod error;
pub mod int8;
pub mod names;
pub mod net;
pub mod preset;
pub(crate) mod ranges;
#[path = "options.rs"]
mod said;
mod saved;
mod word;

pub use choices::{Init, PipelineMode, Preset, Readout};
pub use complete::Settings;
pub use error::ConfigError;
pub use openloop_core::store::Arithmetic;
pub use said::Options;
pub use saved::SavedSettings;

/// Where the types above stood.
pub mod options {
    pub use super::{Arithmetic, ConfigError, Init, Options, PipelineMode, SavedSettings, Settings};
}
