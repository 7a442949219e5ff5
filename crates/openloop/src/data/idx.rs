//! MNIST and Fashion-MNIST: the IDX format, images of bytes with labels of bytes.

use std::path::Path;

use openloop_core::Shape;

use super::catalogue::missing;
use super::files::{DataFile, find};
use super::{CatalogueEntry, DataError, DataSet, Features, Place, Preprocessing, Split, Targets};

const IMAGES_MAGIC: u32 = 0x0000_0803;
const LABELS_MAGIC: u32 = 0x0000_0801;
const CLASSES: u8 = 10;
/// More than any real file of this kind; a header that claims more is damaged.
const MAX_BYTES: u64 = 1 << 32;
const REMEDY: &str = "get the file again, or check that it is what its name says";

const FASHION: [&str; CLASSES as usize] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// The images of one file: `pixels` is `[rows, height, width]`.
struct Images {
    rows: u32,
    height: u32,
    width: u32,
    pixels: Vec<u8>,
}

/// Loads the four standard files from `folder`, gzipped or not.
///
/// # Errors
/// If a file is missing, unreadable or damaged, or two files do not belong together.
pub(super) fn load(entry: &CatalogueEntry, folder: &Path) -> Result<DataSet, DataError> {
    let names =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
    let absent: Vec<&str> = names.into_iter().filter(|name| find(folder, name).is_none()).collect();
    let path = |name: &str| find(folder, name).unwrap_or_else(|| folder.join(name));
    if !absent.is_empty() {
        return Err(missing(entry, format!("{} (gzipped or not)", absent.join(", ")), vec![folder.to_path_buf()]));
    }
    let (train, shape) = load_split(&path(names[0]), &path(names[1]))?;
    let (test, test_shape) = load_split(&path(names[2]), &path(names[3]))?;
    if shape != test_shape {
        let expected = format!("{}x{} images, as in the training file", shape.height, shape.width);
        let found = format!("{}x{}", test_shape.height, test_shape.width);
        return Err(DataError::invalid(&path(names[2]), Place::Byte(8), expected, found, REMEDY));
    }
    let classes = match entry.name {
        "fashion-mnist" => FASHION.map(String::from).to_vec(),
        _ => (0..CLASSES).map(|digit| digit.to_string()).collect(),
    };
    Ok(DataSet {
        name: entry.name.into(),
        units: None,
        shape,
        outputs: classes.len(),
        classes,
        preprocessing: Preprocessing::scaled(1.0 / 255.0),
        columns: None,
        table: None,
        understood: None,
        note: None,
        train,
        test,
        validation: None,
    })
}

fn load_split(images_path: &Path, labels_path: &Path) -> Result<(Split, Shape), DataError> {
    let images = read_images(DataFile::open(images_path)?)?;
    let labels = read_labels(DataFile::open(labels_path)?)?;
    let count = labels.len();
    let shape = Shape { channels: 1, height: images.height as usize, width: images.width as usize };
    let labels = Targets::Labels(labels.into_iter().map(u32::from).collect());
    let split = Split::new(Features::Bytes(images.pixels), labels, shape.size(), CLASSES.into());
    split.map(|split| (split, shape)).ok_or_else(|| {
        let expected = format!("{} labels, one for each image in {}", images.rows, images_path.display());
        let remedy = "use two files of the same data set";
        DataError::invalid(labels_path, Place::Byte(4), expected, format!("{count} labels"), remedy)
    })
}

fn read_images(mut source: DataFile) -> Result<Images, DataError> {
    let [rows, height, width] = header(&mut source, IMAGES_MAGIC)?;
    let size = u128::from(rows) * u128::from(height) * u128::from(width);
    if size == 0 || size > u128::from(MAX_BYTES) {
        let found = format!("{rows} images of {height}x{width}");
        let expected = format!("a header that describes 1 to {MAX_BYTES} bytes of images");
        return Err(DataError::invalid(source.path(), Place::Byte(4), expected, found, REMEDY));
    }
    let pixels = body(&mut source, 16, size as u64)?;
    Ok(Images { rows, height, width, pixels })
}

