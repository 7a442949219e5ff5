//! NumPy's `.npy` files: a magic word, a header that is a Python dictionary, the values (format of `numpy.lib.format`, versions 1 to 3).

use super::super::files::DataFile;
use super::super::{DataError, Place};
use super::array::{Array, MAX_BYTES, NumberType, Values};
use std::path::Path;

/// The first bytes of every file.
pub const MAGIC: [u8; 6] = *b"\x93NUMPY";
const REMEDY: &str = "save it again with numpy.save";
/// The longest header that is read.
const MAX_HEADER: u64 = 1 << 16;

/// Reads an array.
///
/// # Errors
/// A file that cannot be read or is damaged; Python objects, complex numbers, half precision.
pub fn read(path: &Path) -> Result<Array, DataError> {
    read_from(&mut DataFile::open(path)?)
}

/// The same from an open file.
pub(super) fn read_from(file: &mut DataFile) -> Result<Array, DataError> {
    let path = file.path().to_path_buf();
    let damaged =
        |at: u64, expected: &str, found: String| DataError::invalid(&path, Place::Byte(at), expected, found, REMEDY);
    let start = file.take(8)?;
    if start.len() < 8 || start[..6] != MAGIC {
        return Err(damaged(0, "a NumPy array", "other bytes".into()));
    }
    let wide = start[6] >= 2;
    let length = file.take(if wide { 4 } else { 2 })?;
    let length = length.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    if length > MAX_HEADER {
        return Err(damaged(8, "a header of at most 65536 bytes", format!("{length} bytes")));
    }
    let header = file.take(length)?;
    let header = String::from_utf8_lossy(&header).into_owned();
    let Some(Header { element, is_fortran, shape }) = Header::parse(&header) else {
        return Err(damaged(
            8,
            "a header with descr, fortran_order and shape",
            header.trim().chars().take(80).collect(),
        ));
    };
    let Some((element, is_big_endian)) = Element::parse(&element) else {
        let remedy = "save numbers or texts: array.astype(numpy.float32), or array.astype(str) for labels";
        return Err(DataError::invalid(
            &path,
            Place::Byte(8),
            "numbers or texts",
            format!("the type \"{element}\""),
            remedy,
        ));
    };
    let count = shape.iter().try_fold(1u64, |count, side| count.checked_mul(*side as u64));
    let bytes = count.and_then(|count| count.checked_mul(element.bytes() as u64)).filter(|bytes| *bytes <= MAX_BYTES);
    let Some(bytes) = bytes else {
        return Err(damaged(8, "a shape that memory has room for", format!("{shape:?}")));
    };
    let body = file.take(bytes)?;
    if (body.len() as u64) < bytes {
        return Err(damaged(8, "as many values as the shape says", "the end of the file".into()));
    }
    let values = element.values(body, is_big_endian);
    let values = if is_fortran && shape.len() > 1 { in_rows(values, &shape) } else { values };
    Ok(Array { file: path, shape, values })
}

/// What the header says.
#[derive(Debug, PartialEq)]
struct Header {
    element: String,
    is_fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    fn parse(text: &str) -> Option<Self> {
        let after = |key: &str| {
            let place =
                [format!("'{key}'"), format!("\"{key}\"")].iter().find_map(|key| Some(text.find(key)? + key.len()))?;
            Some(text[place..].trim_start().strip_prefix(':')?.trim_start())
        };
        let element = after("descr")?;
        let quote = element.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let element = element[1..].split(quote).next()?.to_string();
        let is_fortran = after("fortran_order")?.starts_with("True");
        let shape = after("shape")?.strip_prefix('(')?.split(')').next()?;
        let sides = shape.split(',').map(str::trim).filter(|side| !side.is_empty());
        let shape = sides.map(|side| side.trim_end_matches('L').parse().ok()).collect::<Option<Vec<usize>>>()?;
        Some(Header { element, is_fortran, shape })
    }
}

/// The type of an element.
#[derive(Clone, Copy)]
enum Element {
    Number(NumberType),
    /// Texts of so many characters, four bytes each.
    Unicode(usize),
    /// Texts of so many bytes.
    Bytes(usize),
}

impl Element {
    /// The type that a text such as `<f4` names, and whether its bytes are in big-endian order.
    fn parse(text: &str) -> Option<(Self, bool)> {
        let (order, rest) = match text.chars().next()? {
            order @ ('<' | '>' | '|' | '=') => (order, &text[1..]),
            _ => ('<', text),
        };
        let (kind, size) = (rest.chars().next()?, rest.get(1..)?);
        let size = if size.is_empty() { 1 } else { size.parse().ok()? };
        let element = match (kind, size) {
            ('b' | '?', 1) => Element::Number(NumberType::Bool),
            ('u', 1 | 2 | 4 | 8) => Element::Number(NumberType::Unsigned(size)),
            ('i', 1 | 2 | 4 | 8) => Element::Number(NumberType::Signed(size)),
            ('f', 4 | 8) => Element::Number(NumberType::Float(size)),
            ('U', 1..=10_000) => Element::Unicode(size),
            ('S', 1..=10_000) => Element::Bytes(size),
            _ => return None,
        };
        Some((element, order == '>'))
    }

