//! Data sets: read from files, generated, or fetched, and handed out in batches.
//!
//! Samples stay in memory in the compact form they came in (bytes for images) and are scaled as a batch is gathered.
//! Reading trusts nothing: a damaged file is a [`DataError`] that says where and what, never a panic or a huge
//! allocation.

mod arrays;
mod blocks;
mod catalogue;
mod checksum;
mod cifar;
mod columns;
mod contents;
mod csv;
mod dates;
mod describe;
mod digits;
pub mod drift;
mod error;
mod features;
#[cfg(feature = "fetch")]
mod fetch;
mod files;
mod fingerprint;
mod folds;
mod gas_drift;
mod head;
mod idx;
mod kinds;
mod kinship;
mod model_table;
mod nearest;
mod notes;
mod recordings;
mod samples;
mod segmented;
mod set;
mod spectrum;
mod split;
mod standardise;
mod synthetic;
mod table;
mod table_features;
mod units;
mod window_buffer;
mod window_features;
mod window_inputs;
mod windows;

use openloop_core::Shape;
use std::path::{Path, PathBuf};

pub use self::arrays::ArrayError;
pub use self::catalogue::{CatalogueEntry, DownloadFile, catalogue};
pub(crate) use self::checksum::CRC32C;
pub use self::columns::Columns;
pub use self::csv::{TableRows, load_csv, load_csv_and_test, load_csv_for};
pub use self::describe::{ColumnDescription, TableDescription, describe_table};
pub use self::error::{DataError, Place, excerpt, printable};
pub use self::features::{FeatureRows, Features, LentRows};
#[cfg(feature = "fetch")]
pub use self::fetch::{Fetched, OnProgress, fetch, fetch_with_progress};
pub use self::files::DataFile;
pub use self::fingerprint::fingerprint;
pub use self::head::{FileHead, FileMark};
pub use self::kinds::ColumnKind;
pub use self::model_table::ModelTable;
pub use self::nearest::nearest;
pub(crate) use self::nearest::{did_you_mean, question, with_nearest_field, with_nearest_file};
pub(crate) use self::notes::shown_number;
pub use self::samples::{SampleRequest, SampleRows, UnlabelledSamples, are_samples, load_samples_for, load_unlabelled};
pub use self::segmented::SegmentedData;
pub use self::set::{DataSet, Preprocessing, Split, Targets};
pub use self::split::{SplitChoice, SplitKind};
pub use self::standardise::{EachRow, origin, origin_of_rows, relative};
pub use self::table::{
    BadRow, Cells, DEFAULT_MAX_LINE, EncodedCell, ExpectedColumns, HeaderChoice, MatchedBy, MissingFeatures,
    RowEncoder, Table, TableLayout, TableRequest, TableSummary, Task, is_missing, number,
};
#[cfg(feature = "mqtt")]
pub(crate) use self::table::{OddCell, OddNews};
pub(crate) use self::table::{distinct_classes, is_same_class, look_measured};
pub use self::units::TargetUnits;
pub use self::window_buffer::{Moment, WindowBuffer, WindowPlace};
pub use self::window_features::WindowFeatures;
pub use self::windows::{AskedWindows, WindowClock, Windows};

/// Which data to load, and from where.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataRequest<'a> {
    /// A name in the [`catalogue`], or the path of a CSV file, of a NumPy or IDX file, or of a folder of images.
    pub name: &'a str,
    /// The folder that holds one folder per data set; none means [`default_folder`].
    pub folder: Option<&'a Path>,
    /// What is asked of a CSV file.
    pub table: TableRequest<'a>,
    /// Seed of the split of a CSV file into training and test rows; none means 0.
    pub split_seed: Option<u64>,
    /// How the rows of a CSV file are split; none means randomly.
    pub split: Option<SplitKind>,
    /// The shape of a row of a CSV file; none means a list of values.
    pub shape: Option<Shape>,
    /// A CSV file whose rows are for testing; then all rows of the other are for training.
    pub test: Option<&'a Path>,
    /// The file of the labels of NumPy or IDX samples, if they are not beside them.
    pub labels: Option<&'a Path>,
    /// The same for the samples to test on.
    pub test_labels: Option<&'a Path>,
    /// The model whose columns and classes a CSV file is matched with; none for a new one.
    pub model: Option<ModelTable<'a>>,
}

