//! NumPy's `.npz` files: a zip archive of `.npy` files, of which some names are usual.

use super::super::files::DataFile;
use super::super::{DataError, Place};
use super::array::Array;
use super::npy;
use super::unusable;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

const TRAIN: [&str; 4] = ["x_train", "train_images", "train_x", "train_data"];
const TRAIN_LABELS: [&str; 3] = ["y_train", "train_labels", "train_y"];
const TEST: [&str; 4] = ["x_test", "test_images", "test_x", "test_data"];
const TEST_LABELS: [&str; 3] = ["y_test", "test_labels", "test_y"];
const ALL: [&str; 6] = ["x", "data", "images", "features", "samples", "arr_0"];
const ALL_LABELS: [&str; 7] = ["y", "labels", "label", "targets", "target", "classes", "arr_1"];

/// The arrays of an archive that hold samples and labels.
#[derive(Debug)]
pub struct Archive {
    /// The samples to train on, or all.
    pub samples: Array,
    /// Their labels.
    pub labels: Option<Array>,
    /// The samples to test on, and their labels.
    pub test: Option<(Array, Array)>,
    /// The names of arrays that are none of these.
    pub others: Vec<String>,
}

/// Reads the arrays whose names are usual: `x_train`, `y_train`, `x_test`, `y_test` (or `train_images`, ...), else `x` and `y` (or `data`
/// and `labels`, ...), in any case of the letters.
///
/// # Errors
/// A file that cannot be read or is damaged, or has none of these names.
pub fn read(path: &Path) -> Result<Archive, DataError> {
    let file = File::open(path).map_err(|error| DataError::access("read", path, error))?;
    let damaged = |error: zip::result::ZipError| {
        DataError::invalid(
            path,
            Place::Whole,
            "a zip archive of arrays",
            error.to_string(),
            "save it again with numpy.savez",
        )
    };
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let names =
        zip.file_names().map(|name| name.map(String::from)).collect::<Result<Vec<String>, _>>().map_err(damaged)?;
    let names: Vec<String> = names.iter().filter_map(|name| name.strip_suffix(".npy")).map(String::from).collect();
    let find = |usual: &[&str]| {
        let is = |name: &str| names.iter().find(|own| own.eq_ignore_ascii_case(name));
        usual.iter().find_map(|name| is(name)).cloned()
    };
    let [train, test] = [(TRAIN, TRAIN_LABELS), (TEST, TEST_LABELS)].map(|(x, y)| (find(&x), find(&y)));
    let (samples, labels) = if train.0.is_some() { train } else { (find(&ALL), find(&ALL_LABELS)) };
    let Some(samples) = samples else {
        let remedy = "name the arrays x and y, or x_train, y_train, x_test and y_test";
        return Err(unusable(
            path,
            "an array of samples, such as x or x_train",
            format!("the arrays {}", names.join(", ")),
            remedy,
        ));
    };
    let test = test.0.zip(test.1);
    let used: Vec<&String> =
        [Some(&samples), labels.as_ref()].into_iter().flatten().chain(test.iter().flat_map(|(x, y)| [x, y])).collect();
    let others = names.iter().filter(|name| !used.contains(name)).cloned().collect();
    let mut array = |name: &str| {
        let mut bytes = Vec::new();
        let mut entry = zip.by_name(&format!("{name}.npy")).map_err(damaged)?;
        entry.read_to_end(&mut bytes).map_err(|error| DataError::access("read", path, error))?;
        let shown = path.join(name);
        let mut file =
            DataFile::new(&shown, Cursor::new(bytes)).map_err(|error| DataError::access("read", path, error))?;
        npy::read_from(&mut file)
    };
    Ok(Archive {
        samples: array(&samples)?,
        labels: labels.map(|name| array(&name)).transpose()?,
        test: test.map(|(x, y)| Ok::<_, DataError>((array(&x)?, array(&y)?))).transpose()?,
        others,
    })
}
