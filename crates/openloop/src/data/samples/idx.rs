//! IDX files under any name: two bytes of 0, the type of the numbers, the number of dimensions, each of them, the numbers; all
//! big-endian (Y. LeCun's format of MNIST).

use super::super::files::DataFile;
use super::super::idx::body;
use super::super::{DataError, Place};
use super::array::{Array, MAX_BYTES, NumberType};
use std::path::{Path, PathBuf};

const REMEDY: &str = "get the file again, or check that it is what its name says";

/// Whether a file begins as an IDX file does.
pub fn is_idx(head: &[u8]) -> bool {
    matches!(head, [0, 0, kind, 1..=8, ..] if number_type(*kind).is_some())
}

fn number_type(code: u8) -> Option<NumberType> {
    Some(match code {
        0x08 => NumberType::Unsigned(1),
        0x09 => NumberType::Signed(1),
        0x0b => NumberType::Signed(2),
        0x0c => NumberType::Signed(4),
        0x0d => NumberType::Float(4),
        0x0e => NumberType::Float(8),
        _ => return None,
    })
}

/// Reads an array.
///
/// # Errors
/// A file that cannot be read or is damaged.
pub fn read(path: &Path) -> Result<Array, DataError> {
    let mut file = DataFile::open(path)?;
    let damaged =
        |at: u64, expected: String, found: String| DataError::invalid(path, Place::Byte(at), expected, found, REMEDY);
    let start = file.take(4)?;
    let &[0, 0, code, dimensions] = &start[..] else {
        return Err(damaged(0, "an IDX header".into(), "other bytes".into()));
    };
    let Some(number) = number_type(code) else {
        return Err(damaged(2, "a type of numbers from 0x08 to 0x0e".into(), format!("0x{code:02x}")));
    };
    let sides = file.take(4 * u64::from(dimensions))?;
    if sides.len() < 4 * usize::from(dimensions) {
        return Err(damaged(4, format!("{dimensions} dimensions"), "the end of the file".into()));
    }
    let shape: Vec<usize> =
        sides.chunks_exact(4).map(|side| u32::from_be_bytes([side[0], side[1], side[2], side[3]]) as usize).collect();
    let count = shape.iter().try_fold(number.bytes() as u64, |bytes, side| bytes.checked_mul(*side as u64));
    let Some(bytes) = count.filter(|bytes| *bytes <= MAX_BYTES) else {
        return Err(damaged(4, "dimensions that memory has room for".into(), format!("{shape:?}")));
    };
    let body = body(&mut file, 4 + 4 * u64::from(dimensions), bytes)?;
    Ok(Array { file: path.to_path_buf(), shape, values: number.values(body, true) })
}

/// The file of labels beside a file of images whose name says so: `train-images-idx3-ubyte` has `train-labels-idx1-ubyte`.
pub fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let labels = name.replace("images", "labels").replace("idx3", "idx1");
    let with = |name: String| images.with_file_name(name);
    let plain = labels.strip_suffix(".gz").unwrap_or(&labels).to_string();
    let candidates = [with(labels.clone()), with(plain.clone()), with(format!("{plain}.gz"))];
    candidates.into_iter().find(|path| labels != name && path.is_file())
}