fn read_labels(mut source: DataFile) -> Result<Vec<u8>, DataError> {
    let [rows] = header(&mut source, LABELS_MAGIC)?;
    let labels = body(&mut source, 8, rows.into())?;
    match labels.iter().position(|&label| label >= CLASSES) {
        None => Ok(labels),
        Some(at) => {
            let (expected, found) = (format!("a label from 0 to {}", CLASSES - 1), labels[at].to_string());
            Err(DataError::invalid(source.path(), Place::Byte(8 + at as u64), expected, found, REMEDY))
        }
    }
}

/// The magic number, then `N` sizes; all big-endian.
fn header<const N: usize>(source: &mut DataFile, magic: u32) -> Result<[u32; N], DataError> {
    let length = 4 * (N as u64 + 1);
    let bytes = source.take(length)?;
    let words: Vec<u32> =
        bytes.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
    let invalid = |place, expected, found| Err(DataError::invalid(source.path(), place, expected, found, REMEDY));
    match words.split_first() {
        Some((&found, _)) if found != magic => {
            invalid(Place::Byte(0), format!("the IDX magic number 0x{magic:08x}"), format!("0x{found:08x}"))
        }
        Some((_, sizes)) if sizes.len() == N => Ok(std::array::from_fn(|i| sizes[i])),
        _ => {
            let found = "the end of the file".to_string();
            invalid(Place::Byte(bytes.len() as u64), format!("an IDX header of {length} bytes"), found)
        }
    }
}

/// Exactly `length` bytes, and nothing after them.
pub(super) fn body(source: &mut DataFile, start: u64, length: u64) -> Result<Vec<u8>, DataError> {
    let bytes = source.take(length)?;
    let (expected, found) = if (bytes.len() as u64) < length {
        (format!("{length} bytes after the header"), "the end of the file".to_string())
    } else if !source.take(1)?.is_empty() {
        (format!("the end of the file after {length} bytes of contents"), "more bytes".to_string())
    } else {
        return Ok(bytes);
    };
    Err(DataError::invalid(source.path(), Place::Byte(start + bytes.len() as u64), expected, found, REMEDY))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn source(bytes: Vec<u8>) -> DataFile {
        DataFile::new(Path::new("test"), Cursor::new(bytes)).expect("memory can be read")
    }

    fn message(outcome: Result<impl Sized, DataError>) -> String {
        outcome.err().map(|error| error.to_string()).expect("an error")
    }

    #[test]
    fn a_header_that_lies_about_its_size_allocates_nothing() {
        let mut bytes = IMAGES_MAGIC.to_be_bytes().to_vec();
        for size in [u32::MAX, u32::MAX, u32::MAX] {
            bytes.extend(size.to_be_bytes());
        }
        assert!(message(read_images(source(bytes.clone()))).contains("4294967295 images"));
        bytes[8..16].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
        assert_eq!(
            message(read_images(source(bytes))),
            "test, byte 16: expected 4294967295 bytes after the header, found the end of the file; get the file again, \
             or check that it is what its name says"
        );
    }

    #[test]
    fn an_empty_file_and_a_short_header_are_errors_with_their_place() {
        assert!(message(read_labels(source(vec![]))).starts_with("test, byte 0: expected an IDX header of 8 bytes"));
        assert!(message(read_labels(source(vec![0, 0, 8, 1, 0]))).starts_with("test, byte 5:"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), rows in 0u8..4) {
            let _ = read_images(source(bytes.clone()));
            let _ = read_labels(source(bytes.clone()));
            let header = [0, 0, 8, 3, 0, 0, 0, rows, 0, 0, 0, 5, 0, 0, 0, 7];
            if let Ok(images) = read_images(source(header.into_iter().chain(bytes).collect())) {
                prop_assert_eq!(images.pixels.len(), usize::from(rows) * 35);
            }
        }
    }
}
