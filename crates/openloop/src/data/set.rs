//! A data set in memory: compact raw features, their targets, and how the features are scaled on the way out.

use super::columns::Columns;
use super::features::Features;
use super::table::TableSummary;
use super::units::TargetUnits;
use crate::kernels::{known_or_0, prefetch, scale_bytes, scale_floats};
use openloop_core::Shape;
use openloop_core::standardise::is_identity;
use serde::{Deserialize, Serialize};

/// Rows of a batch that are prefetched before they are scaled: they are scattered in memory.
const PREFETCH_ROWS: usize = 6;

/// Samples for training and for testing, with what is needed to make sense of them.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// What [`load`](super::load) was asked for; asking for it again gives the same data.
    pub name: String,
    /// The units of real-valued targets that were standardised; none where they are learned as they are, and for classes.
    pub units: Option<TargetUnits>,
    /// The shape of one sample.
    pub shape: Shape,
    /// Network outputs: the number of classes, or of regression targets.
    pub outputs: usize,
    /// Class names, in the order of the label numbers; empty for regression.
    pub classes: Vec<String>,
    /// How raw features become network inputs.
    pub preprocessing: Preprocessing,
    /// The columns of a CSV file; none for other data.
    pub columns: Option<Columns>,
    /// What was understood of a CSV file; none for other data.
    pub table: Option<TableSummary>,
    /// What was understood of samples of one's own that are no table; none for other data.
    pub understood: Option<String>,
    /// What must be said beside every figure, such as that the set is incomplete.
    pub note: Option<String>,
    /// The samples to train on.
    pub train: Split,
    /// The samples to test on.
    pub test: Split,
    /// Samples of the training rows that are put away to judge epochs by.
    pub validation: Option<Split>,
}

impl DataSet {
    /// Whether these are a user's own files and not a named data set.
    pub fn is_own(&self) -> bool {
        self.table.is_some() || self.understood.is_some()
    }
}

/// A list of samples with their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// `[rows, shape.size()]`.
    pub features: Features,
    /// One label or one row of values per sample.
    pub targets: Targets,
    pub(super) rows: usize,
    /// The block of each sample, none of whose samples may be parted from the others; empty where each stands for itself.
    pub(super) blocks: Vec<u32>,
    /// How much each sample counts when it is learned from; empty where all count the same.
    pub(crate) weights: Vec<f32>,
}

/// What the network should say about each sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Class numbers, `[rows]`.
    Labels(Vec<u32>),
    /// Regression targets, row-major `[rows, outputs]`.
    Values(Vec<f32>),
}

impl Targets {
    /// The targets of the given rows, in the given order.
    pub(super) fn select(&self, rows: &[u32], outputs: usize) -> Targets {
        match self {
            Targets::Labels(labels) => Targets::Labels(select(labels, 1, rows)),
            Targets::Values(values) => Targets::Values(select(values, outputs, rows)),
        }
    }

    /// The targets of some neighbouring rows, as the core takes them.
    pub fn range(&self, rows: std::ops::Range<usize>, outputs: usize) -> openloop_core::Targets<'_> {
        match self {
            Targets::Labels(labels) => openloop_core::Targets::Labels(&labels[rows]),
            Targets::Values(values) => {
                openloop_core::Targets::Values(&values[rows.start * outputs..rows.end * outputs])
            }
        }
    }
}

/// The rows `rows` of a `[_, size]` table.
pub(super) fn select<T: Copy>(table: &[T], size: usize, rows: &[u32]) -> Vec<T> {
    let mut out = Vec::with_capacity(rows.len() * size);
    for &row in rows {
        out.extend_from_slice(&table[row as usize * size..][..size]);
    }
    out
}

impl Split {
    /// Pairs `features` with `targets`; `outputs` is the length of one row of [`Targets::Values`].
    ///
    /// Returns none if the two do not hold a whole and equal number of rows.
    pub fn new(features: Features, targets: Targets, size: usize, outputs: usize) -> Option<Self> {
        let rows = match &targets {
            Targets::Labels(labels) => labels.len(),
            Targets::Values(values) => values.len().checked_div(outputs)?,
        };
        let whole = match &targets {
            Targets::Labels(_) => true,
            Targets::Values(values) => values.len() == rows * outputs,
        };
        (whole && rows.checked_mul(size) == Some(features.len())).then_some(Split {
            features,
            targets,
            rows,
            blocks: Vec::new(),
            weights: Vec::new(),
        })
    }

    /// The given rows, in the given order.
    pub(super) fn select(&self, rows: &[u32], size: usize, outputs: usize) -> Split {
        let features = match &self.features {
            Features::Bytes(bytes) => Features::Bytes(select(bytes, size, rows)),
            Features::Floats(floats) => Features::Floats(select(floats, size, rows)),
            Features::Lent(lent) => Features::Lent(lent.select(rows)),
        };
        let blocks = if self.blocks.is_empty() { Vec::new() } else { select(&self.blocks, 1, rows) };
        let targets = self.targets.select(rows, outputs);
        let made = Split { features, targets, rows: rows.len(), blocks, weights: Vec::new() };
        made.with_weights(&self.weights, rows)
    }

