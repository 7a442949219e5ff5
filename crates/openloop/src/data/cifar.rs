//! CIFAR-10 in its binary layout: records of one label byte and 3x32x32 pixel bytes.

use std::path::{Path, PathBuf};

use openloop_core::Shape;

use super::catalogue::missing;
use super::files::{DataFile, find};
use super::{CatalogueEntry, DataError, DataSet, Features, Place, Preprocessing, Split, Targets};

const SHAPE: Shape = Shape { channels: 3, height: 32, width: 32 };
const PIXELS: usize = SHAPE.size();
const RECORD: usize = PIXELS + 1;
const BATCHES: usize = 5;
/// A standard batch has 10,000 records; this leaves room for other cuts and still bounds a gzip bomb.
const MAX_BYTES: u64 = 100_000 * RECORD as u64;
const REMEDY: &str = "get the file again, or check that it is CIFAR-10's binary version";

const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Loads as many of the five training batches as there are, and the test batch, from `folder` or its sub-folder
/// `cifar-10-batches-bin`.
///
/// # Errors
/// If there is no training batch or no test batch, or a file is unreadable or damaged.
pub(super) fn load(entry: &CatalogueEntry, folder: &Path) -> Result<DataSet, DataError> {
    let folders = [folder.to_path_buf(), folder.join("cifar-10-batches-bin")];
    let Some((batches, test)) = folders.iter().find_map(|folder| complete(folder)) else {
        let what = "data_batch_1.bin to data_batch_5.bin (at least one) and test_batch.bin (gzipped or not)";
        return Err(missing(entry, what, folders.to_vec()));
    };
    let note = (batches.len() < BATCHES).then(|| format!("CIFAR-10: {} of {BATCHES} training batches", batches.len()));
    Ok(DataSet {
        name: entry.name.into(),
        units: None,
        shape: SHAPE,
        outputs: CLASSES.len(),
        classes: CLASSES.map(String::from).to_vec(),
        preprocessing: Preprocessing::new(vec![125.3, 123.0, 113.9], vec![1.0 / 63.0, 1.0 / 62.1, 1.0 / 66.7]),
        columns: None,
        table: None,
        understood: None,
        note,
        train: read_split(&batches)?,
        test: read_split(&[test])?,
        validation: None,
    })
}

/// The training batches and the test batch in `folder`, if it holds at least one and the other.
fn complete(folder: &Path) -> Option<(Vec<PathBuf>, PathBuf)> {
    let batches: Vec<PathBuf> = (1..=BATCHES).filter_map(|i| find(folder, &format!("data_batch_{i}.bin"))).collect();
    let test = find(folder, "test_batch.bin")?;
    (!batches.is_empty()).then_some((batches, test))
}

fn read_split(paths: &[PathBuf]) -> Result<Split, DataError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for path in paths {
        read_batch(DataFile::open(path)?, &mut pixels, &mut labels)?;
    }
    Ok(Split {
        rows: labels.len(),
        features: Features::Bytes(pixels),
        targets: Targets::Labels(labels),
        blocks: Vec::new(),
        weights: Vec::new(),
    })
}

/// Appends the records of one file.
fn read_batch(mut source: DataFile, pixels: &mut Vec<u8>, labels: &mut Vec<u32>) -> Result<(), DataError> {
    let bytes = source.take(MAX_BYTES + 1)?;
    let invalid =
        |place, expected: String, found: String| Err(DataError::invalid(source.path(), place, expected, found, REMEDY));
    let length = bytes.len() as u64;
    if length > MAX_BYTES {
        return invalid(Place::Byte(MAX_BYTES), "the end of the file".into(), "more bytes".into());
    }
    if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD) {
        let expected = format!("records of {RECORD} bytes, at least one");
        return invalid(Place::Byte(length - length % RECORD as u64), expected, format!("{length} bytes in all"));
    }
    pixels.reserve(bytes.len() / RECORD * PIXELS);
    for (i, record) in bytes.chunks_exact(RECORD).enumerate() {
        if usize::from(record[0]) >= CLASSES.len() {
            return invalid(Place::Byte((i * RECORD) as u64), "a label from 0 to 9".into(), record[0].to_string());
        }
        labels.push(record[0].into());
        pixels.extend_from_slice(&record[1..]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(0u8..12, 0..2 * RECORD + 2)) {
            let source = DataFile::new(Path::new("test"), Cursor::new(bytes.clone())).expect("memory can be read");
            let (mut pixels, mut labels) = (Vec::new(), Vec::new());
            if read_batch(source, &mut pixels, &mut labels).is_ok() {
                prop_assert_eq!(pixels.len() + labels.len(), bytes.len());
            }
        }
    }
}
