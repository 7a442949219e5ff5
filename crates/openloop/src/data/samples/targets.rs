//! An array of labels becomes classes or measured values, as the label column of a table does.

use super::super::error::excerpt;
use super::super::table::{KnownClasses, LabelColumn, Task, list};
use super::super::{DataError, ModelTable, TargetUnits, Targets};
use super::array::{Array, Values};
use super::unusable;
use std::path::PathBuf;

/// What is to be learned, for all rows.
#[derive(Debug)]
pub enum SampleLabels {
    /// Classes by name, in the file.
    Classes(LabelColumn, PathBuf),
    /// Measured values, `[rows, targets]`.
    Values(Vec<f64>, usize, PathBuf),
}

impl SampleLabels {
    /// The labels in an array, taken as `task` says: numbers with one column are classes or measured values as those of a table are,
    /// one-hot rows are classes, other rows of several numbers are measured values.
    ///
    /// # Errors
    /// Numbers that are not finite; texts where measured values are asked for; several values of a row where classes are.
    pub fn of(array: &Array, task: Task) -> Result<Self, DataError> {
        let width: usize = array.sample().iter().product();
        let file = array.file.clone();
        let Some(numbers) = array.numbers() else {
            let Values::Texts(texts) = &array.values else { return Ok(Self::of_names(std::iter::empty(), file)) };
            if task == Task::Regression || width != 1 {
                return Err(unusable(&file, "a number for each row", "texts", "say --task classes, or give numbers"));
            }
            return Ok(Self::of_names(texts.iter().map(String::as_str), file));
        };
        if let Some(at) = numbers.iter().position(|value| !value.is_finite()) {
            let found = format!("{} in row {}", numbers[at], at / width.max(1));
            return Err(unusable(&file, "labels that are finite numbers", found, "leave such rows out of both arrays"));
        }
        if width > 1 && task != Task::Regression {
            if let Some(classes) = of_one_hot(&numbers, width) {
                return Ok(Self::of_names(classes.iter().map(String::as_str), file));
            }
            if task == Task::Classes {
                let remedy = "give the class of each row, or one-hot rows";
                return Err(unusable(&file, "one class for each row", format!("{width} values"), remedy));
            }
        }
        let names: Vec<String> = numbers.iter().map(|value| (value + 0.0).to_string()).collect();
        let SampleLabels::Classes(labels, _) = Self::of_names(names.iter().map(String::as_str), file.clone()) else {
            return Ok(SampleLabels::Values(numbers, width, file));
        };
        let is_measured = match task {
            Task::Regression => true,
            Task::Classes => false,
            Task::Auto => width > 1 || labels.look_measured(Default::default()),
        };
        Ok(if is_measured { SampleLabels::Values(numbers, width, file) } else { SampleLabels::Classes(labels, file) })
    }

    /// The classes of these names, a row each.
    pub fn of_names<'a>(names: impl Iterator<Item = &'a str>, file: PathBuf) -> Self {
        let mut labels = LabelColumn::default();
        names.zip(0..).for_each(|(name, row)| labels.push(name, row));
        SampleLabels::Classes(labels, file)
    }

    /// What they were taken for.
    pub fn task(&self) -> Task {
        match self {
            SampleLabels::Classes(..) => Task::Classes,
            SampleLabels::Values(..) => Task::Regression,
        }
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        match self {
            SampleLabels::Classes(labels, _) => labels.len(),
            SampleLabels::Values(values, width, _) => values.len() / (*width).max(1),
        }
    }

    /// The distinct classes in their order; none for measured values.
    pub fn classes(&self) -> Vec<String> {
        match self {
            SampleLabels::Classes(labels, _) => labels.classes(),
            SampleLabels::Values(..) => Vec::new(),
        }
    }

    /// The class of each row, as its number among `known`.
    ///
    /// # Errors
    /// A label that is none of these.
    pub fn numbered(&self, known: &[String]) -> Result<Vec<u32>, DataError> {
        let SampleLabels::Classes(labels, file) = self else { return Ok(Vec::new()) };
        let classes = KnownClasses::new(known);
        let number = |(row, name): (usize, &str)| {
            classes.find(name).ok_or_else(|| {
                let found = format!("\"{}\" in row {row}, and the classes are {}", excerpt(name), list(known));
                unusable(file, "labels of known classes", found, "correct the label, or train on data with this class")
            })
        };
        labels.iter().enumerate().map(number).collect()
    }

    /// The targets for a model, with their width.
    ///
    /// # Errors
    /// A label that is none of the model's classes, or another number of targets.
    pub fn targets_for(&self, model: &ModelTable<'_>) -> Result<(Targets, usize), DataError> {
        match (self, model.units) {
            (SampleLabels::Classes(..), _) => Ok((Targets::Labels(self.numbered(model.classes)?), 1)),
            (SampleLabels::Values(values, width, _), Some(units)) if units.names.len() == *width => {
                Ok((Targets::Values(units.standardised(values)), *width))
            }
            (SampleLabels::Values(_, width, file), _) => {
                let found = format!("{width} measured values for each row");
                Err(unusable(file, "the targets that the model was trained on", found, "give it such labels"))
            }
        }
    }

    /// The targets of a new model, in units of the rows `train`; the units of measured values.
    ///
    /// # Errors
    /// A target that never changes, one class alone, or another class in each row.
    pub fn targets(&self, classes: &[String], train: &[u32]) -> Result<(Targets, Option<TargetUnits>), DataError> {
        match self {
            SampleLabels::Classes(_, file) => {
                let remedy = "check that these are the labels";
                match classes.len() {
                    0 | 1 => Err(unusable(file, "at least two classes", format!("{}", classes.len()), remedy)),
                    all if all == self.rows() => {
                        Err(unusable(file, "rows that share classes", "another label in every row", remedy))
                    }
                    _ => Ok((Targets::Labels(self.numbered(classes)?), None)),
                }
            }
            SampleLabels::Values(values, width, file) => {
                if let Some(k) = (0..*width).find(|k| values.chunks(*width).all(|row| row[*k] == values[*k])) {
                    let found = format!("{} in every row", values[k]);
                    return Err(unusable(file, "a target with different values", found, "give other labels"));
                }
                let names = match width {
                    1 => vec!["target".to_string()],
                    width => (1..=*width).map(|k| format!("target_{k}")).collect(),
                };
                let own: Vec<f64> =
                    train.iter().flat_map(|row| &values[*row as usize * width..][..*width]).copied().collect();
                let units = TargetUnits::of(&own, names);
                Ok((Targets::Values(units.standardised(values)), Some(units)))
            }
        }
    }
}

/// The class of each row of ones and zeros with a single one; none if a row is anything else.
fn of_one_hot(numbers: &[f64], width: usize) -> Option<Vec<String>> {
    let class = |row: &[f64]| {
        let is_plain = row.iter().all(|value| *value == 0.0 || *value == 1.0) && row.iter().sum::<f64>() == 1.0;
        row.iter().position(|value| *value == 1.0).filter(|_| is_plain).map(|class| class.to_string())
    };
    numbers.chunks_exact(width).map(class).collect()
}