    fn bytes(self) -> usize {
        match self {
            Element::Number(number) => number.bytes(),
            Element::Unicode(characters) => 4 * characters,
            Element::Bytes(bytes) => bytes,
        }
    }

    fn values(self, bytes: Vec<u8>, is_big_endian: bool) -> Values {
        let size = self.bytes();
        match self {
            Element::Number(number) => number.values(bytes, is_big_endian),
            Element::Bytes(_) => {
                let text = |text: &[u8]| String::from_utf8_lossy(text).trim_end_matches('\0').to_string();
                Values::Texts(bytes.chunks_exact(size).map(text).collect())
            }
            Element::Unicode(_) => {
                let character = |word: &[u8]| {
                    let word = [word[0], word[1], word[2], word[3]];
                    let code = if is_big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) };
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                };
                let text = |text: &[u8]| text.chunks_exact(4).map(character).collect::<String>();
                Values::Texts(bytes.chunks_exact(size).map(|chunk| text(chunk).trim_end_matches('\0').into()).collect())
            }
        }
    }
}

/// Values in the order of rows, which stood in that of columns (the first index runs fastest).
fn in_rows(values: Values, shape: &[usize]) -> Values {
    fn reordered<T: Clone>(values: &[T], shape: &[usize]) -> Vec<T> {
        let mut strides = vec![1; shape.len()];
        (1..shape.len()).for_each(|k| strides[k] = strides[k - 1] * shape[k - 1]);
        let mut index = vec![0; shape.len()];
        let mut out = Vec::with_capacity(values.len());
        for _ in 0..values.len() {
            out.push(values[index.iter().zip(&strides).map(|(i, stride)| i * stride).sum::<usize>()].clone());
            for k in (0..shape.len()).rev() {
                index[k] += 1;
                if index[k] < shape[k] {
                    break;
                }
                index[k] = 0;
            }
        }
        out
    }
    match values {
        Values::Bytes(values) => Values::Bytes(reordered(&values, shape)),
        Values::Floats(values) => Values::Floats(reordered(&values, shape)),
        Values::Doubles(values) => Values::Doubles(reordered(&values, shape)),
        Values::Texts(values) => Values::Texts(reordered(&values, shape)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn file(header: &str, body: &[u8]) -> Result<Array, DataError> {
        let mut bytes = [&MAGIC[..], &[1, 0]].concat();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(body);
        read_from(&mut DataFile::new(Path::new("a.npy"), Cursor::new(bytes)).unwrap())
    }

    #[test]
    fn an_array_in_the_order_of_columns_is_read_in_the_order_of_rows() {
        let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n";
        let array = file(header, &[1, 4, 2, 5, 3, 6]).unwrap();
        assert_eq!((array.shape, array.values), (vec![2, 3], Values::Bytes(vec![1, 2, 3, 4, 5, 6])));
    }

    #[test]
    fn texts_and_truth_values_are_read() {
        let texts = file(
            "{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }",
            &[b'h', 0, 0, 0, b'i', 0, 0, 0, 0xe4, 0, 0, 0, 0, 0, 0, 0],
        );
        assert_eq!(texts.unwrap().values, Values::Texts(vec!["hi".into(), "\u{e4}".into()]));
        let truths = file("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", &[1, 0]);
        assert_eq!(truths.unwrap().values, Values::Doubles(vec![1.0, 0.0]));
    }

    #[test]
    fn objects_and_lengths_that_lie_are_refused_with_what_to_do() {
        let message = |header: &str| file(header, &[0; 4]).unwrap_err().to_string();
        let objects = message("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }");
        assert!(objects.contains("found the type \"|O\"; save numbers or texts"), "{objects}");
        let short = message("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }");
        assert!(short.contains("expected as many values as the shape says, found the end of the file"), "{short}");
        let huge = message("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999999), }");
        assert!(huge.contains("a shape that memory has room for"), "{huge}");
        assert!(message("{}").contains("a header with descr"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(header in "[ -~]{0,80}", body in proptest::collection::vec(any::<u8>(), 0..50)) {
            let _ = file(&header, &body);
            let known = format!("{{'descr': '<i2', 'fortran_order': True, 'shape': ({header},)}}");
            let _ = file(&known, &body);
        }
    }
}
