//! Samples and labels become a data set; or rows for a model.

use super::super::set::select;
use super::super::split::{SplitChoice, SplitKind};
use super::super::standardise::{origin, relative, standardise};
use super::super::{
    DataError, DataSet, Features, ModelTable, Preprocessing, Split, TargetUnits, Targets, Task, excerpt,
};
use super::array::Values;
use super::part::{Part, Place};
use super::read::{Parts, read};
use super::targets::SampleLabels;
use super::unusable;
use openloop_core::Shape;
use std::path::Path;

const MIN_ROWS: usize = 5;
/// Classes that are listed with their rows.
const SHOWN_CLASSES: usize = 8;

/// What is asked of samples.
#[derive(Clone, Copy, Debug)]
pub struct SampleRequest<'a> {
    /// The file or folder.
    pub path: &'a Path,
    /// The file of their labels, if they are not beside them.
    pub labels: Option<&'a Path>,
    /// The file or folder to test on, and its labels.
    pub test: Option<(&'a Path, Option<&'a Path>)>,
    /// What labels are taken for.
    pub task: Task,
    /// The shape of a sample, if it is not the file's.
    pub shape: Option<Shape>,
    /// How rows are split where none are for testing; none means randomly.
    pub split: Option<SplitChoice>,
}

/// Loads samples to train on and to test on.
///
/// # Errors
/// Files that cannot be read or are damaged, samples without labels, arrays that do not belong together, labels from which nothing
/// can be learned; a split of rows that are split already.
pub(in crate::data) fn load(request: &SampleRequest<'_>) -> Result<DataSet, DataError> {
    let path = request.path;
    let Parts { train, test, notes } = read_parts(request)?;
    let learned = Learned::of(&train, test.is_some(), request)?;
    let understood = describe(&train, test.as_ref(), &learned.targets, &learned.classes, notes);
    let (shape, tested) = (train.shape, test.map(|test| learned.targets_of(test, path)).transpose()?);
    let (features, preprocessing) = scaled(train, &learned.rows.0)?;
    let Learned { rows, targets, classes, units } = learned;
    let outputs = units.as_ref().map_or(classes.len(), |units| units.names.len());
    let whole = |features, targets| {
        let split = Split::new(features, targets, shape.size(), outputs);
        split.ok_or_else(|| unusable(path, "a label for each sample", "fewer", "check the files"))
    };
    let all = whole(features, targets)?;
    let (train, test) = match tested {
        Some((test, targets)) => (all, whole(features_for(test, &preprocessing)?, targets)?),
        None => (all.select(&rows.0, shape.size(), outputs), all.select(&rows.1, shape.size(), outputs)),
    };
    Ok(DataSet {
        name: path.display().to_string(),
        units,
        shape,
        outputs,
        classes,
        preprocessing,
        columns: None,
        table: None,
        understood: Some(understood),
        note: None,
        train,
        test,
        validation: None,
    })
}

/// The samples to train on, or all, and those to test on where they are known.
fn read_parts(request: &SampleRequest<'_>) -> Result<Parts, DataError> {
    let SampleRequest { path, labels, task, shape, .. } = *request;
    let mut parts = read(&Place { path, labels, task, shape })?;
    if let Some((path, labels)) = request.test {
        // a few test labels may look otherwise than all of those to train on
        let place = Place { path, labels, task: labelled(&parts.train)?.task(), shape: Some(parts.train.shape) };
        parts.test = Some(read(&place)?.train);
    }
    if parts.test.is_some() && request.split.is_some() {
        let problem =
            format!("{}: the test rows are known, and --split or --split-seed would draw them", path.display());
        return Err(DataError::Request { problem, remedy: "leave --split and --split-seed out".into() });
    }
    Ok(parts)
}

/// What is learned from all samples.
struct Learned {
    /// The samples to train on and those to test on.
    rows: (Vec<u32>, Vec<u32>),
    targets: Targets,
    classes: Vec<String>,
    units: Option<TargetUnits>,
}

impl Learned {
    fn of(samples: &Part, are_for_training: bool, request: &SampleRequest<'_>) -> Result<Self, DataError> {
        let (labels, count) = (labelled(samples)?, samples.rows());
        if count < MIN_ROWS {
            return Err(unusable(request.path, "at least 5 samples", count.to_string(), "add samples"));
        }
        let classes = labels.classes();
        let rows = match are_for_training {
            true => ((0..count as u32).collect(), Vec::new()),
            false => draw(request.split.unwrap_or_default(), count as u32, labels, &classes)?,
        };
        let (targets, units) = labels.targets(&classes, &rows.0)?;
        Ok(Learned { rows, targets, classes, units })
    }

