//! Settings: from flags, TOML and the text of a network to complete, checked settings.
//!
//! | file | one sentence |
//! |---|---|
//! | `names.rs` | What all things chosen by name share: text, files, flags. |
//! | `choices.rs` | What is chosen by name, beside the core's own rules, losses and so on. |
//! | `word.rs`, `net.rs` | One layer in the text of a network; the whole text, and the layers it stands for. |
//! | `net_error.rs`, `error.rs`, `ranges.rs` | What can be wrong with a request, and the ranges of numbers. |
//! | `class_weights.rs` | How much the rows of each class count. |
//! | `sample_shape.rs` | The shape of a sample in text. |
//! | `options.rs`, `requests.rs` | The options as they were given; what they ask of the reader of data. |
//! | `headings.rs` | The headings of the flags in the help. |
//! | `preset.rs` | The defaults. |
//! | `run_settings.rs`, `complete.rs` | Settings that can run; how they are made of options and preset, and checked. |
//! | `clock.rs`, `int8.rs` | What follows from them: how the rates fall, and what int8 arithmetic needs. |
//! | `saved.rs` | Settings as they stand in a checkpoint. |

mod choices;
mod class_weights;
pub mod clock;
mod complete;
mod error;
#[cfg(feature = "clap")]
pub mod headings;
pub mod int8;
pub mod names;
pub mod net;
mod net_error;
mod options;
pub mod preset;
pub(crate) mod ranges;
mod requests;
mod run_settings;
mod sample_shape;
mod saved;
mod word;

pub(crate) use complete::rules_for_values;

pub use choices::{Init, PipelineMode, Preset, ReadoutMaps, ReadoutMode};
pub use class_weights::{ClassWeights, ClassWeightsChoice};
pub use error::ConfigError;
pub use openloop_core::store::Arithmetic;
pub use options::Options;
pub use run_settings::Settings;
pub use sample_shape::{SampleShape, parse_shape};
pub use saved::SavedSettings;
