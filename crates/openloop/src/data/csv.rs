//! CSV files: a row per sample, a column per feature, one column for the label.

use std::collections::HashMap;
use std::path::Path;

use openloop_core::Shape;

use super::error::excerpt;
use super::rows::{ColumnPositions, ExpectedColumns, generated_name, is_header, list, position};
use super::split::{select, split_rows};
use super::table::CsvTable;
use super::{Columns, DataError, DataFile, DataSet, Features, Place, Preprocessing, Split, Targets};

const MIN_ROWS: usize = 5;
const LABEL_NAMES: [&str; 3] = ["label", "class", "target"];

/// The contents of a CSV file, before classes are numbered.
pub(super) struct CsvContents {
    pub columns: Columns,
    /// `[rows, columns.features.len()]`.
    pub features: Vec<f32>,
    pub labels: Vec<CsvLabel>,
}

/// A label as it is written, and where.
pub(super) struct CsvLabel {
    pub text: String,
    line: u64,
    column: usize,
}

/// Loads a CSV file, gzipped or not, with 80 % of the rows, drawn by `split_seed`, to train on and the rest to test on.
///
/// A first row with a feature cell that is not a number is a header. The label column is `label`, else the first one
/// called label, class or target (in any case), else the last. Labels may be text or numbers; the classes are the
/// distinct labels, sorted as numbers if all are numbers (then `1` and `1.0` are one class), else as text. Features are
/// standardised: the mean and the standard deviation are those of the training rows, and a constant column is only
/// centred.
///
/// # Errors
/// If the file is unreadable, has no column `label`, a cell that is missing or not a finite number, rows of different
/// lengths, fewer than 5 rows, only one class, or as many classes as rows.
pub fn load_csv(path: &Path, label: Option<&str>, split_seed: u64) -> Result<DataSet, DataError> {
    let contents = read_table(DataFile::open(path)?, label)?;
    let classes = ClassNumbers::of(&contents.labels);
    check_enough(path, &contents, classes.names.len())?;
    let labels = classes.number(path, &contents)?;
    let size = contents.columns.features.len();
    // A file of more than 2^32 rows would not have fitted into memory.
    let (train, test) = split_rows(labels.len().try_into().unwrap_or(u32::MAX), split_seed);
    let part = |rows: &[u32]| split(path, select(&contents.features, size, rows), select(&labels, 1, rows), size);
    Ok(DataSet {
        name: path.display().to_string(),
        units: None,
        shape: Shape::flat(size),
        outputs: classes.names.len(),
        preprocessing: standardise(&contents.features, size, &train),
        note: None,
        train: part(&train)?,
        test: part(&test)?,
        classes: classes.names,
        columns: Some(contents.columns),
    })
}

/// Checks that there are rows and classes enough to learn from.
fn check_enough(path: &Path, contents: &CsvContents, classes: usize) -> Result<(), DataError> {
    let (rows, column) = (contents.labels.len(), excerpt(&contents.columns.label));
    let another = "choose another label column with --label";
    let (expected, found, remedy) = if rows < MIN_ROWS {
        ("at least 5 rows of data", rows.to_string(), "add rows")
    } else if classes == 1 {
        ("at least two classes", format!("only one in column \"{column}\""), another)
    } else if classes == rows {
        ("rows that share classes", format!("another label in every row of column \"{column}\""), another)
    } else {
        return Ok(());
    };
    Err(DataError::invalid(path, Place::Whole, expected, found, remedy))
}