    /// Other samples with their targets in the same classes or units.
    fn targets_of(&self, samples: Part, path: &Path) -> Result<(Part, Targets), DataError> {
        let own = ModelTable {
            columns: None,
            features: samples.shape.size(),
            classes: &self.classes,
            are_named: true,
            units: self.units.as_ref(),
            preprocessing: &Preprocessing::identity(),
        };
        let (targets, _) = labelled(&samples)?.targets_for(&own)?;
        match samples.rows() {
            0 => Err(unusable(path, "samples to test on", "none", "name others with --test")),
            _ => Ok((samples, targets)),
        }
    }
}

/// Labelled samples for a model.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRows {
    /// The rows, their targets numbered or scaled as the model's are.
    pub all: Split,
    /// How many there are, for messages.
    pub understood: String,
}

/// Loads labelled samples for a model: all rows, or those to test on where files say which they are.
///
/// # Errors
/// As `load`; samples of another size than the model's, labels that are none of its classes.
pub fn load_samples_for(
    path: &Path,
    labels: Option<&Path>,
    shape: Shape,
    model: &ModelTable<'_>,
) -> Result<SampleRows, DataError> {
    let task = if model.classes.is_empty() { Task::Regression } else { Task::Classes };
    let Parts { train, test, notes } = read(&Place { path, labels, task, shape: Some(shape) })?;
    let rows = test.unwrap_or(train);
    let (targets, width) = labelled(&rows)?.targets_for(model)?;
    let understood = describe(&rows, None, &targets, model.classes, notes);
    let features = features_for(rows, model.preprocessing)?;
    let all = Split::new(features, targets, model.features, width);
    let all = all.ok_or_else(|| unusable(path, "a label for each sample", "fewer", "check the files"))?;
    Ok(SampleRows { all, understood })
}

/// Samples without labels, for a model.
#[derive(Clone, Debug, PartialEq)]
pub struct UnlabelledSamples {
    /// The rows; their targets mean nothing.
    pub features: Vec<f64>,
    /// The name of each; empty where they have none.
    pub names: Vec<String>,
}

/// Loads samples for a model that is to label them.
///
/// # Errors
/// Files that cannot be read or are damaged; samples of another size than the model's.
pub fn load_unlabelled(path: &Path, shape: Shape) -> Result<UnlabelledSamples, DataError> {
    let Parts { train, test, .. } = read(&Place { path, labels: None, task: Task::Auto, shape: Some(shape) })?;
    let Part { values, names, .. } = test.unwrap_or(train);
    let features = match values {
        Values::Bytes(values) => values.into_iter().map(f64::from).collect(),
        Values::Floats(values) => values.into_iter().map(f64::from).collect(),
        Values::Doubles(values) => values,
        Values::Texts(_) => Vec::new(),
    };
    Ok(UnlabelledSamples { features, names })
}

fn labelled(part: &Part) -> Result<&SampleLabels, DataError> {
    part.labels.as_ref().ok_or_else(|| DataError::Request {
        problem: format!("{} has samples and no labels", part.file.display()),
        remedy: "name the file of their labels with --labels, or put images into a folder for each class".into(),
    })
}

/// The rows to train on and those to test on.
fn draw(
    split: SplitChoice,
    rows: u32,
    labels: &SampleLabels,
    classes: &[String],
) -> Result<(Vec<u32>, Vec<u32>), DataError> {
    match labels {
        SampleLabels::Classes(..) => Ok(split.draw(rows, Some(&labels.numbered(classes)?))),
        SampleLabels::Values(..) if split.kind == SplitKind::Stratified => Err(DataError::Request {
            problem: "--split stratified, but the labels are measured values and have no classes".into(),
            remedy: "take --split random or ordered, or say --task classes".into(),
        }),
        SampleLabels::Values(..) => Ok(split.draw(rows, None)),
    }
}