    /// A part of the same kind without any rows.
    pub fn empty(&self) -> Split {
        let features = match &self.features {
            Features::Bytes(_) => Features::Bytes(Vec::new()),
            Features::Floats(_) => Features::Floats(Vec::new()),
            Features::Lent(lent) => Features::Lent(lent.none()),
        };
        let targets = match &self.targets {
            Targets::Labels(_) => Targets::Labels(Vec::new()),
            Targets::Values(_) => Targets::Values(Vec::new()),
        };
        Split { features, targets, rows: 0, blocks: Vec::new(), weights: Vec::new() }
    }

    /// The same samples, which count as much as `weights` says when they are learned from; all the same if it is empty. None if there
    /// are not as many weights as samples, or one is negative or not finite, or all are 0.
    pub fn weighted(self, weights: Vec<f32>) -> Option<Split> {
        let fits = weights.len() == self.rows && weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
        let counts = weights.iter().any(|weight| *weight > 0.0);
        (weights.is_empty() || fits && counts).then_some(Split { weights, ..self })
    }

    /// The same samples, which count as much as those of `weights` with the numbers `rows`; all the same if there are no weights.
    pub(super) fn with_weights(self, weights: &[f32], rows: &[u32]) -> Split {
        let weights = if weights.is_empty() { Vec::new() } else { select(weights, 1, rows) };
        Split { weights, ..self }
    }

    /// The same rows with other features, of which there are as many.
    pub(crate) fn with_features(&self, features: Features) -> Split {
        Split { features, ..self.clone() }
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// True if there is no sample.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Prefetches a row that will be gathered soon.
    pub fn prefetch(&self, features: usize, row: u32) {
        let row = row as usize * features..(row as usize + 1) * features;
        match &self.features {
            Features::Bytes(bytes) => prefetch(&bytes[row]),
            Features::Floats(floats) => prefetch(&floats[row]),
            Features::Lent(_) => {}
        }
    }

    /// Writes the preprocessed samples `rows` to `out: [rows.len(), features]`, in that order.
    ///
    /// # Panics
    /// If a row is not in this split, `out` has another length, `features` is not this split's sample size, or
    /// `preprocessing` does not [fit](Preprocessing::fits) it.
    pub fn gather(&self, preprocessing: &Preprocessing, features: usize, rows: &[u32], out: &mut [f32]) {
        assert_eq!(out.len(), rows.len() * features, "out must hold rows x features");
        let scaling = preprocessing.scaling(features);
        let at = |row: u32| row as usize * features..(row as usize + 1) * features;
        let mut raw = vec![0.0; if matches!(self.features, Features::Lent(_)) { features } else { 0 }];
        for (number, (&row, out)) in rows.iter().zip(out.chunks_exact_mut(features.max(1))).enumerate() {
            if let Some(&later) = rows.get(number + PREFETCH_ROWS) {
                self.prefetch(features, later);
            }
            match &self.features {
                Features::Bytes(bytes) => scaling.apply(&bytes[at(row)], out),
                Features::Floats(floats) => scaling.apply(&floats[at(row)], out),
                Features::Lent(lent) => {
                    lent.copy_row(row, &mut raw);
                    scaling.apply(&raw, out);
                }
            }
        }
    }
}

/// How raw features become network inputs: `x' = ((x - origin) - offset) * scale`, where x - origin is rounded to f32.
/// A missing feature, which is NaN, becomes 0: the mean, where the offset is one.
///
/// The features of a [`Split`] are relative to the origin of its data already.
/// `offset` and `scale` each hold one value, one per channel, or one per feature. Channels are the equally long parts
/// of a row, as many as there are values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// Subtracted first.
    pub offset: Vec<f32>,
    /// Multiplied after.
    pub scale: Vec<f32>,
    /// Subtracted in f64, one for each feature, from values that f32 has no room for; empty for 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origin: Vec<f64>,
}

impl Preprocessing {
    /// Leaves features as they are.
    pub fn identity() -> Self {
        Self::scaled(1.0)
    }

    /// Multiplies every feature by `scale`.
    pub fn scaled(scale: f32) -> Self {
        Preprocessing::new(vec![0.0], vec![scale])
    }

    /// Subtracts `offset` and multiplies by `scale`.
    pub fn new(offset: Vec<f32>, scale: Vec<f32>) -> Self {
        Preprocessing { offset, scale, origin: Vec::new() }
    }

    /// The same for features that are relative to `origin`: the offset makes up for the difference.
    pub fn relative_to(mut self, origin: &[f64]) -> Self {
        if self.origin != origin {
            let features = self.origin.len().max(origin.len());
            let at = |values: &[f64], k: usize| values.get(k).copied().unwrap_or(0.0);
            let per_feature = features.div_ceil(self.offset.len().max(1)).max(1);
            self.offset = (0..features)
                .map(|k| (f64::from(self.offset[k / per_feature]) + (at(&self.origin, k) - at(origin, k))) as f32)
                .collect();
            self.origin = origin.to_vec();
        }
        self
    }