/// Loads all rows of a CSV file for a model that knows its `classes` and `columns` already.
///
/// With a header, columns are matched by name and others are ignored; the label column is `label`, else the one in
/// `columns`. Without a header, columns are matched by position and the label comes last (or where a file without a
/// header had it when the model was trained).
///
/// # Errors
/// If the file is unreadable or empty, lacks a column, has a cell that is missing or not a finite number, rows of
/// different lengths, or a label that is not one of `classes`.
pub fn load_all_csv(
    path: &Path,
    label: Option<&str>,
    classes: &[String],
    columns: &Columns,
) -> Result<Split, DataError> {
    let mut table = CsvTable::new(DataFile::open(path)?);
    let wanted = Columns { label: label.unwrap_or(&columns.label).to_string(), features: columns.features.clone() };
    let layout = ColumnPositions::find(&mut table, ExpectedColumns::Columns(&wanted))?.ok_or_else(|| empty(path))?;
    if layout.label.is_none() {
        let (place, expected) = (Place::Line(layout.line), format!("a label column \"{}\"", excerpt(&wanted.label)));
        return Err(DataError::invalid(path, place, expected, "none", "add it, or name another with --label"));
    }
    let contents = read_contents(table, &layout, wanted)?;
    let labels = ClassNumbers::known(classes).number(path, &contents)?;
    split(path, contents.features, labels, columns.features.len())
}

/// Reads a whole CSV file whose columns are not known yet.
///
/// # Errors
/// As [`load_csv`], but for the number of rows and classes.
pub(super) fn read_table(source: DataFile, label: Option<&str>) -> Result<CsvContents, DataError> {
    let mut table = CsvTable::new(source);
    let path = table.path().to_path_buf();
    let row = table.next()?.ok_or_else(|| empty(&path))?;
    let (line, width, cells) = (row.line, row.len(), row.texts());
    if width < 2 {
        let expected = "at least two columns, separated by commas";
        return Err(row.wrong(expected, "one column", "check that the file is CSV with commas"));
    }
    let header = is_header(&cells, Some(width - 1))
        || is_label_name(&cells[width - 1])
        || label.is_some_and(|label| cells.iter().any(|cell| cell == label));
    let names = if header { cells } else { (0..width).map(generated_name).collect() };
    if let Some(twice) = names.iter().find(|name| position(&names, name).is_none()) {
        let found = format!("\"{}\" more than once", excerpt(twice));
        return Err(row.wrong("a different name for each column", found, "rename or remove columns"));
    }
    let label = label_column(&path, &names, label)?;
    if !header {
        table.repeat_row();
    }
    let features: Vec<usize> = (0..width).filter(|&column| column != label).collect();
    let columns = Columns {
        features: features.iter().map(|&column| names[column].clone()).collect(),
        label: names[label].clone(),
    };
    let names = if header { names } else { Vec::new() };
    read_contents(table, &ColumnPositions { width, features, label: Some(label), names, line }, columns)
}

fn read_contents(mut table: CsvTable, layout: &ColumnPositions, columns: Columns) -> Result<CsvContents, DataError> {
    let mut contents = CsvContents { columns, features: Vec::new(), labels: Vec::new() };
    let column = layout.label.unwrap_or(layout.width);
    while let Some(row) = table.next()? {
        layout.read(&row, &mut contents.features)?;
        contents.labels.push(CsvLabel { text: row.label(column, layout.name(column))?, line: row.line, column });
    }
    Ok(contents)
}

fn label_column(path: &Path, names: &[String], label: Option<&str>) -> Result<usize, DataError> {
    match label {
        Some(label) => position(names, label).ok_or_else(|| DataError::Request {
            problem: format!("{} has no column \"{}\"", path.display(), excerpt(label)),
            remedy: format!("its columns are {}", list(names)),
        }),
        None => Ok(names.iter().position(|name| is_label_name(name)).unwrap_or(names.len() - 1)),
    }
}

