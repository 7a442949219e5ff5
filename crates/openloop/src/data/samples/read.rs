//! Reads samples from wherever they are.

use super::super::DataError;
use super::find::{self, SampleKind};
#[cfg(feature = "images")]
use super::images;
use super::part::{Part, Place};
use super::targets::SampleLabels;

/// What was found at a place: the samples, those for testing if they are set apart there, and what has to be said.
#[derive(Debug)]
pub struct Parts {
    /// The samples, or those to train on.
    pub train: Part,
    /// Those to test on.
    pub test: Option<Part>,
    /// What was found without being named.
    pub notes: Vec<String>,
}

/// Reads what is at a place.
///
/// # Errors
/// Files that cannot be read or are damaged, arrays that do not belong together.
pub fn read(place: &Place<'_>) -> Result<Parts, DataError> {
    match SampleKind::of(place.path) {
        Some(SampleKind::Images) => read_images(place),
        Some(kind) => {
            let found = find::read(place.path, kind, place.labels)?;
            let train = Part::of_arrays(found.samples, found.labels, place)?;
            let task = train.labels.as_ref().map_or(place.task, SampleLabels::task);
            let place = Place { task, ..*place };
            let test =
                found.test.map(|(samples, labels)| Part::of_arrays(samples, Some(labels), &place)).transpose()?;
            Ok(Parts { train, test, notes: found.notes })
        }
        None => Err(DataError::Request {
            problem: format!("{} is no folder of images, NumPy array or IDX file", place.path.display()),
            remedy: "name one of these".into(),
        }),
    }
}

#[cfg(feature = "images")]
fn read_images(place: &Place<'_>) -> Result<Parts, DataError> {
    if place.labels.is_some() {
        let problem = "--labels for images, whose folders name their classes".into();
        return Err(DataError::Request { problem, remedy: "leave --labels out".into() });
    }
    match find::train_and_test(place.path) {
        None => {
            let (train, notes) = images::read(place.path, place.shape)?;
            Ok(Parts { train, test: None, notes })
        }
        Some([train, test]) => {
            let (train, mut notes) = images::read(&train, place.shape)?;
            let (test, more) = images::read(&test, Some(train.shape))?;
            notes.extend(more);
            Ok(Parts { train, test: Some(test), notes })
        }
    }
}

#[cfg(not(feature = "images"))]
fn read_images(place: &Place<'_>) -> Result<Parts, DataError> {
    Err(DataError::Request {
        problem: format!("{}: this build reads no images", place.path.display()),
        remedy: "build it with the feature images".into(),
    })
}