/// Loads the data set that `request` names.
///
/// # Errors
/// If the name is unknown, a file is missing, unreadable or damaged, or a label column is named for data without
/// columns.
pub fn load(request: &DataRequest) -> Result<DataSet, DataError> {
    if is_csv(request.name) {
        no_labels(request, "a table, whose labels are a column: name it with --label")?;
        let (path, model) = (Path::new(request.name), request.model.as_ref());
        let split = SplitChoice { kind: split_of(request)?, seed: request.split_seed.unwrap_or(0) };
        let data = match request.test {
            None => load_csv(path, &request.table, model, split),
            Some(_) if request.split.is_some() || request.split_seed.is_some() => Err(DataError::Request {
                problem: "--test names the test rows, and --split or --split-seed would draw them".into(),
                remedy: "leave one of the two out".into(),
            }),
            Some(test) => load_csv_and_test(path, test, &request.table, model),
        }?;
        return shaped(data, request.shape);
    }
    let entry = match find(request.name) {
        Err(_) if are_samples(request.name) => return load_samples(request),
        entry => entry?,
    };
    no_columns(entry.name, &request.table, false)?;
    no_labels(request, "a data set whose labels are known: leave --labels out")?;
    if request.shape.is_some() {
        let problem = format!("a shape for \"{}\", which has its own, {}", entry.name, entry.shape);
        return Err(DataError::Request { problem, remedy: "leave --shape out, or load a CSV file".into() });
    }
    let asked = [
        request.split_seed.map(|_| "a split seed"),
        request.split.map(|_| "a split"),
        request.test.map(|_| "a file of test rows"),
    ];
    if let Some(asked) = asked.into_iter().flatten().next() {
        let problem = format!("{asked} for \"{}\", whose test rows are fixed", entry.name);
        let remedy = "leave --split-seed, --split and --test out, or load a CSV file".into();
        return Err(DataError::Request { problem, remedy });
    }
    let folder = || data_folder(entry, request.folder);
    match entry.name {
        "digits" => digits::load(),
        "mnist" | "fashion-mnist" => idx::load(entry, &folder()?),
        "cifar10" => cifar::load(entry, &folder()?),
        "gas-drift" | "drift" => Ok(load_segmented(entry.name, request.folder)?.data_set()),
        "synthetic-classification" => synthetic::classification(),
        "synthetic-regression" => synthetic::regression(),
        _ => Err(unknown(request.name)),
    }
}

/// Refuses files of labels where labels are elsewhere.
fn no_labels(request: &DataRequest, what: &str) -> Result<(), DataError> {
    match request.labels.or(request.test_labels) {
        None => Ok(()),
        Some(labels) => Err(DataError::Request {
            problem: format!("the labels {} for \"{}\"", labels.display(), request.name),
            remedy: format!("it is {what}"),
        }),
    }
}

/// Samples of one's own that are no table.
fn load_samples(request: &DataRequest) -> Result<DataSet, DataError> {
    no_columns(request.name, &request.table, true)?;
    if request.test_labels.is_some() && request.test.is_none() {
        let problem = "--test-labels without --test".into();
        return Err(DataError::Request { problem, remedy: "name the samples to test on with --test".into() });
    }
    let is_split_asked = request.split.is_some() || request.split_seed.is_some();
    let split = SplitChoice { kind: request.split.unwrap_or_default(), seed: request.split_seed.unwrap_or(0) };
    samples::load(&SampleRequest {
        path: Path::new(request.name),
        labels: request.labels,
        test: request.test.map(|test| (test, request.test_labels)),
        task: request.table.task,
        shape: request.shape,
        split: is_split_asked.then_some(split),
    })
}

/// How a CSV file is split: as asked, or as goes without saying for rows, groups or windows.
fn split_of(request: &DataRequest) -> Result<SplitKind, DataError> {
    let known = request.model.as_ref().and_then(|model| model.columns);
    let has_groups = request.table.group.or(known.and_then(Columns::group)).is_some();
    let windows = request.table.windows.checked()?.or_else(|| known.and_then(Columns::windows).cloned());
    if let (Some(windows), Some(shape)) = (&windows, request.shape.filter(|_| request.model.is_none())) {
        let Shape { channels, height, width } = shape;
        let problem =
            format!("--shape {channels}x{height}x{width} and windows of {windows}, which have a shape of their own");
        return Err(DataError::Request { problem, remedy: "leave --shape out".into() });
    }
    SplitKind::checked(request.split, has_groups, windows.as_ref())
}

/// The data with samples of that shape, which has as many values as a row has inputs.
fn shaped(data: DataSet, shape: Option<Shape>) -> Result<DataSet, DataError> {
    let Some(shape) = shape else { return Ok(data) };
    let (asked, own, Shape { channels, height, width }) = (shape.size(), data.shape.size(), shape);
    match asked == own {
        true => Ok(DataSet { shape, ..data }),
        false => Err(DataError::Request {
            problem: format!(
                "--shape {channels}x{height}x{width} is {asked} values, and a row of {} has {own}",
                data.name
            ),
            remedy: "give channels, height and width of the features, and leave other columns out with --ignore".into(),
        }),
    }
}