pub(crate) fn is_label_name(name: &str) -> bool {
    LABEL_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn empty(path: &Path) -> DataError {
    DataError::invalid(path, Place::Byte(0), "rows of data", "an empty file", "check that it is the right file")
}

fn split(path: &Path, features: Vec<f32>, labels: Vec<u32>, size: usize) -> Result<Split, DataError> {
    let split = Split::new(Features::Floats(features), Targets::Labels(labels), size, 1);
    split.ok_or_else(|| DataError::invalid(path, Place::Whole, "a label for every row", "fewer", "check the file"))
}

/// The classes of a label column, and the number of each.
struct ClassNumbers {
    names: Vec<String>,
    numeric: bool,
    numbers: HashMap<String, u32>,
}

impl ClassNumbers {
    /// The distinct labels in their order; of numbers written in several ways, the shortest writing.
    fn of(labels: &[CsvLabel]) -> Self {
        let numeric = labels.iter().all(|label| is_finite_number(&label.text));
        let mut names: HashMap<String, &str> = HashMap::new();
        for label in labels {
            let name = names.entry(canonical(&label.text, numeric)).or_insert(&label.text);
            *name = std::cmp::min_by_key(*name, label.text.as_str(), |text| (text.len(), *text));
        }
        let names = ordered(names.into_values().map(String::from).collect());
        Self::known(&names)
    }

    fn known(names: &[String]) -> Self {
        let numeric = names.iter().all(|name| is_finite_number(name));
        let numbers = names.iter().zip(0..).map(|(name, number)| (canonical(name, numeric), number)).collect();
        ClassNumbers { names: names.to_vec(), numeric, numbers }
    }

    /// The class number of every row.
    fn number(&self, path: &Path, contents: &CsvContents) -> Result<Vec<u32>, DataError> {
        let number = |label: &CsvLabel| {
            self.numbers.get(&canonical(&label.text, self.numeric)).copied().ok_or_else(|| {
                let (line, column, name) = (label.line, label.column + 1, contents.columns.label.clone());
                let expected = format!("one of the model's classes, {}", list(&self.names));
                let found = format!("\"{}\"", excerpt(&label.text));
                let remedy = "correct the label, or train a model on data with this class";
                DataError::invalid(path, Place::Cell { line, column, name }, expected, found, remedy)
            })
        };
        contents.labels.iter().map(number).collect()
    }
}

/// Distinct names in their order: as numbers if all are numbers, else as text.
pub(crate) fn ordered(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    if names.iter().all(|name| is_finite_number(name)) {
        let value = |name: &String| name.parse::<f64>().unwrap_or(f64::NAN);
        names.sort_by(|a, b| value(a).total_cmp(&value(b)));
    }
    names
}

pub(crate) fn is_finite_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// One text for each class: of a number, the text that its value is written as.
fn canonical(text: &str, numeric: bool) -> String {
    match text.parse::<f64>() {
        // Adding zero makes -0 the same as 0.
        Ok(value) if numeric && value.is_finite() => (value + 0.0).to_string(),
        _ => text.to_string(),
    }
}

/// Mean 0 and standard deviation 1 for each feature over the rows `rows` of `features: [_, size]`.
pub(super) fn standardise(features: &[f32], size: usize, rows: &[u32]) -> Preprocessing {
    let row = |row: u32| &features[row as usize * size..][..size];
    let count = rows.len() as f64;
    let mut mean = vec![0.0f64; size];
    for &r in rows {
        mean.iter_mut().zip(row(r)).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    mean.iter_mut().for_each(|sum| *sum /= count);
    let offset: Vec<f32> = mean.iter().map(|&mean| mean as f32).collect();
    let mut variance = vec![0.0f64; size];
    let mut constant = vec![true; size];
    for &r in rows {
        for (i, &value) in row(r).iter().enumerate() {
            let distance = f64::from(value) - mean[i];
            variance[i] += distance * distance / count;
            constant[i] &= value == features[rows[0] as usize * size + i];
        }
    }
    let scale = |(&variance, &constant): (&f64, &bool)| {
        let scale = (1.0 / libm::sqrt(variance)) as f32;
        if constant || !scale.is_finite() { 1.0 } else { scale }
    };
    Preprocessing { offset, scale: variance.iter().zip(&constant).map(scale).collect() }
}