    /// True if samples of `features` values can be preprocessed: both lists divide a row into equal parts, the shorter
    /// divides the longer, and all their values are finite.
    pub fn fits(&self, features: usize) -> bool {
        let origin = self.origin.is_empty() || self.origin.len() == features;
        let finite = self.origin.iter().all(|value| value.is_finite());
        self.divides(features)
            && origin
            && finite
            && self.offset.iter().chain(&self.scale).all(|value| value.is_finite())
    }

    /// The mean of each feature, which a missing one is taken as; none where features are not centred one by one.
    pub fn means(&self, features: usize) -> Option<Vec<f64>> {
        let is_each = self.offset.len() == features && self.scale.len() == features;
        if !is_each || (self.origin.is_empty() && is_identity(&self.offset, &self.scale)) {
            return None;
        }
        let origin = self.origin.iter().copied().chain(std::iter::repeat(0.0));
        Some(self.offset.iter().zip(origin).map(|(offset, origin)| f64::from(*offset) + origin).collect())
    }

    fn divides(&self, features: usize) -> bool {
        let fewer = self.offset.len().min(self.scale.len());
        let more = self.offset.len().max(self.scale.len());
        fewer > 0 && more.is_multiple_of(fewer) && features.is_multiple_of(more)
    }

    /// Preprocesses one or more rows of `features` values: `raw` and `out` are `[rows, features]`.
    ///
    /// # Panics
    /// As [`Preprocessing::apply`].
    pub fn apply_to_raw<T: Copy + Into<f64>>(&self, features: usize, raw: &[T], out: &mut [f32]) {
        let relative: Vec<f32> = match &self.origin[..] {
            [] => raw.iter().map(|&value| value.into() as f32).collect(),
            origin => raw.iter().zip(origin.iter().cycle()).map(|(&x, origin)| (x.into() - origin) as f32).collect(),
        };
        self.apply(features, &relative, out);
    }

    /// Preprocesses rows whose features are relative to the origin: `relative` and `out` are `[rows, features]`.
    ///
    /// # Panics
    /// If they differ in length or are not whole rows, or this does not [fit](Self::fits) `features`.
    pub fn apply(&self, features: usize, relative: &[f32], out: &mut [f32]) {
        let raw = relative;
        assert_eq!(raw.len(), out.len(), "raw and out must have the same length");
        let features = features.max(1);
        assert!(raw.len().is_multiple_of(features), "raw must be whole rows");
        let scaling = self.scaling(features);
        for (raw, out) in raw.chunks_exact(features).zip(out.chunks_exact_mut(features)) {
            scaling.apply(raw, out);
        }
    }

    fn scaling(&self, features: usize) -> ScaleLayout<'_> {
        let (offset, scale) = (self.offset.as_slice(), self.scale.as_slice());
        assert!(self.divides(features), "the preprocessing must fit the features");
        if offset.len() == features && scale.len() == features && features > 1 {
            ScaleLayout::Each { offset, scale }
        } else {
            ScaleLayout::SegmentedData { offset, scale, length: features / offset.len().max(scale.len()) }
        }
    }
}

/// Which loop a row needs, decided once per batch.
enum ScaleLayout<'a> {
    Each { offset: &'a [f32], scale: &'a [f32] },
    SegmentedData { offset: &'a [f32], scale: &'a [f32], length: usize },
}

/// A raw feature.
trait Raw: Copy + Into<f32> {
    /// out = (raw - offset) scale
    fn scale(raw: &[Self], offset: f32, scale: f32, out: &mut [f32]);
}

impl Raw for f32 {
    fn scale(raw: &[f32], offset: f32, scale: f32, out: &mut [f32]) {
        scale_floats(raw, offset, scale, out);
    }
}

impl Raw for u8 {
    fn scale(raw: &[u8], offset: f32, scale: f32, out: &mut [f32]) {
        scale_bytes(raw, offset, scale, out);
    }
}

impl ScaleLayout<'_> {
    fn apply<T: Raw>(&self, raw: &[T], out: &mut [f32]) {
        match *self {
            ScaleLayout::Each { offset, scale } => {
                for (((out, &raw), offset), scale) in out.iter_mut().zip(raw).zip(offset).zip(scale) {
                    *out = known_or_0((raw.into() - offset) * scale);
                }
            }
            ScaleLayout::SegmentedData { offset, scale, length } => {
                let parts = offset.len().max(scale.len());
                let length = length.max(1);
                for (part, (raw, out)) in raw.chunks_exact(length).zip(out.chunks_exact_mut(length)).enumerate() {
                    let offset = offset[part * offset.len() / parts];
                    let scale = scale[part * scale.len() / parts];
                    T::scale(raw, offset, scale, out);
                }
            }
        }
    }
}
