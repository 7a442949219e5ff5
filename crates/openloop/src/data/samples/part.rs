//! Samples of one kind with their labels, from wherever they are: [`Part`].

use super::super::{DataError, Task};
use super::array::{Array, Values};
use super::shape::SampleLayout;
use super::targets::SampleLabels;
use super::unusable;
use openloop_core::Shape;
use std::path::{Path, PathBuf};

/// Where samples are, and how they are to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The file or folder.
    pub path: &'a Path,
    /// The file of their labels, if they are not beside them.
    pub labels: Option<&'a Path>,
    /// What labels are taken for.
    pub task: Task,
    /// The shape of a sample, if it is not the file's.
    pub shape: Option<Shape>,
}

/// Samples, and labels if there are any.
#[derive(Debug)]
pub struct Part {
    /// `[rows, shape]`, never texts.
    pub values: Values,
    /// The shape of a sample.
    pub shape: Shape,
    /// What each row is called; empty where rows have no names.
    pub names: Vec<String>,
    /// What is to be learned.
    pub labels: Option<SampleLabels>,
    /// The file or folder.
    pub file: PathBuf,
}

impl Part {
    /// Rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.shape.size().max(1)
    }

    /// Whether samples are images, whose values have one scale.
    pub fn are_images(&self) -> bool {
        self.shape.height > 1
    }

    /// The samples and labels in arrays.
    ///
    /// # Errors
    /// Arrays that do not belong together.
    pub fn of_arrays(samples: Array, labels: Option<Array>, place: &Place<'_>) -> Result<Self, DataError> {
        let (file, rows) = (samples.file.clone(), samples.rows());
        if let Values::Texts(_) = samples.values {
            return Err(unusable(&file, "samples that are numbers", "texts", "give an array of numbers"));
        }
        let labels = labels.map(|labels| SampleLabels::of(&labels, place.task)).transpose()?;
        let layout = with_shape(SampleLayout::of(samples.sample()), place.shape, &file)?;
        let values = layout.ordered(samples);
        let part = Part { values, shape: layout.shape, names: Vec::new(), labels, file };
        match &part.labels {
            Some(labels) if labels.rows() != rows => {
                let found = format!("{} labels for {rows} samples", labels.rows());
                Err(unusable(&part.file, "a label for each sample", found, "use two files of the same rows"))
            }
            _ if part.values.len() == 0 => Err(unusable(&part.file, "samples", "none", "give an array with rows")),
            _ => Ok(part),
        }
    }
}

/// The layout with the shape asked for, which has as many values.
fn with_shape(own: SampleLayout, asked: Option<Shape>, file: &Path) -> Result<SampleLayout, DataError> {
    match asked {
        None => Ok(own),
        Some(shape) if shape == own.shape => Ok(own),
        Some(shape) if shape.size() == own.shape.size() => Ok(SampleLayout { shape, channels_last: false }),
        Some(Shape { channels, height, width }) => {
            let (size, asked) = (own.shape.size(), channels * height * width);
            let problem = format!(
                "a shape of {channels}x{height}x{width}, {asked} values, for {}, whose samples have {size}",
                file.display()
            );
            Err(DataError::Request { problem, remedy: "give a shape of as many values".into() })
        }
    }
}
