//! Data sets from arrays in memory.

use super::columns::Columns;
use super::features::Features;
use super::set::{DataSet, Preprocessing, Split, Targets};
use super::standardise::{standardise, standardise_rows};
use super::units::TargetUnits;
use openloop_core::Shape;

/// Why arrays are no data set.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// No rows at all.
    #[error("there are no rows to learn from: give at least one label, and its features")]
    Empty,
    /// Features that are not as many for each label.
    #[error(
        "{features} feature values for {rows} labels: give the same number of features for each label, row after row"
    )]
    Length {
        /// Feature values.
        features: usize,
        /// Labels.
        rows: usize,
    },
    /// A feature that is not a finite number.
    #[error(
        "feature {feature} of row {row} is {value}, but must be a finite number: leave the row out, or put a value in its place"
    )]
    NotFinite {
        /// The row, counted from 0.
        row: usize,
        /// The feature, counted from 0.
        feature: usize,
        /// Its value.
        value: f32,
    },
    /// A target that is not a finite number.
    #[error("target {target} of row {row} is {value}, but must be a finite number: leave the row out")]
    TargetNotFinite {
        /// The row, counted from 0.
        row: usize,
        /// The target, counted from 0.
        target: usize,
        /// Its value.
        value: f32,
    },
    /// A label so large that it can hardly be a class number.
    #[error("label {label} of row {row} is too large: classes are numbered from 0 on, and there may be {most} at most")]
    Label {
        /// The row, counted from 0.
        row: usize,
        /// Its label.
        label: u32,
        /// Classes at most.
        most: u32,
    },
}

/// Classes at most.
const MAX_CLASSES: u32 = 1_000_000;

impl DataSet {
    /// A data set of rows `x: [rows, features]`, standardised (mean 0, standard deviation 1 a feature), and their class numbers,
    /// counted from 0. All rows are for training; there are none for testing.
    ///
    /// ```
    /// use openloop::data::DataSet;
    ///
    /// let data = DataSet::from_arrays(&[0.0, 0.1, 5.0, 5.2], &[0, 1])?;
    /// assert_eq!((data.train.len(), data.shape.size(), data.outputs), (2, 2, 2));
    /// # Ok::<(), openloop::data::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// Arrays whose lengths do not fit, numbers that are not finite, labels that are no class numbers.
    pub fn from_arrays(x: &[f32], labels: &[u32]) -> Result<DataSet, ArrayError> {
        let rows = labels.len();
        if rows == 0 {
            return Err(ArrayError::Empty);
        }
        let size = x.len() / rows;
        if size == 0 || size * rows != x.len() {
            return Err(ArrayError::Length { features: x.len(), rows });
        }
        if let Some((row, &label)) = labels.iter().enumerate().find(|(_, label)| **label >= MAX_CLASSES) {
            return Err(ArrayError::Label { row, label, most: MAX_CLASSES });
        }
        let outputs = labels.iter().fold(0, |most, &label| most.max(label as usize + 1));
        let length = ArrayError::Length { features: x.len(), rows };
        let train = Split::new(Features::Floats(x.to_vec()), Targets::Labels(labels.to_vec()), size, outputs);
        let train = train.ok_or(length)?;
        let test = train.empty();
        let classes = (0..outputs).map(|class| class.to_string()).collect();
        DataSet::of_splits("arrays", train, test, classes, None, None)
    }

    /// A data set of rows that are split already. Floats are standardised by the rows of `train`; bytes are divided by 255, as those of
    /// images are. Real-valued targets are standardised already, by `units`.
    ///
    /// # Errors
    /// No rows, numbers that are not finite, class numbers that have no name.
    pub fn of_splits(
        name: &str,
        train: Split,
        test: Split,
        classes: Vec<String>,
        columns: Option<Columns>,
        units: Option<TargetUnits>,
    ) -> Result<DataSet, ArrayError> {
        let (rows, features) = (train.len(), train.features.len());
        if rows == 0 || features == 0 {
            return Err(ArrayError::Empty);
        }
        let size = features / rows;
        let outputs = match &train.targets {
            Targets::Labels(_) => classes.len(),
            Targets::Values(values) => values.len() / rows,
        };
        for part in [&train, &test] {
            check_features(&part.features, size)?;
            check_targets(&part.targets, outputs)?;
        }
        let all: Vec<u32> = (0..rows as u32).collect();
        let preprocessing = match &train.features {
            Features::Floats(x) => standardise(x, size, &all),
            Features::Bytes(_) => Preprocessing::scaled(1.0 / 255.0),
            Features::Lent(lent) => standardise_rows(size, rows, &|each| lent.for_each_row(each)),
        };
        let (name, shape) = (name.into(), Shape::flat(size));
        Ok(DataSet {
            name,
            units,
            shape,
            outputs,
            classes,
            preprocessing,
            columns,
            table: None,
            understood: None,
            note: None,
            train,
            test,
            validation: None,
        })
    }
}

fn check_features(features: &Features, size: usize) -> Result<(), ArrayError> {
    let not_finite = |x: &[f32]| x.iter().copied().enumerate().find(|(_, value)| !value.is_finite());
    let (mut found, mut row) = (None, 0);
    match features {
        Features::Bytes(_) => {}
        Features::Floats(x) => found = not_finite(x),
        Features::Lent(lent) => lent.for_each_row(&mut |x| {
            found = found.or_else(|| not_finite(x).map(|(feature, value)| (row * size + feature, value)));
            row += 1;
        }),
    }
    match found {
        Some((at, value)) => Err(ArrayError::NotFinite { row: at / size, feature: at % size, value }),
        None => Ok(()),
    }
}

fn check_targets(targets: &Targets, outputs: usize) -> Result<(), ArrayError> {
    match targets {
        Targets::Labels(labels) => match labels.iter().enumerate().find(|(_, label)| **label as usize >= outputs) {
            Some((row, &label)) => Err(ArrayError::Label { row, label, most: outputs as u32 }),
            None => Ok(()),
        },
        Targets::Values(values) => match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            Some((at, &value)) => {
                Err(ArrayError::TargetNotFinite { row: at / outputs.max(1), target: at % outputs.max(1), value })
            }
            None => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_that_are_no_table_are_refused_and_named() {
        let refused = |x: &[f32], labels: &[u32]| DataSet::from_arrays(x, labels).unwrap_err();
        assert_eq!(refused(&[], &[]), ArrayError::Empty);
        assert_eq!(refused(&[1.0, 2.0, 3.0], &[0, 1]), ArrayError::Length { features: 3, rows: 2 });
        assert_eq!(refused(&[], &[0]), ArrayError::Length { features: 0, rows: 1 });
        assert!(matches!(
            refused(&[1.0, 2.0, f32::NAN, 4.0], &[0, 1]),
            ArrayError::NotFinite { row: 1, feature: 0, .. }
        ));
        assert!(matches!(refused(&[1.0, 2.0], &[0, u32::MAX]), ArrayError::Label { row: 1, .. }));
    }
}