/// The samples as they are kept, and how they become inputs: bytes of images are divided by the largest of the training rows; floats of
/// images have one mean and deviation a channel; lists of values one for each feature.
fn scaled(part: Part, train: &[u32]) -> Result<(Features, Preprocessing), DataError> {
    let (shape, are_images) = (part.shape, part.are_images());
    let size = shape.size();
    check_finite(&part)?;
    match part.values {
        Values::Bytes(bytes) if are_images => {
            let most = train.iter().flat_map(|row| &bytes[*row as usize * size..][..size]).max().copied().unwrap_or(0);
            let most = f32::from(most.max(1));
            Ok((Features::Bytes(bytes), Preprocessing::scaled(1.0 / most)))
        }
        values => {
            let (features, origin) = match values {
                Values::Floats(values) => (values, Vec::new()),
                Values::Doubles(values) if are_images => {
                    (values.into_iter().map(|value| value as f32).collect(), Vec::new())
                }
                Values::Doubles(values) => {
                    let origin = origin(&values, size);
                    (relative(&values, &origin), origin)
                }
                Values::Bytes(values) => (values.into_iter().map(f32::from).collect(), Vec::new()),
                Values::Texts(_) => (Vec::new(), Vec::new()),
            };
            let preprocessing = match are_images {
                true => per_channel(&select(&features, size, train), shape),
                false => Preprocessing { origin, ..standardise(&features, size, train) },
            };
            Ok((Features::Floats(features), preprocessing))
        }
    }
}

/// Mean 0 and deviation 1 for each channel of images `[rows, channels, pixels]`.
fn per_channel(images: &[f32], shape: Shape) -> Preprocessing {
    let pixels = shape.height * shape.width;
    let of_channel = |channel: usize| {
        images.chunks_exact(pixels).skip(channel).step_by(shape.channels).flatten().map(|value| f64::from(*value))
    };
    let count = (images.len() / shape.channels).max(1) as f64;
    let (offset, scale) = (0..shape.channels)
        .map(|channel| {
            let mean = of_channel(channel).sum::<f64>() / count;
            let deviation = (of_channel(channel).map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
            let scale = (1.0 / deviation) as f32;
            (mean as f32, if scale.is_finite() { scale } else { 1.0 })
        })
        .unzip();
    Preprocessing::new(offset, scale)
}

/// The samples as a model takes them.
fn features_for(part: Part, preprocessing: &Preprocessing) -> Result<Features, DataError> {
    check_finite(&part)?;
    let origin = &preprocessing.origin[..];
    let wide = |values: Vec<f64>| Features::Floats(relative(&values, origin));
    Ok(match part.values {
        Values::Bytes(bytes) if origin.is_empty() => Features::Bytes(bytes),
        Values::Bytes(bytes) => wide(bytes.into_iter().map(f64::from).collect()),
        Values::Floats(values) if origin.is_empty() => Features::Floats(values),
        Values::Floats(values) => wide(values.into_iter().map(f64::from).collect()),
        Values::Doubles(values) => wide(values),
        Values::Texts(_) => Features::Floats(Vec::new()),
    })
}

/// Refuses values that are not finite numbers.
fn check_finite(part: &Part) -> Result<(), DataError> {
    let at = match &part.values {
        Values::Floats(values) => values.iter().position(|value| !value.is_finite()),
        Values::Doubles(values) => values.iter().position(|value| !(*value as f32).is_finite()),
        Values::Bytes(_) | Values::Texts(_) => None,
    };
    match at {
        None => Ok(()),
        Some(at) => {
            let (row, value) = (at / part.shape.size(), at % part.shape.size());
            let found = format!("another value in row {row}, at place {value}");
            Err(unusable(&part.file, "finite numbers", found, "leave the row out, or put a value in its place"))
        }
    }
}

/// What was understood, in one line.
fn describe(part: &Part, test: Option<&Part>, targets: &Targets, classes: &[String], notes: Vec<String>) -> String {
    let Shape { channels, height, width } = part.shape;
    let what = match part.are_images() {
        true => format!("{} images of {channels}x{height}x{width}", part.rows()),
        false => format!("{} samples of {} {}", part.rows(), part.shape.size(), part.values.kind()),
    };
    let target = match targets {
        Targets::Values(_) => "labels are measured values".to_string(),
        Targets::Labels(labels) => {
            let mut rows = vec![0usize; classes.len()];
            labels.iter().for_each(|label| rows[*label as usize] += 1);
            let shown: Vec<String> = classes
                .iter()
                .zip(&rows)
                .take(SHOWN_CLASSES)
                .map(|(name, rows)| format!("{} {rows}", excerpt(name)))
                .collect();
            let more = if classes.len() > SHOWN_CLASSES { ", ..." } else { "" };
            format!("{} classes, {}{more}", classes.len(), shown.join(", "))
        }
    };
    let tested = test.map(|test| format!("{} more to test on", test.rows()));
    [what, target].into_iter().chain(tested).chain(notes).collect::<Vec<_>>().join("; ")
}
