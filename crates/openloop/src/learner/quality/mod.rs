//! How good answers are, from the answers and the truth alone: one figure for each question a user asks of a model.

mod classes;
mod examination;
mod values;

pub use classes::{CalibrationBin, ClassQuality, ClassificationQuality, Confusion};
pub(crate) use classes::{balanced_accuracy, share};
pub use examination::{Examination, Importance, WorstRow};
pub use values::{RegressionQuality, ValueQuality};