/// Refuses what can only be asked of a table.
fn no_columns(name: &str, table: &TableRequest<'_>, has_tasks: bool) -> Result<(), DataError> {
    let asked = match table {
        TableRequest { label: Some(label), .. } => format!("label column \"{}\"", excerpt(label)),
        TableRequest { task, .. } if *task != Task::Auto && !has_tasks => format!("task {task}"),
        TableRequest { ignored: [name, ..], .. } => format!("ignored column \"{}\"", excerpt(name)),
        TableRequest { dates: [name, ..], .. } => format!("date \"{}\"", excerpt(name)),
        TableRequest { indicates_missing: true, .. } => "missing indicator".into(),
        TableRequest { categories: [name, ..], .. } => format!("category \"{}\"", excerpt(name)),
        TableRequest { weight: Some(name), .. } => format!("sample weights \"{}\"", excerpt(name)),
        TableRequest { group: Some(name), .. } => format!("group \"{}\"", excerpt(name)),
        TableRequest { windows, .. } if *windows != AskedWindows::default() => "windows of rows".into(),
        TableRequest { header: Some(choice), .. } => format!("header {choice}"),
        TableRequest { max_line: Some(bytes), .. } => format!("max-line {bytes}"),
        _ => return Ok(()),
    };
    let problem = format!("{asked} asked of \"{name}\", which has no columns");
    Err(DataError::Request { problem, remedy: "leave the option out, or load a CSV file".into() })
}

/// Loads a data set whose rows come in parts, one after the other in time: `gas-drift` or `drift`.
///
/// # Errors
/// As [`load`].
pub fn load_segmented(name: &str, folder: Option<&Path>) -> Result<SegmentedData, DataError> {
    let entry = find(name)?;
    match entry.name {
        "gas-drift" => gas_drift::load(entry, &data_folder(entry, folder)?),
        "drift" => Ok(drift::Drift::new(drift::DriftKind::Gradual, drift::ROWS, 0).parts()),
        _ => Err(unknown(name)),
    }
}

/// The files that [`load`] reads for `name`; `-` is standard input.
pub fn input_files(name: &str, folder: Option<&Path>) -> Vec<PathBuf> {
    if name == "-" || is_csv(name) || (find(name).is_err() && Path::new(name).is_file()) {
        return vec![name.into()];
    }
    let entry = find(name).ok().filter(|entry| !entry.files.is_empty());
    let folder = entry.and_then(|entry| data_folder(entry, folder).ok());
    let files = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    files.map(|file| file.path()).collect()
}

/// Where data sets live unless a request says otherwise: `OPENLOOP_DATA`, else the platform's data folder + `openloop`.
pub fn default_folder() -> Option<PathBuf> {
    match std::env::var_os("OPENLOOP_DATA") {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => directories::BaseDirs::new().map(|platform| platform.data_dir().join("openloop")),
    }
}

/// Whether a name is that of a CSV file: it ends in `.csv` or `.csv.gz`.
pub fn is_csv(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".csv") || name.ends_with(".csv.gz")
}

/// The data set of that name, whatever the case of its letters.
///
/// # Errors
/// If there is none.
pub fn find(name: &str) -> Result<&'static CatalogueEntry, DataError> {
    catalogue().iter().find(|entry| entry.name.eq_ignore_ascii_case(name)).ok_or_else(|| unknown(name))
}

/// `name` as the [`catalogue`] writes it, if it is that of a data set; else as it is.
pub fn as_listed(name: &str) -> &str {
    find(name).map_or(name, |entry| entry.name)
}

fn unknown(name: &str) -> DataError {
    let known: Vec<&str> = catalogue().iter().map(|entry| entry.name).collect();
    let file = || nearest::nearest_file(Path::new(name)).filter(|file| is_csv(file));
    let nearest = nearest(name, known.iter().copied()).map(String::from).or_else(file);
    DataError::UnknownName { name: name.into(), nearest, known: known.join(", ") }
}

/// The folder of one data set.
fn data_folder(entry: &CatalogueEntry, folder: Option<&Path>) -> Result<PathBuf, DataError> {
    match folder.map(Path::to_path_buf).or_else(default_folder) {
        Some(folder) => Ok(folder.join(entry.name)),
        None => Err(DataError::Request {
            problem: format!("no folder to look for \"{}\" in: this system has no data folder", entry.name),
            remedy: "name one with --data-dir or OPENLOOP_DATA".into(),
        }),
    }
}
